"""
Chooses how much of a position at risk is closed; the exchange checks the law. It holds
no money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import exchange, liquidation, market
from protocol.units import Call, Holder, Seconds, Size

if TYPE_CHECKING:
    from protocol.state import State


def liquidate(state: State, call: Call, holder: Holder, market_id: int) -> Size:
    """
    Close what is needed of a position whose account is at risk, for a reward; give the
    size closed.
    """
    size = size_of(state, holder, market_id, call.now)
    liquidator = Call(state.addresses.liquidator, call.now)
    exchange.close_at_risk(state, liquidator, holder, market_id, size, call.sender)
    return size


def closed_size(state: State, call: Call, holder: Holder, market_id: int) -> Size:
    """The size that `liquidate` would close now."""
    return size_of(state, holder, market_id, call.now)


def size_of(state: State, holder: Holder, market_id: int, now: Seconds) -> Size:
    """The size to close of a position whose account is at risk."""
    liquidator = Call(state.addresses.liquidator, now)
    case = exchange.case_of(state, liquidator, holder, market_id)
    params = market.params_in(state, exchange.params_of(state, liquidator, market_id))
    return liquidation.closed_size(
        case, params.pricing.skew_scale, params.limits.least_value, params.liquidation
    )
