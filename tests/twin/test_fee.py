"""
The twins of `fee`, function by function.
"""

from __future__ import annotations

import pytest

from protocol import fee
from tests.twin.strategies import (
    FEES,
    OPEN,
    PARTS,
    PRICES,
    SIZES,
)
from tests.twin.twins import Functions, refusals

FUNCTIONS: Functions = {
    "trade_fee": (PRICES, SIZES, SIZES, FEES),
    "fee_on": (OPEN, PRICES, PARTS),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(fee, name, FUNCTIONS[name])
    assert seen == set()
