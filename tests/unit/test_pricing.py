"""
Prices of trades, worked by hand, on both sides.
"""

from __future__ import annotations

from protocol import pricing
from tests.twin.twins import both
from tests.unit.worked import PRICING, wad

SCALE = PRICING.skew_scale


def executed(index: str, mark: str, confidence: str, size_delta: str) -> int:
    return both(
        pricing,
        "execution_price",
        wad(index),
        wad(mark),
        wad(confidence),
        wad(size_delta),
        PRICING,
    )


def filled(skew: str, size_delta: str) -> int:
    return both(pricing, "fill_price", wad("2000"), wad(skew), wad(size_delta), SCALE)


def test_the_spread_is_as_wide_as_the_oracle_is_unsure() -> None:
    """2000 + 5 and 2000 - 5."""
    assert executed("2000", "2000", "5", "1") == wad("2005")
    assert executed("2000", "2000", "5", "-1") == wad("1995")


def test_the_spread_has_a_bound() -> None:
    """A confidence of 50 counts up to 1 % of 2000, which is 20."""
    assert executed("2000", "2000", "50", "1") == wad("2020")


def test_a_tripped_price_is_the_worse_one_for_the_trader() -> None:
    """The index has left the band at 3000, the mark is held at 2500."""
    assert executed("3000", "2500", "5", "-1") == wad("2495")
    assert executed("3000", "2500", "5", "1") == wad("3005")


def test_a_trade_pays_for_the_skew_that_it_meets_and_half_of_what_it_adds() -> None:
    """
    Ten bought at a skew of 100: on the way from 100 to 110 the mean skew is 105, and
    2000 * (1 + 105 / 10000) = 2021.
    """
    assert filled("100", "10") == wad("2021")


def test_a_round_trip_gains_nothing() -> None:
    """Sold again from 110 the mean skew is 105 as before: 2021 once more."""
    assert filled("110", "-10") == wad("2021")


def test_who_shrinks_the_skew_is_paid_for_it() -> None:
    """Ten bought from -100 to -90: 2000 * (1 - 95 / 10000) = 1981."""
    assert filled("-100", "10") == wad("1981")


def test_a_trade_through_zero_has_one_price() -> None:
    """Ten bought at -5: from -5 to 5, the mean skew is 0, and the price 2000."""
    assert filled("-5", "10") == wad("2000")


def test_a_fill_is_rounded_against_the_trader() -> None:
    """A wei at a price of 3 wei: a little above 3 is 4, a little below is 2."""
    assert both(pricing, "fill_price", 3, 0, 1, SCALE) == 4
    assert both(pricing, "fill_price", 3, 0, -1, SCALE) == 2


def test_the_premium_is_what_closing_the_skew_refunds() -> None:
    """
    A skew of 100 or of -100: 100 * 100 / 20000 = 0.5 of base, at 2000 that is 1000.
    Closing 100 at once fills at 2000 * (1 + 50 / 10000) = 2010, ten above 2000 on each.
    """
    assert both(pricing, "premium", wad("2000"), wad("100"), SCALE) == wad("1000")
    assert both(pricing, "premium", wad("2000"), wad("-100"), SCALE) == wad("1000")
    assert filled("100", "-100") == wad("2010")


def test_the_premium_is_rounded_up_twice() -> None:
    """A skew of a wei: next to nothing is a wei of base, at 0.1 a wei of quote."""
    assert both(pricing, "premium", wad("0.1"), 1, SCALE) == 1
