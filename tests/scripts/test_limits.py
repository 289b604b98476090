"""
The numbers on the page of limits are what the model and the scenarios give.
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from protocol.account import PORTFOLIO
from protocol.fixed_point import WAD
from protocol.parameters import MarketParams
from protocol.statement import HEALTHY, LIQUIDATABLE
from protocol.trace import words_of
from protocol.units import Quote, Ratio
from simulation.desk import Desk
from simulation.scenario import load_scenario

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
PAGE = (ROOT / "docs" / "limits.md").read_text()


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
