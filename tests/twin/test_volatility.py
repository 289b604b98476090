"""
The twins of `volatility`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from protocol import volatility
from tests.twin.strategies import (
    MULTIPLIERS,
    PRICES,
    TIMES,
    VARIANCES,
    VOLATILE,
)
from tests.twin.twins import Functions, refusals

WAITS = TIMES.filter(bool)
FUNCTIONS: Functions = {
    "next_variance": (VARIANCES, PRICES.filter(bool), PRICES, WAITS, WAITS),
    "target": (VARIANCES, VOLATILE),
    "ramped": (MULTIPLIERS, MULTIPLIERS, TIMES | st.just(0), VOLATILE),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    assert refusals(volatility, name, FUNCTIONS[name]) == set()
