# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Ramp
@notice Margins that are raised rise over a day, so that nobody who is healthy may be
        liquidated because of a change that he had no time to see.
"""

from . import fixed_point
from . import margin

LASTS: constant(uint256) = 86_400


struct Ramp:
    im_base: int256
    im_slope: int256
    maintenance_fraction: int256
    shocks: uint256
    # Nothing was raised where it is zero.
    raised_at: uint256


@internal
@pure
def begun(
    before: margin.MarginParams,
    scale_before: int256,
    asked: margin.MarginParams,
    scale: int256,
    now: uint256,
) -> Ramp:
    """
    @notice Where margins begin that are `asked` from `now` on: none above what it was,
            for a position of any size.
    """
    # A slope is that of a size in parts of the scale, which may have changed too.
    slope: int256 = fixed_point.mul_div_down(before.im_slope, scale, scale_before)
    # There is no way from some shocks to others, so those of before hold for the day;
    # but where there were none nobody is margined by them.
    shocks: uint256 = before.shocks if before.shocks != 0 else asked.shocks
    if (
        asked.im_base <= before.im_base
        and asked.im_slope <= slope
        and asked.maintenance_fraction <= before.maintenance_fraction
        and asked.shocks == shocks
    ):
        return empty(Ramp)
    return Ramp(
        im_base=min(before.im_base, asked.im_base),
        im_slope=min(slope, asked.im_slope),
        maintenance_fraction=min(
            before.maintenance_fraction, asked.maintenance_fraction
        ),
        shocks=shocks,
        raised_at=now,
    )


@internal
@pure
def is_rising(ramp: Ramp, now: uint256) -> bool:
    """
    @notice Whether margins are on their way still.
    """
    return now < ramp.raised_at + LASTS


@internal
@pure
def risen(first: int256, asked: int256, elapsed: uint256) -> int256:
    """
    @notice What a number has risen to, evenly over a day, rounded down.
    """
    return first + fixed_point.mul_div_down(
        asked - first, convert(elapsed, int256), convert(LASTS, int256)
    )


@internal
@pure
def ramped(ramp: Ramp, asked: margin.MarginParams, now: uint256) -> margin.MarginParams:
    """
    @notice Margins as they are `now`.
    """
    if not self.is_rising(ramp, now):
        return asked
    elapsed: uint256 = now - ramp.raised_at
    current: margin.MarginParams = asked
    current.im_base = self.risen(ramp.im_base, asked.im_base, elapsed)
    current.im_slope = self.risen(ramp.im_slope, asked.im_slope, elapsed)
    current.maintenance_fraction = self.risen(
        ramp.maintenance_fraction, asked.maintenance_fraction, elapsed
    )
    current.shocks = ramp.shocks
    return current
