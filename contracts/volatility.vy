# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Volatility
@notice How much a price moves in a day, and by how much margins grow with it.

        What opens a position follows a rise of volatility at once. What leaves it alone
        follows more slowly, by so much a second toward what was known before: so a
        jump in volatility makes nobody liquidatable faster than that.
"""

from . import fixed_point

DAY: constant(int256) = 86_400
# Multipliers are multiples of it, so that two fit beside the last words of a round.
GRAIN: constant(int256) = 10**9


struct VolatilityParams:
    reference: int256
    max_multiplier: int256
    ramp: int256


@internal
@pure
def next_variance(
    variance: int256, last_index: int256, index: int256, elapsed: int256, span: int256
) -> int256:
    """
    @notice The variance of a day once a price has moved on: drawn toward the square of
            the move, by the time it took.
    """
    change: int256 = fixed_point.mul_div_down(
        fixed_point.magnitude(index - last_index), fixed_point.WAD, last_index
    )
    whole: int256 = min(change, fixed_point.WAD)
    square: int256 = fixed_point.mul_wad_down(whole, whole)
    sample: int256 = fixed_point.mul_div_down(square, DAY, elapsed)
    weight: int256 = min(elapsed, span)
    return fixed_point.div_down(sample * weight + variance * (span - weight), span)


@internal
@pure
def target(variance: int256, params: VolatilityParams) -> int256:
    """
    @notice The multiplier that such a variance asks for: the volatility by the one at
            which margins begin to grow, up to the most there may be.
    """
    if params.max_multiplier == fixed_point.WAD:
        return fixed_point.WAD
    volatility: int256 = fixed_point.sqrt_down(variance * fixed_point.WAD)
    asked: int256 = fixed_point.mul_div_down(
        volatility, fixed_point.WAD, params.reference * GRAIN
    )
    least: int256 = fixed_point.div_down(fixed_point.WAD, GRAIN)
    most: int256 = fixed_point.div_down(params.max_multiplier, GRAIN)
    return fixed_point.clamp(asked, least, most) * GRAIN


@internal
@pure
def ramped(
    multiplier: int256, aim: int256, elapsed: int256, params: VolatilityParams
) -> int256:
    """
    @notice A multiplier that has gone toward its aim for a time, no faster than its
            ramp.
    """
    if aim == multiplier:
        return aim
    step: int256 = fixed_point.mul_div_down(params.ramp, elapsed, GRAIN) * GRAIN
    return multiplier + fixed_point.clamp(aim - multiplier, 0 - step, step)
