"""
The twins of `portfolio`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from protocol import portfolio
from protocol.portfolio import STRESSES
from tests.twin.strategies import (
    AMOUNTS,
    FEED_PRICES,
    LOSSES,
    MARGIN,
    MULTIPLIERS,
    OPEN,
    PARTS,
    SCALES,
    SIZES,
    SUMS,
    WORDS,
    signed,
)
from tests.twin.twins import Functions, refusals

FUNCTIONS: Functions = {
    "shock": (WORDS, st.integers(0, STRESSES - 1)),
    "stressed": (LOSSES, signed(200), signed(200), WORDS),
    "added_ratio": (SIZES, SCALES, MARGIN),
    "joined": (SUMS, SIZES, FEED_PRICES, OPEN, SCALES, MARGIN),
    "covered": (LOSSES, st.sampled_from([0, STRESSES]), AMOUNTS, MULTIPLIERS, PARTS),
    "requirement": (SUMS, PARTS),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(portfolio, name, FUNCTIONS[name])
    assert seen == set()
