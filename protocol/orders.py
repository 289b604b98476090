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
from protocol.units import Call, Holder, Price, Quote, Seconds, Size

if TYPE_CHECKING:
    from protocol.state import State

# Nobody has armed what is committed to at once.
NOBODY = 0


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
        NOBODY,
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
            trigger=Price(0),
            is_above=False,
        ),
    )


def place(
    state: State,
    call: Call,
    holder: Holder,
    number: int,
    market_id: int,
    size_delta: Size,
    limit: Price,
    is_reduce_only: bool,
    fee: Quote,
    trigger: Price,
    is_above: bool,
) -> None:
    """
    Let an account of the sender commit to an order once the price is at a trigger, or
    beyond: as soon as somebody arms it, for the fee.
    """
    require(holder >> 96 == call.sender, errors.NOT_OPERATOR)
    order.place_trigger(
        state,
        holder,
        number,
        Order(
            market_id=market_id,
            size_delta=size_delta,
            limit=limit,
            fee=fee,
            due_at=Seconds(0),
            expires_at=Seconds(0),
            is_reduce_only=is_reduce_only,
            trigger=trigger,
            is_above=is_above,
        ),
    )


def arm(state: State, call: Call, holder: Holder, number: int) -> None:
    """
    Commit an account to what it has placed, by anyone, while the price of the last
    round is at the trigger or beyond.
    """
    kept = order.load_order(state, holder, number)
    require(kept.size_delta != Size(0), errors.ORDER_UNKNOWN)
    require(kept.due_at == Seconds(0), errors.ORDER_ARMED)
    index = oracle.price(state, call, kept.market_id).index
    require(order.is_crossed(kept, index), errors.TRIGGER_NOT_CROSSED)
    own = Call(state.addresses.orders, call.now)
    asked = exchange.hold_order(
        state,
        own,
        holder,
        number,
        kept.market_id,
        kept.size_delta,
        kept.is_reduce_only,
        kept.fee,
        holder >> 96,
        call.sender,
    )
    order.arm_order(state, holder, number, call.sender, asked, call.now)


def settle(
    state: State, call: Call, holder: Holder, number: int, round_number: int
) -> bool:
    """
    Settle an order at the first round published since it is due, for its fee, by
    anyone; tell whether it was filled. One that the book refuses is no more, either.
    """
    kept = order.take_order(state, holder, number)
    require(kept.due_at != Seconds(0), errors.ORDER_NOT_ARMED)
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
    End an order that nobody has settled in time, by anyone, for its fee; its account
    has it where a liquidation was the end of the order.
    """
    kept = order.take_order(state, holder, number)
    require(kept.due_at != Seconds(0), errors.ORDER_NOT_ARMED)
    require(call.now > kept.expires_at, errors.ORDER_STILL_OPEN)
    own = Call(state.addresses.orders, call.now)
    exchange.release_order(state, own, holder, number, kept.fee, call.sender, False)
    state.log(OrderExpired(holder=holder, number=number, keeper=call.sender))


def cancel(state: State, call: Call, holder: Holder, number: int) -> None:
    """
    Take an order back before it is due, or armed; or, by anyone, one that died with a
    liquidation, or with the position that it would have reduced. Its account has the
    fee again, if one is held.
    """
    kept = order.take_order(state, holder, number)
    state.log(OrderCancelled(holder=holder, number=number))
    if kept.due_at == Seconds(0):
        held = exchange.position_of(state, call, holder, kept.market_id)
        is_dead = kept.is_reduce_only and held.size * kept.size_delta >= 0
        require(is_dead or holder >> 96 == call.sender, errors.NOT_OPERATOR)
        return
    own = Call(state.addresses.orders, call.now)
    is_pending = exchange.release_order(
        state, own, holder, number, kept.fee, call.sender, True
    )
    require(not is_pending or kept.trigger == Price(0), errors.ORDER_ARMED)
    require(not is_pending or call.now < kept.due_at, errors.ORDER_DUE)


def order_of(state: State, call: Call, holder: Holder, number: int) -> Order:
    """The order of an account at a place, empty where none is."""
    return order.load_order(state, holder, number)
