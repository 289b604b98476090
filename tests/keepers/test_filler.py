"""
The filler: it arms, settles and ends orders as soon as it pays; nothing is refused.
"""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace

from keepers.filler import order_calls
from protocol.fixed_point import WAD
from protocol.order import OrderExpired, OrderFilled, OrderRefused
from protocol.trace import words_of
from tests.genesis import RISK
from tests.keepers.test_keepers import BEGUN, BOTH, KEEPER, LONG, Story, begun, story

__all__ = ["story"]
DELAY, WINDOW = 12, RISK.order.window
FEE = RISK.order.least_fee
SELL = (0, -5 * WAD, 0, 1, FEE)


def let_wait(story: Story) -> None:
    """The owner lets orders wait."""
    risk = replace(RISK, order=replace(RISK.order, delay=DELAY))
    story.by("owner", "Governor", "set_risk", *words_of(risk))


@pytest.fixture
def waiting(story: Story) -> Story:
    """As the story, where who is long sells a quarter after a delay."""
    let_wait(story)
    story.by("trader_1", "Orders", "commit", LONG, 0, *SELL)
    return story


def done(story: Story) -> list[tuple[str, type]]:
    """What the filler does now, and the last event of each."""
    found = []
    for action in order_calls(story.watch, KEEPER):
        logs = story.make(action).logs
        found.append((action.function, type(logs[-1][1])))
    return found


def test_an_order_is_settled_at_the_first_round_that_counts(waiting) -> None:
    waiting.prices(BEGUN + DELAY - 1, 1_990, 30_000)
    assert done(waiting) == []
    for second in range(4):
        waiting.prices(BEGUN + DELAY + second, 2_000 + second, 30_000)
    assert done(waiting) == [("settle", OrderFilled)]
    assert done(waiting) == []


def test_what_is_refused_pays_as_well(story) -> None:
    let_wait(story)
    words = (*SELL[:2], 2_000 * WAD, *SELL[3:])
    story.by("trader_1", "Orders", "commit", LONG, 0, *words)
    story.prices(BEGUN + DELAY, 1_990, 30_000)
    assert done(story) == [("settle", OrderRefused)]


def test_an_order_that_nobody_came_for_expires(waiting) -> None:
    waiting.now += DELAY + WINDOW + 1
    waiting.watch.look(waiting.now)
    assert done(waiting) == [("expire", OrderExpired)]
    assert waiting.watch.pending == {}


def test_a_round_that_nobody_can_tell_any_more_settles_nothing(waiting) -> None:
    for second in range(70):
        waiting.prices(BEGUN + DELAY + second, 2_000, 30_000)
    assert done(waiting) == []


def test_a_trigger_is_armed_once_it_is_crossed(story) -> None:
    let_wait(story)
    story.by("trader_1", "Orders", "place", LONG, 3, *SELL, 1_980 * WAD, 0)
    story.prices(BEGUN + 1, 1_981, 30_000)
    assert done(story) == []
    story.prices(BEGUN + 2, 1_980, 30_000)
    assert [function for function, _ in done(story)] == ["arm"]
    story.prices(BEGUN + 2 + DELAY, 1_970, 30_000)
    assert done(story) == [("settle", OrderFilled)]


def test_nothing_that_it_does_is_refused() -> None:
    """A random run on both sides."""
    story, random = begun("revm"), Random(5)
    let_wait(story)
    for _ in range(60):
        holder, name = random.choice(((LONG, "trader_1"), (BOTH, "trader_3")))
        free = [
            number
            for number in range(16)
            if story.model.state.orders[holder, number].size_delta == 0
        ]
        size = story.model.state.positions[holder, 0].size
        if size >= 5 * WAD and free:
            is_pending = story.model.state.accounts[holder].orders != 0
            kind = "place" if is_pending else random.choice(("commit", "place"))
            trigger = random.randint(1_960, 2_040) * WAD, 0
            words = (*SELL, *trigger) if kind == "place" else SELL
            story.by(name, "Orders", kind, holder, free[0], *words)
        step = random.choice((3, 7, 12, WINDOW))
        ether = random.randint(1_960, 2_040)
        story.prices(story.now + step, ether, 30_000)
        done(story)
    assert story.watch.pending.keys() == {
        key for key, each in story.model.state.orders.items() if each.size_delta != 0
    }
