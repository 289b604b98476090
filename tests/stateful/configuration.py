"""
Genesis documents for random runs: lawful parameters, the extreme ones among them.

A market is drawn around its price, so that a run at two thousandths of a quote is as
eventful as one at thirty thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec.structs import replace

from evm.actors import actor_address
from evm.chain import DEPLOY_ORDER, predicted_addresses
from protocol import governance
from protocol.collateral import CollateralParams, DebtParams
from protocol.deleveraging import DeleveragingParams
from protocol.errors import Revert
from protocol.expiry import NO_EXPIRY, ExpiryParams
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
from protocol.portfolio import STRESSES, WHOLE, PortfolioParams, packed_shocks
from protocol.pricing import PricingParams
from protocol.request import VaultParams
from protocol.trace import VERSION, CollateralGenesis, Genesis, MarketGenesis
from protocol.volatility import VolatilityParams
from tests import genesis as usual
from tests.stateful.choices import Choices

T = TypeVar("T")
START = 1_700_000_000
# The kinds of tokens, with which their names begin: as they should be; returning
# nothing, which the model cannot tell; blocking an address; taking a fee; and moving
# nothing, which it says. No deposit of the last two gets in.
PLAIN, SILENT, BLOCKING, CHARGING, LYING = (
    "plain",
    "silent",
    "blocking",
    "charging",
    "lying",
)
DAY = 86_400
REPORTERS = ("reporter_1", "reporter_2", "reporter_3")
NAMES = (
    "owner",
    "heir",
    "keeper",
    "operator",
    "provider",
    "provider_2",
    "stranger",
    *REPORTERS,
    "trader_1",
    "trader_2",
    "trader_3",
    "ally_1",
    "ally_2",
)
ACTORS = {name: actor_address(name) for name in NAMES}
AGGREGATOR = predicted_addresses(DEPLOY_ORDER)["Aggregator"]
FORTUNE = 10**8
# The value that makes the skew scale of a market, whatever its price.
DEPTH = 40_000_000 * WAD
# The sizes among the parameters, which are smaller where the price is higher.
SIZES = {
    "pricing": ("skew_scale",),
    "limits": ("max_skew", "max_open_interest", "max_size"),
    "funding": ("dead_zone",),
    "margin": ("oi_lower", "oi_upper"),
}
PRICES = (2_000 * WAD, 30_000 * WAD, WAD, WAD // 500)


def seldom(choose: Choices, ordinary: T, others: Sequence[T]) -> T:
    """The ordinary value mostly, else one of the others."""
    return choose.pick(others) if choose.chance(20) else ordinary


def expiry_params(choose: Choices) -> ExpiryParams:
    """When a dated future ends: soon mostly, since a run is short."""
    begins_in = choose.pick((600, 3_600, DAY))
    samples = seldom(choose, 3, (1, 30, 1_000))
    spacing = seldom(choose, 60, (1, 12, 2_592))
    whole = samples * spacing
    return ExpiryParams(START + begins_in + whole, samples, spacing)


def feed_params(choose: Choices, reporters: int, price: int) -> FeedParams:
    """A feed around a price, that never ends."""
    max_age = seldom(choose, 600, (60, 3_600, 30 * DAY))
    return FeedParams(
        reporters=reporters,
        quorum=1 if reporters == 1 else choose.integer(3, reporters),
        max_age=max_age,
        averaging_time=seldom(choose, 900, (1, 60, DAY)),
        floor_price=max(1, price // 10_000),
        ceiling_price=price * 500,
        band=seldom(choose, WAD // 4, (WAD // 20, WAD // 2, WAD // 2, WAD // 200)),
        volatility=VolatilityParams(
            reference=seldom(choose, WAD // 20, (1, WAD // 1_000, 2**60)),
            max_multiplier=choose.pick((WAD, WAD, 2 * WAD, 4 * WAD, 3 * WAD + 1)),
            ramp=seldom(choose, WAD // 10_000, (0, 10**9 - 1, WAD)),
        ),
        expiry=NO_EXPIRY,
    )


def unfunded(params: MarketParams) -> MarketParams:
    """A market without funding, as all are that end."""
    return replace(params, funding=replace(params.funding, max_rate=0))


def market_params(choose: Choices, price: int) -> MarketParams:
    """A market around a price: drawn, or the usual one where that is not lawful."""
    scale = DEPTH * WAD // price
    most = seldom(choose, scale // 40, (scale // 20, scale // 1_000))
    size = seldom(choose, most // 5, (most, most // 50))
    ages = seldom(choose, (60, 300), ((600, 600), (300, 60), (1, 1), (DAY, DAY)))
    # A bucket below the usual position, which a day fills, is what a second liquidation
    # finds empty.
    capacity = seldom(choose, 2_000 * WAD, (10**5 * WAD, 10**7 * WAD))
    factor = seldom(choose, WAD // 2, (1, WAD // 1_000, 2**95 - 1))
    slowest = capacity // DAY + 1
    im_base = seldom(choose, WAD // 10, (WAD // 5, WAD))
    params = MarketParams(
        pricing=PricingParams(scale, seldom(choose, WAD // 100, (0, WAD // 4))),
        limits=LimitParams(
            max_skew=seldom(choose, most, (most // 2, most // 10, 0)),
            max_open_interest=most,
            max_open_interest_value=seldom(
                choose, DEPTH // 8, (DEPTH // 200, 2**120 - 1)
            ),
            max_size=size,
            least_value=seldom(choose, 50 * WAD, (1, WAD, 2_000 * WAD)),
            trade_age=ages[0],
            risk_age=ages[1],
            max_confidence=seldom(choose, WAD // 100, (0, WAD)),
            mode=ACTIVE,
        ),
        fee=FeeParams(
            *seldom(
                choose,
                (WAD // 1_000, WAD // 5_000),
                ((0, 0), (WAD // 50, WAD // 50), (1, 1), (0, WAD // 100)),
            ),
            *seldom(
                choose,
                (WAD // 2, WAD // 5),
                ((0, 0), (WAD, 0), (0, WAD), (WAD // 3, WAD // 3)),
            ),
        ),
        funding=FundingParams(
            *seldom(
                choose,
                (WAD // 10, WAD // 20),
                ((0, 0), (2**60, 2**60), (2**60, WAD // 100), (1, 2**60)),
            ),
            dead_zone=seldom(choose, scale // 40_000, (0, 2**95 - 1)),
        ),
        borrowing=BorrowingParams(
            reserve_factor=seldom(choose, WAD // 2, (0, WAD)),
            base_rate=seldom(choose, WAD // 10_000, (0, WAD // 10, 2**60)),
            slope_1=seldom(choose, WAD // 1_000, (0, WAD)),
            kink=seldom(choose, 8 * WAD // 10, (0, WAD)),
            slope_2=seldom(choose, WAD // 50, (0, 2**60)),
        ),
        margin=MarginParams(
            im_base=im_base,
            im_slope=seldom(choose, WAD // 2, (0, 2**60)),
            oi_lower=seldom(choose, scale // 100, (0,)),
            oi_upper=scale // 4,
            maintenance_fraction=seldom(choose, 6 * WAD // 10, (WAD, WAD * 9 // 10)),
            shocks=shocks(choose, im_base),
        ),
        liquidation=LiquidationParams(
            target_ratio=seldom(choose, 12 * WAD // 10, (WAD, 2 * WAD)),
            critical_fraction=seldom(choose, 8 * WAD // 10, (WAD, WAD * 9 // 10)),
            keeper_share=seldom(choose, WAD // 1_000, (0, WAD // 100)),
            insurance_share=seldom(choose, WAD // 200, (0, WAD // 100)),
            bucket_capacity=capacity,
            bucket_rate=seldom(choose, slowest, (capacity // 1_000, capacity)),
        ),
        payout=PayoutParams(
            factor=seldom(
                choose, choose.pick((2**95 - 1, WAD // 2)), (WAD // 1_000, WAD)
            ),
            window=seldom(choose, DAY, (1, 3_600)),
        ),
        deleveraging=DeleveragingParams(
            factor=factor,
            after_factor=seldom(choose, factor // 2, (0, factor)),
            start=seldom(choose, 10 * WAD, (0, 2**95 - 1)),
            duration=seldom(choose, 600, (0, 1, DAY)),
        ),
    )
    try:
        governance.require_lawful_market(params, 0, price * 500)
    except Revert:
        return usual_market(price)
    return params


def shocks(choose: Choices, im_base: int) -> int:
    """
    What moves the price of a market in each stress: mostly with the other markets,
    sometimes against them, seldom nothing at all.
    """
    least = im_base * WHOLE // WAD
    most = min(WHOLE, seldom(choose, least, (least + 1, 3 * least // 2)))
    first = seldom(choose, -most, (most,))
    others = [choose.integer(-most, most) for _ in range(STRESSES - 2)]
    return seldom(choose, packed_shocks([first, -first, *others]), (0,))


def least_floor(params: MarketParams) -> int:
    """A floor of portfolios at which closing costs less than what they must hold."""
    if params.margin.shocks == 0:
        return 1
    kept = params.margin.maintenance_fraction * params.liquidation.critical_fraction
    # So much more that no rounding of the law's own matters.
    return governance.closing_cost(params) * WAD * WAD // kept + 10


def usual_market(price: int) -> MarketParams:
    """The market that the other tests use, at another price."""
    market = usual.MARKET
    scaled = {
        group: replace(
            getattr(market, group),
            **{
                field: getattr(getattr(market, group), field) * 2_000 * WAD // price
                for field in fields
            },
        )
        for group, fields in SIZES.items()
    }
    return replace(market, **scaled)


def risk_params(choose: Choices) -> RiskParams:
    """What holds for all accounts."""
    reserve, flat, least = seldom(
        choose,
        (5 * WAD, 2 * WAD, WAD),
        ((0, 0, 0), (50 * WAD, 50 * WAD, 50 * WAD), (WAD, 0, WAD)),
    )
    return RiskParams(
        profit_weight=seldom(choose, WAD // 2, (0, WAD)),
        reserve=reserve,
        rewards=RewardParams(flat, least, seldom(choose, 100 * WAD, (least,))),
        insurance=InsuranceParams(
            cap=seldom(choose, 10**4 * WAD, (0, 100 * WAD, 2**120 - 1)),
            window=seldom(choose, DAY, (1, 3_600)),
        ),
        debt=seldom(
            choose,
            DebtParams(10 * WAD, 5_000 * WAD),
            (DebtParams(0, 0), DebtParams(0, 2**120 - 1), DebtParams(WAD, WAD)),
        ),
        vault=VaultParams(
            delay=seldom(choose, 30, (0, 1, 3_600)),
            window=seldom(choose, 600, (1, DAY)),
            quarantine=seldom(choose, 3_600, (0, 7 * DAY)),
        ),
        margin_call=MarginCallParams(
            ratio=seldom(choose, 5 * WAD // 4, (WAD, 3 * WAD // 2)),
            grace=choose.pick((0, 0, 300, 3_600)),
            window=seldom(choose, 3_600, (DAY,)),
        ),
        portfolio=PortfolioParams(seldom(choose, WAD // 16, (1, WAD // 4, WAD))),
        order=OrderParams(
            delay=choose.pick((0, 0, 0, 0, 0, 0, 1, 12)),
            window=seldom(choose, 300, (1, DAY)),
            least_fee=seldom(choose, WAD, (0, 10 * WAD)),
        ),
    )


def collateral_params(choose: Choices, decimals: int, price: int) -> CollateralParams:
    """A token around a price, of which so much may be held as a market is deep."""
    haircut = seldom(choose, WAD // 10, (0, WAD // 2, WAD))
    return CollateralParams(
        token=0,
        decimals=decimals,
        cap=seldom(choose, DEPTH // 80, (DEPTH // 2_000, DEPTH)) * WAD // price,
        haircut=haircut,
        haircut_slope=min(
            seldom(choose, WAD // 5, (0, WAD // 2)), (WAD - haircut) // 2
        ),
        discount=min(haircut, seldom(choose, WAD // 20, (0, WAD // 2))),
        least_value=seldom(choose, WAD, (0, 100 * WAD)),
        max_age=seldom(choose, 300, (60, DAY)),
        max_confidence=seldom(choose, WAD // 100, (0, WAD)),
    )


def genesis(choose: Choices) -> Genesis:
    """
    A genesis with one to three markets, the third one with a single reporter; the last
    of several may be a dated future, and a voice of the last may be an aggregator.
    """
    markets = []
    count = choose.integer(1, 3)
    for number in range(count):
        price = choose.pick(PRICES)
        reporters = REPORTERS[:1] if number == 2 else REPORTERS
        feed = feed_params(choose, len(reporters), price)
        params = market_params(choose, price)
        if 0 < number == count - 1 and choose.chance(30):
            feed = replace(feed, expiry=expiry_params(choose))
            params = unfunded(params)
        markets.append(
            MarketGenesis(
                f"{number}", feed, tuple(ACTORS[name] for name in reporters), params
            )
        )
    tokens = []
    for number in range(choose.pick((1, 1, 0, 2))):
        price = choose.pick(PRICES)
        digits = choose.pick((18, 8, 6))
        # As the most used token of so many decimals does.
        usual_kind = SILENT if digits == 6 else PLAIN
        kind = seldom(choose, usual_kind, (BLOCKING, CHARGING, LYING))
        params = collateral_params(choose, digits, price)
        tokens.append(
            CollateralGenesis(
                f"{kind} token {number}",
                digits,
                feed_params(choose, 1, price),
                (ACTORS[REPORTERS[0]],),
                params,
                dict.fromkeys(NAMES, params.cap * 2 // 10 ** (18 - digits)),
            )
        )
    decimals = choose.pick((6, 18, 8))
    risk = risk_params(choose)
    # Nobody is called above the initial margin of a market.
    highest = max(each.params.margin.maintenance_fraction for each in markets)
    ratio = min(risk.margin_call.ratio, WAD * WAD // highest)
    least = max(least_floor(each.params) for each in markets)
    floor = max(risk.portfolio.floor, least)
    risk = replace(
        risk,
        margin_call=replace(risk.margin_call, ratio=ratio),
        portfolio=PortfolioParams(floor),
    )
    if choose.chance(50):
        voices = (*markets[-1].reporters[:-1], AGGREGATOR)
        markets[-1] = replace(markets[-1], reporters=voices)
    return Genesis(
        version=VERSION,
        start=START,
        decimals=decimals,
        owner=ACTORS["owner"],
        risk=risk,
        markets=tuple(markets),
        collateral=tuple(tokens),
        actors=ACTORS,
        balances=dict.fromkeys(NAMES, FORTUNE * 10**decimals),
    )


def first_price(market: MarketGenesis | CollateralGenesis) -> int:
    """The price that a market, or a token, was drawn around."""
    return market.feed.ceiling_price // 500
