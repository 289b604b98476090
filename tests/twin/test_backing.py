"""
The twins of `backing`, function by function.
"""

from __future__ import annotations

import pytest

from protocol import backing
from tests.twin.strategies import (
    COLLATERAL,
    FEED_PRICES,
    FUNDINGS,
    MARGIN,
    OPEN,
    PARTS,
    POSITIONS,
    SCALES,
    STANDINGS,
)
from tests.twin.twins import Functions, refusals

FUNCTIONS: Functions = {
    "combined": (STANDINGS, STANDINGS),
    "strict_equity": (STANDINGS, PARTS),
    "valued": (POSITIONS, FEED_PRICES, FUNDINGS),
    "exposure": (POSITIONS, FEED_PRICES, FUNDINGS, OPEN, SCALES, MARGIN),
    "token_worth": (OPEN, OPEN, FEED_PRICES, COLLATERAL),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(backing, name, FUNCTIONS[name])
    assert seen == set()
