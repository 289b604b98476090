"""
Measure the gas of every entry point, and hold it against the snapshot and the page.

The same numbers on every machine: any difference is a change of the contracts.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from benchmarks.cases import CASES, Case
from benchmarks.page import PAGE, tables, written
from benchmarks.stage import Stage, stage_in_use
from benchmarks.where import by_kind, where
from evm.compile import write_file

SNAPSHOT = Path(__file__).with_name("gas.json")
# What a chain deploys at most, and what the exchange may take of it.
SIZE_LIMIT = 24_576
SIZE_LIMITS = {"Exchange": 23_000}
EXTRA_MARKET = "trade: each further open market, at most"
EXTRA_MARKET_GOAL = 55_000


class Measured(Struct, frozen=True):
    """
    Gas by case, and bytes by deployed contract; where the gas goes of what misses its
    goal.
    """

    gas: dict[str, int]
    size: dict[str, int]
    missed: dict[str, dict[str, int]]


class Cost(NamedTuple):
    """The call that a case measured, as `Contract.function`, and its gas."""

    call: str
    gas: int


def measure(stage: Stage, cases: Iterable[Case]) -> dict[str, Cost]:
    """What each case costs, each in a branch of its own."""
    costs = {}
    for each in cases:
        with stage.branch():
            gas = each.measure(stage)
            costs[each.name] = Cost(stage.measured[-1], gas)
    return costs


def measure_all(stage: Stage | None = None) -> tuple[Measured, dict[str, str]]:
    """What the snapshot holds, on a stage in use, and the call of each case."""
    stage = stage or stage_in_use()
    costs = measure(stage, CASES)
    gas = {name: cost.gas for name, cost in costs.items()}
    calls = {name: cost.call for name, cost in costs.items()}
    gas[EXTRA_MARKET] = extra_market(gas)
    calls[EXTRA_MARKET] = calls["trade: increase"]
    missed = {
        each.name: by_kind(where(stage, each)[1])
        for each in CASES
        if each.goal is not None and gas[each.name] > each.goal
    }
    return Measured(gas, stage.sizes, missed), calls


def extra_market(gas: dict[str, int]) -> int:
    """The most that one more open market adds to the same trade."""
    row = [gas["trade: increase"]]
    row += [gas[f"trade: increase with {count} open markets"] for count in (2, 3, 4)]
    return max(after - before for before, after in pairwise(row))


def read_snapshot(path: Path | None = None) -> Measured:
    """What was measured when the snapshot was written; nothing before the first."""
    path = path or SNAPSHOT
    if not path.exists():
        return Measured({}, {}, {})
    return msgspec.json.decode(path.read_bytes(), type=Measured)


def write_snapshot(measured: Measured, path: Path | None = None) -> None:
    """Let what was measured be the snapshot."""
    path = path or SNAPSHOT
    text = json.dumps(msgspec.to_builtins(measured), indent=2, sort_keys=True)
    write_file(path, text.encode() + b"\n")


def table(
    headings: tuple[str, str, str],
    measured: dict[str, int],
    before: dict[str, int],
    limits: dict[str, int],
) -> Table:
    """What was measured, its limits, and how it differs from the snapshot."""
    shown = Table(headings[0])
    for heading in (*headings[1:], "met", "change"):
        shown.add_column(heading, justify="right")
    for name, number in measured.items():
        most = limits.get(name)
        met = "" if most is None else "yes" if number <= most else "[red]no[/red]"
        wanted = "" if most is None else f"{most:,}"
        change = changed(number, before.get(name))
        shown.add_row(name, f"{number:,}", wanted, met, change)
    for name in sorted(before.keys() - measured.keys()):
        shown.add_row(name, "", "", "", "gone")
    return shown


def changed(number: int, before: int | None) -> str:
    """The difference from the snapshot, in words where there is no number."""
    if before is None:
        return "[yellow]new[/yellow]"
    if number == before:
        return ""
    colour = "red" if number > before else "green"
    return f"[{colour}]{number - before:+,}[/{colour}]"


def too_large(sizes: dict[str, int]) -> list[str]:
    """The contracts beyond their limits, in words."""
    return [
        f"{name}: {size:,} bytes, and not below {limit:,}"
        for name, size in sizes.items()
        if size >= (limit := SIZE_LIMITS.get(name, SIZE_LIMIT))
    ]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and compare; 1 where something differs or is too large."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gas")
    parser.add_argument(
        "--write", action="store_true", help="update the snapshot and the page"
    )
    options = parser.parse_args(arguments)
    console = Console()
    (measured, calls), before = measure_all(), read_snapshot()
    shown = PAGE.read_text()
    goals = {each.name: each.goal for each in CASES if each.goal is not None}
    goals[EXTRA_MARKET] = EXTRA_MARKET_GOAL
    page = written(shown, tables(measured.gas, measured.size, measured.missed, calls))
    limits = {name: SIZE_LIMITS.get(name, SIZE_LIMIT) - 1 for name in measured.size}
    gas = table(("call", "gas, cold", "goal"), measured.gas, before.gas, goals)
    size = table(("contract", "bytes", "most"), measured.size, before.size, limits)
    console.print(gas, size)
    console.print(
        "A goal is a wish and fails nothing; a difference from the snapshot does."
    )
    failures = too_large(measured.size)
    if options.write:
        write_snapshot(measured)
        write_file(PAGE, page.encode())
    elif (measured, page) != (before, shown):
        old = SNAPSHOT.name if measured != before else PAGE.name
        failures.append(f"{old} is not what was measured: see `change`")
        failures.append("python -m benchmarks.gas --write accepts it")
    for failure in failures:
        console.print(f"[red]{failure}[/red]")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
