"""
Agents where trades wait: they commit to orders, and see what becomes of them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evm.compile import compile_contracts
from protocol.fixed_point import WAD
from protocol.trace import read_trace
from simulation.agents import PATIENCE
from simulation.engine import Result, run_scenario
from simulation.run import prepare
from simulation.scenario import load_scenario
from simulation.summary import summary_of
from tests.simulation.small import CRASH, ORDERS, SMALL

CONTRACTS = compile_contracts()
WAITING = [*SMALL, "protocol.order.delay=30s"]
# The keeper comes so seldom that most orders are too late for him.
SELDOM = ["protocol.order.window=30s", "keepers.every=2m"]
# Who is long leaves while the price falls, and waits for it.
CAUGHT = ["protocol.order.delay=3m"]
CAUGHT += [f"agents.{place}.leaves_at=9m" for place in range(2)]


def made(folder: Path, *overrides: str, evm: str = "none") -> Result:
    """A small crash in which trades wait."""
    prepared = prepare(CRASH, [*WAITING, *overrides])
    trace = folder / "trace.jsonl"
    return run_scenario(prepared.scenario, prepared.series, CONTRACTS, trace, evm=evm)


def ended(result: Result, entry_point: str) -> Counter[str]:
    """How the calls of an entry point ended."""
    return result.tally.outcomes.get(entry_point, Counter())


def test_where_trades_wait_everybody_commits(tmp_path) -> None:
    result = made(tmp_path, evm="revm")
    assert (result.difference, result.violations) == (None, 0)
    assert "Exchange.trade" not in result.tally.outcomes
    committed = ended(result, "Orders.commit")
    # Who asks for too much is told so before he pays for it.
    assert committed.keys() == {"ok", "BelowInitialMargin", "PositionTooLarge"}
    assert ended(result, "Orders.settle") == {"ok": committed["ok"]}
    logs = result.tally.logs
    assert logs["OrderFilled"] == logs["Traded"] > 30
    # The careless one who names a price that nobody fills.
    assert logs["OrderRefused"] == 1


def test_without_a_delay_nobody_does(tmp_path) -> None:
    result = made(tmp_path, "protocol.order.delay=0s")
    assert ended(result, "Exchange.trade")["ok"] > 30
    assert not any(name.startswith("Orders.") for name in result.tally.outcomes)


@pytest.mark.parametrize("overrides", [[], SELDOM, CAUGHT], ids=["", "seldom", "late"])
def test_nobody_has_two_orders_or_takes_money_while_one_waits(
    overrides, tmp_path
) -> None:
    result = made(tmp_path, *overrides)
    refusals = result.tally.refusals()
    assert not refusals.keys() & {"OrderExists", "OrderPending", "OrderUnknown"}


def test_the_fee_of_an_order_that_died_with_a_liquidation_comes_back(tmp_path) -> None:
    result = made(tmp_path, *CAUGHT)
    cancelled = ended(result, "Orders.cancel")
    assert cancelled == {"ok": result.tally.logs["OrderCancelled"]}
    assert cancelled["ok"] > 0
    assert result.violations == 0


def test_most_orders_expire_where_the_keeper_comes_seldom(tmp_path) -> None:
    result = made(tmp_path, *SELDOM)
    logs = result.tally.logs
    assert ended(result, "Orders.expire") == {"ok": logs["OrderExpired"]}
    assert logs["OrderExpired"] > logs["OrderFilled"] > 0


@pytest.mark.parametrize("overrides", [[], SELDOM, CAUGHT], ids=["", "seldom", "late"])
def test_every_order_is_counted_and_its_fee(overrides, tmp_path) -> None:
    result = made(tmp_path, *overrides)
    scenario = load_scenario(CRASH, WAITING)
    summary = summary_of(scenario, result, [])
    ends = [summary[f"orders_{end}"] for end in ("filled", "refused", "expired")]
    settled = ended(result, "Orders.settle")["ok"]
    expired = ended(result, "Orders.expire")["ok"]
    assert (sum(ends[:2]), ends[2]) == (settled, expired)
    assert summary["orders_committed"] == ended(result, "Orders.commit")["ok"]
    waiting = summary["orders_committed"] - sum(ends)
    waiting -= result.tally.logs["OrderCancelled"]
    # Nobody has more than one.
    assert 0 <= waiting <= result.accounts
    fee = scenario.risk.order.least_fee // WAD
    assert summary["order_fees"] == fee * sum(ends) > 0
    of_groups = [group["order_fees"] for group in summary["groups"]]
    assert sum(of_groups) == summary["order_fees"]


# Nothing moves before its jump, and nothing costs but fees and the premium.
STILL = [
    "variant=[]",
    "run.answer=crash",
    "market.ETH.feed.confidence=0",
    "market.ETH.borrowing.base_rate=0 / day",
    "market.ETH.borrowing.slope_1=0 / day",
    "market.ETH.prices.volatility=0",
    "market.ETH.prices.jump_rate=0 / day",
]
# One knows, thirty seconds before, that the price jumps after a minute. An ETH for all
# that he has three times.
KNOWN = [
    "run.duration=3m",
    "agents=[{kind='informed', market='ETH', capital='1_000 USDC', leverage='3', "
    "foresight='30s', leaves_at='2m'}]",
]
# One buys ten seconds before it.
SURPRISED = [
    "run.duration=20m",
    "agents=[{kind='long', market='ETH', capital='1_000 USDC', leverage='3', "
    "entry='50s'}]",
]


def jumping(folder: Path, move: str, *overrides: str) -> Result:
    """A run in which the price jumps after a minute, and nothing else moves it."""
    jump = f"market.ETH.prices.shocks=[{{at='1m', move='{move}'}}]"
    prepared = prepare(ORDERS, [*STILL, jump, *overrides])
    return run_scenario(
        prepared.scenario, prepared.series, CONTRACTS, folder / "trace", evm="revm"
    )


def known(folder: Path, move: str, delay: str) -> Result:
    """A run in which one knows of a jump."""
    return jumping(folder, move, *KNOWN, f"protocol.order.delay={delay}")


@pytest.mark.parametrize(
    ("move", "gain"),
    [("0.01", 27_594_137_970_000_000_000), ("-0.01", 27_605_861_970_000_000_000)],
)
@pytest.mark.parametrize(
    ("delay", "fees", "is_filled"),
    [("0s", 0, True), ("10s", 2, True), ("30s", 1, False), ("1m", 1, False)],
)
def test_who_knows_of_a_jump_wins_it_unless_he_waits_as_long(
    delay, fees, is_filled, move, gain, tmp_path
) -> None:
    """
    From 3,000 to 3,030: he buys at 3,000 * (1 + 1/200,000), pays 0.0006 of that, sells
    at 3,030 * (1 + 1/200,000), pays 0.0002 of that. After half a minute his limit,
    3,030 - 2 * 0.0006 * 3,000, is passed, and he has paid a keeper.
    """
    result = known(tmp_path, move, delay)
    (group,) = result.groups
    assert (result.difference, result.violations) == (None, 0)
    assert group.order_fees == fees * WAD
    assert group.worth - group.brought == gain * is_filled - fees * WAD


def test_who_closes_by_an_order_opens_nothing_with_it(tmp_path) -> None:
    known(tmp_path, "0.01", "10s")
    actions = read_trace(tmp_path / "trace").actions
    opening, closing = (each.arguments for each in actions if each.function == "commit")
    assert opening[3] == -closing[3] == WAD
    assert (opening[5], closing[5]) == (0, 1)
    assert opening[6] == closing[6] == WAD


@pytest.mark.parametrize(
    ("move", "overrides", "end"),
    [
        ("0.05", [], "OrderRefused"),
        ("0", ["protocol.order.window=20s", "keepers.every=90s"], "OrderExpired"),
    ],
    ids=["refused", "expired"],
)
def test_who_is_not_filled_commits_again_after_a_while(
    move, overrides, end, tmp_path
) -> None:
    """By a hundredth at most he pays more than the price that he saw."""
    waiting = "protocol.order.delay=10s"
    result = jumping(tmp_path, move, *SURPRISED, waiting, *overrides)
    times = [
        action.now
        for action in read_trace(tmp_path / "trace").actions
        if action.function == "commit"
    ]
    assert len(times) == 2
    assert times[1] - times[0] > PATIENCE
    logs = result.tally.logs
    assert (logs[end], logs["OrderFilled"], logs["Traded"]) == (1, 1, 1)


@pytest.mark.parametrize(("move", "trades"), [("0.0012", 0), ("0.0013", 2)])
@pytest.mark.parametrize("sign", ["", "-"])
def test_who_knows_trades_on_no_more_than_a_move_beyond_the_fees(
    sign, move, trades, tmp_path
) -> None:
    """To open costs 0.0006, and he counts on as much to close."""
    result = known(tmp_path, f"{sign}{move}", "0s")
    assert ended(result, "Exchange.trade") == ({"ok": trades} if trades else {})
    (group,) = result.groups
    assert (group.worth > group.brought) is bool(trades)
