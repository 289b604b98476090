"""
The twins of `deleveraging`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import deleveraging
from protocol.deleveraging import Opening
from protocol.payout import MOST
from tests.twin.strategies import (
    AMOUNTS,
    DELEVERAGINGS,
    FACTORS,
    TIMES,
    VALUES,
    WORDS,
    below,
    signed,
    since,
)
from tests.twin.twins import Functions, both, refusals

SIDES = below(95)
OPENINGS = st.builds(Opening, SIDES, SIDES, TIMES)
OWED = AMOUNTS.filter(lambda owed: owed <= MOST)


@st.composite
def openings(draw: st.DrawFn) -> tuple[object, ...]:
    """What opens: more is owed than what ends it."""
    params = draw(DELEVERAGINGS)
    vault = draw(VALUES)
    owed = draw(OWED.filter(bool))
    return draw(SIDES), -draw(SIDES), owed, vault, params, draw(TIMES)


@st.composite
def later(draw: st.DrawFn, *others: st.SearchStrategy[object]) -> tuple[object, ...]:
    """An opening, the other arguments, and a time that is not before it."""
    opening = draw(OPENINGS)
    now = draw(since(opening.opened_at))
    return opening, *(draw(each) for each in others), now


FUNCTIONS: Functions = {
    "packed_opening": (OPENINGS,),
    "unpacked_opening": (WORDS,),
    "bearable": (VALUES, FACTORS),
    "is_due": (OWED, VALUES, DELEVERAGINGS),
    "begun": openings(),
    "is_over": later(OWED, VALUES, DELEVERAGINGS),
    "score_floor": later(DELEVERAGINGS),
    "score": (OWED, VALUES),
    "taken": (OPENINGS, signed(95)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    assert refusals(deleveraging, name, FUNCTIONS[name]) == set()


@given(OPENINGS)
def test_what_was_packed_comes_out_again(opening: Opening) -> None:
    packed = both(deleveraging, "packed_opening", opening)
    assert both(deleveraging, "unpacked_opening", packed) == opening
