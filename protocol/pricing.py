"""
The price of a trade: the oracle's, a spread, and a premium for the skew.

The marginal price is `price * (1 + skew / skew_scale)`. A fill is its exact average
over the trade, so that neither splitting a trade nor a round trip at an unchanged price
gains anything.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.fixed_point import mul_div_down, mul_div_up, mul_wad_up
from protocol.units import Price, Quote, Ratio, Size


class PricingParams(Struct, frozen=True):
    skew_scale: Size
    max_spread: Ratio


def execution_price(
    index: Price,
    mark: Price,
    confidence: Price,
    size_delta: Size,
    params: PricingParams,
) -> Price:
    """
    The price of `size_delta` before the premium: the worse of index and mark for the
    trader, and a spread as wide as the oracle is uncertain.
    """
    buys = size_delta > 0
    worse = max(index, mark) if buys else min(index, mark)
    widest = mul_wad_up(worse, params.max_spread)
    spread = min(confidence, widest)
    return worse + spread if buys else worse - spread


def fill_price(price: Price, skew: Size, size_delta: Size, skew_scale: Size) -> Price:
    """
    The average price of trading `size_delta` from `skew`, rounded against the trader.
    """
    twice_scale = 2 * skew_scale
    twice_middle = twice_scale + 2 * skew + size_delta
    if size_delta > 0:
        return mul_div_up(price, twice_middle, twice_scale)
    return mul_div_down(price, twice_middle, twice_scale)


def premium(price: Price, skew: Size, skew_scale: Size) -> Quote:
    """What closing the whole skew would refund to traders, rounded up."""
    half_square = mul_div_up(skew, skew, 2 * skew_scale)
    return mul_wad_up(half_square, price)


def refund(price: Price, skew: Size, heavier: Size, skew_scale: Size) -> Price:
    """What of the premium falls to each unit of the heavier side, rounded down."""
    if heavier == Size(0):
        return Price(0)
    half_square = mul_div_down(skew, skew, 2 * skew_scale)
    return mul_div_down(price, half_square, heavier)
