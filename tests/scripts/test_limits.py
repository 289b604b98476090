"""
The numbers on the page of limits are what the model and the scenarios give.
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from protocol import market
from protocol.account import PORTFOLIO
from protocol.collateral import FIRST_FEED
from protocol.fixed_point import WAD
from protocol.lens import statement_of
from protocol.parameters import MarketParams
from protocol.statement import CALLED, HEALTHY, LIQUIDATABLE, Statement
from protocol.trace import words_of
from protocol.units import Call, Quote, Ratio
from protocol.volatility import VolatilityParams
from simulation.desk import Desk
from simulation.scenario import load_scenario
from tests.evm.refusals.scene import (
    BTC,
    ETH,
    FIRST,
    LOW,
    SOME,
    Scene,
    opened,
    ready,
)
from tests.evm.refusals.top_ups import ORDER, SAVINGS
from tests.evm.story import ATOMS
from tests.genesis import ACTORS, FEED, REPORTERS, RISK

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
PAGE = (ROOT / "docs" / "limits.md").read_text()
# What somebody has in one market while an order waits in another.
HELD = WAD // 10


def forbids_sandwiches(params: MarketParams) -> bool:
    """Whether two fees are worth more than the premium of the largest position."""
    fee = min(params.fee.taker, params.fee.maker)
    return 2 * fee * params.pricing.skew_scale >= params.limits.max_size * WAD


def test_the_page_counts_the_markets_in_which_a_sandwich_pays() -> None:
    markets = {
        (path.stem, market.name): forbids_sandwiches(market.params)
        for path in SCENARIOS.glob("*.toml")
        for market in load_scenario(path).markets
    }
    kept = {name for name, forbids in markets.items() if forbids}
    assert {scenario for scenario, _ in kept} == {"portfolio-hedge"}
    said = f"in {len(markets) - len(kept)} of the {len(markets)} markets"
    assert said in PAGE.replace("\n", " ")


def sum_of(amount: int) -> str:
    """An amount of quote as the page has it."""
    return f"{amount / WAD:,.0f}"


def test_a_floor_of_portfolios_asks_at_once() -> None:
    desk = Desk(scenario=SCENARIOS / "portfolio-hedge.toml", people=("hedger",))
    hedger = desk.holder("hedger")
    desk.make("hedger", "Exchange", "set_margin_mode", hedger, PORTFOLIO)
    desk.deposit("hedger", "60_000 USDC")
    desk.trade("hedger", "ETH", "150 ETH")
    desk.trade("hedger", "BTC", "-7 BTC")
    before = desk.statement("hedger")
    risk = desk.scenario.risk
    risk = replace(risk, portfolio=replace(risk.portfolio, floor=Ratio(WAD)))
    desk.make("owner", "Governor", "set_risk", *words_of((risk,)))
    after = desk.statement("hedger")
    assert (before.status, after.status) == (HEALTHY, LIQUIDATABLE)
    assert after.equity == before.equity
    for amount in (before.equity, before.maintenance, after.maintenance):
        assert sum_of(amount) in PAGE
    assert desk.liquidate("hedger", "ETH") == 150 * WAD


def test_what_a_market_does_not_pay_backs_a_bet_in_another() -> None:
    desk = Desk(people=("first", "second"), overrides=["market.BTC.payout.factor=0.01"])
    funds = desk.state.funds

    def cash(who: str) -> Quote:
        return desk.state.accounts[desk.holder(who)].cash

    desk.deposit("first", "40_000 USDC")
    desk.trade("first", "BTC", "4 BTC")
    desk.move("BTC", "0.50")
    desk.wait("10m")
    desk.trade("first", "BTC", "-4 BTC")
    found = [cash("first"), desk.state.claims[desk.holder("first"), 1]]
    found += [funds[()].vault, funds[()].insurance]
    atoms = cash("first") // 10**12
    desk.make(
        "first",
        "Exchange",
        "withdraw",
        desk.holder("first"),
        atoms,
        desk.address("first"),
    )
    desk.trade("first", "ETH", "100 ETH")
    desk.deposit("second", "40_000 USDC")
    desk.trade("second", "ETH", "-100 ETH")
    desk.move("ETH", "-0.25")
    desk.wait("10m")
    desk.trade("first", "ETH", "-100 ETH")
    desk.trade("second", "ETH", "100 ETH")
    desk.make("second", "Exchange", "settle", desk.holder("second"), 0)
    assert cash("first") == 0
    found += [cash("second"), cash("second") + atoms * 10**12]
    found += [funds[()].vault, funds[()].insurance]
    for amount in found:
        assert sum_of(amount) in PAGE


def test_a_healthy_account_is_sold_a_token_for_its_losing_leg() -> None:
    scene = ready()
    state = scene.pair.model.state

    def stands() -> Statement:
        return statement_of(state, Call(0, scene.now), FIRST)

    def prices(eth: int, btc: int) -> None:
        scene.price(FIRST_FEED, 2_000 * WAD)
        scene.price(ETH, eth * WAD)
        scene.price(BTC, btc * WAD)

    prices(2_000, 30_000)
    scene.must("trader_1", "Exchange", "deposit_collateral", FIRST, 0, 30 * 10**8)
    scene.traded(FIRST, ETH, 30 * WAD)
    scene.traded(FIRST, BTC, -2 * WAD)
    scene.must("trader_1", "Exchange", "withdraw", FIRST, 9_000 * ATOMS, SOME)
    for step in (1, 2, 3):
        prices(2_000 - 100 * step, 30_000 - 1_500 * step)
    found = [stands().cash, stands().equity, stands().required]
    found += [abs(line.profit) for line in stands().lines[:2]]
    scene.must("stranger", "Exchange", "settle", FIRST, ETH)
    assert stands().status == HEALTHY
    debt = -stands().cash
    mark = market.price_of(state, FIRST_FEED).mark
    atoms = debt * 10**8 // (mark * 95 // 100)
    scene.must("stranger", "Exchange", "buy_collateral", FIRST, 0, atoms)
    paid, worth = debt + stands().cash, atoms * mark // 10**8
    for amount in (*found, debt, paid, worth, worth - paid):
        assert sum_of(amount) in PAGE, sum_of(amount)


def test_late_rounds_run_a_ramp_at_once() -> None:
    scene = ready()
    steep = VolatilityParams(WAD // 20, 3 * WAD, WAD // 10_000)
    speakers = [ACTORS[each] for each in REPORTERS] + 4 * [0]
    words = words_of(replace(FEED, volatility=steep))
    scene.must("owner", "Governor", "set_feed", ETH, *words, *speakers)

    def heard(published_at: int, price: int) -> Statement:
        for place, name in enumerate(REPORTERS):
            said = (ETH, place, price * WAD, 0, published_at)
            scene.must(name, "Oracle", "report", *said)
        return statement_of(scene.pair.model.state, Call(0, scene.now), FIRST)

    scene.now += 1
    begun = scene.now
    heard(begun, 2_000)
    scene.traded(FIRST, ETH, 30 * WAD)
    scene.must("trader_1", "Exchange", "withdraw", FIRST, 3_400 * ATOMS, SOME)
    scene.now += 600
    first = heard(begun + 1, 1_900)
    second = heard(begun + 600, 1_900)
    assert (first.status, second.status) == (CALLED, LIQUIDATABLE)
    price = market.price_of(scene.pair.model.state, ETH)
    assert f"{price.maintenance_multiplier / WAD:.4f}" in PAGE
    for each in (first, second):
        assert sum_of(each.equity) in PAGE
        assert sum_of(each.maintenance + each.reserve) in PAGE
    scene.must("keeper", "Exchange", "liquidate", FIRST, ETH)


def waiting() -> Scene:
    """An order waits for ten seconds, and its market has ended after five."""
    scene = ready()
    scene.traded(FIRST, BTC, HELD)
    waits = replace(RISK, order=replace(RISK.order, delay=10, window=600))
    scene.must("owner", "Governor", "set_risk", *words_of(waits))
    bought = (FIRST, 0, ETH, WAD, 3_000 * WAD, 0, WAD)
    scene.must("trader_1", "Orders", "commit", *bought)
    scene.now += 5
    scene.must("owner", "Governor", "settle_market", ETH)
    return scene


def test_an_order_without_a_round_locks_its_account() -> None:
    scene = waiting()
    rounds = scene.pair.model.state.heads[ETH].rounds
    closing = (FIRST, 1, BTC, -HELD, LOW, 1, WAD)
    calls = (
        ("RoundTooEarly", "keeper", "Orders", "settle", FIRST, 0, rounds - 1),
        ("OrderDue", "trader_1", "Orders", "cancel", FIRST, 0),
        ("OrderPending", "trader_1", "Orders", "commit", *closing),
        ("OrderPending", "trader_1", "Exchange", "withdraw", FIRST, ATOMS, SOME),
        ("OnlyByOrder", "trader_1", "Exchange", "trade", FIRST, BTC, -HELD, LOW),
        ("OrderStillOpen", "keeper", "Orders", "expire", FIRST, 0),
    )
    # When it is due, and at the last second of its window.
    for waited in (5, 600):
        scene.now += waited
        for error, *call in calls:
            scene.call(*call)
            assert scene.error == error
            assert error in PAGE
    scene.now += 1
    scene.must("keeper", "Orders", "expire", FIRST, 0)
    scene.price(BTC, 30_000 * WAD)
    scene.must("trader_1", "Exchange", "withdraw", FIRST, ATOMS, SOME)


def test_an_order_is_its_owners_until_it_is_due() -> None:
    waiting().must("trader_1", "Orders", "cancel", FIRST, 0)


def test_a_top_up_brings_no_token() -> None:
    scene = opened()
    top_ups = scene.pair.chain.addresses["TopUps"]
    scene.must("trader_1", "Exchange", "set_operator", top_ups, 1)
    scene.price(FIRST_FEED, 2_000 * WAD)
    scene.must("trader_1", "Exchange", "deposit_collateral", SAVINGS, 0, 30 * 10**8)
    scene.must("trader_1", "TopUps", "set_order", FIRST, SAVINGS, *ORDER)
    scene.price(ETH, 1_800 * WAD)
    found = statement_of(scene.pair.model.state, Call(0, scene.now), FIRST)
    assert found.status == CALLED
    scene.call("keeper", "TopUps", "execute", FIRST)
    assert scene.error == "TooLittleCash"
    assert scene.error in PAGE
