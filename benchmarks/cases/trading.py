"""
Trades.
"""

from __future__ import annotations

from benchmarks.cases.listing import TRADER, Measure, case
from benchmarks.cases.situations import every_market, hedged
from benchmarks.genesis import PRICE
from benchmarks.stage import VIRGIN, Stage, trade_of
from protocol.account import ISOLATED
from protocol.fixed_point import WAD


@case("trade: first of a market ever")
def trade_in_virgin_market(stage: Stage) -> int:
    stage.deposit("trader")
    return stage.measure(*trade_of("trader", VIRGIN, 10))


@case("trade: first open", 240_000)
def trade_first_open(stage: Stage) -> int:
    stage.deposit("trader")
    return stage.measure(*trade_of("trader", 0, 10))


@case("trade: first open, isolated", 240_000)
def trade_first_open_isolated(stage: Stage) -> int:
    stage.call("trader", "Exchange", "set_margin_mode", TRADER, ISOLATED)
    return trade_first_open(stage)


@case("trade: increase", 175_000)
def trade_increase(stage: Stage) -> int:
    stage.trader()
    return stage.measure(*trade_of("trader", 0, 5))


@case("trade: reduce", 185_000)
def trade_reduce(stage: Stage) -> int:
    stage.trader()
    return stage.measure(*trade_of("trader", 0, -5))


@case("trade: close, gain becomes a claim")
def trade_close_with_gain(stage: Stage) -> int:
    stage.trader()
    stage.round(0, PRICE * 11 // 10)
    return stage.measure(*trade_of("trader", 0, -10))


@case("trade: close, loss is paid")
def trade_close_with_loss(stage: Stage) -> int:
    stage.trader()
    stage.round(0, PRICE * 9 // 10)
    return stage.measure(*trade_of("trader", 0, -10))


@case("trade: through zero")
def trade_through_zero(stage: Stage) -> int:
    stage.trader()
    return stage.measure(*trade_of("trader", 0, -20))


def increase_with(markets: int) -> Measure:
    """An increase in the first market by who has so many open."""

    def measure(stage: Stage) -> int:
        stage.trader()
        for market_id in range(1, markets):
            stage.trade("trader", market_id, 10)
        return stage.measure(*trade_of("trader", 0, 5))

    return measure


for markets in range(2, 5):
    case(f"trade: increase with {markets} open markets")(increase_with(markets))


@case("trade: increase in a portfolio of 4 markets")
def increase_portfolio(stage: Stage) -> int:
    hedged(stage)
    return stage.measure(*trade_of("trader", 0, 5))


@case("trade: increase with all 16 markets open")
def trade_in_every_market(stage: Stage) -> int:
    every_market(stage)
    return stage.measure(*trade_of("trader", 0, 5))


@case("trade: increase, backed by a token")
def increase_backed(stage: Stage) -> int:
    stage.bring("trader")
    stage.trade("trader", 0, 10)
    return stage.measure(*trade_of("trader", 0, 10))


@case("trade: refused, beyond its limit")
def trade_refused(stage: Stage) -> int:
    stage.deposit("trader")
    call = ("trader", "Exchange", "trade", TRADER, 0, 10 * WAD, WAD)
    return stage.measure(*call, error="LimitExceeded")
