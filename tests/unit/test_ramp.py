"""
Margins rise over a day: by hand, and for positions of any size.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from msgspec.structs import replace

from protocol import errors, margin, parameters, ramp
from protocol.margin import MarginParams
from protocol.portfolio import packed_shocks
from protocol.ramp import NO_RAMP, Ramp
from protocol.trace import words_of
from tests.twin.strategies import MARGIN, PRICES, SCALES, SIZES
from tests.twin.twins import both
from tests.unit.desk import ACTORS, Desk
from tests.unit.worked import DAY, MARKET, START, wad
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


def test_who_asks_again_for_the_same_lets_it_rise() -> None:
    """Whatever else changes; and other margins, or another scale, are not the same."""
    for changes, again in (
        ({}, True),
        ({"limits": replace(MARKET.limits, max_size=wad("1"))}, True),
        ({"margin": replace(WORKED, oi_lower=wad("1"))}, True),
        ({"margin": replace(WORKED, im_base=WORKED.im_base + 1)}, False),
        ({"margin": replace(WORKED, im_slope=WORKED.im_slope + 1)}, False),
        ({"margin": replace(WORKED, maintenance_fraction=wad("0.71"))}, False),
        ({"margin": replace(WORKED, shocks=1)}, False),
        ({"pricing": replace(MARKET.pricing, skew_scale=SCALE + 1)}, False),
    ):
        asked = replace(MARKET, **changes)
        assert both(parameters, "has_same_margins", MARKET, asked) == again


def test_a_council_holds_nothing_off_that_is_rising() -> None:
    """It may lower a limit each hour, and the margins of the owner rise over a day."""
    desk = Desk("100000")
    desk.make("owner", "Governor", "appoint_council", ACTORS["bob"])
    raised = replace(MARKET, margin=replace(MARKET.margin, im_base=wad("0.2")))
    desk.make("owner", "Governor", "set_market", 0, *words_of(raised))
    for hour in range(1, 25):
        desk.now = START + hour * 3_600
        lower = replace(raised.limits, max_size=raised.limits.max_size - hour)
        tighter = words_of(replace(raised, limits=lower))
        desk.make("bob", "Governor", "tighten_market", 0, *tighter)
        more = replace(raised.margin, im_base=wad("0.2") + hour)
        words = words_of(replace(raised, limits=lower, margin=more))
        error = desk.call("bob", "Governor", "tighten_market", 0, *words).error
        assert error == (errors.MARGINS_RISING if hour < 24 else None)
    code = desk.view("Exchange", "params_of", 0)
    assert desk.model.state.codes[code].params.margin.im_base == wad("0.2") + 24


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
