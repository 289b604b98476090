"""
The twins of `answer`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from protocol import answer, errors
from protocol.answer import Answer
from tests.twin.strategies import MOST, TIMES, WORD, beside, signed
from tests.twin.twins import Functions, refusals

EDGES = beside(0, 2**95) | st.sampled_from([MOST, -MOST - 1])
ANSWERS = st.builds(
    Answer,
    value=signed(95) | EDGES | st.integers(-MOST - 1, MOST),
    decimals=st.integers(0, 18) | st.sampled_from([19, 77, 255, WORD]),
    updated_at=TIMES,
)
FUNCTIONS: Functions = {"price_of": (ANSWERS,)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(answer, name, FUNCTIONS[name])
    assert seen == {errors.TOO_MANY_DECIMALS, errors.OUT_OF_BOUNDS}
