"""
Calibration: what prices ask of a market, by hand, and what its laws admit of it.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol.fixed_point import WAD
from protocol.units import Ratio
from scripts.tables import print_calibration
from simulation.calibration import (
    GRAIN,
    MOST_BAND,
    MOST_RATIO,
    Margins,
    calibrate,
    fragment,
    held,
    margins_for,
    told,
    with_margins,
)
from simulation.errors import InputError, ScenarioError
from simulation.prices import Gap, PriceSeries, Tick
from simulation.refusals import check_laws
from simulation.run import prepare, run
from simulation.scenario import load_scenario
from simulation.tails import quantile, shortfall
from simulation.windows import fall, sample_of
from tests.simulation.small import CRASH, HEDGE, SCENARIOS, SMALL

LOADED = {path: load_scenario(path) for path in (CRASH, HEDGE)}
MINUTE = 60
START = 1_600_000_020
# A fifth is lost, a quarter of what is left won, nothing, a quarter lost, and so on.
WORKED = (100, 80, 100, 100, 75, 90, 90, 63, 63)
THREE_QUARTERS = Ratio(3 * WAD // 4)


def ratio(text: str) -> Ratio:
    """A ratio of a few decimals."""
    whole, _, part = text.partition(".")
    return Ratio(int(whole) * WAD + int(part.ljust(18, "0")))


def series_of(*prices: int, gaps: tuple[Gap, ...] = ()) -> PriceSeries:
    """A price a minute."""
    ticks = (Tick(START + MINUTE * i, each * WAD) for i, each in enumerate(prices))
    return PriceSeries(tuple(ticks), gaps)


@pytest.fixture
def write(tmp_path):
    """Put prices, one a minute, into a file."""

    def write_file(*prices: object) -> Path:
        path = tmp_path / "prices.csv"
        rows = (f"{START + MINUTE * i},{each}" for i, each in enumerate(prices))
        path.write_text("\n".join(["time,price", *rows]) + "\n")
        return path

    return write_file


def test_beyond_a_level_the_loss_astride_it_counts_in_part() -> None:
    """
    Of ten losses of 1 % to 10 % three quarters are seven and a half: the eighth, 8 %,
    is the value at risk. Beyond are two and a half: (0.5 * 8 + 9 + 10) / 2.5 = 9.2 %.
    """
    losses = [Ratio(each * WAD // 100) for each in range(1, 11)]
    assert quantile(losses, THREE_QUARTERS) == ratio("0.08")
    assert shortfall(losses, THREE_QUARTERS) == ratio("0.092")


def test_the_worse_side_decides(write) -> None:
    """
    Longs lose 0.20, -0.25, 0, 0.25, -0.20, 0, 0.30, 0 in a minute each. In order:
    -0.25, -0.20, 0, 0, 0, 0.20, 0.25, 0.30; at three quarters the sixth, 0.20, is the
    value at risk, and (0.25 + 0.30) / 2 = 0.275 is beyond. Shorts lose the same the
    other way round: the sixth is 0, and (0.20 + 0.25) / 2 = 0.225.

    So im_base is 0.275, of which 0.20 is 0.72727..., up to four decimals 0.7273; and
    the worst minute is 0.30.
    """
    found = calibrate(write(*WORKED), MINUTE, THREE_QUARTERS)
    longs, shorts = found.tails
    assert (longs.side, shorts.side) == ("longs", "shorts")
    assert longs.value_at_risk == ratio("0.2")
    assert longs.expected_shortfall == ratio("0.275")
    assert longs.worst == ratio("0.3")
    assert shorts.value_at_risk == 0
    assert shorts.expected_shortfall == ratio("0.225")
    assert shorts.worst == ratio("0.25")
    assert found.lawful == found.asked
    assert found.asked == Margins(ratio("0.275"), ratio("0.7273"), ratio("0.3"))
    assert found.worse.value_at_risk <= found.lawful.maintenance


def test_prices_that_rise_are_the_shorts_to_lose(write) -> None:
    """The same moves upside down: 100 to 125 is 0.25, 75 to 100 a third."""
    found = calibrate(write(100, 125, 100, 100, 125, 100), MINUTE, THREE_QUARTERS)
    longs, shorts = found.tails
    assert longs.value_at_risk == ratio("0.2")
    assert shorts.value_at_risk == ratio("0.25")
    assert found.worse.value_at_risk == ratio("0.25")


def test_windows_overlap_and_some_lie_apart(write) -> None:
    """
    In two minutes longs lose 0, -0.25, 0.25, 0.10, -0.20, 0.30, 0.30: seven windows, of
    which four lie apart. At three quarters the sixth of them is 0.30.
    """
    found = calibrate(write(*WORKED), 2 * MINUTE, THREE_QUARTERS)
    assert len(found.sample.windows) == 7
    apart = found.sample.apart
    assert len(apart) == 4
    assert all(before.end.time <= after.start.time for before, after in pairwise(apart))
    assert found.tails[0].value_at_risk == ratio("0.3")
    assert found.tails[0].expected_shortfall == ratio("0.3")
    # The worst round stays the worst minute.
    assert found.worst_round == ratio("0.3")


def test_a_window_ends_at_the_first_price_that_is_late_enough() -> None:
    """Ninety seconds end at the second minute: a liquidation may take that long."""
    sample = sample_of(series_of(100, 90, 80, 70), 90)
    lengths = {window.end.time - window.start.time for window in sample.windows}
    assert (len(sample.windows), lengths) == (2, {2 * MINUTE})


def test_no_window_and_no_round_reaches_over_a_gap(tmp_path) -> None:
    """The price halves while nobody looks: what a minute loses is not known."""
    prices = (100, 99, 100, 99, 50, 49, 50, 49)
    gap = Gap(START + 3 * MINUTE, START + 4 * MINUTE)
    sample = sample_of(series_of(*prices, gaps=(gap,)), 2 * MINUTE)
    assert (len(sample.windows), sample.left_out) == (4, 2)
    assert max(window.start.price - window.end.price for window in sample.windows) == 0

    path = tmp_path / "prices.csv"
    prices = (100, 99, 100, 99, 50, 49, 50, 49, 50, 49, 50, 49)
    times = [START + MINUTE * (i + 90 * (i > 3)) for i in range(12)]
    rows = (f"{time},{price}" for time, price in zip(times, prices, strict=True))
    path.write_text("\n".join(["time,price", *rows]))
    found = calibrate(path, MINUTE, THREE_QUARTERS)
    assert found.worst_round < ratio("0.03")
    assert "windows left out that hold a gap: 1" in found.notes


LOSSES = st.lists(st.integers(-WAD, 5 * WAD).map(Ratio), min_size=1, max_size=60)
LEVELS = st.integers(WAD // 2 + 1, WAD - 1).map(Ratio)


@given(LOSSES, LEVELS)
def test_the_shortfall_is_between_the_value_at_risk_and_the_worst(
    losses, level
) -> None:
    ordered = sorted(losses)
    assert quantile(ordered, level) <= shortfall(ordered, level) <= ordered[-1]


@given(LOSSES, LEVELS, st.integers(1, 1_000))
def test_returns_that_are_scaled_scale_both(losses, level, factor) -> None:
    """The shortfall, an average, to less than a wei of each."""
    ordered = sorted(losses)
    scaled = [factor * each for each in ordered]
    assert quantile(scaled, level) == factor * quantile(ordered, level)
    most = factor * shortfall(ordered, level)
    assert most - factor < shortfall(scaled, level) <= most


@given(LOSSES, LEVELS, LEVELS)
def test_a_higher_level_asks_for_no_less(losses, one, other) -> None:
    ordered, (low, high) = sorted(losses), sorted((one, other))
    assert quantile(ordered, low) <= quantile(ordered, high)
    assert shortfall(ordered, low) <= shortfall(ordered, high)


@given(st.lists(st.integers(1, 10**6), min_size=9, max_size=40))
def test_no_more_than_the_level_allows_lost_more_than_the_value_at_risk(
    prices,
) -> None:
    losses = sorted(map(fall, sample_of(series_of(*prices), MINUTE).windows))
    found = quantile(losses, THREE_QUARTERS)
    assert 4 * sum(each > found for each in losses) <= len(losses)
    # A smaller one would not do.
    assert 4 * sum(each >= found for each in losses) > len(losses)


@pytest.mark.parametrize(
    ("prices", "horizon", "level", "said"),
    [
        (
            range(100, 110),
            2 * MINUTE,
            ratio("0.9"),
            "prices.csv: is too short, 21 prices without a gap are needed: one in 10 "
            "windows is beyond the level 0.9, and 4 of 2m lie apart",
        ),
        (
            range(100, 140),
            MINUTE,
            ratio("0.975"),
            "is too short, 41 prices without a gap are needed",
        ),
        ([5, 6, -7, 8], MINUTE, THREE_QUARTERS, "prices.csv:4: price '-7' is not pos"),
        (WORKED, 30, THREE_QUARTERS, "prices.csv: has a price each 1m: no horizon of"),
        (WORKED, 0, THREE_QUARTERS, "prices.csv: has a price each 1m: no horizon of"),
        (WORKED, MINUTE, ratio("0.5"), "level: '0.5' is not between 0.5 and 1"),
        (WORKED, MINUTE, ratio("1"), "level: '1' is not between 0.5 and 1"),
        (WORKED, MINUTE, Ratio(-1), "level: '-0.000000000000000001' is not between"),
        ([5] * 50, MINUTE, ratio("0.9"), "loses nothing in 0.9 of all windows of 1m"),
    ],
)
def test_what_cannot_be_calibrated_is_told(write, prices, horizon, level, said) -> None:
    with pytest.raises(InputError) as refusal:
        calibrate(write(*prices), horizon, level)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("market", "path", "said"),
    [
        ("ETC", CRASH, "market.ETC: no such market; did you mean 'ETH'?"),
        ("E T", None, "market: 'E T' is no name"),
    ],
)
def test_a_market_that_is_not_there_is_told(write, market, path, said) -> None:
    scenario = None if path is None else load_scenario(path)
    with pytest.raises(InputError) as refusal:
        calibrate(
            write(*WORKED), MINUTE, THREE_QUARTERS, market=market, scenario=scenario
        )
    assert said in str(refusal.value)


def margins(im_base: str, maintenance_fraction: str, band: str) -> Margins:
    return Margins(ratio(im_base), ratio(maintenance_fraction), ratio(band))


@pytest.mark.parametrize(
    ("path", "risk", "asked", "expected", "reasons"),
    [
        # Nothing is in the way: 0.06 * 0.6 * 0.7 = 0.0252 is more than closing costs,
        # 0.002 + 0.004 + (100 + 2 * 850) / (2 * 100,000) = 0.015.
        (CRASH, "0.036", ("0.06", "0.6", "0.2"), ("0.06", "0.6", "0.2"), {}),
        # 0.03 * 0.6667 * 0.7 = 0.014 is not; 0.0321 makes 0.01498, and is not yet.
        (
            CRASH,
            "0.02",
            ("0.03", "0.6667", "0.2"),
            ("0.0322", "0.6667", "0.2"),
            {"im_base": "the law is im_base * maintenance_fraction * critical_"},
        ),
        # A call at 1.25 times the maintenance margin must not come at the initial one:
        # 0.8 at most. What is kept of 0.045 as maintenance then needs 0.05625.
        (
            CRASH,
            "0.045",
            ("0.05", "0.9", "0.2"),
            ("0.0563", "0.8", "0.2"),
            {
                "maintenance_fraction": "the law is maintenance_fraction * protocol.",
                "im_base": "it makes up for maintenance_fraction",
            },
        ),
        # The largest stress up is 0.0764: the fraction makes up, 0.042 / 0.0764.
        (
            HEDGE,
            "0.042",
            ("0.0833", "0.5043", "0.2"),
            ("0.0764", "0.5498", "0.2"),
            {
                "im_base": "the law is of the shocks of a market",
                "maintenance_fraction": "it makes up for im_base",
            },
        ),
        # But for a call, and then the maintenance margin is less than the risk.
        (
            HEDGE,
            "0.07",
            ("0.0833", "0.8404", "0.2"),
            ("0.0764", "0.8", "0.2"),
            {
                "im_base": "the law is of the shocks of a market",
                "maintenance_fraction": "the law is maintenance_fraction * protocol.",
            },
        ),
        # Closing costs 0.003 + (200 + 2 * 2,000) / (2 * 2,000,000) = 0.00405 at most:
        # of a floor of 0.02, and of that 0.8, a part of more than 0.253125 is left.
        (
            HEDGE,
            "0.006",
            ("0.06", "0.1", "0.2"),
            ("0.06", "0.2532", "0.2"),
            {"maintenance_fraction": "the law is protocol.portfolio.floor * mainten"},
        ),
        # A fraction so small that no initial margin would be enough: it grows itself.
        (
            CRASH,
            "0.008",
            ("0.8", "0.01", "0.2"),
            ("0.8", "0.0268", "0.2"),
            {"maintenance_fraction": "the law is im_base * maintenance_fraction * cr"},
        ),
        (
            CRASH,
            "0.7",
            ("1.4", "0.5", "0.6"),
            ("1", "0.7", "0.5"),
            {
                "im_base": "the law is im_base <= 1",
                "maintenance_fraction": "it makes up for im_base",
                "band": "the law is 2 * band <= 1",
            },
        ),
    ],
)
def test_what_a_law_does_not_admit_is_moved_and_told(
    path, risk, asked, expected, reasons
) -> None:
    scenario = load_scenario(path)
    found, bounds = held(margins(*asked), ratio(risk), scenario, "ETH")
    assert found == margins(*expected)
    given_reasons = {each.parameter: each.reason for each in bounds}
    assert given_reasons.keys() == reasons.keys()
    for parameter, reason in reasons.items():
        assert given_reasons[parameter].startswith(reason)
    check_laws(with_margins(scenario, "ETH", found))


def test_without_a_scenario_only_bounds_are_asked() -> None:
    asked = margins("0.0001", "0.9", "0.2")
    assert held(asked, ratio("0.00009"), None, "ETH") == (asked, ())


@given(
    st.sampled_from([(CRASH, "ETH"), (CRASH, "BTC"), (HEDGE, "ETH")]),
    st.integers(1, 20_000),
    st.integers(1, 20_000),
    st.integers(1, 10_000),
)
@example((CRASH, "ETH"), 1, 47, 1)
@example((CRASH, "ETH"), 4, 223, 1)
@settings(max_examples=60)
def test_what_is_held_is_lawful(place, risk, beyond, band) -> None:
    """
    And asks no less than the prices do, but where a law caps it: a larger number is
    against that law.
    """
    path, name = place
    scenario = LOADED[path]
    value_at_risk = Ratio(min(risk, beyond) * GRAIN)
    asked = margins_for(
        value_at_risk, Ratio(max(risk, beyond) * GRAIN), Ratio(band * GRAIN)
    )
    found, bounds = held(asked, value_at_risk, scenario, name)
    check_laws(with_margins(scenario, name, found))
    lowered = {each.parameter for each in bounds if each.lawful < each.asked}
    if found.maintenance < value_at_risk:
        lowered |= {"im_base", "maintenance_fraction"}
    elif "maintenance_fraction" in lowered:
        lowered.remove("maintenance_fraction")
    for parameter in lowered:
        more = getattr(found, parameter) + Ratio(GRAIN)
        tried = with_margins(scenario, name, replace(found, **{parameter: more}))
        with pytest.raises(ScenarioError):
            check_laws(tried)


def test_laws_that_leave_no_room_for_four_decimals_are_told() -> None:
    """
    Closing costs 0.0128008 at most, for which the fraction must be above 0.80005; but a
    call at 1.2499 times the margin lets it be 0.80006 at most, of four decimals 0.8.
    """
    scenario = load_scenario(
        HEDGE,
        [
            "protocol.margin_call.ratio=1.2499",
            "market.ETH.liquidation.insurance_share=0.0107508",
            "market.ETH.margin.maintenance_fraction=0.800055",
        ],
    )
    check_laws(scenario)
    with pytest.raises(ScenarioError, match=r"ETH: refused with FloorTooLow"):
        held(margins("0.06", "0.6", "0.2"), ratio("0.036"), scenario, "ETH")


@pytest.mark.parametrize(
    ("parameter", "most"),
    [
        ("im_base", MOST_RATIO),
        ("maintenance_fraction", MOST_RATIO),
        ("band", MOST_BAND),
    ],
)
def test_the_bounds_are_those_of_the_laws(parameter, most) -> None:
    """With no call, or the fraction could not be so large."""
    scenario = load_scenario(CRASH, ["protocol.margin_call.ratio=1"])
    lawful = margins("0.1", "0.6", "0.2")
    check_laws(with_margins(scenario, "ETH", replace(lawful, **{parameter: most})))
    beyond = replace(lawful, **{parameter: most + Ratio(1)})
    with pytest.raises(ScenarioError, match=rf"the law is .*\b{parameter}\b"):
        check_laws(with_margins(scenario, "ETH", beyond))


@pytest.mark.parametrize("how", ["given", "pasted"])
def test_a_scenario_with_the_fragment_is_lawful_and_runs(write, how, tmp_path) -> None:
    found = calibrate(write(*WORKED), MINUTE, THREE_QUARTERS, market="BTC")
    text = fragment(found)
    assert text == (
        "# What prices.csv asks for: horizon 1m, level 0.75.\n"
        '[market.BTC.margin]\nim_base = "0.275"\nmaintenance_fraction = "0.7273"\n\n'
        '[market.BTC.feed]\nband = "0.3"\n'
    )
    if how == "given":
        (tmp_path / "margin.toml").write_text(text)
        prepared = prepare(CRASH, [*SMALL, f"@{tmp_path / 'margin.toml'}"])
    else:
        old, values = CRASH.read_text(), re.findall(r"^(\w+) = (.*)$", text, re.M)
        head, btc, body = old.partition("[market.BTC.pricing]")
        for key, value in values:
            body, times = re.subn(
                rf"^{key} = .*$", f"{key} = {value}", body, flags=re.M
            )
            assert times == 1
        (tmp_path / "pasted.toml").write_text(head + btc + body)
        prepared = prepare(tmp_path / "pasted.toml", SMALL)
    _, market = prepared.scenario.markets
    assert market.params.margin.im_base == ratio("0.275")
    assert market.params.margin.maintenance_fraction == ratio("0.7273")
    assert market.feed.band == ratio("0.3")
    done = run(prepared, tmp_path / "run", max_calls=80)
    assert done.summary["conservation_violations"] == 0


def test_what_is_told_reads_back_exactly(write) -> None:
    found = told(calibrate(write(*WORKED), MINUTE, THREE_QUARTERS))
    assert json.loads(json.dumps(found)) == found
    assert found["sides"][0]["expected_shortfall"] == "0.275"
    assert found["lawful"]["maintenance_fraction"] == "0.7273"
    assert (found["windows"], found["windows_apart"]) == (8, 8)
    assert found["scenario"] is None
    assert "no scenario was given" in found["notes"][-1]


def test_black_thursday_asks_for_what_was_measured_elsewhere(price_files) -> None:
    """
    The worst minute of BitMEX from 2020 to 2023 was in these ten days: a rise of
    0.18411, of which the bars are not the file's. So was the worst five minutes up.
    """
    path = price_files / "bitmex_XBTUSD_1m_2020-03_black_thursday.csv.gz"
    measured = json.loads(
        (
            price_files.parent / "adverse_move_quantiles_bitmex_2020_2023.json"
        ).read_text()
    )
    found = calibrate(path, 5 * MINUTE, ratio("0.975"), scenario=LOADED[CRASH])
    assert abs(int(found.worst_round) / WAD - measured["1m"]["up"]["1"]) < 1e-6
    longs, shorts = found.tails
    worst = measured["5m"]
    assert int(longs.worst) / WAD <= worst["down"]["1"]
    assert int(shorts.worst) / WAD <= worst["up"]["1"]
    # In a crash the tail is fatter than in three years.
    assert int(longs.value_at_risk) / WAD > worst["down"]["0.99"]
    assert found.lawful.im_base >= found.asked.im_base
    assert found.lawful.maintenance >= longs.value_at_risk
    assert "a bar reports its close only" in found.notes[0]


@pytest.mark.parametrize(
    ("place", "name", "horizon", "path", "holdout"),
    [
        (0, "bitmex_XBTUSD_1m_2020-03_black_thursday", 300, CRASH, None),
        (1, "binance_usdm_ETHUSDT_1h-futures_2023-01_2025-12", 3_600, None, "0.3"),
    ],
)
def test_the_page_shows_what_is_printed(
    price_files, capsys, place, name, horizon, path, holdout
) -> None:
    prices = price_files / f"{name}.csv.gz"
    found = calibrate(
        prices,
        horizon,
        ratio("0.975"),
        scenario=LOADED.get(path),
        holdout=None if holdout is None else ratio(holdout),
    )
    print_calibration(found, None if holdout else Path("margin.toml"))
    out = capsys.readouterr().out
    for name_of_file in (str(prices), prices.name):
        out = out.replace(name_of_file, "prices.csv.gz")
    printed = [line.rstrip() for line in out.splitlines()]
    page = SCENARIOS.parent / "docs" / "how-to" / "designer.md"
    blocks = re.findall(r"^```text\n(.*?)^```", page.read_text(), re.M | re.S)
    shown = blocks[place].splitlines()
    start = printed.index(shown[0])
    assert shown == printed[start : start + len(shown)]
