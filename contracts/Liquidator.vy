# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Liquidator
@notice Chooses how much of a position at risk is closed; the exchange checks the law.
        It holds no money.
"""

from . import liquidation
from . import market


interface Exchange:
    def case_of(holder: uint256, market_id: uint256) -> liquidation.Case: view
    def params_of(market_id: uint256) -> address: view
    def close_at_risk(
        holder: uint256, market_id: uint256, size: int256, keeper: address
    ): nonpayable


EXCHANGE: immutable(address)


@deploy
def __init__(exchange: address):
    EXCHANGE = exchange


@external
def liquidate(holder: uint256, market_id: uint256) -> int256:
    """
    @notice Close what is needed of a position whose account is at risk, for a reward;
            give the size closed.
    """
    size: int256 = self.size_of(holder, market_id)
    extcall Exchange(EXCHANGE).close_at_risk(holder, market_id, size, msg.sender)
    return size


@external
@view
def closed_size(holder: uint256, market_id: uint256) -> int256:
    """
    @notice The size that `liquidate` would close now.
    """
    return self.size_of(holder, market_id)


@internal
@view
def size_of(holder: uint256, market_id: uint256) -> int256:
    """
    @notice The size to close of a position whose account is at risk.
    """
    case: liquidation.Case = staticcall Exchange(EXCHANGE).case_of(holder, market_id)
    params: market.MarketParams = market.params_in(
        staticcall Exchange(EXCHANGE).params_of(market_id)
    )
    return liquidation.closed_size(
        case, params.pricing.skew_scale, params.limits.least_value, params.liquidation
    )
