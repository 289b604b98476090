"""
A trade that an account has committed to, at a price that nobody knows yet: that of the
first round published once its delay is over.

An account has sixteen places for orders. What is read of a round is when it was
published, so that no keeper chooses at which price an order is settled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import errors
from protocol.account import MAX_MARKETS
from protocol.errors import require
from protocol.feed import PRICE_BITS, Round
from protocol.fixed_point import require_fits
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
    trigger: Price
    is_above: bool


NO_ORDER = Order(
    0, Size(0), Price(0), Quote(0), Seconds(0), Seconds(0), False, Price(0), False
)


class TriggerPlaced(Struct, frozen=True):
    holder: Holder
    number: int
    market_id: int
    size_delta: Size
    limit: Price
    fee: Quote
    is_reduce_only: bool
    trigger: Price
    is_above: bool


class OrderArmed(Struct, frozen=True):
    holder: Holder
    number: int
    keeper: Address
    due_at: Seconds
    expires_at: Seconds


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
        | (int(order.due_at) << 192)
        | (int(order.is_above) << 232),
        int(order.fee)
        | (int(order.expires_at) << 96)
        | (order.market_id << 136)
        | (int(order.is_reduce_only) << 144)
        | (int(order.trigger) << 152),
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
        trigger=Price(unsigned(packed[1], 152, 96)),
        is_above=unsigned(packed[0], 232, 1) == 1,
    )


def require_first(order: Order, chosen: Round, before: Round) -> None:
    """
    Refuse a round that is not the first one published since an order is due; `before`
    is the one before it.
    """
    require(chosen.published_at >= order.due_at, errors.ROUND_TOO_EARLY)
    require(before.published_at < order.due_at, errors.ROUND_TOO_LATE)


def is_crossed(order: Order, index: Price) -> bool:
    """
    Whether an index is where an order waits for it, or beyond.
    """
    if order.is_above:
        return index >= order.trigger
    return index > 0 and index <= order.trigger


def load_order(state: State, holder: Holder, number: int) -> Order:
    """The order of an account at a place, empty where none is."""
    return state.orders[holder, number]


def require_free(state: State, holder: Holder, number: int) -> None:
    """Refuse a place at which an account has an order already."""
    require(state.orders[holder, number].size_delta == Size(0), errors.ORDER_EXISTS)


def require_limit(limit: int) -> None:
    """Refuse a limit that no price is."""
    require(limit >= 0 and limit >> ORDER_BITS == 0, errors.OUT_OF_BOUNDS)


def place_trigger(state: State, holder: Holder, number: int, order: Order) -> None:
    """
    Keep what an account will commit to once a price is reached.
    """
    require_free(state, holder, number)
    require(number < MAX_ORDERS and order.market_id < MAX_MARKETS, errors.OUT_OF_BOUNDS)
    require(order.size_delta != Size(0), errors.ZERO_SIZE)
    require_fits(order.size_delta, 95)
    require_limit(int(order.limit))
    require_limit(int(order.fee))
    require(
        order.trigger > 0 and order.trigger >> PRICE_BITS == 0, errors.OUT_OF_BOUNDS
    )
    state.orders[holder, number] = order
    state.log(
        TriggerPlaced(
            holder=holder,
            number=number,
            market_id=order.market_id,
            size_delta=order.size_delta,
            limit=order.limit,
            fee=order.fee,
            is_reduce_only=order.is_reduce_only,
            trigger=order.trigger,
            is_above=order.is_above,
        )
    )


def arm_order(
    state: State,
    holder: Holder,
    number: int,
    keeper: Address,
    waiting: OrderParams,
    now: Seconds,
) -> None:
    """
    Let what waited for a price be an order committed `now`.
    """
    due_at = now + waiting.delay
    order = replace(
        load_order(state, holder, number),
        due_at=due_at,
        expires_at=due_at + waiting.window,
    )
    state.orders[holder, number] = order
    state.log(
        OrderArmed(
            holder=holder,
            number=number,
            keeper=keeper,
            due_at=order.due_at,
            expires_at=order.expires_at,
        )
    )


def commit_order(state: State, holder: Holder, number: int, order: Order) -> None:
    """Keep an order that an account has committed to."""
    require_limit(int(order.limit))
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
