# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Trading
@notice A position changes against the vault: by a trade of its owner, or because its
        account is at risk.
"""

from . import account
from . import errors
from . import fee
from . import feed
from . import fixed_point
from . import funding
from . import health
from . import insurance
from . import ledger
from . import liquidation
from . import margin
from . import market
from . import position
from . import pricing
from . import settlement

uses: account
uses: health
uses: insurance
uses: ledger
uses: market
uses: position
uses: settlement


struct Fill:
    price: int256
    fee: int256


struct Payment:
    reward: int256
    insurance_fee: int256


event Traded:
    holder: indexed(uint256)
    market_id: indexed(uint256)
    size_delta: int256
    price: int256
    fee: int256
    size: int256
    cash: int256


event Liquidated:
    holder: indexed(uint256)
    market_id: indexed(uint256)
    keeper: indexed(address)
    size_delta: int256
    price: int256
    reward: int256
    insurance_fee: int256
    size: int256
    cash: int256


@internal
@pure
def require_within_limits(
    skew_before: int256,
    after: market.Book,
    is_long: bool,
    index: int256,
    limits: market.LimitParams,
):
    """
    @notice Refuse an increase that has led beyond the limits of its market.
    """
    skew: int256 = fixed_point.magnitude(market.skew(after))
    errors.require(
        skew <= limits.max_skew or skew < fixed_point.magnitude(skew_before),
        errors.SKEW_TOO_LARGE,
    )
    side: int256 = after.long_size if is_long else 0 - after.short_size
    errors.require(
        side <= limits.max_open_interest
        and margin.notional(side, index) <= limits.max_open_interest_value,
        errors.OPEN_INTEREST_TOO_LARGE,
    )


@internal
def move(
    holder: uint256,
    market_id: uint256,
    size_delta: int256,
    fill: int256,
    current: funding.Funding,
):
    """
    @notice Change a position by `size_delta` at the price `fill`, on one side; what a
            closed one leaves is realized.
    """
    before: position.Position = position.load_position(holder, market_id)
    is_long: bool = before.size + size_delta > 0 or before.size > 0
    index: int256 = funding.side_index(current, is_long)
    after: position.Position = position.traded(before, size_delta, fill, index)
    result: int256 = 0
    bit: uint256 = 1 << market_id
    held: account.Account = account.load_account(holder)
    held.positions |= bit
    if after.size == 0:
        result = position.profit(after, 0, 0)
        after = empty(position.Position)
        held.positions ^= bit

    position.store_position(holder, market_id, after)
    account.store_account(holder, held)
    market.add_to_side(
        market_id,
        is_long,
        size_delta,
        after.quote - before.quote,
        after.funding - before.funding,
    )
    settlement.realize(holder, market_id, result)


@internal
def charge_fee(holder: uint256, charged: int256, params: fee.FeeParams):
    """
    @notice Take the fee of a trade from an account and share it out; what rounding
            leaves is the treasury's.
    """
    to_vault: int256 = fixed_point.mul_wad_down(charged, params.vault_share)
    to_insurance: int256 = fixed_point.mul_wad_down(charged, params.insurance_share)
    ledger.add_funds(to_vault, to_insurance, charged - to_vault - to_insurance, 0)
    settlement.add_cash(holder, 0 - charged)


@internal
@view
def standing_in(
    holder: uint256,
    market_id: uint256,
    rest: health.Standing,
    price: feed.FeedPrice,
    current: funding.Funding,
    params: market.MarketParams,
) -> health.Standing:
    """
    @notice The whole of an account: its cash and claims, its position in one market,
            and the rest.
    """
    standing: health.Standing = health.combined(
        health.wealth(holder, account.load_account(holder)),
        health.exposure(
            position.load_position(holder, market_id),
            price,
            current,
            market.open_interest(market.load_book(market_id)),
            params,
        ),
    )
    return health.combined(standing, rest)


@internal
@pure
def require_margin(
    before: health.Standing,
    after: health.Standing,
    is_reduction: bool,
    reserve: int256,
    profit_weight: int256,
):
    """
    @notice Refuse a trade that leaves too little margin, unless all it did was to
            reduce the risk of an account that is still worth something.
    """
    if health.strict_equity(after, profit_weight) >= after.initial + reserve:
        return
    errors.require(is_reduction, errors.BELOW_INITIAL_MARGIN)
    errors.require(after.equity >= 0, errors.EQUITY_NEGATIVE)
    errors.require(
        after.equity * before.maintenance >= before.equity * after.maintenance,
        errors.RISK_NOT_REDUCED,
    )


@internal
def trade(
    holder: uint256,
    market_id: uint256,
    size_delta: int256,
    limit: int256,
    now: uint256,
) -> Fill:
    """
    @notice Trade `size_delta` for an account at `limit` or better.
    """
    errors.require(size_delta != 0, errors.ZERO_SIZE)
    fixed_point.require_fits(size_delta, 95)
    params: market.MarketParams = market.load_params(market_id)
    risk: market.RiskParams = market.load_risk()
    price: feed.FeedPrice = market.price_of(market_id)
    held: account.Account = account.load_account(holder)
    size_before: int256 = position.load_position(holder, market_id).size
    size: int256 = size_before + size_delta
    is_reduction: bool = position.is_reduced(size_before, size)
    others: uint256 = held.positions & ~(1 << market_id)
    if is_reduction:
        feed.require_fresh_enough(price, params.limits.trade_age, now)
    else:
        feed.require_valid(
            price, params.limits.trade_age, params.limits.max_confidence, now
        )
        errors.require(
            held.mode == account.CROSS or others == 0, errors.ISOLATED_ACCOUNT
        )
        errors.require(
            fixed_point.magnitude(size) <= params.limits.max_size,
            errors.POSITION_TOO_LARGE,
        )
    errors.require(
        size == 0 or margin.notional(size, price.index) >= params.limits.least_value,
        errors.POSITION_TOO_SMALL,
    )

    skew: int256 = market.skew(market.load_book(market_id))
    fill: int256 = pricing.fill_price(
        pricing.execution_price(
            price.index, price.mark, price.confidence, size_delta, params.pricing
        ),
        skew,
        size_delta,
        params.pricing.skew_scale,
    )
    errors.require(
        fill <= limit if size_delta > 0 else fill >= limit, errors.LIMIT_EXCEEDED
    )
    charged: int256 = fee.trade_fee(fill, skew, size_delta, params.fee)

    current: funding.Funding = market.accrue(market_id, price.index, params, now)
    rest: health.Standing = health.exposures(holder, others, not is_reduction, now)
    before: health.Standing = empty(health.Standing)
    if is_reduction:
        before = self.standing_in(holder, market_id, rest, price, current, params)

    self.charge_fee(holder, charged, params.fee)
    opened: int256 = size_delta
    if size * size_before < 0:
        # Through zero: all of the position is closed, and then the rest is opened.
        self.move(holder, market_id, 0 - size_before, fill, current)
        opened = size
    self.move(holder, market_id, opened, fill, current)

    if not is_reduction:
        self.require_within_limits(
            skew, market.load_book(market_id), size > 0, price.index, params.limits
        )
    after: health.Standing = self.standing_in(
        holder, market_id, rest, price, current, params
    )
    reserve: int256 = 0
    if others != 0 or size != 0:
        reserve = risk.reserve
    self.require_margin(before, after, is_reduction, reserve, risk.profit_weight)
    settlement.cover_shortfall(holder, risk.insurance, now)
    if after.equity >= after.maintenance + reserve:
        account.set_flat_paid(holder, False)
    market.update_rates(market_id, price.index, params)
    log Traded(
        holder=holder,
        market_id=market_id,
        size_delta=size_delta,
        price=fill,
        fee=charged,
        size=size,
        cash=account.load_account(holder).cash,
    )
    return Fill(price=fill, fee=charged)


@internal
@view
def case_of(
    holder: uint256,
    market_id: uint256,
    params: market.MarketParams,
    risk: market.RiskParams,
    now: uint256,
) -> liquidation.Case:
    """
    @notice All that a liquidation of a position is decided by; refused without a
            position, without a price, or without need.
    """
    held: position.Position = position.load_position(holder, market_id)
    errors.require(held.size != 0, errors.NO_POSITION)
    price: feed.FeedPrice = market.price_of(market_id)
    feed.require_fresh_enough(price, params.limits.risk_age, now)
    standing: health.Standing = health.standing_of(holder, False, now)
    errors.require(
        standing.equity < standing.maintenance + risk.reserve, errors.HEALTHY
    )
    ratio: int256 = margin.size_ratio(
        held.size, params.pricing.skew_scale, params.margin
    )
    return liquidation.Case(
        equity=standing.equity,
        maintenance=standing.maintenance,
        reserve=risk.reserve,
        size=held.size,
        value=margin.notional(held.size, price.mark),
        position_maintenance=margin.maintenance_margin(
            held.size, price.mark, ratio, params.margin
        ),
        mark=price.mark,
        skew=market.skew(market.load_book(market_id)),
        bucket=market.bucket_level(market_id, params.liquidation, now),
    )


@internal
def close_at_risk(
    holder: uint256, market_id: uint256, size: int256, keeper: address, now: uint256
):
    """
    @notice Close `size` of a position of an account at risk, at the mark, and reward the
            keeper. The law of liquidation is checked here, whoever chose the size.
    """
    params: market.MarketParams = market.load_params(market_id)
    risk: market.RiskParams = market.load_risk()
    price: feed.FeedPrice = market.price_of(market_id)
    current: funding.Funding = market.accrue(market_id, price.index, params, now)
    case: liquidation.Case = self.case_of(holder, market_id, params, risk, now)
    errors.require(
        0 < size and size <= fixed_point.magnitude(case.size), errors.ZERO_SIZE
    )
    amount: int256 = fixed_point.mul_wad_up(size, price.mark)
    errors.require(
        amount <= case.bucket or liquidation.is_critical(case, params.liquidation),
        errors.BUCKET_EMPTY,
    )

    market.set_bucket(market_id, case.bucket - amount, now)
    size_delta: int256 = 0 - size if case.size > 0 else size
    fill: int256 = pricing.fill_price(
        price.mark, case.skew, size_delta, params.pricing.skew_scale
    )
    self.move(holder, market_id, size_delta, fill, current)
    payment: Payment = self.pay_liquidation(holder, amount, keeper, params, risk, now)
    settlement.cover_shortfall(holder, risk.insurance, now)
    market.update_rates(market_id, price.index, params)
    log Liquidated(
        holder=holder,
        market_id=market_id,
        keeper=keeper,
        size_delta=size_delta,
        price=fill,
        reward=payment.reward,
        insurance_fee=payment.insurance_fee,
        size=case.size + size_delta,
        cash=account.load_account(holder).cash,
    )


@internal
def pay_liquidation(
    holder: uint256,
    amount: int256,
    keeper: address,
    params: market.MarketParams,
    risk: market.RiskParams,
    now: uint256,
) -> Payment:
    """
    @notice Pay the keeper out of the account's equity, and out of insurance what that
            does not cover; then the insurance fund out of the equity that is left.
    """
    held: account.Account = account.load_account(holder)
    standing: health.Standing = health.standing_of(holder, False, now)
    reward: int256 = liquidation.keeper_reward(
        amount, not held.is_flat_paid, risk.rewards, params.liquidation
    )
    charged: int256 = fixed_point.clamp(standing.equity, 0, reward)
    earned: int256 = charged + insurance.draw(
        holder, reward - charged, risk.insurance, now
    )
    share: int256 = fixed_point.mul_wad_down(amount, params.liquidation.insurance_share)
    left: int256 = standing.equity - charged
    insurance_fee: int256 = fixed_point.clamp(left, 0, share)

    account.set_flat_paid(
        holder,
        held.positions != 0
        and left - insurance_fee < standing.maintenance + risk.reserve,
    )
    settlement.add_cash(holder, 0 - charged - insurance_fee)
    ledger.keeper_rewards[keeper] += earned
    ledger.add_funds(0, insurance_fee, 0, earned)
    return Payment(reward=earned, insurance_fee=insurance_fee)
