"""
Fails when a contract and its twin in Python drift apart, and prints who is whose twin.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from eth_utils import keccak
from vyper.exceptions import VyperException

from evm.compile import DELEGATES
from scripts.twin_source import (
    Side,
    UnreadableError,
    read_python,
    read_vyper,
    value_of,
)

# Why a file of `protocol/` has no contract beside it.
PYTHON_ONLY_FILES = {
    "__init__": "says what the package is",
    "state": "the tables; in Vyper each module declares its own",
    "units": "the units that mypy keeps apart; Vyper has none",
    "word": "the EVM shifts and extends signs by itself",
    "trace": "genesis and calls as text, the language between the two worlds",
    "model": "dispatches calls and undoes refused ones, as a chain does for contracts",
}
# Why the two files of a noun say what they are in different words.
DIFFERENT_SENTENCES = {
    "errors": "a contract knows an error as its selector, Python as its name",
}
# Why a constant or a function of one side has no twin, as `noun.name`.
PYTHON_ONLY = {
    "credit.NO_CREDIT": "`empty(CreditLine)` in Vyper",
    "exchange.NOTHING": "a plain 0 in Vyper, where a number has no unit",
    "expiry.NO_EXPIRY": "`empty(ExpiryParams)` in Vyper",
    "expiry.NO_SAMPLING": "`empty(Sampling)` in Vyper",
    "feed.NO_ROUND": "`empty(Round)` in Vyper",
    "backing.NO_STANDING": "`empty(Standing)` in Vyper",
    "backing.NO_WORTH": "`empty(Worth)` in Vyper",
    "liquidation.NO_CASE": "`empty(Case)` in Vyper",
    "liquidation.NO_WHOLE": "`empty(Whole)` in Vyper",
    "market.ANYONE": "a plain `staticcall` in Vyper",
    "market.load_params": "for clients of the model; the book asks the rules",
    "orders.NOBODY": "`empty(address)` in Vyper",
    "order.NO_ORDER": "`empty(Order)` in Vyper",
    "portfolio.NO_SUMS": "`empty(Sums)` in Vyper",
    "rules.NO_PORTFOLIO": "`empty(Portfolio)` in Vyper",
    "portfolio.packed_shocks": "for who chooses them; a chain is given the word",
    "ramp.NO_RAMP": "`empty(Ramp)` in Vyper",
    "request.NO_REQUEST": "`empty(Request)` in Vyper",
    "unwinding.NO_PAYMENT": "`empty(Payment)` in Vyper",
    "top_up.NO_TOP_UP": "`empty(uint256[2])` in Vyper",
    "lens.NO_LINE": "`empty(Line)` in Vyper",
    "lens.NO_POSITION": "`empty(Position)` in Vyper",
    "settlement.NOTHING": "a plain 0 in Vyper, where a number has no unit",
}
VYPER_ONLY = {
    "parameters.ExposureRecord": "what is decoded of a record; the model has all of it",
    "exchange.answered": "runs the code of another contract; in Python all are one",
    "governor.COLLATERAL_CODE": "creates code; the model keeps the record there",
    "governor.FEED_CODE": "creates code; the model keeps the record that lies there",
    "governor.MARKET_CODE": "creates code; the model keeps the record that lies there",
    "governor.RISK_CODE": "creates code; the model keeps the record that lies there",
}

HEAD = "| noun | Vyper | Python | functions | constants | structs and events |"
OPENING, CLOSING = "<!-- twins -->", "<!-- /twins -->"


class Drift(NamedTuple):
    """What differs, and where it is to be mended."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{os.path.relpath(self.path)}:{self.line}: {self.message}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check every pair, or print or write the table of the pairs."""
    options = argument_parser().parse_args(arguments)
    vyper, python, broken = read_tree(options.root)
    # What a file that does not parse lacks says nothing about its twin.
    found = broken or list(drifts(vyper, python))
    rows = table(vyper, python)
    if options.write_readme:
        write_table(options.write_readme, rows)
    if options.check_readme and read_table(options.check_readme) != rows:
        message = "the table of twins is old: write it with --write-readme"
        found.append(Drift(options.check_readme, 1, message))

    for drift in found:
        print(drift, file=sys.stderr if options.table else sys.stdout)
    if options.table:
        print(rows)
    elif not found:
        for noun, side in vyper.items():
            print(f"{noun}: {side.path.name} and {python[noun].path.name} agree")
        readme = options.write_readme or options.check_readme
        told = f", and {os.path.relpath(readme)} lists them" if readme else ""
        print(f"All {len(vyper)} pairs agree{told}.")
    return 1 if found else 0


def argument_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="check_twins", description=main.__doc__)
    parser.add_argument(
        "--root",
        type=Path,
        default=Path(__file__).parents[1],
        help="the folder that holds contracts/ and protocol/",
    )
    parser.add_argument("--table", action="store_true", help="print the table")
    parser.add_argument(
        "--check-readme", type=Path, metavar="FILE", help="fail if its table is old"
    )
    parser.add_argument(
        "--write-readme", type=Path, metavar="FILE", help="bring its table up to date"
    )
    return parser


def read_tree(root: Path) -> tuple[dict[str, Side], dict[str, Side], list[Drift]]:
    """Both sides by noun, and the files that do not parse."""
    broken: list[Drift] = []
    vyper = read_folder(root / "contracts", "*.vy", read_vyper, broken)
    python = read_folder(root / "protocol", "*.py", read_python, broken)
    return vyper, python, broken


def read_folder(
    folder: Path, pattern: str, read: Callable[[Path], Side], broken: list[Drift]
) -> dict[str, Side]:
    sides: dict[str, Side] = {}
    for path in sorted(folder.glob(pattern)):
        try:
            side = read(path)
        except SyntaxError as error:
            broken.append(
                Drift(path, error.lineno or 1, f"does not parse: {error.msg}")
            )
        except VyperException as error:
            line = error.annotations[0].lineno if error.annotations else 1
            broken.append(Drift(path, line, f"does not parse: {error.message}"))
        else:
            sides[side.noun] = side
    return sides


def drifts(vyper: Mapping[str, Side], python: Mapping[str, Side]) -> Iterator[Drift]:
    """Everything in which the two sides differ."""
    for noun, there in vyper.items():
        here = python.get(noun)
        if here is None:
            yield Drift(there.path, 1, f"protocol/{noun}.py is missing")
            continue
        if here.sentence != there.sentence and noun not in DIFFERENT_SENTENCES:
            yield Drift(here.path, 1, f"says {here.sentence!r}, not {there.sentence!r}")
        yield from constant_drifts(noun, vyper, python)
        yield from record_drifts(noun, there, here)
        yield from function_drifts(noun, there, here)
    for noun, here in python.items():
        if noun not in vyper and noun not in PYTHON_ONLY_FILES:
            yield Drift(here.path, 1, "has no twin in contracts/")
    yield from storage_drifts(vyper, python)


def order_drifts(
    kind: str,
    noun: str,
    there: Side,
    expected: Mapping[str, Any],
    here: Side,
    actual: Mapping[str, Any],
) -> Iterator[Drift]:
    """Names that one side lacks without an excuse, and the first one out of order."""
    for name, declared in expected.items():
        if name not in actual and f"{noun}.{name}" not in VYPER_ONLY:
            message = f"{kind} {name} is missing in {here.path.name}"
            yield Drift(there.path, declared.line, message)
    for name, declared in actual.items():
        if name not in expected and f"{noun}.{name}" not in PYTHON_ONLY:
            message = f"{kind} {name} is missing in {there.path.name}"
            yield Drift(here.path, declared.line, message)
    ordered = [name for name in expected if name in actual]
    found = [name for name in actual if name in expected]
    for name, other in zip(ordered, found, strict=True):
        if name != other:
            message = f"{kind} {other} stands where {there.path.name} has {name}"
            yield Drift(here.path, actual[other].line, message)
            break


def constant_drifts(
    noun: str, vyper: Mapping[str, Side], python: Mapping[str, Side]
) -> Iterator[Drift]:
    there, here = vyper[noun], python[noun]
    yield from order_drifts(
        "constant", noun, there, there.constants, here, here.constants
    )
    for name, constant in there.constants.items():
        twin = here.constants.get(name)
        if twin is None:
            continue
        try:
            place = Drift(there.path, constant.line, name)
            expected = value_of(constant.expression, noun, vyper)
            place = Drift(here.path, twin.line, name)
            actual = value_of(twin.expression, noun, python)
        except UnreadableError as error:
            yield place._replace(message=f"{name}: {error}")
            continue
        if noun == "errors":
            actual_selector = f"0x{expected:08x}"
            expected = name.title().replace("_", "")
            if actual_selector != selector(expected):
                message = f"{name} is {actual_selector}, not {selector(expected)}"
                yield Drift(there.path, constant.line, message)
        if actual != expected:
            yield place._replace(message=f"{name} is {actual}, not {expected}")


def selector(error: str) -> str:
    """With what a contract reverts when it refuses for `error`."""
    return f"0x{keccak(text=f'{error}()')[:4].hex()}"


def record_drifts(noun: str, there: Side, here: Side) -> Iterator[Drift]:
    yield from order_drifts("struct", noun, there, there.records, here, here.records)
    for name, record in there.records.items():
        twin = here.records.get(name, record)
        if twin.fields != record.fields:
            message = f"{name} has {listed(twin.fields)}, not {listed(record.fields)}"
            yield Drift(here.path, twin.line, message)


def function_drifts(noun: str, there: Side, here: Side) -> Iterator[Drift]:
    yield from order_drifts(
        "function", noun, there, there.functions, here, here.functions
    )
    for name, function in there.functions.items():
        twin = here.functions.get(name, function)
        for verb, theirs, ours in (
            ("takes", listed(function.parameters), listed(twin.parameters)),
            ("says", repr(function.sentence), repr(twin.sentence)),
            ("refuses for", listed(function.reasons), listed(twin.reasons)),
        ):
            if ours != theirs:
                message = f"{name} {verb} {ours}, not {theirs}"
                yield Drift(here.path, twin.line, message)


def storage_drifts(
    vyper: Mapping[str, Side], python: Mapping[str, Side]
) -> Iterator[Drift]:
    """What is kept on one side only, or elsewhere; in code there are no names."""
    contracts = {
        noun: side.path.stem
        for side in vyper.values()
        if side.path.stem not in DELEGATES
        for noun in side.initialized
    }
    tables = {
        name: (side.path, table)
        for side in python.values()
        for name, table in side.storage.items()
    }
    for name, (path, table) in tables.items():
        if name != table.attribute:
            yield Drift(path, table.line, f"table {name} stands at {table.attribute}")
    declared: set[str] = set()
    for noun, side in vyper.items():
        for name, variable in side.storage.items():
            place = Drift(side.path, variable.line, f"storage {name}")
            if name in declared:
                yield place._replace(message=f"another storage is called {name}")
            declared.add(name)
            if name not in tables:
                yield place._replace(message=f"storage {name} is no table of the state")
                continue
            path, table = tables[name]
            contract = variable.contract or contracts.get(noun, "no contract")
            if table.contract != contract:
                message = f"table {name} lies in {table.contract}, not in {contract}"
                yield Drift(path, table.line, message)
    for name, (path, table) in tables.items():
        if name not in declared:
            message = f"table {name} is no storage of a contract"
            yield Drift(path, table.line, message)


def listed(names: Sequence[str]) -> str:
    return f"({', '.join(names)})"


def table(vyper: Mapping[str, Side], python: Mapping[str, Side]) -> str:
    """The pairs in Markdown: contracts first, as capitals sort first, then modules."""
    rows = [HEAD, "|---|---|---|---:|---:|---:|"]
    for noun, side in vyper.items():
        twin = f"`protocol/{noun}.py`" if noun in python else "missing"
        counts = (len(side.functions), len(side.constants), len(side.records))
        cells = (noun, f"`contracts/{side.path.name}`", twin, *map(str, counts))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def read_table(readme: Path) -> str:
    return split_at_table(readme)[1].strip()


def write_table(readme: Path, rows: str) -> None:
    before, _, after = split_at_table(readme)
    new = readme.with_name(f"{readme.name}.new")
    new.write_text(f"{before}\n{rows}\n{after}")
    new.replace(readme)


def split_at_table(readme: Path) -> tuple[str, str, str]:
    """What stands before the table, the table, and what stands after it."""
    text = readme.read_text()
    before, opening, rest = text.partition(OPENING)
    rows, closing, after = rest.partition(CLOSING)
    if not closing:
        raise SystemExit(f"{readme}: has no {OPENING} with {CLOSING} after it")
    return before + opening, rows, closing + after


if __name__ == "__main__":
    sys.exit(main())
