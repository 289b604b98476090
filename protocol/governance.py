"""
The laws of the parameters: what no setter may break.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from protocol import errors, expiry, margin, portfolio
from protocol.collateral import CollateralParams
from protocol.errors import require
from protocol.expiry import ExpiryParams
from protocol.feed import FeedParams, FeedPrice
from protocol.fixed_point import WAD, div_up, mul_div_up, mul_wad_down, mul_wad_up
from protocol.funding import DAY, FundingParams
from protocol.margin import MarginParams
from protocol.margin_call import MarginCallParams
from protocol.parameters import HALTED, MarketParams, RiskParams
from protocol.portfolio import PortfolioParams
from protocol.quorum import MAX_REPORTERS
from protocol.units import Address, Flow, Price, Quote, Rate, Ratio, Seconds, Size

if TYPE_CHECKING:
    from protocol.units import X

# What a bound in `protocol` says of prices and sizes, of rates, of values, of times.
MOST_PRICE = 2**95 - 1
MOST_RATE = 2**60
MOST_VALUE = 2**120 - 1
MOST_SECONDS = Seconds(2**32 - 1)
# Two multipliers have to fit beside the last words of a round.
MOST_MULTIPLIER = Ratio(4 * WAD)
# No more of a token is taken from who owes next to nothing.
MOST_DUST = Quote(1_000 * WAD)
# No rule keeps a provider waiting for longer.
MOST_WAIT = 30 * DAY
# How long a pause lasts, and a market then goes without one.
PAUSE = DAY
REST = 7 * DAY
# How many samples make an average at most.
MOST_SAMPLES = 1_000
# How long a market is without a price before anybody may settle it.
SILENCE = 7 * DAY


def require_between(x: X, lowest: X, highest: X) -> None:
    """Refuse the call unless `x` is within `lowest` and `highest`."""
    require(lowest <= x and x <= highest, errors.PARAMETER_OUT_OF_BOUNDS)


def require_duration(x: Seconds) -> None:
    """Refuse the call unless `x` is a time that can pass."""
    require(x > 0 and x <= MOST_SECONDS, errors.PARAMETER_OUT_OF_BOUNDS)


def require_wait(x: Seconds) -> None:
    """Refuse the call unless `x` is a time that a provider may be kept waiting."""
    require(x <= MOST_WAIT, errors.PARAMETER_OUT_OF_BOUNDS)


def require_lawful_feed(params: FeedParams, reporters: tuple[Address, ...]) -> None:
    """Refuse feed parameters against their laws."""
    # One voice may stand alone; of several, no one may decide, or speak twice.
    require(
        params.reporters > 0 and params.reporters <= MAX_REPORTERS,
        errors.BAD_REPORTERS,
    )
    for i in range(MAX_REPORTERS):
        require((reporters[i] != 0) == (i < params.reporters), errors.BAD_REPORTERS)
        for j in range(MAX_REPORTERS):
            require(
                j >= i or i >= params.reporters or reporters[i] != reporters[j],
                errors.BAD_REPORTERS,
            )
    require(
        (params.quorum >= 3 and params.quorum <= params.reporters)
        or (params.quorum == 1 and params.reporters == 1),
        errors.BAD_QUORUM,
    )
    require_duration(params.max_age)
    require_duration(params.averaging_time)
    require_between(params.floor_price, Price(1), Price(MOST_PRICE - 1))
    require_between(
        params.ceiling_price, params.floor_price + Price(1), Price(MOST_PRICE)
    )
    require_between(params.band, Ratio(1), Ratio(MOST_PRICE))
    require_between(2 * params.band, Ratio(1), Ratio(WAD))
    asked = params.volatility
    require_between(asked.reference, Ratio(1), Ratio(MOST_RATE))
    require_between(asked.max_multiplier, Ratio(WAD), MOST_MULTIPLIER)
    require_between(asked.ramp, Ratio(0), Ratio(WAD))
    require_lawful_expiry(params.expiry)


def require_lawful_expiry(params: ExpiryParams) -> None:
    """
    Refuse an average that is of nothing, of too many samples, or begins too early.
    """
    if params.expires_at == Seconds(0):
        require(
            params.samples == 0 and params.spacing == Seconds(0),
            errors.PARAMETER_OUT_OF_BOUNDS,
        )
        return
    require_duration(params.expires_at)
    require_duration(params.spacing)
    require(
        params.samples > 0 and params.samples <= MOST_SAMPLES,
        errors.PARAMETER_OUT_OF_BOUNDS,
    )
    require_wait(params.samples * params.spacing)
    require(
        params.samples * params.spacing < params.expires_at,
        errors.PARAMETER_OUT_OF_BOUNDS,
    )


def require_same_expiry(before: ExpiryParams, after: ExpiryParams) -> None:
    """Refuse another end than the one that a market has begun with."""
    require(expiry.is_same(before, after), errors.EXPIRY_FIXED)


def require_lawful_future(params: ExpiryParams, asked: FundingParams) -> None:
    """
    Refuse funding in a market that ends: its premium comes back by itself.
    """
    require(
        params.expires_at == Seconds(0) or asked.max_rate == Rate(0),
        errors.FUTURE_HAS_FUNDING,
    )


def require_lawful_market(
    params: MarketParams, open_interest: Size, ceiling_price: Price
) -> None:
    """Refuse market parameters against their laws."""
    require_lawful_limits(params, open_interest, ceiling_price)
    require_lawful_rates(params)
    require_lawful_margin(params)
    require_lawful_shocks(params.margin)
    require_lawful_payouts(params)
    require_lawful_deleveraging(params)


def require_lawful_limits(
    params: MarketParams, open_interest: Size, ceiling_price: Price
) -> None:
    """Refuse sizes and prices of a market against their laws."""
    scale = params.pricing.skew_scale
    require_between(scale, Size(1), Size(MOST_PRICE))
    # Else the premium of a skew that is there already could overflow.
    require(scale >= 2 * open_interest, errors.SKEW_SCALE_TOO_SMALL)
    require_between(params.pricing.max_spread, Ratio(0), Ratio(MOST_RATE))
    require_between(4 * params.pricing.max_spread, Ratio(0), Ratio(WAD))
    limits = params.limits
    require_between(limits.max_open_interest, Size(1), Size(MOST_PRICE))
    require(2 * limits.max_open_interest <= scale, errors.OPEN_INTEREST_ABOVE_SCALE)
    require_between(limits.max_skew, Size(0), limits.max_open_interest)
    require_between(limits.max_size, Size(1), limits.max_open_interest)
    require_between(limits.max_open_interest_value, Quote(1), Quote(MOST_VALUE))
    require_between(limits.least_value, Quote(1), Quote(MOST_VALUE))
    require_duration(limits.trade_age)
    require_duration(limits.risk_age)
    require_between(limits.max_confidence, Ratio(0), Ratio(WAD))
    require(limits.mode <= HALTED, errors.PARAMETER_OUT_OF_BOUNDS)
    require(
        margin.notional(max(limits.max_open_interest, open_interest), ceiling_price)
        <= Quote(MOST_VALUE),
        errors.OPEN_INTEREST_ABOVE_VALUE,
    )


def require_lawful_rates(params: MarketParams) -> None:
    """Refuse fees and rates of a market against their laws."""
    fees = params.fee
    require_between(fees.taker, Ratio(0), Ratio(WAD))
    require_between(fees.maker, Ratio(0), Ratio(WAD))
    require_between(fees.vault_share, Ratio(0), Ratio(WAD))
    require_between(fees.insurance_share, Ratio(0), Ratio(WAD) - fees.vault_share)
    require_between(params.funding.max_velocity, Rate(0), Rate(MOST_RATE))
    require_between(params.funding.max_rate, Rate(0), Rate(MOST_RATE))
    require_between(params.funding.dead_zone, Size(0), Size(MOST_PRICE))
    require_between(params.borrowing.reserve_factor, Ratio(0), Ratio(WAD))
    require_between(params.borrowing.base_rate, Rate(0), Rate(MOST_RATE))
    require_between(params.borrowing.slope_1, Rate(0), Rate(MOST_RATE))
    require_between(params.borrowing.kink, Ratio(0), Ratio(WAD))
    require_between(params.borrowing.slope_2, Rate(0), Rate(MOST_RATE))


def require_lawful_margin(params: MarketParams) -> None:
    """Refuse margins and liquidation of a market against their laws."""
    asked = params.margin
    require_between(asked.im_base, Ratio(1), Ratio(WAD))
    require_between(asked.im_slope, Ratio(0), Ratio(MOST_RATE))
    require_between(asked.oi_lower, Size(0), Size(MOST_PRICE - 1))
    require_between(asked.oi_upper, asked.oi_lower + Size(1), Size(MOST_PRICE))
    require_between(asked.maintenance_fraction, Ratio(1), Ratio(WAD))
    closing = params.liquidation
    require_between(closing.target_ratio, Ratio(WAD), Ratio(2 * WAD))
    require_between(closing.critical_fraction, Ratio(1), Ratio(WAD))
    require_between(closing.keeper_share, Ratio(0), Ratio(WAD))
    require_between(closing.insurance_share, Ratio(0), Ratio(WAD))
    least_value = params.limits.least_value
    require_between(closing.bucket_capacity, least_value, Quote(MOST_VALUE))
    most_rate = Flow(int(closing.bucket_capacity))
    # It fills within a day, and so one that was never used is full.
    slowest = Flow(int(div_up(closing.bucket_capacity, int(DAY))))
    require_between(closing.bucket_rate, slowest, most_rate)

    # Else closing costs more than the margin, and liquidating oneself pays.
    least_margin = mul_wad_down(
        mul_wad_down(asked.im_base, asked.maintenance_fraction),
        closing.critical_fraction,
    )
    require(least_margin > closing_cost(params), errors.CLOSING_COSTS_TOO_MUCH)


def closing_cost(params: MarketParams) -> Ratio:
    """What the liquidation of a position may cost, for each quote of its value."""
    widest = params.limits.max_size + 2 * params.limits.max_open_interest
    premium = mul_div_up(widest, WAD, 2 * params.pricing.skew_scale)
    return (
        params.liquidation.keeper_share + params.liquidation.insurance_share + premium
    )


def require_lawful_shocks(asked: MarginParams) -> None:
    """
    Refuse the shocks of a market against their laws: no price falls by more than all of
    it, and each way the largest is at least the initial margin.
    """
    if asked.shocks == 0:
        return
    lowest, highest = 0, 0
    for stress in range(portfolio.STRESSES):
        moved = portfolio.shock(asked.shocks, stress)
        lowest, highest = min(lowest, moved), max(highest, moved)
    require_between(lowest, -portfolio.WHOLE, 0)
    least = mul_div_up(int(asked.im_base), portfolio.WHOLE, WAD)
    require(min(highest, -lowest) >= least, errors.SHOCKS_TOO_SMALL)


def require_lawful_floor(params: MarketParams, asked: PortfolioParams) -> None:
    """Refuse a floor of portfolios that may be less than closing costs in a market."""
    least_margin = mul_wad_down(
        mul_wad_down(asked.floor, params.margin.maintenance_fraction),
        params.liquidation.critical_fraction,
    )
    require(
        params.margin.shocks == 0 or least_margin > closing_cost(params),
        errors.FLOOR_TOO_LOW,
    )


def require_lawful_payouts(params: MarketParams) -> None:
    """Refuse what a market pays its winners against its laws."""
    require_between(params.payout.factor, Ratio(1), Ratio(MOST_PRICE))
    require_duration(params.payout.window)


def require_lawful_deleveraging(params: MarketParams) -> None:
    """Refuse deleveraging against its laws."""
    asked = params.deleveraging
    require_between(asked.factor, Ratio(1), Ratio(MOST_PRICE))
    require_between(asked.after_factor, Ratio(0), asked.factor)
    require_between(asked.start, Ratio(0), Ratio(MOST_PRICE))
    require_wait(asked.duration)


def require_rested(paused_until: Seconds, now: Seconds) -> None:
    """Refuse a pause so soon after another that days could be chained."""
    require(now >= paused_until + REST, errors.PAUSED_LATELY)


def require_silent(price: FeedPrice, now: Seconds) -> None:
    """
    Refuse to settle a market of which something was heard within a week.
    """
    heard_at = max(price.published_at, price.valid_until)
    require(now > heard_at + SILENCE, errors.MARKET_HAS_PRICES)


def require_ended(price: FeedPrice, params: FeedParams, now: Seconds) -> None:
    """
    Refuse to settle a market whose price may still change, but for silence.
    """
    if not expiry.is_over(price.published_at, params.max_age, params.expiry, now):
        require_silent(price, now)


def tightest(a: MarketParams, b: MarketParams) -> MarketParams:
    """
    The parameters `a`, with what `b` has tighter where there is a direction in which a
    market grows tight.
    """
    limits = replace(
        a.limits,
        max_skew=min(a.limits.max_skew, b.limits.max_skew),
        max_open_interest=min(a.limits.max_open_interest, b.limits.max_open_interest),
        max_open_interest_value=min(
            a.limits.max_open_interest_value, b.limits.max_open_interest_value
        ),
        max_size=min(a.limits.max_size, b.limits.max_size),
        max_confidence=min(a.limits.max_confidence, b.limits.max_confidence),
        mode=max(a.limits.mode, b.limits.mode),
    )
    margins = replace(
        a.margin,
        im_base=max(a.margin.im_base, b.margin.im_base),
        im_slope=max(a.margin.im_slope, b.margin.im_slope),
        oi_lower=min(a.margin.oi_lower, b.margin.oi_lower),
        oi_upper=min(a.margin.oi_upper, b.margin.oi_upper),
        maintenance_fraction=max(
            a.margin.maintenance_fraction, b.margin.maintenance_fraction
        ),
    )
    return replace(a, limits=limits, margin=margins)


def require_tighter(before: MarketParams, after: MarketParams) -> None:
    """
    Refuse parameters of which one is looser than before, or another one that has no
    such direction.
    """
    require(after == tightest(before, after), errors.NOT_TIGHTER)


def require_lawful_risk(params: RiskParams) -> None:
    """Refuse the parameters of all accounts against their laws."""
    require_between(params.profit_weight, Ratio(0), Ratio(WAD))
    require_between(params.reserve, Quote(0), Quote(MOST_VALUE))
    require_between(params.rewards.flat, Quote(0), params.reserve)
    require_between(params.rewards.least, Quote(0), params.reserve)
    require_between(params.rewards.most, params.rewards.least, Quote(MOST_VALUE))
    require_between(params.insurance.cap, Quote(0), Quote(MOST_VALUE))
    require_duration(params.insurance.window)
    require_between(params.debt.floor, Quote(0), Quote(MOST_VALUE))
    require_between(params.debt.most, params.debt.floor, Quote(MOST_VALUE))
    require_wait(params.vault.delay)
    require_duration(params.vault.window)
    require_wait(params.vault.window)
    require_wait(params.vault.quarantine)
    warned = params.margin_call
    require_between(warned.ratio, Ratio(WAD), Ratio(2 * WAD))
    require_wait(warned.grace)
    require_duration(warned.window)
    require_wait(warned.window)
    # Else who is called again and again is never liquidated.
    require(warned.window >= warned.grace, errors.PARAMETER_OUT_OF_BOUNDS)
    require_between(params.portfolio.floor, Ratio(1), Ratio(WAD))
    waiting = params.order
    require_wait(waiting.delay)
    require_duration(waiting.window)
    require_wait(waiting.window)
    require_between(waiting.least_fee, Quote(0), MOST_DUST)


def require_lawful_call(asked: MarginParams, warned: MarginCallParams) -> None:
    """
    Refuse a margin call that may come to who has just opened a position.
    """
    require(
        mul_wad_up(asked.maintenance_fraction, warned.ratio) <= Ratio(WAD),
        errors.CALL_ABOVE_INITIAL,
    )


def require_lawful_collateral(
    params: CollateralParams, total: Size, ceiling_price: Price
) -> None:
    """Refuse the parameters of a token against their laws."""
    require_between(params.cap, Size(1), Size(MOST_PRICE))
    require(params.cap >= total, errors.CAP_BELOW_TOTAL)
    require_lawful_cap(params.cap, ceiling_price)
    require_between(params.haircut, Ratio(0), Ratio(WAD))
    # A deposit must not lower what its own account is strictly worth.
    require_between(params.haircut_slope, Ratio(0), Ratio(MOST_RATE))
    require_between(2 * params.haircut_slope, Ratio(0), Ratio(WAD) - params.haircut)
    require_between(params.discount, Ratio(0), params.haircut)
    require_between(params.least_value, Quote(0), MOST_DUST)
    require_duration(params.max_age)
    require_between(params.max_confidence, Ratio(0), Ratio(WAD))


def require_lawful_cap(cap: Size, ceiling_price: Price) -> None:
    """Refuse a cap of a token that may be worth more than can be counted."""
    require(
        mul_wad_up(cap, ceiling_price) <= Quote(MOST_VALUE),
        errors.COLLATERAL_ABOVE_VALUE,
    )
