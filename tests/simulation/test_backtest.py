"""
The back-test of a value at risk: by hand, against what was published, and on prices.
"""

from __future__ import annotations

import random
from collections import Counter
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.fixed_point import WAD
from protocol.units import Ratio
from simulation.backtest import (
    SIGNIFICANCE,
    fared,
    frequency_test,
    independence_test,
)
from simulation.calibration import calibrate, told
from simulation.errors import InputError
from simulation.prices import Gap
from simulation.windows import sample_of, split
from tests.simulation.test_calibration import (
    MINUTE,
    START,
    THREE_QUARTERS,
    WORKED,
    ratio,
    series_of,
)

# At a rate, of so many windows: the numbers of losses between which the test does not
# reject at 5 %, as the usual table of it has them.
REGIONS = [
    (0.01, 255, 0, 7),
    (0.01, 510, 1, 11),
    (0.01, 1_000, 4, 17),
    (0.025, 255, 2, 12),
    (0.025, 510, 6, 21),
    (0.025, 1_000, 15, 36),
    (0.05, 255, 6, 21),
    (0.05, 510, 16, 36),
    (0.05, 1_000, 37, 65),
]


def test_a_frequency_by_hand() -> None:
    """
    Four of twenty at a rate of a tenth: twice 4 * ln(0.2 / 0.1) + 16 * ln(0.8 / 0.9) is
    2 * (2.7726 - 1.8845) = 1.7761, which a chi-squared variable exceeds in 0.1826.
    """
    assert frequency_test(4, 20, 0.1) == pytest.approx(0.18263, abs=1e-5)
    assert frequency_test(2, 20, 0.1) == 1


@pytest.mark.parametrize(("rate", "windows", "below", "above"), REGIONS)
def test_a_frequency_is_rejected_outside_of_the_known_regions(
    rate, windows, below, above
) -> None:
    found = [
        exceeded
        for exceeded in range(1, windows // 5)
        if frequency_test(exceeded, windows, rate) >= SIGNIFICANCE
    ]
    assert found == list(range(below + 1, above))


def test_independence_by_hand() -> None:
    """
    After twelve windows within, four beyond; after eight beyond, four: 1/3 and 1/2,
    where together it is 0.4. Twice 8 ln 2/3 + 4 ln 1/3 + 8 ln 1/2 - 12 ln 0.6 - 8 ln
    0.4 is 2 * (-13.1833 + 13.4602) = 0.5538, which chance exceeds in 0.4568.
    """
    pairs = Counter({(False, False): 8, (False, True): 4})
    pairs.update({(True, False): 4, (True, True): 4})
    assert independence_test(pairs) == pytest.approx(0.45678, abs=1e-5)


@pytest.mark.parametrize(
    "beyond",
    [[False] * 9, [True] * 9, [False] * 8 + [True]],
    ids=["never", "always", "in the end"],
)
def test_nothing_is_told_of_what_comes_after_nothing(beyond) -> None:
    assert independence_test(Counter(pairwise(beyond))) is None


def test_losses_that_follow_each_other_are_no_chance() -> None:
    """Ten beyond among two hundred: in a row, and far apart."""
    in_a_row = [False] * 95 + [True] * 10 + [False] * 95
    apart = [place % 20 == 10 for place in range(200)]
    assert independence_test(Counter(pairwise(in_a_row))) < 1e-6
    assert independence_test(Counter(pairwise(apart))) > SIGNIFICANCE


def test_chance_is_rejected_about_as_often_as_said() -> None:
    """Of 500 samples at 5 %: 28 and 26."""
    draw = random.Random(1)
    rejected = Counter()
    for _ in range(500):
        beyond = [draw.random() < 0.1 for _ in range(1_000)]
        frequency = frequency_test(sum(beyond), 1_000, 0.1)
        independence = independence_test(Counter(pairwise(beyond)))
        rejected["frequency"] += frequency < SIGNIFICANCE
        rejected["independence"] += independence < SIGNIFICANCE
    assert all(15 <= rejected[each] <= 40 for each in ("frequency", "independence"))


@given(st.integers(1, 500), st.data(), st.floats(0.001, 0.5))
def test_a_chance_is_one(windows, data, rate) -> None:
    exceeded = data.draw(st.integers(0, windows))
    assert 0 <= frequency_test(exceeded, windows, rate) <= 1


@given(st.lists(st.booleans(), min_size=2, max_size=200))
def test_independence_is_a_chance_too(beyond) -> None:
    found = independence_test(Counter(pairwise(beyond)))
    assert found is None or 0 <= found <= 1


def test_no_pair_reaches_over_a_gap() -> None:
    """
    Of six minutes the second, third, fourth and fifth lose more than a twentieth. With
    a gap in place of the fourth, one pair of such minutes is left of three.
    """
    prices = 100, 100, 90, 80, 70, 60, 60
    gap = Gap(START + 3 * MINUTE, START + 4 * MINUTE)
    risk, level = ratio("0.05"), THREE_QUARTERS
    whole = fared("longs", risk, sample_of(series_of(*prices), MINUTE).apart, level)
    assert (whole.windows, whole.exceeded, whole.expected) == (6, 4, 1.5)
    broken = sample_of(series_of(*prices, gaps=(gap,)), MINUTE).apart
    parted = fared("longs", risk, broken, level)
    assert (parted.windows, parted.exceeded) == (5, 3)
    pairs = Counter({(False, True): 1, (True, True): 3, (True, False): 1})
    assert whole.independence == independence_test(pairs)
    pairs = Counter({(False, True): 1, (True, True): 1, (True, False): 1})
    assert parted.independence == independence_test(pairs)


def test_a_loss_at_the_value_at_risk_does_not_exceed_it() -> None:
    windows = sample_of(series_of(100, 90, 100, 90, 100), MINUTE).apart
    assert fared("longs", ratio("0.1"), windows, THREE_QUARTERS).exceeded == 0
    at_less = Ratio(WAD // 10 - 1)
    assert fared("longs", at_less, windows, THREE_QUARTERS).exceeded == 2


@given(st.integers(2, 60), st.integers(1, WAD - 1).map(Ratio))
def test_what_is_held_out_begins_where_the_rest_ends(count, part) -> None:
    series = series_of(*range(1, count + 1))
    first, last = split(series, part)
    assert first.ticks[-1] == last.ticks[0]
    assert first.ticks + last.ticks[1:] == series.ticks
    assert len(last.ticks) - 1 <= int(part) * count // WAD + 1


@pytest.fixture
def walk(tmp_path):
    """A random walk of 2,000 minutes that from 1,400 on takes larger steps."""

    def write(later: float):
        draw = random.Random(3)
        steps = [draw.gauss(0, 0.001 if i < 1_400 else later) for i in range(2_000)]
        path = tmp_path / "walk.csv"
        prices = accumulate(steps, lambda price, step: price * (1 + step), initial=100)
        rows = (f"{START + MINUTE * i},{each:.9f}" for i, each in enumerate(prices))
        path.write_text("\n".join(["time,price", *rows]) + "\n")
        return path

    return write


def test_a_market_that_stays_as_it_was_is_not_rejected(walk) -> None:
    found = calibrate(walk(0.001), MINUTE, ratio("0.975"), holdout=ratio("0.3"))
    assert not found.is_rejected
    assert [each.windows for each in found.tests] == [601, 601]
    assert [each.expected for each in found.tests] == [pytest.approx(15.025)] * 2
    assert found.held_out.ticks[0] == found.series.ticks[-1]


def test_a_market_that_has_grown_wild_is(walk) -> None:
    path = walk(0.002)
    found = calibrate(path, MINUTE, ratio("0.975"), holdout=ratio("0.3"))
    assert found.is_rejected
    assert all(each.is_too_often for each in found.tests)
    # What is held out is in no margin.
    whole = calibrate(path, MINUTE, ratio("0.975"))
    assert whole.asked.im_base > found.asked.im_base
    assert (whole.tests, whole.held_out, whole.is_rejected) == ((), None, False)
    printed = told(found)["backtest"]
    assert printed["rejected"]
    assert printed["start"] == told(found)["end"]
    assert [each["side"] for each in printed["sides"]] == ["longs", "shorts"]
    assert told(whole)["backtest"] is None


def test_a_market_that_has_calmed_down_is_not(walk) -> None:
    """Too seldom is no chance either, but nobody is harmed."""
    found = calibrate(walk(0.0002), MINUTE, ratio("0.975"), holdout=ratio("0.3"))
    assert [each.exceeded for each in found.tests] == [0, 0]
    assert all(each.frequency < SIGNIFICANCE for each in found.tests)
    assert not found.is_rejected


@pytest.mark.parametrize(
    ("holdout", "said"),
    [
        ("0", "holdout: '0' is not between 0 and 1"),
        ("1", "holdout: '1' is not between 0 and 1"),
        ("0.1", "5 prices without a gap are needed in what is held out: one in 4"),
        ("0.9", "5 prices without a gap are needed before what is held out: one in"),
    ],
)
def test_what_cannot_be_held_out_is_told(tmp_path, holdout, said) -> None:
    path = tmp_path / "prices.csv"
    rows = (f"{START + MINUTE * i},{each}" for i, each in enumerate(WORKED))
    path.write_text("\n".join(["time,price", *rows]))
    with pytest.raises(InputError) as refusal:
        calibrate(path, MINUTE, THREE_QUARTERS, holdout=ratio(holdout))
    assert said in str(refusal.value)


def test_three_years_of_hours_are_rejected(price_files) -> None:
    """Ether was calm for two years, and then it was not: 350 for 193 expected."""
    path = price_files / "binance_usdm_ETHUSDT_1h-futures_2023-01_2025-12.csv.gz"
    found = calibrate(path, 3_600, ratio("0.975"), holdout=ratio("0.3"))
    longs, shorts = found.tests
    assert (longs.windows, longs.exceeded, shorts.exceeded) == (7_709, 350, 355)
    assert longs.is_too_often
    assert shorts.is_too_often
    assert longs.comes_in_clusters
    assert shorts.comes_in_clusters
