# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Unwinding
@notice A position is closed without a trade of its owner: because its account is at
        risk, because its market owes too much, or because its market has ended.
"""

from . import Rules
from . import account
from . import backing
from . import credit
from . import deleveraging
from . import errors
from . import feed
from . import fixed_point
from . import funding
from . import health
from . import insurance
from . import ledger
from . import liquidation
from . import market
from . import parameters
from . import position
from . import settlement
from . import trading

uses: account
uses: credit
uses: health
uses: insurance
uses: ledger
uses: market
uses: position
uses: settlement
uses: trading


struct Payment:
    reward: int256
    insurance_fee: int256


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


event PositionSettled:
    holder: indexed(uint256)
    market_id: indexed(uint256)
    size_delta: int256
    price: int256
    cash: int256


@internal
@pure
def require_at_risk(standing: backing.Standing, reserve: int256):
    """
    @notice Refuse to liquidate an account that has what it must hold.
    """
    errors.require(standing.equity < standing.maintenance + reserve, errors.HEALTHY)


@internal
def liquidate(
    holder: uint256, market_id: uint256, keeper: address, now: uint256
) -> int256:
    """
    @notice Close what is needed of a position whose account is at risk, at the mark,
            and reward the keeper; give the size closed.
    """
    if account.load_account(holder).mode == account.PORTFOLIO:
        return self.liquidate_portfolio(holder, market_id, keeper, now)
    risk: parameters.RiskParams = market.load_risk()
    price: feed.FeedPrice = market.price_of(market_id)
    errors.require(
        position.load_position(holder, market_id).size != 0, errors.NO_POSITION
    )
    current: funding.Funding = market.accrue(market_id, price, now)
    standing: backing.Standing = health.standing_of(holder, False, now)
    self.require_at_risk(standing, risk.reserve)

    account.set_orders(holder, 0)
    closed: liquidation.Closing = self.close_part(
        holder, market_id, 0, price, current, standing, risk, now
    )
    payment: Payment = self.pay_liquidation(holder, closed, keeper, risk, now)
    settlement.cover_shortfall(holder, risk.insurance, now)
    market.update_rates(market_id, price.index)
    self.log_liquidated(holder, market_id, keeper, closed, payment)
    return fixed_point.magnitude(closed.size_delta)


@internal
def liquidate_portfolio(
    holder: uint256, market_id: uint256, keeper: address, now: uint256
) -> int256:
    """
    @notice Close the part that is needed of every position of a portfolio at risk, and
            reward the keeper; give the size closed in the market that it names, whose
            event tells the reward and the fee of the whole.
    """
    risk: parameters.RiskParams = market.load_risk()
    held: account.Account = account.load_account(holder)
    errors.require((held.positions >> market_id) & 1 == 1, errors.NO_POSITION)
    for each: uint256 in range(account.MAX_MARKETS):
        if (held.positions >> each) & 1 == 1:
            market.accrue(each, market.price_of(each), now)
    standing: backing.Standing = health.standing_of(holder, False, now)
    self.require_at_risk(standing, risk.reserve)
    part: int256 = staticcall Rules.__interface__(market.RULES).closing_part(
        self.gathered(holder, held.positions, now), standing, risk, held, now
    )

    account.set_orders(holder, 0)
    total: liquidation.Closing = self.close_part(
        holder,
        market_id,
        part,
        market.price_of(market_id),
        market.load_funding(market_id),
        standing,
        risk,
        now,
    )
    for each: uint256 in range(account.MAX_MARKETS):
        if each == market_id or (held.positions >> each) & 1 == 0:
            continue
        closed: liquidation.Closing = self.close_part(
            holder,
            each,
            part,
            market.price_of(each),
            market.load_funding(each),
            standing,
            risk,
            now,
        )
        total.reward += closed.reward
        total.insurance_fee += closed.insurance_fee
        self.log_liquidated(holder, each, keeper, closed, empty(Payment))
    total.reward = liquidation.capped_reward(
        total.reward, not held.is_flat_paid, risk.rewards
    )
    payment: Payment = self.pay_liquidation(holder, total, keeper, risk, now)
    settlement.cover_shortfall(holder, risk.insurance, now)
    for each: uint256 in range(account.MAX_MARKETS):
        if (held.positions >> each) & 1 == 1:
            market.update_rates(each, market.price_of(each).index)
    self.log_liquidated(holder, market_id, keeper, total, payment)
    return fixed_point.magnitude(total.size_delta)


@internal
@view
def gathered(holder: uint256, positions: uint256, now: uint256) -> liquidation.Whole:
    """
    @notice What closing the same part of every position comes to.
    """
    whole: liquidation.Whole = empty(liquidation.Whole)
    for market_id: uint256 in range(account.MAX_MARKETS):
        if (positions >> market_id) & 1 == 0:
            continue
        whole = staticcall Rules.__interface__(market.RULES).gathered(
            market.market_params[market_id],
            position.load_position(holder, market_id).size,
            market.load_book(market_id),
            market.price_of(market_id),
            market.load_bucket(market_id),
            whole,
            now,
        )
    return whole


@internal
def close_part(
    holder: uint256,
    market_id: uint256,
    part: int256,
    price: feed.FeedPrice,
    current: funding.Funding,
    standing: backing.Standing,
    risk: parameters.RiskParams,
    now: uint256,
) -> liquidation.Closing:
    """
    @notice Close a part of a position of an account at risk, or what is needed of it
            where `part` is nothing; its market has accrued.
    """
    closed: liquidation.Closing = staticcall Rules.__interface__(market.RULES).closing(
        market.market_params[market_id],
        position.load_position(holder, market_id).size,
        standing,
        risk,
        account.load_account(holder),
        market.load_book(market_id),
        price,
        market.load_bucket(market_id),
        part,
        now,
    )
    market.store_bucket(
        market_id, liquidation.Bucket(level=closed.bucket, filled_at=now)
    )
    trading.move(holder, market_id, closed.size_delta, closed.fill, current)
    return closed


@internal
def log_liquidated(
    holder: uint256,
    market_id: uint256,
    keeper: address,
    closed: liquidation.Closing,
    payment: Payment,
):
    """
    @notice Tell what was closed of a position, and what was paid for it.
    """
    log Liquidated(
        holder=holder,
        market_id=market_id,
        keeper=keeper,
        size_delta=closed.size_delta,
        price=closed.fill,
        reward=payment.reward,
        insurance_fee=payment.insurance_fee,
        size=position.load_position(holder, market_id).size,
        cash=account.load_account(holder).cash,
    )


@internal
def deleverage(
    holder: uint256, market_id: uint256, size: int256, now: uint256
) -> int256:
    """
    @notice Close up to `size` of a winning position for its market's sake; open or end
            deleveraging where that is due. Give the size closed.
    """
    price: feed.FeedPrice = market.price_of(market_id)
    current: funding.Funding = market.accrue(market_id, price, now)
    opening: deleveraging.Opening = market.load_opening(market_id)
    done: deleveraging.Deleverage = staticcall Rules.__interface__(
        market.RULES
    ).deleveraged(
        market.load_code(market_id),
        market.state_of(market_id),
        position.load_position(holder, market_id),
        health.standing_of(holder, False, now).equity,
        price,
        ledger.load_funds().vault,
        opening,
        size,
        now,
    )
    market.store_opening(market_id, done.opening)
    if done.size_delta == 0:
        if opening.opened_at == 0:
            log deleveraging.DeleveragingOpened(
                market_id=market_id,
                long_left=done.opening.long_left,
                short_left=done.opening.short_left,
            )
        else:
            log deleveraging.DeleveragingEnded(market_id=market_id)
        return 0
    trading.move(holder, market_id, done.size_delta, done.fill, current)
    # Whose claims pay a debt is not for somebody else to say.
    left: account.Account = account.load_account(holder)
    errors.require(left.positions != 0 or left.cash >= 0, errors.DEBT_TOO_LARGE)
    market.update_rates(market_id, price.index)
    log deleveraging.Deleveraged(
        holder=holder,
        market_id=market_id,
        size_delta=done.size_delta,
        price=done.fill,
        size=position.load_position(holder, market_id).size,
    )
    return fixed_point.magnitude(done.size_delta)


@internal
def close_settled(holder: uint256, market_id: uint256, now: uint256) -> int256:
    """
    @notice Close a position of a settled market at its last price; give the size
            closed.
    """
    price: feed.FeedPrice = market.price_of(market_id)
    size: int256 = position.load_position(holder, market_id).size
    errors.require(size != 0, errors.NO_POSITION)
    last_price: int256 = staticcall Rules.__interface__(market.RULES).final_price(
        market.market_params[market_id], price, now
    )
    current: funding.Funding = market.accrue(market_id, price, now)
    trading.move(holder, market_id, 0 - size, last_price, current)
    settlement.cover_shortfall(holder, market.load_risk().insurance, now)
    health.recover(holder, now)
    log PositionSettled(
        holder=holder,
        market_id=market_id,
        size_delta=0 - size,
        price=last_price,
        cash=account.load_account(holder).cash,
    )
    return fixed_point.magnitude(size)


@internal
def pay_liquidation(
    holder: uint256,
    closed: liquidation.Closing,
    keeper: address,
    risk: parameters.RiskParams,
    now: uint256,
) -> Payment:
    """
    @notice Pay the keeper out of the account's equity, and out of insurance what that
            does not cover; then the insurance fund out of the equity that is left.
    """
    standing: backing.Standing = health.standing_of(holder, False, now)
    current: account.Account = account.load_account(holder)
    worth: int256 = standing.equity
    if current.positions == 0 and not settlement.has_saleable(holder, current.tokens):
        # A token that is seized pays for nothing, a claim for what its market pays.
        asked: int256 = closed.reward + closed.insurance_fee
        worth = settlement.use_claims(holder, asked, now)
    if current.has_line:
        required: int256 = standing.initial
        if current.positions != 0:
            required += risk.reserve
        credit.use_line(
            holder,
            required - backing.strict_equity(standing, risk.profit_weight),
            now,
        )
    charged: int256 = fixed_point.clamp(worth, 0, closed.reward)
    earned: int256 = charged + insurance.draw(
        holder, closed.reward - charged, risk.insurance, now
    )
    left: int256 = worth - charged
    insurance_fee: int256 = fixed_point.clamp(left, 0, closed.insurance_fee)

    account.set_flat_paid(
        holder,
        current.positions != 0
        and left - insurance_fee < standing.maintenance + risk.reserve,
    )
    settlement.add_cash(holder, 0 - charged - insurance_fee)
    ledger.keeper_rewards[keeper] += earned
    ledger.add_funds(0, insurance_fee, 0, earned)
    health.recover(holder, now)
    return Payment(reward=earned, insurance_fee=insurance_fee)
