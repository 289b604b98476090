"""
What one position must be backed by: to be opened, and to be left alone.

The ratio grows with the position, so that a large one cannot lean on the ratio of a
small one; and the initial ratio grows with the open interest of the market, so that
splitting an account does not help either.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.fixed_point import WAD, clamp, mul_div_up, mul_wad_up
from protocol.units import Price, Quote, Ratio, Size


class MarginParams(Struct, frozen=True):
    im_base: Ratio
    im_slope: Ratio
    oi_lower: Size
    oi_upper: Size
    maintenance_fraction: Ratio
    # Sixteen of them, see `portfolio`; zero where no portfolio may hold a position.
    shocks: int


def size_ratio(size: Size, skew_scale: Size, params: MarginParams) -> Ratio:
    """The margin ratio that the position's own size asks for."""
    grown = mul_div_up(params.im_slope, abs(size), skew_scale)
    return min(Ratio(WAD), params.im_base + grown)


def open_interest_ratio(open_interest: Size, params: MarginParams) -> Ratio:
    """The margin ratio that the market's open interest asks for."""
    span = params.oi_upper - params.oi_lower
    above = clamp(open_interest - params.oi_lower, Size(0), span)
    return params.im_base + mul_div_up(Ratio(WAD) - params.im_base, above, span)


def scaled(ratio: Ratio, multiplier: Ratio) -> Ratio:
    """
    A margin ratio in such a market as this: times what its volatility asks for.
    """
    return min(Ratio(WAD), mul_wad_up(ratio, multiplier))


def notional(size: Size, price: Price) -> Quote:
    """The value of a position of `size` at `price`, whatever its side."""
    return mul_wad_up(abs(size), price)


def initial_margin(
    size: Size,
    price: Price,
    own_ratio: Ratio,
    open_interest: Size,
    multiplier: Ratio,
    params: MarginParams,
) -> Quote:
    """What an account must hold for the position when it opens or withdraws."""
    ratio = max(own_ratio, open_interest_ratio(open_interest, params))
    return mul_wad_up(notional(size, price), scaled(ratio, multiplier))


def maintenance_margin(
    size: Size, price: Price, own_ratio: Ratio, params: MarginParams
) -> Quote:
    """What an account must hold for the position not to be liquidated."""
    initial = mul_wad_up(notional(size, price), own_ratio)
    return mul_wad_up(initial, params.maintenance_fraction)
