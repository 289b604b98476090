"""
The twins of `margin`, function by function.
"""

from __future__ import annotations

import pytest

from protocol import margin
from tests.twin.strategies import (
    MARGIN,
    MULTIPLIERS,
    OPEN,
    PRICES,
    RATIOS,
    SCALES,
    SIZES,
)
from tests.twin.twins import Functions, refusals

FUNCTIONS: Functions = {
    "size_ratio": (SIZES, SCALES, MARGIN),
    "open_interest_ratio": (OPEN, MARGIN),
    "scaled": (RATIOS, MULTIPLIERS),
    "notional": (SIZES, PRICES),
    "initial_margin": (SIZES, PRICES, RATIOS, OPEN, MULTIPLIERS, MARGIN),
    "maintenance_margin": (SIZES, PRICES, RATIOS, MARGIN),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(margin, name, FUNCTIONS[name])
    assert seen == set()
