"""
Where tables lie on the chain, against what the chain keeps there.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from msgspec import Struct
from msgspec.structs import astuple

from evm.chain import connect, predicted_addresses
from evm.slots import Slots, UnknownSlot, strides
from evm.words import create_address, packed
from tests.evm.conftest import GENESIS, OWNER, START


class Position(Struct, frozen=True):
    """As the contract keeps it."""

    size: int
    quote: int


class Round(Struct, frozen=True):
    """A record of which the model has more fields than the chain has words."""

    number: int
    published_at: int
    index: int


def one_word(value):
    """How a number that stands alone is kept."""
    return (value,)


def table(name, empty, pack=astuple):
    """What `Slots` looks at in a table."""
    return SimpleNamespace(name=name, contract="Book", empty=empty, pack=pack)


TOTAL = table("total", 0, one_word)
POSITIONS = table("positions", Position(0, 0))
ROUNDS = table("rounds", Round(0, 0, 0), lambda each: astuple(each)[:2])
CODE = create_address(predicted_addresses(["Book"])["Book"], 1)
RING = table("ring", Position(0, 0))
PARAMS = table("params", 0, one_word)


@pytest.fixture
def revm(book):
    """A chain on which each variable was written once."""
    chain = connect("revm", book)
    chain.deploy(GENESIS)
    chain.call("Book", "write", OWNER, START, [7, 5, -3])
    chain.call("Book", "write_code", OWNER, START, [7, 5, -6])
    return chain


@pytest.mark.parametrize(
    ("tabled", "key", "record"),
    [
        (TOTAL, (), -3),
        (POSITIONS, (7, 5), Position(-3, 3)),
        (ROUNDS, (7, 1), Round(1, START, 99)),
        (RING, 2, Position(-3, 1)),
        (PARAMS, 7, CODE),
        (POSITIONS, (7, 6), Position(0, 0)),
        (PARAMS, 8, 0),
    ],
)
def test_words_are_where_the_chain_keeps_them(revm, tabled, key, record) -> None:
    slots = Slots(revm.contracts)
    first = slots.first(tabled, key)
    for index, word in enumerate(slots.words(tabled, record)):
        assert revm.storage(revm.addresses["Book"], first + index) == word


def test_a_record_in_code_is_its_words_at_a_predicted_address(revm) -> None:
    code = Slots(revm.contracts).code(Position(5, -6))
    assert revm.code(CODE) == code == packed([5, -6])


def test_a_word_is_named_as_a_person_would(revm) -> None:
    slots = Slots(revm.contracts)
    holder = OWNER << 96 | 3
    name = slots.word_name(POSITIONS, (holder, 0), 1)
    assert name == f"Book.positions[{holder:#x}][0].quote"
    assert slots.word_name(TOTAL, (), 0) == "Book.total"
    fields = "word 1 of (number, published_at, index)"
    assert slots.word_name(ROUNDS, (0, 1), 1) == f"Book.rounds[0][1] {fields}"


def test_what_the_layout_does_not_have_is_refused(revm) -> None:
    slots = Slots(revm.contracts)
    with pytest.raises(UnknownSlot, match=r"Book\.nothing: 0 variables"):
        slots.first(table("nothing", 0, lambda each: (each,)), ())
    with pytest.raises(UnknownSlot, match="its keys are 2"):
        slots.first(POSITIONS, 7)
    with pytest.raises(UnknownSlot, match="no such contract"):
        slots.first(SimpleNamespace(name="total", contract="Missing"), ())


@pytest.mark.parametrize(
    ("kind", "size", "steps"),
    [
        ("uint256", 1, ()),
        ("uint256[2]", 2, ()),
        ("HashMap[uint256, uint256]", 1, (0,)),
        ("HashMap[uint256, HashMap[bool, int256]]", 1, (0, 0)),
        ("HashMap[uint256, HashMap[uint256, uint256[2]]]", 2, (0, 0)),
        ("HashMap[uint256, uint256[2][64]]", 2, (0, 2)),
        ("HashMap[address, Round[64]]", 3, (0, 3)),
        ("uint256[5]", 1, (1,)),
        ("Round[4][8]", 3, (12, 3)),
    ],
)
def test_each_key_is_a_step_of_its_own(kind, size, steps) -> None:
    assert strides(kind, size) == steps
