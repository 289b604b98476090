"""
The twins of `payout`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import payout
from tests.twin.strategies import AMOUNTS, PAYOUTS, SPENT, VALUES, WORDS, since
from tests.twin.twins import Functions, both, refusals


@st.composite
def later(draw: st.DrawFn, *others: st.SearchStrategy[object]) -> tuple[object, ...]:
    """What was spent, the other arguments, and a time that is not before it."""
    spent = draw(SPENT)
    now = draw(since(spent.spent_at) | st.just(spent.ends_at))
    return spent, *(draw(each) for each in others), now


@st.composite
def claims(draw: st.DrawFn) -> tuple[int, ...]:
    """What is owed, a cap that is often below, and a gain that is often a part."""
    owed = draw(AMOUNTS)
    cap = draw(st.integers(0, owed) | AMOUNTS)
    amount = draw(st.integers(0, owed) | AMOUNTS)
    missing = draw(st.integers(0, amount) | AMOUNTS)
    return owed, cap, amount, missing


FUNCTIONS: Functions = {
    "packed_spent": (SPENT,),
    "unpacked_spent": (WORDS,),
    "decayed": later(),
    "raised": later(AMOUNTS | st.just(0), PAYOUTS),
    "lowered": later(AMOUNTS),
    "cap": (VALUES, AMOUNTS, PAYOUTS),
    "owed": (VALUES, VALUES, AMOUNTS),
    "payment": claims().map(lambda drawn: drawn[:3]),
    "used": claims(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    assert refusals(payout, name, FUNCTIONS[name]) == set()


@given(SPENT)
def test_what_was_packed_comes_out_again(spent: payout.Spent) -> None:
    packed = both(payout, "packed_spent", spent)
    assert both(payout, "unpacked_spent", packed) == spent
