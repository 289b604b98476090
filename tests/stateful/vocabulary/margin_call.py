"""
Accounts come near their liquidation, are called, and answer or do not.
"""

from __future__ import annotations

from protocol import market
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import any_sender, held_or_any
from tests.stateful.vocabulary.prices import round_at
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World


def near(world: World) -> list[tuple[int, int]]:
    """Every account and market with a position whose margin may be called."""
    found = []
    for holder, market_id in world.positions():
        statement = world.statement(holder)
        if statement.equity < statement.required:
            found.append((holder, market_id))
    return found


@rule(
    3,
    {
        "Exchange.call_margin": (
            "ok AlreadyCalled Healthy MarketUnknown NoPosition PriceInvalid PriceStale"
        )
    },
)
def call_margin(world: World, choose: Choices) -> Calls:
    """Somebody calls the margin of who has come near, or tries."""
    found = near(world)
    if not found and choose.chance(90):
        return
    holder, market_id = choose.pick(found) if found else held_or_any(world, choose)
    if choose.chance(10):
        market_id = choose.pick((world.markets, 0))
    sender = any_sender(world, choose)
    yield world.by(sender, "Exchange", "call_margin", holder, market_id)


@rule(3)
def wait_for_grace(world: World, choose: Choices) -> Calls:
    """
    The price goes to where an account may be called; it is, and answers, or its grace
    passes, or its window too; then a keeper comes.
    """
    held = world.positions()
    if not held:
        return
    holder, market_id = choose.pick(held)
    state = world.state
    line = world.statement(holder).lines[market_id]
    mark = market.price_of(state, market_id).mark
    feed = state.codes[state.feed_params[market_id]]
    if not feed.floor_price < line.liquidation_price < feed.ceiling_price:
        return
    # Some of the way back from where it may be liquidated, or a little beyond.
    part = choose.integer(-4, 30)
    away = (mark - line.liquidation_price) * part // 100
    yield from round_at(world, choose, market_id, max(1, line.liquidation_price + away))
    sender = any_sender(world, choose)
    yield world.by(sender, "Exchange", "call_margin", holder, market_id)
    owner = holder >> 96
    if choose.chance(30):
        short = world.statement(holder)
        missing = max(0, short.required - short.equity) // state.scale
        atoms = max(1, missing + choose.integer(-1, 1))
        yield world.by(owner, "Exchange", "deposit", holder, atoms)
    params = market.load_risk(state).margin_call
    waited = choose.pick((params.grace - 1, params.grace, params.grace + params.window))
    world.now += max(0, waited + choose.integer(0, 1))
    world.now = max(world.now, state.accounts[holder].called_at)
    index = market.price_of(state, market_id).index
    yield from round_at(world, choose, market_id, max(1, index))
    yield world.by("keeper", "Exchange", "liquidate", holder, market_id)
    if choose.chance(30):
        yield world.by("keeper", "Exchange", "call_margin", holder, market_id)
