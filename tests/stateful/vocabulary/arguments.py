"""
Who acts, on what, and with which numbers.
"""

from __future__ import annotations

from protocol.trace import Action
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.registry import Calls
from tests.stateful.world import World

MOST_UINT = 2**256 - 1
MOST_INT = 2**255 - 1
LEAST_INT = -(2**255)
MOST_ADDRESS = 2**160 - 1
SIDES = (1, -1)


def amount(choose: Choices, boundary: int, most: int) -> int:
    """A natural number by mode, around the boundary of what is allowed."""
    mode = choose.integer(0, 19)
    if mode < 11:
        return choose.integer(min(1, boundary), max(1, boundary))
    if mode < 14:
        return boundary
    if mode < 16:
        return min(boundary + 1, most)
    if mode == 16:
        return max(boundary - 1, 0)
    if mode == 17:
        return 0
    if mode == 18:
        return most
    return choose.integer(0, most)


def any_sender(world: World, choose: Choices) -> int:
    """Anybody."""
    return choose.pick(world.senders)


def any_holder(world: World, choose: Choices) -> int:
    """An account, of somebody mostly."""
    if choose.chance(3):
        return choose.pick((0, MOST_UINT, choose.integer(0, MOST_UINT)))
    return choose.pick(world.holders)


def sender_for(world: World, choose: Choices, holder: int) -> int:
    """Who acts for an account: its owner mostly, an operator, or anybody."""
    if choose.chance(6):
        return any_sender(world, choose)
    owner = holder >> 96
    operator = world.actors["operator"]
    if world.state.operators[owner, operator] and choose.chance(15):
        return operator
    return owner


def any_market(world: World, choose: Choices) -> int:
    """A market, one that exists mostly."""
    if choose.chance(3):
        return choose.pick((world.markets, 15, 16, 255, MOST_UINT))
    return choose.integer(0, world.markets - 1)


def held_or_any(world: World, choose: Choices) -> tuple[int, int]:
    """An account and a market, in which it has a position mostly."""
    held = world.positions()
    if held and choose.chance(85):
        return choose.pick(held)
    return any_holder(world, choose), any_market(world, choose)


def sparing(world: World, choose: Choices, call: Action, percent: int) -> Calls:
    """A call; one that would be refused in so many cases of a hundred."""
    if world.would(call) or choose.chance(percent):
        yield call
