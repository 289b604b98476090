"""
The twins of `governance`, function by function.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol import errors, governance
from protocol.expiry import ExpiryParams
from protocol.fixed_point import WAD
from protocol.funding import DAY, FundingParams
from tests.genesis import COLLATERAL, FEED, MARKET, RISK
from tests.twin.strategies import (
    EXPIRIES,
    FEED_PRICES,
    FUNDING,
    MARGIN,
    PORTFOLIOS,
    PRICES,
    TIMES,
    WARNED,
    WORD,
    altered,
    below,
    beside,
    signed,
)
from tests.twin.strategies import FEED as FEEDS
from tests.twin.twins import Functions, refusals

# Where a law may end.
EDGES = (
    0,
    1,
    3,
    7,
    WAD // 4,
    WAD // 2,
    WAD,
    2 * WAD,
    30 * DAY,
    2**32,
    2**60,
    2**95,
    2**120,
)
# So much open interest that its value at the highest price is a law of its own.
LARGE = replace(
    MARKET,
    pricing=replace(MARKET.pricing, skew_scale=2**94),
    limits=replace(MARKET.limits, max_open_interest=2**90),
)
MARKETS = altered(MARKET, EDGES) | altered(LARGE, EDGES)
# No law looks at the address of a token.
TOKENS = (
    altered(COLLATERAL[0].params, EDGES)
    | altered(replace(COLLATERAL[0].params, cap=2**94), EDGES)
).map(lambda each: replace(each, token=1))
UNSIGNED = st.integers(0, WORD) | beside(1, 30 * DAY, 2**32)
# A few seats are vacant, most often those behind the reporters.
# And one may be named twice.
REPORTERS = [
    *[st.sampled_from([seat] * 8 + [1, 0]) for seat in (1, 2, 3)],
    *[st.sampled_from([0] * 8 + [1, seat]) for seat in (4, 5, 6, 7)],
]
SMALL = st.sampled_from([0, WAD, 500 * WAD]) | below(95)
LIMIT_LAWS = {
    errors.OPEN_INTEREST_ABOVE_SCALE,
    errors.OPEN_INTEREST_ABOVE_VALUE,
    errors.PARAMETER_OUT_OF_BOUNDS,
    errors.SKEW_SCALE_TOO_SMALL,
}


@st.composite
def changes(draw: st.DrawFn) -> tuple[Any, ...]:
    """The parameters of a market, and others of which a few differ."""
    before = draw(MARKETS)
    return before, draw(altered(before, EDGES))


FUNCTIONS: Functions = {
    "require_between": (signed(255), signed(255), signed(255)),
    "require_duration": (UNSIGNED,),
    "require_wait": (UNSIGNED,),
    "require_lawful_feed": (altered(FEED, EDGES), st.tuples(*REPORTERS)),
    "require_lawful_market": (MARKETS, SMALL, SMALL),
    "require_lawful_limits": (MARKETS, SMALL, SMALL),
    "require_lawful_rates": (MARKETS,),
    "require_lawful_margin": (MARKETS,),
    "closing_cost": (MARKETS,),
    "require_lawful_shocks": (MARGIN,),
    "require_lawful_floor": (MARKETS, PORTFOLIOS),
    "require_lawful_payouts": (MARKETS,),
    "require_lawful_deleveraging": (MARKETS,),
    "require_rested": (TIMES, TIMES),
    "require_lawful_expiry": (
        EXPIRIES
        | altered(ExpiryParams(10**9, 30, 60), (*EDGES, 1_000))
        | altered(ExpiryParams(0, 0, 0), (1,)),
    ),
    "require_same_expiry": st.tuples(EXPIRIES, EXPIRIES)
    | EXPIRIES.map(lambda same: (same, same)),
    "require_lawful_future": (EXPIRIES, FUNDING | st.just(FundingParams(0, 0, 0))),
    "require_silent": (FEED_PRICES, TIMES),
    "require_ended": (FEED_PRICES, FEEDS, TIMES),
    "tightest": (MARKETS, MARKETS),
    "require_tighter": changes(),
    "require_lawful_risk": (altered(RISK, EDGES),),
    "require_lawful_call": (MARGIN, WARNED),
    "require_lawful_collateral": (TOKENS, SMALL, PRICES),
    "require_lawful_cap": (PRICES, PRICES),
}
REFUSALS = {
    "require_between": {errors.PARAMETER_OUT_OF_BOUNDS},
    "require_duration": {errors.PARAMETER_OUT_OF_BOUNDS},
    "require_wait": {errors.PARAMETER_OUT_OF_BOUNDS},
    "require_lawful_feed": {
        errors.BAD_QUORUM,
        errors.BAD_REPORTERS,
        errors.PARAMETER_OUT_OF_BOUNDS,
    },
    "require_lawful_limits": LIMIT_LAWS,
    "require_lawful_market": LIMIT_LAWS
    | {errors.CLOSING_COSTS_TOO_MUCH, errors.SHOCKS_TOO_SMALL},
    "require_lawful_rates": {errors.PARAMETER_OUT_OF_BOUNDS},
    "require_lawful_margin": {
        errors.CLOSING_COSTS_TOO_MUCH,
        errors.DENOMINATOR_NOT_POSITIVE,
        errors.PARAMETER_OUT_OF_BOUNDS,
    },
    "closing_cost": {errors.DENOMINATOR_NOT_POSITIVE},
    "require_lawful_shocks": {
        errors.PARAMETER_OUT_OF_BOUNDS,
        errors.SHOCKS_TOO_SMALL,
    },
    "require_lawful_floor": {errors.DENOMINATOR_NOT_POSITIVE, errors.FLOOR_TOO_LOW},
    "require_lawful_payouts": {errors.PARAMETER_OUT_OF_BOUNDS},
    "require_lawful_deleveraging": {errors.PARAMETER_OUT_OF_BOUNDS},
    "require_rested": {errors.PAUSED_LATELY},
    "require_lawful_expiry": {errors.PARAMETER_OUT_OF_BOUNDS},
    "require_same_expiry": {errors.EXPIRY_FIXED},
    "require_lawful_future": {errors.FUTURE_HAS_FUNDING},
    "require_silent": {errors.MARKET_HAS_PRICES},
    "require_ended": {errors.MARKET_HAS_PRICES},
    "require_tighter": {errors.NOT_TIGHTER},
    "require_lawful_risk": {errors.PARAMETER_OUT_OF_BOUNDS},
    "require_lawful_call": {errors.CALL_ABOVE_INITIAL},
    "require_lawful_collateral": {
        errors.CAP_BELOW_TOTAL,
        errors.COLLATERAL_ABOVE_VALUE,
        errors.PARAMETER_OUT_OF_BOUNDS,
    },
    "require_lawful_cap": {errors.COLLATERAL_ABOVE_VALUE},
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(governance, name, FUNCTIONS[name], examples=400)
    assert seen == REFUSALS.get(name, set())
