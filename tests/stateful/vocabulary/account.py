"""
Who may act on an account, and how its positions back each other.
"""

from __future__ import annotations

from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_ADDRESS,
    MOST_UINT,
    any_holder,
    any_sender,
    sender_for,
)
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World


@rule(2, {"Exchange.set_operator": "ok"})
def set_operator(world: World, choose: Choices) -> Calls:
    """Somebody names an operator, or no longer."""
    sender = any_sender(world, choose)
    operator = world.actors["operator"]
    if choose.chance(30):
        operator = choose.pick((*world.senders, 0, MOST_ADDRESS))
    allowed = int(choose.chance(70))
    yield world.by(sender, "Exchange", "set_operator", operator, allowed)


@rule(
    2,
    {
        "Exchange.set_margin_mode": (
            "ok HasPositions ModeUnknown NotOperator OrderPending"
        )
    },
)
def set_margin_mode(world: World, choose: Choices) -> Calls:
    """An account changes its mode."""
    holder = any_holder(world, choose)
    modes = (0, 1, 2, 3, MOST_UINT)
    mode = choose.integer(0, 2) if choose.chance(85) else choose.pick(modes)
    sender = sender_for(world, choose, holder)
    yield world.by(sender, "Exchange", "set_margin_mode", holder, mode)
