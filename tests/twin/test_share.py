"""
The twins of `share`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol import share, sides
from protocol.share import Liability, Nav
from tests.twin.strategies import (
    AMOUNTS,
    MARKET,
    SHARES,
    STATES,
    TIMES,
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
    later = draw(since(max(state.funding.accrued_at, state.spent.spent_at)))
    price = draw(later_prices(state.funding, later))
    return state, price, params, draw(VALUES), draw(st.booleans()), later


LIABILITIES = st.builds(Liability, VALUES, VALUES, AMOUNTS, st.booleans())
NAVS = st.builds(Nav, VALUES, VALUES, AMOUNTS, TIMES, st.booleans(), st.booleans())
FUNCTIONS: Functions = {
    "liability": liable_markets(),
    "priced": (NAVS, TIMES, st.booleans()),
    "charged": (NAVS, LIABILITIES),
    "shares_for": (below(120), SHARES, VALUES),
    "is_saleable": (SHARES, VALUES | st.integers(-(2**90), 2**90)),
    "most_amount": (SHARES, VALUES),
    "amount_for": (SHARES, SHARES, VALUES),
    "most_shares": (VALUES, SHARES, VALUES),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(share, name, FUNCTIONS[name])
    assert seen == set()


@given(supply=SHARES, nav=VALUES)
def test_the_most_that_can_be_paid_leaves_room_for_no_share_more(supply, nav) -> None:
    most = share.most_amount(supply, nav)
    room = share.MOST_SUPPLY - supply
    assert share.shares_for(most, supply, nav) <= room
    assert share.shares_for(most + 1, supply, nav) > room


@given(amount=below(120), supply=SHARES, nav=VALUES)
def test_the_most_shares_redeem_an_amount_and_one_more_does_not(amount, supply, nav):
    most = share.most_shares(amount, supply, nav)
    assert share.amount_for(most, supply, nav) <= amount
    assert share.amount_for(most + 1, supply, nav) > amount
