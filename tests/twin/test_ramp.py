"""
The twins of `ramp`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from protocol import ramp
from protocol.funding import DAY
from tests.twin.strategies import MARGIN, PARTS, RAMPS, SCALES, TIMES, since
from tests.twin.twins import Functions, refusals


@st.composite
def ramps_in_time(draw: st.DrawFn) -> tuple[object, ...]:
    """A ramp, what is asked, and a time that is not before it."""
    rising = draw(RAMPS)
    return rising, draw(MARGIN), draw(since(rising.raised_at))


FUNCTIONS: Functions = {
    "begun": (MARGIN, SCALES, MARGIN, SCALES, TIMES),
    "is_rising": (RAMPS, TIMES),
    "risen": (PARTS, PARTS, st.integers(0, DAY)),
    "ramped": ramps_in_time(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    assert refusals(ramp, name, FUNCTIONS[name]) == set()
