# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Fee
@notice What a trade pays for itself, and who gets it.

        A trade takes where it grows the skew and makes where it shrinks it; one that
        turns the skew over does both.
"""

from . import fixed_point


struct FeeParams:
    taker: int256
    maker: int256
    vault_share: int256
    insurance_share: int256


@internal
@pure
def trade_fee(
    price: int256, skew: int256, size_delta: int256, params: FeeParams
) -> int256:
    """
    @notice The fee of trading `size_delta` from `skew` at `price`.
    """
    made: int256 = 0
    if skew * size_delta < 0:
        made = min(fixed_point.magnitude(skew), fixed_point.magnitude(size_delta))
    taken: int256 = fixed_point.magnitude(size_delta) - made
    return self.fee_on(taken, price, params.taker) + self.fee_on(
        made, price, params.maker
    )


@internal
@pure
def fee_on(size: int256, price: int256, rate: int256) -> int256:
    """
    @notice The part `rate` of the value of `size`, every product rounded up.
    """
    amount: int256 = fixed_point.mul_wad_up(size, price)
    return fixed_point.mul_wad_up(amount, rate)
