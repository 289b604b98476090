"""
Traces: a genesis and the calls that followed, one JSON line each.

Anything that happens to the protocol is one: a simulation writes it, a counterexample
is one, a keeper's run is one, and each replays on the model and on every chain.
Integers are decimal strings, since most readers of JSON lose large ones; arguments
stand under the names they have in the code. The last line says how the calls ended.
"""

from __future__ import annotations

import builtins
import gzip
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from inspect import signature
from io import BufferedReader, BufferedWriter
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct
from msgspec.structs import astuple, replace

from protocol import errors
from protocol.account import MAX_MARKETS
from protocol.collateral import MAX_TOKENS, CollateralParams
from protocol.feed import FeedParams
from protocol.parameters import MarketParams, RiskParams
from protocol.quorum import MAX_REPORTERS

FORMAT = "perpspec trace"
VERSION = 4
SCHEMA = Path(__file__).with_name("trace.schema.json")
# As much as any payer will ever be asked for.
UNLIMITED = 2**256 - 1
# How long a word is, in bytes, by which the place of a list is counted.
WORD = 32
# Those of a token that the genesis does not speak of.
USUAL_DECIMALS = 18
# As many as the quote token may have.
MOST_DECIMALS = 18
# What a word holds, whether it has a sign or not.
LEAST_WORD, LARGEST_WORD = -(2**255), 2**256 - 1
LARGEST_ADDRESS = 2**160 - 1
# The protocol keeps a time in 32 bits, which are full in 2106.
LAST_MOMENT = 2**32 - 1
WHOLE = re.compile(r"-?[0-9]+")


class TraceError(Exception):
    """
    A file that is no whole trace of this version: why, and which line, `None` where it
    is all of it.
    """

    def __init__(self, path: str | Path, line: int | None, message: str) -> None:
        where = f"{path}" if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {message}")
        self.path = Path(path)
        self.line = line
        self.message = message


class UnknownEntryPoint(Exception):
    """No contract has such a function, or not with these arguments."""


class Action(Struct, frozen=True):
    """A call by `sender` at `now`: its arguments are words, records spread out."""

    to: str
    function: str
    sender: int
    now: int
    arguments: tuple[int, ...]


class MarketGenesis(Struct, frozen=True):
    """A market and its feed, which bear the number of its place in the list."""

    name: str
    feed: FeedParams
    reporters: tuple[int, ...]
    params: MarketParams


class CollateralGenesis(Struct, frozen=True):
    """
    A token that is collateral, and its feed. It is the token contract that bears the
    number of its place in the list, from one on, whatever its parameters say.
    """

    name: str
    decimals: int
    feed: FeedParams
    reporters: tuple[int, ...]
    params: CollateralParams
    balances: dict[str, int]


class Genesis(Struct, frozen=True):
    """Everything that is decided before the first call; `version` is `VERSION`."""

    version: int
    start: int
    decimals: int
    owner: int
    risk: RiskParams
    markets: tuple[MarketGenesis, ...]
    collateral: tuple[CollateralGenesis, ...]
    actors: dict[str, int]
    balances: dict[str, int]

    def token_decimals(self) -> tuple[int, ...]:
        """The decimals of every token, the quote token first."""
        others = [each.decimals for each in self.collateral]
        spare = [USUAL_DECIMALS] * (MAX_TOKENS - len(others))
        return (self.decimals, *others, *spare)


class Trace(Struct, frozen=True):
    """What a file held; `digest` is None where none was computed."""

    genesis: Genesis
    actions: list[Action]
    digest: str | None
    is_complete: bool


def genesis_actions(genesis: Genesis, addresses: Mapping[str, int]) -> Iterator[Action]:
    """The calls that set up what the genesis says, made like any others."""

    def call(to: str, function: str, sender: int, *arguments: Any) -> Action:
        words = tuple(words_of(arguments))
        return Action(to, function, sender, genesis.start, words)

    owner = genesis.owner
    yield call("Governor", "set_risk", owner, genesis.risk)
    for number, market in enumerate(genesis.markets):
        vacant = (0,) * (MAX_REPORTERS - len(market.reporters))
        reporters = market.reporters + vacant
        yield call("Governor", "set_feed", owner, number, market.feed, reporters)
        yield call("Governor", "set_market", owner, number, market.params)
    for number, token in enumerate(genesis.collateral):
        vacant = (0,) * (MAX_REPORTERS - len(token.reporters))
        reporters = token.reporters + vacant
        feed_id = MAX_MARKETS + number
        yield call("Governor", "set_feed", owner, feed_id, token.feed, reporters)
        params = replace(token.params, token=addresses[f"Token{number + 1}"])
        yield call("Governor", "set_collateral", owner, number, params)
    purses = {"Token": genesis.balances}
    for number, token in enumerate(genesis.collateral, start=1):
        purses[f"Token{number}"] = token.balances
    for contract, balances in purses.items():
        for name, atoms in balances.items():
            actor = genesis.actors[name]
            yield call(contract, "mint", actor, actor, atoms)
            yield call(contract, "approve", actor, addresses["Exchange"], UNLIMITED)


def words_of(value: Any) -> list[int]:
    """
    The words of a value: records and tuples spread out in order, and a list, which must
    be the last of all, behind its place and its length.
    """
    words: list[int] = []
    spread(value, words)
    return words


def spread(value: Any, words: list[int]) -> None:
    """Append the words of a value."""
    if isinstance(value, Struct):
        value = astuple(value)
    if isinstance(value, list):
        words += (WORD * (len(words) + 1), len(value))
    if isinstance(value, tuple | list):
        for item in value:
            spread(item, words)
    else:
        words.append(int(value))


# What one parameter takes: `int`, `bool`, a record's class, `list` or a list of a
# record's class, which is the last parameter then, or `tuple`, which stands for all the
# words that are left.
Kind: TypeAlias = Any
Shape = tuple[tuple[str, Kind], ...]


class Names(dict[str, Any]):
    """What names in annotations mean; those only a type checker knows are numbers."""

    def __missing__(self, name: str) -> Any:
        return getattr(builtins, name, int)


def kind_of(annotation: Any) -> Kind:
    """The kind of parameter with this annotation."""
    origin = get_origin(annotation) or annotation
    if origin in (tuple, list):
        return annotation if listed_record(annotation) is not None else origin
    if isinstance(annotation, type) and issubclass(annotation, bool | Struct):
        return annotation
    return int


def listed_record(kind: Kind) -> type[Struct] | None:
    """The class of the records in a list of them; None of any other kind."""
    origin: Any = get_origin(kind)
    if origin is not list:
        return None
    (item,) = get_args(kind)
    return item if isinstance(item, type) and issubclass(item, Struct) else None


@cache
def fields_of(record: type[Struct]) -> Shape:
    """The fields of a record."""
    names = Names(vars(import_module(record.__module__)))
    hints = get_type_hints(record, globalns={}, localns=names)
    return tuple((name, kind_of(hints[name])) for name in record.__struct_fields__)


@cache
def entry_point(to: str, function: str) -> Callable[..., Any]:
    """The function of the model that is `to`'s external one."""
    # There may be several contracts of one noun, which are numbered.
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", to.rstrip("0123456789")).lower()
    try:
        module = import_module(f"protocol.{snake}")
        found: Callable[..., Any] = vars(module)[function]
    except (ImportError, KeyError):
        raise UnknownEntryPoint(f"{to}.{function}: no such entry point") from None
    if getattr(found, "__module__", None) != module.__name__:
        raise UnknownEntryPoint(f"{to}.{function}: no such entry point")
    return found


@cache
def shape(to: str, function: str) -> Shape:
    """The parameters of an entry point, after the state and the call."""
    found = entry_point(to, function)
    names = Names(vars(import_module(found.__module__)))
    hints = get_type_hints(found, globalns={}, localns=names)
    parameters = list(signature(found).parameters)[2:]
    return tuple((name, kind_of(hints[name])) for name in parameters)


def named(fields: Shape, words: Iterator[int]) -> dict[str, Any]:
    """Words under the names of what they are, records as objects, numbers as text."""
    values: dict[str, Any] = {}
    for name, kind in fields:
        if kind is int:
            values[name] = str(next(words))
        elif kind is bool:
            values[name] = bool(next(words))
        elif kind is tuple:
            values[name] = [str(word) for word in words]
        elif kind is list:
            _, count = next(words), next(words)
            values[name] = [str(next(words)) for _ in range(count)]
        elif (record := listed_record(kind)) is not None:
            _, count = next(words), next(words)
            values[name] = [named(fields_of(record), words) for _ in range(count)]
        else:
            values[name] = named(fields_of(kind), words)
    return values


def named_arguments(action: Action) -> dict[str, Any]:
    """The arguments of a call under their names."""
    words = iter(action.arguments)
    try:
        values = named(shape(action.to, action.function), words)
    except StopIteration:
        raise UnknownEntryPoint(
            f"{action.to}.{action.function}: too few arguments"
        ) from None
    if next(words, None) is not None:
        raise UnknownEntryPoint(f"{action.to}.{action.function}: too many arguments")
    return values


def flattened(fields: Shape, values: Mapping[str, Any], words: list[int]) -> None:
    """Append the words of named values; the inverse of `named`."""
    if values.keys() != {name for name, _ in fields}:
        wanted = ", ".join(name for name, _ in fields)
        raise ValueError(f"arguments {', '.join(values)}, and not {wanted}")
    for name, kind in fields:
        value = values[name]
        if kind is int:
            words.append(whole(value))
        elif kind is bool:
            words.append(int(msgspec.convert(value, bool)))
        elif kind is tuple:
            words.extend(whole(item) for item in value)
        elif kind is list:
            spread([whole(item) for item in value], words)
        elif (record := listed_record(kind)) is not None:
            words += (WORD * (len(words) + 1), len(value))
            for item in value:
                flattened(fields_of(record), item, words)
        else:
            flattened(fields_of(kind), value, words)


def whole(value: Any) -> int:
    """The number that a decimal string is; it fits into a word."""
    if not isinstance(value, str) or WHOLE.fullmatch(value) is None:
        raise ValueError(f"{value!r} is not a whole number in a string")
    number = int(value)
    require_word(number)
    return number


def require_word(number: int) -> None:
    """Refuse a number that no word is."""
    if not LEAST_WORD <= number <= LARGEST_WORD:
        raise ValueError(f"a number of {len(str(number))} characters fits no word")


def require_address(name: str, number: int) -> None:
    """Refuse a number that no address is, which has 160 bits."""
    if not 0 <= number <= LARGEST_ADDRESS:
        raise ValueError(f"{name}: {number} is no address")


def require_moment(name: str, number: int) -> None:
    """Refuse a time that the protocol cannot keep."""
    if not 0 <= number <= LAST_MOMENT:
        raise ValueError(f"{name}: {number} is no time from 1970 to 2106")


def plain(value: Any) -> Any:
    """`value` as JSON has it, numbers as decimal strings."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Struct):
        pairs = zip(value.__struct_fields__, astuple(value), strict=True)
        return {name: plain(item) for name, item in pairs}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def action_line(action: Action) -> dict[str, Any]:
    """A call as the object of its line."""
    return {
        "to": action.to,
        "function": action.function,
        "sender": str(action.sender),
        "now": str(action.now),
        "arguments": named_arguments(action),
    }


def action_of(line: Mapping[str, Any]) -> Action:
    """The call that a line is."""
    to, function = line["to"], line["function"]
    words: list[int] = []
    flattened(shape(to, function), line["arguments"], words)
    sender, now = whole(line["sender"]), whole(line["now"])
    require_address("sender", sender)
    require_moment("now", now)
    return Action(to, function, sender, now, tuple(words))


class TraceWriter:
    """
    Writes a trace, call by call, and moves it to its name when the `with` ends.

    What ends before `finish` keeps its calls and is marked incomplete.
    """

    def __init__(self, path: str | Path, genesis: Genesis) -> None:
        self.path = Path(path)
        self.genesis = genesis
        self.calls = 0
        self.digest: str | None = None
        self.is_complete = False

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        self.file: BufferedWriter = open(self.temporary, "wb")
        self.stream: BufferedWriter | gzip.GzipFile = self.file
        if self.path.suffix == ".gz":
            # Neither name nor time inside, so that equal traces are equal files.
            self.stream = gzip.GzipFile(
                filename="", mode="wb", fileobj=self.file, mtime=0
            )
        self.write_line({"format": FORMAT, "genesis": plain(self.genesis)})
        return self

    def write(self, action: Action) -> None:
        """Add a call."""
        self.write_line(action_line(action))
        self.calls += 1

    def finish(self, digest: str | None) -> None:
        """Say that all calls are written, and the digest of what they did."""
        self.digest = digest
        self.is_complete = True

    def write_line(self, line: dict[str, Any]) -> None:
        """Write one object on a line of its own."""
        self.stream.write(msgspec.json.encode(line) + b"\n")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        end: dict[str, Any] = {"calls": str(self.calls), "digest": self.digest}
        if not self.is_complete:
            end = {"calls": str(self.calls), "incomplete": True}
        self.write_line(end)
        if self.stream is not self.file:
            self.stream.close()
        self.file.close()
        os.replace(self.temporary, self.path)


def write_trace(
    path: str | Path, genesis: Genesis, actions: Iterable[Action], digest: str | None
) -> None:
    """Write a whole trace."""
    with TraceWriter(path, genesis) as writer:
        for action in actions:
            writer.write(action)
        writer.finish(digest)


def read_trace(path: str | Path) -> Trace:
    """The trace that a file holds, gzipped or not; `TraceError` where it is not one."""
    lines = read_lines(path)
    try:
        genesis = genesis_of(path, next(lines)[1])
    except StopIteration:
        raise TraceError(path, None, "not a trace: the file is empty") from None
    actions: list[Action] = []
    number, now = 1, genesis.start
    for number, line in lines:
        if "calls" in line:
            end = ending(path, number, line, len(actions))
            # To look for more is also to read the checksum of a compressed file.
            if next(lines, None) is not None:
                raise TraceError(path, number + 1, "the trace has ended before")
            return Trace(genesis, actions, *end)
        try:
            action = action_of(line)
            if action.now < now:
                raise ValueError(f"time goes back from {now} to {action.now}")
        except (UnknownEntryPoint, ValueError, msgspec.ValidationError) as error:
            raise TraceError(path, number, f"not a call: {error}") from None
        except (KeyError, TypeError, AttributeError) as error:
            raise TraceError(path, number, f"not a call: {error!r}") from None
        actions.append(action)
        now = action.now
    raise TraceError(path, number, "cut off: the last line is missing")


def ending(
    path: str | Path, number: int, line: Mapping[str, Any], calls: int
) -> tuple[str | None, bool]:
    """The digest and whether the trace is complete, as its last line says."""
    if line["calls"] != str(calls):
        message = f"the last line speaks of {line['calls']} calls, there are {calls}"
        raise TraceError(path, number, message)
    return line.get("digest"), not line.get("incomplete", False)


def genesis_of(path: str | Path, head: Mapping[str, Any]) -> Genesis:
    """The genesis in the first line."""
    if head.get("format") != FORMAT:
        raise TraceError(path, 1, "not a trace: its first line names another format")
    genesis = head.get("genesis", {})
    version = genesis.get("version")
    if version != str(VERSION):
        raise TraceError(path, 1, f"version {version}: this program reads {VERSION}")
    try:
        found = msgspec.convert(genesis, type=Genesis, strict=False)
        require_genesis(found)
    except (msgspec.ValidationError, ValueError) as error:
        raise TraceError(path, 1, f"not a genesis: {error}") from None
    return found


def require_genesis(genesis: Genesis) -> None:
    """Refuse a genesis from which no protocol begins; its calls are refused later."""
    if genesis.decimals > MOST_DECIMALS:
        raise ValueError(f"decimals: refused with {errors.TOO_MANY_DECIMALS}")
    if len(genesis.collateral) > MAX_TOKENS:
        raise ValueError(f"collateral: more than {MAX_TOKENS} tokens")
    require_moment("start", genesis.start)
    require_address("owner", genesis.owner)
    for name, address in genesis.actors.items():
        require_address(name, address)
    words = words_of(genesis.risk)
    priced: list[MarketGenesis | CollateralGenesis] = [*genesis.markets]
    priced += genesis.collateral
    for each in priced:
        if len(each.reporters) > MAX_REPORTERS:
            raise ValueError(f"{each.name}: more than {MAX_REPORTERS} reporters")
        for reporter in each.reporters:
            require_address(f"a reporter of {each.name}", reporter)
        spread((each.feed, each.params), words)
    for decimals in genesis.token_decimals():
        if decimals < 0:
            raise ValueError(f"decimals: {decimals} is below zero")
        words.append(decimals)
    for balances in (genesis.balances, *(each.balances for each in genesis.collateral)):
        for name, atoms in balances.items():
            if name not in genesis.actors:
                raise ValueError(f"balances: {name} is no actor")
            words.append(atoms)
    for word in words:
        require_word(word)


def read_lines(path: str | Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file and the lines they stand on."""
    number = 0
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(decompressed(file), start=1):
                value = msgspec.json.decode(line)
                if not isinstance(value, dict):
                    raise TraceError(path, number, "not a trace: no object")
                if not line.endswith(b"\n"):
                    raise TraceError(path, number, "cut off: the line does not end")
                yield number, value
    except msgspec.DecodeError as error:
        what = "not a trace" if number == 1 else "cut off or damaged"
        raise TraceError(path, number, f"{what}: {error}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TraceError(path, number + 1, f"cut off or damaged: {error}") from None
    except OSError as error:
        raise TraceError(path, None, f"cannot be read: {error.strerror}") from None


def decompressed(file: BufferedReader) -> Iterable[bytes]:
    """The file itself, or what its gzip holds: told by its first bytes."""
    if file.peek(2)[:2] == b"\x1f\x8b":
        return gzip.GzipFile(fileobj=file)
    return file


def trace_schema() -> str:
    """The JSON schema of a line of a trace, as the file beside this one has it."""
    number = {"type": "string", "pattern": "^-?[0-9]+$"}
    value = {
        "anyOf": [
            number,
            {"type": "boolean"},
            {"type": "array", "items": number},
            {"type": "object", "additionalProperties": {"$ref": "#/$defs/value"}},
        ]
    }
    definitions: dict[str, Any] = {"number": number, "value": value}
    genesis = record_schema(Genesis, definitions)
    head = {"format": {"const": FORMAT}}
    reference = {"$ref": "#/$defs/number"}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of a trace: the first, a call, or the last",
        "anyOf": [
            closed(head | {"genesis": genesis}),
            closed(
                {
                    "to": {"type": "string"},
                    "function": {"type": "string"},
                    "sender": reference,
                    "now": reference,
                    "arguments": {
                        "type": "object",
                        "additionalProperties": {"$ref": "#/$defs/value"},
                    },
                }
            ),
            closed({"calls": reference, "digest": {"type": ["string", "null"]}}),
            closed({"calls": reference, "incomplete": {"const": True}}),
        ],
        "$defs": definitions,
    }
    return json.dumps(schema, indent=2) + "\n"


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def record_schema(record: type[Struct], definitions: dict[str, Any]) -> dict[str, Any]:
    """A reference to the schema of a record, which is put among the definitions."""
    hints = get_type_hints(record)
    name = record.__name__
    definitions[name] = closed(
        {
            field: annotation_schema(hints[field], definitions)
            for field in record.__struct_fields__
        }
    )
    return {"$ref": f"#/$defs/{name}"}


def annotation_schema(annotation: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a field with this annotation."""
    if get_origin(annotation) is tuple:
        items = annotation_schema(get_args(annotation)[0], definitions)
        return {"type": "array", "items": items}
    if get_origin(annotation) is dict:
        values = annotation_schema(get_args(annotation)[1], definitions)
        return {"type": "object", "additionalProperties": values}
    if annotation is str:
        return {"type": "string"}
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return record_schema(annotation, definitions)
    return {"$ref": "#/$defs/number"}
