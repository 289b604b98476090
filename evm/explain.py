"""
One call of a trace, as a person reads it: what it was given, read, wrote and answered.

The reads come from tables that record while that call runs, and only then; the rule
behind a refusal from the place in the source that raised it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from msgspec import Struct

import protocol
from evm.chain import DEPLOY_ORDER, predicted_addresses
from evm.lockstep import codes
from evm.replay import every_action, model_at
from evm.words import address_text
from protocol.errors import Revert
from protocol.fixed_point import WAD
from protocol.model import Model, Outcome, assembled
from protocol.state import Table
from protocol.trace import (
    LARGEST_WORD,
    LAST_MOMENT,
    Action,
    Trace,
    TraceError,
    entry_point,
    read_trace,
    shape,
)

# The units whose numbers are wads, and read better with a point.
WADS = {"Price", "Size", "Quote", "Flow", "Ratio", "Rate", "Shares"}
# What is longer than this since 1970 is a moment, and not a duration.
YEAR = 365 * 86_400
# The largest numbers of a word, which stand for no limit; nobody counts their digits.
LARGEST = {LARGEST_WORD: "2**256 - 1", LARGEST_WORD >> 1: "2**255 - 1"}
SOURCES = Path(protocol.__file__).parent


class Rule(Struct, frozen=True):
    """Where a call was refused: the function, what it says of itself, the condition."""

    function: str
    says: str
    file: str
    line: int
    source: str


class Access(Struct, frozen=True):
    """A record before a call, and after it where the call wrote it."""

    entry: str
    before: Any
    after: Any


class Explanation(Struct, frozen=True):
    """
    All that one call did.

    `reads` are records that it looked at and left alone, `writes` those it changed.
    """

    number: int
    action: Action
    arguments: dict[str, Any]
    names: dict[int, str]
    says: str
    outcome: Outcome
    rule: Rule | None
    reads: list[Access]
    writes: list[Access]

    def text(self) -> str:
        """The explanation, a line for each thing there is to say."""
        return "\n".join(lines_of(self)) + "\n"


def explain(source: str | Path | Trace, number: int) -> Explanation:
    """
    Explain call `number` of a trace, counted as lockstep counts: the calls that set up
    the genesis come first, and the first of them is 1.
    """
    trace = source if isinstance(source, Trace) else read_trace(source)
    addresses = predicted_addresses(DEPLOY_ORDER)
    actions = list(every_action(trace.genesis, trace.actions, addresses))
    if not 1 <= number <= len(actions):
        message = f"there is no call {number}: it has {len(actions)}"
        raise TraceError(str(source), None, message)
    model = model_at(trace.genesis, addresses)
    for action in actions[: number - 1]:
        model.apply(action)
    action = actions[number - 1]
    return explained(model, action, number, names_of(trace, addresses))


def names_of(trace: Trace, addresses: dict[str, int]) -> dict[int, str]:
    """What the addresses of a trace are called."""
    actors = {address: name for name, address in trace.genesis.actors.items()}
    return actors | {address: name for name, address in addresses.items()}


def explained(
    model: Model, action: Action, number: int, names: dict[int, str]
) -> Explanation:
    """Make a call on the model, watching it."""
    before: dict[tuple[str, Any], tuple[Table[Any, Any], Any]] = {}

    def look(table: Table[Any, Any], key: Any, record: Any) -> None:
        before.setdefault((full_name(table), key), (table, record))

    frames: list[Rule] = []
    with recording(model.state.tables(), look), watching_refusals(frames):
        outcome = model.apply(action)

    # What lies in code is known by what it is.
    names = names | {
        address: type(record).__name__ for address, record in codes(model).items()
    }
    written = {(full_name(table), key) for table, key in outcome.writes}
    reads, writes = [], []
    for (name, key), (table, record) in before.items():
        entry = f"{name}{keys_text(key, names)}"
        if (name, key) in written:
            writes.append(Access(entry, record, outcome.writes[table, key]))
        elif table.is_code:
            # Dozens of parameters: that they were read is all there is to say.
            reads.append(Access(entry, (), ()))
        else:
            reads.append(Access(entry, record, record))
    return Explanation(
        number=number,
        action=action,
        arguments=arguments_of(action),
        names=names,
        says=first_sentence(entry_point(action.to, action.function).__doc__),
        outcome=outcome,
        rule=frames[-1] if outcome.error is not None and frames else None,
        reads=reads,
        writes=writes,
    )


def arguments_of(action: Action) -> dict[str, Any]:
    """The arguments of a call under their names, records as records."""
    parameters = shape(action.to, action.function)
    values = assembled(parameters, action.arguments)
    return dict(zip((name for name, _ in parameters), values, strict=True))


def full_name(table: Table[Any, Any]) -> str:
    """A table under the contract that keeps it."""
    return f"{table.contract}.{table.name}"


@contextmanager
def recording(
    tables: Iterable[Table[Any, Any]],
    look: Callable[[Table[Any, Any], Any, Any], None],
) -> Iterator[None]:
    """Tell `look` of every record that is read or written meanwhile, as it was."""

    class Recording(Table[Any, Any]):
        """A table that tells what is asked of it."""

        __slots__ = ()

        def __getitem__(self, key: Any) -> Any:
            record = super().__getitem__(key)
            look(self, key, record)
            return record

        def __setitem__(self, key: Any, record: Any) -> None:
            look(self, key, super().__getitem__(key))
            super().__setitem__(key, record)

    watched = list(tables)
    for table in watched:
        table.__class__ = Recording
    try:
        yield
    finally:
        for table in watched:
            table.__class__ = Table


@contextmanager
def watching_refusals(found: list[Rule]) -> Iterator[None]:
    """Note where each refusal is raised meanwhile."""
    original = Revert.__init__

    def noting(self: Revert, *arguments: Any) -> None:
        rule = rule_at(sys._getframe(1))
        if rule is not None:
            found.append(rule)
        original(self, *arguments)

    Revert.__init__ = noting  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Revert.__init__ = original  # type: ignore[method-assign]


def rule_at(frame: FrameType | None) -> Rule | None:
    """The rule of the protocol that was being applied where a frame stands."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.parent == SOURCES and frame.f_code.co_name != "require":
            return rule_in(path, frame.f_lineno)
        frame = frame.f_back
    return None


def rule_in(path: Path, line: int) -> Rule:
    """The statement on a line of a file, and the function around it."""
    source = path.read_text()
    inside = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and spans(node, line)
    ]
    functions = [node for node in inside if isinstance(node, ast.FunctionDef)]
    statement = inside[-1]
    assert functions
    text = ast.get_source_segment(source, statement, padded=True) or ""
    return Rule(
        function=f"{path.stem}.{functions[-1].name}",
        says=first_sentence(ast.get_docstring(functions[-1])),
        file=f"{path.parent.name}/{path.name}",
        line=statement.lineno,
        source=" ".join(text.split()),
    )


def spans(node: ast.stmt, line: int) -> bool:
    """Whether a statement covers a line."""
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def first_sentence(docstring: str | None) -> str:
    """The first sentence of a docstring, on one line."""
    text = " ".join((docstring or "").split())
    sentence, end, _ = text.partition(". ")
    return sentence + end.strip()


def keys_text(key: Any, names: dict[int, str]) -> str:
    """The keys of an entry, in brackets."""
    keys = key if isinstance(key, tuple) else (key,)
    return "".join(f"[{number_text(int(each), names)}]" for each in keys)


def number_text(number: int, names: dict[int, str], unit: str = "") -> str:
    """A number as its unit is written; what is somebody's bears the name as well."""
    if number in LARGEST:
        return LARGEST[number]
    if unit in WADS:
        return decimal_text(number)
    if number in names:
        return f"{address_text(number)} ({names[number]})"
    owner, sub = number >> 96, number & (2**96 - 1)
    if owner in names:
        return f"{number:#x} ({names[owner]}, account {sub})"
    if unit in ("Address", "Holder"):
        return f"{number:#x}"
    if unit == "Seconds" and YEAR < number <= LAST_MOMENT:
        return f"{number} ({moment_text(number)})"
    return str(number)


def decimal_text(wads: int) -> str:
    """A number of wads, exactly."""
    whole, rest = divmod(abs(wads), WAD)
    digits = f"{whole}.{rest:018}".rstrip("0").rstrip(".")
    return f"-{digits}" if wads < 0 else digits


def moment_text(seconds: int) -> str:
    """A time in ISO 8601, as scenarios and reports write it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def lines_of(explanation: Explanation) -> Iterator[str]:
    """What there is to say of a call, line by line."""
    action, names, outcome = explanation.action, explanation.names, explanation.outcome
    units = units_of(entry_point(action.to, action.function))
    yield f"call {explanation.number}: {action.to}.{action.function}"
    yield f"  {explanation.says}"
    now = number_text(action.now, names, "Seconds")
    yield f"  by {number_text(action.sender, names)} at {now}"
    given: dict[str, str] = {}
    for name, value in explanation.arguments.items():
        given |= leaves(value, names, units[name], name)
    yield from indented("given", given)
    if outcome.error is not None:
        yield f"refused: {outcome.error}"
        yield from rule_lines(explanation.rule)
    else:
        returned = leaves(outcome.returned, names, units["return"])
        yield from indented("returned", returned)
    for access in explanation.reads:
        yield from indented(f"read {access.entry}", leaves(access.before, names))
    for access in explanation.writes:
        yield from indented(f"wrote {access.entry}", changes(access, names))
    for contract, event in outcome.logs:
        title = f"logged {contract}.{type(event).__name__}"
        yield from indented(title, leaves(event, names))


def rule_lines(rule: Rule | None) -> Iterator[str]:
    """Where and why a call was refused, as far as it is known."""
    if rule is not None:
        yield f"  by {rule.function}: {rule.says}"
        yield f"  {rule.file}:{rule.line}: {rule.source}"


def units_of(function: Callable[..., Any]) -> dict[str, str]:
    """The units of a function's parameters, and of what it returns."""
    return {name: str(unit) for name, unit in function.__annotations__.items()}


def indented(title: str, values: dict[str, str]) -> Iterator[str]:
    """A title, and the values under it; one without a name stands beside it."""
    if set(values) == {""}:
        yield f"{title} {values['']}"
        return
    yield title
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        yield f"  {name.ljust(width)}  {value}"


def changes(access: Access, names: dict[int, str]) -> dict[str, str]:
    """The fields of a record that a call changed, before and after."""
    before, after = leaves(access.before, names), leaves(access.after, names)
    return {
        name: f"{before.get(name, 'nothing')} -> {value}"
        for name, value in after.items()
        if before.get(name) != value
    } or {"": "as it was"}


def leaves(
    value: Any, names: dict[int, str], unit: str = "", path: str = ""
) -> dict[str, str]:
    """Every number in a value, under the path to it."""
    if isinstance(value, Struct):
        units = type(value).__annotations__
        parts = [(name, units[name], getattr(value, name)) for name in units]
    elif isinstance(value, tuple | list):
        inside = re.sub(r"^tuple\[(\w+).*", r"\1", unit)
        parts = [(str(index), inside, item) for index, item in enumerate(value)]
    elif isinstance(value, str):
        return {path: value}
    elif isinstance(value, bool) or value is None:
        return {path: "nothing" if value is None else str(value).lower()}
    else:
        return {path: number_text(int(value), names, unit)}
    found: dict[str, str] = {}
    for name, part_unit, item in parts:
        found |= leaves(item, names, part_unit, f"{path}.{name}" if path else name)
    return found
