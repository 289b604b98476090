"""
What the sides of a market have gained, worked by hand, on both sides.
"""

from __future__ import annotations

from protocol import sides
from protocol.sides import Book, MarketState, Profits
from tests.twin.twins import both
from tests.unit.worked import UNFUNDED, UNSPENT, wad

# Ten bought and four sold at 2000, and gains of 50 that were not settled yet.
TRADED = MarketState(
    book=Book(wad("10"), wad("-4")),
    long_quote=wad("-20000"),
    short_quote=wad("8000"),
    long_paid=0,
    short_paid=0,
    open_claims=wad("50"),
    funding=UNFUNDED,
    spent=UNSPENT,
)


def test_a_side_has_gained_what_its_positions_have_rounded_up() -> None:
    """
    Ten bought at 2000, at 2100: 1000. Of longs that have paid an index of 3 more for
    each: 970. Of a wei at 1.5 it is 2.
    """
    longs = (wad("10"), wad("-20000"), 0, wad("2100"))
    assert both(sides, "side_profit", *longs, 0) == wad("1000")
    assert both(sides, "side_profit", *longs, wad("3")) == wad("970")
    assert both(sides, "side_profit", 1, 0, 0, wad("1.5"), 0) == 2


def test_losers_on_a_side_count_against_its_winners() -> None:
    """At 2100 the longs have gained 21000 - 20000, the shorts 8000 - 8400."""
    gained = both(sides, "profits", TRADED, wad("2100"), UNFUNDED)
    assert gained == Profits(longs=wad("1000"), shorts=wad("-400"))
