"""
A position is closed without a trade of its owner: because its account is at risk,
because its market owes too much, or because its market has ended.
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
    health,
    insurance,
    ledger,
    liquidation,
    market,
    position,
    rules,
    settlement,
    trading,
)
from protocol.account import PORTFOLIO
from protocol.backing import Standing
from protocol.deleveraging import (
    Deleveraged,
    DeleveragingEnded,
    DeleveragingOpened,
)
from protocol.errors import require
from protocol.feed import FeedPrice
from protocol.fixed_point import clamp
from protocol.funding import Funding
from protocol.liquidation import NO_WHOLE, Bucket, Closing, Whole
from protocol.parameters import RiskParams
from protocol.units import Address, Holder, Price, Quote, Ratio, Seconds, Size

if TYPE_CHECKING:
    from protocol.state import State


class Payment(Struct, frozen=True):
    reward: Quote
    insurance_fee: Quote


NO_PAYMENT = Payment(Quote(0), Quote(0))


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
    require(
        position.load_position(state, holder, market_id).size != Size(0),
        errors.NO_POSITION,
    )
    current = market.accrue(state, market_id, price, now)
    standing = health.standing_of(state, holder, False, now)
    require_at_risk(standing, risk.reserve)

    account.set_orders(state, holder, 0)
    closed = close_part(
        state, holder, market_id, Ratio(0), price, current, standing, risk, now
    )
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
    total = close_part(
        state,
        holder,
        market_id,
        part,
        market.price_of(state, market_id),
        market.load_funding(state, market_id),
        standing,
        risk,
        now,
    )
    for each in range(account.MAX_MARKETS):
        if each == market_id or (held.positions >> each) & 1 == 0:
            continue
        closed = close_part(
            state,
            holder,
            each,
            part,
            market.price_of(state, each),
            market.load_funding(state, each),
            standing,
            risk,
            now,
        )
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
    price: FeedPrice,
    current: Funding,
    standing: Standing,
    risk: RiskParams,
    now: Seconds,
) -> Closing:
    """
    Close a part of a position of an account at risk, or what is needed of it where
    `part` is nothing; its market has accrued.
    """
    closed = rules.closing(
        state,
        market.ANYONE,
        state.market_params[market_id],
        position.load_position(state, holder, market_id).size,
        standing,
        risk,
        account.load_account(state, holder),
        market.load_book(state, market_id),
        price,
        market.load_bucket(state, market_id),
        part,
        now,
    )
    market.store_bucket(state, market_id, Bucket(level=closed.bucket, filled_at=now))
    trading.move(state, holder, market_id, closed.size_delta, closed.fill, current)
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
    trading.move(state, holder, market_id, done.size_delta, done.fill, current)
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
    trading.move(state, holder, market_id, -size, last_price, current)
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
