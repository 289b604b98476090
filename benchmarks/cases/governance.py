"""
The owner's hand.
"""

from __future__ import annotations

from benchmarks.cases.listing import case
from benchmarks.cases.situations import reporters
from benchmarks.genesis import MARKET, RISK, TOKEN, feed_params
from benchmarks.stage import MARKETS, Stage
from evm.actors import actor_address


@case("governor: start a market")
def start_market(stage: Stage) -> int:
    fresh = len(MARKETS)
    feed = (feed_params(3), reporters())
    stage.call("owner", "Governor", "set_feed", fresh, *feed)
    return stage.measure("owner", "Governor", "set_market", fresh, MARKET)


@case("governor: change a market")
def change_market(stage: Stage) -> int:
    return stage.measure("owner", "Governor", "set_market", 0, MARKET)


@case("governor: start a feed")
def start_feed(stage: Stage) -> int:
    feed = (feed_params(3), reporters())
    return stage.measure("owner", "Governor", "set_feed", len(MARKETS), *feed)


@case("governor: change a feed")
def change_feed(stage: Stage) -> int:
    feed = (feed_params(3), reporters())
    return stage.measure("owner", "Governor", "set_feed", 0, *feed)


@case("governor: change the risk parameters")
def change_risk(stage: Stage) -> int:
    return stage.measure("owner", "Governor", "set_risk", RISK)


@case("governor: collect treasury")
def collect_treasury(stage: Stage) -> int:
    receiver = actor_address("owner")
    return stage.measure("owner", "Governor", "collect_treasury", receiver, TOKEN)


@case("governor: offer ownership")
def offer_ownership(stage: Stage) -> int:
    pending = actor_address("stranger")
    return stage.measure("owner", "Governor", "offer_ownership", pending)


@case("governor: take ownership")
def take_ownership(stage: Stage) -> int:
    pending = actor_address("stranger")
    stage.call("owner", "Governor", "offer_ownership", pending)
    return stage.measure("stranger", "Governor", "take_ownership")
