"""
What a part of an account is worth, and what it must be backed by.
"""

from __future__ import annotations

from msgspec import Struct

from protocol import collateral, feed, funding, margin, position
from protocol.collateral import CollateralParams
from protocol.feed import FeedPrice
from protocol.fixed_point import mul_wad_down
from protocol.funding import Funding
from protocol.margin import MarginParams
from protocol.position import Position
from protocol.units import Quote, Ratio, Size


class Standing(Struct, frozen=True):
    equity: Quote
    collateral: Quote
    certain: Quote
    gains: Quote
    initial: Quote
    maintenance: Quote


class Worth(Struct, frozen=True):
    equity: Quote
    certain: Quote
    gains: Quote


NO_STANDING = Standing(Quote(0), Quote(0), Quote(0), Quote(0), Quote(0), Quote(0))
NO_WORTH = Worth(Quote(0), Quote(0), Quote(0))


def combined(a: Standing, b: Standing) -> Standing:
    """Two parts of an account, together."""
    return Standing(
        equity=a.equity + b.equity,
        collateral=a.collateral + b.collateral,
        certain=a.certain + b.certain,
        gains=a.gains + b.gains,
        initial=a.initial + b.initial,
        maintenance=a.maintenance + b.maintenance,
    )


def strict_equity(standing: Standing, profit_weight: Ratio) -> Quote:
    """The equity that opens positions: gains count by their weight only."""
    return standing.certain + mul_wad_down(standing.gains, profit_weight)


def valued(held: Position, price: FeedPrice, current: Funding) -> Worth:
    """
    What one position is worth to its account: profit at the mark, and profit at the
    strict price.
    """
    index = funding.side_index(current, held.size > 0)
    strict = position.profit(held, feed.strict_price(price, held.size), index)
    return Worth(
        equity=position.profit(held, price.mark, index),
        certain=min(strict, Quote(0)),
        gains=max(strict, Quote(0)),
    )


def exposure(
    held: Position,
    price: FeedPrice,
    current: Funding,
    open_interest: Size,
    skew_scale: Size,
    params: MarginParams,
) -> Standing:
    """
    What one position adds to its account: what it is worth, and what it must be backed
    by.
    """
    worth = valued(held, price, current)
    ratio = margin.size_ratio(held.size, skew_scale, params)
    return Standing(
        equity=worth.equity,
        collateral=Quote(0),
        certain=worth.certain,
        gains=worth.gains,
        initial=margin.initial_margin(
            held.size,
            max(price.index, price.average),
            ratio,
            open_interest,
            price.initial_multiplier,
            params,
        ),
        maintenance=margin.maintenance_margin(
            held.size,
            price.mark,
            margin.scaled(ratio, price.maintenance_multiplier),
            params,
        ),
    )


def token_worth(
    amount: Size, total: Size, price: FeedPrice, params: CollateralParams
) -> Standing:
    """
    What a token adds to its account: at the mark and its own haircut, and at the strict
    price and the haircut that has grown.
    """
    strict = collateral.worth(
        amount,
        feed.strict_price(price, amount),
        collateral.grown_haircut(total, params),
    )
    return Standing(
        equity=collateral.worth(amount, price.mark, params.haircut),
        collateral=strict,
        certain=strict,
        gains=Quote(0),
        initial=Quote(0),
        maintenance=Quote(0),
    )
