"""
Where accounts commit to trades whose price nobody knows yet, and keepers settle them at
the one round that counts. It keeps no money: the book holds the fees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import errors, exchange, oracle, order
from protocol.errors import Revert, require
from protocol.feed import NO_ROUND
from protocol.order import (
    Order,
    OrderCancelled,
    OrderExpired,
    OrderFilled,
    OrderRefused,
)
from protocol.units import Call, Holder, Price, Quote, Size

if TYPE_CHECKING:
    from protocol.state import State


def commit(
    state: State,
    call: Call,
    holder: Holder,
    number: int,
    market_id: int,
    size_delta: Size,
    limit: Price,
    is_reduce_only: bool,
    fee: Quote,
) -> None:
    """
    Commit an account to trade `size_delta` at `limit` or better, at the first round
    published once the delay is over, for a fee to who settles it.
    """
    order.require_free(state, holder, number)
    own = Call(state.addresses.orders, call.now)
    asked = exchange.hold_order(
        state,
        own,
        holder,
        number,
        market_id,
        size_delta,
        is_reduce_only,
        fee,
        call.sender,
    )
    due_at = call.now + asked.delay
    order.commit_order(
        state,
        holder,
        number,
        Order(
            market_id=market_id,
            size_delta=size_delta,
            limit=limit,
            fee=fee,
            due_at=due_at,
            expires_at=due_at + asked.window,
            is_reduce_only=is_reduce_only,
        ),
    )


def settle(
    state: State, call: Call, holder: Holder, number: int, round_number: int
) -> bool:
    """
    Settle an order at the first round published since it is due, for its fee, by
    anyone; tell whether it was filled. One that the book refuses is no more, either.
    """
    kept = order.take_order(state, holder, number)
    require(call.now <= kept.expires_at, errors.ORDER_TOO_LATE)
    before = NO_ROUND
    if round_number != 0:
        before = oracle.round_of(state, call, kept.market_id, round_number - 1)
    chosen = oracle.round_of(state, call, kept.market_id, round_number)
    order.require_first(kept, chosen, before)
    own = Call(state.addresses.orders, call.now)
    is_pending = exchange.release_order(
        state, own, holder, number, kept.fee, call.sender, False
    )
    require(is_pending, errors.ORDER_DEAD)
    before_it = state.savepoint()
    try:
        fill = exchange.fill_order(
            state,
            own,
            holder,
            kept.market_id,
            kept.size_delta,
            kept.limit,
            kept.is_reduce_only,
            round_number,
        )
    except Revert as refusal:
        # Who gives too little gas for an answer does not use the order up.
        require(str(refusal) != "", errors.NO_ANSWER)
        state.undo(before_it)
        state.log(
            OrderRefused(
                holder=holder, number=number, keeper=call.sender, reason=str(refusal)
            )
        )
        return False
    state.log(
        OrderFilled(holder=holder, number=number, keeper=call.sender, price=fill.price)
    )
    return True


def expire(state: State, call: Call, holder: Holder, number: int) -> None:
    """
    End an order that nobody has settled in time, for its fee, by anyone.
    """
    kept = order.take_order(state, holder, number)
    require(call.now > kept.expires_at, errors.ORDER_STILL_OPEN)
    own = Call(state.addresses.orders, call.now)
    exchange.release_order(state, own, holder, number, kept.fee, call.sender, False)
    state.log(OrderExpired(holder=holder, number=number, keeper=call.sender))


def cancel(state: State, call: Call, holder: Holder, number: int) -> None:
    """
    Take an order back before it is due; or, by anyone, one that died with a
    liquidation. Its account has the fee again.
    """
    kept = order.take_order(state, holder, number)
    own = Call(state.addresses.orders, call.now)
    is_pending = exchange.release_order(
        state, own, holder, number, kept.fee, call.sender, True
    )
    require(not is_pending or call.now < kept.due_at, errors.ORDER_DUE)
    state.log(OrderCancelled(holder=holder, number=number))


def order_of(state: State, call: Call, holder: Holder, number: int) -> Order:
    """The order of an account at a place, empty where none is."""
    return order.load_order(state, holder, number)
