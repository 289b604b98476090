"""
What the model says of a call, in the bytes in which a chain says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from eth_utils import keccak
from msgspec import Struct
from msgspec.structs import astuple

from evm.chain import Log
from evm.words import LARGEST, WORD, flat, output, packed, selector
from protocol import errors
from protocol.model import EMITTERS

if TYPE_CHECKING:
    from evm.compile import Contract
    from protocol.model import Outcome


# The errors of the protocol by what a call that they refused reverts with.
ERRORS: dict[bytes, str] = {
    selector(f"{error}()"): error
    for name, error in vars(errors).items()
    if name.isupper()
}


# How the type of a field is written that is the name of an error.
ERROR = "str"


class Predicted(NamedTuple):
    """What a call has to do on the chain."""

    succeeded: bool
    output: bytes
    logs: list[Log]


class EventLayout(NamedTuple):
    """Where the fields of an event go."""

    address: int
    signature: bytes
    indexed: tuple[int, ...]
    plain: tuple[int, ...]


class Encoder:
    """Encodes outcomes for the contracts at these addresses."""

    def __init__(
        self, contracts: Mapping[str, Contract], addresses: Mapping[str, int]
    ) -> None:
        self.events = {
            (name, entry["name"]): event_layout(entry, addresses[name])
            for name, contract in contracts.items()
            for entry in contract.abi
            if entry["type"] == "event"
        }

    def predicted(self, outcome: Outcome) -> Predicted:
        """What the chain has to answer, if the model is right."""
        if outcome.error is not None:
            return Predicted(False, selector(f"{outcome.error}()"), [])
        logs = [self.log(contract, event) for contract, event in outcome.logs]
        return Predicted(True, output(outcome.returned), logs)

    def log(self, contract: str, event: Struct) -> Log:
        """An event as it stands in a receipt."""
        address, signature, indexed, plain = self.events[contract, type(event).__name__]
        values = astuple(event)
        topics = [(values[index] & LARGEST).to_bytes(WORD, "big") for index in indexed]
        data = packed(flat([values[index] for index in plain]))
        return address, (signature, *topics), data


class Decoder:
    """Reads the logs of the contracts at these addresses."""

    def __init__(
        self, contracts: Mapping[str, Contract], addresses: Mapping[str, int]
    ) -> None:
        self.events = {}
        self.signatures: dict[type[Struct], bytes] = {}
        for record, name in EMITTERS.items():
            if name not in addresses:
                continue
            entry = next(
                each
                for each in contracts[name].abi
                if each["type"] == "event" and each["name"] == record.__name__
            )
            layout = event_layout(entry, addresses[name])
            kinds = [
                ERROR if record.__annotations__[name] == ERROR else field["type"]
                for name, field in zip(
                    record.__struct_fields__, entry["inputs"], strict=True
                )
            ]
            self.events[layout.address, layout.signature] = record, layout, kinds
            self.signatures[record] = layout.signature

    def topic(self, record: type[Struct]) -> str:
        """The first topic of the logs of an event."""
        return "0x" + self.signatures[record].hex()

    def event(self, log: Log) -> Struct | None:
        """The event that a log is; None where the protocol has none like it."""
        address, topics, data = log
        found = self.events.get((address, topics[0])) if topics else None
        if found is None:
            return None
        record, layout, kinds = found
        plain = [data[start : start + WORD] for start in range(0, len(data), WORD)]
        words = {
            **dict(zip(layout.indexed, topics[1:], strict=True)),
            **dict(zip(layout.plain, plain, strict=True)),
        }
        return record(
            *(value_of(kind, words[place]) for place, kind in enumerate(kinds))
        )


def value_of(kind: str, word: bytes) -> int | bool | str:
    """The value of a type that a word is."""
    if kind == ERROR:
        return ERRORS.get(word[-4:], "")
    number = int.from_bytes(word, "big", signed=kind.startswith("int"))
    return bool(number) if kind == "bool" else number


def event_layout(entry: Mapping[str, Any], address: int) -> EventLayout:
    """Where the fields of the event with this ABI entry go."""
    types = ",".join(abi_type(field) for field in entry["inputs"])
    places = list(enumerate(entry["inputs"]))
    return EventLayout(
        address,
        bytes(keccak(text=f"{entry['name']}({types})")),
        tuple(index for index, field in places if field["indexed"]),
        tuple(index for index, field in places if not field["indexed"]),
    )


def abi_type(field: Mapping[str, Any]) -> str:
    """A type as a signature has it: a record is the list of its fields."""
    kind: str = field["type"]
    if not kind.startswith("tuple"):
        return kind
    inside = ",".join(abi_type(each) for each in field["components"])
    return f"({inside}){kind.removeprefix('tuple')}"
