"""
A position changes against the vault: by a trade of its owner, or because its account is
at risk.
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
    insurance,
    ledger,
    liquidation,
    margin_call,
    market,
    position,
    rules,
    settlement,
)
from protocol.account import PORTFOLIO
from protocol.backing import NO_STANDING, Standing
from protocol.deleveraging import (
    Deleveraged,
    DeleveragingEnded,
    DeleveragingOpened,
)
from protocol.errors import require
from protocol.feed import FeedPrice, Round
from protocol.fixed_point import clamp, require_fits
from protocol.funding import Funding
from protocol.liquidation import NO_WHOLE, Bucket, Closing, Whole
from protocol.parameters import RiskParams
from protocol.position import Position
from protocol.rules import Terms
from protocol.units import (
    Address,
    Holder,
    Price,
    Quote,
    Ratio,
    Seconds,
    Size,
    SizePrice,
)

if TYPE_CHECKING:
    from protocol.state import State


class Fill(Struct, frozen=True):
    price: Price
    fee: Quote


class Payment(Struct, frozen=True):
    reward: Quote
    insurance_fee: Quote


NO_PAYMENT = Payment(Quote(0), Quote(0))


class Traded(Struct, frozen=True):
    holder: Holder
    market_id: int
    size_delta: Size
    price: Price
    fee: Quote
    size: Size
    cash: Quote


class Liquidated(Struct, frozen=True):
    holder: Holder
    market_id: int
    keeper: Address
    size_delta: Size
    price: Price
    reward: Quote
    insurance_fee: Quote
    size: Size
    cash: Quote


class PositionSettled(Struct, frozen=True):
    holder: Holder
    market_id: int
    size_delta: Size
    price: Price
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
    and the rest.
    """
    standing = backing.combined(
        health.wealth(
            state, holder, account.load_account(state, holder), needs_valid, now
        ),
        market.exposure(
            state,
            market_id,
            position.load_position(state, holder, market_id),
            price,
            needs_valid,
            now,
        ),
    )
    return health.margined(state, holder, backing.combined(standing, rest), now)


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
        now,
    )

    current = market.accrue(state, market_id, price, now)
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


def require_at_risk(standing: Standing, reserve: Quote) -> None:
    """Refuse to liquidate an account that has what it must hold."""
    require(standing.equity < standing.maintenance + reserve, errors.HEALTHY)


def liquidate(
    state: State, holder: Holder, market_id: int, keeper: Address, now: Seconds
) -> Size:
    """
    Close what is needed of a position whose account is at risk, at the mark, and reward
    the keeper; give the size closed.
    """
    if account.load_account(state, holder).mode == PORTFOLIO:
        return liquidate_portfolio(state, holder, market_id, keeper, now)
    risk = market.load_risk(state)
    price = market.price_of(state, market_id)
    size = position.load_position(state, holder, market_id).size
    require(size != Size(0), errors.NO_POSITION)
    current = market.accrue(state, market_id, price, now)
    standing = health.standing_of(state, holder, False, now)
    require_at_risk(standing, risk.reserve)
    closed = rules.closing(
        state,
        market.ANYONE,
        state.market_params[market_id],
        size,
        standing,
        risk,
        account.load_account(state, holder),
        market.load_book(state, market_id),
        price,
        market.load_bucket(state, market_id),
        Ratio(0),
        now,
    )

    account.set_orders(state, holder, 0)
    market.store_bucket(state, market_id, Bucket(level=closed.bucket, filled_at=now))
    move(state, holder, market_id, closed.size_delta, closed.fill, current)
    payment = pay_liquidation(state, holder, closed, keeper, risk, now)
    settlement.cover_shortfall(state, holder, risk.insurance, now)
    market.update_rates(state, market_id, price.index)
    log_liquidated(state, holder, market_id, keeper, closed, payment)
    return abs(closed.size_delta)


def liquidate_portfolio(
    state: State, holder: Holder, market_id: int, keeper: Address, now: Seconds
) -> Size:
    """
    Close the part that is needed of every position of a portfolio at risk, and reward
    the keeper; give the size closed in the market that it names, whose event tells the
    reward and the fee of the whole.
    """
    risk = market.load_risk(state)
    held = account.load_account(state, holder)
    require((held.positions >> market_id) & 1 == 1, errors.NO_POSITION)
    for each in range(account.MAX_MARKETS):
        if (held.positions >> each) & 1 == 1:
            market.accrue(state, each, market.price_of(state, each), now)
    standing = health.standing_of(state, holder, False, now)
    require_at_risk(standing, risk.reserve)
    part = rules.closing_part(
        state,
        market.ANYONE,
        gathered(state, holder, held.positions, now),
        standing,
        risk,
        held,
        now,
    )

    account.set_orders(state, holder, 0)
    total = close_part(state, holder, market_id, part, standing, risk, now)
    for each in range(account.MAX_MARKETS):
        if each == market_id or (held.positions >> each) & 1 == 0:
            continue
        closed = close_part(state, holder, each, part, standing, risk, now)
        total = replace(
            total,
            reward=total.reward + closed.reward,
            insurance_fee=total.insurance_fee + closed.insurance_fee,
        )
        log_liquidated(state, holder, each, keeper, closed, NO_PAYMENT)
    reward = liquidation.capped_reward(
        total.reward, not held.is_flat_paid, risk.rewards
    )
    total = replace(total, reward=reward)
    payment = pay_liquidation(state, holder, total, keeper, risk, now)
    settlement.cover_shortfall(state, holder, risk.insurance, now)
    for each in range(account.MAX_MARKETS):
        if (held.positions >> each) & 1 == 1:
            market.update_rates(state, each, market.price_of(state, each).index)
    log_liquidated(state, holder, market_id, keeper, total, payment)
    return abs(total.size_delta)


def gathered(state: State, holder: Holder, positions: int, now: Seconds) -> Whole:
    """What closing the same part of every position comes to."""
    whole = NO_WHOLE
    for market_id in range(account.MAX_MARKETS):
        if (positions >> market_id) & 1 == 0:
            continue
        whole = rules.gathered(
            state,
            market.ANYONE,
            state.market_params[market_id],
            position.load_position(state, holder, market_id).size,
            market.load_book(state, market_id),
            market.price_of(state, market_id),
            market.load_bucket(state, market_id),
            whole,
            now,
        )
    return whole


def close_part(
    state: State,
    holder: Holder,
    market_id: int,
    part: Ratio,
    standing: Standing,
    risk: RiskParams,
    now: Seconds,
) -> Closing:
    """Close a part of one position of a portfolio at risk, whose market has accrued."""
    closed = rules.closing(
        state,
        market.ANYONE,
        state.market_params[market_id],
        position.load_position(state, holder, market_id).size,
        standing,
        risk,
        account.load_account(state, holder),
        market.load_book(state, market_id),
        market.price_of(state, market_id),
        market.load_bucket(state, market_id),
        part,
        now,
    )
    market.store_bucket(state, market_id, Bucket(level=closed.bucket, filled_at=now))
    current = market.load_funding(state, market_id)
    move(state, holder, market_id, closed.size_delta, closed.fill, current)
    return closed


def log_liquidated(
    state: State,
    holder: Holder,
    market_id: int,
    keeper: Address,
    closed: Closing,
    payment: Payment,
) -> None:
    """Tell what was closed of a position, and what was paid for it."""
    state.log(
        Liquidated(
            holder=holder,
            market_id=market_id,
            keeper=keeper,
            size_delta=closed.size_delta,
            price=closed.fill,
            reward=payment.reward,
            insurance_fee=payment.insurance_fee,
            size=position.load_position(state, holder, market_id).size,
            cash=account.load_account(state, holder).cash,
        )
    )


def deleverage(
    state: State, holder: Holder, market_id: int, size: Size, now: Seconds
) -> Size:
    """
    Close up to `size` of a winning position for its market's sake; open or end
    deleveraging where that is due. Give the size closed.
    """
    price = market.price_of(state, market_id)
    current = market.accrue(state, market_id, price, now)
    opening = market.load_opening(state, market_id)
    done = rules.deleveraged(
        state,
        market.ANYONE,
        market.load_code(state, market_id),
        market.state_of(state, market_id),
        position.load_position(state, holder, market_id),
        health.standing_of(state, holder, False, now).equity,
        price,
        ledger.load_funds(state).vault,
        opening,
        size,
        now,
    )
    market.store_opening(state, market_id, done.opening)
    if done.size_delta == Size(0):
        if opening.opened_at == Seconds(0):
            state.log(
                DeleveragingOpened(
                    market_id=market_id,
                    long_left=done.opening.long_left,
                    short_left=done.opening.short_left,
                )
            )
        else:
            state.log(DeleveragingEnded(market_id=market_id))
        return Size(0)
    move(state, holder, market_id, done.size_delta, done.fill, current)
    # Whose claims pay a debt is not for somebody else to say.
    left = account.load_account(state, holder)
    require(left.positions != 0 or left.cash >= 0, errors.DEBT_TOO_LARGE)
    market.update_rates(state, market_id, price.index)
    state.log(
        Deleveraged(
            holder=holder,
            market_id=market_id,
            size_delta=done.size_delta,
            price=done.fill,
            size=position.load_position(state, holder, market_id).size,
        )
    )
    return abs(done.size_delta)


def close_settled(state: State, holder: Holder, market_id: int, now: Seconds) -> Size:
    """
    Close a position of a settled market at its last price; give the size closed.
    """
    price = market.price_of(state, market_id)
    size = position.load_position(state, holder, market_id).size
    require(size != Size(0), errors.NO_POSITION)
    last_price = rules.final_price(
        state, market.ANYONE, state.market_params[market_id], price, now
    )
    current = market.accrue(state, market_id, price, now)
    move(state, holder, market_id, -size, last_price, current)
    settlement.cover_shortfall(state, holder, market.load_risk(state).insurance, now)
    health.recover(state, holder, now)
    state.log(
        PositionSettled(
            holder=holder,
            market_id=market_id,
            size_delta=-size,
            price=last_price,
            cash=account.load_account(state, holder).cash,
        )
    )
    return abs(size)


def pay_liquidation(
    state: State,
    holder: Holder,
    closed: Closing,
    keeper: Address,
    risk: RiskParams,
    now: Seconds,
) -> Payment:
    """
    Pay the keeper out of the account's equity, and out of insurance what that does not
    cover; then the insurance fund out of the equity that is left.
    """
    standing = health.standing_of(state, holder, False, now)
    current = account.load_account(state, holder)
    worth = standing.equity
    if current.positions == 0 and not settlement.has_saleable(
        state, holder, current.tokens
    ):
        # A token that is seized pays for nothing, a claim for what its market pays.
        asked = closed.reward + closed.insurance_fee
        worth = settlement.use_claims(state, holder, asked, now)
    if current.has_line:
        required = standing.initial
        if current.positions != 0:
            required += risk.reserve
        credit.use_line(
            state,
            holder,
            required - backing.strict_equity(standing, risk.profit_weight),
            now,
        )
    charged = clamp(worth, Quote(0), closed.reward)
    earned = charged + insurance.draw(
        state, holder, closed.reward - charged, risk.insurance, now
    )
    left = worth - charged
    insurance_fee = clamp(left, Quote(0), closed.insurance_fee)

    account.set_flat_paid(
        state,
        holder,
        current.positions != 0
        and left - insurance_fee < standing.maintenance + risk.reserve,
    )
    settlement.add_cash(state, holder, -charged - insurance_fee)
    state.keeper_rewards[keeper] += earned
    ledger.add_funds(state, Quote(0), insurance_fee, Quote(0), earned)
    health.recover(state, holder, now)
    return Payment(reward=earned, insurance_fee=insurance_fee)
