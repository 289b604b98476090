# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Order
@notice A trade that an account has committed to, at a price that nobody knows yet: that
        of the first round published once its delay is over.

        An account has sixteen places for orders. What is read of a round is when it was
        published, so that no keeper chooses at which price an order is settled.
"""

from . import errors
from . import feed

MAX_ORDERS: constant(uint256) = 16
# What a limit and a fee fit into; no fill price is larger.
ORDER_BITS: constant(uint256) = 96


struct OrderParams:
    delay: uint256
    window: uint256
    least_fee: int256


struct Order:
    market_id: uint256
    size_delta: int256
    limit: int256
    fee: int256
    due_at: uint256
    expires_at: uint256
    is_reduce_only: bool


event OrderCommitted:
    holder: indexed(uint256)
    number: indexed(uint256)
    market_id: indexed(uint256)
    size_delta: int256
    limit: int256
    fee: int256
    due_at: uint256
    expires_at: uint256
    is_reduce_only: bool


event OrderFilled:
    holder: indexed(uint256)
    number: indexed(uint256)
    keeper: indexed(address)
    price: int256


event OrderRefused:
    holder: indexed(uint256)
    number: indexed(uint256)
    keeper: indexed(address)
    reason: uint256


event OrderExpired:
    holder: indexed(uint256)
    number: indexed(uint256)
    keeper: indexed(address)


event OrderCancelled:
    holder: indexed(uint256)
    number: indexed(uint256)


orders: HashMap[uint256, HashMap[uint256, uint256[2]]]


@internal
@pure
def packed_order(order: Order) -> uint256[2]:
    """
    @notice The words of an order.
    """
    return [
        (convert(convert(order.size_delta, bytes32), uint256) << 160 >> 160)
        | (convert(order.limit, uint256) << 96)
        | (order.due_at << 192),
        convert(order.fee, uint256)
        | (order.expires_at << 96)
        | (order.market_id << 136)
        | (convert(order.is_reduce_only, uint256) << 144),
    ]


@internal
@pure
def unpacked_order(packed: uint256[2]) -> Order:
    """
    @notice The order that `packed_order` packed.
    """
    return Order(
        market_id=(packed[1] << 112) >> 248,
        size_delta=convert(convert(packed[0] << 160, bytes32), int256) >> 160,
        limit=convert((packed[0] << 64) >> 160, int256),
        fee=convert((packed[1] << 160) >> 160, int256),
        due_at=(packed[0] << 24) >> 216,
        expires_at=(packed[1] << 120) >> 216,
        is_reduce_only=(packed[1] >> 144) & 1 == 1,
    )


@internal
@pure
def require_first(order: Order, chosen: feed.Round, before: feed.Round):
    """
    @notice Refuse a round that is not the first one published since an order is due;
            `before` is the one before it.
    """
    errors.require(chosen.published_at >= order.due_at, errors.ROUND_TOO_EARLY)
    errors.require(before.published_at < order.due_at, errors.ROUND_TOO_LATE)


@internal
@view
def load_order(holder: uint256, number: uint256) -> Order:
    """
    @notice The order of an account at a place, empty where none is.
    """
    return self.unpacked_order(self.orders[holder][number])


@internal
@view
def require_free(holder: uint256, number: uint256):
    """
    @notice Refuse a place at which an account has an order already.
    """
    errors.require(self.orders[holder][number][0] == 0, errors.ORDER_EXISTS)


@internal
def commit_order(holder: uint256, number: uint256, order: Order):
    """
    @notice Keep an order of an account.
    """
    errors.require(
        0 <= order.limit and order.limit >> ORDER_BITS == 0, errors.OUT_OF_BOUNDS
    )
    self.orders[holder][number] = self.packed_order(order)
    log OrderCommitted(
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


@internal
def take_order(holder: uint256, number: uint256) -> Order:
    """
    @notice Give the order of an account at a place, which is free from then on.
    """
    order: Order = self.load_order(holder, number)
    errors.require(order.size_delta != 0, errors.ORDER_UNKNOWN)
    self.orders[holder][number] = empty(uint256[2])
    return order
