"""
The twins of `position`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import position
from tests.twin.strategies import (
    INDICES,
    POSITIONS,
    PRICES,
    SIZES,
    WORDS,
)
from tests.twin.twins import Functions, both, refusals

FUNCTIONS: Functions = {
    "packed_position": (POSITIONS,),
    "unpacked_position": (st.tuples(WORDS, WORDS),),
    "traded": (POSITIONS, SIZES, PRICES, INDICES),
    "profit": (POSITIONS, PRICES, INDICES),
    "is_reduced": (SIZES, SIZES),
}
PACKED = {"position": POSITIONS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(position, name, FUNCTIONS[name])
    assert seen == set()


@pytest.mark.parametrize("record", PACKED)
@given(data=st.data())
def test_what_was_packed_comes_out_again(record: str, data: st.DataObject) -> None:
    value = data.draw(PACKED[record])
    packed = both(position, f"packed_{record}", value)
    assert both(position, f"unpacked_{record}", packed) == value
