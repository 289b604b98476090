"""
Medians and what they leave unsure, worked by hand, on both sides.
"""

from __future__ import annotations

from protocol import quorum
from tests.twin.twins import both
from tests.unit.worked import wad


def median(*prices: str) -> int:
    return both(quorum, "median", [wad(each) for each in prices])


def test_a_median_is_the_middle_one() -> None:
    assert median("2010", "1990", "2000") == wad("2000")
    assert median("1990", "2000", "2010", "0.01", "90000") == wad("2000")


def test_of_an_even_number_it_is_the_mean_of_the_middle_two() -> None:
    """(2000 + 2010) / 2 = 2005; and of 1 and 2 wei it is rounded down."""
    assert median("2010", "1990", "2000", "90000") == wad("2005")
    assert both(quorum, "median", [2, 1]) == 1


def test_a_round_is_as_unsure_as_its_reporters_or_their_distances() -> None:
    """From 2000 the prices are 10, 0 and 30 away, of which 10 is the middle one."""
    prices = [wad("1990"), wad("2000"), wad("2030")]

    def confidence(*admitted: str) -> int:
        said = [wad(each) for each in admitted]
        return both(quorum, "round_confidence", prices, said, wad("2000"))

    assert confidence("1", "2", "3") == wad("10")
    assert confidence("50", "12", "3") == wad("12")
