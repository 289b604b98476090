"""
The topper: it carries out the orders that are due; nothing is refused.
"""

from __future__ import annotations

from random import Random

import pytest

from keepers.topper import is_due, top_up_calls
from protocol import errors, top_up, top_ups
from protocol.fixed_point import WAD
from protocol.lens import statement_of
from protocol.top_up import ToppedUp
from protocol.trace import Action
from protocol.units import Call
from tests.keepers.test_keepers import (
    ATOMS,
    BEGUN,
    BOTH,
    KEEPER,
    LONG,
    Story,
    begun,
    story,
)

__all__ = ["story"]
SAVINGS, OTHER = LONG | 1, BOTH | 1
# 2,000 at most, at least 100, and 2 for the keeper; not twice in two minutes.
TERMS = (2_000 * ATOMS, 100 * ATOMS, 2 * ATOMS, 120, 0)
COOLDOWN = 120
MET = {
    None,
    errors.BELOW_INITIAL_MARGIN,
    errors.HEALTHY,
    errors.NOT_OPERATOR,
    errors.PRICE_INVALID,
    errors.TOO_LITTLE_CASH,
    errors.TOP_UP_TOO_EARLY,
    errors.TOP_UP_UNKNOWN,
}


def order(story: Story, name: str, target: int, source: int, *terms: int) -> None:
    """An owner leaves an order, and names who carries it out an operator."""
    story.by(name, "TopUps", "set_order", target, source, *terms)
    operator = story.model.state.addresses.top_ups
    story.by(name, "Exchange", "set_operator", operator, 1)


@pytest.fixture
def saved(story: Story) -> Story:
    """As the story; who is long has 3,000 more, and an order to top him up of it."""
    story.by("trader_1", "Exchange", "deposit", SAVINGS, 3_000 * ATOMS)
    order(story, "trader_1", LONG, SAVINGS, *TERMS)
    return story


def targets(story: Story) -> list[int]:
    """Whom the orders that are due now are for, each carried out."""
    found = []
    for action in top_up_calls(story.watch, KEEPER):
        story.make(action)
        found += action.arguments
    return found


def test_who_is_far_is_brought_nothing(saved) -> None:
    saved.prices(BEGUN + 30, 1_920, 30_000)
    assert targets(saved) == []


def test_who_is_near_is_brought_what_is_missing(saved) -> None:
    """At 1,880 some 339 of 2,839 are missing."""
    saved.prices(BEGUN + 30, 1_880, 30_000)
    (action,) = top_up_calls(saved.watch, KEEPER)
    (moved,) = [
        event for _, event in saved.make(action).logs if type(event) is ToppedUp
    ]
    assert 300 * ATOMS < moved.atoms < 400 * ATOMS
    assert abs(saved.watch.spare(LONG)) <= WAD // ATOMS
    assert targets(saved) == []


def test_an_order_is_not_used_before_its_time(saved) -> None:
    for elapsed, price, expected in (
        (30, 1_880, [LONG]),
        (30 + COOLDOWN - 1, 1_870, []),
        (30 + COOLDOWN, 1_870, [LONG]),
    ):
        saved.prices(BEGUN + elapsed, price, 30_000)
        assert targets(saved) == expected


def test_an_order_that_is_used_up_is_forgotten(saved) -> None:
    saved.prices(BEGUN + 30, 1_780, 30_000)
    assert targets(saved) == [LONG]
    assert saved.watch.orders == {}
    saved.prices(BEGUN + 60 + COOLDOWN, 1_770, 30_000)
    assert targets(saved) == []


def test_an_order_that_is_taken_back_is_forgotten(saved) -> None:
    saved.by("trader_1", "TopUps", "set_order", LONG, SAVINGS, 0, *TERMS[1:])
    saved.prices(BEGUN + 30, 1_880, 30_000)
    assert targets(saved) == []


def test_nothing_is_taken_by_who_is_no_operator(saved) -> None:
    operator = saved.model.state.addresses.top_ups
    saved.by("trader_1", "Exchange", "set_operator", operator, 0)
    saved.prices(BEGUN + 30, 1_880, 30_000)
    assert targets(saved) == []


def test_savings_that_are_spent_bring_nothing(saved) -> None:
    """Two of the owner's accounts lack 339 each, and there are 500."""
    owner = LONG >> 96
    saved.by("trader_1", "Exchange", "deposit", LONG | 2, 5_000 * ATOMS)
    saved.by("trader_1", "Exchange", "trade", LONG | 2, 0, 20 * WAD, 10**6 * WAD)
    order(saved, "trader_1", LONG | 2, SAVINGS, *TERMS)
    left = 2_500 * ATOMS
    saved.by("trader_1", "Exchange", "withdraw", SAVINGS, left, owner)
    saved.prices(BEGUN + 30, 1_880, 30_000)
    assert targets(saved) == [LONG]


def needed(story: Story) -> int:
    """The atoms that the order for the first long takes out of its source."""
    state = story.model.state
    missing = top_ups.missing(state, LONG, story.now)
    return top_up.moved(state.top_ups[LONG], missing, state.scale) + TERMS[2]


def test_savings_pay_the_fee_too(saved) -> None:
    saved.prices(BEGUN + 30, 1_880, 30_000)
    left = 3_000 * ATOMS - needed(saved) + 1
    saved.by("trader_1", "Exchange", "withdraw", SAVINGS, left, LONG >> 96)
    assert targets(saved) == []
    saved.by("trader_1", "Exchange", "deposit", SAVINGS, 1)
    assert targets(saved) == [LONG]


def test_savings_that_back_a_position_are_spared_to_the_atom(saved) -> None:
    saved.by("trader_1", "Exchange", "trade", SAVINGS, 0, 4 * WAD, 10**6 * WAD)
    saved.prices(BEGUN + 30, 1_880, 30_000)
    told = statement_of(saved.model.state, Call(0, saved.now), SAVINGS)
    free = int(told.free_collateral) // (WAD // ATOMS)
    left = free - needed(saved) + 1
    saved.by("trader_1", "Exchange", "withdraw", SAVINGS, left, LONG >> 96)
    assert targets(saved) == []
    saved.by("trader_1", "Exchange", "deposit", SAVINGS, 1)
    assert targets(saved) == [LONG]


def test_a_debt_without_a_position_is_topped_up_too(saved) -> None:
    saved.by("trader_1", "Exchange", "deposit_collateral", LONG | 3, 0, 10**8)
    saved.by("trader_1", "Exchange", "trade", LONG | 3, 0, 4 * WAD, 10**6 * WAD)
    saved.prices(BEGUN + 30, 1_650, 30_000)
    saved.by("trader_1", "Exchange", "trade", LONG | 3, 0, -4 * WAD, 1)
    assert saved.model.state.accounts[LONG | 3].cash < 0
    order(saved, "trader_1", LONG | 3, SAVINGS, *TERMS)
    saved.by("trader_1", "TopUps", "set_order", LONG, SAVINGS, 0, *TERMS[1:])
    assert targets(saved) == []
    saved.prices(BEGUN + 60, 1_650, 30_000, 1_505)
    assert targets(saved) == [LONG | 3]


def test_it_decides_as_the_protocol_does() -> None:
    """Each order is tried at each look of a random run, on both sides."""
    story, draw = begun("revm"), Random(1)
    story.by("trader_1", "Exchange", "deposit", SAVINGS, 2_000 * ATOMS)
    story.by("trader_3", "Exchange", "deposit", OTHER, 4_000 * ATOMS)
    story.by("trader_3", "Exchange", "trade", OTHER, 1, -WAD // 3, 1)
    pairs = (("trader_1", LONG, SAVINGS), ("trader_3", BOTH, OTHER))
    met = set()
    for _ in range(240):
        ether, bitcoin = draw.randint(1_600, 2_100), draw.randint(28_000, 39_000)
        story.prices(story.now + draw.choice((30, 30, 300)), ether, bitcoin)
        name, target, source = draw.choice(pairs)
        if draw.random() < 0.4:
            terms = (draw.choice((0, 300, 900)) * ATOMS, *TERMS[1:])
            order(story, name, target, source, *terms)
        if draw.random() < 0.1:
            operator = story.model.state.addresses.top_ups
            story.by(name, "Exchange", "set_operator", operator, 0)
        if draw.random() < 0.3:
            story.now += 86_400
            story.watch.look(story.now)
        for _, target, _ in pairs:
            expected = is_due(story.watch, target)
            call = Action("TopUps", "execute", KEEPER, story.now, (target,))
            error = story.attempt(call).error
            assert (error is None) is expected, error
            met.add(error)
    assert met >= MET
