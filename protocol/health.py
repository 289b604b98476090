"""
What an account is worth and what it must hold, over all its markets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol import account, errors, feed, funding, margin, market, position
from protocol.account import Account
from protocol.errors import require
from protocol.feed import FeedPrice
from protocol.fixed_point import mul_wad_down
from protocol.funding import Funding
from protocol.market import MarketParams, RiskParams
from protocol.position import Position
from protocol.units import Holder, Quote, Ratio, Seconds, Size

if TYPE_CHECKING:
    from protocol.state import State


class Standing(Struct, frozen=True):
    equity: Quote
    certain: Quote
    gains: Quote
    initial: Quote
    maintenance: Quote


NO_STANDING = Standing(Quote(0), Quote(0), Quote(0), Quote(0), Quote(0))


def combined(a: Standing, b: Standing) -> Standing:
    """Two parts of an account, together."""
    return Standing(
        equity=a.equity + b.equity,
        certain=a.certain + b.certain,
        gains=a.gains + b.gains,
        initial=a.initial + b.initial,
        maintenance=a.maintenance + b.maintenance,
    )


def strict_equity(standing: Standing, profit_weight: Ratio) -> Quote:
    """The equity that opens positions: gains count by their weight only."""
    return standing.certain + mul_wad_down(standing.gains, profit_weight)


def exposure(
    held: Position,
    price: FeedPrice,
    current: Funding,
    open_interest: Size,
    params: MarketParams,
) -> Standing:
    """
    What one position adds to its account: profit at the mark, profit at the strict
    price, and what it must be backed by.
    """
    index = funding.side_index(current, held.size > 0)
    strict = position.profit(held, feed.strict_price(price, held.size), index)
    ratio = margin.size_ratio(held.size, params.pricing.skew_scale, params.margin)
    return Standing(
        equity=position.profit(held, price.mark, index),
        certain=min(strict, Quote(0)),
        gains=max(strict, Quote(0)),
        initial=margin.initial_margin(
            held.size,
            max(price.index, price.average),
            ratio,
            open_interest,
            params.margin,
        ),
        maintenance=margin.maintenance_margin(
            held.size, price.mark, ratio, params.margin
        ),
    )


def wealth(state: State, holder: Holder, current: Account) -> Standing:
    """What the cash and the claims of an account add to it."""
    claimed = Quote(0)
    if current.claims != 0:
        for market_id in range(account.MAX_MARKETS):
            if (current.claims >> market_id) & 1 == 1:
                claimed += state.claims[holder, market_id]
    return Standing(
        equity=current.cash + claimed,
        certain=current.cash,
        gains=claimed,
        initial=Quote(0),
        maintenance=Quote(0),
    )


def exposures(
    state: State, holder: Holder, positions: int, needs_valid: bool, now: Seconds
) -> Standing:
    """
    What the positions of an account in the markets of a bitmap add to it, each market
    as it will stand once it has accrued.
    """
    total = NO_STANDING
    if positions == 0:
        return total
    for market_id in range(account.MAX_MARKETS):
        if (positions >> market_id) & 1 == 0:
            continue
        params = market.load_params(state, market_id)
        price = market.price_of(state, market_id)
        if needs_valid:
            feed.require_valid(
                price, params.limits.trade_age, params.limits.max_confidence, now
            )
        book = market.load_book(state, market_id)
        current = market.projected(
            market.load_funding(state, market_id), book, price.index, params, now
        )
        held = position.load_position(state, holder, market_id)
        total = combined(
            total, exposure(held, price, current, market.open_interest(book), params)
        )
    return total


def standing_of(
    state: State, holder: Holder, needs_valid: bool, now: Seconds
) -> Standing:
    """The whole of an account."""
    current = account.load_account(state, holder)
    return combined(
        wealth(state, holder, current),
        exposures(state, holder, current.positions, needs_valid, now),
    )


def require_withdrawable(
    state: State, holder: Holder, risk: RiskParams, now: Seconds
) -> None:
    """
    Refuse a withdrawal that has left an account with too little: in cash alone, and
    strictly.
    """
    current = account.load_account(state, holder)
    require(current.cash >= 0, errors.TOO_LITTLE_CASH)
    if current.positions == 0:
        return
    standing = standing_of(state, holder, True, now)
    least = min(current.cash, strict_equity(standing, risk.profit_weight))
    require(least >= standing.initial + risk.reserve, errors.BELOW_INITIAL_MARGIN)
