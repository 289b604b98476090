"""
Reports, and the rounds that they make.
"""

from __future__ import annotations

from msgspec.structs import replace

from benchmarks.cases.listing import Measure, case
from benchmarks.cases.situations import reporters
from benchmarks.genesis import PRICE, feed_params
from benchmarks.stage import BLOCK_TIME, MARKETS, SOLO, Stage, report_of
from protocol.expiry import ExpiryParams
from protocol.feed import RING
from protocol.fixed_point import WAD
from protocol.quorum import MAX_REPORTERS
from protocol.units import Seconds


def report(stage: Stage, market_id: int, reporter: int, moment: int = 0) -> int:
    """A reporter speaks of a moment, else of now."""
    when = moment or stage.now + BLOCK_TIME
    return stage.measure(*report_of(market_id, reporter, PRICE + WAD, when))


def full_ring(stage: Stage, market_id: int) -> None:
    """Let every place in the ring of rounds be taken."""
    while stage.state.heads[market_id].rounds < RING:
        stage.round(market_id)


@case("report: only reporter, makes a round", 105_000)
def report_alone(stage: Stage) -> int:
    return report(stage, SOLO, 0)


@case("report: only reporter, makes a round in a full ring", 75_000)
def report_alone_in_full_ring(stage: Stage) -> int:
    full_ring(stage, SOLO)
    return report(stage, SOLO, 0)


def wrapped(stage: Stage) -> None:
    """Let the only reporter of a market be an aggregator, which has answered."""
    aggregator = stage.chain.addresses["Aggregator"]
    vacant = (0,) * (MAX_REPORTERS - 1)
    listened = feed_params(1), aggregator, *vacant
    stage.call("owner", "Governor", "set_feed", SOLO, *listened)
    answer(stage, PRICE)
    stage.call("stranger", "Oracle", "relay", SOLO, 0)
    answer(stage, PRICE + WAD)


def answer(stage: Stage, price: int) -> None:
    """The aggregator answers, of this moment."""
    moment = stage.now + BLOCK_TIME
    stage.call("stranger", "Aggregator", "say", price // 10**10, 8, moment)


@case("relay: only reporter, makes a round in a full ring")
def relay_in_full_ring(stage: Stage) -> int:
    full_ring(stage, SOLO)
    wrapped(stage)
    return stage.measure("stranger", "Oracle", "relay", SOLO, 0)


@case("relay: only reporter, makes a round")
def relay(stage: Stage) -> int:
    wrapped(stage)
    return stage.measure("stranger", "Oracle", "relay", SOLO, 0)


@case("aggregator: answer")
def say(stage: Stage) -> int:
    answer(stage, PRICE)
    words = PRICE // 10**10, 8, stage.now + BLOCK_TIME
    return stage.measure("stranger", "Aggregator", "say", *words)


def report_of_three(reporter: int) -> Measure:
    """The report that follows those of the reporters before, of the same moment."""

    def measure(stage: Stage) -> int:
        moment = stage.now + BLOCK_TIME
        for before in range(reporter):
            stage.call(*report_of(0, before, PRICE, moment))
        return report(stage, 0, reporter, moment)

    return measure


case("report: first of three")(report_of_three(0))


case("report: second of three")(report_of_three(1))


case("report: third of three, makes a round")(report_of_three(2))


@case("report: third of three, makes a round in a full ring")
def report_of_three_in_full_ring(stage: Stage) -> int:
    full_ring(stage, 0)
    return report_of_three(2)(stage)


@case("report: of three who speak in turn, each makes a round")
def report_in_turn(stage: Stage) -> int:
    for reporter in range(3):
        stage.report(0, reporter, PRICE)
    rounds = stage.state.heads[0].rounds
    gas = report(stage, 0, 0)
    assert stage.state.heads[0].rounds == rounds + 1
    return gas


@case("report: third of three, a sample of a dated future")
def report_of_sample(stage: Stage) -> int:
    ends_at = Seconds(stage.now + 3_600)
    expiry = ExpiryParams(expires_at=ends_at, samples=60, spacing=Seconds(60))
    dated, params = len(MARKETS), replace(feed_params(3), expiry=expiry)
    stage.call("owner", "Governor", "set_feed", dated, params, reporters())
    for _ in range(2):
        moment = stage.now + BLOCK_TIME
        for reporter in range(3):
            stage.call(*report_of(dated, reporter, PRICE, moment))
    moment = stage.now + BLOCK_TIME
    for reporter in range(2):
        stage.call(*report_of(dated, reporter, PRICE, moment))
    return report(stage, dated, 2, moment)
