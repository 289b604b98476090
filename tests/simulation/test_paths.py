"""
Drawn prices: what a seed fixes, what the model promises on average, what a shock does.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from protocol.fixed_point import WAD
from simulation.errors import InputError
from simulation.paths import (
    DAY,
    JumpDiffusion,
    Shock,
    jump_diffusion,
    log_growth,
    price_at,
    random_stream,
)
from simulation.prices import PriceSeries

STILL = JumpDiffusion(
    start_price=2_000 * WAD,
    drift=0.0,
    volatility=0.0,
    jump_rate=0.0,
    jump_mean=0.0,
    jump_deviation=0.0,
)
LIVELY = JumpDiffusion(
    start_price=2_000 * WAD,
    drift=0.0,
    volatility=0.04,
    jump_rate=2.0,
    jump_mean=-0.03,
    jump_deviation=0.05,
)


def path(model: JumpDiffusion, *shocks: Shock, seed: int = 7) -> PriceSeries:
    rng = random_stream(seed, "prices.ETH")
    return jump_diffusion(model, shocks, 1_600_000_000, DAY, 60, rng)


def test_a_seed_and_a_name_fix_the_path() -> None:
    assert path(LIVELY) == path(LIVELY)
    assert path(LIVELY) != path(LIVELY, seed=8)
    ether, bitcoin = random_stream(7, "prices.ETH"), random_stream(7, "prices.BTC")
    assert ether.random() != bitcoin.random()


def test_a_seed_gives_these_prices_on_every_machine() -> None:
    ticks = path(LIVELY).ticks
    assert [ticks[place].price for place in (0, 1, 720, 1_440)] == [
        2_000_000000000000000000,
        2_000_028569024506874718,
        1_927_021271909828245240,
        2_021_770257978714478217,
    ]


def test_there_is_a_price_at_each_step_and_at_both_ends() -> None:
    series = path(LIVELY)
    assert [tick.time for tick in series.ticks] == [
        1_600_000_000 + 60 * place for place in range(1_441)
    ]
    assert series.ticks[0].price == LIVELY.start_price
    assert series.gaps == ()


def test_the_expected_price_grows_by_the_drift_and_returns_vary_as_stated() -> None:
    """
    Over 200,000 draws of a day: the mean of the price is e**drift, the variance of
    its logarithm is volatility**2 + jump_rate * (jump_mean**2 + jump_deviation**2).
    """
    model = JumpDiffusion(WAD, 0.02, 0.04, 2.0, -0.03, 0.05)
    # The paths' steps are days here, each a draw of its own.
    days = np.diff(log_growth(model, 200_000, 1.0, random_stream(1, "many")))
    assert math.isclose(np.exp(days).mean(), math.exp(0.02), rel_tol=1e-3)
    variance = 0.04**2 + 2.0 * (0.03**2 + 0.05**2)
    assert math.isclose(days.var(), variance, rel_tol=2e-2)


def test_a_shock_moves_the_price_evenly_and_for_good() -> None:
    """Down by 36 % in 20 minutes: to 0.8 after half of them, for 0.8 * 0.8 = 0.64."""
    crash = Shock(at=6 * 3_600, move=-36 * WAD // 100, over=1_200)
    prices = {
        minute: path(STILL, crash).ticks[minute].price
        for minute in (0, 360, 370, 380, 1_440)
    }
    assert prices == {
        0: 2_000 * WAD,
        360: 2_000 * WAD,
        370: 1_600 * WAD,
        380: 1_280 * WAD,
        1_440: 1_280 * WAD,
    }


def test_shocks_multiply_and_one_may_take_no_time() -> None:
    shocks = (Shock(60, -WAD // 2, 0), Shock(120, WAD, 0))
    prices = [path(STILL, *shocks).ticks[minute].price for minute in (0, 1, 2, 3)]
    assert prices == [2_000 * WAD, 1_000 * WAD, 2_000 * WAD, 2_000 * WAD]


def test_a_price_is_rounded_once_to_the_nearest_wei() -> None:
    """1e18 * e is 2718281828459045235.36."""
    assert price_at(WAD, 1.0, (), 0) == 2_718_281_828_459_045_235


def test_a_path_that_leaves_the_prices_there_are_is_refused() -> None:
    doomed = JumpDiffusion(WAD, -10_000.0, 0.0, 0.0, 0.0, 0.0)
    with pytest.raises(InputError, match=r"no longer between 0 and .* after 7m"):
        path(doomed)
    with pytest.raises(InputError, match="no longer between 0 and"):
        path(JumpDiffusion(WAD, 1e300, 0.0, 0.0, 0.0, 0.0))
