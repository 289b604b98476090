"""
What the speed is measured on: a mix of calls that is what it says it is.
"""

from __future__ import annotations

import json
from collections import Counter

from benchmarks.speed import main, show
from benchmarks.workload import Workload, is_report
from evm.compile import compile_contracts


def test_the_mix_is_mostly_trades_and_seldom_refused() -> None:
    workload = Workload(compile_contracts(), 1)
    workload.record(4_000)
    counted = [each for each in workload.actions if not is_report(each)]
    calls = Counter(each.function for each in counted)
    assert 4_000 <= len(counted) < 4_100
    assert calls["trade"] > len(counted) / 3
    refused = sum(
        count for (_, error), count in workload.outcomes.items() if error != "ok"
    )
    assert 0.10 < refused / len(counted) < 0.20
    assert workload.outcomes["Exchange.liquidate", "ok"] > 10
    requests = ("request_deposit", "request_redeem", "execute")
    done = {name.partition(".")[2] for name, end in workload.outcomes if end == "ok"}
    assert {"deposit", "withdraw", "settle", "accrue", *requests} < done


def test_a_seed_decides_every_call() -> None:
    contracts = compile_contracts()
    once, again, other = (Workload(contracts, seed) for seed in (1, 1, 2))
    for workload in (once, again, other):
        workload.record(100)
    assert once.actions == again.actions != other.actions


def test_a_short_run_measures_everything(capsys) -> None:
    assert main(["--calls", "60", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert sum(report["outcomes"].values()) == report["calls"]
    assert len(report["rates"]) == 5
    assert all(
        each > 0 for found in report["rates"].values() for each in found.values()
    )
    assert all(spent > 0 for spent in report["microseconds"].values())
    show(report)
    assert "a call in lockstep on revm" in capsys.readouterr().out
