"""
The genesis that both benchmarks begin with: ordinary parameters, none of them extreme.
"""

from __future__ import annotations

from collections.abc import Iterable

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
from protocol.units import Flow, Price, Quote, Rate, Ratio, Seconds, Size
from protocol.volatility import VolatilityParams

START = 1_700_000_000
DECIMALS = 6
TOKEN = 10**DECIMALS
PRICE = 2_000 * WAD
REPORTERS = ("reporter_1", "reporter_2", "reporter_3")
# A hundred million of the token for everybody.
FORTUNE = 10**8 * TOKEN

# Sixteen, so that none costs less than another.
SHOCKS = packed_shocks([step * 75 for step in range(-16, 17, 2) if step])

MARKET = MarketParams(
    pricing=PricingParams(skew_scale=Size(10**6 * WAD), max_spread=Ratio(WAD // 100)),
    limits=LimitParams(
        max_skew=Size(4_000 * WAD),
        max_open_interest=Size(4_000 * WAD),
        max_open_interest_value=Quote(20 * 10**6 * WAD),
        max_size=Size(1_000 * WAD),
        least_value=Quote(50 * WAD),
        trade_age=Seconds(600),
        risk_age=Seconds(3_600),
        max_confidence=Ratio(WAD // 50),
        mode=ACTIVE,
    ),
    fee=FeeParams(
        taker=Ratio(WAD // 1_000),
        maker=Ratio(WAD // 2_000),
        vault_share=Ratio(WAD // 2),
        insurance_share=Ratio(WAD // 4),
    ),
    funding=FundingParams(
        max_velocity=Rate(WAD), max_rate=Rate(WAD // 10), dead_zone=Size(WAD)
    ),
    borrowing=BorrowingParams(
        reserve_factor=Ratio(WAD // 2),
        base_rate=Rate(WAD // 1_000),
        slope_1=Rate(WAD // 100),
        kink=Ratio(8 * WAD // 10),
        slope_2=Rate(WAD // 10),
    ),
    margin=MarginParams(
        im_base=Ratio(WAD // 20),
        im_slope=Ratio(WAD),
        oi_lower=Size(10**4 * WAD),
        oi_upper=Size(10**5 * WAD),
        maintenance_fraction=Ratio(WAD // 2),
        shocks=SHOCKS,
    ),
    liquidation=LiquidationParams(
        target_ratio=Ratio(115 * WAD // 100),
        critical_fraction=Ratio(7 * WAD // 10),
        keeper_share=Ratio(WAD // 400),
        insurance_share=Ratio(WAD // 400),
        bucket_capacity=Quote(2 * 10**6 * WAD),
        bucket_rate=Flow(1_000 * WAD),
    ),
    payout=PayoutParams(factor=Ratio(WAD // 2), window=Seconds(86_400)),
    deleveraging=DeleveragingParams(
        factor=Ratio(WAD // 2),
        after_factor=Ratio(WAD // 4),
        start=Ratio(10 * WAD),
        duration=Seconds(600),
    ),
)
RISK = RiskParams(
    profit_weight=Ratio(WAD // 2),
    reserve=Quote(5 * WAD),
    rewards=RewardParams(
        flat=Quote(2 * WAD), least=Quote(5 * WAD), most=Quote(5_000 * WAD)
    ),
    insurance=InsuranceParams(cap=Quote(10**4 * WAD), window=Seconds(86_400)),
    debt=DebtParams(floor=Quote(10 * WAD), most=Quote(1_000 * WAD)),
    vault=VaultParams(
        delay=Seconds(60), window=Seconds(3_600), quarantine=Seconds(86_400)
    ),
    margin_call=MarginCallParams(
        ratio=Ratio(3 * WAD // 2), grace=Seconds(0), window=Seconds(3_600)
    ),
    portfolio=PortfolioParams(floor=Ratio(WAD // 25)),
    order=OrderParams(delay=Seconds(0), window=Seconds(600), least_fee=Quote(WAD)),
)


COLLATERAL = CollateralParams(
    token=0,
    decimals=8,
    cap=Size(10**6 * WAD),
    haircut=Ratio(WAD // 10),
    haircut_slope=Ratio(WAD // 5),
    discount=Ratio(WAD // 20),
    least_value=Quote(WAD),
    max_age=Seconds(3_600),
    max_confidence=Ratio(WAD // 50),
)


def feed_params(reporters: int) -> FeedParams:
    """A feed that asks for all of its reporters."""
    return FeedParams(
        reporters=reporters,
        quorum=reporters,
        max_age=Seconds(3_600),
        averaging_time=Seconds(600),
        floor_price=Price(WAD),
        ceiling_price=Price(10**6 * WAD),
        band=Ratio(WAD // 4),
        volatility=VolatilityParams(
            reference=Ratio(WAD // 20), max_multiplier=Ratio(WAD), ramp=Ratio(0)
        ),
        expiry=NO_EXPIRY,
    )


def genesis(reporters: Iterable[int], names: Iterable[str]) -> Genesis:
    """Markets with so many reporters each, and money for these actors."""
    people = ("owner", *names)
    actors = {name: actor_address(name) for name in (*people, *REPORTERS)}
    voices = [actors[name] for name in REPORTERS]
    return Genesis(
        version=VERSION,
        start=START,
        decimals=DECIMALS,
        owner=actors["owner"],
        risk=RISK,
        markets=tuple(
            MarketGenesis(
                f"M{number}", feed_params(count), tuple(voices[:count]), MARKET
            )
            for number, count in enumerate(reporters)
        ),
        collateral=(
            CollateralGenesis(
                "WETH",
                8,
                feed_params(1),
                tuple(voices[:1]),
                COLLATERAL,
                dict.fromkeys(people, 10**4 * 10**8),
            ),
        ),
        actors=actors,
        balances=dict.fromkeys(people, FORTUNE),
    )


def holder(name: str, sub: int = 0) -> int:
    """An account of an actor."""
    return actor_address(name) << 96 | sub
