"""
What an account is worth and what it must hold, over all its markets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import account, errors, market, position
from protocol.account import Account
from protocol.backing import NO_STANDING, Standing, combined, strict_equity
from protocol.errors import require
from protocol.parameters import RiskParams
from protocol.units import Holder, Quote, Seconds

if TYPE_CHECKING:
    from protocol.state import State


def wealth(state: State, holder: Holder, current: Account) -> Standing:
    """What the cash and the claims of an account add to it."""
    claimed = Quote(0)
    if current.claims != 0:
        for market_id in range(account.MAX_MARKETS):
            if (current.claims >> market_id) & 1 == 1:
                claimed += state.claims[holder, market_id]
    return Standing(
        equity=current.cash + claimed,
        certain=current.cash,
        gains=claimed,
        initial=Quote(0),
        maintenance=Quote(0),
    )


def exposures(
    state: State, holder: Holder, positions: int, needs_valid: bool, now: Seconds
) -> Standing:
    """
    What the positions of an account in the markets of a bitmap add to it, each market
    as it will stand once it has accrued.
    """
    total = NO_STANDING
    if positions == 0:
        return total
    for market_id in range(account.MAX_MARKETS):
        if (positions >> market_id) & 1 == 0:
            continue
        held = position.load_position(state, holder, market_id)
        total = combined(
            total, market.exposure(state, market_id, held, needs_valid, now)
        )
    return total


def standing_of(
    state: State, holder: Holder, needs_valid: bool, now: Seconds
) -> Standing:
    """The whole of an account."""
    current = account.load_account(state, holder)
    return combined(
        wealth(state, holder, current),
        exposures(state, holder, current.positions, needs_valid, now),
    )


def require_withdrawable(
    state: State, holder: Holder, risk: RiskParams, now: Seconds
) -> None:
    """
    Refuse a withdrawal that has left an account with too little: in cash alone, and
    strictly.
    """
    current = account.load_account(state, holder)
    require(current.cash >= 0, errors.TOO_LITTLE_CASH)
    if current.positions == 0:
        return
    standing = standing_of(state, holder, True, now)
    least = min(current.cash, strict_equity(standing, risk.profit_weight))
    require(least >= standing.initial + risk.reserve, errors.BELOW_INITIAL_MARGIN)
