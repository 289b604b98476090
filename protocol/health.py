"""
What an account is worth and what it must hold, over all its markets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import account, credit, errors, margin_call, market, position, rules
from protocol.account import PORTFOLIO, Account
from protocol.backing import NO_STANDING, Standing, combined, strict_equity
from protocol.collateral import FIRST_FEED, MAX_TOKENS
from protocol.errors import require
from protocol.margin_call import MarginCalled, MarginCallEnded
from protocol.parameters import RiskParams
from protocol.portfolio import Leg
from protocol.rules import NO_PORTFOLIO
from protocol.units import Holder, Quote, Seconds

if TYPE_CHECKING:
    from protocol.state import State


def wealth(
    state: State, holder: Holder, current: Account, needs_valid: bool, now: Seconds
) -> Standing:
    """What the cash, the claims and the tokens of an account add to it."""
    claimed = Quote(0)
    for market_id in range(account.MAX_MARKETS):
        if current.claims >> market_id == 0:
            break
        if (current.claims >> market_id) & 1 == 1:
            claimed += state.claims[holder, market_id]
    total = Standing(
        equity=current.cash + claimed,
        collateral=current.cash,
        certain=current.cash,
        gains=claimed,
        initial=Quote(0),
        maintenance=Quote(0),
    )
    for token_id in range(MAX_TOKENS):
        if current.tokens >> token_id == 0:
            break
        if (current.tokens >> token_id) & 1 == 1:
            total = combined(
                total, token_worth(state, holder, token_id, needs_valid, now)
            )
    return total


def token_worth(
    state: State, holder: Holder, token_id: int, needs_valid: bool, now: Seconds
) -> Standing:
    """What one token adds to its account."""
    return rules.worth(
        state,
        market.ANYONE,
        state.collateral_params[token_id],
        state.collaterals[holder, token_id],
        state.totals[token_id],
        market.price_of(state, FIRST_FEED + token_id),
        needs_valid,
        now,
    )


def exposures(
    state: State, holder: Holder, positions: int, needs_valid: bool, now: Seconds
) -> Standing:
    """
    What the positions of an account in the markets of a bitmap add to it, each market
    as it will stand once it has accrued.
    """
    total = NO_STANDING
    for market_id in range(account.MAX_MARKETS):
        if positions >> market_id == 0:
            break
        if (positions >> market_id) & 1 == 0:
            continue
        total = combined(
            total,
            market.exposure(
                state,
                market_id,
                position.load_position(state, holder, market_id),
                market.price_of(state, market_id),
                needs_valid,
                now,
            ),
        )
    return total


def together(
    state: State, holder: Holder, positions: int, needs_valid: bool, now: Seconds
) -> Standing:
    """
    What the positions of a portfolio add to it, margined together, each market as it
    will stand once it has accrued.
    """
    whole = NO_PORTFOLIO
    legs: list[Leg] = []
    for market_id in range(account.MAX_MARKETS):
        if positions >> market_id == 0:
            break
        if (positions >> market_id) & 1 == 0:
            continue
        joined = rules.joined(
            state,
            market.ANYONE,
            state.market_params[market_id],
            position.load_position(state, holder, market_id),
            market.load_funding(state, market_id),
            market.load_book(state, market_id),
            market.price_of(state, market_id),
            needs_valid,
            now,
            whole,
        )
        whole = joined.whole
        legs.append(joined.leg)
    return rules.margined(state, market.ANYONE, state.risk_params[()], whole, legs)


def standing_of(
    state: State, holder: Holder, needs_valid: bool, now: Seconds
) -> Standing:
    """The whole of an account."""
    current = account.load_account(state, holder)
    worth = wealth(state, holder, current, needs_valid, now)
    if current.mode == PORTFOLIO and current.positions != 0:
        return combined(
            worth, together(state, holder, current.positions, needs_valid, now)
        )
    return combined(
        worth, exposures(state, holder, current.positions, needs_valid, now)
    )


def has_valid_prices(state: State, current: Account, now: Seconds) -> bool:
    """Whether every price that an account hangs on would do for a withdrawal."""
    for market_id in range(account.MAX_MARKETS):
        if current.positions >> market_id == 0:
            break
        if (current.positions >> market_id) & 1 == 0:
            continue
        if not rules.is_valid(
            state,
            market.ANYONE,
            state.market_params[market_id],
            market.price_of(state, market_id),
            now,
        ):
            return False
    for token_id in range(MAX_TOKENS):
        if current.tokens >> token_id == 0:
            break
        if (current.tokens >> token_id) & 1 == 0:
            continue
        if not rules.is_sure(
            state,
            market.ANYONE,
            state.collateral_params[token_id],
            market.price_of(state, FIRST_FEED + token_id),
            now,
        ):
            return False
    return True


def require_withdrawable(
    state: State, holder: Holder, risk: RiskParams, now: Seconds
) -> None:
    """
    Refuse a withdrawal that has left an account with too little: in cash and tokens
    alone, and strictly; or any while an order of it is pending.
    """
    current = account.load_account(state, holder)
    require(current.orders == 0, errors.ORDER_PENDING)
    require(current.cash >= 0, errors.TOO_LITTLE_CASH)
    require(
        not current.has_line or credit.is_settled(state, holder), errors.LINE_IN_USE
    )
    if current.positions == 0:
        return
    standing = standing_of(state, holder, True, now)
    least = min(standing.collateral, strict_equity(standing, risk.profit_weight))
    require(least >= standing.initial + risk.reserve, errors.BELOW_INITIAL_MARGIN)


def recover(state: State, holder: Holder, now: Seconds) -> None:
    """
    End the call of an account that is far from its liquidation again.
    """
    current = account.load_account(state, holder)
    if current.called_at == Seconds(0):
        return
    if current.positions != 0:
        risk = market.load_risk(state)
        standing = standing_of(state, holder, False, now)
        if standing.equity < margin_call.required(
            standing.maintenance, risk.reserve, risk.margin_call
        ):
            return
    account.set_called_at(state, holder, Seconds(0))
    state.log(MarginCallEnded(holder=holder))


def call_margin(state: State, holder: Holder, market_id: int, now: Seconds) -> None:
    """
    Call the margin of an account that has come near its liquidation, by a position in a
    market whose price is fresh enough.
    """
    current = account.load_account(state, holder)
    standing = standing_of(state, holder, False, now)
    required = rules.called(
        state,
        market.ANYONE,
        state.market_params[market_id],
        position.load_position(state, holder, market_id).size,
        standing,
        market.load_risk(state),
        current,
        market.price_of(state, market_id),
        now,
    )
    account.set_called_at(state, holder, now)
    state.log(
        MarginCalled(
            holder=holder,
            market_id=market_id,
            equity=standing.equity,
            required=required,
        )
    )


def settle_line(state: State, holder: Holder, now: Seconds) -> Quote:
    """
    Pay the lender of an account what it is owed, as far as that brings nobody near
    liquidation, and look again at what the account needs of its line; give what was
    paid.
    """
    current = account.load_account(state, holder)
    require(current.has_line, errors.LINE_UNKNOWN)
    risk = market.load_risk(state)
    standing = standing_of(state, holder, False, now)
    reserve = risk.reserve if current.positions != 0 else Quote(0)
    return credit.settle_line(
        state,
        holder,
        standing.initial + reserve - strict_equity(standing, risk.profit_weight),
        standing.equity
        - margin_call.required(standing.maintenance, reserve, risk.margin_call),
        now,
    )
