"""
The twins of `trading`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol import errors, trading
from tests.twin.strategies import (
    STANDINGS,
    TRUTHS,
    positive,
    signed,
)
from tests.twin.twins import Functions, refusals


@st.composite
def reductions(draw: st.DrawFn) -> tuple[object, ...]:
    """A reduction by an account with too little margin, which has lost some equity."""
    before = draw(STANDINGS)
    equity = draw(st.integers(0, 10**24))
    less = equity - draw(st.integers(0, equity))
    held = replace(before, equity=equity, maintenance=10**24)
    after = replace(held, equity=less, certain=0, gains=0, initial=10**24)
    return held, after, draw(positive(120)), True


UNDERWATER = STANDINGS.map(lambda standing: replace(standing, equity=-1))
FUNCTIONS: Functions = {
    "require_margin": (
        st.tuples(STANDINGS, STANDINGS, signed(120), TRUTHS)
        | st.tuples(STANDINGS, STANDINGS, positive(120), st.just(False))
        | st.tuples(STANDINGS, UNDERWATER, positive(120), st.just(True))
        | reductions()
    ),
}
REFUSALS = {
    "require_margin": {
        errors.BELOW_INITIAL_MARGIN,
        errors.EQUITY_NEGATIVE,
        errors.RISK_NOT_REDUCED,
    },
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(trading, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())
