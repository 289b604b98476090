"""
A position changes against the vault, by a trade of its owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import (
    account,
    backing,
    credit,
    errors,
    feed,
    funding,
    health,
    ledger,
    margin_call,
    market,
    position,
    rules,
    settlement,
)
from protocol.account import PORTFOLIO
from protocol.backing import NO_STANDING, Standing
from protocol.errors import require
from protocol.feed import FeedPrice, Round
from protocol.fixed_point import require_fits
from protocol.funding import Funding
from protocol.position import Position
from protocol.rules import Terms
from protocol.units import (
    Holder,
    Price,
    Quote,
    Seconds,
    Size,
    SizePrice,
)

if TYPE_CHECKING:
    from protocol.state import State


class Fill(Struct, frozen=True):
    price: Price
    fee: Quote


class Traded(Struct, frozen=True):
    holder: Holder
    market_id: int
    size_delta: Size
    price: Price
    fee: Quote
    size: Size
    cash: Quote


def move(
    state: State,
    holder: Holder,
    market_id: int,
    size_delta: Size,
    fill: Price,
    current: Funding,
) -> None:
    """
    Change a position by `size_delta` at the price `fill`, on one side; what a closed
    one leaves is realized.
    """
    before = position.load_position(state, holder, market_id)
    is_long = before.size + size_delta > 0 or before.size > 0
    index = funding.side_index(current, is_long)
    after = position.traded(before, size_delta, fill, index)
    result = Quote(0)
    bit = 1 << market_id
    held = account.load_account(state, holder)
    positions = held.positions | bit
    if after.size == Size(0):
        result = position.profit(after, Price(0), Price(0))
        after = Position(Size(0), Quote(0), SizePrice(0))
        positions ^= bit

    position.store_position(state, holder, market_id, after)
    account.store_account(state, holder, replace(held, positions=positions))
    market.add_to_side(
        state,
        market_id,
        is_long,
        size_delta,
        after.quote - before.quote,
        after.funding - before.funding,
    )
    settlement.realize(state, holder, market_id, result, current.accrued_at)


def charge_fee(state: State, holder: Holder, agreed: Terms) -> None:
    """
    Take the fee of a trade from an account and share it out; what rounding leaves is
    the treasury's.
    """
    to_treasury = agreed.fee - agreed.to_vault - agreed.to_insurance
    ledger.add_funds(state, agreed.to_vault, agreed.to_insurance, to_treasury, Quote(0))
    settlement.add_cash(state, holder, -agreed.fee)


def standing_in(
    state: State,
    holder: Holder,
    market_id: int,
    rest: Standing,
    price: FeedPrice,
    needs_valid: bool,
    now: Seconds,
) -> Standing:
    """
    The whole of an account: what it has without positions, its position in one market,
    and the rest. Of a portfolio there is no rest.
    """
    current = account.load_account(state, holder)
    if current.mode == PORTFOLIO:
        return health.standing_of(state, holder, needs_valid, now)
    standing = backing.combined(
        health.wealth(state, holder, current, needs_valid, now),
        market.exposure(
            state,
            market_id,
            position.load_position(state, holder, market_id),
            price,
            needs_valid,
            now,
        ),
    )
    return backing.combined(standing, rest)


def require_margin(
    before: Standing,
    after: Standing,
    missing: Quote,
    is_reduction: bool,
) -> None:
    """
    Refuse a trade that leaves too little margin, unless all it did was to reduce the
    risk of an account that is still worth something.
    """
    if missing <= 0:
        return
    require(is_reduction, errors.BELOW_INITIAL_MARGIN)
    require(after.equity >= 0, errors.EQUITY_NEGATIVE)
    require(
        after.equity * before.maintenance >= before.equity * after.maintenance,
        errors.RISK_NOT_REDUCED,
    )


def trade(
    state: State,
    holder: Holder,
    market_id: int,
    size_delta: Size,
    limit: Price,
    settled_at: Round,
    now: Seconds,
) -> Fill:
    """
    Trade `size_delta` for an account at `limit` or better: as an order at the price of
    a round, or where nobody has to wait at the newest.
    """
    require(size_delta != Size(0), errors.ZERO_SIZE)
    require_fits(size_delta, 95)
    code = market.load_code(state, market_id)
    risk = market.load_risk(state)
    price = market.price_of(state, market_id)
    require(
        settled_at.published_at != Seconds(0) or risk.order.delay == Seconds(0),
        errors.ONLY_BY_ORDER,
    )
    book = market.load_book(state, market_id)
    held = account.load_account(state, holder)
    size_before = position.load_position(state, holder, market_id).size
    size = size_before + size_delta
    is_reduction = position.is_reduced(size_before, size)
    others = held.positions & ~(1 << market_id)
    require(
        is_reduction or held.mode != account.ISOLATED or others == 0,
        errors.ISOLATED_ACCOUNT,
    )
    agreed = rules.terms(
        state,
        market.ANYONE,
        code,
        book,
        feed.priced_at(price, settled_at),
        size_before,
        size_delta,
        limit,
        held.mode == PORTFOLIO,
        now,
    )

    current = market.accrue(state, market_id, price, now)
    rest = NO_STANDING
    if held.mode != PORTFOLIO:
        rest = health.exposures(state, holder, others, not is_reduction, now)
    before = NO_STANDING
    if is_reduction:
        before = standing_in(state, holder, market_id, rest, price, False, now)

    charge_fee(state, holder, agreed)
    opened = size_delta
    if size * size_before < 0:
        # Through zero: all of the position is closed, and then the rest is opened.
        move(state, holder, market_id, -size_before, agreed.fill, current)
        opened = size
    move(state, holder, market_id, opened, agreed.fill, current)

    after = standing_in(state, holder, market_id, rest, price, not is_reduction, now)
    reserve = Quote(0)
    if others != 0 or size != Size(0):
        reserve = risk.reserve
    missing = after.initial + reserve - backing.strict_equity(after, risk.profit_weight)
    if held.has_line:
        worth = credit.use_line(state, holder, missing, now)
        # Whose margin could be called at once opens nothing on credit.
        if after.equity >= margin_call.required(
            after.maintenance, reserve, risk.margin_call
        ):
            missing -= worth
    require_margin(before, after, missing, is_reduction)
    left = account.load_account(state, holder)
    require(is_reduction or left.cash >= -risk.debt.most, errors.DEBT_TOO_LARGE)
    if left.positions == 0 and left.cash < 0:
        settlement.cover_shortfall(state, holder, risk.insurance, now)
        left = account.load_account(state, holder)
    if left.is_flat_paid and after.equity >= after.maintenance + reserve:
        account.set_flat_paid(state, holder, False)
    health.recover(state, holder, now)
    market.update_rates(state, market_id, price.index)
    state.log(
        Traded(
            holder=holder,
            market_id=market_id,
            size_delta=size_delta,
            price=agreed.fill,
            fee=agreed.fee,
            size=size,
            cash=left.cash,
        )
    )
    return Fill(price=agreed.fill, fee=agreed.fee)


def fill_order(
    state: State,
    holder: Holder,
    market_id: int,
    size_delta: Size,
    limit: Price,
    is_reduce_only: bool,
    round_number: int,
    now: Seconds,
) -> Fill:
    """
    Trade what an account has committed to, at the price of a round; no more than its
    position where it only reduces that.
    """
    traded = size_delta
    if is_reduce_only:
        size = position.load_position(state, holder, market_id).size
        require(size * size_delta < 0, errors.ORDER_ONLY_REDUCES)
        if abs(size_delta) > abs(size):
            traded = -size
    settled_at = market.round_of(state, market_id, round_number)
    return trade(state, holder, market_id, traded, limit, settled_at, now)
