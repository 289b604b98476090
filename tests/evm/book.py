"""
The small contract of these tests, in Python: a model for lockstep to hold it against.
"""

from __future__ import annotations

from types import SimpleNamespace

from msgspec import Struct
from msgspec.structs import astuple

from evm.chain import predicted_addresses
from evm.words import create_address
from protocol.trace import Action
from tests.evm.conftest import OWNER


class Position(Struct, frozen=True):
    size: int
    quote: int


class Pair(Struct, frozen=True):
    first: int
    second: int


class Written(Struct, frozen=True):
    key: int
    writer: int
    size: int
    written_at: int


ADDRESS = predicted_addresses(["Book"])["Book"]


def one_word(value):
    """How a number that stands alone is kept."""
    return (value,)


class Kept(dict):
    """What lockstep asks of a table."""

    contract = "Book"

    def __init__(self, name, empty, pack=astuple, is_code=False) -> None:
        super().__init__()
        self.name, self.empty, self.pack, self.is_code = name, empty, pack, is_code

    def __missing__(self, key):
        return self.empty

    __hash__ = object.__hash__


class BookModel:
    """The contract, rewritten: what it does is what the tests let differ."""

    def __init__(self) -> None:
        self.total = Kept("total", 0, one_word)
        self.positions = Kept("positions", Position(0, 0))
        self.rounds = Kept("rounds", Pair(0, 0))
        self.ring = Kept("ring", Position(0, 0))
        self.params = Kept("params", 0, one_word)
        self.codes = Kept("codes", None, is_code=True)
        self.state = SimpleNamespace(
            tables=lambda: [
                each for each in vars(self).values() if isinstance(each, Kept)
            ]
        )

    def apply(self, action: Action):
        """What the call does: the outcome as the real model gives it."""
        before = {id(table): dict(table) for table in self.state.tables()}
        self.logs: list = []
        error = returned = None
        try:
            returned = getattr(self, action.function)(action, *action.arguments)
        except ValueError as refusal:
            error = str(refusal)
        writes = {
            (table, key): record
            for table in self.state.tables()
            for key, record in table.items()
            if before[id(table)].get(key) != record
        }
        return SimpleNamespace(
            error=error, returned=returned, logs=self.logs, writes=writes
        )

    def write(self, call, key, inner, size):
        if size >= 100:
            raise ValueError("TooLarge")
        self.total[()] += size
        self.positions[key, inner] = Position(size, -size)
        self.rounds[key, inner % 4] = Pair(1, call.now)
        self.ring[inner % 3] = Position(size, 1)
        self.logs.append(("Book", Written(key, call.sender, size, call.now)))
        return self.total[()]

    def write_code(self, call, key, first, second):
        self.params[key] = create_address(ADDRESS, len(self.codes) + 1)
        self.codes[self.params[key]] = Pair(first, second)

    def overflow(self, call, x):
        self.total[()] = 77
        return x + 1

    def position(self, call, key, inner):
        if inner >= 1000:
            raise ValueError("TooLarge")
        return self.positions[key, inner]

    def time(self, call):
        return call.now

    def identity(self, call):
        return OWNER, 6
