"""
The twins of `pricing`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from protocol import pricing
from tests.twin.strategies import (
    PRICES,
    PRICING,
    SCALES,
    SIZES,
    skewed,
)
from tests.twin.twins import Functions, refusals

FUNCTIONS: Functions = {
    "execution_price": (PRICES, PRICES, PRICES, SIZES, PRICING),
    "fill_price": (PRICES, SIZES, SIZES, SCALES),
    # Of a skew beyond its scale nothing is said: no setter lets it come to that.
    "premium": st.builds(lambda price, skewed: (price, *skewed), PRICES, skewed()),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(pricing, name, FUNCTIONS[name])
    assert seen == set()
