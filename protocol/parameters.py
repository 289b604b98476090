"""
What the owner chooses: for each market, and for all accounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol import errors, feed
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
from protocol.payout import PayoutParams
from protocol.pricing import PricingParams
from protocol.request import VaultParams
from protocol.units import Address, Quote, Ratio, Seconds, Size

if TYPE_CHECKING:
    from protocol.state import State

# What a market allows: everything; only what makes positions smaller; only what cannot
# wait for its price to be believed again.
ACTIVE = 0
REDUCE_ONLY = 1
HALTED = 2


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


class MarketParams(Struct, frozen=True):
    pricing: PricingParams
    limits: LimitParams
    fee: FeeParams
    funding: FundingParams
    borrowing: BorrowingParams
    margin: MarginParams
    liquidation: LiquidationParams
    payout: PayoutParams
    deleveraging: DeleveragingParams


class RiskParams(Struct, frozen=True):
    profit_weight: Ratio
    reserve: Quote
    rewards: RewardParams
    insurance: InsuranceParams
    debt: DebtParams
    vault: VaultParams
    margin_call: MarginCallParams


def params_in(state: State, code: Address) -> MarketParams:
    """The parameters of a market that lie in the code at an address."""
    require(code != 0, errors.MARKET_UNKNOWN)
    params: MarketParams = state.codes[code]
    return params


def borrowing_in(state: State, code: Address) -> BorrowingParams:
    """
    The parameters of borrowing that lie there: they are asked for most often, and what
    is not decoded costs nothing.
    """
    require(code != 0, errors.MARKET_UNKNOWN)
    params: MarketParams = state.codes[code]
    return params.borrowing


def risk_in(state: State, code: Address) -> RiskParams:
    """The parameters of all accounts that lie in the code at an address."""
    require(code != 0, errors.RISK_UNKNOWN)
    params: RiskParams = state.codes[code]
    return params


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
