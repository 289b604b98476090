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
    errors,
    fee,
    feed,
    funding,
    health,
    insurance,
    ledger,
    liquidation,
    margin,
    market,
    position,
    pricing,
    settlement,
)
from protocol.errors import require
from protocol.fee import FeeParams
from protocol.feed import FeedPrice
from protocol.fixed_point import clamp, mul_wad_down, mul_wad_up, require_fits
from protocol.funding import Funding
from protocol.health import NO_STANDING, Standing
from protocol.liquidation import Case
from protocol.market import Book, LimitParams, MarketParams, RiskParams
from protocol.position import Position
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


def require_within_limits(
    skew_before: Size, after: Book, is_long: bool, index: Price, limits: LimitParams
) -> None:
    """Refuse an increase that has led beyond the limits of its market."""
    skew = abs(market.skew(after))
    require(
        skew <= limits.max_skew or skew < abs(skew_before),
        errors.SKEW_TOO_LARGE,
    )
    side = after.long_size if is_long else -after.short_size
    require(
        side <= limits.max_open_interest
        and margin.notional(side, index) <= limits.max_open_interest_value,
        errors.OPEN_INTEREST_TOO_LARGE,
    )


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
    settlement.realize(state, holder, market_id, result)


def charge_fee(state: State, holder: Holder, charged: Quote, params: FeeParams) -> None:
    """
    Take the fee of a trade from an account and share it out; what rounding leaves is
    the treasury's.
    """
    to_vault = mul_wad_down(charged, params.vault_share)
    to_insurance = mul_wad_down(charged, params.insurance_share)
    to_treasury = charged - to_vault - to_insurance
    ledger.add_funds(state, to_vault, to_insurance, to_treasury, Quote(0))
    settlement.add_cash(state, holder, -charged)


def standing_in(
    state: State,
    holder: Holder,
    market_id: int,
    rest: Standing,
    price: FeedPrice,
    current: Funding,
    params: MarketParams,
) -> Standing:
    """
    The whole of an account: its cash and claims, its position in one market, and the
    rest.
    """
    standing = health.combined(
        health.wealth(state, holder, account.load_account(state, holder)),
        health.exposure(
            position.load_position(state, holder, market_id),
            price,
            current,
            market.open_interest(market.load_book(state, market_id)),
            params,
        ),
    )
    return health.combined(standing, rest)


def require_margin(
    before: Standing,
    after: Standing,
    is_reduction: bool,
    reserve: Quote,
    profit_weight: Ratio,
) -> None:
    """
    Refuse a trade that leaves too little margin, unless all it did was to reduce the
    risk of an account that is still worth something.
    """
    if health.strict_equity(after, profit_weight) >= after.initial + reserve:
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
    now: Seconds,
) -> Fill:
    """Trade `size_delta` for an account at `limit` or better."""
    require(size_delta != Size(0), errors.ZERO_SIZE)
    require_fits(size_delta, 95)
    params = market.load_params(state, market_id)
    risk = market.load_risk(state)
    price = market.price_of(state, market_id)
    held = account.load_account(state, holder)
    size_before = position.load_position(state, holder, market_id).size
    size = size_before + size_delta
    is_reduction = position.is_reduced(size_before, size)
    others = held.positions & ~(1 << market_id)
    if is_reduction:
        feed.require_fresh_enough(price, params.limits.trade_age, now)
    else:
        feed.require_valid(
            price, params.limits.trade_age, params.limits.max_confidence, now
        )
        require(held.mode == account.CROSS or others == 0, errors.ISOLATED_ACCOUNT)
        require(abs(size) <= params.limits.max_size, errors.POSITION_TOO_LARGE)
    require(
        size == Size(0)
        or margin.notional(size, price.index) >= params.limits.least_value,
        errors.POSITION_TOO_SMALL,
    )

    skew = market.skew(market.load_book(state, market_id))
    fill = pricing.fill_price(
        pricing.execution_price(
            price.index, price.mark, price.confidence, size_delta, params.pricing
        ),
        skew,
        size_delta,
        params.pricing.skew_scale,
    )
    require(fill <= limit if size_delta > 0 else fill >= limit, errors.LIMIT_EXCEEDED)
    charged = fee.trade_fee(fill, skew, size_delta, params.fee)

    current = market.accrue(state, market_id, price.index, params, now)
    rest = health.exposures(state, holder, others, not is_reduction, now)
    before = NO_STANDING
    if is_reduction:
        before = standing_in(state, holder, market_id, rest, price, current, params)

    charge_fee(state, holder, charged, params.fee)
    opened = size_delta
    if size * size_before < 0:
        # Through zero: all of the position is closed, and then the rest is opened.
        move(state, holder, market_id, -size_before, fill, current)
        opened = size
    move(state, holder, market_id, opened, fill, current)

    if not is_reduction:
        book_after = market.load_book(state, market_id)
        require_within_limits(skew, book_after, size > 0, price.index, params.limits)
    after = standing_in(state, holder, market_id, rest, price, current, params)
    reserve = Quote(0)
    if others != 0 or size != Size(0):
        reserve = risk.reserve
    require_margin(before, after, is_reduction, reserve, risk.profit_weight)
    settlement.cover_shortfall(state, holder, risk.insurance, now)
    if after.equity >= after.maintenance + reserve:
        account.set_flat_paid(state, holder, False)
    market.update_rates(state, market_id, price.index, params)
    state.log(
        Traded(
            holder=holder,
            market_id=market_id,
            size_delta=size_delta,
            price=fill,
            fee=charged,
            size=size,
            cash=account.load_account(state, holder).cash,
        )
    )
    return Fill(price=fill, fee=charged)


def case_of(
    state: State,
    holder: Holder,
    market_id: int,
    params: MarketParams,
    risk: RiskParams,
    now: Seconds,
) -> Case:
    """
    All that a liquidation of a position is decided by; refused without a position,
    without a price, or without need.
    """
    held = position.load_position(state, holder, market_id)
    require(held.size != Size(0), errors.NO_POSITION)
    price = market.price_of(state, market_id)
    feed.require_fresh_enough(price, params.limits.risk_age, now)
    standing = health.standing_of(state, holder, False, now)
    require(standing.equity < standing.maintenance + risk.reserve, errors.HEALTHY)
    ratio = margin.size_ratio(held.size, params.pricing.skew_scale, params.margin)
    return Case(
        equity=standing.equity,
        maintenance=standing.maintenance,
        reserve=risk.reserve,
        size=held.size,
        value=margin.notional(held.size, price.mark),
        position_maintenance=margin.maintenance_margin(
            held.size, price.mark, ratio, params.margin
        ),
        mark=price.mark,
        skew=market.skew(market.load_book(state, market_id)),
        bucket=market.bucket_level(state, market_id, params.liquidation, now),
    )


def close_at_risk(
    state: State,
    holder: Holder,
    market_id: int,
    size: Size,
    keeper: Address,
    now: Seconds,
) -> None:
    """
    Close `size` of a position of an account at risk, at the mark, and reward the
    keeper. The law of liquidation is checked here, whoever chose the size.
    """
    params = market.load_params(state, market_id)
    risk = market.load_risk(state)
    price = market.price_of(state, market_id)
    current = market.accrue(state, market_id, price.index, params, now)
    case = case_of(state, holder, market_id, params, risk, now)
    require(size > 0 and size <= abs(case.size), errors.ZERO_SIZE)
    amount = mul_wad_up(size, price.mark)
    require(
        amount <= case.bucket or liquidation.is_critical(case, params.liquidation),
        errors.BUCKET_EMPTY,
    )

    market.set_bucket(state, market_id, case.bucket - amount, now)
    size_delta = -size if case.size > 0 else size
    fill = pricing.fill_price(
        price.mark, case.skew, size_delta, params.pricing.skew_scale
    )
    move(state, holder, market_id, size_delta, fill, current)
    payment = pay_liquidation(state, holder, amount, keeper, params, risk, now)
    settlement.cover_shortfall(state, holder, risk.insurance, now)
    market.update_rates(state, market_id, price.index, params)
    state.log(
        Liquidated(
            holder=holder,
            market_id=market_id,
            keeper=keeper,
            size_delta=size_delta,
            price=fill,
            reward=payment.reward,
            insurance_fee=payment.insurance_fee,
            size=case.size + size_delta,
            cash=account.load_account(state, holder).cash,
        )
    )


def pay_liquidation(
    state: State,
    holder: Holder,
    amount: Quote,
    keeper: Address,
    params: MarketParams,
    risk: RiskParams,
    now: Seconds,
) -> Payment:
    """
    Pay the keeper out of the account's equity, and out of insurance what that does not
    cover; then the insurance fund out of the equity that is left.
    """
    held = account.load_account(state, holder)
    standing = health.standing_of(state, holder, False, now)
    reward = liquidation.keeper_reward(
        amount, not held.is_flat_paid, risk.rewards, params.liquidation
    )
    charged = clamp(standing.equity, Quote(0), reward)
    earned = charged + insurance.draw(
        state, holder, reward - charged, risk.insurance, now
    )
    share = mul_wad_down(amount, params.liquidation.insurance_share)
    left = standing.equity - charged
    insurance_fee = clamp(left, Quote(0), share)

    account.set_flat_paid(
        state,
        holder,
        held.positions != 0
        and left - insurance_fee < standing.maintenance + risk.reserve,
    )
    settlement.add_cash(state, holder, -charged - insurance_fee)
    state.keeper_rewards[keeper] += earned
    ledger.add_funds(state, Quote(0), insurance_fee, Quote(0), earned)
    return Payment(reward=earned, insurance_fee=insurance_fee)
