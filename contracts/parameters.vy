# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Parameters
@notice What the owner chooses: for each market, and for all accounts.
"""

from . import collateral
from . import deleveraging
from . import errors
from . import fee
from . import feed
from . import funding
from . import insurance
from . import liquidation
from . import margin
from . import margin_call
from . import order
from . import payout
from . import portfolio
from . import pricing
from . import ramp
from . import request

# What a market allows: everything; only what makes positions smaller; only what cannot
# wait for its price to be believed again; nothing, since its last price is known.
ACTIVE: constant(uint256) = 0
REDUCE_ONLY: constant(uint256) = 1
HALTED: constant(uint256) = 2
SETTLED: constant(uint256) = 3


struct LimitParams:
    max_skew: int256
    max_open_interest: int256
    max_open_interest_value: int256
    max_size: int256
    least_value: int256
    trade_age: uint256
    risk_age: uint256
    max_confidence: int256
    mode: uint256


struct AccrualParams:
    pricing: pricing.PricingParams
    funding: funding.FundingParams


struct ExposureParams:
    pricing: pricing.PricingParams
    funding: funding.FundingParams
    margin: margin.MarginParams
    limits: LimitParams


struct MarketParams:
    pricing: pricing.PricingParams
    funding: funding.FundingParams
    margin: margin.MarginParams
    limits: LimitParams
    borrowing: funding.BorrowingParams
    fee: fee.FeeParams
    liquidation: liquidation.LiquidationParams
    payout: payout.PayoutParams
    deleveraging: deleveraging.DeleveragingParams


struct Interim:
    paused_until: uint256
    # It never only reduces where it is zero.
    reduces_from: uint256
    ramp: ramp.Ramp


struct MarketRecord:
    interim: Interim
    params: MarketParams


struct ExposureRecord:
    interim: Interim
    params: ExposureParams


struct RiskParams:
    profit_weight: int256
    reserve: int256
    rewards: liquidation.RewardParams
    insurance: insurance.InsuranceParams
    debt: collateral.DebtParams
    vault: request.VaultParams
    margin_call: margin_call.MarginCallParams
    portfolio: portfolio.PortfolioParams
    order: order.OrderParams


@internal
@view
def record_in(code: address) -> MarketRecord:
    """
    @notice All that lies in the code at an address: the parameters of a market as they
            were chosen, and what holds for a while.
    """
    errors.require(code != empty(address), errors.MARKET_UNKNOWN)
    return abi_decode(slice(code.code, 0, 48 * 32), MarketRecord)


@internal
@pure
def mode_in_force(asked: uint256, interim: Interim, now: uint256) -> uint256:
    """
    @notice What a market allows `now`.
    """
    ends: uint256 = interim.reduces_from
    if now < interim.paused_until or (ends != 0 and now >= ends):
        return max(asked, REDUCE_ONLY)
    return asked


@internal
@view
def params_in(code: address, now: uint256) -> MarketParams:
    """
    @notice The parameters of a market that lie there, as they are in force `now`.
    """
    record: MarketRecord = self.record_in(code)
    record.params.limits.mode = self.mode_in_force(
        record.params.limits.mode, record.interim, now
    )
    if ramp.is_rising(record.interim.ramp, now):
        record.params.margin = ramp.ramped(
            record.interim.ramp, record.params.margin, now
        )
    if record.params.limits.mode == SETTLED:
        # A price that is known moves with no other.
        record.params.margin.shocks = 0
    return record.params


@internal
@view
def exposure_in(code: address, now: uint256) -> ExposureParams:
    """
    @notice The first of them, which a look at a position needs: what is not decoded
            costs nothing.
    """
    errors.require(code != empty(address), errors.MARKET_UNKNOWN)
    record: ExposureRecord = abi_decode(slice(code.code, 0, 27 * 32), ExposureRecord)
    record.params.limits.mode = self.mode_in_force(
        record.params.limits.mode, record.interim, now
    )
    if ramp.is_rising(record.interim.ramp, now):
        record.params.margin = ramp.ramped(
            record.interim.ramp, record.params.margin, now
        )
    if record.params.limits.mode == SETTLED:
        record.params.margin.shocks = 0
    return record.params


@internal
@view
def accrual_in(code: address) -> AccrualParams:
    """
    @notice The first of those, which an accrual needs.
    """
    errors.require(code != empty(address), errors.MARKET_UNKNOWN)
    return abi_decode(slice(code.code, 7 * 32, 5 * 32), AccrualParams)


@internal
@view
def borrowing_in(code: address) -> funding.BorrowingParams:
    """
    @notice The parameters of borrowing.
    """
    errors.require(code != empty(address), errors.MARKET_UNKNOWN)
    return abi_decode(slice(code.code, 27 * 32, 5 * 32), funding.BorrowingParams)


@internal
@view
def risk_in(code: address) -> RiskParams:
    """
    @notice The parameters of all accounts that lie in the code at an address.
    """
    errors.require(code != empty(address), errors.RISK_UNKNOWN)
    return abi_decode(slice(code.code, 0, 19 * 32), RiskParams)


@internal
@view
def portfolio_in(code: address) -> portfolio.PortfolioParams:
    """
    @notice Those of portfolios.
    """
    errors.require(code != empty(address), errors.RISK_UNKNOWN)
    return abi_decode(slice(code.code, 15 * 32, 32), portfolio.PortfolioParams)


@internal
@pure
def has_same_margins(before: MarketParams, after: MarketParams) -> bool:
    """
    @notice Whether the margins of a position are asked that were asked before, so that
            what rises already goes on.
    """
    return (
        after.margin.im_base == before.margin.im_base
        and after.margin.im_slope == before.margin.im_slope
        and after.margin.maintenance_fraction == before.margin.maintenance_fraction
        and after.margin.shocks == before.margin.shocks
        and after.pricing.skew_scale == before.pricing.skew_scale
    )


@internal
@pure
def require_unsettled(limits: LimitParams):
    """
    @notice Refuse the call in a market whose last price is known.
    """
    errors.require(limits.mode != SETTLED, errors.MARKET_SETTLED)


@internal
@pure
def require_valid(price: feed.FeedPrice, limits: LimitParams, now: uint256):
    """
    @notice Refuse the call unless the price is valid for what takes risk; in a market
            that is halted none is.
    """
    errors.require(limits.mode != HALTED, errors.MARKET_HALTED)
    feed.require_valid(price, limits.trade_age, limits.max_confidence, now)


@internal
@pure
def is_valid(price: feed.FeedPrice, limits: LimitParams, now: uint256) -> bool:
    """
    @notice Whether `require_valid` would let the price pass.
    """
    return limits.mode != HALTED and feed.is_valid(
        price, limits.trade_age, limits.max_confidence, now
    )
