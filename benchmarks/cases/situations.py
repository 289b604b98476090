"""
Situations that cases of several nouns are in.
"""

from __future__ import annotations

from benchmarks.cases.listing import TRADER
from benchmarks.genesis import MARKET, PRICE, REPORTERS, feed_params
from benchmarks.stage import MARKETS, Stage
from evm.actors import actor_address
from protocol.account import MAX_MARKETS, PORTFOLIO
from protocol.quorum import MAX_REPORTERS


def reporters() -> tuple[int, ...]:
    """Three reporters, and vacant places."""
    voices = tuple(actor_address(name) for name in REPORTERS)
    return voices + (0,) * (MAX_REPORTERS - len(voices))


def alone() -> tuple[int, ...]:
    """The first of them, and more vacant places."""
    return reporters()[:1] + (0,) * (MAX_REPORTERS - 1)


def hedged(stage: Stage) -> None:
    """A portfolio of four markets: long in the first, short in the others."""
    stage.call("trader", "Exchange", "set_margin_mode", TRADER, PORTFOLIO)
    stage.trader(70)
    for market_id in range(1, 4):
        stage.trade("trader", market_id, -20)


def every_market(stage: Stage) -> None:
    """As many markets as there may be, a trader in each, most of all in the first."""
    for market_id in range(len(MARKETS), MAX_MARKETS):
        feed = feed_params(1), alone()
        stage.call("owner", "Governor", "set_feed", market_id, *feed)
        stage.call("owner", "Governor", "set_market", market_id, MARKET)
    # So many calls take so long that every price is needed anew.
    for market_id in range(len(MARKETS)):
        stage.round(market_id)
    for market_id in range(len(MARKETS), MAX_MARKETS):
        stage.report(market_id, 0, PRICE)
    stage.trader(100)
    for market_id in range(1, MAX_MARKETS):
        stage.trade("trader", market_id, 1)
