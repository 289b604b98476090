"""
Price files: what is read from them, and which line is named when one cannot be.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from protocol.fixed_point import WAD
from simulation.errors import InputError, PriceFileError
from simulation.prices import Gap, PriceSeries, Tick, glitched, read_prices

MINUTE = 60
OPENED = 1_600_000_020

KLINES = """\
Close,Open Time,HIGH,low,open,volume
101.5,1600000020000,102,99,100,7
100.000000000000000001,1600000080000,103,98.5,101.5,8
"""


@pytest.fixture
def write(tmp_path):
    """Put a text, or bytes, into a file."""

    def write_file(content: str | bytes, name: str = "prices.csv") -> Path:
        path = tmp_path / name
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return path

    return write_file


def points(*rows: str) -> str:
    """A file of times and prices."""
    return "\n".join(["time,price", *rows]) + "\n"


def times(series: PriceSeries) -> list[int]:
    return [tick.time for tick in series.ticks]


def test_a_bar_reports_its_close_when_it_ends(write) -> None:
    series = read_prices(write(KLINES))
    assert series.ticks == (
        Tick(OPENED + MINUTE, 1015 * WAD // 10),
        Tick(OPENED + 2 * MINUTE, 100 * WAD + 1),
    )
    assert series.notes == (
        "a bar reports its close only: closes lie within 100.000000000000000001 and "
        "101.5, extremes within 98.5 and 103",
    )


def test_a_bar_reports_its_four_prices_the_far_extreme_first(write) -> None:
    """The first bar rises, so its low comes before its high; the second falls."""
    series = read_prices(write(KLINES), bar="ohlc")
    assert times(series) == [OPENED + 15 * quarter for quarter in range(1, 9)]
    assert [tick.price * 2 // WAD for tick in series.ticks] == [
        200, 198, 204, 203, 203, 206, 197, 200
    ]  # fmt: skip


def test_gzip_is_known_by_its_content_not_its_name(write) -> None:
    packed = write(gzip.compress(KLINES.encode()), "packed.csv")
    plain = write(KLINES, "plain.csv.gz")
    assert read_prices(packed) == read_prices(plain)


@pytest.mark.parametrize(
    "rows",
    [
        ["1600000000,1", "1600000060,2"],
        ["1600000000000,1", "1600000060000,2"],
        ["1600000000000000,1", "1600000060000000,2"],
        ["2020-09-13T12:26:40Z,1", "2020-09-13 14:27:40+02:00,2"],
        ["2020-09-13 12:26:40,1", "2020-09-13 12:27:40,2"],
        ["1.6e9,1", "1600000060.0,2"],
    ],
)
def test_times_are_seconds_or_parts_of_one_or_iso(write, rows) -> None:
    assert times(read_prices(write(points(*rows)))) == [1_600_000_000, 1_600_000_060]


@pytest.mark.parametrize("name", ["price", "oraclePrice", "Close", "INDEX", "value"])
def test_one_column_of_prices_goes_by_many_names(write, name) -> None:
    series = read_prices(write(f"when,{name},Date\nx,1,2021-01-01\ny,2,2021-01-02\n"))
    assert [tick.price for tick in series.ticks] == [WAD, 2 * WAD]


def test_the_column_of_prices_can_be_named(write) -> None:
    joined = (
        "ts,open_a,high_a,low_a,close_a,mid\n"
        "0,1,1,1,1,7\n"
        "60,2,2,2,2,8\n"
    )  # fmt: skip
    path = write(joined)
    assert read_prices(path, column="mid").ticks == (
        Tick(0, 7 * WAD),
        Tick(60, 8 * WAD),
    )
    bars = read_prices(path, column="Close_A")
    assert bars.ticks == (Tick(60, WAD), Tick(120, 2 * WAD))


def test_a_price_counts_from_the_next_second_and_the_last_in_it_stays(write) -> None:
    rows = ["1600000000001,1", "1600000000999,2", "1600000001000,3", "1600000001001,4"]
    series = read_prices(write(points(*rows)))
    assert series.ticks == (Tick(1_600_000_001, 3 * WAD), Tick(1_600_000_002, 4 * WAD))
    assert series.notes == ("prices followed by another in the same second: 2",)


def test_digits_beyond_the_18th_decimal_are_cut_and_counted(write) -> None:
    series = read_prices(write(points("0,1.0000000000000000019", "1,1e-18")))
    assert [tick.price for tick in series.ticks] == [WAD + 1, 1]
    assert series.notes == ("prices cut at the 18th decimal: 1",)


def test_a_missing_bar_is_a_gap_and_one_that_did_not_move_is_not(write) -> None:
    header = "time,open,high,low,close"
    rows = [f"{time},1,1,1,1" for time in (0, 60, 120, 180, 300, 360)]
    series = read_prices(write("\n".join([header, *rows])))
    assert series.gaps == (Gap(240, 360),)
    assert "gaps: 1, the longest 2m from 1970-01-01T00:04:00Z" in series.notes


def test_regular_prices_may_be_half_a_spacing_late(write) -> None:
    at = [*range(0, 1_200, 60), 1_230, 1_321]
    series = read_prices(write(points(*(f"{time},1" for time in at))))
    assert series.gaps == (Gap(1_230, 1_321),)


def test_irregular_prices_may_be_a_hundred_times_the_median_late(write) -> None:
    at = [0, 1, 3, 6, 8, 208, 409]
    series = read_prices(write(points(*(f"{time},1" for time in at))))
    assert series.gaps == (Gap(208, 409),)


def test_the_longest_wait_can_be_stated(write) -> None:
    path = write(points("0,1", "60,1", "120,1", "200,1"))
    assert read_prices(path, longest_wait=79).gaps == (Gap(120, 200),)
    assert read_prices(path, longest_wait=80).gaps == ()


def test_a_part_begins_with_the_price_known_at_its_start(write) -> None:
    series = PriceSeries(
        (Tick(0, 5), Tick(60, 6), Tick(300, 7)), (Gap(60, 300),), ("n",)
    )
    part = series.between(30, 200)
    assert part == PriceSeries((Tick(30, 5), Tick(60, 6)), (Gap(60, 200),), ("n",))
    assert series.covers(0, 300)
    assert not series.covers(0, 301)
    assert not series.covers(-1, 300)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("", None, "is empty"),
        ("time,price\n", None, "has no row of prices, two are needed"),
        ("time,price\n1,2\n", None, "has one row of prices, two are needed"),
        ("when,price\n1,2\n", 1, "no column of times: has when, price; accepts tsms"),
        ("time,bid\n1,2\n", 1, "no column of prices: has time, bid; accepts price"),
        ("time,open,high,low\n", 1, "no column of prices: has time, open, high, low"),
        ("time;price\n1;2\n", 1, "has cells apart by ';': put ',' between them"),
        ("time\tprice\n1\t2\n", 1, "has cells apart by '\\t': put ',' between them"),
        ("time,price,index\n", 1, "several columns of prices: price, index"),
        ("time,price,Price\n", 1, "has 2 columns named 'price'"),
        (points("1,2", "2"), 3, "has 1 cells where the header has 2"),
        (points("1,2", "2,3,4"), 3, "has 3 cells where the header has 2"),
        (points("1,2", "", "2,3"), 3, "is an empty line between rows"),
        (points("1,2", "2,x"), 3, "price 'x' is not a number"),
        (points("1,2", "2,"), 3, "price '' is not a number"),
        (points("1,2", "2,nan"), 3, "price 'nan' is not a number"),
        (points("1,2", "2,-inf"), 3, "price '-inf' is not a number"),
        (points("1,2", "2,1_0"), 3, "price '1_0' is not a number"),
        (points("1,2", "2,1e-19"), 3, "price '1e-19' is not positive"),
        (points("1,2", "2,0.0"), 3, "price '0.0' is not positive"),
        (points("1,2", "2,-3"), 3, "price '-3' is not positive"),
        (points("1,2", "2,4e10"), 3, "price '4e10' is not below 2**95 wads"),
        (points("1,2", "2,1e999"), 3, "is too large"),
        (points("1,2", "1,3"), 3, "time '1' repeats the one of line 2"),
        (points("2,2", "3,2", "1,3"), 4, "time '1' precedes the one of line 3"),
        (points("1,2", "soon,3"), 3, "time 'soon' is not a number of seconds"),
        (points("1,2", "-2,3"), 3, "time '-2' is not a number of seconds"),
        (points("1,2", "1e17,3"), 3, "time '1e17' is not a number of seconds"),
        (
            points("1,2", "160000000000,3"),
            3,
            "is in milliseconds, the rows before in s",
        ),
        (
            points("1,2", "2020-01-01,3"),
            3,
            "is in ISO 8601, the rows before in seconds",
        ),
        (points("1,2", '2,"3'), 3, "is no row"),
        (b"time,price\n1,2\n2,\xff\n", 3, "is neither UTF-8 nor gzip"),
        (gzip.compress(KLINES.encode(), mtime=0)[:-9], None, "is damaged gzip"),
        (b"\x1f\x8b\x08", None, "is damaged gzip"),
        (
            "time,open,high,low,close\n0,1,2,1,1\n60,1,2,3,1\n",
            3,
            "high '2' is below low",
        ),
        (
            "time,open,high,low,close\n0,1,1,1,1\n60,1,1,1,1\n90,1,1,1,1\n150,1,1,1,1\n",
            4,
            "opens 30 s after line 3 while bars last 60 s",
        ),
    ],
)
def test_a_fault_is_refused_with_its_line(write, content, line, message) -> None:
    path = write(content)
    with pytest.raises(PriceFileError) as refused:
        read_prices(path)
    assert refused.value.line == line
    assert message in refused.value.message
    where = str(path) if line is None else f"{path}:{line}"
    assert str(refused.value) == f"{where}: {refused.value.message}"


def test_a_file_that_is_not_there_is_refused_with_its_name(tmp_path) -> None:
    with pytest.raises(InputError, match=r"nothing\.csv: cannot be read: No such file"):
        read_prices(tmp_path / "nothing.csv")


def test_a_column_that_is_not_there_is_refused(write) -> None:
    with pytest.raises(PriceFileError, match=r"no column 'spot': has time, price$"):
        read_prices(write(points("1,2")), column="spot")


# What the recordings are said to hold: rows, and gaps where there are any.
RECORDED = {
    "binance_spot_BTCUSDT_1h_2021-04_2023-12.csv.gz": (23_988, 5),
    "binance_spot_BTCUSDT_1m_2021-05-10_20.csv.gz": (15_641, 0),
    "binance_spot_ETHUSDT_1h_2021-04_2023-12.csv.gz": (23_989, 5),
    "binance_spot_ETHUSDT_1m_2021-05-10_20.csv.gz": (15_639, 0),
    "binance_spot_SOLUSDT_3m_2022-11-01_20.csv.gz": (9_600, 0),
    "binance_usdm_BTCUSDT_1h-futures_2023-01_2025-12.csv.gz": (25_696, 0),
    "binance_usdm_ETHUSDT_1h-futures_2023-01_2025-12.csv.gz": (25_696, 0),
    "bitmex_XBTUSD_1m_2020-03_black_thursday.csv.gz": (14_400, 0),
    "drift_pyth_oracle_lunaCrash.csv.gz": (50_000, 2),
    "pair_bitmexperp_binancespot_1m_2021-05-19.csv.gz": (5_561, 0),
}


@pytest.fixture
def recordings() -> Path:
    """The folder of real price files, which are not part of the project."""
    folder = os.environ.get("PERPSPEC_DATA")
    if not folder:
        pytest.skip("PERPSPEC_DATA does not name the folder of real prices")
    return Path(folder) / "prices"


def test_every_recording_is_known(recordings) -> None:
    assert {path.name for path in recordings.iterdir()} == set(RECORDED)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_gives_a_tick_a_row(recordings, name) -> None:
    column = "close_perp" if name.startswith("pair") else None
    series = read_prices(recordings / name, column=column)
    rows, gaps = RECORDED[name]
    assert len(series.ticks) == rows
    assert len(series.gaps) == gaps


def test_the_bars_missing_from_an_exchange_under_maintenance_are_twelve(
    recordings,
) -> None:
    path = recordings / "binance_spot_BTCUSDT_1h_2021-04_2023-12.csv.gz"
    gaps = read_prices(path).gaps
    assert sum((gap.end - gap.start) // 3_600 - 1 for gap in gaps) == 12


def test_the_oracle_of_luna_stood_still_for_5_019_seconds(recordings) -> None:
    series = read_prices(recordings / "drift_pyth_oracle_lunaCrash.csv.gz")
    assert Gap(1_652_274_924, 1_652_274_924 + 5_019) in series.gaps


def test_bitmex_recorded_flat_bars_through_its_outage(recordings) -> None:
    """From 02:16 to 02:29 every bar is there, within 7.5 of 3,607 and hardly traded."""
    path = recordings / "bitmex_XBTUSD_1m_2020-03_black_thursday.csv.gz"
    series = read_prices(path)
    outage = [
        tick.price
        for tick in series.ticks
        if 1_584_065_760 < tick.time <= 1_584_066_600
    ]
    assert len(outage) == 14
    assert min(outage) == 3_607 * WAD
    assert max(outage) == 36_145 * WAD // 10
    assert "bars that open outside their low and high: 378" in series.notes


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [
        (100, 130, {100: 60, 130: 102, 160: 104}),
        (110, 140, {100: 100, 110: 60, 130: 61, 140: 102, 160: 104}),
        (130, 1_000, {100: 100, 130: 61, 160: 62}),
        (160, 190, {100: 100, 130: 102, 160: 62}),
    ],
)
def test_a_glitch_is_laid_over_prices_and_ends(start, end, wrong) -> None:
    ticks = (Tick(100, 100 * WAD), Tick(130, 102 * WAD), Tick(160, 104 * WAD))
    series = glitched(PriceSeries(ticks), start, end, -4 * WAD // 10)
    assert {tick.time: tick.price // WAD for tick in series.ticks} == wrong
