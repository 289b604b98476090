"""
A contract that opens one Vyper module to the tests: generated, so it cannot rot.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import eth_abi
from msgspec import Struct
from msgspec.structs import astuple
from vyper.ast import nodes, parse_to_ast

from evm.chain import GAS_LIMIT, Observed, constructor_inputs
from evm.compile import CONTRACTS, Contract, compile_contracts
from evm.encoding import abi_type
from evm.lockstep import ERRORS
from evm.revm import new_evm, refusal
from evm.words import address_text, flat, packed

PRAGMAS = """\
# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
FACADE = "Facade"
# What the facade calls the module: a function may have the module's own name.
OPENED = "opened"
DEPLOYER = address_text(0x11)
# What an `__init__` is given by the name of its parameter.
GIVEN = {
    "token": 0x22,
    "oracle": 0x33,
    "rules": 0x55,
    "owner": 0x44,
    "governor": 0x66,
    "resolution": 0x77,
    "obligations": 0x78,
    "decimals": 6,
}


class Answer(NamedTuple):
    """What a call said: `error` is None when it succeeded, "" when it named none."""

    error: str | None
    returned: bytes


class Facade:
    """A module on revm, called by the names of its internal functions."""

    def __init__(self, contract: Contract, given: Mapping[str, int] = GIVEN) -> None:
        self.entries = {
            entry["name"]: entry
            for entry in contract.abi
            if entry["type"] != "event" and "name" in entry
        }
        self.selectors = {
            signature.partition("(")[0]: int(selector, 16).to_bytes(4, "big")
            for signature, selector in contract.method_identifiers.items()
        }
        arguments = [given[each["name"]] for each in constructor_inputs(contract)]
        code = bytes.fromhex(contract.bytecode.removeprefix("0x")) + packed(arguments)
        self.evm = new_evm()
        self.address = self.evm.deploy(DEPLOYER, code)

    def call(self, name: str, arguments: tuple[Any, ...]) -> Answer:
        """Call the function `name`."""
        calldata = self.selectors[name] + encoded(
            self.entries[name]["inputs"], arguments
        )
        # Transient storage outlives a message here, and the reentrancy lock is in it.
        self.evm.reset_transient_storage()
        try:
            output = self.evm.message_call(
                DEPLOYER, self.address, calldata, gas=GAS_LIMIT
            )
        except RuntimeError as error:
            return answer(refusal(str(error)))
        return Answer(None, output)

    def returning(self, name: str, value: Any) -> Answer:
        """The answer that returns `value` from the function `name`."""
        fields = self.entries[name]["outputs"]
        return Answer(None, encoded(fields, () if not fields else (value,)))


def answer(observed: Observed) -> Answer:
    """What a call said that did not succeed."""
    assert not observed.halt, observed.halt
    return Answer(ERRORS.get(observed.output, observed.output.hex()), b"")


def encoded(fields: list[dict[str, Any]], values: tuple[Any, ...]) -> bytes:
    """The arguments or the results of a function, lists of any length among them."""
    assert len(fields) == len(values), f"{len(values)} values for {fields}"
    types = [abi_type(field) for field in fields]
    if any("[]" in each for each in types):
        return eth_abi.encode(types, [plain(each) for each in values])
    return packed(flat(values))


def plain(value: Any) -> Any:
    """A value without records, as a library encodes it."""
    if isinstance(value, Struct):
        value = astuple(value)
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value


@cache
def facade(module: str) -> Facade:
    """The facade of a module of the protocol."""
    return Facade(compile_facade(CONTRACTS, module))


def compile_facade(folder: Path, module: str) -> Contract:
    """Compile the facade of `module`, whose sources lie in `folder`."""
    with TemporaryDirectory() as temporary:
        copied = Path(temporary)
        for path in folder.glob("*.vy"):
            (copied / path.name).write_text(path.read_text())
        (copied / f"{FACADE}.vy").write_text(facade_source(folder, module))
        return compile_contracts(copied, names=[FACADE])[FACADE]


def facade_source(folder: Path, module: str) -> str:
    """A contract with an external function for each internal one of `module`."""
    body = body_of(folder, module)
    structs = {node.name for node in body if isinstance(node, nodes.StructDef)}
    constants = {
        node.target.id
        for node in body
        if isinstance(node, nodes.VariableDecl) and node.is_constant
    }
    kept = initialized(folder, module)
    beside = (set(kept) | imported(body)) - {module}
    parts = [PRAGMAS, *(f"import {name}" for name in sorted(beside))]
    parts.append(f"import {module} as {OPENED}")
    parts += [initializer(folder, name, module) for name in kept]
    parts += constructor(folder, kept, module)
    parts += [
        external(node, structs | constants)
        for node in body
        if isinstance(node, nodes.FunctionDef) and node.name != "__init__"
    ]
    return "\n".join(parts)


def body_of(folder: Path, module: str) -> list[nodes.VyperNode]:
    """What a module consists of."""
    body: list[nodes.VyperNode] = parse_to_ast(
        (folder / f"{module}.vy").read_text()
    ).body
    return body


def imported(body: list[nodes.VyperNode]) -> set[str]:
    """The modules beside it that a module imports."""
    return {
        node.name
        for node in body
        if isinstance(node, nodes.ImportFrom) and node.module is None
    }


def used(body: list[nodes.VyperNode]) -> list[str]:
    """The modules whose storage a module uses."""
    return [
        name.id
        for node in body
        if isinstance(node, nodes.UsesDecl)
        for name in getattr(node.annotation, "elements", [node.annotation])
    ]


def has_storage(body: list[nodes.VyperNode]) -> bool:
    """Whether a module keeps anything, or uses one that does."""
    return bool(used(body)) or any(
        isinstance(node, nodes.VariableDecl) and not node.is_constant for node in body
    )


def initialized(folder: Path, module: str) -> list[str]:
    """The modules to initialize for `module`, each after those that it uses."""
    order: list[str] = []

    def visit(name: str) -> None:
        body = body_of(folder, name)
        for each in used(body):
            visit(each)
        if has_storage(body) and name not in order:
            order.append(name)

    visit(module)
    return order


def initializer(folder: Path, name: str, module: str) -> str:
    """The declaration that a module lies in this contract, with what it uses."""
    bound = ", ".join(f"{each} := {each}" for each in used(body_of(folder, name)))
    known = OPENED if name == module else name
    return f"initializes: {known}" + (f"[{bound}]" if bound else "")


def constructor(folder: Path, modules: list[str], opened: str) -> list[str]:
    """An `__init__` that calls those of the modules, if there are any."""
    parameters: list[str] = []
    calls: list[str] = []
    for module in modules:
        for node in body_of(folder, module):
            if isinstance(node, nodes.FunctionDef) and node.name == "__init__":
                parameters += [
                    f"{each.arg}: {spelled(each.annotation, set())}"
                    for each in node.args.args
                ]
                names = ", ".join(each.arg for each in node.args.args)
                known = OPENED if module == opened else module
                calls.append(f"    {known}.__init__({names})")
    if not calls:
        return []
    header = f"def __init__({', '.join(dict.fromkeys(parameters))}):"
    return ["\n".join(["@deploy", header, *calls, ""])]


def external(function: nodes.FunctionDef, own: set[str]) -> str:
    """The external function that forwards to an internal one."""
    # Their own names may be those of modules.
    given = {f"given_{i}": each for i, each in enumerate(function.args.args)}
    names = ", ".join(given)
    parameters = ", ".join(
        f"{name}: {spelled(each.annotation, own)}" for name, each in given.items()
    )
    header = f"def {function.name}({parameters})"
    call = f"{OPENED}.{function.name}({names})"
    if function.returns is not None:
        header += f" -> {spelled(function.returns, own)}"
        call = f"return {call}"
    marks = {mark.id for mark in function.decorator_list}
    decorators = ["@external", *(f"@{mark}" for mark in marks & {"pure", "view"})]
    return "\n".join([*decorators, f"{header}:", f"    {call}\n"])


def spelled(annotation: nodes.VyperNode, own: set[str]) -> str:
    """A type as the facade writes it: the module's own ones bear its name."""
    if isinstance(annotation, nodes.Name):
        return f"{OPENED}.{annotation.id}" if annotation.id in own else annotation.id
    if isinstance(annotation, nodes.Subscript):
        inside = annotation.slice
        items = inside.elements if isinstance(inside, nodes.Tuple) else [inside]
        indices = ", ".join(spelled(each, own) for each in items)
        return f"{spelled(annotation.value, own)}[{indices}]"
    return str(annotation.node_source_code)
