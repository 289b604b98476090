"""
The relayer: what an aggregator has answered is brought once, as long as it counts.
"""

from __future__ import annotations

from msgspec.structs import replace

from keepers.relayer import relays
from keepers.watch import Watch
from protocol.quorum import MAX_REPORTERS
from protocol.trace import Action, words_of
from tests.unit.desk import ACTORS, Desk
from tests.unit.worked import FEED, START, wad

KEEPER = ACTORS["keeper"]
# A feed without a market, with nobody but an aggregator to listen to.
WRAPPED = 1
ALONE = replace(FEED, reporters=1, quorum=1)
ANSWER = 200_012_345_678


def listening() -> Desk:
    """A feed that listens to the aggregator, beside one with five people."""
    desk = Desk()
    voices = (desk.model.state.addresses.aggregator, *[0] * (MAX_REPORTERS - 1))
    words = (WRAPPED, *words_of(ALONE), *voices)
    desk.make("owner", "Governor", "set_feed", *words)
    return desk


def say(desk: Desk, answer: int, decimals: int, updated_at: int) -> None:
    """The aggregator answers."""
    desk.make("bob", "Aggregator", "say", answer, decimals, updated_at)


def wanted(desk: Desk) -> list[Action]:
    """What the relayer would call now."""
    watch = Watch(desk.model.state)
    watch.look(desk.now)
    return list(relays(watch, KEEPER))


def test_an_answer_is_brought_once() -> None:
    desk = listening()
    assert wanted(desk) == []
    say(desk, ANSWER, 8, START - 5)
    (relay,) = wanted(desk)
    assert relay == Action("Oracle", "relay", KEEPER, START, (WRAPPED, 0))
    assert desk.pair.step(relay).outcome.error is None
    found = desk.view("Oracle", "price", WRAPPED)
    assert (found.index, found.published_at) == (wad("2000.12345678"), START - 5)
    assert wanted(desk) == []
    say(desk, ANSWER + 1, 8, START - 4)
    assert len(wanted(desk)) == 1


def test_what_would_not_be_heard_is_left_alone() -> None:
    """Or not counted, as what is too old."""
    desk = listening()
    for answer, decimals, updated_at in (
        (ANSWER, 19, START),
        (0, 8, START),
        (-ANSWER, 8, START),
        (ANSWER, 8, START + 1),
        (ANSWER, 8, START - ALONE.max_age - 1),
    ):
        say(desk, answer, decimals, updated_at)
        assert wanted(desk) == []
    say(desk, ANSWER, 8, START - ALONE.max_age)
    assert len(wanted(desk)) == 1
