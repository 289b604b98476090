"""
A genesis for tests: two markets, three reporters each, everybody with money.
"""

from __future__ import annotations

from evm.actors import actor_address
from protocol.collateral import CollateralParams, DebtParams
from protocol.deleveraging import DeleveragingParams
from protocol.expiry import NO_EXPIRY
from protocol.fee import FeeParams
from protocol.feed import FeedParams
from protocol.fixed_point import WAD
from protocol.funding import BorrowingParams, FundingParams
from protocol.insurance import InsuranceParams
from protocol.liquidation import LiquidationParams, RewardParams
from protocol.margin import MarginParams
from protocol.margin_call import MarginCallParams
from protocol.order import OrderParams
from protocol.parameters import ACTIVE, LimitParams, MarketParams, RiskParams
from protocol.payout import PayoutParams
from protocol.portfolio import PortfolioParams, packed_shocks
from protocol.pricing import PricingParams
from protocol.request import VaultParams
from protocol.trace import VERSION, CollateralGenesis, Genesis, MarketGenesis
from protocol.volatility import VolatilityParams

START = 1_700_000_000
DECIMALS = 6
DAY = 86_400
REPORTERS = ("reporter_1", "reporter_2", "reporter_3")
TRADERS = ("trader_1", "trader_2", "trader_3")
NAMES = ("owner", "keeper", "provider", "stranger", *REPORTERS, *TRADERS)
ACTORS = {name: actor_address(name) for name in NAMES}
# Ten million of the token for everybody.
FORTUNE = 10**7 * 10**DECIMALS

# An eighth up and down, and by halves of it.
SHOCKS = packed_shocks([-2_500, 2_500, -625, 625])

FEED = FeedParams(
    reporters=3,
    quorum=3,
    max_age=600,
    averaging_time=900,
    floor_price=WAD // 100,
    ceiling_price=10**6 * WAD,
    band=WAD // 4,
    volatility=VolatilityParams(reference=WAD // 20, max_multiplier=WAD, ramp=0),
    expiry=NO_EXPIRY,
)
MARKET = MarketParams(
    pricing=PricingParams(skew_scale=20_000 * WAD, max_spread=WAD // 100),
    limits=LimitParams(
        max_skew=500 * WAD,
        max_open_interest=500 * WAD,
        max_open_interest_value=5 * 10**6 * WAD,
        max_size=100 * WAD,
        least_value=50 * WAD,
        trade_age=60,
        risk_age=300,
        max_confidence=WAD // 100,
        mode=ACTIVE,
    ),
    fee=FeeParams(
        taker=WAD // 1_000,
        maker=WAD // 5_000,
        vault_share=WAD // 2,
        insurance_share=WAD // 5,
    ),
    funding=FundingParams(
        max_velocity=WAD // 10, max_rate=WAD // 20, dead_zone=WAD // 2
    ),
    borrowing=BorrowingParams(
        reserve_factor=WAD // 2,
        base_rate=WAD // 10_000,
        slope_1=WAD // 1_000,
        kink=8 * WAD // 10,
        slope_2=WAD // 50,
    ),
    margin=MarginParams(
        im_base=WAD // 10,
        im_slope=WAD // 2,
        oi_lower=200 * WAD,
        oi_upper=5_000 * WAD,
        maintenance_fraction=6 * WAD // 10,
        shocks=SHOCKS,
    ),
    liquidation=LiquidationParams(
        target_ratio=12 * WAD // 10,
        critical_fraction=WAD,
        keeper_share=WAD // 1_000,
        insurance_share=WAD // 200,
        bucket_capacity=10**5 * WAD,
        bucket_rate=100 * WAD,
    ),
    payout=PayoutParams(factor=WAD // 2, window=DAY),
    deleveraging=DeleveragingParams(
        factor=WAD // 2, after_factor=WAD // 4, start=10 * WAD, duration=600
    ),
)
RISK = RiskParams(
    profit_weight=WAD // 2,
    reserve=5 * WAD,
    rewards=RewardParams(flat=2 * WAD, least=WAD, most=100 * WAD),
    insurance=InsuranceParams(cap=10**5 * WAD, window=DAY),
    debt=DebtParams(floor=10 * WAD, most=5_000 * WAD),
    vault=VaultParams(delay=30, window=600, quarantine=DAY),
    margin_call=MarginCallParams(ratio=5 * WAD // 4, grace=0, window=3_600),
    portfolio=PortfolioParams(floor=WAD // 10),
    order=OrderParams(delay=0, window=600, least_fee=WAD),
)
# A token of 8 decimals worth some thousands, and one of 18 worth about one.
COLLATERAL = tuple(
    CollateralGenesis(
        name=name,
        decimals=decimals,
        feed=FEED,
        reporters=tuple(ACTORS[each] for each in REPORTERS),
        params=CollateralParams(
            token=0,
            decimals=decimals,
            cap=cap,
            haircut=WAD // 10,
            haircut_slope=WAD // 5,
            discount=WAD // 20,
            least_value=WAD,
            max_age=300,
            max_confidence=WAD // 100,
        ),
        balances=dict.fromkeys(NAMES, cap // 10**18 * 10**decimals),
    )
    for name, decimals, cap in (("WETH", 8, 1_000 * WAD), ("DAI", 18, 10**6 * WAD))
)
GENESIS = Genesis(
    version=VERSION,
    start=START,
    decimals=DECIMALS,
    owner=ACTORS["owner"],
    risk=RISK,
    markets=tuple(
        MarketGenesis(name, FEED, tuple(ACTORS[each] for each in REPORTERS), MARKET)
        for name in ("ETH", "BTC")
    ),
    collateral=COLLATERAL,
    actors=ACTORS,
    balances=dict.fromkeys(NAMES, FORTUNE),
)
