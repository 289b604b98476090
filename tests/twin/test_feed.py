"""
The twins of `feed`, function by function.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import errors, feed
from protocol.errors import Revert
from tests.twin.strategies import (
    FEED,
    FEED_PRICES,
    HEADS,
    MULTIPLIERS,
    PARTS,
    PRICES,
    ROUNDS,
    SIZES,
    TIMES,
    VARIANCES,
    WORDS,
    since,
)
from tests.twin.twins import Functions, both, refusals


@st.composite
def rounds_in_turn(draw: st.DrawFn) -> tuple[object, ...]:
    """A round, often none yet, and what the next one is made of."""
    last = draw(ROUNDS | st.just(feed.NO_ROUND))
    later = draw(since(last.published_at))
    variances = draw(VARIANCES), draw(VARIANCES)
    return last, draw(PRICES), draw(PRICES), later, *variances, draw(FEED)


@st.composite
def moves_in_turn(draw: st.DrawFn) -> tuple[object, ...]:
    """A variance, a round, often none yet, and the index of a later one."""
    last = draw(ROUNDS.filter(lambda each: each.index) | st.just(feed.NO_ROUND))
    later = draw(since(last.published_at + 1))
    return draw(VARIANCES), last, draw(PRICES), later, draw(FEED)


@st.composite
def prices_in_time(
    draw: st.DrawFn, limits: st.SearchStrategy[tuple[int, ...]]
) -> tuple[object, ...]:
    """A price, limits on it, and a time that is not before it."""
    price = draw(FEED_PRICES)
    return price, *draw(limits), draw(since(price.published_at))


FUNCTIONS: Functions = {
    "packed_round": (ROUNDS,),
    "unpacked_round": (st.tuples(WORDS, WORDS),),
    "packed_head": (HEADS,),
    "unpacked_head": (WORDS,),
    "next_round": rounds_in_turn(),
    "next_variance": moves_in_turn(),
    "grains": (MULTIPLIERS,),
    "next_head": (HEADS, ROUNDS, ROUNDS, TIMES),
    "final_round": (ROUNDS, TIMES),
    "final_head": (HEADS, ROUNDS, TIMES),
    "cumulative_price": (FEED_PRICES, TIMES),
    "require_fresh_enough": prices_in_time(st.tuples(TIMES)),
    "require_valid": prices_in_time(st.tuples(TIMES, PARTS)),
    "is_valid": prices_in_time(st.tuples(TIMES, PARTS)),
    "strict_price": (FEED_PRICES, SIZES),
    "priced_at": (FEED_PRICES, ROUNDS | st.just(feed.NO_ROUND)),
}
REFUSALS = {
    "require_fresh_enough": {errors.PRICE_INVALID, errors.PRICE_STALE},
    "require_valid": {
        errors.PRICE_INVALID,
        errors.PRICE_STALE,
        errors.PRICE_UNCERTAIN,
        errors.PRICE_TRIPPED,
    },
}
PACKED = {"round": ROUNDS, "head": HEADS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(feed, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())


@given(drawn=prices_in_time(st.tuples(TIMES, PARTS)))
def test_a_price_is_valid_where_it_is_not_refused(drawn: tuple[Any, ...]) -> None:
    try:
        feed.require_valid(*drawn)
    except Revert:
        assert not feed.is_valid(*drawn)
    else:
        assert feed.is_valid(*drawn)


@pytest.mark.parametrize("record", PACKED)
@given(data=st.data())
def test_what_was_packed_comes_out_again(record: str, data: st.DataObject) -> None:
    value = data.draw(PACKED[record])
    packed = both(feed, f"packed_{record}", value)
    assert both(feed, f"unpacked_{record}", packed) == value
