"""
The twins of `collateral`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import collateral, errors
from tests.twin.strategies import (
    COLLATERAL,
    OPEN,
    PARTS,
    POOLS,
    PRICES,
    WORDS,
    below,
    beside,
)
from tests.twin.twins import Functions, both, refusals

FUNCTIONS: Functions = {
    "packed_pool": (POOLS,),
    "unpacked_pool": (WORDS,),
    "asset": (below(120) | beside(2**120, 2**128), COLLATERAL),
    "grown_haircut": (OPEN, COLLATERAL),
    "worth": (OPEN, PRICES, PARTS),
    "sale_price": (OPEN, PRICES, PARTS),
}
REFUSALS = {"asset": {errors.ZERO_AMOUNT, errors.OUT_OF_BOUNDS}}
PACKED = {"pool": POOLS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(collateral, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())


@pytest.mark.parametrize("record", PACKED)
@given(data=st.data())
def test_what_was_packed_comes_out_again(record: str, data: st.DataObject) -> None:
    value = data.draw(PACKED[record])
    packed = both(collateral, f"packed_{record}", value)
    assert both(collateral, f"unpacked_{record}", packed) == value
