"""
Owners order top-ups of their accounts, and keepers carry them out.
"""

from __future__ import annotations

from protocol import market
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_UINT,
    any_holder,
    any_sender,
)
from tests.stateful.vocabulary.margin_call import near
from tests.stateful.vocabulary.prices import round_at
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World

# Of ten ways to carry out an order, those in which it is tried again soon.
USED_TWICE = (2, 3, 4, 5)


def ordered(world: World) -> list[int]:
    """The accounts that may be topped up still."""
    return [target for target, order in world.state.top_ups.items() if order.ceiling]


def siblings(world: World, target: int) -> list[int]:
    """The other accounts of an account's owner."""
    return [
        each for each in world.holders if each >> 96 == target >> 96 and each != target
    ]


@rule(
    3,
    {"TopUps.set_order": ("ok NotOperator OutOfBounds SourceIsTarget SourceOfAnother")},
)
def set_order(world: World, choose: Choices) -> Calls:
    """An owner says what may be brought to an account of his."""
    target = any_holder(world, choose)
    paired = [each for each in world.holders if siblings(world, each)]
    if choose.chance(70):
        target = choose.pick(paired)
    sources = siblings(world, target)
    source = choose.pick(sources) if sources else target
    if choose.chance(12):
        source = choose.pick((target, any_holder(world, choose), MOST_UINT))
    sender = target >> 96 if choose.chance(90) else any_sender(world, choose)
    unit = 10**world.genesis.decimals
    words = (
        choose.integer(0, 20_000 * unit),
        choose.pick((0, 1, 100 * unit)),
        choose.pick((0, unit, 1)),
        choose.pick((0, 60, 3_600)),
        0,
    )
    if choose.chance(12):
        words = (*words[:2], choose.pick((2**88, 2**120, MOST_UINT)), *words[3:])
    yield world.by(sender, "TopUps", "set_order", target, source, *words)


@rule(
    3,
    {
        "TopUps.execute": (
            "ok Healthy NotOperator TooLittleCash TopUpTooEarly TopUpUnknown"
        )
    },
)
def execute(world: World, choose: Choices) -> Calls:
    """Somebody carries out an order, or would."""
    targets = ordered(world)
    close = [holder for holder, _ in near(world) if holder in targets]
    target = any_holder(world, choose)
    if targets:
        target = choose.pick(targets)
    if close and choose.chance(80):
        target = choose.pick(close)
    elif choose.chance(95):
        return
    yield world.by(any_sender(world, choose), "TopUps", "execute", target)


@rule(6)
def bring_what_is_missing(world: World, choose: Choices) -> Calls:
    """An account with an order comes near its liquidation, and is topped up."""
    state = world.state
    paired = [key for key in world.positions() if siblings(world, key[0])]
    if not paired:
        return
    target, market_id = choose.pick(paired)
    owner = target >> 96
    source = choose.pick(siblings(world, target))
    unit = 10**world.genesis.decimals
    if state.top_ups[target].ceiling == 0 or choose.chance(30):
        words = (choose.pick((100, 10_000)) * unit, choose.pick((0, 50 * unit)))
        words += (choose.pick((0, unit)), choose.pick((0, 60)), 0)
        yield world.by(owner, "TopUps", "set_order", target, source, *words)
    if choose.chance(85):
        to = world.addresses["TopUps"]
        yield world.by(owner, "Exchange", "set_operator", to, 1)
    line = world.statement(target).lines[market_id]
    mark = market.price_of(state, market_id).mark
    feed = state.codes[state.feed_params[market_id]]
    if not feed.floor_price < line.liquidation_price < feed.ceiling_price:
        return
    away = (mark - line.liquidation_price) * choose.integer(-5, 2) // 100
    yield from round_at(world, choose, market_id, max(1, line.liquidation_price + away))
    # The mark stays within its band, whatever is reported.
    if choose.chance(80) and (target, market_id) not in near(world):
        return
    had = max(0, state.accounts[source].cash // state.scale)
    way = choose.integer(0, 9)
    if way == 0:
        to = world.addresses["TopUps"]
        yield world.by(owner, "Exchange", "set_operator", to, 0)
    elif way == 1:
        words = (2 * had + 2, had + 1, 0, 0, 0)
        yield world.by(owner, "TopUps", "set_order", target, source, *words)
    elif way in USED_TWICE:
        words = (10_000 * unit, 0, 0, 60, 0)
        yield world.by(owner, "TopUps", "set_order", target, source, *words)
    if had < 10_000 * unit and way != 1:
        yield world.by(owner, "Exchange", "deposit", source, 10_000 * unit)
    yield world.by(any_sender(world, choose), "TopUps", "execute", target)
    if way not in USED_TWICE:
        return
    price = world.statement(target).lines[market_id].liquidation_price
    if choose.chance(70) and feed.floor_price < price < feed.ceiling_price:
        yield from round_at(world, choose, market_id, price)
    yield world.by(any_sender(world, choose), "TopUps", "execute", target)
