"""
The twins of `insurance`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import insurance
from tests.twin.strategies import (
    INSURANCE,
    TIMES,
    WINDOWS,
    WORDS,
)
from tests.twin.twins import Functions, both, refusals

FUNCTIONS: Functions = {
    "packed_window": (WINDOWS,),
    "unpacked_window": (WORDS,),
    "current_window": (WINDOWS, INSURANCE, TIMES),
}
PACKED = {"window": WINDOWS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(insurance, name, FUNCTIONS[name])
    assert seen == set()


@pytest.mark.parametrize("record", PACKED)
@given(data=st.data())
def test_what_was_packed_comes_out_again(record: str, data: st.DataObject) -> None:
    value = data.draw(PACKED[record])
    packed = both(insurance, f"packed_{record}", value)
    assert both(insurance, f"unpacked_{record}", packed) == value
