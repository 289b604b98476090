"""
Every number that enters a formula, as the interval of all it may be.
"""

from __future__ import annotations

from typing import NamedTuple

from protocol.fixed_point import WAD
from tests.laws.intervals import Interval

# The largest magnitude that an `int256` takes for both signs.
MOST = 2**255 - 1


class Bound(NamedTuple):
    """How large a kind of number becomes, and who sees to that."""

    what: str
    bits: int
    source: str


BOUNDS = {
    "price": Bound(
        "price, confidence, strict price",
        95,
        "`feed.take_report` refuses others; a median and an average lie between them",
    ),
    "fill": Bound(
        "price of a trade",
        97,
        "twice the price for a skew of the scale, and a quarter of it as the spread: "
        "`governance.require_lawful_limits`",
    ),
    "size": Bound(
        "size, skew, open interest",
        95,
        "`trading.trade` refuses a larger change; open interest is at most half of the "
        "scale: `governance.require_lawful_limits`",
    ),
    "scale": Bound("skew scale", 95, "`governance.require_lawful_limits`"),
    "ratio": Bound(
        "ratio, fee, share, weight", 60, "at most 1: the laws of `governance`"
    ),
    "factor": Bound(
        "multiple of the vault",
        95,
        "`governance.require_lawful_payouts`, `governance.require_lawful_deleveraging`",
    ),
    "rate": Bound(
        "rate and velocity, a day",
        61,
        "at most 2**60 each: `governance.require_lawful_rates`",
    ),
    "borrowing": Bound(
        "rate of borrowing", 62, "the sum of three rates: `funding.borrowing_rate`"
    ),
    "time": Bound("time, elapsed time", 32, "seconds since 1970 until the year 2106"),
    "held": Bound(
        "cumulative price and its intercept",
        127,
        "the highest price for 2**32 seconds; the intercept is one such number less "
        "another",
    ),
    "index": Bound(
        "cumulative index of funding",
        126,
        "price and rates at their most, for 2**32 seconds, come to less than 2**113",
    ),
    "paid": Bound(
        "index at each trade, times the size",
        223,
        "a size by all that an index can ever move",
    ),
    "cash": Bound(
        "cash, profit, equity",
        126,
        "`account.store_account`, `position.store_position`, `market.add_to_side`",
    ),
    "value": Bound(
        "requirements, values of positions",
        126,
        "open interest by the highest price is below 2**120: "
        "`governance.require_lawful_limits`",
    ),
    "amount": Bound(
        "amount let in, parameter that is a value",
        120,
        "`ledger.book_in`, the laws of `governance`",
    ),
    "supply": Bound("shares of the vault", 120, "`share.mint`"),
    "owed": Bound(
        "what is owed for a line",
        135,
        "the highest rate on the largest line for 2**32 seconds is below 2**133; "
        "`credit.packed_line` has 136 bits",
    ),
}


def natural(name: str) -> Interval:
    """A number of this kind that is not negative."""
    return Interval(0, 2 ** BOUNDS[name].bits - 1)


def signed(name: str) -> Interval:
    """A number of this kind and either sign."""
    largest = 2 ** BOUNDS[name].bits - 1
    return Interval(-largest, largest)


def positive(name: str) -> Interval:
    """A number of this kind above zero."""
    return Interval(1, 2 ** BOUNDS[name].bits - 1)


def part() -> Interval:
    """A ratio up to one."""
    return Interval(0, WAD)


def anything() -> Interval:
    """Whatever an owner may write into a parameter."""
    return Interval(-MOST - 1, MOST)


def duration() -> Interval:
    """Whatever an owner may write into a parameter that is a time or a count."""
    return Interval(0, 2**256 - 1)
