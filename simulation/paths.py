"""
Prices drawn at random, in the form that a file of recorded ones has.

The logarithm of a price is summed in floats, which every machine adds alike; from
there on the arithmetic is decimal, and rounded once, to wads. So a seed gives the
same prices wherever numpy draws the same numbers.
"""

from __future__ import annotations

import hashlib
import math
from decimal import Context, Decimal

import numpy as np
from msgspec import Struct
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from protocol.fixed_point import WAD
from simulation.errors import PricePathError
from simulation.prices import PRICE_BOUND, PriceSeries, Tick
from simulation.quantities import format_duration

DAY = 86_400
# More digits than any price below `PRICE_BOUND` has in wads.
PRECISE = Context(prec=40)
# A logarithm beyond which the smallest price becomes larger than any, or the reverse.
LARGEST_GROWTH = 1_000


class JumpDiffusion(Struct, frozen=True):
    """
    Merton's jump diffusion, its time in days: R. C. Merton, "Option pricing when
    underlying stock returns are discontinuous", Journal of Financial Economics 3
    (1976), 125-144.

    Between jumps the price is a geometric Brownian motion. Jumps come `jump_rate` a
    day, their logarithms normal around `jump_mean`. `drift` is the growth of the
    expected price, jumps included.
    """

    start_price: int
    drift: float
    volatility: float
    jump_rate: float
    jump_mean: float
    jump_deviation: float


class Shock(Struct, frozen=True):
    """
    A move laid over a path: from `at` seconds after its start the price is multiplied
    by what grows evenly, second by second, to `1 + move` within `over` seconds, and
    stays so. `move` is in wads, above -1.
    """

    at: int
    move: int
    over: int


def random_stream(seed: int, name: str) -> Generator:
    """
    The random numbers of one part of a run, such as `prices.ETH`. Each name has its
    own, so that one more market or agent leaves the others what they were.
    """
    digest = hashlib.sha256(name.encode()).digest()
    spawn_key = (int.from_bytes(digest[:8], "big"),)
    return Generator(PCG64(SeedSequence(entropy=seed, spawn_key=spawn_key)))


def jump_diffusion(
    model: JumpDiffusion,
    shocks: tuple[Shock, ...],
    start: int,
    duration: int,
    step: int,
    rng: Generator,
) -> PriceSeries:
    """A path of the model under the shocks, a price each `step` seconds, both ends."""
    growth = log_growth(model, duration // step, step / DAY, rng)
    ticks = []
    for place, drawn in enumerate([0.0, *growth.tolist()]):
        elapsed = place * step
        # What is no number is not within a bound either.
        price = 0
        if abs(drawn) < LARGEST_GROWTH:
            price = price_at(model.start_price, drawn, shocks, elapsed)
        if not 0 < price < PRICE_BOUND:
            raise PricePathError(
                f"the drawn price is no longer between 0 and 2**95 wads after "
                f"{format_duration(elapsed)}"
            )
        ticks.append(Tick(start + elapsed, price))
    return PriceSeries(tuple(ticks))


def log_growth(
    model: JumpDiffusion, steps: int, days: float, rng: Generator
) -> NDArray[np.float64]:
    """The logarithm of the price over the first one, after each step of `days`."""
    diffusion = rng.standard_normal(steps)
    jumps = rng.poisson(model.jump_rate * days, steps)
    sizes = rng.standard_normal(steps)

    variance = model.volatility * model.volatility
    jump_variance = model.jump_deviation * model.jump_deviation
    expected_jump = math.expm1(model.jump_mean + jump_variance / 2)
    trend = model.drift - variance / 2 - model.jump_rate * expected_jump

    # The sum of n jumps is normal with n times their mean and their variance.
    jumped = jumps * model.jump_mean + np.sqrt(jumps) * model.jump_deviation * sizes
    moved = trend * days + model.volatility * math.sqrt(days) * diffusion
    return np.cumsum(moved + jumped)


def price_at(
    start_price: int, drawn: float, shocks: tuple[Shock, ...], elapsed: int
) -> int:
    """The first price grown by `e**drawn` and by the shocks so far, in wads."""
    growth = Decimal(drawn)
    for shock in shocks:
        growth = PRECISE.add(growth, shock_growth(shock, elapsed))
    price = PRECISE.multiply(Decimal(start_price), growth.exp(PRECISE))
    return int(price.to_integral_value())


def shock_growth(shock: Shock, elapsed: int) -> Decimal:
    """The logarithm of what the shock multiplies the price by at that time."""
    if elapsed < shock.at or not shock.move:
        return Decimal(0)

    whole = PRECISE.divide(Decimal(WAD + shock.move), Decimal(WAD)).ln(PRECISE)
    if elapsed >= shock.at + shock.over:
        return whole
    share = PRECISE.divide(Decimal(elapsed - shock.at), Decimal(shock.over))
    return PRECISE.multiply(whole, share)
