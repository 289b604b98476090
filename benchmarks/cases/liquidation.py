"""
Margin calls, liquidations, and races for one that are lost.
"""

from __future__ import annotations

from msgspec.structs import replace

from benchmarks.cases.listing import TRADER, case
from benchmarks.cases.situations import every_market, hedged
from benchmarks.genesis import PRICE, RISK, TOKEN
from benchmarks.stage import Stage
from protocol.units import Seconds, Size

# Out of the trader's second account: as much as is missing, for a fee of one.
ORDER = (TRADER | 1, 10_000 * TOKEN, TOKEN, TOKEN, 0, 0)


def at_risk(stage: Stage, market_id: int, percent: int) -> None:
    """A trader with ten times his collateral, and a price at `percent` of his."""
    stage.trader(100, market_id)
    stage.round(market_id, PRICE * percent // 100)


def liquidate(stage: Stage, market_id: int, error: str | None = None) -> int:
    """The keeper tries to liquidate the trader."""
    call = ("keeper", "Exchange", "liquidate", TRADER, market_id)
    return stage.measure(*call, error=error)


@case("call margin", 80_000)
def call_margin(stage: Stage) -> int:
    warned = replace(RISK.margin_call, grace=Seconds(600))
    stage.call("owner", "Governor", "set_risk", replace(RISK, margin_call=warned))
    at_risk(stage, 0, 93)
    call = ("stranger", "Exchange", "call_margin", TRADER, 0)
    return stage.measure(*call)


@case("call margin: portfolio of 4 markets")
def call_portfolio(stage: Stage) -> int:
    warned = replace(RISK.margin_call, grace=Seconds(600))
    stage.call("owner", "Governor", "set_risk", replace(RISK, margin_call=warned))
    hedged(stage)
    stage.round(0, PRICE * 91 // 100)
    return stage.measure("stranger", "Exchange", "call_margin", TRADER, 0)


@case("standing: portfolio of 4 markets, without the transaction", 200_000)
def standing_of_portfolio(stage: Stage) -> int:
    hedged(stage)
    stage.round(0, PRICE * 91 // 100)
    return stage.look("Exchange", "standing_of", TRADER)


@case("top-up: order")
def order_top_up(stage: Stage) -> int:
    return stage.measure("trader", "TopUps", "set_order", TRADER, *ORDER)


@case("top-up: execute", 170_000)
def top_up(stage: Stage) -> int:
    """The second of an order, whose keeper has been paid before."""
    operator = stage.chain.addresses["TopUps"]
    stage.call("trader", "Exchange", "set_operator", operator, 1)
    stage.call("trader", "Exchange", "deposit", TRADER | 1, 10_000 * TOKEN)
    stage.call("trader", "TopUps", "set_order", TRADER, *ORDER)
    at_risk(stage, 0, 93)
    stage.call("keeper", "TopUps", "execute", TRADER)
    stage.round(0, PRICE * 92 // 100)
    return stage.measure("keeper", "TopUps", "execute", TRADER)


@case("liquidate: first of a keeper and in a market, part")
def liquidate_first(stage: Stage) -> int:
    at_risk(stage, 1, 92)
    call = ("stranger", "Exchange", "liquidate", TRADER, 1)
    return stage.measure(*call)


@case("liquidate: part", 235_000)
def liquidate_part(stage: Stage) -> int:
    at_risk(stage, 0, 92)
    gas = liquidate(stage, 0)
    assert stage.state.positions[TRADER, 0].size > 0
    return gas


@case("liquidate: whole", 235_000)
def liquidate_whole(stage: Stage) -> int:
    at_risk(stage, 0, 91)
    gas = liquidate(stage, 0)
    assert stage.state.positions[TRADER, 0].size == Size(0)
    return gas


@case("liquidate: whole, insurance and vault pay")
def liquidate_bankrupt(stage: Stage) -> int:
    at_risk(stage, 0, 80)
    vault = stage.state.funds[()].vault
    gas = liquidate(stage, 0)
    assert stage.state.positions[TRADER, 0].size == Size(0)
    assert stage.state.insurance_window[()].drawn == RISK.insurance.cap
    assert stage.state.funds[()].vault != vault
    return gas


@case("liquidate: part, with 4 open markets")
def liquidate_with_markets(stage: Stage) -> int:
    stage.trader(70, 0)
    for market_id in range(1, 4):
        stage.trade("trader", market_id, 10)
    stage.round(0, PRICE * 89 // 100)
    return liquidate(stage, 0)


@case("liquidate: part of a portfolio of 4 markets")
def liquidate_portfolio(stage: Stage) -> int:
    hedged(stage)
    stage.round(0, PRICE * 892 // 1_000)
    gas = liquidate(stage, 0)
    assert stage.state.positions[TRADER, 0].size > 0
    return gas


@case("liquidate: part, with all 16 markets open")
def liquidate_in_every_market(stage: Stage) -> int:
    every_market(stage)
    stage.round(0, PRICE * 92 // 100)
    return liquidate(stage, 0)


@case("liquidate: lost race, healthy again")
def liquidate_healthy(stage: Stage) -> int:
    at_risk(stage, 0, 92)
    stage.call("stranger", "Exchange", "liquidate", TRADER, 0)
    return liquidate(stage, 0, "Healthy")


@case("liquidate: lost race, nothing left")
def liquidate_nothing(stage: Stage) -> int:
    at_risk(stage, 0, 91)
    stage.call("stranger", "Exchange", "liquidate", TRADER, 0)
    return liquidate(stage, 0, "NoPosition")
