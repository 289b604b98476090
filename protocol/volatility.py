"""
How much a price moves in a day, and by how much margins grow with it.

What opens a position follows a rise of volatility at once. What leaves it alone follows
more slowly, by so much a second toward what was known before: so a jump in volatility
makes nobody liquidatable faster than that.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.fixed_point import (
    WAD,
    clamp,
    div_down,
    mul_div_down,
    mul_wad_down,
    sqrt_down,
)
from protocol.units import Price, Ratio

DAY = 86_400
# Multipliers are multiples of it, so that two fit beside the last words of a round.
GRAIN = 10**9


class VolatilityParams(Struct, frozen=True):
    reference: Ratio
    max_multiplier: Ratio
    ramp: Ratio


def next_variance(
    variance: Ratio, last_index: Price, index: Price, elapsed: int, span: int
) -> Ratio:
    """
    The variance of a day once a price has moved on: drawn toward the square of the
    move, by the time it took.
    """
    change = Ratio(int(mul_div_down(abs(index - last_index), WAD, int(last_index))))
    whole = min(change, Ratio(WAD))
    square = mul_wad_down(whole, whole)
    sample = mul_div_down(square, DAY, elapsed)
    weight = min(elapsed, span)
    return div_down(weight * sample + (span - weight) * variance, span)


def target(variance: Ratio, params: VolatilityParams) -> Ratio:
    """
    The multiplier that such a variance asks for: the volatility by the one at which
    margins begin to grow, up to the most there may be.
    """
    if params.max_multiplier == Ratio(WAD):
        return Ratio(WAD)
    volatility = Ratio(sqrt_down(int(variance) * WAD))
    asked = mul_div_down(volatility, WAD, int(params.reference) * GRAIN)
    least = div_down(Ratio(WAD), GRAIN)
    most = div_down(params.max_multiplier, GRAIN)
    return GRAIN * clamp(asked, least, most)


def ramped(
    multiplier: Ratio, aim: Ratio, elapsed: int, params: VolatilityParams
) -> Ratio:
    """
    A multiplier that has gone toward its aim for a time, no faster than its ramp.
    """
    if aim == multiplier:
        return aim
    step = GRAIN * mul_div_down(params.ramp, elapsed, GRAIN)
    return multiplier + clamp(aim - multiplier, -step, step)
