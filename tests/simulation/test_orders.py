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
from simulation.engine import Result, run_scenario
from simulation.run import prepare
from simulation.scenario import load_scenario
from simulation.summary import summary_of
from tests.simulation.small import CRASH, SMALL

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


def test_an_order_that_came_too_late_is_made_again(tmp_path) -> None:
    result = made(tmp_path, *SELDOM)
    logs = result.tally.logs
    assert ended(result, "Orders.expire") == {"ok": logs["OrderExpired"]}
    assert logs["OrderExpired"] > logs["OrderFilled"] > 0
    again: Counter[int] = Counter()
    for action in read_trace(tmp_path / "trace.jsonl").actions:
        again[action.arguments[0]] += action.function == "commit"
    assert max(again.values()) > 2


def test_the_fee_of_an_order_that_died_with_a_liquidation_comes_back(tmp_path) -> None:
    result = made(tmp_path, *CAUGHT)
    cancelled = ended(result, "Orders.cancel")
    assert cancelled == {"ok": result.tally.logs["OrderCancelled"]}
    assert cancelled["ok"] > 0
    assert result.violations == 0


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
