"""
The twins of `trading`, function by function.
"""

from __future__ import annotations

import pytest

from protocol import errors, trading
from tests.twin.strategies import (
    BOOKS,
    LIMITS,
    PARTS,
    PRICES,
    SIZES,
    STANDINGS,
    TRUTHS,
    below,
)
from tests.twin.twins import Functions, refusals

FUNCTIONS: Functions = {
    "require_within_limits": (SIZES, BOOKS, TRUTHS, PRICES, LIMITS),
    "require_margin": (STANDINGS, STANDINGS, TRUTHS, below(120), PARTS),
}
REFUSALS = {
    "require_within_limits": {errors.SKEW_TOO_LARGE, errors.OPEN_INTEREST_TOO_LARGE},
    "require_margin": {
        errors.BELOW_INITIAL_MARGIN,
        errors.EQUITY_NEGATIVE,
        errors.RISK_NOT_REDUCED,
    },
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(trading, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())
