"""
The twins of `statement`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from protocol import errors, statement
from protocol.account import MAX_MARKETS
from tests.twin.strategies import (
    ACCOUNTS,
    AMOUNTS,
    FEED_PRICES,
    LINES,
    MARGIN,
    MARKET,
    POSITIONS,
    PRICES,
    RISK,
    SCALES,
    SIZES,
    STANDINGS,
    STATES,
    TIMES,
    TOTALS,
)
from tests.twin.twins import Functions, refusals

FUNCTIONS: Functions = {
    "totals": (ACCOUNTS, STANDINGS, RISK),
    "status_of": (TOTALS,),
    "free_collateral": (ACCOUNTS, TOTALS),
    "liquidation_price": (SIZES, PRICES, AMOUNTS, SCALES, MARGIN, TOTALS),
    "line": (POSITIONS, AMOUNTS, STATES, FEED_PRICES, MARKET, TOTALS, TIMES),
    "statement": (ACCOUNTS, TOTALS, st.tuples(*[LINES] * MAX_MARKETS)),
}
REFUSALS = {"line": {errors.FUNDING_TIME_REVERSED}}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(statement, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())
