"""
Feeds of others, as they should be and otherwise: what they say is a report, or they are
refused by name; whatever they do, nobody else's reason comes out.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from evm.chain import DEPLOY_ORDER
from evm.compile import compile_contracts
from evm.encoding import ERRORS
from evm.lockstep import LAYERS, Lockstep
from evm.replay import model_at
from evm.revm import RevmChain
from evm.words import unpacked
from protocol import errors
from protocol.errors import Revert
from protocol.feed import FeedPrice
from protocol.fixed_point import WAD
from protocol.quorum import MAX_REPORTERS
from protocol.trace import genesis_actions, words_of
from simulation.desk import Desk
from tests.evm.story import by
from tests.genesis import ACTORS, FEED, GENESIS, REPORTERS, START

# A feed that has no market, and nobody else to listen to.
WRAPPED = 2
ALONE = replace(FEED, reporters=1, quorum=1)
IMPOSTOR = "Impostor"
# Two thousand and some, as the feeds of dollars have it.
ANSWER, DECIMALS = 200_012_345_678, 8
PRICE = 2_000_12345678 * 10**10
# The first market of the crash.
ETH = 0
MOST_INT, LEAST_INT, MOST_UINT = 2**255 - 1, -(2**255), 2**256 - 1


class Scene:
    """Both worlds, with a feed whose only reporter is at an address."""

    def __init__(self, reporter: str | int = "Aggregator") -> None:
        own = Path(__file__).with_name("contracts")
        compiled = compile_contracts() | compile_contracts(own, names=[IMPOSTOR])
        self.chain = RevmChain(compiled)
        addresses = self.chain.deploy(GENESIS)
        known = {name: addresses[name] for name in DEPLOY_ORDER}
        self.model = model_at(GENESIS, known)
        self.pair = Lockstep(self.model, self.chain, layers=LAYERS - {"roots"})
        self.now = START
        for action in genesis_actions(GENESIS, addresses):
            assert self.pair.step(action).outcome.error is None
        place = addresses[reporter] if isinstance(reporter, str) else reporter
        self.listen(ALONE, place)

    def listen(self, params, *reporters: int) -> None:
        """The owner names whom the feed listens to."""
        vacant = (0,) * (MAX_REPORTERS - len(reporters))
        words = (WRAPPED, *words_of(params), *reporters, *vacant)
        assert self.call("owner", "Governor", "set_feed", *words) is None

    def call(self, name: str, to: str, function: str, *arguments: int) -> str | None:
        """Make a call on both sides; how it was refused, if it was."""
        action = by(name, to, function, self.now, *arguments)
        return self.pair.step(action).outcome.error

    def say(self, answer: int, decimals: int, updated_at: int) -> None:
        """The aggregator answers."""
        words = (answer, decimals, updated_at)
        assert self.call("stranger", "Aggregator", "say", *words) is None

    def relay(self, number: int = 0) -> str | None:
        """Anybody relays; how that was refused, if it was."""
        return self.call("stranger", "Oracle", "relay", WRAPPED, number)

    def price(self) -> FeedPrice:
        """The price of the feed."""
        found = self.model.view("Oracle", "price", self.now, WRAPPED)
        assert isinstance(found, FeedPrice)
        return found


def test_what_an_aggregator_answers_is_reported_by_anyone() -> None:
    """As of when it was answered, and as what is sure."""
    scene = Scene()
    scene.say(ANSWER, DECIMALS, START - 5)
    assert scene.relay() is None
    found = scene.price()
    assert (found.index, found.mark, found.confidence) == (PRICE, PRICE, 0)
    assert found.published_at == START - 5
    assert found.valid_until == START - 5 + ALONE.max_age
    # Once is enough.
    assert scene.relay() == errors.REPORT_NOT_NEWER


def test_an_answer_of_other_decimals_is_the_price_that_it_was() -> None:
    scene = Scene()
    for number, decimals in enumerate(range(8, 19)):
        answer = ANSWER * 10 ** (decimals - DECIMALS)
        scene.say(answer, decimals, START - 50 + number)
        assert scene.relay() is None
        assert scene.price().index == PRICE


def test_an_old_answer_is_heard_and_does_not_count() -> None:
    """As every report that is old."""
    scene = Scene()
    scene.say(ANSWER, DECIMALS, START - ALONE.max_age - 1)
    assert scene.relay() is None
    assert (scene.price().index, scene.price().valid_until) == (0, 0)
    scene.say(ANSWER, DECIMALS, START - ALONE.max_age)
    assert scene.relay() is None
    assert scene.price().valid_until == START


def test_an_answer_at_a_bound_of_the_feed_is_no_price() -> None:
    scene = Scene()
    scene.say(ALONE.floor_price, 18, START)
    assert scene.relay() is None
    assert (scene.price().index, scene.price().valid_until) == (0, 0)


def test_an_aggregator_may_be_one_voice_of_three() -> None:
    scene = Scene()
    people = [ACTORS[name] for name in REPORTERS[:2]]
    scene.listen(FEED, *people, scene.chain.addresses["Aggregator"])
    for number, name in enumerate(REPORTERS[:2]):
        words = (WRAPPED, number, PRICE + (1 + number) * WAD, 0, START)
        assert scene.call(name, "Oracle", "report", *words) is None
    scene.say(ANSWER, DECIMALS, START)
    assert scene.price().index == 0
    assert scene.relay(2) is None
    assert scene.price().index == PRICE + WAD
    # Who is somebody speaks for himself.
    assert scene.relay(0) == errors.AGGREGATOR_SILENT


@pytest.mark.parametrize(
    ("answer", "decimals", "updated_at", "error"),
    [
        (ANSWER, 19, START, errors.TOO_MANY_DECIMALS),
        (ANSWER, 77, START, errors.TOO_MANY_DECIMALS),
        (ANSWER, MOST_UINT, START, errors.TOO_MANY_DECIMALS),
        (0, DECIMALS, START, errors.OUT_OF_BOUNDS),
        (-1, DECIMALS, START, errors.OUT_OF_BOUNDS),
        (LEAST_INT, 18, START, errors.OUT_OF_BOUNDS),
        (MOST_INT, 0, START, errors.OUT_OF_BOUNDS),
        (2**95, 18, START, errors.OUT_OF_BOUNDS),
        (2**95 - 1, 18, START, None),
        # A price, until it is scaled.
        (2**95 - 1, 17, START, errors.OUT_OF_BOUNDS),
        ((2**95 - 1) // 10**10, 8, START, None),
        ((2**95 - 1) // 10**10 + 1, 8, START, errors.OUT_OF_BOUNDS),
        (1, 18, START, None),
        (ANSWER, DECIMALS, START + 1, errors.REPORT_FROM_FUTURE),
        (ANSWER, DECIMALS, MOST_UINT, errors.REPORT_FROM_FUTURE),
        (ANSWER, DECIMALS, 0, errors.REPORT_NOT_NEWER),
        (ANSWER, DECIMALS, 1, None),
        # Where more is wrong than one thing, the first is named.
        (0, 19, START + 1, errors.TOO_MANY_DECIMALS),
        (0, 18, START + 1, errors.OUT_OF_BOUNDS),
    ],
)
def test_an_answer_that_cannot_be_is_refused(
    answer: int, decimals: int, updated_at: int, error: str | None
) -> None:
    scene = Scene()
    scene.say(answer, decimals, updated_at)
    assert scene.relay() == error


def test_who_never_answered_has_no_price() -> None:
    assert Scene().relay() == errors.OUT_OF_BOUNDS


@pytest.mark.parametrize("number", [1, MAX_REPORTERS - 1, MAX_REPORTERS, MOST_UINT])
def test_nobody_is_relayed_at_an_empty_place(number: int) -> None:
    scene = Scene()
    scene.say(ANSWER, DECIMALS, START)
    assert scene.relay(number) == errors.NOT_REPORTER


# Contracts of the protocol, precompiled ones, people, and nobody.
OTHERS = ("Token", "Oracle", "Exchange", "Vault", *range(1, 10), ACTORS["keeper"], 99)


@pytest.mark.parametrize("reporter", OTHERS)
def test_who_is_no_aggregator_is_silent(reporter: str | int) -> None:
    assert Scene(reporter).relay() == errors.AGGREGATOR_SILENT


class Lesson(NamedTuple):
    """What an impostor does when asked: as `Impostor.vy` numbers it."""

    manner: int
    size: int
    words: tuple[int, ...] = (0,) * 6


SAY, REFUSE, BURN, FLOOD, WRITE, ASK = range(6)
ROUND = Lesson(SAY, 160, (7, ANSWER, START, START, 7, 0))
SCALE = Lesson(SAY, 32, (DECIMALS, 0, 0, 0, 0, 0))
FOREIGN = next(data for data, name in ERRORS.items() if name == errors.HEALTHY)
REASON = (*unpacked(FOREIGN.ljust(32, b"\0")), 0, 0, 0, 0, 0)
IMPOSTORS = {
    "says nothing": (Lesson(SAY, 0), SCALE),
    "says four words": (ROUND._replace(size=128), SCALE),
    "says a byte too little": (ROUND._replace(size=159), SCALE),
    "says a byte too much": (ROUND._replace(size=161), SCALE),
    "says six words": (ROUND._replace(size=192), SCALE),
    "says a megabyte": (Lesson(FLOOD, 0), SCALE),
    "refuses": (Lesson(REFUSE, 0), SCALE),
    "refuses with an answer": (ROUND._replace(manner=REFUSE), SCALE),
    "refuses for a reason of the protocol": (Lesson(REFUSE, 4, REASON), SCALE),
    "burns all gas": (Lesson(BURN, 0), SCALE),
    "writes": (ROUND._replace(manner=WRITE), SCALE),
    "asks the oracle": (ROUND._replace(manner=ASK), SCALE),
    "has no decimals": (ROUND, Lesson(SAY, 0)),
    "has a byte of decimals": (ROUND, Lesson(SAY, 1, SCALE.words)),
    "has two words of decimals": (ROUND, Lesson(SAY, 64, SCALE.words)),
    "refuses to tell its decimals": (ROUND, Lesson(REFUSE, 32, SCALE.words)),
    "burns all gas for its decimals": (ROUND, Lesson(BURN, 0)),
    "writes its decimals": (ROUND, SCALE._replace(manner=WRITE)),
    "asks the oracle for its decimals": (ROUND, SCALE._replace(manner=ASK)),
}


def taught(latest: Lesson, scale: Lesson) -> Scene:
    """An impostor that is a reporter, and what it does."""
    scene = Scene(IMPOSTOR)
    for is_of_scale, lesson in enumerate((latest, scale)):
        words = (is_of_scale, lesson.manner, *lesson.words, lesson.size)
        teacher = ACTORS["stranger"]
        assert scene.chain.call(IMPOSTOR, "learn", teacher, START, words).succeeded
    return scene


@pytest.mark.parametrize("kind", IMPOSTORS)
def test_what_an_impostor_does_is_silence(kind: str) -> None:
    """No other reason comes out, and nothing is changed."""
    assert taught(*IMPOSTORS[kind]).relay() == errors.AGGREGATOR_SILENT


def test_an_impostor_that_answers_well_is_heard() -> None:
    """So each of those above was silent for what it did."""
    scene = taught(ROUND, SCALE)
    relayed = scene.chain.call(
        "Oracle", "relay", ACTORS["stranger"], START, (WRAPPED, 0)
    )
    assert relayed.succeeded
    seen = scene.chain.view("Oracle", "price", 0, START, (WRAPPED,))
    assert unpacked(seen.output)[0] == PRICE


def seen(*overrides: str) -> Desk:
    """
    An aggregator that has long answered 3,000 is heard alone, and answers 3,060 now,
    which nobody has relayed yet.
    """
    desk = Desk("revm", overrides=overrides)
    heard = replace(desk.genesis.markets[ETH].feed, reporters=1, quorum=1)
    aggregator = desk.stage.addresses["Aggregator"]
    vacant = (0,) * (MAX_REPORTERS - 1)
    words = (ETH, *words_of(heard), aggregator, *vacant)
    desk.make("owner", "Governor", "set_feed", *words)
    desk.deposit("trader", "10_000 USDC")
    for _ in range(60):
        desk.now += 10
        desk.make("rival", "Aggregator", "say", 3_000 * 10**8, 8, desk.now)
        desk.make("rival", "Oracle", "relay", ETH, 0)
    desk.now += 10
    desk.make("rival", "Aggregator", "say", 3_060 * 10**8, 8, desk.now)
    return desk


def test_a_fee_above_the_threshold_does_not_stop_who_sees_an_answer() -> None:
    """A step of four thresholds of half a percent, within a second."""
    desk = seen("market.ETH.fee.taker=0.006")
    desk.trade("trader", "ETH", "20 ETH")
    desk.make("trader", "Oracle", "relay", ETH, 0)
    desk.trade("trader", "ETH", "-20 ETH")
    desk.settle("trader", "ETH")
    won = desk.state.accounts[desk.holder("trader")].cash - 10_000 * WAD
    assert won * 100 // WAD == 82_784


def test_the_least_delay_keeps_an_answer_from_who_sees_it() -> None:
    desk = seen("market.ETH.fee.taker=0.006", "protocol.order.delay=1s")
    with pytest.raises(Revert, match=errors.ONLY_BY_ORDER):
        desk.trade("trader", "ETH", "20 ETH")
    holder = desk.holder("trader")
    words = (holder, 0, ETH, 20 * WAD, 6_000 * WAD, False, WAD)
    desk.make("trader", "Orders", "commit", *words)
    desk.make("trader", "Oracle", "relay", ETH, 0)
    number = desk.state.heads[ETH].rounds - 1
    desk.now += 1
    for shown in (number - 1, number):
        with pytest.raises(Revert, match=errors.ROUND_TOO_EARLY):
            desk.make("trader", "Orders", "settle", holder, 0, shown)
    desk.make("rival", "Aggregator", "say", 3_060 * 10**8, 8, desk.now)
    desk.make("rival", "Oracle", "relay", ETH, 0)
    assert desk.make("rival", "Orders", "settle", holder, 0, number + 1)
    assert desk.state.positions[holder, ETH].quote <= -20 * 3_060 * WAD
