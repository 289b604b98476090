"""
Margins that are raised rise over a day, so that nobody who is healthy may be liquidated
because of a change that he had no time to see.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from protocol.fixed_point import mul_div_down
from protocol.funding import DAY
from protocol.margin import MarginParams
from protocol.units import Ratio, Seconds, Size

LASTS = DAY


class Ramp(Struct, frozen=True):
    im_base: Ratio
    im_slope: Ratio
    maintenance_fraction: Ratio
    shocks: int
    # Nothing was raised where it is zero.
    raised_at: Seconds


NO_RAMP = Ramp(Ratio(0), Ratio(0), Ratio(0), 0, Seconds(0))


def begun(
    before: MarginParams,
    scale_before: Size,
    asked: MarginParams,
    scale: Size,
    now: Seconds,
) -> Ramp:
    """
    Where margins begin that are `asked` from `now` on: none above what it was, for a
    position of any size.
    """
    # A slope is that of a size in parts of the scale, which may have changed too.
    slope = mul_div_down(before.im_slope, scale, scale_before)
    # There is no way from some shocks to others, so those of before hold for the day;
    # but where there were none nobody is margined by them.
    shocks = before.shocks if before.shocks != 0 else asked.shocks
    if (
        asked.im_base <= before.im_base
        and asked.im_slope <= slope
        and asked.maintenance_fraction <= before.maintenance_fraction
        and asked.shocks == shocks
    ):
        return NO_RAMP
    return Ramp(
        im_base=min(before.im_base, asked.im_base),
        im_slope=min(slope, asked.im_slope),
        maintenance_fraction=min(
            before.maintenance_fraction, asked.maintenance_fraction
        ),
        shocks=shocks,
        raised_at=now,
    )


def is_rising(ramp: Ramp, now: Seconds) -> bool:
    """Whether margins are on their way still."""
    return now < ramp.raised_at + LASTS


def risen(first: Ratio, asked: Ratio, elapsed: Seconds) -> Ratio:
    """What a number has risen to, evenly over a day, rounded down."""
    return first + mul_div_down(asked - first, elapsed, LASTS)


def ramped(ramp: Ramp, asked: MarginParams, now: Seconds) -> MarginParams:
    """Margins as they are `now`."""
    if not is_rising(ramp, now):
        return asked
    elapsed = now - ramp.raised_at
    return replace(
        asked,
        im_base=risen(ramp.im_base, asked.im_base, elapsed),
        im_slope=risen(ramp.im_slope, asked.im_slope, elapsed),
        maintenance_fraction=risen(
            ramp.maintenance_fraction, asked.maintenance_fraction, elapsed
        ),
        shocks=ramp.shocks,
    )
