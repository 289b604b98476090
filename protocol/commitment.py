"""
What the book knows of orders: who may commit to one, what is held for it, and that
nothing is taken out of an account while one is pending.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from protocol import (
    account,
    backing,
    credit,
    errors,
    health,
    ledger,
    market,
    order,
    position,
    rules,
    settlement,
)
from protocol.account import PORTFOLIO
from protocol.backing import NO_STANDING
from protocol.errors import require
from protocol.fixed_point import require_fits
from protocol.order import OrderParams
from protocol.units import Address, Holder, Price, Quote, Seconds, Size

if TYPE_CHECKING:
    from protocol.state import State


def hold(
    state: State,
    holder: Holder,
    number: int,
    market_id: int,
    size_delta: Size,
    is_reduce_only: bool,
    fee: Quote,
    sender: Address,
    armer: Address,
    now: Seconds,
) -> OrderParams:
    """
    Let an account without a pending order commit to one that it could trade now, but
    for its limit, hold its fee, and pay as much to who has armed it, if anybody has;
    give how long it waits.
    """
    account.require_operator(state, holder, sender)
    require(size_delta != Size(0), errors.ZERO_SIZE)
    require_fits(size_delta, 95)
    code = market.load_code(state, market_id)
    risk = market.load_risk(state)
    require(fee >= risk.order.least_fee, errors.FEE_TOO_SMALL)
    require(
        number < order.MAX_ORDERS and fee >> order.ORDER_BITS == 0, errors.OUT_OF_BOUNDS
    )
    held = position.load_position(state, holder, market_id)
    size = held.size + size_delta
    is_reduction = position.is_reduced(held.size, size)
    require(is_reduction or not is_reduce_only, errors.ORDER_ONLY_REDUCES)
    require(held.size * size >= 0, errors.ORDER_THROUGH_ZERO)

    had = account.load_account(state, holder)
    require(had.orders == 0, errors.ORDER_PENDING)
    account.set_orders(state, holder, 1 << number)
    settlement.add_cash(state, holder, -fee)
    ledger.add_escrow(state, fee)
    if armer != 0:
        settlement.add_cash(state, holder, -fee)
        reward(state, armer, fee)
    current = account.load_account(state, holder)
    others = current.positions & ~(1 << market_id)
    require(
        is_reduction or current.mode != account.ISOLATED or others == 0,
        errors.ISOLATED_ACCOUNT,
    )
    is_portfolio = current.mode == PORTFOLIO
    price = market.price_of(state, market_id)
    book = market.load_book(state, market_id)
    agreed = rules.terms(
        state,
        market.ANYONE,
        code,
        book,
        price,
        held.size,
        size_delta,
        Price(0) if size_delta < 0 else Price(2**255 - 1),
        is_portfolio,
        now,
    )
    own = NO_STANDING
    # An increase for the least fee is looked at only as it would be.
    if is_portfolio or is_reduction or fee > risk.order.least_fee:
        own = market.exposure(state, market_id, held, price, False, now)
    whole = NO_STANDING
    if is_portfolio:
        whole = health.standing_of(state, holder, not is_reduction, now)
    else:
        whole = backing.combined(
            own,
            backing.combined(
                health.wealth(state, holder, current, not is_reduction, now),
                health.exposures(state, holder, others, not is_reduction, now),
            ),
        )
    if is_reduction and fee == risk.order.least_fee:
        # Who is near liquidation must be able to ask for less risk.
        require(
            whole.equity >= whole.maintenance + risk.reserve,
            errors.BELOW_MAINTENANCE_MARGIN,
        )
        require(whole.collateral >= 0, errors.TOO_LITTLE_CASH)
        return risk.order
    require(current.cash >= 0, errors.TOO_LITTLE_CASH)
    if fee > risk.order.least_fee:
        # What is offered beyond the least leaves the account as a withdrawal does.
        require(
            not current.has_line or credit.is_settled(state, holder), errors.LINE_IN_USE
        )
        least = min(whole.collateral, backing.strict_equity(whole, risk.profit_weight))
        require(least >= whole.initial + risk.reserve, errors.BELOW_INITIAL_MARGIN)
    if not is_reduction:
        grown = rules.extended(
            state,
            market.ANYONE,
            code,
            held,
            market.load_funding(state, market_id),
            book,
            price,
            size_delta,
            agreed,
            now,
        )
        whole = replace(
            whole,
            certain=whole.certain + grown.certain - own.certain,
            gains=whole.gains + grown.gains - own.gains,
            initial=whole.initial + grown.initial - own.initial,
        )
    require(
        backing.strict_equity(whole, risk.profit_weight)
        >= whole.initial + risk.reserve,
        errors.BELOW_INITIAL_MARGIN,
    )
    return risk.order


def reward(state: State, keeper: Address, fee: Quote) -> None:
    """Let a keeper have earned a fee."""
    state.keeper_rewards[keeper] += fee
    ledger.add_funds(state, Quote(0), Quote(0), Quote(0), fee)


def release(
    state: State,
    holder: Holder,
    number: int,
    fee: Quote,
    sender: Address,
    is_returned: bool,
) -> bool:
    """
    Give the fee of an order to who asks for it as a keeper, or back to its account,
    which has that of a dead one always; tell whether the order was pending still. One
    that is, only those who operate the account take back.
    """
    current = account.load_account(state, holder)
    is_pending = (current.orders >> number) & 1 == 1
    account.set_orders(state, holder, current.orders & ~(1 << number))
    ledger.add_escrow(state, -fee)
    if is_returned or not is_pending:
        if is_pending:
            account.require_operator(state, holder, sender)
        settlement.add_cash(state, holder, fee)
    else:
        reward(state, sender, fee)
    return is_pending
