"""
The formulas of the protocol on the widest numbers that may enter them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocol import (
    answer,
    backing,
    collateral,
    credit,
    deleveraging,
    expiry,
    fee,
    feed,
    funding,
    governance,
    liquidation,
    margin,
    margin_call,
    payout,
    portfolio,
    position,
    pricing,
    quorum,
    ramp,
    share,
    sides,
    statement,
    trading,
    volatility,
)
from protocol.account import Account
from protocol.answer import Answer
from protocol.collateral import CollateralParams, DebtParams
from protocol.deleveraging import DeleveragingParams
from protocol.expiry import NO_EXPIRY, ExpiryParams, Sampling
from protocol.fee import FeeParams
from protocol.feed import FeedParams, Head
from protocol.fixed_point import WAD
from protocol.funding import DAY, BorrowingParams, FundingParams
from protocol.governance import MOST_SAMPLES
from protocol.insurance import InsuranceParams
from protocol.liquidation import Bucket, LiquidationParams, RewardParams
from protocol.margin import MarginParams
from protocol.margin_call import MarginCallParams
from protocol.order import OrderParams
from protocol.parameters import LimitParams, MarketParams, RiskParams
from protocol.payout import PayoutParams
from protocol.portfolio import PortfolioParams
from protocol.pricing import PricingParams
from protocol.quorum import MAX_REPORTERS
from protocol.request import VaultParams
from protocol.sides import Book
from protocol.volatility import VolatilityParams
from tests.laws.bounded import anything, duration, natural, part, positive, signed
from tests.laws.intervals import Interval
from tests.laws.records import (
    a_case,
    a_case_in_scale,
    a_round,
    a_standing,
    a_whole,
    borrowing_params,
    collateral_params,
    credit_line,
    deleveraging_params,
    fee_params,
    feed_price,
    funding_params,
    funding_record,
    held_position,
    limit_params,
    liquidation_params,
    margin_params,
    market_params,
    multiplier,
    opening,
    payout_params,
    pricing_params,
    spent_lately,
    the_legs,
    the_sums,
    the_totals,
    variance,
    volatile,
    widest_market,
)


def sampling() -> Sampling:
    """So many samples as there may be, or none; each is a price."""
    price = natural("price")
    return Sampling(price, MOST_SAMPLES * price, 0)


def owed(is_priced: bool) -> None:
    state, params = widest_market()
    share.liability(
        state, feed_price(), params, signed("cash"), is_priced, natural("time")
    )


def given_back() -> None:
    state, params = widest_market()
    sides.refunded(
        funding_record(), state.book, natural("price"), params.pricing.skew_scale
    )


def gathered() -> None:
    case, scale = a_case_in_scale()
    liquidation.gathered(
        a_whole(), case, scale, natural("amount"), liquidation_params()
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
        words(FundingParams),
        words(MarginParams, ("shocks",)),
        words(LimitParams, ("trade_age", "risk_age", "mode")),
        words(BorrowingParams),
        words(FeeParams),
        words(LiquidationParams),
        words(PayoutParams, ("window",)),
        words(DeleveragingParams, ("duration",)),
    )
    governance.require_lawful_market(params, natural("size"), natural("price"))


def unlawful_feed() -> None:
    params = FeedParams(
        duration(),
        duration(),
        duration(),
        duration(),
        *(anything() for _ in range(3)),
        VolatilityParams(anything(), anything(), anything()),
        ExpiryParams(duration(), duration(), duration()),
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
        PortfolioParams(anything()),
        OrderParams(duration(), duration(), anything()),
    )
    governance.require_lawful_risk(params)


def unlawful_call() -> None:
    warned = MarginCallParams(part() + WAD, duration(), duration())
    governance.require_lawful_call(margin_params(), warned)


def unlawful_collateral() -> None:
    params = CollateralParams(
        1, 0, *(anything() for _ in range(5)), duration(), anything()
    )
    governance.require_lawful_collateral(params, natural("size"), natural("price"))


FORMULAS: tuple[Callable[[], Any], ...] = (
    lambda: answer.price_of(Answer(natural("price"), 0, natural("time"))),
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
    lambda: ramp.begun(
        margin_params(),
        positive("scale"),
        margin_params(),
        positive("scale"),
        natural("time"),
    ),
    lambda: ramp.risen(natural("rate"), natural("rate"), Interval(0, DAY)),
    lambda: margin.initial_margin(
        signed("size"),
        natural("price"),
        part(),
        natural("size"),
        multiplier(),
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
    lambda: backing.valued(held_position(), feed_price(), funding_record()),
    lambda: backing.exposure(
        held_position(),
        feed_price(),
        funding_record(),
        natural("size"),
        positive("scale"),
        margin_params(),
    ),
    lambda: backing.combined(a_standing(), a_standing()),
    lambda: portfolio.leg(signed("size"), feed_price(), 0),
    lambda: portfolio.worst(the_legs()),
    lambda: portfolio.joined(
        the_sums(),
        the_legs()[0],
        signed("size"),
        feed_price(),
        natural("size"),
        positive("scale"),
        margin_params(),
    ),
    lambda: portfolio.requirement(the_sums(), portfolio.worst(the_legs()), part()),
    lambda: statement.portfolio_price(
        signed("size"),
        natural("price"),
        positive("scale"),
        margin_params(),
        the_sums(),
        the_legs(),
        part(),
        the_totals(),
    ),
    lambda: governance.require_lawful_floor(market_params(), PortfolioParams(part())),
    lambda: collateral.grown_haircut(natural("size"), collateral_params()),
    lambda: collateral.worth(natural("size"), natural("price"), part()),
    lambda: collateral.sale_price(natural("size"), natural("price"), part()),
    lambda: trading.require_margin(a_standing(), a_standing(), signed("cash"), True),
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
    gathered,
    lambda: liquidation.closed_part(
        a_whole(), a_case().equity, natural("value"), natural("amount")
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
    lambda: expiry.average(sampling(), ExpiryParams(1, MOST_SAMPLES, 1)),
    lambda: expiry.sampled(
        sampling(), natural("price"), 0, ExpiryParams(1, MOST_SAMPLES, 1)
    ),
    lambda: quorum.median([natural("price") for _ in range(4)]),
    lambda: feed.next_round(
        a_round(),
        natural("price"),
        natural("price"),
        positive("time"),
        variance(),
        variance(),
        FeedParams(
            3,
            3,
            natural("time"),
            positive("time"),
            natural("price"),
            natural("price"),
            part(),
            volatile(),
            NO_EXPIRY,
        ),
    ),
    lambda: volatility.next_variance(
        variance(),
        natural("price"),
        natural("price"),
        positive("time"),
        positive("time"),
    ),
    lambda: volatility.target(variance(), volatile()),
    lambda: volatility.ramped(multiplier(), multiplier(), natural("time"), volatile()),
    lambda: quorum.round_confidence(
        [natural("price") for _ in range(4)],
        [natural("price") for _ in range(4)],
        natural("price"),
    ),
    lambda: feed.next_head(
        Head(0, 0, signed("held")), a_round(), a_round(), natural("time")
    ),
    lambda: feed.final_head(Head(0, 0, signed("held")), a_round(), natural("time")),
    lambda: feed.cumulative_price(feed_price(), natural("time")),
    lambda: feed.require_valid(feed_price(), natural("time"), part(), natural("time")),
    lambda: feed.is_valid(feed_price(), natural("time"), part(), natural("time")),
    lambda: share.shares_for(natural("amount"), natural("supply"), signed("cash")),
    lambda: share.is_saleable(natural("supply"), signed("cash")),
    lambda: share.most_amount(natural("supply"), signed("cash")),
    lambda: share.most_shares(signed("cash"), natural("supply"), signed("cash")),
    lambda: share.amount_for(natural("supply"), natural("supply"), signed("cash")),
    given_back,
    lambda: owed(True),
    lambda: owed(False),
    lambda: statement.free_collateral(
        Account(signed("cash"), 1, 0, 0, False, 0, 0, False, 0), the_totals(), True
    ),
    lambda: statement.status_of(the_totals(), part()),
    lambda: margin_call.required(
        natural("value"), natural("amount"), MarginCallParams(part() + WAD, 0, 0)
    ),
    lambda: credit.line_at(credit_line(0), natural("time")),
    lambda: credit.line_at(credit_line(positive("time")), natural("time")),
    account_line,
    unlawful_feed,
    unlawful_market,
    unlawful_risk,
    unlawful_call,
    unlawful_collateral,
)
