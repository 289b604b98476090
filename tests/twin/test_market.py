"""
The twins of `market`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import market
from tests.twin.strategies import BOOKS, MARKET, PRICES, WORDS, accrued_later
from tests.twin.twins import Functions, both, refusals

FUNCTIONS: Functions = {
    "packed_book": (BOOKS,),
    "unpacked_book": (WORDS,),
    "skew": (BOOKS,),
    "open_interest": (BOOKS,),
    "projected": accrued_later(BOOKS, PRICES, MARKET),
}
PACKED = {"book": BOOKS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(market, name, FUNCTIONS[name])
    assert seen == set()


@pytest.mark.parametrize("record", PACKED)
@given(data=st.data())
def test_what_was_packed_comes_out_again(record: str, data: st.DataObject) -> None:
    value = data.draw(PACKED[record])
    packed = both(market, f"packed_{record}", value)
    assert both(market, f"unpacked_{record}", packed) == value
