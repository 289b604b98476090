"""
Margins, worked by hand, on both sides.
"""

from __future__ import annotations

from protocol import margin
from protocol.fixed_point import WAD
from tests.twin.twins import both
from tests.unit.worked import MARGIN, PRICING, wad

SCALE = PRICING.skew_scale


def initial(size: str, open_interest: str) -> int:
    return both(
        margin,
        "initial_margin",
        wad(size),
        wad("2000"),
        wad("0.11"),
        wad(open_interest),
        wad("1"),
        MARGIN,
    )


def test_the_ratio_grows_with_the_position() -> None:
    """0.109 + 10 / 10000 = 0.11, and never more than 1: 0.109 + 8910 / 10000."""
    for size in ("10", "-10"):
        ratio = both(margin, "size_ratio", wad(size), SCALE, MARGIN)
        assert ratio == wad("0.11")
    assert both(margin, "size_ratio", wad("8910"), SCALE, MARGIN) == wad("1")
    assert both(margin, "size_ratio", wad("8911"), SCALE, MARGIN) == wad("1")


def test_the_initial_ratio_grows_with_the_open_interest() -> None:
    """Up to 100 it is 0.109, from 200 on 1, half of the way 0.109 + 0.891 / 2."""
    ratios = [
        both(margin, "open_interest_ratio", wad(size), MARGIN)
        for size in ("0", "100", "150", "200", "300")
    ]
    assert ratios == [wad(each) for each in ("0.109", "0.109", "0.5545", "1", "1")]


def test_initial_margin_takes_the_larger_ratio() -> None:
    """Ten at 2000 are 20000: 11 % of it is 2200, or 55.45 % is 11090."""
    assert initial("10", "50") == wad("2200")
    assert initial("-10", "150") == wad("11090")


def test_maintenance_margin_does_not_know_the_open_interest() -> None:
    """Half of 2200."""
    for size in ("10", "-10"):
        asked = both(
            margin, "maintenance_margin", wad(size), wad("2000"), wad("0.11"), MARGIN
        )
        assert asked == wad("1100")


def test_requirements_are_rounded_up_at_every_product() -> None:
    """
    A wei of base at 0.1 is a wei of value, not a tenth; of that 0.1 is a wei again, and
    half of it too.
    """
    assert both(margin, "notional", -1, wad("0.1")) == 1
    ratio = both(margin, "size_ratio", 1, SCALE, MARGIN)
    assert both(margin, "initial_margin", 1, wad("0.1"), ratio, 0, WAD, MARGIN) == 1
    assert both(margin, "maintenance_margin", 1, wad("0.1"), ratio, MARGIN) == 1
