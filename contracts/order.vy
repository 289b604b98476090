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

from . import account
from . import errors
from . import feed
from . import fixed_point

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
    trigger: int256
    is_above: bool


event TriggerPlaced:
    holder: indexed(uint256)
    number: indexed(uint256)
    market_id: indexed(uint256)
    size_delta: int256
    limit: int256
    fee: int256
    is_reduce_only: bool
    trigger: int256
    is_above: bool


event OrderArmed:
    holder: indexed(uint256)
    number: indexed(uint256)
    keeper: indexed(address)
    due_at: uint256
    expires_at: uint256


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
        | (order.due_at << 192)
        | (convert(order.is_above, uint256) << 232),
        convert(order.fee, uint256)
        | (order.expires_at << 96)
        | (order.market_id << 136)
        | (convert(order.is_reduce_only, uint256) << 144)
        | (convert(order.trigger, uint256) << 152),
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
        trigger=convert((packed[1] << 8) >> 160, int256),
        is_above=(packed[0] >> 232) & 1 == 1,
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
@pure
def is_crossed(order: Order, index: int256) -> bool:
    """
    @notice Whether an index is where an order waits for it, or beyond.
    """
    if order.is_above:
        return index >= order.trigger
    return 0 < index and index <= order.trigger


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
@pure
def require_limit(limit: int256):
    """
    @notice Refuse a limit that no price is.
    """
    errors.require(0 <= limit and limit >> ORDER_BITS == 0, errors.OUT_OF_BOUNDS)


@internal
def place_trigger(holder: uint256, number: uint256, order: Order):
    """
    @notice Keep what an account will commit to once a price is reached.
    """
    self.require_free(holder, number)
    errors.require(
        number < MAX_ORDERS and order.market_id < account.MAX_MARKETS,
        errors.OUT_OF_BOUNDS,
    )
    errors.require(order.size_delta != 0, errors.ZERO_SIZE)
    fixed_point.require_fits(order.size_delta, 95)
    self.require_limit(order.limit)
    self.require_limit(order.fee)
    errors.require(
        0 < order.trigger and order.trigger >> feed.PRICE_BITS == 0,
        errors.OUT_OF_BOUNDS,
    )
    self.orders[holder][number] = self.packed_order(order)
    log TriggerPlaced(
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


@internal
def arm_order(
    holder: uint256,
    number: uint256,
    keeper: address,
    waiting: OrderParams,
    now: uint256,
):
    """
    @notice Let what waited for a price be an order committed `now`.
    """
    order: Order = self.load_order(holder, number)
    order.due_at = now + waiting.delay
    order.expires_at = order.due_at + waiting.window
    self.orders[holder][number] = self.packed_order(order)
    log OrderArmed(
        holder=holder,
        number=number,
        keeper=keeper,
        due_at=order.due_at,
        expires_at=order.expires_at,
    )


@internal
def commit_order(holder: uint256, number: uint256, order: Order):
    """
    @notice Keep an order that an account has committed to.
    """
    self.require_limit(order.limit)
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
