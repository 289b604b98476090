"""
Rounds of an oracle with a laggard and a stuck reporter, worked by hand.
"""

from __future__ import annotations

from protocol.feed import FeedPrice
from protocol.fixed_point import WAD
from tests.unit.desk import Desk
from tests.unit.worked import START, wad


def test_neither_a_laggard_nor_a_stuck_reporter_makes_or_stops_a_round() -> None:
    """
    Three make a round at the time of the third newest of them: 2000, 2010 and 1990, of
    which the median is 2000, 10 away from the middle one of them. A fourth whose price
    stands at the feed's floor is not heard. Two newer prices are no quorum yet: the
    third newest is the first one's, who has fallen silent. The fifth makes it one. The
    silent one's price is fresh and counts: of 2000, 2020, 2030 and 2040 the median is
    2025, and of 25, 5, 5 and 15 it is 10. In half of its time the average has gone half
    of the way from 2000 to 2025. All of it is said at the start, when the cumulative
    price is still nothing.
    """
    desk = Desk()
    first, later = START - 455, START - 5
    desk.report(0, "2000", first)
    desk.report(1, "2010", first + 1)
    desk.report(2, "1990", first + 2)
    expected = FeedPrice(
        index=wad("2000"),
        mark=wad("2000"),
        average=wad("2000"),
        confidence=wad("10"),
        published_at=first,
        valid_until=first + 600,
        intercept=-wad("2000") * START,
        initial_multiplier=WAD,
        maintenance_multiplier=WAD,
    )
    assert desk.view("Oracle", "price", 0) == expected

    desk.report(3, "10", later)
    desk.report(1, "2020", later + 1)
    desk.report(2, "2030", later + 1)
    assert desk.view("Oracle", "price", 0) == expected

    desk.report(4, "2040", later)
    assert desk.view("Oracle", "price", 0) == FeedPrice(
        index=wad("2025"),
        mark=wad("2025"),
        average=wad("2012.5"),
        confidence=wad("10"),
        published_at=later,
        valid_until=later + 600,
        intercept=-wad("2025") * START,
        initial_multiplier=WAD,
        maintenance_multiplier=WAD,
    )
