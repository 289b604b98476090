"""
The twins of `parameters`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from protocol import errors, parameters
from protocol.parameters import ACTIVE, SETTLED, Interim
from tests.twin.strategies import FEED_PRICES, LIMITS, MARKET, RAMPS, TIMES, since
from tests.twin.twins import Functions, refusals


@st.composite
def prices_in_time(draw: st.DrawFn) -> tuple[object, ...]:
    """A price, limits on it, and a time that is not before it."""
    price = draw(FEED_PRICES)
    return price, draw(LIMITS), draw(since(price.published_at))


INTERIMS = st.builds(Interim, TIMES, TIMES, RAMPS)
FUNCTIONS: Functions = {
    "mode_in_force": (st.integers(ACTIVE, SETTLED), INTERIMS, TIMES),
    "has_same_margins": (MARKET, MARKET),
    "require_unsettled": (LIMITS,),
    "require_valid": prices_in_time(),
    "is_valid": prices_in_time(),
}
REFUSALS = {
    "require_unsettled": {errors.MARKET_SETTLED},
    "require_valid": {
        errors.MARKET_HALTED,
        errors.PRICE_INVALID,
        errors.PRICE_STALE,
        errors.PRICE_UNCERTAIN,
        errors.PRICE_TRIPPED,
    },
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(parameters, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())
