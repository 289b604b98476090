"""
Credit, worked by hand on deployed contracts.

Ann buys ten at 2000 out of 1735.01: she has 1705 then, and must have 2205. A margin of
hers may be called below 1655. Bob has lent 1000, and grants her 500 of it, at 0.01 a
day and with a notice of an hour.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from protocol import credit, errors
from protocol.credit import (
    MOST_NOTICE,
    MOST_RATE,
    NO_CREDIT,
    CreditLine,
    Lender,
    LineDrawn,
    LineUsed,
)
from protocol.insurance import InsuranceDrawn
from protocol.settlement import BadDebt
from tests.twin.twins import both
from tests.unit.desk import ACTORS, ATOM, Desk
from tests.unit.worked import START, wad

BOB = ACTORS["bob"]
HOUR, DAY = 3_600, 86_400
TERMS = (wad("0.01"), HOUR)
LINE = CreditLine(
    lender=BOB,
    limit=wad("500"),
    rate=wad("0.01"),
    notice=HOUR,
    used=wad("500"),
    owed=0,
    accrued_at=START,
    ends_at=0,
)
RECALLED = replace(LINE, ends_at=START + HOUR)


def lent(cash: str = "1735.01", limit: str = "500") -> Desk:
    """Ann has a line and no position yet."""
    desk = Desk("100000")
    desk.quote("2000")
    desk.insure("50")
    desk.deposit("ann", cash)
    desk.make("bob", "Exchange", "lend", wad("1000") // ATOM)
    ask(desk)
    desk.make("bob", "Exchange", "grant_line", desk.holder("ann"), wad(limit), *TERMS)
    return desk


@pytest.fixture
def desk() -> Desk:
    """Ann has bought ten."""
    desk = lent()
    desk.trade("ann", "10")
    return desk


def ask(desk: Desk, *terms: int) -> str | None:
    """Ann asks Bob for a line."""
    wanted = (desk.holder("ann"), BOB, *(terms or TERMS))
    return desk.call("ann", "Exchange", "ask_line", *wanted).error


def grant(desk: Desk, limit: str, sender: str = "bob", *terms: int) -> str | None:
    """Somebody grants Ann a line."""
    granted = (desk.holder("ann"), wad(limit), *(terms or TERMS))
    return desk.call(sender, "Exchange", "grant_line", *granted).error


def recall(desk: Desk, sender: str = "bob") -> str | None:
    """Somebody recalls the line of Ann."""
    return desk.call(sender, "Exchange", "recall_line", desk.holder("ann")).error


def settle(desk: Desk) -> int:
    """The keeper has Ann's interest paid."""
    paid = desk.make("keeper", "Exchange", "settle_line", desk.holder("ann"))
    assert isinstance(paid, int)
    return paid


def buy(desk: Desk, size: str) -> str | None:
    """Ann buys more."""
    call = (desk.holder("ann"), 0, wad(size), 2**128)
    return desk.call("ann", "Exchange", "trade", *call).error


def withdraw(desk: Desk, amount: str) -> str | None:
    """Ann takes cash out."""
    call = (desk.holder("ann"), wad(amount) // ATOM, ACTORS["ann"])
    return desk.call("ann", "Exchange", "withdraw", *call).error


def withdraw_lent(desk: Desk, amount: str) -> str | None:
    """Bob takes out what he has lent."""
    call = (wad(amount) // ATOM, BOB)
    return desk.call("bob", "Exchange", "withdraw_lent", *call).error


def line(desk: Desk) -> CreditLine:
    """The line of Ann."""
    found = desk.view("Exchange", "line_of", desk.holder("ann"))
    assert isinstance(found, CreditLine)
    return found


def lender(desk: Desk) -> Lender:
    """What Bob has."""
    found = desk.view("Exchange", "lender_of", BOB)
    assert isinstance(found, Lender)
    return found


def later(desk: Desk, seconds: int, price: str = "2000") -> None:
    """Some time passes, and there is a price of now."""
    desk.now += seconds
    desk.published_at = desk.now - 1
    desk.quote(price)


def test_a_line_opens_what_equity_alone_does_not() -> None:
    """Needed are 2205 - 1705."""
    desk = lent()
    outcome = desk.call(
        "ann", "Exchange", "trade", desk.holder("ann"), 0, wad("10"), 2**128
    )
    used = LineUsed(desk.holder("ann"), wad("500"), 0)
    assert used in [event for _, event in outcome.logs]
    assert line(desk) == LINE
    assert buy(lent(limit="499.999999"), "10") == errors.BELOW_INITIAL_MARGIN


def test_on_credit_nobody_opens_what_may_be_called_at_once() -> None:
    """1655 of its own it needs, whatever the line is."""
    assert buy(lent("1685.01", "1000"), "10") is None
    assert buy(lent("1685.009999", "1000"), "10") == errors.BELOW_INITIAL_MARGIN


def test_a_line_spares_no_liquidation(desk) -> None:
    """At 1889 there are 595 of 1043.95 and 5, with the line or without."""
    statement = desk.view("Lens", "statement_of", desk.holder("ann"))
    standing = desk.view("Exchange", "standing_of", desk.holder("ann"))
    assert standing.equity == statement.equity == wad("1705")
    desk.quote("1889")
    assert desk.liquidate("ann") > 0


def test_interest_is_owed_on_what_is_used_whatever_it_is_split_into() -> None:
    """500 * 0.01 a day; an hour's is rounded up."""
    assert both(credit, "line_at", LINE, START + DAY).owed == wad("5")
    hour = both(credit, "line_at", LINE, START + HOUR)
    assert hour.owed == wad("5") // 24 + 1
    twice = both(credit, "line_at", hour, START + 2 * HOUR)
    assert twice.owed - both(credit, "line_at", LINE, START + 2 * HOUR).owed == 1


def test_a_recalled_line_falls_evenly_to_nothing() -> None:
    """A quarter of the notice takes 125 of 500; interest ends with the line."""
    quarter = both(credit, "line_at", RECALLED, START + 900)
    assert (quarter.limit, quarter.used) == (wad("375"), wad("375"))
    half = both(credit, "line_at", quarter, START + 1_800)
    assert half.limit == wad("250")
    ended = both(credit, "line_at", half, START + 2 * HOUR)
    assert (ended.limit, ended.used) == (0, 0)
    # 500 for a quarter of an hour, 375 for the next, and 250 for half an hour.
    assert ended.owed == wad("0.01") * (500 + 375 + 2 * 250) // 96 + 2


def test_a_recall_moves_nothing_of_the_account(desk) -> None:
    before = desk.view("Exchange", "standing_of", desk.holder("ann"))
    assert recall(desk) is None
    assert desk.view("Exchange", "standing_of", desk.holder("ann")) == before
    assert line(desk) == RECALLED
    assert recall(desk) == errors.ALREADY_RECALLED
    assert grant(desk, "499") == errors.LINE_TOO_SMALL
    assert grant(desk, "501") is None
    assert line(desk) == replace(LINE, limit=wad("501"))


def test_interest_is_paid_out_of_cash_to_the_lender(desk) -> None:
    later(desk, DAY)
    cash = desk.view("Exchange", "account_of", desk.holder("ann")).cash
    assert settle(desk) == wad("5")
    now = desk.view("Exchange", "account_of", desk.holder("ann")).cash
    assert cash - now == wad("5")
    assert lender(desk) == Lender(money=wad("1005"), held=wad("500"))
    assert line(desk) == replace(LINE, accrued_at=START + DAY)


def test_interest_brings_nobody_near_liquidation(desk) -> None:
    """At 1990 less than 1646.75 is hers: the interest waits."""
    later(desk, DAY, "1990")
    assert settle(desk) == 0
    assert line(desk).owed == wad("5")
    desk.deposit("ann", "1000")
    assert settle(desk) == wad("5")
    assert line(desk).used == 0


def test_who_uses_a_line_takes_nothing_out(desk) -> None:
    assert withdraw(desk, "1") == errors.LINE_IN_USE
    desk.deposit("ann", "1000")
    assert withdraw(desk, "1") == errors.LINE_IN_USE
    settle(desk)
    assert line(desk).used == 0
    assert withdraw(desk, "500") is None
    assert withdraw(desk, "1") == errors.BELOW_INITIAL_MARGIN


@pytest.mark.parametrize(
    ("is_settled", "fee", "left"),
    [(False, "500", "2715"), (True, "500.000001", "2715"), (True, "500", "2215")],
)
def test_what_is_owed_for_a_line_does_not_leave_as_a_fee(
    desk, is_settled, fee, left
) -> None:
    """Ann brings it, or has 500 beyond her margin once her line is settled."""
    desk.deposit("ann", "1000")
    if is_settled:
        settle(desk)
    sell = (desk.holder("ann"), 0, 0, -wad("1"), 0, 0, wad(fee))
    desk.make("ann", "Orders", "commit", *sell)
    account = desk.view("Exchange", "account_of", desk.holder("ann"))
    assert account.cash == wad(left)


def test_a_lender_takes_out_what_no_line_holds(desk) -> None:
    """Of a recalled line half is free after half of its notice."""
    assert withdraw_lent(desk, "500.000001") == errors.HELD_BY_LINES
    assert withdraw_lent(desk, "500") is None
    assert recall(desk) is None
    later(desk, 1_800)
    assert withdraw_lent(desk, "1") == errors.HELD_BY_LINES
    settle(desk)
    owed = lender(desk).money - wad("500")
    assert owed == wad("5") // 48 + 1
    assert withdraw_lent(desk, "250") is None
    assert withdraw_lent(desk, "1") == errors.HELD_BY_LINES


def test_the_line_pays_before_the_insurance_fund_and_the_vault(desk) -> None:
    """
    At 1700 ten are closed at 1700.85: 1286.5 are missing. The insurance fund has
    54.002, and pays the keeper 19 of it.
    """
    desk.quote("1700")
    outcome = desk.call("keeper", "Exchange", "liquidate", desk.holder("ann"), 0)
    ann = desk.holder("ann")
    paid = [
        event
        for _, event in outcome.logs
        if isinstance(event, LineDrawn | InsuranceDrawn | BadDebt)
    ]
    vault = desk.view("Exchange", "books").funds.vault
    assert paid == [
        InsuranceDrawn(ann, wad("19"), wad("35.002")),
        LineDrawn(ann, BOB, wad("500"), 0),
        InsuranceDrawn(ann, wad("35.002"), 0),
        BadDebt(ann, wad("751.498"), vault),
    ]
    assert lender(desk) == Lender(money=wad("500"), held=0)
    assert line(desk) == replace(LINE, limit=0, used=0, owed=wad("500"))
    desk.deposit("ann", "600")
    assert withdraw(desk, "1") == errors.LINE_IN_USE
    assert settle(desk) == wad("500")
    assert not desk.view("Exchange", "account_of", ann).has_line
    assert withdraw(desk, "100") is None


@pytest.mark.parametrize(
    "terms",
    [
        (MOST_RATE + 1, HOUR),
        (-1, HOUR),
        (wad("0.01"), HOUR - 1),
        (wad("0.01"), MOST_NOTICE + 1),
    ],
)
def test_rate_and_notice_are_within_bounds(terms) -> None:
    assert ask(lent(), *terms) == errors.OUT_OF_BOUNDS


def test_a_line_is_asked_for_and_granted_as_it_was_asked_for() -> None:
    desk = lent()
    assert grant(desk, "600", "keeper") == errors.NOT_LENDER
    assert recall(desk, "keeper") == errors.NOT_LENDER
    assert grant(desk, "600", "bob", wad("0.02"), HOUR) == errors.OTHER_TERMS
    assert grant(desk, "600", "bob", wad("0.01"), 2 * HOUR) == errors.OTHER_TERMS
    assert grant(desk, "500") == errors.LINE_TOO_SMALL
    assert grant(desk, "1000.000001") == errors.TOO_LITTLE_LENT
    assert grant(desk, "1000") is None
    other = (desk.holder("ann"), ACTORS["keeper"], *TERMS)
    assert desk.call("bob", "Exchange", "ask_line", *other).error == errors.NOT_OPERATOR
    desk.make("ann", "Exchange", "ask_line", *other)
    assert lender(desk) == Lender(money=wad("1000"), held=0)
    assert recall(desk, "keeper") == errors.LINE_UNKNOWN
    call = desk.call("keeper", "Exchange", "settle_line", desk.holder("ann"))
    assert call.error == errors.LINE_UNKNOWN


def test_nobody_changes_lenders_while_it_uses_a_line(desk) -> None:
    assert ask(desk) == errors.LINE_IN_USE


def test_what_was_packed_comes_out_again() -> None:
    for each in (LINE, RECALLED, NO_CREDIT):
        assert both(credit, "unpacked_line", both(credit, "packed_line", each)) == each
