"""
The owner's hand.
"""

from __future__ import annotations

from msgspec.structs import replace

from benchmarks.cases.listing import case
from benchmarks.cases.situations import reporters
from benchmarks.genesis import MARKET, RISK, TOKEN, feed_params
from benchmarks.stage import MARKETS, Stage, trade_of
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


@case("governor: tighten a market")
def tighten_market(stage: Stage) -> int:
    council = actor_address("stranger")
    stage.call("owner", "Governor", "appoint_council", council)
    margins = replace(MARKET.margin, im_base=2 * MARKET.margin.im_base)
    raised = replace(MARKET, margin=margins)
    return stage.measure("stranger", "Governor", "tighten_market", 0, raised)


@case("governor: pause a market")
def pause_market(stage: Stage) -> int:
    guardian = actor_address("stranger")
    stage.call("owner", "Governor", "appoint_guardian", guardian)
    return stage.measure("stranger", "Governor", "pause_market", 0)


@case("governor: settle a market")
def settle_market(stage: Stage) -> int:
    stage.trader()
    return stage.measure("owner", "Governor", "settle_market", 0)


@case("governor: appoint a council")
def appoint_council(stage: Stage) -> int:
    named = actor_address("stranger")
    return stage.measure("owner", "Governor", "appoint_council", named)


@case("governor: appoint a guardian")
def appoint_guardian(stage: Stage) -> int:
    named = actor_address("stranger")
    return stage.measure("owner", "Governor", "appoint_guardian", named)


@case("trade: reduce, while margins rise")
def reduce_ramped(stage: Stage) -> int:
    margins = replace(MARKET.margin, im_base=2 * MARKET.margin.im_base)
    raised = replace(MARKET, margin=margins)
    stage.trader()
    stage.call("owner", "Governor", "set_market", 0, raised)
    return stage.measure(*trade_of("trader", 0, -5))


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
