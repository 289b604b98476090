# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Pricing
@notice The price of a trade: the oracle's, a spread, and a premium for the skew.

        The marginal price is `price * (1 + skew / skew_scale)`. A fill is its exact
        average over the trade, so that neither splitting a trade nor a round trip
        at an unchanged price gains anything.
"""

from . import fixed_point


struct PricingParams:
    skew_scale: int256
    max_spread: int256


@internal
@pure
def execution_price(
    index: int256,
    mark: int256,
    confidence: int256,
    size_delta: int256,
    params: PricingParams,
) -> int256:
    """
    @notice The price of `size_delta` before the premium: the worse of index and mark
            for the trader, and a spread as wide as the oracle is uncertain.
    """
    buys: bool = size_delta > 0
    worse: int256 = max(index, mark) if buys else min(index, mark)
    widest: int256 = fixed_point.mul_wad_up(worse, params.max_spread)
    spread: int256 = min(confidence, widest)
    return worse + spread if buys else worse - spread


@internal
@pure
def fill_price(
    price: int256, skew: int256, size_delta: int256, skew_scale: int256
) -> int256:
    """
    @notice The average price of trading `size_delta` from `skew`, rounded against
            the trader.
    """
    twice_scale: int256 = 2 * skew_scale
    twice_middle: int256 = twice_scale + 2 * skew + size_delta
    if size_delta > 0:
        return fixed_point.mul_div_up(price, twice_middle, twice_scale)
    return fixed_point.mul_div_down(price, twice_middle, twice_scale)


@internal
@pure
def premium(price: int256, skew: int256, skew_scale: int256) -> int256:
    """
    @notice What closing the whole skew would refund to traders, rounded up.
    """
    half_square: int256 = fixed_point.mul_div_up(skew, skew, 2 * skew_scale)
    return fixed_point.mul_wad_up(half_square, price)


@internal
@pure
def refund(price: int256, skew: int256, heavier: int256, skew_scale: int256) -> int256:
    """
    @notice What of the premium falls to each unit of the heavier side, rounded down.
    """
    if heavier == 0:
        return 0
    half_square: int256 = fixed_point.mul_div_down(skew, skew, 2 * skew_scale)
    return fixed_point.mul_div_down(price, half_square, heavier)
