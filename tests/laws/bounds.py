"""
The largest number in each formula, and `docs/bounds.md`, which lists them.

`python -m tests.laws.bounds` writes the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from evm.compile import write_file
from protocol import (
    backing,
    collateral,
    deleveraging,
    fee,
    feed,
    funding,
    governance,
    liquidation,
    margin,
    margin_call,
    payout,
    position,
    pricing,
    share,
    sides,
    statement,
    trading,
)
from protocol.account import Account
from protocol.backing import Standing
from protocol.collateral import CollateralParams, DebtParams
from protocol.deleveraging import DeleveragingParams, Opening
from protocol.fee import FeeParams
from protocol.feed import MAX_REPORTERS, FeedParams, FeedPrice, Head, Round
from protocol.fixed_point import WAD, mul_div_up
from protocol.funding import (
    DAY,
    TWICE_A_DAY,
    BorrowingParams,
    Funding,
    FundingParams,
    twice_integral,
)
from protocol.insurance import InsuranceParams
from protocol.liquidation import Bucket, Case, LiquidationParams, RewardParams
from protocol.margin import MarginParams
from protocol.margin_call import MarginCallParams
from protocol.parameters import LimitParams, MarketParams, RiskParams
from protocol.payout import PayoutParams, Spent
from protocol.position import Position
from protocol.pricing import PricingParams
from protocol.request import VaultParams
from protocol.sides import Book, MarketState
from protocol.statement import Totals
from tests.laws.intervals import RECORDER, Interval, whole

PAGE = Path(__file__).parents[2] / "docs" / "bounds.md"
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


def pricing_params() -> PricingParams:
    return PricingParams(positive("scale"), Interval(0, WAD // 4))


def fee_params() -> FeeParams:
    return FeeParams(part(), part(), part(), part())


def funding_params() -> FundingParams:
    return FundingParams(natural("rate"), natural("rate"), natural("size"))


def borrowing_params() -> BorrowingParams:
    return BorrowingParams(
        part(), natural("rate"), natural("rate"), part(), natural("rate")
    )


def margin_params() -> MarginParams:
    # What is above the lower bound is at most the span up to the upper one, so a ratio
    # of the two is 1 at most. Products with it are largest for the widest span.
    widest = 2 ** BOUNDS["size"].bits - 1
    return MarginParams(part(), natural("rate"), 0, widest, part())


def liquidation_params() -> LiquidationParams:
    return LiquidationParams(
        Interval(WAD, 2 * WAD),
        part(),
        part(),
        part(),
        natural("amount"),
        natural("amount"),
    )


def limit_params() -> LimitParams:
    return LimitParams(
        natural("size"),
        natural("size"),
        natural("amount"),
        natural("size"),
        natural("amount"),
        natural("time"),
        natural("time"),
        part(),
    )


def payout_params() -> PayoutParams:
    return PayoutParams(natural("factor"), natural("time"))


def deleveraging_params() -> DeleveragingParams:
    return DeleveragingParams(
        natural("factor"), natural("factor"), natural("factor"), natural("time")
    )


def opening() -> Opening:
    return Opening(natural("size"), natural("size"), natural("time"))


def market_params() -> MarketParams:
    return MarketParams(
        pricing_params(),
        limit_params(),
        fee_params(),
        funding_params(),
        borrowing_params(),
        margin_params(),
        liquidation_params(),
        payout_params(),
        deleveraging_params(),
    )


def a_round() -> Round:
    return Round(
        natural("price"), natural("price"), natural("price"), natural("price"), 1
    )


def feed_price() -> FeedPrice:
    return FeedPrice(
        natural("price"),
        natural("price"),
        natural("price"),
        natural("price"),
        natural("time"),
        natural("time"),
        signed("held"),
    )


def funding_record() -> Funding:
    most = (2 ** BOUNDS["rate"].bits - 1) * DAY
    return Funding(
        Interval(-most, most),
        0,
        Interval(0, TWICE_A_DAY - 1),
        Interval(0, DAY - 1),
        Interval(0, DAY - 1),
        signed("index"),
        signed("index"),
        natural("borrowing"),
        natural("borrowing"),
        natural("held"),
    )


def spent_lately() -> Spent:
    # At a time that is zero, so that the window is as long as it is late.
    return Spent(natural("cash"), 0, positive("time"))


def held_position() -> Position:
    return Position(signed("size"), signed("cash"), signed("paid"))


def a_standing() -> Standing:
    return Standing(
        signed("cash"),
        signed("cash"),
        signed("cash"),
        natural("cash"),
        natural("value"),
        natural("value"),
    )


def the_totals() -> Totals:
    return Totals(
        signed("cash"),
        signed("cash"),
        signed("cash"),
        natural("value"),
        natural("value"),
        natural("amount"),
        natural("value"),
        False,
    )


def a_case() -> Case:
    # Who is at risk has less than is asked of him, so what is needed is more than
    # nothing; without any equity it is the most.
    debt = Interval(-(2 ** BOUNDS["cash"].bits) + 1, 0)
    return Case(
        debt,
        natural("value"),
        natural("amount"),
        signed("size"),
        natural("value"),
        natural("value"),
        natural("price"),
        signed("size"),
        natural("amount"),
    )


def widest_market() -> tuple[MarketState, MarketParams]:
    """
    A market whose scale is as large as can be, and its sides up to half of that.

    A premium falls as the scale grows and is largest where a side is all that its scale
    allows; there it is an eighth of the side, at the price. So this is the worst.
    """
    scale = 2 ** BOUNDS["scale"].bits - 1
    state = MarketState(
        Book(Interval(0, scale // 2), Interval(-scale // 2, 0)),
        signed("cash"),
        signed("cash"),
        signed("paid"),
        signed("paid"),
        natural("cash"),
        funding_record(),
        spent_lately(),
    )
    params = market_params()
    wide = PricingParams(scale, params.pricing.max_spread)
    return state, MarketParams(
        wide,
        params.limits,
        params.fee,
        params.funding,
        params.borrowing,
        params.margin,
        params.liquidation,
        params.payout,
        params.deleveraging,
    )


def owed(is_priced: bool) -> None:
    state, params = widest_market()
    share.liability(
        state, feed_price(), params, signed("cash"), is_priced, natural("time")
    )


def account_line() -> None:
    state, params = widest_market()
    statement.line(
        held_position(),
        natural("cash"),
        state,
        feed_price(),
        params,
        the_totals(),
        natural("time"),
    )


def unlawful_market() -> None:
    """Anything at all: what the laws compute before they refuse must fit too."""

    def words(record: type[Any], times: tuple[str, ...] = ()) -> Any:
        fields = record.__struct_fields__
        return record(*(duration() if each in times else anything() for each in fields))

    params = MarketParams(
        words(PricingParams),
        words(LimitParams, ("trade_age", "risk_age")),
        words(FeeParams),
        words(FundingParams),
        words(BorrowingParams),
        words(MarginParams),
        words(LiquidationParams),
        words(PayoutParams, ("window",)),
        words(DeleveragingParams, ("duration",)),
    )
    governance.require_lawful_market(params, natural("size"), natural("price"))


def unlawful_feed() -> None:
    params = FeedParams(
        duration(), duration(), duration(), duration(), *(anything() for _ in range(3))
    )
    governance.require_lawful_feed(params, tuple(range(1, MAX_REPORTERS + 1)))


def unlawful_risk() -> None:
    params = RiskParams(
        anything(),
        anything(),
        RewardParams(anything(), anything(), anything()),
        InsuranceParams(anything(), duration()),
        DebtParams(anything(), anything()),
        VaultParams(duration(), duration(), duration()),
        MarginCallParams(anything(), duration(), duration()),
    )
    governance.require_lawful_risk(params)


def unlawful_call() -> None:
    warned = MarginCallParams(natural("part"), duration(), duration())
    governance.require_lawful_call(margin_params(), warned)


def unlawful_collateral() -> None:
    params = CollateralParams(
        1, 0, *(anything() for _ in range(5)), duration(), anything()
    )
    governance.require_lawful_collateral(params, natural("size"), natural("price"))


def collateral_params() -> CollateralParams:
    return CollateralParams(
        1, 0, positive("size"), part(), part(), part(), natural("amount"), 1, part()
    )


FORMULAS: tuple[Callable[[], Any], ...] = (
    lambda: pricing.execution_price(
        natural("price"),
        natural("price"),
        natural("price"),
        signed("size"),
        pricing_params(),
    ),
    lambda: pricing.fill_price(
        natural("fill"), signed("size"), signed("size"), positive("scale")
    ),
    lambda: fee.trade_fee(
        natural("fill"), signed("size"), signed("size"), fee_params()
    ),
    lambda: funding.accrued(
        funding_record(),
        signed("size"),
        positive("scale"),
        natural("held"),
        funding_params(),
        natural("time"),
    ),
    lambda: funding.borrowing_rate(
        natural("size"), natural("price"), signed("cash"), borrowing_params()
    ),
    lambda: margin.initial_margin(
        signed("size"),
        natural("price"),
        part(),
        natural("size"),
        margin_params(),
    ),
    lambda: margin.maintenance_margin(
        signed("size"), natural("price"), part(), margin_params()
    ),
    lambda: position.traded(
        held_position(), signed("size"), natural("fill"), signed("index")
    ),
    lambda: position.profit(held_position(), natural("price"), signed("index")),
    lambda: position.is_reduced(signed("size"), signed("size")),
    lambda: backing.strict_equity(a_standing(), part()),
    lambda: backing.exposure(
        held_position(),
        feed_price(),
        funding_record(),
        natural("size"),
        market_params(),
    ),
    lambda: backing.combined(a_standing(), a_standing()),
    lambda: collateral.grown_haircut(natural("size"), collateral_params()),
    lambda: collateral.worth(natural("size"), natural("price"), part()),
    lambda: collateral.sale_price(natural("size"), natural("price"), part()),
    lambda: trading.require_margin(
        a_standing(), a_standing(), True, natural("amount"), part()
    ),
    lambda: sides.require_within_limits(
        Book(natural("size"), -natural("size")),
        signed("size"),
        signed("size"),
        natural("price"),
        limit_params(),
    ),
    lambda: liquidation.closed_size(
        a_case(), positive("scale"), natural("amount"), liquidation_params()
    ),
    lambda: liquidation.filled(
        Bucket(natural("amount"), 0), liquidation_params(), natural("time")
    ),
    lambda: liquidation.keeper_reward(
        natural("value"),
        True,
        RewardParams(natural("amount"), natural("amount"), natural("amount")),
        liquidation_params(),
    ),
    lambda: payout.decayed(spent_lately(), natural("time")),
    lambda: payout.raised(
        spent_lately(), natural("cash"), payout_params(), natural("time")
    ),
    lambda: payout.lowered(spent_lately(), natural("cash"), natural("time")),
    lambda: payout.cap(signed("cash"), natural("cash"), payout_params()),
    lambda: payout.used(
        natural("cash"), natural("cash"), natural("cash"), natural("cash")
    ),
    lambda: deleveraging.begun(
        natural("size"),
        -natural("size"),
        natural("cash"),
        signed("cash"),
        deleveraging_params(),
        natural("time"),
    ),
    lambda: deleveraging.is_over(
        opening(),
        natural("cash"),
        signed("cash"),
        deleveraging_params(),
        natural("time"),
    ),
    lambda: deleveraging.score_floor(opening(), deleveraging_params(), natural("time")),
    lambda: deleveraging.score(natural("cash"), signed("cash")),
    lambda: deleveraging.taken(opening(), signed("size")),
    lambda: feed.median([natural("price") for _ in range(4)]),
    lambda: feed.next_round(
        a_round(),
        natural("price"),
        natural("price"),
        positive("time"),
        FeedParams(
            3,
            3,
            natural("time"),
            positive("time"),
            natural("price"),
            natural("price"),
            part(),
        ),
    ),
    lambda: feed.round_confidence(
        [natural("price") for _ in range(4)],
        [natural("price") for _ in range(4)],
        natural("price"),
    ),
    lambda: feed.next_head(
        Head(0, 0, signed("held")), a_round(), a_round(), natural("time")
    ),
    lambda: feed.cumulative_price(feed_price(), natural("time")),
    lambda: feed.require_valid(feed_price(), natural("time"), part(), natural("time")),
    lambda: feed.is_valid(feed_price(), natural("time"), part(), natural("time")),
    lambda: share.shares_for(natural("amount"), natural("supply"), signed("cash")),
    lambda: share.is_saleable(natural("supply"), signed("cash")),
    lambda: share.most_amount(natural("supply"), signed("cash")),
    lambda: share.most_shares(signed("cash"), natural("supply"), signed("cash")),
    lambda: share.amount_for(natural("supply"), natural("supply"), signed("cash")),
    lambda: owed(True),
    lambda: owed(False),
    lambda: statement.free_collateral(
        Account(signed("cash"), 1, 0, 0, False, 0, 0), the_totals()
    ),
    lambda: statement.status_of(the_totals(), part()),
    lambda: margin_call.required(
        natural("value"), natural("amount"), MarginCallParams(part() + WAD, 0, 0)
    ),
    account_line,
    unlawful_feed,
    unlawful_market,
    unlawful_risk,
    unlawful_call,
    unlawful_collateral,
)


def bounded_area(start: Any, end: Any, velocity: Any, elapsed: Any) -> Any:
    """
    Twice the area under a rate: at most its largest value for all of the time.

    The triangle that is missing under a bound is small because the rate took its time
    to reach it; intervals do not see that.
    """
    most = 2 * 2 ** BOUNDS["time"].bits * (2 ** BOUNDS["rate"].bits * DAY)
    area = twice_integral(start, end, velocity, elapsed)
    area.narrow(-most, most)
    return area


def bounded_quotient(x: Any, y: Any, denominator: Any) -> Any:
    """
    A quotient in `funding`: an average of prices, or a part of the vault.

    The one is at most the highest price, and the other at most one, as numerator and
    denominator belong together; intervals do not see that.
    """
    quotient = mul_div_up(x, y, denominator)
    quotient.narrow(0, 2 ** BOUNDS["price"].bits - 1)
    return quotient


@contextmanager
def numbers_unknown() -> Any:
    """Let `int` leave numbers alone of which only the bounds are known."""
    with (
        patch.object(funding, "twice_integral", bounded_area),
        patch.object(funding, "mul_div_up", bounded_quotient),
        patch.object(feed, "int", whole, create=True),
        patch.object(deleveraging, "int", whole, create=True),
        patch.object(deleveraging, "Ratio", whole),
        patch.object(governance, "int", whole, create=True),
        patch.object(governance, "Flow", whole),
    ):
        yield


@cache
def peaks() -> dict[str, int]:
    """The largest magnitude in each function, over everything within the bounds."""
    RECORDER.peaks.clear()
    with numbers_unknown():
        for formula in FORMULAS:
            assert RECORDER.explore(formula) > 0
    return dict(sorted(RECORDER.peaks.items()))


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table as Markdown has it."""
    lines = [
        list(head),
        ["---"] * len(list(head)),
        *(list(map(str, row)) for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page() -> str:
    """The text of `docs/bounds.md`."""
    bounds = table(
        ("number", "below", "because"),
        ((each.what, f"2**{each.bits}", each.source) for each in BOUNDS.values()),
    )
    found = table(
        ("function", "largest number on the way", "bits to spare"),
        (
            (f"`{name}`", f"2**{peak.bit_length()}", 255 - peak.bit_length())
            for name, peak in peaks().items()
        ),
    )
    return PAGE_TEXT.format(bounds=bounds, found=found)


PAGE_TEXT = """\
# Bounds

<!-- Written by `python -m tests.laws.bounds`; a test fails where it is old. -->

No call is ever refused because a number became too large on the way: every number that
enters is bounded where it enters, and nothing that is made of those leaves the range of
an `int256`. An overflow would revert without an error, and that has no place in the
protocol.

## What enters

{bounds}

Nothing is bounded that the protocol does not also check or follow from what it checks:
the parameters by the laws in `governance`, whatever an owner writes; sizes, reports and
amounts by the entry point that takes them.

## What comes of it

The formulas of the model were run on intervals instead of numbers, through every
branch. Each row is the largest magnitude of any intermediate number of a function, the
products inside `fixed_point` included, and what is left of the 255 bits.

{found}

Intervals know nothing of how two numbers are related, so most rows are larger than
anything that can happen. Five relations are needed, or some numbers would be unbounded:

- a side of a market is at most half of its skew scale, as the laws of both say;
- open interest above its lower bound is at most the span up to its upper one;
- an average of prices is at most the highest price, and a part of the vault at most 1;
- the area under a rate is at most its largest value for all of the time;
- an account at risk has less than is asked of it.
"""


def main() -> None:
    """Write the page."""
    write_file(PAGE, page().encode())


if __name__ == "__main__":
    main()
