"""
Measure how fast the model is alone and in lockstep with each chain.

All of them make the same recorded calls, a piece at a time and in turn, so that a slow
moment of the machine meets all of them. What holds from machine to machine is the
ratios, not the calls per second.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.workload import GENESIS, Workload, is_report
from evm.chain import connect, predicted_addresses
from evm.compile import Contract, compile_contracts
from evm.encoding import Encoder
from evm.lockstep import Lockstep, Views, no_views, profile
from evm.replay import model_at
from evm.views import touched_views
from protocol.trace import Action

CALLS = 9_000
PIECES = 30
# On eth-tester so many of a hundred: each call takes as long as hundreds elsewhere.
TESTER_PERCENT = 6
SEED = 1
MODEL, ENCODED = "model", "model, encoded"
REVM, VIEWED = "lockstep, revm", "lockstep, revm, views"
TESTER = "lockstep, eth-tester"
# These two are timed beside the others and are not shown as engines.
PROFILED, BESIDE_TESTER = "profiled", "model, the calls of eth-tester"
GOALS = {MODEL: 50_000, REVM: 10_000}

Engine = Callable[[Action], object]
Contracts = dict[str, Contract]


class Timed(NamedTuple):
    """What one engine took for one piece: its calls, and the reports among them."""

    calls: int
    seconds: float
    reports: int
    report_seconds: float

    @property
    def rate(self) -> float:
        """Calls a second, reports being calls like all others."""
        return self.calls / self.seconds

    @property
    def rate_apart(self) -> float:
        """Other calls a second, while no reports are made."""
        return (self.calls - self.reports) / (self.seconds - self.report_seconds)

    @property
    def rate_beside(self) -> float:
        """Other calls a second, while reports are made but not counted."""
        return (self.calls - self.reports) / self.seconds


def model_engine(contracts: Contracts, start: Sequence[Action]) -> Engine:
    """The model alone."""
    model = model_at(GENESIS, predicted_addresses(contracts))
    return started(model.apply, start)


def encoded_engine(contracts: Contracts, start: Sequence[Action]) -> Engine:
    """The model, and its outcomes in the bytes of a chain."""
    addresses = predicted_addresses(contracts)
    apply = model_at(GENESIS, addresses).apply
    predicted = Encoder(contracts, addresses).predicted
    return started(lambda action: predicted(apply(action)), start)


def lockstep_on(
    kind: str, contracts: Contracts, start: Sequence[Action], views: Views = no_views
) -> Lockstep:
    """A model beside a chain, both as the workload finds them."""
    chain = connect(kind, contracts)
    chain.deploy(GENESIS)
    lockstep = Lockstep(model_at(GENESIS, chain.addresses), chain, views=views)
    started(lockstep.step, start)
    return lockstep


def started(engine: Engine, start: Sequence[Action]) -> Engine:
    """The engine, after the calls that set up the genesis."""
    for action in start:
        engine(action)
    return engine


def timed(engine: Engine, actions: Sequence[Action]) -> Timed:
    """Let an engine make calls, the clock being read where reports begin and end."""
    gc.collect()
    counts, seconds = [0, 0], [0.0, 0.0]
    for kind, run in groupby(actions, is_report):
        calls = list(run)
        begun = perf_counter()
        for action in calls:
            engine(action)
        seconds[kind] += perf_counter() - begun
        counts[kind] += len(calls)
    return Timed(sum(counts), sum(seconds), counts[True], seconds[True])


def pieces(actions: Sequence[Action], percent: int) -> Iterator[Sequence[Action]]:
    """So many of a hundred calls, from the first on, in as many pieces as always."""
    size = max(1, len(actions) * percent // 100 // PIECES)
    for number in range(PIECES):
        yield actions[number * size : (number + 1) * size]


class Run:
    """One run of everything, and what it says."""

    def __init__(self, calls: int, seed: int) -> None:
        contracts = compile_contracts()
        workload = Workload(contracts, seed)
        workload.record(calls)
        start = workload.start
        self.actions = workload.actions
        self.outcomes: Counter[tuple[str, str]] = workload.outcomes
        profiled = lockstep_on("revm", contracts, start)
        self.spent = profile(profiled, perf_counter)
        engines: dict[str, Engine] = {
            MODEL: model_engine(contracts, start),
            ENCODED: encoded_engine(contracts, start),
            REVM: lockstep_on("revm", contracts, start).step,
            VIEWED: lockstep_on("revm", contracts, start, touched_views).step,
            BESIDE_TESTER: model_engine(contracts, start),
            TESTER: lockstep_on("eth-tester", contracts, start).step,
            PROFILED: profiled.step,
        }
        self.times: dict[str, list[Timed]] = {name: [] for name in engines}
        percents = dict.fromkeys(engines, 100)
        percents |= {TESTER: TESTER_PERCENT, BESIDE_TESTER: TESTER_PERCENT}
        parts = {
            name: list(pieces(self.actions, percent))
            for name, percent in percents.items()
        }
        # What is there already is no garbage: to look at it each time takes longer.
        gc.freeze()
        for number in range(PIECES):
            for name, engine in engines.items():
                self.times[name].append(timed(engine, parts[name][number]))
        gc.unfreeze()
        self.phases = self.shares(
            workload.choosing / len(self.actions), self.times.pop(PROFILED)
        )

    def shares(self, making: float, profiled: Sequence[Timed]) -> dict[str, float]:
        """The microseconds of a call in lockstep on revm, by what they are spent on."""
        calls = sum(each.calls for each in profiled)
        seconds = sum(each.seconds for each in profiled)
        rest = seconds - sum(self.spent.values())
        parts = {name: spent / calls for name, spent in self.spent.items()}
        phases = {"making the call": making, **parts, "hash of the run": rest / calls}
        return {name: 1e6 * spent for name, spent in phases.items()}

    def rates(self) -> dict[str, dict[str, float]]:
        """Each engine's calls a second, three ways, and its ratio to the model's."""
        found = {}
        for name, times in self.times.items():
            if name == BESIDE_TESTER:
                continue
            alone = self.times[BESIDE_TESTER if name == TESTER else MODEL]
            pairs = zip(times, alone, strict=True)
            found[name] = {
                "calls": sum(each.calls for each in times),
                "rate": median(each.rate for each in times),
                "without_reports": median(
                    each.rate_apart for each in times if each.calls > each.reports
                ),
                "beside_reports": median(each.rate_beside for each in times),
                "ratio": median(each.rate / other.rate for each, other in pairs),
            }
        return found

    def report(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        reports = sum(map(is_report, self.actions))
        refused = sum(n for (_, error), n in self.outcomes.items() if error != "ok")
        return {
            "calls": len(self.actions),
            "reports": reports,
            "refused": refused,
            "outcomes": {
                f"{name} {error}": count
                for (name, error), count in sorted(self.outcomes.items())
            },
            "rates": self.rates(),
            "microseconds": self.phases,
        }


def outcome_table(report: dict[str, Any]) -> Table:
    """What the workload is made of."""
    others = report["calls"] - report["reports"]
    table = Table("entry point", "outcome")
    table.add_column("calls", justify="right")
    table.add_column("% of all but reports", justify="right")
    for name, count in report["outcomes"].items():
        part = "" if "report" in name else f"{100 * count / others:.1f}"
        table.add_row(*name.split(), f"{count:,}", part)
    share = f"{100 * report['refused'] / others:.1f}"
    table.add_row("all but reports", "refused", f"{report['refused']:,}", share)
    table.add_row("all but reports", "all", f"{others:,}", "100.0")
    return table


def rate_table(rates: dict[str, dict[str, float]]) -> Table:
    """How fast each engine is."""
    table = Table("calls a second")
    for heading in (
        "calls",
        "all",
        "without reports",
        "reports not counted",
        "goal",
        "of the model",
    ):
        table.add_column(heading, justify="right")
    for name, found in rates.items():
        goal = f"{GOALS[name]:,}" if name in GOALS else ""
        keys = ("calls", "rate", "without_reports", "beside_reports")
        numbers = [f"{found[key]:,.0f}" for key in keys]
        table.add_row(name, *numbers, goal, f"1 : {1 / found['ratio']:.2f}")
    return table


def phase_table(phases: dict[str, float]) -> Table:
    """Where the time goes in lockstep on revm."""
    table = Table("a call in lockstep on revm")
    table.add_column("µs", justify="right")
    table.add_column("%", justify="right")
    whole = sum(phases.values())
    for name, spent in phases.items():
        table.add_row(name, f"{spent:.1f}", f"{100 * spent / whole:.0f}")
    return table


def show(report: dict[str, Any]) -> None:
    """Print a report as tables."""
    tables = outcome_table(report), rate_table(report["rates"])
    Console().print(*tables, phase_table(report["microseconds"]))


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed")
    parser.add_argument("--calls", type=int, default=CALLS, help="without reports")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    options = parser.parse_args(arguments)
    report = Run(options.calls, options.seed).report()
    if options.json:
        print(json.dumps(report, indent=2))
        return 0
    show(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
