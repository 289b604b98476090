"""
The twins of `expiry`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import expiry
from protocol.expiry import ExpiryParams, Sampling
from tests.twin.strategies import (
    EXPIRIES,
    PRICES,
    SAMPLINGS,
    TIMES,
    WORDS,
    beside,
    expiries,
)
from tests.twin.twins import Functions, both, refusals


@st.composite
def times_in(draw: st.DrawFn) -> tuple[int, ExpiryParams]:
    """A time, at the end of a piece mostly, or a second beside."""
    params = draw(expiries())
    number = draw(st.integers(0, params.samples))
    end = params.expires_at - number * params.spacing
    return max(0, draw(beside(end) | TIMES)), params


@st.composite
def samplings_in(draw: st.DrawFn) -> tuple[Sampling, int, int, ExpiryParams]:
    """A sampling that a later price follows."""
    published_at, params = draw(times_in())
    taken = draw(st.integers(0, expiry.taken_by(published_at, params)))
    total = draw(st.integers(0, taken * (2**95 - 1)))
    return Sampling(draw(PRICES), total, taken), draw(PRICES), published_at, params


FUNCTIONS: Functions = {
    "packed_sampling": (SAMPLINGS,),
    "unpacked_sampling": (WORDS,),
    "is_same": st.tuples(EXPIRIES, EXPIRIES) | EXPIRIES.map(lambda one: (one, one)),
    "begins_at": (EXPIRIES,),
    "is_averaged": times_in(),
    "taken_by": times_in(),
    "sampled": samplings_in(),
    "average": samplings_in().map(lambda drawn: (drawn[0], drawn[3])),
    "is_over": st.builds(
        lambda timed, max_age, now: (timed[0], max_age, timed[1], now),
        times_in() | st.tuples(TIMES, EXPIRIES),
        TIMES,
        TIMES,
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    assert refusals(expiry, name, FUNCTIONS[name]) == set()


@given(sampling=SAMPLINGS)
def test_what_was_packed_comes_out_again(sampling: Sampling) -> None:
    packed = both(expiry, "packed_sampling", sampling)
    assert both(expiry, "unpacked_sampling", packed) == sampling
