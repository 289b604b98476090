"""
Statements of accounts: the same from a trace and from chains, and their cures cure.
"""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from evm.accounts import AccountError, holder_named
from evm.chain import DEPLOY_ORDER, ChainError, connect, predicted_addresses
from evm.compile import compile_contracts
from evm.deployment import deployment_on, read_deployment, write_deployment
from evm.replay import every_action, model_at, replay
from evm.statement import (
    ChainSource,
    Source,
    TraceSource,
    deposit,
    source_on,
    statement_for,
)
from protocol.fixed_point import WAD
from protocol.trace import Trace, genesis_actions
from tests.evm.story import ATOMS, by, holder, reports, story
from tests.genesis import ACTORS, GENESIS, START
from tests.node import running_anvil
from tests.unit.worked import wad

FIRST, SECOND = holder("trader_1"), holder("trader_2")
HIGH, LOW = 10**30, 0
MARKETS = [market.name for market in GENESIS.markets]
ATOM = WAD // ATOMS


def later(now: int):
    """A day goes by; one turns from short to long, reduces, and closes."""
    for days, size in ((1, 15), (2, -2), (3, -3)):
        then = now + days * 86_400
        yield from reports(then, 0, 1_800 * WAD)
        yield from reports(then, 1, 30_500 * WAD)
        limit = HIGH if size > 0 else LOW
        trade = (SECOND, 0, size * WAD, limit)
        yield by("trader_2", "Exchange", "trade", then, *trade)
    yield by("trader_2", "Exchange", "deposit", then, holder("trader_2", 7), ATOMS)


ACTIONS = list(story())
ACTIONS += later(ACTIONS[-1].now)
TRACE = Trace(GENESIS, ACTIONS, None, True)
ACCOUNTS = ("trader_1", "trader_2", "trader_2/7")


@pytest.fixture(scope="module")
def told() -> dict[str, object]:
    """What the model says of each account."""
    source = TraceSource(TRACE)
    return {account: statement_for(account, source) for account in ACCOUNTS}


def said_by(source: Source) -> dict[str, object]:
    return {account: statement_for(account, source) for account in ACCOUNTS}


def test_the_story_has_something_to_tell(told) -> None:
    assert told["trader_2"].markets[0].size == 0
    assert told["trader_2"].markets[0].past.funding != 0
    assert told["trader_2"].markets[1].past.settled > 0
    assert told["trader_1"].markets[0].past.liquidation_fees > 0
    assert told["trader_1"].status == "healthy"
    assert told["trader_2/7"].ratio is None


def test_eth_tester_tells_the_same(told) -> None:
    chain = connect("eth-tester", compile_contracts())
    chain.deploy(GENESIS)
    for action in every_action(GENESIS, ACTIONS, chain.addresses):
        chain.call(
            action.to, action.function, action.sender, action.now, action.arguments
        )
    chain.seal()
    source = ChainSource(chain, markets=MARKETS, actors=ACTORS)
    assert source.now == ACTIONS[-1].now
    assert said_by(source) == told
    assert source.holders() == TraceSource(TRACE).holders()


def test_a_node_tells_the_same(told, tmp_path) -> None:
    path = tmp_path / "deployment.json"
    with running_anvil() as url:
        assert replay(TRACE, url).differences == []
        write_deployment(path, deployment_on(url, GENESIS))
        assert said_by(source_on(url, path)) == told
        with pytest.raises(AccountError, match="there are: trader_1/0, trader_2/0, "):
            statement_for("keeper", source_on(url, path))

        found = json.loads(path.read_text())
        path.write_text(json.dumps(found | {"chain_id": "1"}))
        with pytest.raises(ChainError, match="is of chain 1"):
            source_on(url, path)
        right = found["contracts"]
        for name, where, what in (
            ("Exchange", right["Lens"], "another contract lies at"),
            ("Lens", right["Exchange"], "another contract lies at"),
            ("Token", right["Exchange"], "another contract lies at"),
            ("Lens", "0x" + "11" * 20, "nothing lies at 0x1111"),
        ):
            found["contracts"] = right | {name: where}
            path.write_text(json.dumps(found))
            said = f"deployment.json: {name} is not where it says: {what}"
            with pytest.raises(ChainError, match=said):
                source_on(url, path)
    with pytest.raises(ChainError, match="no node answers"):
        source_on(url, path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a deployment"),
        ('{"chain_id": "1"}', "not a deployment"),
        ('{"chain_id": "1", "contracts": {}}', "says no address of Token"),
        ('{"chain_id": "1", "contracts": {"Token": "0x1"}}', "0x1 is not an address"),
    ],
)
def test_a_file_that_does_not_say_where_is_refused(tmp_path, text, why) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(text)
    with pytest.raises(ChainError, match=why):
        source_on("http://127.0.0.1:1", path)
    with pytest.raises(ChainError, match="cannot be read"):
        read_deployment(tmp_path / "missing.json")


def test_an_account_has_several_names() -> None:
    address = ACTORS["trader_2"]
    for text in (
        str(SECOND),
        f"{SECOND:#x}",
        "trader_2",
        "trader_2/0",
        f"{address:#042x}",
        f"{address:#042x}/0",
    ):
        assert holder_named(text, ACTORS) == SECOND
    assert holder_named("trader_2/7", ACTORS) == SECOND + 7


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nobody", "no number of an account"),
        ("nobody/0", "no number of an account"),
        ("trader_2/x", "'x' is no number"),
        ("trader_2/-1", "'-1' is no number"),
        (f"trader_2/{2**96}", "an owner has"),
        (str(2**256), "larger than any"),
        ("keeper", "nothing ever was in this account"),
        ("trader_1/1", "nothing ever was in this account"),
    ],
)
def test_an_unknown_account_is_told_which_there_are(text, why) -> None:
    with pytest.raises(AccountError, match=why) as refused:
        statement_for(text, TraceSource(TRACE))
    ending = "; there are: trader_1/0, trader_2/0, trader_2/7"
    assert str(refused.value).endswith(ending)


def numbers_of(function: str, account: int) -> list[int]:
    """The numbers of the calls of a function about an account."""
    addresses = predicted_addresses(DEPLOY_ORDER)
    first = len(list(genesis_actions(GENESIS, addresses))) + 1
    return [
        number
        for number, action in enumerate(ACTIONS, start=first)
        if action.function == function and action.arguments[:1] == (account,)
    ]


def at(account: str, number: int):
    return statement_for(account, TraceSource(TRACE, number))


def test_closed_funding_is_what_the_open_position_had_shown() -> None:
    """In the second of its last trade, which closes what is left."""
    last = numbers_of("trade", SECOND)[-1]
    (before, *_), (after, *_) = (at("trader_2", n).markets for n in (last - 1, last))
    assert before.size == 3 * WAD
    assert before.funding != 0
    assert after.size == 0
    assert after.past.funding - before.past.funding == before.funding


def test_fees_are_what_the_trades_returned(told) -> None:
    addresses = predicted_addresses(DEPLOY_ORDER)
    model, paid = model_at(GENESIS, addresses), 0
    for action in every_action(GENESIS, ACTIONS, addresses):
        outcome = model.apply(action)
        if action.function == "trade" and action.arguments[:2] == (SECOND, 0):
            paid += outcome.returned.fee
    assert told["trader_2"].markets[0].past.fees == paid > 0


def at_risk() -> int:
    """The call before the liquidation that happens."""
    return numbers_of("liquidate", FIRST)[-1] - 1


def with_deposit(wads: int):
    """The account at risk, with so much more."""
    source = TraceSource(TRACE, at_risk())
    deposit = by("trader_1", "Exchange", "deposit", source.now, FIRST, wads // ATOM)
    assert source.model.apply(deposit).error is None
    return statement_for("trader_1", source)


def test_the_deposit_that_makes_it_healthy_is_the_least_that_does() -> None:
    sick = at("trader_1", at_risk())
    assert sick.status == "liquidatable"
    assert sick.ratio < WAD
    assert sick.to_healthy % ATOM == 0
    cured = with_deposit(sick.to_healthy)
    assert (cured.status, cured.to_healthy) == ("healthy", 0)
    assert cured.ratio >= WAD
    assert with_deposit(sick.to_healthy - ATOM).status == "called"


def test_the_deposit_back_to_initial_margin_is_the_least_that_is() -> None:
    sick = at("trader_1", at_risk())
    assert sick.to_initial > sick.to_healthy
    cured = with_deposit(sick.to_initial)
    assert cured.to_initial == 0
    assert cured.strict_equity >= cured.initial + cured.reserve
    short = with_deposit(sick.to_initial - ATOM)
    assert short.strict_equity < short.initial + short.reserve
    assert short.to_initial == ATOM


def test_the_cures_of_the_worked_long() -> None:
    """
    Ten bought at 2000 have lost 2100 of 2995 at 1790: 895 against 1.5 * 984.5 and 5,
    and strictly against 1969 and 5.
    """
    assert deposit(wad("1476.75") + wad("5") - wad("895"), ATOM) == wad("586.75")
    assert deposit(wad("1969") + wad("5") - wad("895"), ATOM) == wad("1079")
    assert deposit(1, ATOM) == ATOM
    assert deposit(0, ATOM) == deposit(-1, ATOM) == 0


def test_who_is_worth_less_than_nothing_is_bankrupt() -> None:
    """At 1,000 its equity is below zero; the deposit still makes it healthy."""
    source = TraceSource(TRACE, at_risk())
    for action in reports(source.now + 30, 0, 1_000 * WAD):
        assert source.model.apply(action).error is None
    source.now += 30
    broke = statement_for("trader_1", source)
    assert broke.status == "bankrupt"
    assert broke.ratio < 0
    assert broke.to_healthy >= broke.required - broke.equity


def test_a_statement_is_of_the_time_of_the_last_call() -> None:
    times = [TraceSource(TRACE, n).now for n in (1, at_risk())]
    assert times[0] == START
    assert all(one < other for one, other in pairwise([*times, ACTIONS[-1].now]))
