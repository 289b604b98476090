"""
The twins of `top_up`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import top_up
from protocol.top_up import TopUp
from tests.twin.strategies import AMOUNTS, TARGETED, TOP_UPS, WORDS
from tests.twin.twins import Functions, both, refusals

FUNCTIONS: Functions = {
    "packed_top_up": (TOP_UPS,),
    "unpacked_top_up": (TARGETED.map(lambda pair: pair[0]), st.tuples(WORDS, WORDS)),
    "moved": (TOP_UPS, AMOUNTS, st.sampled_from([1, 10**10, 10**12])),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    assert refusals(top_up, name, FUNCTIONS[name]) == set()


@given(TARGETED)
def test_what_was_packed_comes_out_again(pair: tuple[int, TopUp]) -> None:
    target, order = pair
    packed = both(top_up, "packed_top_up", order)
    assert both(top_up, "unpacked_top_up", target, packed) == order
