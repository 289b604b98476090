"""
Traces: what is written is read again, and what is no trace is named by its line.
"""

from __future__ import annotations

import gzip
import json
from itertools import count
from typing import get_args, get_origin, get_type_hints

import pytest
from msgspec.structs import replace

from protocol import trace
from protocol.collateral import CollateralParams
from protocol.feed import FeedParams
from protocol.model import assembled
from protocol.parameters import MarketParams, RiskParams
from protocol.portfolio import Leg
from protocol.quorum import MAX_REPORTERS
from protocol.rules import NO_PORTFOLIO
from protocol.trace import (
    VERSION,
    Action,
    CollateralGenesis,
    Genesis,
    MarketGenesis,
    TraceError,
    UnknownEntryPoint,
    genesis_actions,
    named_arguments,
    read_trace,
    shape,
    trace_schema,
    words_of,
    write_trace,
)

NUMBERS = count(2**100)


def filled(record):
    """A record whose numbers are all different and too large for most JSON."""
    hints = get_type_hints(record)
    values = [
        filled(hints[name]) if hasattr(hints[name], "__struct_fields__") else number
        for name, number in zip(record.__struct_fields__, NUMBERS, strict=False)
    ]
    return record(*values)


OWNER, TRADER = 2**159 + 1, 2**159 + 2
MARKET = MarketGenesis("ETH", filled(FeedParams), (5, 6, 7), filled(MarketParams))
TOKEN = CollateralGenesis(
    "WETH", 18, filled(FeedParams), (8,), filled(CollateralParams), {"trader": 5}
)
GENESIS = Genesis(
    version=VERSION,
    start=1_700_000_000,
    decimals=6,
    owner=OWNER,
    risk=filled(RiskParams),
    markets=(MARKET,),
    collateral=(),
    actors={"owner": OWNER, "trader": TRADER},
    balances={"trader": 10**12},
)
TRADE = Action("Exchange", "trade", TRADER, 1_700_000_001, (TRADER << 96, 0, -5, 2**90))
BATCH = Action(
    "Lens", "health_batch", TRADER, 1_700_000_003, (32, 2, TRADER << 96, 2**255)
)
OPERATOR = Action("Exchange", "set_operator", TRADER, 1_700_000_002, (OWNER, 1))
SETUP = list(genesis_actions(GENESIS, {"Exchange": 77}))
ACTIONS = [*SETUP, TRADE, OPERATOR, BATCH]
DIGEST = "ab" * 32


@pytest.fixture(params=["run.jsonl", "run.jsonl.gz"])
def path(request, tmp_path):
    """Where a trace is written, plain or compressed."""
    return tmp_path / request.param


def test_what_is_written_is_read_again(path) -> None:
    write_trace(path, GENESIS, ACTIONS, DIGEST)
    read = read_trace(path)
    assert read.genesis == GENESIS
    assert read.actions == ACTIONS
    assert read.digest == DIGEST
    assert read.is_complete
    assert list(path.parent.iterdir()) == [path]


def test_equal_traces_are_equal_files(path) -> None:
    write_trace(path, GENESIS, ACTIONS, DIGEST)
    first = path.read_bytes()
    write_trace(path, GENESIS, ACTIONS, DIGEST)
    assert path.read_bytes() == first


def test_a_line_is_made_of_names_and_strings(tmp_path) -> None:
    write_trace(tmp_path / "run.jsonl", GENESIS, [TRADE, OPERATOR, BATCH], None)
    text = (tmp_path / "run.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[0]["genesis"]["markets"][0]["reporters"] == ["5", "6", "7"]
    assert lines[1] == {
        "to": "Exchange",
        "function": "trade",
        "sender": str(TRADER),
        "now": "1700000001",
        "arguments": {
            "holder": str(TRADER << 96),
            "market_id": "0",
            "size_delta": "-5",
            "limit": str(2**90),
        },
    }
    assert lines[2]["arguments"] == {"operator": str(OWNER), "is_allowed": True}
    assert lines[3]["arguments"] == {"holders": [str(TRADER << 96), str(2**255)]}
    assert lines[4] == {"calls": "3", "digest": None}


def test_a_run_that_is_interrupted_keeps_what_it_has(path) -> None:
    def interrupted():
        yield TRADE
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_trace(path, GENESIS, interrupted(), DIGEST)
    read = read_trace(path)
    assert read.actions == [TRADE]
    assert not read.is_complete
    assert read.digest is None


def test_the_genesis_expands_to_calls() -> None:
    names = [f"{action.to}.{action.function}" for action in SETUP]
    assert names == [
        "Governor.set_risk",
        "Governor.set_feed",
        "Governor.set_market",
        "Token.mint",
        "Token.approve",
    ]
    feed = SETUP[1].arguments
    assert feed[0] == 0
    assert feed[-MAX_REPORTERS:] == (5, 6, 7, 0, 0, 0, 0)
    assert SETUP[2].arguments == (0, *words_of(MARKET.params))
    assert SETUP[4].arguments == (77, 2**256 - 1)


def test_a_list_stands_behind_its_place_and_its_length() -> None:
    assert tuple(words_of([TRADER << 96, 2**255])) == BATCH.arguments


@pytest.mark.parametrize("action", ACTIONS)
def test_arguments_have_the_shape_of_the_entry_point(action) -> None:
    names = [name for name, _ in shape(action.to, action.function)]
    assert list(named_arguments(action)) == names


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (Action("Exchange", "nothing", 1, 1, ()), "no such entry point"),
        (Action("Nowhere", "trade", 1, 1, ()), "no such entry point"),
        (Action("Exchange", "require", 1, 1, ()), "no such entry point"),
        (Action("Exchange", "trade", 1, 1, (1, 2)), "too few arguments"),
        (Action("Exchange", "trade", 1, 1, (1, 2, 3, 4, 5)), "too many arguments"),
        (Action("Lens", "health_batch", 1, 1, (32, 2, 3)), "too few arguments"),
        (Action("Lens", "health_batch", 1, 1, (32, 0, 3)), "too many arguments"),
    ],
)
def test_a_call_of_nothing_is_refused(action, message) -> None:
    with pytest.raises(UnknownEntryPoint, match=message):
        named_arguments(action)


def test_records_in_a_list_stand_behind_its_place_and_their_number() -> None:
    legs = [Leg(1, -2, 3), Leg(-4, 5, 6)]
    words = words_of((77, NO_PORTFOLIO, legs))
    action = Action("Rules", "margined", 1, 2, tuple(words))
    assert action.arguments[11:] == (12 * 32, 2, 1, -2, 3, -4, 5, 6)
    line = json.loads(json.dumps(trace.action_line(action)))
    last = {"opened": "-4", "marked": "5", "shocks": "6"}
    assert line["arguments"]["legs"][1] == last
    assert trace.action_of(line) == action
    parameters = shape("Rules", "margined")
    assert assembled(parameters, action.arguments) == (77, NO_PORTFOLIO, legs)


def lines_written(path) -> list[bytes]:
    """The lines of a good trace of three."""
    write_trace(path, GENESIS, [TRADE], DIGEST)
    return path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("line", "text", "message"),
    [
        (1, b'{"format":"other"}\n', "not a trace"),
        (1, b"hello\n", "not a trace"),
        (1, b"\xff\xfe\n", "not a trace"),
        (1, b"[1]\n", "not a trace"),
        (1, b'{"format":"perpspec trace","genesis":{"version":"9"}}\n', "version 9"),
        (1, b'{"format":"perpspec trace","genesis":{"version":"4"}}\n', "not a gen"),
        (1, b'{"format":"perpspec trace"}\n', "version None"),
        (2, b'{"to":"Exchange","func', "cut off"),
        (2, b'{"to":"Exchange"}\n', "not a call"),
        (2, b"{}\n", "not a call"),
        (3, b"", "cut off"),
        (3, b'{"calls":"2","digest":null}\n', "speaks of 2 calls, there are 1"),
        (3, b'{"calls":"1"', "cut off"),
        (4, b"{}\n", "has ended before"),
    ],
)
def test_what_is_no_trace_is_named_by_its_line(tmp_path, line, text, message) -> None:
    path = tmp_path / "run.jsonl"
    lines = lines_written(path)
    path.write_bytes(b"".join([*lines[: line - 1], text]))
    with pytest.raises(TraceError, match=message) as found:
        read_trace(path)
    assert found.value.line == (line if text else line - 1)
    assert str(found.value).startswith(f"{path}:{found.value.line}: ")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"now":"1700000001"', b'"now":1700000001', "not a whole number"),
        (b'"size_delta":"-5"', b'"size_delta":"-5.0"', "not a whole number"),
        (b'"limit"', b'"limits"', "arguments holder"),
        (b'"trade"', b'"trader"', "no such entry point"),
        (b'"size_delta":"-5"', b'"size_delta":"-5%s"' % (b"0" * 77), "fits no word"),
        (b'"sender":"', b'"sender":"-', "sender: -[0-9]+ is no address"),
        (b'"sender":"', b'"sender":"9', "sender: [0-9]+ is no address"),
        (b'"now":"1700000001"', b'"now":"4294967296"', "no time from 1970 to 2106"),
        (b'"now":"1700000001"', b'"now":"-1"', "no time from 1970 to 2106"),
        (
            b'"now":"1700000001"',
            b'"now":"1699999999"',
            "time goes back from 1700000000 to 1699999999",
        ),
    ],
)
def test_a_call_that_was_edited_wrongly_is_named(tmp_path, old, new, message) -> None:
    path = tmp_path / "run.jsonl"
    text = b"".join(lines_written(path))
    assert text.count(old) == 1
    path.write_bytes(text.replace(old, new))
    with pytest.raises(TraceError, match=message) as found:
        read_trace(path)
    assert found.value.line == 2


def test_time_goes_back_after_no_call(tmp_path) -> None:
    path = tmp_path / "run.jsonl"
    write_trace(path, GENESIS, [TRADE, BATCH, BATCH, OPERATOR], DIGEST)
    with pytest.raises(TraceError, match="back from 1700000003 to 1700000002") as found:
        read_trace(path)
    assert found.value.line == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decimals": 19}, "decimals: refused with TooManyDecimals"),
        ({"decimals": -1}, "decimals: -1 is below zero"),
        ({"start": -1}, "start: -1 is no time"),
        ({"start": 2**32}, "start: 4294967296 is no time"),
        ({"owner": 2**160}, "owner: [0-9]+ is no address"),
        ({"actors": {"trader": -TRADER}}, "trader: -[0-9]+ is no address"),
        ({"actors": {"owner": OWNER}}, "balances: trader is no actor"),
        ({"balances": {"trader": 2**256}}, "fits no word"),
        ({"risk": replace(GENESIS.risk, reserve=2**256)}, "fits no word"),
        ({"markets": (replace(MARKET, reporters=(-5,)),)}, "a reporter of ETH: -5"),
        ({"markets": (replace(MARKET, reporters=(5,) * 8),)}, "more than 7 reporters"),
        ({"collateral": (TOKEN,) * 5}, "more than 4 tokens"),
        ({"collateral": (replace(TOKEN, decimals=-3),)}, "decimals: -3 is below zero"),
        ({"collateral": (replace(TOKEN, balances={"nobody": 1}),)}, "nobody is no a"),
    ],
)
def test_a_genesis_from_which_nothing_begins_is_named(path, changes, message) -> None:
    write_trace(path, replace(GENESIS, **changes), [], None)
    with pytest.raises(TraceError, match=f"not a genesis: .*{message}") as found:
        read_trace(path)
    assert found.value.line == 1


def test_a_compressed_trace_that_is_cut_is_named(tmp_path) -> None:
    path = tmp_path / "run.jsonl.gz"
    write_trace(path, GENESIS, ACTIONS, DIGEST)
    whole = path.read_bytes()
    for length in (len(whole) // 2, len(whole) - 4):
        path.write_bytes(whole[:length])
        with pytest.raises(TraceError, match="cut off or damaged"):
            read_trace(path)
    path.write_bytes(whole[: len(whole) // 2] + b"\0" * 50)
    with pytest.raises(TraceError, match="cut off or damaged"):
        read_trace(path)


def test_a_trace_is_read_by_what_it_holds_and_not_by_its_name(tmp_path) -> None:
    write_trace(tmp_path / "run.jsonl", GENESIS, [TRADE], DIGEST)
    zipped = tmp_path / "renamed"
    zipped.write_bytes(gzip.compress((tmp_path / "run.jsonl").read_bytes()))
    assert read_trace(zipped).actions == [TRADE]


def test_a_file_that_cannot_be_read_or_is_empty_is_named(tmp_path) -> None:
    """By itself: there is no line to name."""
    (tmp_path / "empty").write_bytes(b"")
    for name, message in (
        ("missing", "cannot be read: No such file"),
        ("empty", "not a trace: the file is empty"),
    ):
        path = tmp_path / name
        with pytest.raises(TraceError) as found:
            read_trace(path)
        assert str(found.value).startswith(f"{path}: {message}")
        assert found.value.line is None


def test_the_schema_beside_the_code_is_the_one_it_writes() -> None:
    assert trace.SCHEMA.read_text() == trace_schema()


def test_the_schema_accepts_every_line_and_no_other(tmp_path) -> None:
    schema = json.loads(trace_schema())
    lines = [json.loads(line) for line in lines_written(tmp_path / "run.jsonl")]
    assert all(is_valid(line, schema, schema) for line in lines)
    assert not is_valid(lines[1] | {"now": 5}, schema, schema)
    assert not is_valid({"to": "Exchange"}, schema, schema)


def is_valid(value, schema, root) -> bool:
    """Whether a value satisfies the part of JSON schema that ours is written in."""
    if "$ref" in schema:
        return is_valid(value, root["$defs"][schema["$ref"].split("/")[-1]], root)
    if "anyOf" in schema:
        return any(is_valid(value, each, root) for each in schema["anyOf"])
    if "const" in schema:
        return value == schema["const"]
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool}
    kinds["null"] = type(None)
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not isinstance(value, tuple(kinds[kind] for kind in wanted)):
        return False
    if isinstance(value, list):
        return all(is_valid(each, schema["items"], root) for each in value)
    if not isinstance(value, dict):
        return True
    known = schema.get("properties", {})
    if not set(schema.get("required", ())) <= value.keys():
        return False
    others = schema.get("additionalProperties")
    if others is False and not value.keys() <= known.keys():
        return False
    return all(
        is_valid(each, known.get(name, others), root) for name, each in value.items()
    )


def test_every_field_of_a_genesis_is_in_the_schema() -> None:
    definitions = json.loads(trace_schema())["$defs"]
    waiting = [Genesis]
    while waiting:
        record = waiting.pop()
        properties = definitions[record.__name__]["properties"]
        assert tuple(properties) == record.__struct_fields__
        hints = get_type_hints(record).values()
        inside = [
            get_args(each)[0] if get_origin(each) is tuple else each for each in hints
        ]
        waiting += [each for each in inside if hasattr(each, "__struct_fields__")]
