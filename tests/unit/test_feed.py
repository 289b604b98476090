"""
Rounds and their refusals, worked by hand, on both sides.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import errors, feed
from protocol.feed import Head, Round
from protocol.fixed_point import WAD
from tests.twin.twins import both
from tests.unit.worked import FEED, PRICE, START, wad

LAST = Round(
    index=wad("2000"),
    mark=wad("2000"),
    average=wad("2000"),
    confidence=0,
    published_at=START,
    initial_multiplier=WAD,
    maintenance_multiplier=WAD,
)


def round_of(*words: int) -> Round:
    """A round of a market that asks for no more margin than usual."""
    return Round(*words, initial_multiplier=WAD, maintenance_multiplier=WAD)


def after(last: Round, index: str, seconds: int) -> Round:
    """The round that many seconds after the start."""
    return both(feed, "next_round", last, wad(index), 7, START + seconds, 0, 0, FEED)


def test_the_first_round_is_all_there_is() -> None:
    first = after(feed.NO_ROUND, "3000", 0)
    assert first == round_of(wad("3000"), wad("3000"), wad("3000"), 7, START)


def test_the_mark_is_held_within_the_band_around_the_average_so_far() -> None:
    """25 % of 2000 is 500; the average goes half of the way from 2000 to 2500."""
    tripped = after(LAST, "3000", 450)
    assert tripped == round_of(wad("3000"), wad("2500"), wad("2250"), 7, START + 450)
    tripped = after(LAST, "1000", 450)
    assert tripped == round_of(wad("1000"), wad("1500"), wad("1750"), 7, START + 450)
    assert after(LAST, "2500", 450).mark == wad("2500")


def test_the_average_moves_with_the_time_up_to_all_of_the_way() -> None:
    """After 90 of 900 seconds a tenth of the way to 2100, after 900 and more all."""
    averages = [after(LAST, "2100", seconds).average for seconds in (90, 900, 5_000)]
    assert averages == [wad("2010"), wad("2100"), wad("2100")]


def test_the_average_is_rounded_down() -> None:
    """From 2 wei toward 3 wei, a wide band, half of the time: 2.5."""
    last = round_of(2, 2, 2, 0, START)
    wide = replace(FEED, band=wad("0.5"))
    latest = both(feed, "next_round", last, 3, 0, START + 450, 0, 0, wide)
    assert (latest.mark, latest.average) == (3, 2)


def test_a_round_bends_the_cumulative_price_where_it_is() -> None:
    """
    At 2000 from the first second on, until a round at 3000 a hundred seconds after the
    start: its line is the same there, and 3000 more a second later.
    """
    now = START + 100
    latest = replace(LAST, index=wad("3000"))
    head = both(feed, "next_head", Head(7, START + 600, 0), LAST, latest, now)
    assert head == Head(8, START + 600, -wad("1000") * now)
    bent = replace(PRICE, index=latest.index, intercept=head.intercept)
    totals = [
        both(feed, "cumulative_price", price, when)
        for price in (PRICE, bent)
        for when in (now, now + 1)
    ]
    assert totals[0] == totals[2] == wad("2000") * now
    assert totals[3] - totals[2] == wad("3000")


def test_an_old_price_is_stale_and_one_without_a_quorum_invalid() -> None:
    """Published at the start and valid for 600 seconds: the edges are still good."""

    def fresh(max_age: int, seconds: int) -> str | None:
        now = START + seconds
        return both(feed, "require_fresh_enough", PRICE, max_age, now)

    assert fresh(60, 60) is None
    assert fresh(60, 61) == errors.PRICE_STALE
    assert fresh(1_000, 600) is None
    assert fresh(1_000, 601) == errors.PRICE_INVALID


def test_a_price_may_be_as_unsure_as_its_limit() -> None:
    """1 % of 2000 is 20."""

    def valid(confidence: int, mark: str = "2000") -> str | None:
        price = replace(PRICE, confidence=confidence, mark=wad(mark))
        return both(feed, "require_valid", price, 60, wad("0.01"), START)

    assert valid(wad("20")) is None
    assert valid(wad("20") + 1) == errors.PRICE_UNCERTAIN
    assert valid(0, mark="1999") == errors.PRICE_TRIPPED


def test_the_strict_price_is_the_worse_for_the_holder() -> None:
    price = replace(PRICE, index=wad("2100"), average=wad("2050"))
    assert both(feed, "strict_price", price, 1) == wad("2050")
    assert both(feed, "strict_price", price, -1) == wad("2100")
