"""
The twins of `sides`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol import errors, sides
from protocol.sides import Book
from tests.twin.strategies import (
    BOOKS,
    BORROWING,
    FUNDING,
    FUNDINGS,
    INDICES,
    LIMITS,
    PAID,
    PRICES,
    SCALES,
    SIZES,
    STATES,
    VALUES,
    WORDS,
    later_prices,
    since,
)
from tests.twin.twins import Functions, both, refusals


@st.composite
def increases(draw: st.DrawFn) -> tuple[object, ...]:
    """A trade beside the limit of its market, or anywhere."""
    book, limits, index = draw(BOOKS), draw(LIMITS), draw(PRICES)
    size_before, size = draw(SIZES), draw(SIZES)
    after = sides.traded(book, size_before, size)
    edge = draw(st.integers(-1, 1))
    side = max(0, after.long_size if size > 0 else -after.short_size)
    if draw(st.booleans()):
        limits = replace(limits, max_skew=max(0, abs(sides.skew(after)) + edge))
    if draw(st.booleans()):
        limits = replace(limits, max_open_interest=max(0, side + edge))
    if draw(st.booleans()):
        limits = replace(limits, max_open_interest_value=2**120 - 1)
    return book, size_before, size, index, limits


@st.composite
def projected_later(draw: st.DrawFn) -> tuple[object, ...]:
    """The funding of a market, and what there is some time after its accrual."""
    last = draw(FUNDINGS)
    now = draw(since(last.accrued_at))
    price = draw(later_prices(last, now))
    return last, draw(BOOKS), price, draw(SCALES), draw(FUNDING), now


@st.composite
def ended(draw: st.DrawFn) -> tuple[object, ...]:
    """A market whose sides are within its scale."""
    scale = draw(SCALES)
    within = st.sampled_from([0, scale]) | st.integers(0, scale)
    return draw(FUNDINGS), Book(draw(within), -draw(within)), draw(PRICES), scale


FUNCTIONS: Functions = {
    "packed_book": (BOOKS,),
    "unpacked_book": (WORDS,),
    "skew": (BOOKS,),
    "open_interest": (BOOKS,),
    "traded": (BOOKS, SIZES, SIZES),
    "require_within_limits": increases(),
    "projected": projected_later(),
    "refunded": ended(),
    "lent": (FUNDINGS, BOOKS, PRICES, VALUES, BORROWING),
    "side_profit": (SIZES, VALUES, PAID, PRICES, INDICES),
    "profits": (STATES, PRICES, FUNDINGS),
}
REFUSALS = {
    "require_within_limits": {errors.SKEW_TOO_LARGE, errors.OPEN_INTEREST_TOO_LARGE}
}
PACKED = {"book": BOOKS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(sides, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())


@pytest.mark.parametrize("record", PACKED)
@given(data=st.data())
def test_what_was_packed_comes_out_again(record: str, data: st.DataObject) -> None:
    value = data.draw(PACKED[record])
    packed = both(sides, f"packed_{record}", value)
    assert both(sides, f"unpacked_{record}", packed) == value
