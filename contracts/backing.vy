# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Backing
@notice What a part of an account is worth, and what it must be backed by.
"""

from . import collateral
from . import feed
from . import fixed_point
from . import funding
from . import margin
from . import position


struct Standing:
    equity: int256
    collateral: int256
    certain: int256
    gains: int256
    initial: int256
    maintenance: int256


struct Worth:
    equity: int256
    certain: int256
    gains: int256


@internal
@pure
def combined(a: Standing, b: Standing) -> Standing:
    """
    @notice Two parts of an account, together.
    """
    return Standing(
        equity=a.equity + b.equity,
        collateral=a.collateral + b.collateral,
        certain=a.certain + b.certain,
        gains=a.gains + b.gains,
        initial=a.initial + b.initial,
        maintenance=a.maintenance + b.maintenance,
    )


@internal
@pure
def strict_equity(standing: Standing, profit_weight: int256) -> int256:
    """
    @notice The equity that opens positions: gains count by their weight only.
    """
    return standing.certain + fixed_point.mul_wad_down(standing.gains, profit_weight)


@internal
@pure
def valued(
    held: position.Position, price: feed.FeedPrice, current: funding.Funding
) -> Worth:
    """
    @notice What one position is worth to its account: profit at the mark, and profit at
            the strict price.
    """
    index: int256 = funding.side_index(current, held.size > 0)
    strict: int256 = position.profit(held, feed.strict_price(price, held.size), index)
    return Worth(
        equity=position.profit(held, price.mark, index),
        certain=min(strict, 0),
        gains=max(strict, 0),
    )


@internal
@pure
def exposure(
    held: position.Position,
    price: feed.FeedPrice,
    current: funding.Funding,
    open_interest: int256,
    skew_scale: int256,
    params: margin.MarginParams,
) -> Standing:
    """
    @notice What one position adds to its account: what it is worth, and what it must be
            backed by.
    """
    worth: Worth = self.valued(held, price, current)
    ratio: int256 = margin.size_ratio(held.size, skew_scale, params)
    return Standing(
        equity=worth.equity,
        collateral=0,
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


@internal
@pure
def token_worth(
    amount: int256,
    total: int256,
    price: feed.FeedPrice,
    params: collateral.CollateralParams,
) -> Standing:
    """
    @notice What a token adds to its account: at the mark and its own haircut, and at the
            strict price and the haircut that has grown.
    """
    strict: int256 = collateral.worth(
        amount,
        feed.strict_price(price, amount),
        collateral.grown_haircut(total, params),
    )
    return Standing(
        equity=collateral.worth(amount, price.mark, params.haircut),
        collateral=strict,
        certain=strict,
        gains=0,
        initial=0,
        maintenance=0,
    )
