"""
Fees of trades, worked by hand, on both sides.
"""

from __future__ import annotations

from protocol import fee
from tests.twin.twins import both
from tests.unit.worked import FEE, wad


def charged(skew: str, size_delta: str) -> int:
    return both(fee, "trade_fee", wad("2000"), wad(skew), wad(size_delta), FEE)


def test_who_grows_the_skew_takes() -> None:
    """Five at 2000 are 10000, of which 0.1 % is 10."""
    assert charged("3", "5") == wad("10")
    assert charged("0", "-5") == wad("10")


def test_who_shrinks_the_skew_makes() -> None:
    """0.05 % of 10000 is 5."""
    assert charged("-8", "5") == wad("5")


def test_who_turns_the_skew_over_does_both() -> None:
    """
    From -3 to 2: three are made, 6000 * 0.05 % = 3; two are taken, 4000 * 0.1 % = 4.
    """
    assert charged("-3", "5") == wad("7")


def test_a_fee_is_rounded_up_twice() -> None:
    """
    A wei of base at 1.5 is 2 wei of value, and 0.1 % of that is a wei: who trades
    anything pays something.
    """
    assert both(fee, "fee_on", 1, wad("1.5"), FEE.taker) == 1
    assert both(fee, "trade_fee", wad("1.5"), 0, 1, FEE) == 1
