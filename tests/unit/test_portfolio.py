"""
Portfolios, worked by hand, on both sides.
"""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol import errors, governance, liquidation, margin, portfolio, statement
from protocol.account import CROSS, PORTFOLIO
from protocol.errors import Revert
from protocol.feed import FeedPrice
from protocol.fixed_point import WAD, mul_wad_down
from protocol.liquidation import Whole
from protocol.margin import MarginParams
from protocol.parameters import MarketParams
from protocol.portfolio import NO_SUMS, STRESSES, Leg, Requirement, Sums, packed_shocks
from protocol.trace import MarketGenesis, words_of
from tests.twin.strategies import (
    FEED_PRICES,
    OPEN,
    PARTS,
    SCALES,
    SIZES,
)
from tests.twin.strategies import (
    MARGIN as MARGINS,
)
from tests.twin.twins import both
from tests.unit.desk import GENESIS, Desk
from tests.unit.worked import BESIDE, CASE, DEEP, MARGIN, PRICE, RISK, wad

ETH, BTC, BARE = range(3)
SCALE = DEEP.pricing.skew_scale
FLOOR = RISK.portfolio.floor
FEEDS = GENESIS.markets[0]
TWO_MARKETS = replace(
    GENESIS,
    markets=tuple(
        MarketGenesis(name, FEEDS.feed, FEEDS.reporters, params)
        for name, params in (
            ("ETH", DEEP),
            ("BTC", BESIDE),
            ("BARE", replace(DEEP, margin=MARGIN)),
        )
    ),
)
BITCOIN = replace(PRICE, index=wad("30000"), mark=wad("30000"), average=wad("30000"))


def hedged(mode: int, cash: str = "5000", vault: str = "0") -> Desk:
    """Prices, and an account of that mode with cash."""
    desk = Desk(vault, TWO_MARKETS)
    for price, feed_id in (("2000", ETH), ("30000", BTC), ("2000", BARE)):
        desk.quote(price, feed_id)
    if mode != CROSS:
        desk.make("ann", "Exchange", "set_margin_mode", desk.holder("ann"), mode)
    desk.deposit("ann", cash)
    return desk


def asked(desk: Desk) -> tuple[int, int]:
    """The initial and the maintenance margin of the account."""
    standing = desk.view("Exchange", "standing_of", desk.holder("ann"))
    return standing.initial, standing.maintenance


class Together(NamedTuple):
    """Positions as both sides join them."""

    sums: Sums = NO_SUMS
    legs: tuple[Leg, ...] = ()

    def joined(self, size: str, price: FeedPrice, params: MarketParams) -> Together:
        """These with one more."""
        asked = params.margin
        leg = both(portfolio, "leg", wad(size), price, asked.shocks)
        arguments = (self.sums, leg, wad(size), price, 0, SCALE, asked)
        return Together(both(portfolio, "joined", *arguments), (*self.legs, leg))

    def asked(self) -> Requirement:
        """What they must be backed by."""
        worst = both(portfolio, "worst", list(self.legs))
        found: Requirement = both(portfolio, "requirement", self.sums, worst, FLOOR)
        return found


def together(eth: str, btc: str) -> Together:
    """Positions at 2000 and at 30000."""
    return Together().joined(eth, PRICE, DEEP).joined(btc, BITCOIN, BESIDE)


def test_a_word_holds_sixteen_signed_shocks() -> None:
    drawn = [-10_000, 32_767, -32_768, 0, -1, 1, *range(10)]
    word = packed_shocks(drawn)
    assert [both(portfolio, "shock", word, i) for i in range(STRESSES)] == drawn
    assert both(portfolio, "shock", packed_shocks([5]), 15) == 0


def test_a_hedge_needs_less_than_what_it_is_made_of() -> None:
    """
    Ten at 2000 and -0.4 at 30000: where both fall by 0.12 the one loses 2400 and the
    other gains 1440; where the second falls by 0.08 only, 960. So 1440 are asked, and
    what their sizes ask, 0.0001 * 20000 + 0.000004 * 12000 = 2.048. To be left alone,
    half of that.
    """
    found = together("10", "-0.4").asked()
    assert found.initial == wad("1442.048")
    assert found.maintenance == wad("721.024")


def test_no_portfolio_needs_less_than_its_floor() -> None:
    """
    With -0.6, 18000, the stresses ask 960 at most, and a floor of 0.03 of 38000 is
    1140; the sizes ask for 2 and 0.108.
    """
    found = together("10", "-0.6").asked()
    assert found.initial == wad("1142.108")
    assert found.maintenance == wad("571.054")


def test_two_of_one_direction_hedge_nothing() -> None:
    """2400 + 2160 and 2.108."""
    found = together("10", "0.6").asked()
    assert found.initial == wad("4562.108")


def test_margins_that_grow_take_the_largest_of_its_markets() -> None:
    """Twice 1440 and 2.048, and half of one and a half times 1440 and of 2.048."""
    calm = together("10", "-0.4")
    sums = replace(
        calm.sums, initial_multiplier=2 * WAD, maintenance_multiplier=3 * WAD // 2
    )
    found = calm._replace(sums=sums).asked()
    assert found.initial == wad("2882.048")
    assert found.maintenance == wad("1081.024")


def test_what_leaves_it_alone_is_never_more_than_what_opens_it() -> None:
    """
    At the marks the hedge has come apart, and at the strict prices it has not: 10 of
    2000 and -0.4 of 30000, but at the marks of 3000: 3600 - 960 = 2640, and 3.048.
    """
    risen = replace(PRICE, mark=wad("3000"))
    held = Together().joined("10", risen, DEEP).joined("-0.4", BITCOIN, BESIDE)
    sums = replace(held.sums, maintenance_fraction=WAD)
    found = held._replace(sums=sums).asked()
    assert found.maintenance == found.initial == wad("2643.048")


def test_a_price_is_told_for_each_leg_of_a_portfolio() -> None:
    """
    Ten and -0.4 with an equity of 1726.024: 1000 more than what is asked and the
    reserve. Each quote by which the first falls costs ten, and where it falls by 0.12
    more in a stress the margin asks 0.5 * (0.12 + 0.0001) less of each quote of value.
    So 1000 / 10 / 0.93995 away; but where it stands at the floor, 0.5 * 0.0301 less,
    there are 1726.024 - 5 - 0.5 * (960 + 2.048) = 1240 left, which are farther away.
    """
    held = together("10", "-0.4")
    whole = statement.Totals(
        equity=wad("1726.024"),
        collateral=0,
        strict_equity=0,
        initial=wad("1442.048"),
        maintenance=wad("721.024"),
        reserve=wad("5"),
        required=0,
        is_grace_over=True,
    )
    found = both(
        statement,
        "portfolio_price",
        wad("10"),
        wad("2000"),
        SCALE,
        DEEP.margin,
        held.sums,
        list(held.legs),
        FLOOR,
        whole,
    )
    assert found == wad("2000") - wad("1000") * WAD // wad("0.93995") // 10


def test_a_portfolio_is_margined_together_and_a_cross_account_is_not() -> None:
    """
    0.1091 of 20000 is 2182, and 0.109004 of 12000 is 1308.048; as a portfolio 1442.048.
    """
    for mode, initial in ((CROSS, "3490.048"), (PORTFOLIO, "1442.048")):
        desk = hedged(mode)
        desk.trade("ann", "10", ETH)
        desk.trade("ann", "-0.4", BTC)
        assert asked(desk) == (wad(initial), wad(initial) // 2)


def test_a_market_without_shocks_is_closed_to_portfolios() -> None:
    for mode, error in ((CROSS, None), (PORTFOLIO, errors.NO_SHOCKS)):
        desk = hedged(mode)
        outcome = desk.call(
            "ann",
            "Exchange",
            "trade",
            desk.holder("ann"),
            BARE,
            wad("1"),
            2**128,
        )
        assert outcome.error == error


def test_shocks_are_changed_but_not_taken_away() -> None:
    desk = hedged(PORTFOLIO)
    for shocks, error in (
        (0, errors.NO_SHOCKS),
        (packed_shocks([-1_300, 1_300]), None),
    ):
        params = replace(DEEP, margin=replace(DEEP.margin, shocks=shocks))
        words = words_of(params)
        outcome = desk.call("owner", "Governor", "set_market", ETH, *words)
        assert outcome.error == error


def test_a_settled_leg_hedges_nothing() -> None:
    """Ten fall by 0.12 and the short gains nothing: 2400, and for their sizes 2.048."""
    desk = hedged(PORTFOLIO)
    desk.trade("ann", "10", ETH)
    desk.trade("ann", "-0.4", BTC)
    assert asked(desk) == (wad("1442.048"), wad("721.024"))
    desk.make("owner", "Governor", "settle_market", BTC)
    assert asked(desk) == (wad("2402.048"), wad("1201.024"))
    told = desk.view("Lens", "statement_of", desk.holder("ann"))
    assert told.initial == wad("2402.048")


def test_one_leg_of_a_hedge_is_not_closed_for_less_margin() -> None:
    """
    With 1600 of cash, less what opening cost, nobody closes the short: the long alone
    asks 2402. One of ten may go: 0.12 of 18000 less 960 is 1200.
    """
    desk = hedged(PORTFOLIO, "1600")
    desk.trade("ann", "-0.4", BTC)
    desk.trade("ann", "10", ETH)
    holder = desk.holder("ann")
    outcome = desk.call("ann", "Exchange", "trade", holder, BTC, wad("0.4"), 2**128)
    assert outcome.error == errors.RISK_NOT_REDUCED
    desk.trade("ann", "-1", ETH)
    assert asked(desk)[0] == wad("1201.668")


# What closing ten at 2000 and -0.4 at 30000 costs: 0.005 of 32000, since both shrink a
# skew that is theirs.
HEDGE = Whole(
    notional=wad("32000"),
    cost=wad("160"),
    rounding=0,
    held_back=0,
    least_value=wad("100"),
    target_ratio=wad("1.2"),
    critical_fraction=wad("0.6"),
)
MUST_HOLD = wad("721.024")


def needed(equity: str, **changes: int) -> int:
    whole = replace(HEDGE, **changes)
    args = (whole, wad(equity), MUST_HOLD, RISK.reserve)
    return both(liquidation, "needed_part", *args)


def closed(equity: str, **changes: int) -> int | str:
    whole = replace(HEDGE, **changes)
    args = (whole, wad(equity), MUST_HOLD, RISK.reserve)
    return both(liquidation, "closed_part", *args)


def test_the_part_that_is_closed_restores_the_target() -> None:
    """
    Closing all would free 1.2 * 721.024 - 160 = 705.2288. With 698.9216 there are
    865.2288 + 10 - 698.9216 = 176.3072 missing, a quarter of it.
    """
    assert needed("698.9216") == wad("0.25")
    assert needed("698.9216", cost=wad("900")) == WAD
    # Half of 721.024.
    assert needed("360.512") < WAD
    assert needed("360.511") == WAD


def test_a_rest_below_the_least_value_is_closed_too() -> None:
    """Three quarters of 32000 are left."""
    assert closed("698.9216", least_value=wad("24000")) == wad("0.25")
    assert closed("698.9216", least_value=wad("24000") + 1) == WAD


def test_the_emptiest_bucket_limits_every_position() -> None:
    """
    Not below 0.6 of what it must hold, 432.6144. A part that is worth less than the
    least position is refused: 0.003 of 32000 are 96.
    """
    assert closed("698.9216", held_back=wad("0.75")) == wad("0.25")
    assert closed("698.9216", held_back=wad("0.9")) == wad("0.1")
    assert closed("698.9216", held_back=wad("0.997")) == errors.BUCKET_EMPTY
    assert closed("360", held_back=wad("1")) == WAD


def test_a_position_adds_its_cost_and_what_its_bucket_holds_back() -> None:
    """
    Ten at 2000 where nobody else is: 0.005 of 20000. A bucket of 5000 allows a quarter,
    but for what roundings come to.
    """
    case = replace(CASE, value=wad("20000"), mark=wad("2000"), bucket=wad("5000"))
    none = replace(HEDGE, notional=0, cost=0, least_value=0)
    args = (none, case, SCALE, wad("100"), DEEP.liquidation)
    found = both(liquidation, "gathered", *args)
    assert (found.notional, found.cost) == (wad("20000"), wad("100"))
    assert 0 < found.held_back - wad("0.75") < 10


def test_a_liquidation_leaves_the_hedge_that_it_was() -> None:
    """At 1910 the long has lost 900 of what 1600 and the fees had left."""
    desk = hedged(PORTFOLIO, "1600", vault="100000")
    holder = desk.holder("ann")
    desk.trade("ann", "-0.4", BTC)
    desk.trade("ann", "10", ETH)
    desk.quote("1910", ETH)
    before = desk.view("Exchange", "standing_of", holder)
    assert before.maintenance // 2 < before.equity < before.maintenance + wad("5")
    desk.liquidate("ann", BTC)
    long, short = (
        desk.view("Exchange", "position_of", holder, each).size for each in (ETH, BTC)
    )
    assert wad("5") < long < wad("10")
    assert abs(long * wad("0.4") + short * wad("10")) <= wad("10")
    after = desk.view("Exchange", "standing_of", holder)
    assert after.equity >= after.maintenance * 12 // 10 + RISK.reserve
    refused = desk.call("keeper", "Exchange", "liquidate", holder, BTC)
    assert refused.error == errors.HEALTHY


def test_a_portfolio_waits_for_the_prices_of_all_its_markets() -> None:
    desk = hedged(PORTFOLIO, "1600", vault="100000")
    holder = desk.holder("ann")
    desk.trade("ann", "-0.4", BTC)
    desk.trade("ann", "10", ETH)
    desk.now += DEEP.limits.risk_age + 1
    desk.published_at = desk.now - 3
    desk.quote("1910", ETH)
    refused = desk.call("keeper", "Exchange", "liquidate", holder, ETH)
    assert refused.error == errors.PRICE_STALE
    desk.quote("30000", BTC)
    desk.liquidate("ann", ETH)


@given(
    st.lists(st.tuples(SIZES, FEED_PRICES), min_size=1, max_size=4),
    MARGINS,
    SCALES,
    PARTS,
)
def test_every_portfolio_keeps_the_laws_of_its_formula(
    held: list[tuple[int, FeedPrice]],
    params: MarginParams,
    scale: int,
    floor: int,
) -> None:
    """
    It must hold the floor of what it is worth. Half of every position asks for no more
    than half, and what a position more asks for is no more than what it asks for alone.
    """

    def asked(positions: list[tuple[int, FeedPrice]]) -> Requirement:
        sums, legs = NO_SUMS, []
        for size, price in positions:
            leg = portfolio.leg(size, price, params.shocks)
            legs.append(leg)
            sums = portfolio.joined(sums, leg, size, price, 0, scale, params)
        return portfolio.requirement(sums, portfolio.worst(legs), floor)

    whole = asked(held)
    values = [margin.notional(size, price.mark) for size, price in held]
    least = mul_wad_down(mul_wad_down(sum(values), floor), params.maintenance_fraction)
    assert least <= whole.maintenance <= whole.initial
    halves = [(size // 2 if size > 0 else -(-size // 2), price) for size, price in held]
    # A wei of base is worth as much as its price, and its shock is up to 3.3.
    wei = sum(16 * (price.mark // WAD + 2) for _, price in held)
    assert 2 * asked(halves).maintenance <= whole.maintenance + wei
    alone = sum(int(asked([each]).maintenance) for each in held)
    grown = {price.maintenance_multiplier for _, price in held}
    assert len(grown) > 1 or whole.maintenance <= alone + len(held)


@given(SIZES, FEED_PRICES, MARGINS, OPEN, SCALES, PARTS)
def test_a_position_alone_is_margined_as_strictly_as_in_a_cross_account(
    size: int,
    price: FeedPrice,
    params: MarginParams,
    open_interest: int,
    scale: int,
    floor: int,
) -> None:
    """Where its shocks are lawful and its margins do not grow."""
    try:
        governance.require_lawful_shocks(params)
    except Revert:
        return
    calm = replace(price, initial_multiplier=WAD, maintenance_multiplier=WAD)
    if params.shocks == 0:
        return
    leg = portfolio.leg(size, calm, params.shocks)
    sums = portfolio.joined(NO_SUMS, leg, size, calm, open_interest, scale, params)
    found = portfolio.requirement(sums, portfolio.worst([leg]), floor)
    ratio = margin.size_ratio(size, scale, params)
    highest = max(calm.index, calm.average)
    opened = margin.initial_margin(size, highest, ratio, open_interest, WAD, params)
    left = margin.maintenance_margin(size, calm.mark, ratio, params)
    assert found.initial + 2 >= opened
    assert found.maintenance + 2 >= left
