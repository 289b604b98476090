"""
Where the chain keeps what a table of the model holds.

A storage variable stands at a slot that the compiler chose. An entry of a HashMap
stands at `keccak(slot ++ key)`, nested from left to right; an element of a list stands
as many records after its first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from eth_utils import keccak
from msgspec import Struct

from evm.words import LARGEST, WORD, flat, packed

if TYPE_CHECKING:
    from evm.compile import Contract
    from protocol.state import Table

Key = int | tuple[int, ...]
Steps = tuple[int, ...]
# A step toward an entry is through a HashMap, or along a list by a stride.
HASHED = 0


class UnknownSlot(Exception):
    """The compiler's layout has no such variable, or not in this shape."""


class Slots:
    """The slots of every table, from the layouts of the contracts."""

    def __init__(self, contracts: Mapping[str, Contract]) -> None:
        self.layouts = {name: each.layout for name, each in contracts.items()}
        self.places: dict[tuple[str, str], tuple[int, Steps]] = {}
        self.known: dict[tuple[str, str, Key], int] = {}

    def first(self, table: Table[Any, Any], key: Key) -> int:
        """The first slot of the record that `table` holds under `key`."""
        entry = table.contract, table.name, key
        slot = self.known.get(entry)
        if slot is None:
            slot = self.known[entry] = self.found(table, key)
        return slot

    def found(self, table: Table[Any, Any], key: Key) -> int:
        """The first slot of a record whose place nobody has asked for yet."""
        variable = table.contract, table.name
        place = self.places.get(variable)
        if place is None:
            place = self.places[variable] = self.place(table)
        slot, steps = place
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) != len(steps):
            name = ".".join(variable)
            raise UnknownSlot(f"{name}{list(keys)}: its keys are {len(steps)}")
        return entry_slot(slot, steps, keys)

    def place(self, table: Table[Any, Any]) -> tuple[int, Steps]:
        """The slot of a variable, and the step that each key takes from it."""
        if table.contract not in self.layouts:
            raise UnknownSlot(f"{table.contract}: no such contract")
        storage = self.layouts[table.contract].get("storage_layout", {})
        found = list(variables(storage, table.name))
        if len(found) != 1:
            raise UnknownSlot(
                f"{table.contract}.{table.name}: {len(found)} variables have this name"
            )
        size = len(table.pack(table.empty))
        return found[0]["slot"], strides(found[0]["type"], size)

    def words(self, table: Table[Any, Any], record: Any) -> list[int]:
        """The words with which the chain keeps `record`, first slot first."""
        return [word & LARGEST for word in table.pack(record)]

    def code(self, record: Any) -> bytes:
        """The code that is `record`: its words, as the ABI has them."""
        return packed(flat(record))

    def name(self, table: Table[Any, Any], key: Key) -> str:
        """The entry as a person writes it."""
        keys = key if isinstance(key, tuple) else (key,)
        shown = "".join(f"[{readable(each)}]" for each in keys)
        return f"{table.contract}.{table.name}{shown}"

    def word_name(self, table: Table[Any, Any], key: Key, index: int) -> str:
        """One word of an entry, and the fields that its words may hold."""
        name = self.name(table, key)
        record = table.empty
        if isinstance(record, Struct):
            fields = record.__struct_fields__
            if len(fields) == len(table.pack(record)):
                return f"{name}.{fields[index]}"
            return f"{name} word {index} of ({', '.join(fields)})"
        return name


def readable(key: int) -> str:
    """A small key in decimal, an address or an account id in hexadecimal."""
    return str(key) if key < 2**64 else hex(key)


def variables(layout: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Every variable of that name, in the contract or in a module of it."""
    for key, value in layout.items():
        if "slot" not in value:
            yield from variables(value, name)
        elif key == name:
            yield value


def strides(kind: str, size: int) -> Steps:
    """
    The step of each key into a variable of this type, whose records take `size` slots.

    >>> strides("HashMap[uint256, HashMap[uint256, Round]]", 2)
    (0, 0)
    >>> strides("HashMap[uint256, uint256[2][64]]", 2)
    (0, 2)
    """
    steps: list[int] = []
    while kind.startswith("HashMap["):
        steps.append(HASHED)
        kind = kind[len("HashMap[") : -1].partition(", ")[2]
    # The last dimension is the outermost; a record of several words may be a list too.
    dimensions = [int(each) for each in re.findall(r"\[(\d+)\]", kind)]
    inside = 1
    lists: list[int] = []
    for dimension in dimensions:
        lists.append(inside)
        inside *= dimension
    is_list_of_words = re.match(r"(u?int\d*|address|bool|bytes\d+)\b", kind) is not None
    if not is_list_of_words:
        lists = [size * stride for stride in lists]
    return (*steps, *(stride for stride in reversed(lists) if stride >= size))


def entry_slot(slot: int, steps: Steps, keys: tuple[int, ...]) -> int:
    """The slot of an entry, from the slot of its variable."""
    for step, key in zip(steps, keys, strict=True):
        if step == HASHED:
            slot = hashed_slot(slot, key)
        else:
            slot += key * step
    return slot


@lru_cache(maxsize=1_000_000)
def hashed_slot(slot: int, key: int) -> int:
    """Where Vyper keeps the entry `key` of the HashMap at `slot`."""
    place = slot.to_bytes(WORD, "big") + (key & LARGEST).to_bytes(WORD, "big")
    return int.from_bytes(keccak(place), "big")
