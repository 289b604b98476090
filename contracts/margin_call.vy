# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Margin call
@notice A warning before liquidation: an account that has come near it may be called, by
        anyone, and is left alone for its grace. A call ends when the account is healthy
        again, or when its window has passed after the grace.

        With no grace nobody waits for a call.
"""

from . import fixed_point


struct MarginCallParams:
    ratio: int256
    grace: uint256
    window: uint256


event MarginCalled:
    holder: indexed(uint256)
    market_id: indexed(uint256)
    equity: int256
    required: int256


event MarginCallEnded:
    holder: indexed(uint256)


@internal
@pure
def required(maintenance: int256, reserve: int256, params: MarginCallParams) -> int256:
    """
    @notice The equity below which an account may be called: what it must hold to be
            left alone, the margin of it times the ratio.
    """
    return (
        fixed_point.mul_div_up(maintenance, params.ratio, fixed_point.WAD) + reserve
    )


@internal
@pure
def is_open(called_at: uint256, params: MarginCallParams, now: uint256) -> bool:
    """
    @notice Whether a call stands: there was one, and its window has not passed.
    """
    return called_at != 0 and now <= called_at + params.grace + params.window


@internal
@pure
def is_grace_over(called_at: uint256, params: MarginCallParams, now: uint256) -> bool:
    """
    @notice Whether an account has been left alone for as long as it is owed.
    """
    if params.grace == 0:
        return True
    return self.is_open(called_at, params, now) and now >= called_at + params.grace
