"""
The twins of `margin_call`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from protocol import margin_call
from tests.twin.strategies import AMOUNTS, TIMES, WARNED, below
from tests.twin.twins import Functions, refusals


@st.composite
def around_its_ends(draw: st.DrawFn) -> tuple[object, ...]:
    """A call, and a time next to one at which something of it ends."""
    called_at, params = draw(TIMES | st.just(0)), draw(WARNED)
    ends = (called_at, called_at + params.grace)
    ends += (called_at + params.grace + params.window,)
    now = max(0, draw(st.sampled_from(ends)) + draw(st.integers(-1, 1)))
    return called_at, params, now


FUNCTIONS: Functions = {
    "required": (below(120), AMOUNTS, WARNED),
    "is_open": around_its_ends(),
    "is_grace_over": around_its_ends(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    assert refusals(margin_call, name, FUNCTIONS[name]) == set()
