"""
The twins of `share`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol import errors, share, sides
from tests.twin.strategies import (
    INDICES,
    MARKET,
    PAID,
    PRICES,
    SHARES,
    SIZES,
    STATES,
    VALUES,
    below,
    later_prices,
    since,
)
from tests.twin.twins import Functions, refusals


@st.composite
def liable_markets(draw: st.DrawFn) -> tuple[object, ...]:
    """A market with a scale of at least its skew, and a time since its accrual."""
    state, params = draw(STATES), draw(MARKET)
    least = sides.open_interest(state.book)
    scale = max(params.pricing.skew_scale, least)
    params = replace(params, pricing=replace(params.pricing, skew_scale=scale))
    later = draw(since(state.funding.accrued_at))
    return state, draw(later_prices(state.funding, later)), params, later


FUNCTIONS: Functions = {
    "side_profit": (SIZES, VALUES, PAID, PRICES, INDICES),
    "liability": liable_markets(),
    "shares_for": (below(120), SHARES, VALUES),
    "require_worth": (SHARES, VALUES | st.integers(-(2**90), 2**90)),
    "amount_for": (SHARES, SHARES, VALUES),
}


REFUSALS = {"require_worth": {errors.VAULT_UNDERWATER}}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(share, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())
