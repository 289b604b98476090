"""
The twins of `order`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import errors, order
from protocol.order import Order
from tests.twin.strategies import ORDERS, PRICES, ROUNDS, SIZES, WORDS
from tests.twin.twins import Functions, both, refusals

FUNCTIONS: Functions = {
    "packed_order": (ORDERS,),
    "unpacked_order": (st.tuples(WORDS, WORDS),),
    "require_first": (ORDERS, ROUNDS, ROUNDS),
    "is_crossed": (ORDERS, PRICES),
    "require_limit": (SIZES | PRICES,),
}
REFUSALS = {
    "require_first": {errors.ROUND_TOO_EARLY, errors.ROUND_TOO_LATE},
    "require_limit": {errors.OUT_OF_BOUNDS},
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    assert refusals(order, name, FUNCTIONS[name]) == REFUSALS.get(name, set())


@given(ORDERS)
def test_what_was_packed_comes_out_again(kept: Order) -> None:
    packed = both(order, "packed_order", kept)
    assert both(order, "unpacked_order", packed) == kept
