"""
What the owner chooses: for each market, and for all accounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import errors, feed, ramp
from protocol.collateral import DebtParams
from protocol.deleveraging import DeleveragingParams
from protocol.errors import require
from protocol.fee import FeeParams
from protocol.feed import FeedPrice
from protocol.funding import BorrowingParams, FundingParams
from protocol.insurance import InsuranceParams
from protocol.liquidation import LiquidationParams, RewardParams
from protocol.margin import MarginParams
from protocol.margin_call import MarginCallParams
from protocol.order import OrderParams
from protocol.payout import PayoutParams
from protocol.portfolio import PortfolioParams
from protocol.pricing import PricingParams
from protocol.ramp import Ramp
from protocol.request import VaultParams
from protocol.units import Address, Quote, Ratio, Seconds, Size

if TYPE_CHECKING:
    from protocol.state import State

# What a market allows: everything; only what makes positions smaller; only what cannot
# wait for its price to be believed again; nothing, since its last price is known.
ACTIVE = 0
REDUCE_ONLY = 1
HALTED = 2
SETTLED = 3


class LimitParams(Struct, frozen=True):
    max_skew: Size
    max_open_interest: Size
    max_open_interest_value: Quote
    max_size: Size
    least_value: Quote
    trade_age: Seconds
    risk_age: Seconds
    max_confidence: Ratio
    mode: int


class AccrualParams(Struct, frozen=True):
    pricing: PricingParams
    funding: FundingParams


class ExposureParams(Struct, frozen=True):
    pricing: PricingParams
    funding: FundingParams
    margin: MarginParams
    limits: LimitParams


class MarketParams(Struct, frozen=True):
    pricing: PricingParams
    funding: FundingParams
    margin: MarginParams
    limits: LimitParams
    borrowing: BorrowingParams
    fee: FeeParams
    liquidation: LiquidationParams
    payout: PayoutParams
    deleveraging: DeleveragingParams


class Interim(Struct, frozen=True):
    paused_until: Seconds
    # It never only reduces where it is zero.
    reduces_from: Seconds
    ramp: Ramp


class MarketRecord(Struct, frozen=True):
    interim: Interim
    params: MarketParams


class RiskParams(Struct, frozen=True):
    profit_weight: Ratio
    reserve: Quote
    rewards: RewardParams
    insurance: InsuranceParams
    debt: DebtParams
    vault: VaultParams
    margin_call: MarginCallParams
    portfolio: PortfolioParams
    order: OrderParams


def record_in(state: State, code: Address) -> MarketRecord:
    """
    All that lies in the code at an address: the parameters of a market as they were
    chosen, and what holds for a while.
    """
    require(code != 0, errors.MARKET_UNKNOWN)
    record: MarketRecord = state.codes[code]
    return record


def mode_in_force(asked: int, interim: Interim, now: Seconds) -> int:
    """What a market allows `now`."""
    ends = interim.reduces_from
    if now < interim.paused_until or (ends != Seconds(0) and now >= ends):
        return max(asked, REDUCE_ONLY)
    return asked


def params_in(state: State, code: Address, now: Seconds) -> MarketParams:
    """The parameters of a market that lie there, as they are in force `now`."""
    record = record_in(state, code)
    params = record.params
    mode = mode_in_force(params.limits.mode, record.interim, now)
    if mode != params.limits.mode:
        params = replace(params, limits=replace(params.limits, mode=mode))
    if ramp.is_rising(record.interim.ramp, now):
        margins = ramp.ramped(record.interim.ramp, params.margin, now)
        params = replace(params, margin=margins)
    if params.limits.mode == SETTLED:
        # A price that is known moves with no other.
        params = replace(params, margin=replace(params.margin, shocks=0))
    return params


def exposure_in(state: State, code: Address, now: Seconds) -> ExposureParams:
    """
    The first of them, which a look at a position needs: what is not decoded costs
    nothing.
    """
    require(code != 0, errors.MARKET_UNKNOWN)
    params = params_in(state, code, now)
    return ExposureParams(params.pricing, params.funding, params.margin, params.limits)


def accrual_in(state: State, code: Address) -> AccrualParams:
    """The first of those, which an accrual needs."""
    require(code != 0, errors.MARKET_UNKNOWN)
    record: MarketRecord = state.codes[code]
    return AccrualParams(record.params.pricing, record.params.funding)


def borrowing_in(state: State, code: Address) -> BorrowingParams:
    """The parameters of borrowing."""
    require(code != 0, errors.MARKET_UNKNOWN)
    record: MarketRecord = state.codes[code]
    return record.params.borrowing


def risk_in(state: State, code: Address) -> RiskParams:
    """The parameters of all accounts that lie in the code at an address."""
    require(code != 0, errors.RISK_UNKNOWN)
    params: RiskParams = state.codes[code]
    return params


def portfolio_in(state: State, code: Address) -> PortfolioParams:
    """Those of portfolios."""
    require(code != 0, errors.RISK_UNKNOWN)
    params: RiskParams = state.codes[code]
    return params.portfolio


def has_same_margins(before: MarketParams, after: MarketParams) -> bool:
    """
    Whether the margins of a position are asked that were asked before, so that what
    rises already goes on.
    """
    return (
        after.margin.im_base == before.margin.im_base
        and after.margin.im_slope == before.margin.im_slope
        and after.margin.maintenance_fraction == before.margin.maintenance_fraction
        and after.margin.shocks == before.margin.shocks
        and after.pricing.skew_scale == before.pricing.skew_scale
    )


def require_unsettled(limits: LimitParams) -> None:
    """Refuse the call in a market whose last price is known."""
    require(limits.mode != SETTLED, errors.MARKET_SETTLED)


def require_valid(price: FeedPrice, limits: LimitParams, now: Seconds) -> None:
    """
    Refuse the call unless the price is valid for what takes risk; in a market that is
    halted none is.
    """
    require(limits.mode != HALTED, errors.MARKET_HALTED)
    feed.require_valid(price, limits.trade_age, limits.max_confidence, now)


def is_valid(price: FeedPrice, limits: LimitParams, now: Seconds) -> bool:
    """Whether `require_valid` would let the price pass."""
    return limits.mode != HALTED and feed.is_valid(
        price, limits.trade_age, limits.max_confidence, now
    )
