"""
The twins of `liquidation`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol import errors, liquidation
from tests.twin.strategies import (
    AMOUNTS,
    BUCKETS,
    CASES,
    CLOSING,
    REWARDS,
    SCALES,
    TRUTHS,
    VALUES,
    WHOLES,
    WORDS,
    below,
    since,
)
from tests.twin.twins import Functions, both, refusals


@st.composite
def filling(draw: st.DrawFn) -> tuple[object, ...]:
    """A bucket, what fills it, and a time since."""
    bucket = draw(BUCKETS)
    return bucket, draw(CLOSING), draw(since(bucket.filled_at))


@st.composite
def scarcity(draw: st.DrawFn) -> tuple[object, ...]:
    """An account that is not critical, where the bucket holds next to nothing."""
    amount = 10**24
    case = replace(
        draw(CASES),
        equity=amount,
        maintenance=amount,
        size=draw(st.sampled_from((-1, 1))) * amount,
        value=amount,
        position_maintenance=draw(below(60)),
        mark=10**18,
        bucket=draw(below(3)),
    )
    return case, draw(SCALES.filter(bool)), draw(below(120)), draw(CLOSING)


@st.composite
def gatherings(draw: st.DrawFn) -> tuple[object, ...]:
    """A position in a market whose scale is at least its size, as the law has it."""
    case = draw(CASES)
    scale = draw(SCALES)
    size = max(-scale, min(scale, case.size))
    case = replace(case, size=size, skew=max(-scale, min(scale, case.skew)))
    return draw(WHOLES), case, scale, draw(AMOUNTS), draw(CLOSING)


FUNCTIONS: Functions = {
    "packed_bucket": (BUCKETS,),
    "unpacked_bucket": (WORDS,),
    "filled": filling(),
    "is_critical": (CASES, CLOSING),
    "discount": (CASES, SCALES, CLOSING),
    "needed_size": (CASES, SCALES, CLOSING),
    "closed_size": st.tuples(CASES, SCALES, below(120), CLOSING) | scarcity(),
    "gathered": gatherings(),
    "needed_part": (WHOLES, VALUES, AMOUNTS, AMOUNTS),
    "closed_part": (WHOLES, VALUES, AMOUNTS, AMOUNTS),
    "capped_reward": (AMOUNTS, TRUTHS, REWARDS),
    "keeper_reward": (AMOUNTS, TRUTHS, REWARDS, CLOSING),
}
REFUSALS = {
    "gathered": {errors.DENOMINATOR_NOT_POSITIVE},
    "closed_part": {errors.BUCKET_EMPTY},
    "needed_size": {errors.DENOMINATOR_NOT_POSITIVE},
    "closed_size": {errors.BUCKET_EMPTY, errors.DENOMINATOR_NOT_POSITIVE},
}
PACKED = {"bucket": BUCKETS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(liquidation, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())


@pytest.mark.parametrize("record", PACKED)
@given(data=st.data())
def test_what_was_packed_comes_out_again(record: str, data: st.DataObject) -> None:
    value = data.draw(PACKED[record])
    packed = both(liquidation, f"packed_{record}", value)
    assert both(liquidation, f"unpacked_{record}", packed) == value
