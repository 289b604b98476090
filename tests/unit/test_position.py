"""
Positions, worked by hand, on both sides.
"""

from __future__ import annotations

from protocol import position
from protocol.position import Position
from tests.twin.twins import both
from tests.unit.worked import wad

NONE = Position(0, 0, 0)


def test_a_position_remembers_what_was_paid_and_where_the_index_stood() -> None:
    """Ten bought at 2021 where the index is 3: -20210 of quote and 10 * 3 = 30."""
    bought = both(position, "traded", NONE, wad("10"), wad("2021"), wad("3"))
    # A size times an index is not divided, so that sums of it are exact.
    assert bought == Position(wad("10"), -wad("20210"), wad("10") * wad("3"))


def test_profit_is_the_change_of_the_price_less_the_growth_of_the_index() -> None:
    """
    Ten bought at 2021 and index 3, at 2100 and index 5: 10 * 79 - 10 * 2 = 770. Sold
    instead, the signs turn: -790 + 20 = -770.
    """
    held = Position(wad("10"), -wad("20210"), wad("10") * wad("3"))
    assert both(position, "profit", held, wad("2100"), wad("5")) == wad("770")
    held = Position(-wad("10"), wad("20210"), -wad("10") * wad("3"))
    assert both(position, "profit", held, wad("2100"), wad("5")) == -wad("770")


def test_quote_and_profit_are_rounded_against_the_holder() -> None:
    """
    A wei at 1.5 costs 2 wei and sells for 1. What is left of a long wei worth 0.5 is
    0, and of a short one -1.
    """
    assert both(position, "traded", NONE, 1, wad("1.5"), 0).quote == -2
    assert both(position, "traded", NONE, -1, wad("1.5"), 0).quote == 1
    assert both(position, "profit", Position(1, 0, 0), wad("0.5"), 0) == 0
    assert both(position, "profit", Position(-1, 0, 0), wad("0.5"), 0) == -1


def test_a_reduction_keeps_the_side() -> None:
    for before, after, is_reduced in [
        (10, 9, True),
        (10, 0, True),
        (-10, -9, True),
        (10, 10, False),
        (10, 11, False),
        (10, -1, False),
        (-10, 1, False),
        (0, 0, False),
    ]:
        assert both(position, "is_reduced", before, after) == is_reduced
