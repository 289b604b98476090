"""
A trade that an account has committed to, at a price that nobody knows yet: that of the
first round published once its delay is over.

An account has sixteen places for orders. What is read of a round is when it was
published, so that no keeper chooses at which price an order is settled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol import errors
from protocol.errors import require
from protocol.feed import Round
from protocol.units import Address, Holder, Price, Quote, Seconds, Size
from protocol.word import placed, signed, unsigned

if TYPE_CHECKING:
    from protocol.state import State

MAX_ORDERS = 16
# What a limit and a fee fit into; no fill price is larger.
ORDER_BITS = 96


class OrderParams(Struct, frozen=True):
    delay: Seconds
    window: Seconds
    least_fee: Quote


class Order(Struct, frozen=True):
    market_id: int
    size_delta: Size
    limit: Price
    fee: Quote
    due_at: Seconds
    expires_at: Seconds
    is_reduce_only: bool


NO_ORDER = Order(0, Size(0), Price(0), Quote(0), Seconds(0), Seconds(0), False)


class OrderCommitted(Struct, frozen=True):
    holder: Holder
    number: int
    market_id: int
    size_delta: Size
    limit: Price
    fee: Quote
    due_at: Seconds
    expires_at: Seconds
    is_reduce_only: bool


class OrderFilled(Struct, frozen=True):
    holder: Holder
    number: int
    keeper: Address
    price: Price


class OrderRefused(Struct, frozen=True):
    holder: Holder
    number: int
    keeper: Address
    reason: str


class OrderExpired(Struct, frozen=True):
    holder: Holder
    number: int
    keeper: Address


class OrderCancelled(Struct, frozen=True):
    holder: Holder
    number: int


def packed_order(order: Order) -> tuple[int, int]:
    """The words of an order."""
    return (
        placed(int(order.size_delta), 0, 96)
        | (int(order.limit) << 96)
        | (int(order.due_at) << 192),
        int(order.fee)
        | (int(order.expires_at) << 96)
        | (order.market_id << 136)
        | (int(order.is_reduce_only) << 144),
    )


def unpacked_order(packed: tuple[int, int]) -> Order:
    """The order that `packed_order` packed."""
    return Order(
        market_id=unsigned(packed[1], 136, 8),
        size_delta=Size(signed(packed[0], 0, 96)),
        limit=Price(unsigned(packed[0], 96, 96)),
        fee=Quote(unsigned(packed[1], 0, 96)),
        due_at=Seconds(unsigned(packed[0], 192, 40)),
        expires_at=Seconds(unsigned(packed[1], 96, 40)),
        is_reduce_only=unsigned(packed[1], 144, 1) == 1,
    )


def require_first(order: Order, chosen: Round, before: Round) -> None:
    """
    Refuse a round that is not the first one published since an order is due; `before`
    is the one before it.
    """
    require(chosen.published_at >= order.due_at, errors.ROUND_TOO_EARLY)
    require(before.published_at < order.due_at, errors.ROUND_TOO_LATE)


def load_order(state: State, holder: Holder, number: int) -> Order:
    """The order of an account at a place, empty where none is."""
    return state.orders[holder, number]


def require_free(state: State, holder: Holder, number: int) -> None:
    """Refuse a place at which an account has an order already."""
    require(state.orders[holder, number].size_delta == Size(0), errors.ORDER_EXISTS)


def commit_order(state: State, holder: Holder, number: int, order: Order) -> None:
    """Keep an order of an account."""
    require(order.limit >= 0 and order.limit >> ORDER_BITS == 0, errors.OUT_OF_BOUNDS)
    state.orders[holder, number] = order
    state.log(
        OrderCommitted(
            holder=holder,
            number=number,
            market_id=order.market_id,
            size_delta=order.size_delta,
            limit=order.limit,
            fee=order.fee,
            due_at=order.due_at,
            expires_at=order.expires_at,
            is_reduce_only=order.is_reduce_only,
        )
    )


def take_order(state: State, holder: Holder, number: int) -> Order:
    """
    Give the order of an account at a place, which is free from then on.
    """
    order = load_order(state, holder, number)
    require(order.size_delta != Size(0), errors.ORDER_UNKNOWN)
    state.orders[holder, number] = NO_ORDER
    return order
