"""
What each mode of a market allows: every entry point, in every mode, in both worlds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from benchmarks.page import INNER
from protocol import errors, parameters
from protocol.fixed_point import WAD
from protocol.parameters import ACTIVE, HALTED, REDUCE_ONLY, SETTLED
from protocol.trace import words_of
from tests.entry_points import changing
from tests.evm.refusals.credit import LENDER, LIMIT, TERMS, used
from tests.evm.refusals.deleveraging import deleveraged
from tests.evm.refusals.orders import (
    BUY,
    SELL,
    STOP,
    committed,
    crossed,
    due,
    last_round,
)
from tests.evm.refusals.orders import (
    lapsed as expired,
)
from tests.evm.refusals.scene import (
    BTC,
    ETH,
    FIRST,
    SECOND,
    SOME,
    THIRD,
    VAULT,
    Scene,
    changed,
    opened,
    ready,
)
from tests.evm.refusals.tokens import in_debt
from tests.evm.refusals.top_ups import ORDER, SAVINGS
from tests.evm.refusals.trading import graced
from tests.evm.refusals.vault import redeeming
from tests.evm.story import ATOMS
from tests.genesis import ACTORS, MARKET, REPORTERS

HIGH, LOW = 10**30, 0
REDUCES, HALTS = errors.MARKET_ONLY_REDUCES, errors.MARKET_HALTED
ENDS = errors.MARKET_SETTLED
# What stops in which mode; what is in no other column goes on in all of them.
NEVER: dict[int, str] = {}
HALTED_ONLY = {HALTED: HALTS}
BOTH = {REDUCE_ONLY: REDUCES, HALTED: HALTS}
# A settled market is not traded in, and has a price that everybody believes.
SETTLED_ONLY = {SETTLED: ENDS}
ONCE_SETTLED = dict.fromkeys((ACTIVE, REDUCE_ONLY, HALTED), errors.MARKET_NOT_SETTLED)
Start = Callable[[], Scene]


class Row(NamedTuple):
    """A call, where it begins, what stops it, and what tells it from its like."""

    entry: str
    start: Start
    sender: str
    words: tuple[int, ...]
    stopped: dict[int, str]
    case: str = ""


def at_risk() -> Scene:
    """The first trader may be liquidated."""
    scene = opened()
    scene.price(ETH, 1_750 * WAD)
    return scene


def losing() -> Scene:
    """The first trader has lost a little."""
    scene = opened()
    scene.price(ETH, 1_990 * WAD)
    return scene


def won() -> Scene:
    """The first trader has gained, and the average has followed."""
    scene = opened()
    scene.price(ETH, 2_050 * WAD)
    scene.now += 900
    scene.price(ETH, 2_050 * WAD)
    scene.price(BTC, 30_000 * WAD)
    return scene


def claiming() -> Scene:
    """The first trader has closed, and has a claim."""
    scene = won()
    scene.traded(FIRST, ETH, -30 * WAD)
    return scene


def in_both() -> Scene:
    """The first trader has a position in another market too."""
    scene = opened()
    scene.traded(FIRST, BTC, WAD // 100)
    return scene


def with_token() -> Scene:
    """The third trader has brought a token."""
    scene = opened()
    scene.price(16, 2_000 * WAD)
    scene.must("trader_3", "Exchange", "deposit_collateral", THIRD, 0, 10**8)
    return scene


def with_token_and_position() -> Scene:
    """And has a position."""
    scene = with_token()
    scene.traded(THIRD, ETH, WAD)
    return scene


def to_top_up() -> Scene:
    """The first trader has an order out of an account without positions, and falls."""
    scene = opened()
    top_ups = scene.pair.chain.addresses["TopUps"]
    scene.must("trader_1", "Exchange", "set_operator", top_ups, 1)
    scene.must("trader_1", "Exchange", "deposit", SAVINGS, 5_000 * ATOMS)
    scene.must("trader_1", "TopUps", "set_order", FIRST, SAVINGS, *ORDER)
    whole = scene.pair.model.view("Lens", "statement_of", scene.now, FIRST)
    scene.price(ETH, whole.lines[ETH].liquidation_price + WAD)
    return scene


def rewarded() -> Scene:
    """The keeper has earned something."""
    scene = at_risk()
    scene.must("keeper", "Exchange", "liquidate", FIRST, ETH)
    return scene


def deleveraging() -> Scene:
    """A winner is deleveraged, and more of him may be."""
    scene = deleveraged()
    assert scene.error is None
    return scene


def waiting(scene: Scene) -> Scene:
    """What waits may be executed."""
    scene.now += VAULT.delay + 1
    scene.price(ETH, 2_000 * WAD)
    scene.price(BTC, 30_000 * WAD)
    return scene


def to_enter() -> Scene:
    """A deposit waits."""
    scene = opened()
    scene.must("provider", "Vault", "request_deposit", 10**6, 0)
    return waiting(scene)


def to_leave() -> Scene:
    """A redemption of little waits."""
    scene = opened()
    scene.must("provider", "Vault", "request_redeem", WAD, 0)
    return waiting(scene)


def lapsed() -> Scene:
    """A request was not executed within its window."""
    scene = redeeming(opened())
    scene.now += VAULT.delay + VAULT.window + 1
    return scene


def allowed() -> Scene:
    """Somebody may take shares of the provider."""
    scene = opened()
    scene.must("provider", "Vault", "approve", SOME, WAD)
    return scene


def trade(start: Start, size: int, stopped: dict[int, str], case: str) -> Row:
    """A trade of the first trader in the market that is held up."""
    words = (FIRST, ETH, size, HIGH if size > 0 else LOW)
    return Row("Exchange.trade", start, "trader_1", words, stopped, case)


def beside(size: int, stopped: dict[int, str], case: str) -> Row:
    """A trade of the first trader in another market."""
    words = (FIRST, BTC, size, HIGH if size > 0 else LOW)
    return Row("Exchange.trade", in_both, "trader_1", words, stopped, case)


PROVIDER = ACTORS["provider"]
FIRST_OWNER, THIRD_OWNER = FIRST >> 96, THIRD >> 96
TABLE = [
    trade(opened, WAD, BOTH | SETTLED_ONLY, "increase"),
    trade(ready, -WAD, BOTH | SETTLED_ONLY, "open"),
    trade(opened, -31 * WAD, BOTH | SETTLED_ONLY, "through zero"),
    trade(opened, -WAD, HALTED_ONLY | SETTLED_ONLY, "reduce"),
    trade(opened, -30 * WAD, HALTED_ONLY | SETTLED_ONLY, "close"),
    beside(WAD // 100, HALTED_ONLY, "increase in another market"),
    beside(-WAD // 100, NEVER, "close in another market"),
    Row("Exchange.settle", won, "trader_1", (FIRST, ETH), HALTED_ONLY, "a gain"),
    Row("Exchange.settle", claiming, "trader_1", (FIRST, ETH), HALTED_ONLY, "a claim"),
    Row("Exchange.settle", losing, "stranger", (FIRST, ETH), NEVER, "a loss"),
    Row("Exchange.liquidate", at_risk, "keeper", (FIRST, ETH), SETTLED_ONLY),
    Row(
        "Exchange.deleverage",
        deleveraging,
        "stranger",
        (SECOND, ETH, WAD),
        HALTED_ONLY | SETTLED_ONLY,
    ),
    Row("Exchange.close_settled", opened, "stranger", (FIRST, ETH), ONCE_SETTLED),
    Row("Exchange.deposit", opened, "trader_1", (FIRST, ATOMS), NEVER),
    Row(
        "Exchange.deposit_collateral",
        with_token_and_position,
        "trader_3",
        (THIRD, 0, 10**8),
        NEVER,
    ),
    Row(
        "Exchange.withdraw",
        opened,
        "trader_1",
        (FIRST, ATOMS, FIRST_OWNER),
        HALTED_ONLY,
        "with a position there",
    ),
    Row(
        "Exchange.withdraw",
        opened,
        "trader_2",
        (SECOND, ATOMS, SECOND >> 96),
        NEVER,
        "without one",
    ),
    Row(
        "Exchange.withdraw_collateral",
        with_token_and_position,
        "trader_3",
        (THIRD, 0, 1, THIRD_OWNER),
        HALTED_ONLY,
        "with a position there",
    ),
    Row(
        "Exchange.withdraw_collateral",
        with_token,
        "trader_3",
        (THIRD, 0, 1, THIRD_OWNER),
        NEVER,
        "without one",
    ),
    Row("Exchange.buy_collateral", in_debt, "keeper", (FIRST, 1, 10**18), NEVER),
    Row("Exchange.cover_shortfall", in_debt, "keeper", (FIRST,), NEVER),
    Row("Exchange.call_margin", graced, "keeper", (FIRST, ETH), NEVER),
    Row("TopUps.set_order", opened, "trader_1", (FIRST, SAVINGS, *ORDER), NEVER),
    Row("TopUps.execute", to_top_up, "keeper", (FIRST,), NEVER),
    Row("Exchange.lend", opened, "provider", (ATOMS,), NEVER),
    Row("Exchange.withdraw_lent", used, "provider", (ATOMS, SOME), NEVER),
    Row("Exchange.ask_line", opened, "trader_1", (FIRST, LENDER, *TERMS), NEVER),
    Row("Exchange.grant_line", used, "provider", (FIRST, LIMIT + 1, *TERMS), NEVER),
    Row("Exchange.recall_line", used, "provider", (FIRST,), NEVER),
    Row("Exchange.settle_line", used, "stranger", (FIRST,), NEVER),
    Row(
        "Orders.commit",
        ready,
        "trader_1",
        (FIRST, 0, *BUY),
        BOTH | SETTLED_ONLY,
        "increase",
    ),
    Row(
        "Orders.commit",
        opened,
        "trader_1",
        (FIRST, 0, *SELL),
        HALTED_ONLY | SETTLED_ONLY,
        "reduce",
    ),
    Row("Orders.place", opened, "trader_1", (FIRST, 0, *STOP), NEVER),
    Row("Orders.arm", crossed, "keeper", (FIRST, 0), HALTED_ONLY | SETTLED_ONLY),
    Row("Orders.settle", due, "keeper", (FIRST, 0, last_round(due())), NEVER),
    Row("Orders.expire", expired, "keeper", (FIRST, 0), NEVER),
    Row("Orders.cancel", committed, "trader_1", (FIRST, 0), NEVER),
    Row("Exchange.accrue", opened, "stranger", (ETH,), NEVER),
    Row("Exchange.fund_insurance", opened, "owner", (ATOMS,), NEVER),
    Row("Exchange.claim_reward", rewarded, "keeper", (ATOMS, SOME), NEVER),
    Row("Exchange.set_operator", opened, "trader_1", (SOME, 1), NEVER),
    Row("Exchange.set_margin_mode", opened, "trader_2", (SECOND, 1), NEVER),
    Row("Vault.execute", to_enter, "stranger", (2,), HALTED_ONLY, "a deposit"),
    Row("Vault.execute", to_leave, "stranger", (2,), HALTED_ONLY, "a redemption"),
    Row("Vault.execute", to_leave, "provider", (2,), NEVER, "one's own redemption"),
    Row("Vault.return_request", lapsed, "stranger", (2,), NEVER),
    Row("Vault.request_deposit", opened, "provider", (ATOMS, 0), NEVER),
    Row("Vault.request_redeem", opened, "provider", (WAD, 0), NEVER),
    Row("Vault.requestDeposit", opened, "provider", (ATOMS, SOME, PROVIDER), NEVER),
    Row("Vault.requestRedeem", opened, "provider", (WAD, SOME, PROVIDER), NEVER),
    Row("Vault.approve", opened, "provider", (SOME, WAD), NEVER),
    Row("Vault.transfer", opened, "provider", (SOME, WAD), NEVER),
    Row("Vault.transferFrom", allowed, "stranger", (PROVIDER, SOME, WAD), NEVER),
    Row("Vault.setOperator", opened, "provider", (SOME, 1), NEVER),
]
# Those that begin with nobody's money, and have no market.
ELSEWHERE = {"Aggregator", "Governor", "Oracle", "Token"}


def hold_up(scene: Scene, mode: int) -> None:
    """The owner changes the mode of the first market, and nothing else."""
    if mode == SETTLED:
        scene.must("owner", "Governor", "settle_market", ETH)
        return
    state = scene.pair.model.state
    record = parameters.record_in(state, state.market_params[ETH])
    params = changed(record.params, {"limits": {"mode": mode}})
    scene.must("owner", "Governor", "set_market", ETH, *words_of(params))


def attempt(row: Row, scene: Scene) -> str | None:
    """How the call ends."""
    scene.call(row.sender, *row.entry.split("."), *row.words)
    return scene.error


@pytest.mark.parametrize("mode", [ACTIVE, REDUCE_ONLY, HALTED, SETTLED])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.entry} {row.case}")
def test_a_mode_stops_what_it_says_and_no_more(row: Row, mode: int) -> None:
    scene = row.start()
    hold_up(scene, mode)
    stopped = row.stopped.get(mode)
    assert attempt(row, scene) == stopped
    if stopped in (REDUCES, HALTS):
        # A market that goes on again allows all that it did.
        hold_up(scene, ACTIVE)
        assert attempt(row, scene) is None


def test_every_entry_point_is_in_the_table() -> None:
    entries = {
        each
        for each in changing()
        if each not in INNER and each.partition(".")[0] not in ELSEWHERE
    }
    assert entries == {row.entry for row in TABLE}


def test_reports_go_on_in_a_market_that_is_halted() -> None:
    scene = opened()
    hold_up(scene, HALTED)
    scene.now += 1
    words = (ETH, 0, 2_000 * WAD, 0, scene.now)
    scene.must(REPORTERS[0], "Oracle", "report", *words)


def test_a_mode_that_is_none_is_refused() -> None:
    scene = opened()
    words = words_of(changed(MARKET, {"limits": {"mode": HALTED + 1}}))
    scene.call("owner", "Governor", "set_market", ETH, *words)
    assert scene.error == errors.PARAMETER_OUT_OF_BOUNDS
