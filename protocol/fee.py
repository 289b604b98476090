"""
What a trade pays for itself, and who gets it.

A trade takes where it grows the skew and makes where it shrinks it; one that turns the
skew over does both.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.fixed_point import mul_wad_up
from protocol.units import Price, Quote, Ratio, Size


class FeeParams(Struct, frozen=True):
    taker: Ratio
    maker: Ratio
    vault_share: Ratio
    insurance_share: Ratio


def trade_fee(price: Price, skew: Size, size_delta: Size, params: FeeParams) -> Quote:
    """The fee of trading `size_delta` from `skew` at `price`."""
    made = Size(0)
    if skew * size_delta < 0:
        made = min(abs(skew), abs(size_delta))
    taken = abs(size_delta) - made
    return fee_on(taken, price, params.taker) + fee_on(made, price, params.maker)


def fee_on(size: Size, price: Price, rate: Ratio) -> Quote:
    """The part `rate` of the value of `size`, every product rounded up."""
    amount = mul_wad_up(size, price)
    return mul_wad_up(amount, rate)
