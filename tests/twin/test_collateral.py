"""
The twins of `collateral`, function by function.
"""

from __future__ import annotations

import pytest

from protocol import collateral, errors
from tests.twin.strategies import (
    COLLATERAL,
    OPEN,
    PARTS,
    PRICES,
    below,
    beside,
)
from tests.twin.twins import Functions, refusals

FUNCTIONS: Functions = {
    "asset": (below(120) | beside(2**120, 2**128), COLLATERAL),
    "grown_haircut": (OPEN, COLLATERAL),
    "worth": (OPEN, PRICES, PARTS),
    "sale_price": (OPEN, PRICES, PARTS),
}
REFUSALS = {"asset": {errors.ZERO_AMOUNT, errors.OUT_OF_BOUNDS}}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(collateral, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())
