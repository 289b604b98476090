"""
The twins of `portfolio`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from protocol import portfolio
from protocol.account import MAX_MARKETS
from protocol.portfolio import STRESSES
from tests.twin.strategies import (
    AMOUNTS,
    FEED_PRICES,
    LEGS,
    LOSSES,
    MARGIN,
    MULTIPLIERS,
    OPEN,
    PARTS,
    SCALES,
    SIZES,
    SUMS,
    WORDS,
    below,
)
from tests.twin.twins import Functions, refusals

FUNCTIONS: Functions = {
    "shock": (WORDS, st.integers(0, STRESSES - 1)),
    "leg": (SIZES, FEED_PRICES, WORDS),
    "worst": (st.lists(LEGS, max_size=MAX_MARKETS),),
    "added_ratio": (SIZES, SCALES, MARGIN),
    "joined": (SUMS, LEGS, SIZES, FEED_PRICES, OPEN, SCALES, MARGIN),
    "covered": (below(210), AMOUNTS, MULTIPLIERS, PARTS),
    "requirement": (SUMS, LOSSES, PARTS),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(portfolio, name, FUNCTIONS[name])
    assert seen == set()
