"""
Every record that enters a formula, with each number as wide as it may be.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol.account import MAX_MARKETS
from protocol.backing import Standing
from protocol.collateral import CollateralParams
from protocol.credit import MOST_NOTICE, MOST_RATE, CreditLine
from protocol.deleveraging import DeleveragingParams, Opening
from protocol.fee import FeeParams
from protocol.feed import FeedPrice, Round
from protocol.fixed_point import WAD
from protocol.funding import DAY, TWICE_A_DAY, BorrowingParams, Funding, FundingParams
from protocol.liquidation import Case, LiquidationParams, Whole
from protocol.margin import MarginParams
from protocol.parameters import ACTIVE, LimitParams, MarketParams
from protocol.payout import PayoutParams, Spent
from protocol.portfolio import Leg, Sums
from protocol.position import Position
from protocol.pricing import PricingParams
from protocol.sides import Book, MarketState
from protocol.statement import Totals
from protocol.volatility import VolatilityParams
from tests.laws.bounded import BOUNDS, natural, part, positive, signed
from tests.laws.intervals import Interval


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
    return MarginParams(part(), natural("rate"), 0, widest, part(), natural("amount"))


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
        ACTIVE,
    )


def credit_line(ends_at: Interval | int) -> CreditLine:
    """A line that was looked at last when the example began."""
    return CreditLine(
        lender=1,
        limit=natural("amount"),
        rate=Interval(0, int(MOST_RATE)),
        notice=MOST_NOTICE,
        used=natural("amount"),
        owed=natural("owed"),
        accrued_at=0,
        ends_at=ends_at,
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
        funding_params(),
        margin_params(),
        limit_params(),
        borrowing_params(),
        fee_params(),
        liquidation_params(),
        payout_params(),
        deleveraging_params(),
    )


def a_round() -> Round:
    return Round(
        natural("price"),
        natural("price"),
        natural("price"),
        natural("price"),
        1,
        multiplier(),
        multiplier(),
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
        multiplier(),
        multiplier(),
    )


def multiplier() -> Interval:
    """What a market may multiply its margins by."""
    return Interval(WAD, 4 * WAD)


def variance() -> Interval:
    """That of a day, of moves that double a price each second at most."""
    return Interval(0, DAY * WAD)


def volatile() -> VolatilityParams:
    """Margins that grow with volatility, as its setter has it."""
    return VolatilityParams(
        Interval(1, 2 ** BOUNDS["rate"].bits), multiplier(), Interval(0, WAD)
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


def the_sums() -> Sums:
    return Sums(
        natural("value"),
        natural("value"),
        natural("value"),
        natural("value"),
        multiplier(),
        multiplier(),
        part(),
    )


def the_legs() -> list[Leg]:
    # None worth more than what a market may come to.
    most = 2 ** BOUNDS["value"].bits * WAD
    worth = Interval(-most, most)
    return [Leg(worth, worth, Interval(0, 2**256 - 1))] * MAX_MARKETS


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


def a_whole() -> Whole:
    return Whole(
        natural("value"),
        natural("cash"),
        natural("amount"),
        part(),
        natural("amount"),
        Interval(WAD, 2 * WAD),
        part(),
    )


def a_case_in_scale() -> tuple[Case, int]:
    """A position in a market that is as wide as can be, and up to half of that."""
    scale = 2 ** BOUNDS["scale"].bits - 1
    half = Interval(-scale // 2, scale // 2)
    case = replace(a_case(), size=half, skew=half, value=positive("value"))
    return case, scale


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
        params.funding,
        params.margin,
        params.limits,
        params.borrowing,
        params.fee,
        params.liquidation,
        params.payout,
        params.deleveraging,
    )


def collateral_params() -> CollateralParams:
    return CollateralParams(
        1, 0, positive("size"), part(), part(), part(), natural("amount"), 1, part()
    )
