"""
The twins of `statement`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from protocol import statement
from protocol.account import MAX_MARKETS
from tests.twin.strategies import (
    ACCOUNTS,
    AMOUNTS,
    LEGS,
    LINES,
    MARGIN,
    MARKET,
    PARTS,
    POSITIONS,
    PRICES,
    RATIOS,
    RISK,
    SCALES,
    SIZES,
    STANDINGS,
    STATES,
    SUMS,
    TIMES,
    TOTALS,
    VALUES,
    later_prices,
    since,
)
from tests.twin.twins import Functions, refusals


@st.composite
def lines_later(draw: st.DrawFn) -> tuple[object, ...]:
    """What a line is made of, and a time that is not before the accrual."""
    state = draw(STATES)
    later = draw(since(state.funding.accrued_at))
    others = st.tuples(later_prices(state.funding, later), MARKET, TOTALS)
    return draw(POSITIONS), draw(AMOUNTS), state, *draw(others), later


# No price goes against nothing.
POSITION_SIZES = SIZES.filter(bool)
FUNCTIONS: Functions = {
    "totals": (ACCOUNTS, STANDINGS, RISK, TIMES),
    "status_of": (TOTALS, PARTS),
    "free_collateral": (ACCOUNTS, TOTALS, st.booleans()),
    "liquidation_price": (SIZES, PRICES, AMOUNTS, RATIOS, MARGIN, TOTALS),
    "room": (POSITION_SIZES, VALUES, RATIOS, PARTS, SUMS, TOTALS),
    "portfolio_price": (
        SIZES,
        PRICES,
        SCALES,
        MARGIN,
        SUMS,
        st.lists(LEGS, max_size=MAX_MARKETS),
        PARTS,
        TOTALS,
    ),
    "line": lines_later(),
    "statement": (
        ACCOUNTS,
        TOTALS,
        PARTS,
        st.booleans(),
        st.tuples(*[LINES] * MAX_MARKETS),
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(statement, name, FUNCTIONS[name])
    assert seen == set()
