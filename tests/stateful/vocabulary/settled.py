"""
A market is settled, and everybody is closed in it; one ends by itself, or otherwise.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import market
from protocol.expiry import NO_EXPIRY, ExpiryParams
from protocol.feed import FeedParams
from protocol.fixed_point import WAD
from protocol.governance import SILENCE
from protocol.parameters import SETTLED
from protocol.quorum import MAX_REPORTERS
from protocol.trace import Action, words_of
from tests.stateful import configuration
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    any_holder,
    any_market,
    any_sender,
    held_or_any,
)
from tests.stateful.vocabulary.governance import governing, tried_in
from tests.stateful.vocabulary.payout import changed_to, chosen_in
from tests.stateful.vocabulary.prices import next_price, round_at, told
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
    {"Governor.settle_market": ("ok MarketHasPrices MarketSettled MarketUnknown")},
)
def settle_market(world: World, choose: Choices) -> Calls:
    """
    A market, and not the first one mostly, is settled by its owner, or by anybody as
    soon as it may be, or a second sooner; more often somebody only tries.
    """
    number = any_market(world, choose)
    sender = any_sender(world, choose)
    # Where there is one market only, little would be left to try.
    if number < world.markets and choose.chance(30 if world.markets > 1 else 3):
        held = sorted({where for _, where in world.positions() if where})
        number = choose.pick(held) if held else world.markets - 1
        sender = governing(world, choose)
        if choose.chance(50):
            price = market.price_of(world.state, number)
            heard_at = max(price.published_at, price.valid_until)
            if heard_at < world.now + 2 * SILENCE:
                soon = heard_at + SILENCE + choose.pick((0, 1))
                world.now = max(world.now, soon)
                sender = any_sender(world, choose)
    yield world.by(sender, "Governor", "settle_market", number)
    yield from closed_in(world, choose, number)


def closed_in(world: World, choose: Choices, number: int) -> Calls:
    """Some of those who have a position in a market that is settled are closed."""
    if number not in settled(world):
        return
    for holder, where in world.positions():
        if where == number and choose.chance(80):
            yield world.by("keeper", "Exchange", "close_settled", holder, number)


def dated(world: World) -> list[int]:
    """The markets that end by themselves, and have not."""
    state = world.state
    return [
        number
        for number in range(world.markets)
        if state.codes[state.feed_params[number]].expiry.expires_at
        and number not in settled(world)
    ]


@rule(
    4,
    {
        "Governor.set_market": "FutureHasFunding",
        "Governor.settle_market": "ok MarketHasPrices",
    },
)
def expire(world: World, choose: Choices) -> Calls:
    """A dated future comes to its window, through it, to its end, or is changed."""
    found = dated(world)
    if not found:
        return
    state, number = world.state, choose.pick(found)
    feed = state.codes[state.feed_params[number]]
    if choose.chance(8):
        params = chosen_in(world, number)
        funded = replace(params, funding=replace(params.funding, max_rate=WAD // 100))
        yield changed_to(world, number, funded)
        return
    ends = feed.expiry.expires_at
    begins = ends - feed.expiry.samples * feed.expiry.spacing
    if world.now < begins and choose.chance(40):
        return
    if world.now < ends and choose.chance(60):
        # A piece, or some of one, or several.
        moments = (1, feed.expiry.spacing, feed.expiry.spacing - 1)
        for _ in range(choose.integer(1, 4)):
            world.now = max(world.now, begins) + choose.pick(moments)
            index = next_price(world, choose, number)
            yield from round_at(world, choose, number, index)
            yield from tried_in(world, choose, number)
        return
    if choose.chance(50):
        world.now = max(world.now, ends + choose.pick((-1, 0)))
        yield from round_at(world, choose, number, next_price(world, choose, number))
    # As it expires, in the last second of a report from before, and after that.
    late = choose.pick((0, feed.max_age, feed.max_age + 1))
    world.now = max(world.now, ends + late)
    sender = any_sender(world, choose)
    yield world.by(sender, "Governor", "settle_market", number)
    yield from closed_in(world, choose, number)


@rule(
    3,
    {
        "Exchange.close_settled": "ok MarketNotSettled",
        "Exchange.trade": "MarketSettled",
        "Exchange.deleverage": "MarketSettled",
        "Governor.set_market": "MarketSettled",
        "Governor.pause_market": "MarketSettled",
        "Oracle.report": "FeedClosed",
    },
)
def in_settled(world: World, choose: Choices) -> Calls:
    """Somebody closes a position where that is done, or does what ended there."""
    found = settled(world)
    if not found and choose.chance(98):
        return
    if not found or choose.chance(5):
        holder, number = held_or_any(world, choose)
        yield world.by("keeper", "Exchange", "close_settled", holder, number)
        return
    state, number = world.state, choose.pick(found)
    held = [holder for holder, where in world.positions() if where == number]
    kind = choose.integer(0, 9)
    if kind < 4:
        if not held and choose.chance(92):
            return
        holder = choose.pick(held) if held else any_holder(world, choose)
        sender = any_sender(world, choose)
        yield world.by(sender, "Exchange", "close_settled", holder, number)
    elif kind < 7:
        yield from tried_in(world, choose, number)
    elif kind == 7:
        price = max(1, market.price_of(state, number).index)
        yield from told(world, number, 0, price, 0)
    elif kind == 8:
        yield changed_to(world, number, chosen_in(world, number))
    else:
        guardian = state.guardian[()]
        yield world.by(guardian, "Governor", "pause_market", number)


@rule(1)
def postpone(world: World, choose: Choices) -> Calls:
    """
    A feed that has no market yet comes into a window, and is to end otherwise, never,
    or as before.
    """
    number = world.markets
    samples, spacing = choose.pick((1, 3, 30)), choose.pick((1, 12, 60))
    begins = world.now + choose.pick((1, 600))
    soon = ExpiryParams(begins + samples * spacing, samples, spacing)
    params = configuration.feed_params(choose, 3, 2_000 * WAD)
    yield feed_set(world, number, replace(params, expiry=soon))
    for _ in range(choose.integer(1, 3)):
        world.now = max(world.now, begins) + choose.integer(1, samples * spacing)
        price = choose.integer(1_000, 3_000) * WAD
        yield from round_at(world, choose, number, price)
    later = replace(soon, expires_at=world.now + soon.expires_at - begins)
    ends = choose.pick((NO_EXPIRY, NO_EXPIRY, later, soon))
    yield feed_set(world, number, replace(params, expiry=ends))


def feed_set(world: World, number: int, params: FeedParams) -> Action:
    """The owner gives a feed these parameters, and the usual reporters."""
    names = ("reporter_1", "reporter_2", "reporter_3")
    reporters = [world.actors[name] for name in names]
    reporters += [0] * (MAX_REPORTERS - len(reporters))
    words = (number, *words_of(params), *reporters)
    return world.by(world.state.owner[()], "Governor", "set_feed", *words)
