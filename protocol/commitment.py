"""
What the book knows of orders: who may commit to one, what is held for it, and that
nothing is taken out of an account while one is pending.

What is held leaves an account for good, to a keeper whom its owner may know. So it
comes out of an account only where that could withdraw as much; else whoever commits
brings it.
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
from protocol.fixed_point import div_up, require_fits
from protocol.order import OrderParams
from protocol.units import Address, Atoms, Holder, Price, Quote, Seconds, Size

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
    give how long it waits. What the account could not withdraw of that, `sender` pays.

    Refused too with what `Token.transferFrom` is refused with.
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
    others = had.positions & ~(1 << market_id)
    require(
        is_reduction or had.mode != account.ISOLATED or others == 0,
        errors.ISOLATED_ACCOUNT,
    )
    is_portfolio = had.mode == PORTFOLIO
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
    # What only grows is looked at as it would be.
    if is_portfolio or is_reduction:
        own = market.exposure(state, market_id, held, price, False, now)
    whole = NO_STANDING
    if is_portfolio:
        whole = health.standing_of(state, holder, not is_reduction, now)
    else:
        whole = backing.combined(
            own,
            backing.combined(
                health.wealth(state, holder, had, not is_reduction, now),
                health.exposures(state, holder, others, not is_reduction, now),
            ),
        )
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
    strict = backing.strict_equity(whole, risk.profit_weight)
    spare = strict - whole.initial - risk.reserve
    require(is_reduction or spare >= 0, errors.BELOW_INITIAL_MARGIN)
    owed = fee
    if armer != 0:
        owed += fee
        reward(state, armer, fee)
    ledger.add_escrow(state, fee)
    account.set_orders(state, holder, 1 << number)
    if (
        had.cash >= owed
        and spare >= owed
        and whole.collateral - whole.initial - risk.reserve >= owed
        and (not had.has_line or credit.is_settled(state, holder))
        and (not is_reduction or health.has_valid_prices(state, had, now))
    ):
        settlement.add_cash(state, holder, -owed)
    else:
        bring(state, holder, sender, owed)
    return risk.order


def bring(state: State, holder: Holder, payer: Address, owed: Quote) -> None:
    """
    Take what is owed for an order from who commits to it, in whole atoms; what is
    beyond it is cash of the account.
    """
    if owed == Quote(0):
        return
    atoms = Atoms(div_up(owed, state.scale))
    settlement.add_cash(state, holder, ledger.book_in(state, atoms) - owed)
    ledger.pull(state, state.addresses.token, payer, atoms)


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
