"""
The page on trust names everybody who may call anything, and what the owner may do.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from benchmarks.page import INNER
from protocol.errors import Revert
from protocol.fixed_point import WAD
from protocol.parameters import MarketParams
from protocol.quorum import MAX_REPORTERS
from protocol.statement import HEALTHY, LIQUIDATABLE
from protocol.trace import Kind, fields_of, shape, words_of
from protocol.units import Quote, Ratio
from simulation.desk import Desk
from tests.entry_points import changing

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "trust.md").read_text()
VIEWS = {"Vault.nav", "Lens.statement_of"}


def roles() -> dict[str, set[str]]:
    """Who may call what, as the page has it."""
    table = PAGE.partition("<!-- roles -->\n")[2].partition("<!-- /roles -->")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return {who: set(re.findall(r"`(\w+\.\w+)`", calls)) for who, calls in rows}


def test_every_call_that_changes_anything_is_somebodys() -> None:
    assert set().union(*roles().values()) == changing() | VIEWS
    alone = [calls for who, calls in roles().items() if who.endswith("alone")]
    inner = set().union(*alone)
    assert inner == set(INNER)


def words_in(kind: Kind) -> int:
    """How many words an argument has; a list of the rest has one for each reporter."""
    if kind is tuple:
        return MAX_REPORTERS
    if kind in (int, bool):
        return 1
    return sum(words_in(each) for _, each in fields_of(kind))


GUARDED = (
    "the owner",
    "the risk council, if there is one",
    "the guardian, if there is one",
    "the governor contract alone",
)


@pytest.mark.parametrize("who", GUARDED)
def test_what_needs_a_role_is_refused_to_others(who: str) -> None:
    """Whatever the words are: who asks is looked at first."""
    desk = Desk("revm")
    for call in sorted(roles()[who]):
        contract, function = call.split(".")
        count = sum(words_in(kind) for _, kind in shape(contract, function))
        with pytest.raises(Revert, match=r"Not(Owner|Council|Guardian|Governor)"):
            desk.make("rival", contract, function, *[0] * count)


def changed(desk: Desk, params: MarketParams) -> None:
    """Let the owner change the first market."""
    desk.make("owner", "Governor", "set_market", 0, *words_of((params,)))


def test_margins_that_the_owner_raises_do_not_come_at_once() -> None:
    desk = Desk()
    desk.deposit("trader", "10_000 USDC")
    desk.trade("trader", "ETH", "10 ETH")
    params = desk.scenario.markets[0].params
    changed(desk, replace(params, margin=replace(params.margin, im_base=Ratio(WAD))))
    assert desk.statement("trader").status == HEALTHY


def test_the_owner_can_bring_a_healthy_account_to_liquidation_at_once() -> None:
    desk = Desk()
    desk.deposit("trader", "10_000 USDC")
    desk.trade("trader", "ETH", "10 ETH")
    assert desk.statement("trader").status == HEALTHY
    risk = replace(desk.scenario.risk, reserve=Quote(10**6 * WAD))
    desk.make("owner", "Governor", "set_risk", *words_of((risk,)))
    assert desk.statement("trader").status == LIQUIDATABLE


def test_who_has_only_cash_needs_no_price_to_leave() -> None:
    desk = Desk()
    desk.deposit("trader", "10_000 USDC")
    desk.now += 10**6
    desk.withdraw("trader", "10_000 USDC")
