"""
The market of all worked numbers: round, lawful, and the one of `docs/mechanism.md`.
"""

from __future__ import annotations

from decimal import Context, Decimal

from msgspec.structs import replace

from protocol.collateral import CollateralParams, DebtParams
from protocol.deleveraging import DeleveragingParams
from protocol.expiry import NO_EXPIRY, ExpiryParams
from protocol.fee import FeeParams
from protocol.feed import FeedParams, FeedPrice
from protocol.fixed_point import WAD
from protocol.funding import DAY, BorrowingParams, Funding, FundingParams
from protocol.insurance import InsuranceParams
from protocol.liquidation import Case, LiquidationParams, RewardParams
from protocol.margin import MarginParams
from protocol.margin_call import MarginCallParams
from protocol.order import OrderParams
from protocol.parameters import ACTIVE, LimitParams, MarketParams, RiskParams
from protocol.payout import PayoutParams, Spent
from protocol.portfolio import PortfolioParams, packed_shocks
from protocol.pricing import PricingParams
from protocol.request import VaultParams
from protocol.volatility import VolatilityParams

EXACT = Context(prec=100)


def wad(number: str) -> int:
    """A decimal number times `WAD`; it must come out whole."""
    scaled = EXACT.multiply(Decimal(number.replace(",", "")), Decimal(WAD))
    assert scaled == int(scaled), number
    return int(scaled)


PRICING = PricingParams(skew_scale=wad("10000"), max_spread=wad("0.01"))
LIMITS = LimitParams(
    max_skew=wad("100"),
    max_open_interest=wad("200"),
    max_open_interest_value=wad("1000000"),
    max_size=wad("50"),
    least_value=wad("100"),
    trade_age=60,
    risk_age=300,
    max_confidence=wad("0.01"),
    mode=ACTIVE,
)
FEE = FeeParams(
    taker=wad("0.001"),
    maker=wad("0.0005"),
    vault_share=wad("0.5"),
    insurance_share=wad("0.2"),
)
FUNDING = FundingParams(
    max_velocity=wad("1"), max_rate=wad("0.002"), dead_zone=wad("1")
)
BORROWING = BorrowingParams(
    reserve_factor=wad("0.5"),
    base_rate=wad("0.0001"),
    slope_1=wad("0.001"),
    kink=wad("0.8"),
    slope_2=wad("0.02"),
)
MARGIN = MarginParams(
    im_base=wad("0.109"),
    im_slope=wad("1"),
    oi_lower=wad("100"),
    oi_upper=wad("200"),
    maintenance_fraction=wad("0.5"),
    shocks=0,
)
LIQUIDATION = LiquidationParams(
    target_ratio=wad("1.2"),
    critical_fraction=wad("0.6"),
    keeper_share=wad("0.001"),
    insurance_share=wad("0.004"),
    bucket_capacity=wad("10000"),
    bucket_rate=wad("10"),
)
PAYOUT = PayoutParams(factor=wad("0.2"), window=DAY)
# Not before a fifth of the vault is owed is anybody deleveraged, down to a tenth.
DELEVERAGING = DeleveragingParams(
    factor=wad("0.2"), after_factor=wad("0.1"), start=wad("10"), duration=600
)
MARKET = MarketParams(
    PRICING,
    FUNDING,
    MARGIN,
    LIMITS,
    BORROWING,
    FEE,
    LIQUIDATION,
    PAYOUT,
    DELEVERAGING,
)
UNSPENT = Spent(amount=0, spent_at=0, ends_at=0)
REWARDS = RewardParams(flat=wad("2"), least=wad("1"), most=wad("20"))
RISK = RiskParams(
    profit_weight=wad("0.5"),
    reserve=wad("5"),
    rewards=REWARDS,
    insurance=InsuranceParams(cap=wad("1000"), window=DAY),
    debt=DebtParams(floor=wad("10"), most=wad("500")),
    vault=VaultParams(delay=60, window=600, quarantine=DAY),
    margin_call=MarginCallParams(ratio=wad("1.5"), grace=0, window=3_600),
    portfolio=PortfolioParams(floor=wad("0.03")),
    order=OrderParams(delay=0, window=60, least_fee=wad("1")),
)
TOKEN = CollateralParams(
    token=0,
    decimals=8,
    cap=wad("1000"),
    haircut=wad("0.1"),
    haircut_slope=wad("0.2"),
    discount=wad("0.05"),
    least_value=wad("1"),
    max_age=60,
    max_confidence=wad("0.01"),
)
FEED = FeedParams(
    reporters=5,
    quorum=3,
    max_age=600,
    averaging_time=900,
    floor_price=wad("10"),
    ceiling_price=wad("100000"),
    band=wad("0.25"),
    volatility=VolatilityParams(reference=wad("0.05"), max_multiplier=wad("1"), ramp=0),
    expiry=NO_EXPIRY,
)
# Margins grow from 5 % a day on, to three times of what they are, 0.0001 a second.
VOLATILE = VolatilityParams(
    reference=wad("0.05"), max_multiplier=wad("3"), ramp=wad("0.0001")
)
# Two deep markets, in which a portfolio may be hedged: what they lose together, and
# what the second does by itself.
DEEP = replace(
    MARKET,
    pricing=replace(PRICING, skew_scale=wad("100000")),
    margin=replace(
        MARGIN, shocks=packed_shocks([-1_200, 1_200, -1_200, 1_200, -200, 200])
    ),
)
BESIDE = replace(
    DEEP,
    margin=replace(MARGIN, shocks=packed_shocks([-1_200, 1_200, -800, 800, 200, -200])),
)
START = 1_700_000_000
# Three samples, a minute apart, the last one two hours after the start.
EXPIRY = ExpiryParams(expires_at=START + 7_200, samples=3, spacing=60)
PRICE = FeedPrice(
    index=wad("2000"),
    mark=wad("2000"),
    average=wad("2000"),
    confidence=0,
    published_at=START,
    valid_until=START + 600,
    # At 2000 since the first second.
    intercept=0,
    initial_multiplier=wad("1"),
    maintenance_multiplier=wad("1"),
)
UNFUNDED = Funding(
    fine_rate=0,
    accrued_at=START,
    carry=0,
    long_carry=0,
    short_carry=0,
    long_index=0,
    short_index=0,
    long_rate=0,
    short_rate=0,
    cumulative_price=wad("2000") * START,
)
# Ten bought at 2000 and the mark at 1800, in a market where nobody else is.
CASE = Case(
    equity=wad("923.5"),
    maintenance=wad("990"),
    reserve=wad("5"),
    size=wad("10"),
    value=wad("18000"),
    position_maintenance=wad("990"),
    mark=wad("1800"),
    skew=wad("10"),
    bucket=wad("10000"),
)
