# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Health
@notice What an account is worth and what it must hold, over all its markets.
"""

from . import account
from . import backing
from . import errors
from . import market
from . import parameters
from . import position

uses: account
uses: market
uses: position


@internal
@view
def wealth(holder: uint256, current: account.Account) -> backing.Standing:
    """
    @notice What the cash and the claims of an account add to it.
    """
    claimed: int256 = 0
    if current.claims != 0:
        for market_id: uint256 in range(account.MAX_MARKETS):
            if (current.claims >> market_id) & 1 == 1:
                claimed += position.claims[holder][market_id]
    return backing.Standing(
        equity=current.cash + claimed,
        certain=current.cash,
        gains=claimed,
        initial=0,
        maintenance=0,
    )


@internal
@view
def exposures(
    holder: uint256, positions: uint256, needs_valid: bool, now: uint256
) -> backing.Standing:
    """
    @notice What the positions of an account in the markets of a bitmap add to it, each
            market as it will stand once it has accrued.
    """
    total: backing.Standing = empty(backing.Standing)
    if positions == 0:
        return total
    for market_id: uint256 in range(account.MAX_MARKETS):
        if (positions >> market_id) & 1 == 0:
            continue
        held: position.Position = position.load_position(holder, market_id)
        total = backing.combined(
            total, market.exposure(market_id, held, needs_valid, now)
        )
    return total


@internal
@view
def standing_of(holder: uint256, needs_valid: bool, now: uint256) -> backing.Standing:
    """
    @notice The whole of an account.
    """
    current: account.Account = account.load_account(holder)
    return backing.combined(
        self.wealth(holder, current),
        self.exposures(holder, current.positions, needs_valid, now),
    )


@internal
@view
def require_withdrawable(holder: uint256, risk: parameters.RiskParams, now: uint256):
    """
    @notice Refuse a withdrawal that has left an account with too little: in cash alone,
            and strictly.
    """
    current: account.Account = account.load_account(holder)
    errors.require(current.cash >= 0, errors.TOO_LITTLE_CASH)
    if current.positions == 0:
        return
    standing: backing.Standing = self.standing_of(holder, True, now)
    least: int256 = min(
        current.cash, backing.strict_equity(standing, risk.profit_weight)
    )
    errors.require(
        least >= standing.initial + risk.reserve, errors.BELOW_INITIAL_MARGIN
    )
