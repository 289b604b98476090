"""
The twins of `funding`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import errors, funding
from tests.twin.strategies import (
    BORROWING,
    FUNDING,
    FUNDINGS,
    OPEN,
    PRICES,
    RATES,
    SCALES,
    SIZES,
    TIMES,
    TRUTHS,
    VALUES,
    WORDS,
    cumulative_prices,
    signed,
    since,
)
from tests.twin.twins import Functions, both, refusals


@st.composite
def accrued_later(draw: st.DrawFn) -> tuple[object, ...]:
    """A funding record, and what there is some time after its accrual."""
    last = draw(FUNDINGS)
    now = draw(since(last.accrued_at))
    total = draw(cumulative_prices(last, now))
    return last, draw(SIZES), draw(SCALES), total, draw(FUNDING), now


FUNCTIONS: Functions = {
    "packed_funding": (FUNDINGS,),
    "unpacked_funding": (st.tuples(WORDS, WORDS, WORDS),),
    "side_index": (FUNDINGS, TRUTHS),
    "funding_velocity": (SIZES, OPEN, FUNDING),
    "twice_integral": (signed(79), signed(79), signed(62), TIMES),
    "borrowing_rate": (OPEN, PRICES, VALUES, BORROWING),
    "borrowed": (PRICES, RATES, TIMES),
    "accrued": accrued_later(),
}
REFUSALS = {
    "funding_velocity": {errors.DENOMINATOR_NOT_POSITIVE},
    "twice_integral": {errors.DENOMINATOR_NOT_POSITIVE},
}
PACKED = {"funding": FUNDINGS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(funding, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())


@pytest.mark.parametrize("record", PACKED)
@given(data=st.data())
def test_what_was_packed_comes_out_again(record: str, data: st.DataObject) -> None:
    value = data.draw(PACKED[record])
    packed = both(funding, f"packed_{record}", value)
    assert both(funding, f"unpacked_{record}", packed) == value
