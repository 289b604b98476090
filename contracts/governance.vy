# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Governance
@notice The laws of the parameters: what no setter may break.
"""

from . import collateral
from . import deleveraging
from . import errors
from . import expiry
from . import fee
from . import feed
from . import fixed_point
from . import funding
from . import liquidation
from . import margin
from . import margin_call
from . import order
from . import parameters
from . import portfolio
from . import quorum
from . import volatility

# What a bound in `protocol` says of prices and sizes, of rates, of values, of times.
MOST_PRICE: constant(int256) = 2**95 - 1
MOST_RATE: constant(int256) = 2**60
MOST_VALUE: constant(int256) = 2**120 - 1
MOST_SECONDS: constant(uint256) = 2**32 - 1
# Two multipliers have to fit beside the last words of a round.
MOST_MULTIPLIER: constant(int256) = 4 * fixed_point.WAD
# No more of a token is taken from who owes next to nothing.
MOST_DUST: constant(int256) = 1_000 * fixed_point.WAD
# No rule keeps a provider waiting for longer.
MOST_WAIT: constant(uint256) = 30 * 86_400
# How long a pause lasts, and a market then goes without one.
PAUSE: constant(uint256) = 86_400
REST: constant(uint256) = 7 * 86_400
# How many samples make an average at most.
MOST_SAMPLES: constant(uint256) = 1_000
# How long a market is without a price before anybody may settle it.
SILENCE: constant(uint256) = 7 * 86_400


@internal
@pure
def require_between(x: int256, lowest: int256, highest: int256):
    """
    @notice Refuse the call unless `x` is within `lowest` and `highest`.
    """
    errors.require(lowest <= x and x <= highest, errors.PARAMETER_OUT_OF_BOUNDS)


@internal
@pure
def require_duration(x: uint256):
    """
    @notice Refuse the call unless `x` is a time that can pass.
    """
    errors.require(0 < x and x <= MOST_SECONDS, errors.PARAMETER_OUT_OF_BOUNDS)


@internal
@pure
def require_wait(x: uint256):
    """
    @notice Refuse the call unless `x` is a time that a provider may be kept waiting.
    """
    errors.require(x <= MOST_WAIT, errors.PARAMETER_OUT_OF_BOUNDS)


@internal
@pure
def require_lawful_feed(
    params: feed.FeedParams, reporters: address[quorum.MAX_REPORTERS]
):
    """
    @notice Refuse feed parameters against their laws.
    """
    # One voice may stand alone; of several, no one may decide, or speak twice.
    errors.require(
        0 < params.reporters and params.reporters <= quorum.MAX_REPORTERS,
        errors.BAD_REPORTERS,
    )
    for i: uint256 in range(quorum.MAX_REPORTERS):
        errors.require(
            (reporters[i] != empty(address)) == (i < params.reporters),
            errors.BAD_REPORTERS,
        )
        for j: uint256 in range(quorum.MAX_REPORTERS):
            errors.require(
                j >= i or i >= params.reporters or reporters[i] != reporters[j],
                errors.BAD_REPORTERS,
            )
    errors.require(
        (params.quorum >= 3 and params.quorum <= params.reporters)
        or (params.quorum == 1 and params.reporters == 1),
        errors.BAD_QUORUM,
    )
    self.require_duration(params.max_age)
    self.require_duration(params.averaging_time)
    self.require_between(params.floor_price, 1, MOST_PRICE - 1)
    self.require_between(params.ceiling_price, params.floor_price + 1, MOST_PRICE)
    self.require_between(params.band, 1, MOST_PRICE)
    self.require_between(2 * params.band, 1, fixed_point.WAD)
    asked: volatility.VolatilityParams = params.volatility
    self.require_between(asked.reference, 1, MOST_RATE)
    self.require_between(asked.max_multiplier, fixed_point.WAD, MOST_MULTIPLIER)
    self.require_between(asked.ramp, 0, fixed_point.WAD)
    self.require_lawful_expiry(params.expiry)


@internal
@pure
def require_lawful_expiry(params: expiry.ExpiryParams):
    """
    @notice Refuse an average that is of nothing, of too many samples, or begins too
            early.
    """
    if params.expires_at == 0:
        errors.require(
            params.samples == 0 and params.spacing == 0, errors.PARAMETER_OUT_OF_BOUNDS
        )
        return
    self.require_duration(params.expires_at)
    self.require_duration(params.spacing)
    errors.require(
        0 < params.samples and params.samples <= MOST_SAMPLES,
        errors.PARAMETER_OUT_OF_BOUNDS,
    )
    self.require_wait(params.samples * params.spacing)
    errors.require(
        params.samples * params.spacing < params.expires_at,
        errors.PARAMETER_OUT_OF_BOUNDS,
    )


@internal
@pure
def require_same_expiry(before: expiry.ExpiryParams, after: expiry.ExpiryParams):
    """
    @notice Refuse another end than the one that a market has begun with.
    """
    errors.require(expiry.is_same(before, after), errors.EXPIRY_FIXED)


@internal
@pure
def require_lawful_future(params: expiry.ExpiryParams, asked: funding.FundingParams):
    """
    @notice Refuse funding in a market that ends: its premium comes back by itself.
    """
    errors.require(
        params.expires_at == 0 or asked.max_rate == 0, errors.FUTURE_HAS_FUNDING
    )


@internal
@pure
def require_lawful_market(
    params: parameters.MarketParams, open_interest: int256, ceiling_price: int256
):
    """
    @notice Refuse market parameters against their laws.
    """
    self.require_lawful_limits(params, open_interest, ceiling_price)
    self.require_lawful_rates(params)
    self.require_lawful_margin(params)
    self.require_lawful_shocks(params.margin)
    self.require_lawful_payouts(params)
    self.require_lawful_deleveraging(params)


@internal
@pure
def require_lawful_limits(
    params: parameters.MarketParams, open_interest: int256, ceiling_price: int256
):
    """
    @notice Refuse sizes and prices of a market against their laws.
    """
    scale: int256 = params.pricing.skew_scale
    self.require_between(scale, 1, MOST_PRICE)
    # Else the premium of a skew that is there already could overflow.
    errors.require(scale >= 2 * open_interest, errors.SKEW_SCALE_TOO_SMALL)
    self.require_between(params.pricing.max_spread, 0, MOST_RATE)
    self.require_between(4 * params.pricing.max_spread, 0, fixed_point.WAD)
    limits: parameters.LimitParams = params.limits
    self.require_between(limits.max_open_interest, 1, MOST_PRICE)
    errors.require(
        2 * limits.max_open_interest <= scale, errors.OPEN_INTEREST_ABOVE_SCALE
    )
    self.require_between(limits.max_skew, 0, limits.max_open_interest)
    self.require_between(limits.max_size, 1, limits.max_open_interest)
    self.require_between(limits.max_open_interest_value, 1, MOST_VALUE)
    self.require_between(limits.least_value, 1, MOST_VALUE)
    self.require_duration(limits.trade_age)
    self.require_duration(limits.risk_age)
    self.require_between(limits.max_confidence, 0, fixed_point.WAD)
    errors.require(limits.mode <= parameters.HALTED, errors.PARAMETER_OUT_OF_BOUNDS)
    errors.require(
        margin.notional(max(limits.max_open_interest, open_interest), ceiling_price)
        <= MOST_VALUE,
        errors.OPEN_INTEREST_ABOVE_VALUE,
    )


@internal
@pure
def require_lawful_rates(params: parameters.MarketParams):
    """
    @notice Refuse fees and rates of a market against their laws.
    """
    fees: fee.FeeParams = params.fee
    self.require_between(fees.taker, 0, fixed_point.WAD)
    self.require_between(fees.maker, 0, fixed_point.WAD)
    self.require_between(fees.vault_share, 0, fixed_point.WAD)
    self.require_between(fees.insurance_share, 0, fixed_point.WAD - fees.vault_share)
    self.require_between(params.funding.max_velocity, 0, MOST_RATE)
    self.require_between(params.funding.max_rate, 0, MOST_RATE)
    self.require_between(params.funding.dead_zone, 0, MOST_PRICE)
    self.require_between(params.borrowing.reserve_factor, 0, fixed_point.WAD)
    self.require_between(params.borrowing.base_rate, 0, MOST_RATE)
    self.require_between(params.borrowing.slope_1, 0, MOST_RATE)
    self.require_between(params.borrowing.kink, 0, fixed_point.WAD)
    self.require_between(params.borrowing.slope_2, 0, MOST_RATE)


@internal
@pure
def require_lawful_margin(params: parameters.MarketParams):
    """
    @notice Refuse margins and liquidation of a market against their laws.
    """
    asked: margin.MarginParams = params.margin
    self.require_between(asked.im_base, 1, fixed_point.WAD)
    self.require_between(asked.im_slope, 0, MOST_RATE)
    self.require_between(asked.oi_lower, 0, MOST_PRICE - 1)
    self.require_between(asked.oi_upper, asked.oi_lower + 1, MOST_PRICE)
    self.require_between(asked.maintenance_fraction, 1, fixed_point.WAD)
    closing: liquidation.LiquidationParams = params.liquidation
    self.require_between(closing.target_ratio, fixed_point.WAD, 2 * fixed_point.WAD)
    self.require_between(closing.critical_fraction, 1, fixed_point.WAD)
    self.require_between(closing.keeper_share, 0, fixed_point.WAD)
    self.require_between(closing.insurance_share, 0, fixed_point.WAD)
    self.require_between(closing.bucket_capacity, params.limits.least_value, MOST_VALUE)
    # It fills within a day, and so one that was never used is full.
    slowest: int256 = fixed_point.div_up(closing.bucket_capacity, funding.DAY)
    self.require_between(closing.bucket_rate, slowest, closing.bucket_capacity)

    # Else closing costs more than the margin, and liquidating oneself pays.
    least_margin: int256 = fixed_point.mul_wad_down(
        fixed_point.mul_wad_down(asked.im_base, asked.maintenance_fraction),
        closing.critical_fraction,
    )
    errors.require(
        least_margin > self.closing_cost(params), errors.CLOSING_COSTS_TOO_MUCH
    )


@internal
@pure
def closing_cost(params: parameters.MarketParams) -> int256:
    """
    @notice What the liquidation of a position may cost, for each quote of its value.
    """
    widest: int256 = params.limits.max_size + 2 * params.limits.max_open_interest
    premium: int256 = fixed_point.mul_div_up(
        widest, fixed_point.WAD, 2 * params.pricing.skew_scale
    )
    return (
        params.liquidation.keeper_share + params.liquidation.insurance_share + premium
    )


@internal
@pure
def require_lawful_shocks(asked: margin.MarginParams):
    """
    @notice Refuse the shocks of a market against their laws: no price falls by more than
            all of it, and each way the largest is at least the initial margin.
    """
    if asked.shocks == 0:
        return
    lowest: int256 = 0
    highest: int256 = 0
    for stress: uint256 in range(portfolio.STRESSES):
        moved: int256 = portfolio.shock(asked.shocks, stress)
        lowest = min(lowest, moved)
        highest = max(highest, moved)
    self.require_between(lowest, 0 - portfolio.WHOLE, 0)
    least: int256 = fixed_point.mul_div_up(
        asked.im_base, portfolio.WHOLE, fixed_point.WAD
    )
    errors.require(min(highest, 0 - lowest) >= least, errors.SHOCKS_TOO_SMALL)


@internal
@pure
def require_lawful_floor(
    params: parameters.MarketParams, asked: portfolio.PortfolioParams
):
    """
    @notice Refuse a floor of portfolios that may be less than closing costs in a market.
    """
    least_margin: int256 = fixed_point.mul_wad_down(
        fixed_point.mul_wad_down(asked.floor, params.margin.maintenance_fraction),
        params.liquidation.critical_fraction,
    )
    errors.require(
        params.margin.shocks == 0 or least_margin > self.closing_cost(params),
        errors.FLOOR_TOO_LOW,
    )


@internal
@pure
def require_lawful_payouts(params: parameters.MarketParams):
    """
    @notice Refuse what a market pays its winners against its laws.
    """
    self.require_between(params.payout.factor, 1, MOST_PRICE)
    self.require_duration(params.payout.window)


@internal
@pure
def require_lawful_deleveraging(params: parameters.MarketParams):
    """
    @notice Refuse deleveraging against its laws.
    """
    asked: deleveraging.DeleveragingParams = params.deleveraging
    self.require_between(asked.factor, 1, MOST_PRICE)
    self.require_between(asked.after_factor, 0, asked.factor)
    self.require_between(asked.start, 0, MOST_PRICE)
    self.require_wait(asked.duration)


@internal
@pure
def require_rested(paused_until: uint256, now: uint256):
    """
    @notice Refuse a pause so soon after another that days could be chained.
    """
    errors.require(now >= paused_until + REST, errors.PAUSED_LATELY)


@internal
@pure
def require_silent(price: feed.FeedPrice, now: uint256):
    """
    @notice Refuse to settle a market of which something was heard within a week.
    """
    heard_at: uint256 = max(price.published_at, price.valid_until)
    errors.require(now > heard_at + SILENCE, errors.MARKET_HAS_PRICES)


@internal
@pure
def require_ended(price: feed.FeedPrice, params: feed.FeedParams, now: uint256):
    """
    @notice Refuse to settle a market whose price may still change, but for silence.
    """
    if not expiry.is_over(price.published_at, params.max_age, params.expiry, now):
        self.require_silent(price, now)


@internal
@pure
def tightest(
    a: parameters.MarketParams, b: parameters.MarketParams
) -> parameters.MarketParams:
    """
    @notice The parameters `a`, with what `b` has tighter where there is a direction in
            which a market grows tight.
    """
    tight: parameters.MarketParams = a
    tight.limits.max_skew = min(a.limits.max_skew, b.limits.max_skew)
    tight.limits.max_open_interest = min(
        a.limits.max_open_interest, b.limits.max_open_interest
    )
    tight.limits.max_open_interest_value = min(
        a.limits.max_open_interest_value, b.limits.max_open_interest_value
    )
    tight.limits.max_size = min(a.limits.max_size, b.limits.max_size)
    tight.limits.max_confidence = min(a.limits.max_confidence, b.limits.max_confidence)
    tight.limits.mode = max(a.limits.mode, b.limits.mode)
    tight.margin.im_base = max(a.margin.im_base, b.margin.im_base)
    tight.margin.im_slope = max(a.margin.im_slope, b.margin.im_slope)
    tight.margin.oi_lower = min(a.margin.oi_lower, b.margin.oi_lower)
    tight.margin.oi_upper = min(a.margin.oi_upper, b.margin.oi_upper)
    tight.margin.maintenance_fraction = max(
        a.margin.maintenance_fraction, b.margin.maintenance_fraction
    )
    return tight


@internal
@pure
def require_tighter(before: parameters.MarketParams, after: parameters.MarketParams):
    """
    @notice Refuse parameters of which one is looser than before, or another one that
            has no such direction.
    """
    errors.require(
        keccak256(abi_encode(after))
        == keccak256(abi_encode(self.tightest(before, after))),
        errors.NOT_TIGHTER,
    )


@internal
@pure
def require_lawful_risk(params: parameters.RiskParams):
    """
    @notice Refuse the parameters of all accounts against their laws.
    """
    self.require_between(params.profit_weight, 0, fixed_point.WAD)
    self.require_between(params.reserve, 0, MOST_VALUE)
    self.require_between(params.rewards.flat, 0, params.reserve)
    self.require_between(params.rewards.least, 0, params.reserve)
    self.require_between(params.rewards.most, params.rewards.least, MOST_VALUE)
    self.require_between(params.insurance.cap, 0, MOST_VALUE)
    self.require_duration(params.insurance.window)
    self.require_between(params.debt.floor, 0, MOST_VALUE)
    self.require_between(params.debt.most, params.debt.floor, MOST_VALUE)
    self.require_wait(params.vault.delay)
    self.require_duration(params.vault.window)
    self.require_wait(params.vault.window)
    self.require_wait(params.vault.quarantine)
    warned: margin_call.MarginCallParams = params.margin_call
    self.require_between(warned.ratio, fixed_point.WAD, 2 * fixed_point.WAD)
    self.require_wait(warned.grace)
    self.require_duration(warned.window)
    self.require_wait(warned.window)
    # Else who is called again and again is never liquidated.
    errors.require(warned.window >= warned.grace, errors.PARAMETER_OUT_OF_BOUNDS)
    self.require_between(params.portfolio.floor, 1, fixed_point.WAD)
    waiting: order.OrderParams = params.order
    self.require_wait(waiting.delay)
    self.require_duration(waiting.window)
    self.require_wait(waiting.window)
    self.require_between(waiting.least_fee, 0, MOST_DUST)


@internal
@pure
def require_lawful_call(
    asked: margin.MarginParams, warned: margin_call.MarginCallParams
):
    """
    @notice Refuse a margin call that may come to who has just opened a position.
    """
    errors.require(
        fixed_point.mul_wad_up(asked.maintenance_fraction, warned.ratio)
        <= fixed_point.WAD,
        errors.CALL_ABOVE_INITIAL,
    )


@internal
@pure
def require_lawful_collateral(
    params: collateral.CollateralParams, total: int256, ceiling_price: int256
):
    """
    @notice Refuse the parameters of a token against their laws.
    """
    self.require_between(params.cap, 1, MOST_PRICE)
    errors.require(params.cap >= total, errors.CAP_BELOW_TOTAL)
    self.require_lawful_cap(params.cap, ceiling_price)
    self.require_between(params.haircut, 0, fixed_point.WAD)
    # A deposit must not lower what its own account is strictly worth.
    self.require_between(params.haircut_slope, 0, MOST_RATE)
    self.require_between(2 * params.haircut_slope, 0, fixed_point.WAD - params.haircut)
    self.require_between(params.discount, 0, params.haircut)
    self.require_between(params.least_value, 0, MOST_DUST)
    self.require_duration(params.max_age)
    self.require_between(params.max_confidence, 0, fixed_point.WAD)


@internal
@pure
def require_lawful_cap(cap: int256, ceiling_price: int256):
    """
    @notice Refuse a cap of a token that may be worth more than can be counted.
    """
    errors.require(
        fixed_point.mul_wad_up(cap, ceiling_price) <= MOST_VALUE,
        errors.COLLATERAL_ABOVE_VALUE,
    )
