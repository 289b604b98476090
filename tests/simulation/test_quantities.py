"""
Numbers as people write them: exact both ways, and refused where they are not.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.fixed_point import WAD
from simulation.quantities import (
    format_duration,
    format_moment,
    format_wads,
    nearest_wads,
    parse_amount,
    parse_duration,
    parse_moment,
    parse_ratio,
    parse_wads,
    read_number,
)

WADS = st.integers(-(2**255), 2**255 - 1)


@given(WADS)
@example(0)
@example(1)
@example(-1)
@example(-WAD // 10)
@example(WAD)
def test_wads_are_read_as_they_are_written(wads) -> None:
    assert parse_wads(format_wads(wads)) == wads


@given(WADS.filter(lambda wads: abs(wads) < 10**78))
def test_a_number_of_a_file_is_read_exactly_too(wads) -> None:
    assert nearest_wads(read_number(format_wads(wads))) == (wads, True)


@given(st.integers(0, 2**40))
def test_a_time_span_is_read_as_it_is_written(seconds) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.integers(0, 10**11 - 1))
def test_a_moment_is_read_as_it_is_written(seconds) -> None:
    assert parse_moment(format_moment(seconds)) == seconds


def test_numbers_are_plain_decimals() -> None:
    assert parse_wads("1_000.5") == 10_005 * WAD // 10
    assert parse_wads("-0.000000000000000001") == -1
    for text in ["", "1e3", "nan", "1,000", ".5", "1.", "1__0", "0x10", "\u0661"]:
        with pytest.raises(ValueError, match="is not a plain decimal number"):
            parse_wads(text)
    with pytest.raises(ValueError, match="has more than 18 decimals"):
        parse_wads("0.0000000000000000001")


@pytest.mark.parametrize(
    ("text", "meant"),
    [("5 %", "0.05"), ("5%", "0.05"), ("12.5 percent", "0.125"), ("7 bps", "0.0007")],
)
def test_a_ratio_on_another_scale_is_refused_with_the_right_one(text, meant) -> None:
    with pytest.raises(ValueError, match=f"write '{meant}'"):
        parse_ratio(text)


def test_an_amount_has_its_own_unit_or_none() -> None:
    assert parse_amount("1_000 USDC", "USDC") == 1_000 * WAD
    assert parse_amount("1_000USDC", "USDC") == 1_000 * WAD
    assert parse_amount("0.1/day", "/ day") == WAD // 10
    assert parse_amount("12", "ETH") == 12 * WAD
    with pytest.raises(ValueError, match="'12 BTC' is in 'BTC', not in 'ETH'"):
        parse_amount("12 BTC", "ETH")
    with pytest.raises(ValueError, match="does not begin with a number"):
        parse_amount("USDC 5", "USDC")
    with pytest.raises(ValueError, match="'5 x' has the unit 'x', a ratio has none"):
        parse_ratio("5 x")


def test_time_spans_add_up_their_parts() -> None:
    spans = ["30s", "10m", "8h", "2d", "1w", "1h 30m", "1h30m", "1_000s"]
    seconds = [30, 600, 28_800, 172_800, 604_800, 5_400, 5_400, 1_000]
    assert [parse_duration(span) for span in spans] == seconds
    for text in ["", "30", "1.5h", "-1h", "8 hours", "h", "30s x"]:
        with pytest.raises(ValueError, match="is not a time span such as '30s'"):
            parse_duration(text)


def test_moments_are_in_utc() -> None:
    for text in ["2020-09-13T12:26:40Z", "2020-09-13 14:26:40+02:00", "1600000000"]:
        assert parse_moment(text) == 1_600_000_000
    assert parse_moment("2020-09-13") == 1_599_955_200
    for value in ["soon", True, -1, 10**11, 1.5, "1969-12-31", "2020-01-01T00:00:00.5"]:
        with pytest.raises(ValueError, match=r"is neither|is not a"):
            parse_moment(value)
