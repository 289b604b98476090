# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Orders
@notice Where accounts commit to trades whose price nobody knows yet, and keepers settle
        them at the one round that counts. It keeps no money: the book holds the fees.
"""

from . import errors
from . import feed
from . import order
from . import position
from . import trading

initializes: order


interface Exchange:
    def hold_order(
        holder: uint256,
        number: uint256,
        market_id: uint256,
        size_delta: int256,
        is_reduce_only: bool,
        fee: int256,
        sender: address,
        armer: address,
    ) -> order.OrderParams: nonpayable
    def release_order(
        holder: uint256,
        number: uint256,
        fee: int256,
        sender: address,
        is_returned: bool,
    ) -> bool: nonpayable
    def position_of(holder: uint256, market_id: uint256) -> position.Position: view


interface Oracle:
    def price(feed_id: uint256) -> feed.FeedPrice: view
    def round_of(feed_id: uint256, number: uint256) -> feed.Round: view


EXCHANGE: immutable(address)
ORACLE: immutable(address)


@deploy
def __init__(exchange: address, oracle: address):
    EXCHANGE = exchange
    ORACLE = oracle


@external
def commit(
    holder: uint256,
    number: uint256,
    market_id: uint256,
    size_delta: int256,
    limit: int256,
    is_reduce_only: bool,
    fee: int256,
):
    """
    @notice Commit an account to trade `size_delta` at `limit` or better, at the first
            round published once the delay is over, for a fee to who settles it.
    """
    order.require_free(holder, number)
    asked: order.OrderParams = extcall Exchange(EXCHANGE).hold_order(
        holder,
        number,
        market_id,
        size_delta,
        is_reduce_only,
        fee,
        msg.sender,
        empty(address),
    )
    due_at: uint256 = block.timestamp + asked.delay
    order.commit_order(
        holder,
        number,
        order.Order(
            market_id=market_id,
            size_delta=size_delta,
            limit=limit,
            fee=fee,
            due_at=due_at,
            expires_at=due_at + asked.window,
            is_reduce_only=is_reduce_only,
            trigger=0,
            is_above=False,
        ),
    )


@external
def place(
    holder: uint256,
    number: uint256,
    market_id: uint256,
    size_delta: int256,
    limit: int256,
    is_reduce_only: bool,
    fee: int256,
    trigger: int256,
    is_above: bool,
):
    """
    @notice Let an account of the sender commit to an order once the price is at a
            trigger, or beyond: as soon as somebody arms it, for the fee.
    """
    errors.require(convert(holder >> 96, address) == msg.sender, errors.NOT_OPERATOR)
    order.place_trigger(
        holder,
        number,
        order.Order(
            market_id=market_id,
            size_delta=size_delta,
            limit=limit,
            fee=fee,
            due_at=0,
            expires_at=0,
            is_reduce_only=is_reduce_only,
            trigger=trigger,
            is_above=is_above,
        ),
    )


@external
def arm(holder: uint256, number: uint256):
    """
    @notice Commit an account to what it has placed, by anyone, while the price of the
            last round is at the trigger or beyond.
    """
    kept: order.Order = order.load_order(holder, number)
    errors.require(kept.size_delta != 0, errors.ORDER_UNKNOWN)
    errors.require(kept.due_at == 0, errors.ORDER_ARMED)
    index: int256 = (staticcall Oracle(ORACLE).price(kept.market_id)).index
    errors.require(order.is_crossed(kept, index), errors.TRIGGER_NOT_CROSSED)
    asked: order.OrderParams = extcall Exchange(EXCHANGE).hold_order(
        holder,
        number,
        kept.market_id,
        kept.size_delta,
        kept.is_reduce_only,
        kept.fee,
        convert(holder >> 96, address),
        msg.sender,
    )
    order.arm_order(holder, number, msg.sender, asked, block.timestamp)


@external
def settle(holder: uint256, number: uint256, round_number: uint256) -> bool:
    """
    @notice Settle an order at the first round published since it is due, for its fee,
            by anyone; tell whether it was filled. One that the book refuses is no more,
            either.
    """
    kept: order.Order = order.take_order(holder, number)
    errors.require(kept.due_at != 0, errors.ORDER_NOT_ARMED)
    errors.require(block.timestamp <= kept.expires_at, errors.ORDER_TOO_LATE)
    before: feed.Round = empty(feed.Round)
    if round_number != 0:
        before = staticcall Oracle(ORACLE).round_of(kept.market_id, round_number - 1)
    order.require_first(
        kept, staticcall Oracle(ORACLE).round_of(kept.market_id, round_number), before
    )
    is_pending: bool = extcall Exchange(EXCHANGE).release_order(
        holder, number, kept.fee, msg.sender, False
    )
    errors.require(is_pending, errors.ORDER_DEAD)
    is_filled: bool = False
    answer: Bytes[64] = b""
    is_filled, answer = raw_call(
        EXCHANGE,
        abi_encode(
            holder,
            kept.market_id,
            kept.size_delta,
            kept.limit,
            kept.is_reduce_only,
            round_number,
            method_id=method_id(
                "fill_order(uint256,uint256,int256,int256,bool,uint256)"
            ),
        ),
        max_outsize=64,
        revert_on_failure=False,
    )
    # Who gives too little gas for an answer does not use the order up.
    errors.require(len(answer) != 0, errors.NO_ANSWER)
    if is_filled:
        log order.OrderFilled(
            holder=holder,
            number=number,
            keeper=msg.sender,
            price=abi_decode(answer, trading.Fill).price,
        )
    else:
        log order.OrderRefused(
            holder=holder,
            number=number,
            keeper=msg.sender,
            reason=convert(slice(answer, 0, 4), uint256),
        )
    return is_filled


@external
def expire(holder: uint256, number: uint256):
    """
    @notice End an order that nobody has settled in time, by anyone, for its fee; its
            account has it where a liquidation was the end of the order.
    """
    kept: order.Order = order.take_order(holder, number)
    errors.require(kept.due_at != 0, errors.ORDER_NOT_ARMED)
    errors.require(block.timestamp > kept.expires_at, errors.ORDER_STILL_OPEN)
    extcall Exchange(EXCHANGE).release_order(
        holder, number, kept.fee, msg.sender, False
    )
    log order.OrderExpired(holder=holder, number=number, keeper=msg.sender)


@external
def cancel(holder: uint256, number: uint256):
    """
    @notice Take an order back before it is due, or armed; or, by anyone, one that died
            with a liquidation, or with the position that it would have reduced. Its
            account has the fee again, if one is held.
    """
    kept: order.Order = order.take_order(holder, number)
    log order.OrderCancelled(holder=holder, number=number)
    if kept.due_at == 0:
        held: position.Position = staticcall Exchange(EXCHANGE).position_of(
            holder, kept.market_id
        )
        is_dead: bool = kept.is_reduce_only and held.size * kept.size_delta >= 0
        errors.require(
            is_dead or convert(holder >> 96, address) == msg.sender,
            errors.NOT_OPERATOR,
        )
        return
    is_pending: bool = extcall Exchange(EXCHANGE).release_order(
        holder, number, kept.fee, msg.sender, True
    )
    errors.require(not is_pending or kept.trigger == 0, errors.ORDER_ARMED)
    errors.require(not is_pending or block.timestamp < kept.due_at, errors.ORDER_DUE)


@external
@view
def order_of(holder: uint256, number: uint256) -> order.Order:
    """
    @notice The order of an account at a place, empty where none is.
    """
    return order.load_order(holder, number)
