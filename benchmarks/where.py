"""
Where the gas of a call goes: by contract and function, and by what it is spent on.

It is counted opcode by opcode while py-evm runs the call, and adds up to the receipt.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from difflib import get_close_matches
from functools import partial
from typing import Any, NamedTuple

from eth.abc import ComputationAPI, MessageAPI
from eth.vm import opcode_values
from eth.vm.computation import BaseComputation
from rich.console import Console
from rich.table import Table

from benchmarks.cases import CASES, Case
from benchmarks.stage import Stage, stage_in_use
from evm.tester import TesterChain

# What a first touch of an account or a slot makes dear; all else is computing.
READS = (
    "SLOAD",
    "BALANCE",
    "EXTCODESIZE",
    "EXTCODECOPY",
    "EXTCODEHASH",
    "CALL",
    "STATICCALL",
    "DELEGATECALL",
)
LOGS = ("LOG0", "LOG1", "LOG2", "LOG3", "LOG4")
KINDS = ("reads", "writes", "logs", "computing")
# The base of a transaction and its calldata, less refunds.
TRANSACTION = "transaction"


class Place(NamedTuple):
    """Where gas was spent, as `Contract.function`, and on what."""

    where: str
    kind: str


Spent = Counter[Place]


def kind_of(mnemonic: str) -> str:
    """What an opcode spends its gas on."""
    if mnemonic in READS:
        return "reads"
    if mnemonic == "SSTORE":
        return "writes"
    return "logs" if mnemonic in LOGS else "computing"


def kinds() -> dict[int, str]:
    """The kind of every opcode."""
    values = vars(opcode_values).items()
    return {value: kind_of(name) for name, value in values if isinstance(value, int)}


def functions(chain: TesterChain) -> dict[tuple[int, bytes], str]:
    """The name of every function, by the code it lies in and its selector."""
    return {
        (chain.addresses[name], int(selector, 16).to_bytes(4, "big")): (
            f"{name}.{signature.split('(')[0]}"
        )
        for name, contract in chain.contracts.items()
        for signature, selector in contract.method_identifiers.items()
    }


@contextmanager
def metered(chain: TesterChain, spent: Spent) -> Iterator[None]:
    """Count the gas of all that the chain executes meanwhile."""
    names = functions(chain)
    # What the calls of each opcode that runs now have used.
    inner: list[int] = []
    computation_class = chain.evm.get_vm().state.computation_class
    opcodes, child = computation_class.opcodes, BaseComputation.apply_child_computation

    def counting(opcode: Callable[..., Any], kind: str) -> Callable[..., Any]:
        def counted(computation: Any) -> Any:
            before = computation.get_gas_remaining()
            inner.append(0)
            try:
                return opcode(computation=computation)
            finally:
                used = before - computation.get_gas_remaining() - inner.pop()
                message = computation.msg
                code = message.code_address or message.to
                key = int.from_bytes(code, "big"), bytes(message.data[:4])
                spent[Place(names.get(key, "elsewhere"), kind)] += used

        return counted

    def count_child(self: BaseComputation, child_msg: MessageAPI) -> ComputationAPI:
        computation = child(self, child_msg)
        inner[-1] += child_msg.gas
        if computation.should_return_gas:
            inner[-1] -= computation.get_gas_remaining()
        return computation

    kind = kinds()
    computation_class.opcodes = {
        value: counting(opcode, kind[value]) for value, opcode in opcodes.items()
    }
    BaseComputation.apply_child_computation = count_child  # type: ignore[method-assign]
    try:
        yield
    finally:
        computation_class.opcodes = opcodes
        BaseComputation.apply_child_computation = child  # type: ignore[method-assign]


def where(stage: Stage, case: Case) -> tuple[int, Spent]:
    """The gas of a case, and where it goes."""
    spent: Spent = Counter()
    stage.around = partial(metered, stage.chain, spent)
    try:
        with stage.branch():
            gas = case.measure(stage)
    finally:
        stage.around = nullcontext
    spent[Place(TRANSACTION, TRANSACTION)] = gas - sum(spent.values())
    return gas, spent


def by_kind(spent: Spent) -> dict[str, int]:
    """What was spent on each kind, the transaction first."""
    found: Counter[str] = Counter()
    for (_, kind), gas in spent.items():
        found[kind] += gas
    return {kind: found[kind] for kind in (TRANSACTION, *KINDS)}


def table(name: str, gas: int, spent: Spent) -> Table:
    """Every function that was run, the dearest first, and what it spent gas on."""
    shown = Table("function", title=f"{name}: {gas:,}")
    for heading in (*KINDS, "in all"):
        shown.add_column(heading, justify="right")
    totals: Counter[str] = Counter()
    for (place, _), used in spent.items():
        totals[place] += used
    for place, total in totals.most_common():
        cells = [spent[Place(place, kind)] for kind in KINDS]
        said = [f"{cell:,}" if cell else "" for cell in cells]
        shown.add_row(place, *said, f"{total:,}")
    sums = by_kind(spent)
    shown.add_section()
    shown.add_row("all", *(f"{sums[kind]:,}" for kind in KINDS), f"{gas:,}")
    return shown


def main(arguments: list[str] | None = None) -> int:
    """Print where the gas of some cases goes; 2 where there is no such case."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.where",
        description="Show which function spends the gas of a case, and on what: "
        "accounts and slots that are read, slots that are written, logs, computing.",
        epilog='For example: python -m benchmarks.where "order: commit, an increase"',
    )
    parser.add_argument("cases", nargs="+", metavar="CASE", help="as `make gas` has it")
    names = parser.parse_args(arguments).cases
    console = Console()
    cases = {each.name: each for each in CASES}
    for name in names:
        if name not in cases:
            close = get_close_matches(name, cases, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            console.print(f"error: no case {name!r}{hint}", markup=False)
            return 2
    stage = stage_in_use()
    for name in names:
        console.print(table(name, *where(stage, cases[name])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
