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


@st.composite
def refunds(draw: st.DrawFn) -> tuple[object, ...]:
    """A price, a skew, a side that is at least as heavy, and a scale."""
    skew, scale = draw(skewed())
    heavier = abs(skew) + draw(st.integers(0, 2**95 - 1 - abs(skew)) | st.just(0))
    return draw(PRICES), skew, heavier, scale


FUNCTIONS: Functions = {
    "execution_price": (PRICES, PRICES, PRICES, SIZES, PRICING),
    "fill_price": (PRICES, SIZES, SIZES, SCALES),
    # Of a skew beyond its scale nothing is said: no setter lets it come to that.
    "premium": st.builds(lambda price, skewed: (price, *skewed), PRICES, skewed()),
    "refund": refunds(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(pricing, name, FUNCTIONS[name])
    assert seen == set()
