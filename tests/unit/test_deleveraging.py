"""
Deleveraging, worked by hand, on both sides and on deployed contracts.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import deleveraging, errors
from protocol.deleveraging import (
    Deleveraged,
    DeleveragingEnded,
    DeleveragingOpened,
    Opening,
)
from protocol.trace import words_of
from tests.twin.twins import both
from tests.unit.desk import Desk
from tests.unit.test_losses import funds
from tests.unit.worked import DELEVERAGING, MARKET, START, wad

OPENING = Opening(wad("7.5"), wad("3"), START)
NONE = Opening(0, 0, 0)


def test_too_much_is_owed_above_a_part_of_the_vault() -> None:
    """A fifth of 100000 is 20000; a vault that owes more than it has bears nothing."""
    assert both(deleveraging, "bearable", wad("100000"), wad("0.2")) == wad("20000")
    assert both(deleveraging, "bearable", wad("-5"), wad("0.2")) == 0
    vault = wad("100000")
    assert not both(deleveraging, "is_due", wad("20000"), vault, DELEVERAGING)
    assert both(deleveraging, "is_due", wad("20000") + 1, vault, DELEVERAGING)
    never = replace(DELEVERAGING, duration=0)
    assert not both(deleveraging, "is_due", wad("20001"), vault, never)


def test_as_much_may_be_closed_as_is_owed_too_much() -> None:
    """Of 40000 owed 10000 are a tenth of the vault: three quarters of each side."""
    found = both(
        deleveraging,
        "begun",
        wad("10"),
        wad("-4"),
        wad("40000"),
        wad("100000"),
        DELEVERAGING,
        START,
    )
    assert found == OPENING
    assert both(deleveraging, "taken", OPENING, wad("-2")) == replace(
        OPENING, long_left=wad("5.5")
    )
    assert both(deleveraging, "taken", OPENING, wad("3")) == replace(
        OPENING, short_left=0
    )


def test_it_is_over_when_little_is_owed_or_the_clock_has_run_twice() -> None:
    vault = wad("100000")

    def is_over(owed: int, after: int) -> bool:
        now = START + after
        ended: bool = both(
            deleveraging, "is_over", OPENING, owed, vault, DELEVERAGING, now
        )
        return ended

    assert is_over(wad("10000"), 0)
    assert not is_over(wad("10000") + 1, 0)
    assert not is_over(wad("40000"), 1_200)
    assert is_over(wad("40000"), 1_201)


def test_the_score_that_is_asked_falls_evenly_to_nothing() -> None:
    """From ten, over ten minutes."""
    for after, expected in ((0, "10"), (300, "5"), (599, None), (600, "0")):
        now = START + after
        floor = both(deleveraging, "score_floor", OPENING, DELEVERAGING, now)
        # A six hundredth of ten is rounded up.
        assert floor == (wad(expected) if expected else wad("10") // 600 + 1)
    never = replace(DELEVERAGING, duration=0)
    assert both(deleveraging, "score_floor", OPENING, never, START) == 0


def test_who_has_least_beside_the_gain_is_first() -> None:
    assert both(deleveraging, "score", wad("500"), wad("2000")) == wad("0.25")
    assert both(deleveraging, "score", wad("500"), wad("-7")) == wad("500") * wad("1")


def risen(start: str) -> Desk:
    """
    Ann has 9000 and buys ten at 2001 from a vault of 1000, for 20.01, of which the half
    is the vault's. At 2100 she has gained 990.
    """
    desk = Desk("1000")
    desk.quote("2000")
    desk.insure("50")
    desk.deposit("ann", "9000")
    desk.trade("ann", "10")
    desk.quote("2100")
    asked = replace(DELEVERAGING, start=wad(start))
    changed = words_of(replace(MARKET, deleveraging=asked))
    desk.make("owner", "Governor", "set_market", 0, *changed)
    return desk


def test_a_winner_is_closed_for_a_claim_and_nothing_else() -> None:
    """
    The vault has 1010.005: 990 is above 202.001, and above a tenth, 101.0005, by
    888.9995. So 10 * 888.9995 / 990 may be closed, for a score of 990 / 9969.99. Eight
    are, at 2100 * (1 + 6 / 10000) = 2101.26: the gain of 10.08 is what the skew would
    have been paid for. Then only what is left may be, and then nothing.
    """
    desk = risen("0.05")
    ann = desk.holder("ann")
    opened = desk.call("keeper", "Exchange", "deleverage", ann, 0, wad("8"))
    left = wad("10") * wad("888.9995") // wad("990")
    assert opened.returned == 0
    assert opened.logs == [("Exchange", DeleveragingOpened(0, left, 0))]
    assert desk.view("Exchange", "opening_of", 0) == Opening(left, 0, START)

    before = funds(desk)
    cash = desk.view("Exchange", "account_of", ann).cash
    done = desk.call("bob", "Exchange", "deleverage", ann, 0, wad("8"))
    assert done.returned == wad("8")
    told = Deleveraged(ann, 0, wad("-8"), wad("2101.26"), wad("2"))
    assert ("Exchange", told) in done.logs
    held = desk.view("Exchange", "position_of", ann, 0)
    assert (held.size, held.quote) == (wad("2"), wad("-20010") + wad("16810.08"))
    assert funds(desk) == before
    assert desk.view("Exchange", "account_of", ann).cash == cash

    assert desk.make("bob", "Exchange", "deleverage", ann, 0, wad("8")) == left - wad(
        "8"
    )
    spent = desk.call("bob", "Exchange", "deleverage", ann, 0, 1)
    assert spent.error == errors.NOTHING_LEFT_TO_CLOSE


def test_who_has_gained_little_for_what_he_has_is_left_alone() -> None:
    """990 is less than a tenth of 9969.99."""
    desk = risen("0.1")
    ann = desk.holder("ann")
    for expected in (None, errors.SCORE_TOO_LOW):
        asked = desk.call("bob", "Exchange", "deleverage", ann, 0, wad("8"))
        assert asked.error == expected


def test_a_whole_position_becomes_a_claim() -> None:
    """
    Where nothing of the vault may be owed, all ten are closed, at the fill of a trade:
    2100 * (1 + 5 / 10000) = 2101.05, for 1000.5.
    """
    desk = risen("0.05")
    ann = desk.holder("ann")
    asked = replace(DELEVERAGING, start=0, after_factor=0)
    changed = words_of(replace(MARKET, deleveraging=asked))
    desk.make("owner", "Governor", "set_market", 0, *changed)
    assert desk.make("bob", "Exchange", "deleverage", ann, 0, 1) == 0
    assert desk.make("bob", "Exchange", "deleverage", ann, 0, wad("11")) == wad("10")
    assert desk.view("Exchange", "claim_of", ann, 0) == wad("1000.5")
    assert desk.view("Exchange", "opening_of", 0) == Opening(0, 0, START)


def test_it_ends_when_the_price_has_come_back() -> None:
    desk = risen("0.05")
    ann = desk.holder("ann")
    desk.make("bob", "Exchange", "deleverage", ann, 0, wad("8"))
    desk.quote("2005")
    ended = desk.call("bob", "Exchange", "deleverage", ann, 0, wad("8"))
    assert ended.returned == 0
    assert ended.logs == [("Exchange", DeleveragingEnded(0))]
    assert desk.view("Exchange", "opening_of", 0) == NONE
    again = desk.call("bob", "Exchange", "deleverage", ann, 0, wad("8"))
    assert again.error == errors.DELEVERAGING_NOT_OPEN
