"""
The twins of `request`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import request
from tests.twin.strategies import REQUESTS, VAULT, WORDS
from tests.twin.twins import Functions, both, refusals

FUNCTIONS: Functions = {
    "packed_request": (REQUESTS,),
    "unpacked_request": (st.tuples(WORDS, WORDS),),
    "waits_until": (REQUESTS, VAULT),
    "closes_at": (REQUESTS, VAULT),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(request, name, FUNCTIONS[name])
    assert seen == set()


@given(value=REQUESTS)
def test_what_was_packed_comes_out_again(value: request.Request) -> None:
    packed = both(request, "packed_request", value)
    assert both(request, "unpacked_request", packed) == value
