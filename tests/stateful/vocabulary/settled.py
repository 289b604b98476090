"""
A market is settled, and everybody is closed in it.
"""

from __future__ import annotations

from protocol import market
from protocol.governance import SILENCE
from protocol.parameters import SETTLED
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    any_holder,
    any_market,
    any_sender,
    held_or_any,
)
from tests.stateful.vocabulary.governance import governing, tried_in
from tests.stateful.vocabulary.payout import changed_to, chosen_in
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World


def settled(world: World) -> list[int]:
    """The markets that are settled."""
    return [
        number
        for number in range(world.markets)
        if chosen_in(world, number).limits.mode == SETTLED
    ]


@rule(
    1,
    {
        "Governor.settle_market": (
            "ok MarketHasPrices MarketSettled MarketUnknown PriceInvalid"
        )
    },
)
def settle_market(world: World, choose: Choices) -> Calls:
    """
    The last market is settled, by its owner, or by anybody as soon as it may be, or a
    second sooner; mostly somebody only tries.
    """
    number = any_market(world, choose)
    sender = any_sender(world, choose)
    # Where there is one market only, little would be left to try.
    if number < world.markets and choose.chance(30 if world.markets > 1 else 3):
        number = world.markets - 1
        sender = governing(world, choose)
        if choose.chance(50):
            price = market.price_of(world.state, number)
            heard_at = max(price.published_at, price.valid_until)
            if heard_at < world.now + 2 * SILENCE:
                soon = heard_at + SILENCE + choose.pick((0, 1))
                world.now = max(world.now, soon)
                sender = any_sender(world, choose)
    yield world.by(sender, "Governor", "settle_market", number)
    if number not in settled(world):
        return
    for holder, where in world.positions():
        if where == number and choose.chance(50):
            yield world.by("keeper", "Exchange", "close_settled", holder, number)


@rule(
    3,
    {
        "Exchange.close_settled": "ok MarketNotSettled NoPosition",
        "Exchange.trade": "MarketSettled",
        "Exchange.liquidate": "MarketSettled",
        "Exchange.deleverage": "MarketSettled",
        "Governor.set_market": "MarketSettled",
        "Governor.pause_market": "MarketSettled",
        "Oracle.report": "FeedClosed",
    },
)
def in_settled(world: World, choose: Choices) -> Calls:
    """Somebody closes a position where that is done, or does what ended there."""
    found = settled(world)
    if not found or choose.chance(20):
        holder, number = held_or_any(world, choose)
        yield world.by("keeper", "Exchange", "close_settled", holder, number)
        return
    state, number = world.state, choose.pick(found)
    held = [holder for holder, where in world.positions() if where == number]
    kind = choose.integer(0, 9)
    if kind < 4:
        holder = choose.pick(held) if held else any_holder(world, choose)
        sender = any_sender(world, choose)
        yield world.by(sender, "Exchange", "close_settled", holder, number)
    elif kind < 7:
        yield from tried_in(world, choose, number)
    elif kind == 7:
        words = (number, 0, max(1, market.price_of(state, number).index), 0, world.now)
        yield world.by(state.reporters[number, 0], "Oracle", "report", *words)
    elif kind == 8:
        yield changed_to(world, number, chosen_in(world, number))
    else:
        guardian = state.guardian[()]
        yield world.by(guardian, "Governor", "pause_market", number)
