"""
Margins rise over a day: by hand, and for positions of any size.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from msgspec.structs import replace

from protocol import margin, ramp
from protocol.margin import MarginParams
from protocol.portfolio import packed_shocks
from protocol.ramp import NO_RAMP, Ramp
from tests.twin.strategies import MARGIN, PRICES, SCALES, SIZES
from tests.twin.twins import both
from tests.unit.worked import DAY, START, wad
from tests.unit.worked import MARGIN as WORKED

SCALE = wad("10000")
RAISED = replace(WORKED, im_base=wad("0.209"), maintenance_fraction=wad("0.7"))


def begun(asked: MarginParams, scale: int = SCALE) -> Ramp:
    """The ramp from the worked margins to others."""
    rising: Ramp = both(ramp, "begun", WORKED, SCALE, asked, scale, START)
    return rising


def at(rising: Ramp, asked: MarginParams, elapsed: int) -> MarginParams:
    """The margins so long after."""
    current: MarginParams = both(ramp, "ramped", rising, asked, START + elapsed)
    return current


def test_what_is_raised_rises_evenly_over_a_day() -> None:
    rising = begun(RAISED)
    assert rising == Ramp(wad("0.109"), wad("1"), wad("0.5"), 0, START)
    assert at(rising, RAISED, 0) == WORKED
    half = at(rising, RAISED, DAY // 2)
    assert (half.im_base, half.maintenance_fraction) == (wad("0.159"), wad("0.6"))
    assert at(rising, RAISED, DAY - 1).im_base < RAISED.im_base
    assert at(rising, RAISED, DAY) == RAISED


def test_what_is_lowered_is_lowered_at_once() -> None:
    assert begun(WORKED) == NO_RAMP
    lowered = replace(WORKED, im_base=wad("0.1"), maintenance_fraction=wad("0.4"))
    assert begun(lowered) == NO_RAMP
    assert at(NO_RAMP, lowered, 0) == lowered


def test_shocks_hold_for_the_day_in_which_others_are_announced() -> None:
    """Where there were none, the first ones hold at once."""
    first, second = packed_shocks([-1_200, 1_200]), packed_shocks([-2_000, 2_000])
    shocked = replace(WORKED, shocks=first)
    assert begun(shocked) == NO_RAMP
    asked = replace(WORKED, shocks=second)
    rising = both(ramp, "begun", shocked, SCALE, asked, SCALE, START)
    assert at(rising, asked, 0) == shocked
    assert at(rising, asked, DAY - 1).shocks == first
    assert at(rising, asked, DAY) == asked


def test_a_smaller_scale_is_a_steeper_slope() -> None:
    """Half the scale doubles what a size adds; half the slope makes up for it."""
    assert begun(WORKED, SCALE // 2).im_slope == wad("0.5")
    assert begun(replace(WORKED, im_slope=wad("0.5")), SCALE // 2) == NO_RAMP
    assert begun(WORKED, 2 * SCALE) == NO_RAMP


def test_raised_twice_it_goes_on_from_where_it_is() -> None:
    rising = begun(RAISED)
    half = at(rising, RAISED, DAY // 2)
    again = both(ramp, "begun", half, SCALE, RAISED, SCALE, START + DAY // 2)
    assert at(again, RAISED, DAY // 2) == half
    assert at(again, RAISED, DAY).im_base == wad("0.184")


@given(MARGIN, SCALES, MARGIN, SCALES, SIZES, PRICES)
def test_nobody_must_hold_more_at_once(
    before: Any, scale_before: Any, asked: Any, scale: Any, size: Any, price: Any
) -> None:
    rising = ramp.begun(before, scale_before, asked, scale, START)
    first = ramp.ramped(rising, asked, START)
    held, must_hold = (
        margin.maintenance_margin(
            size, price, margin.size_ratio(size, each_scale, each), each
        )
        for each, each_scale in ((before, scale_before), (first, scale))
    )
    assert must_hold <= held
