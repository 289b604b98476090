# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Health
@notice What an account is worth and what it must hold, over all its markets.
"""

from . import Rules
from . import account
from . import backing
from . import collateral
from . import credit
from . import errors
from . import margin_call
from . import market
from . import parameters
from . import portfolio
from . import position

uses: account
uses: collateral
uses: credit
uses: market
uses: position


@internal
@view
def wealth(
    holder: uint256, current: account.Account, needs_valid: bool, now: uint256
) -> backing.Standing:
    """
    @notice What the cash, the claims and the tokens of an account add to it.
    """
    claimed: int256 = 0
    for market_id: uint256 in range(account.MAX_MARKETS):
        if current.claims >> market_id == 0:
            break
        if (current.claims >> market_id) & 1 == 1:
            claimed += position.claims[holder][market_id]
    total: backing.Standing = backing.Standing(
        equity=current.cash + claimed,
        collateral=current.cash,
        certain=current.cash,
        gains=claimed,
        initial=0,
        maintenance=0,
    )
    for token_id: uint256 in range(collateral.MAX_TOKENS):
        if current.tokens >> token_id == 0:
            break
        if (current.tokens >> token_id) & 1 == 1:
            total = backing.combined(
                total, self.token_worth(holder, token_id, needs_valid, now)
            )
    return total


@internal
@view
def token_worth(
    holder: uint256, token_id: uint256, needs_valid: bool, now: uint256
) -> backing.Standing:
    """
    @notice What one token adds to its account.
    """
    return staticcall Rules.__interface__(market.RULES).worth(
        collateral.collateral_params[token_id],
        collateral.collaterals[holder][token_id],
        collateral.totals[token_id],
        market.price_of(collateral.FIRST_FEED + token_id),
        needs_valid,
        now,
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
    for market_id: uint256 in range(account.MAX_MARKETS):
        if positions >> market_id == 0:
            break
        if (positions >> market_id) & 1 == 0:
            continue
        total = backing.combined(
            total,
            market.exposure(
                market_id,
                position.load_position(holder, market_id),
                market.price_of(market_id),
                needs_valid,
                now,
            ),
        )
    return total


@internal
@view
def together(
    holder: uint256, positions: uint256, needs_valid: bool, now: uint256
) -> backing.Standing:
    """
    @notice What the positions of a portfolio add to it, margined together, each market
            as it will stand once it has accrued.
    """
    whole: Rules.Portfolio = empty(Rules.Portfolio)
    legs: DynArray[portfolio.Leg, account.MAX_MARKETS] = []
    for market_id: uint256 in range(account.MAX_MARKETS):
        if positions >> market_id == 0:
            break
        if (positions >> market_id) & 1 == 0:
            continue
        joined: Rules.Joined = staticcall Rules.__interface__(market.RULES).joined(
            market.market_params[market_id],
            position.load_position(holder, market_id),
            market.load_funding(market_id),
            market.load_book(market_id),
            market.price_of(market_id),
            needs_valid,
            now,
            whole,
        )
        whole = joined.whole
        legs.append(joined.leg)
    return staticcall Rules.__interface__(market.RULES).margined(
        market.risk_params, whole, legs
    )


@internal
@view
def standing_of(holder: uint256, needs_valid: bool, now: uint256) -> backing.Standing:
    """
    @notice The whole of an account.
    """
    current: account.Account = account.load_account(holder)
    worth: backing.Standing = self.wealth(holder, current, needs_valid, now)
    if current.mode == account.PORTFOLIO and current.positions != 0:
        return backing.combined(
            worth, self.together(holder, current.positions, needs_valid, now)
        )
    return backing.combined(
        worth, self.exposures(holder, current.positions, needs_valid, now)
    )


@internal
@view
def has_valid_prices(current: account.Account, now: uint256) -> bool:
    """
    @notice Whether every price that an account hangs on would do for a withdrawal.
    """
    for market_id: uint256 in range(account.MAX_MARKETS):
        if current.positions >> market_id == 0:
            break
        if (current.positions >> market_id) & 1 == 0:
            continue
        if not staticcall Rules.__interface__(market.RULES).is_valid(
            market.market_params[market_id], market.price_of(market_id), now
        ):
            return False
    for token_id: uint256 in range(collateral.MAX_TOKENS):
        if current.tokens >> token_id == 0:
            break
        if (current.tokens >> token_id) & 1 == 0:
            continue
        if not staticcall Rules.__interface__(market.RULES).is_sure(
            collateral.collateral_params[token_id],
            market.price_of(collateral.FIRST_FEED + token_id),
            now,
        ):
            return False
    return True


@internal
@view
def require_withdrawable(holder: uint256, risk: parameters.RiskParams, now: uint256):
    """
    @notice Refuse a withdrawal that has left an account with too little: in cash and
            tokens alone, and strictly; or any while an order of it is pending.
    """
    current: account.Account = account.load_account(holder)
    errors.require(current.orders == 0, errors.ORDER_PENDING)
    errors.require(current.cash >= 0, errors.TOO_LITTLE_CASH)
    errors.require(
        not current.has_line or credit.is_settled(holder), errors.LINE_IN_USE
    )
    if current.positions == 0:
        return
    standing: backing.Standing = self.standing_of(holder, True, now)
    least: int256 = min(
        standing.collateral, backing.strict_equity(standing, risk.profit_weight)
    )
    errors.require(
        least >= standing.initial + risk.reserve, errors.BELOW_INITIAL_MARGIN
    )


@internal
def recover(holder: uint256, now: uint256):
    """
    @notice End the call of an account that is far from its liquidation again.
    """
    current: account.Account = account.load_account(holder)
    if current.called_at == 0:
        return
    if current.positions != 0:
        risk: parameters.RiskParams = market.load_risk()
        standing: backing.Standing = self.standing_of(holder, False, now)
        if standing.equity < margin_call.required(
            standing.maintenance, risk.reserve, risk.margin_call
        ):
            return
    account.set_called_at(holder, 0)
    log margin_call.MarginCallEnded(holder=holder)


@internal
def call_margin(holder: uint256, market_id: uint256, now: uint256):
    """
    @notice Call the margin of an account that has come near its liquidation, by a
            position in a market whose price is fresh enough.
    """
    current: account.Account = account.load_account(holder)
    standing: backing.Standing = self.standing_of(holder, False, now)
    required: int256 = staticcall Rules.__interface__(market.RULES).called(
        market.market_params[market_id],
        position.load_position(holder, market_id).size,
        standing,
        market.load_risk(),
        current,
        market.price_of(market_id),
        now,
    )
    account.set_called_at(holder, now)
    log margin_call.MarginCalled(
        holder=holder,
        market_id=market_id,
        equity=standing.equity,
        required=required,
    )


@internal
def settle_line(holder: uint256, now: uint256) -> int256:
    """
    @notice Pay the lender of an account what it is owed, as far as that brings nobody
            near liquidation, and look again at what the account needs of its line; give
            what was paid.
    """
    current: account.Account = account.load_account(holder)
    errors.require(current.has_line, errors.LINE_UNKNOWN)
    risk: parameters.RiskParams = market.load_risk()
    standing: backing.Standing = self.standing_of(holder, False, now)
    reserve: int256 = risk.reserve if current.positions != 0 else 0
    return credit.settle_line(
        holder,
        standing.initial
        + reserve
        - backing.strict_equity(standing, risk.profit_weight),
        standing.equity
        - margin_call.required(standing.maintenance, reserve, risk.margin_call),
        now,
    )
