"""
Keepers come and are paid, and somebody fills the insurance fund.
"""

from __future__ import annotations

from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_UINT,
    amount,
    any_sender,
    held_or_any,
)
from tests.stateful.vocabulary.prices import round_at
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.vocabulary.trading import limited
from tests.stateful.world import World


@rule(
    6,
    {
        "Exchange.liquidate": (
            "ok BucketEmpty GraceNotOver Healthy NoPosition PriceInvalid PriceStale"
        )
    },
)
def liquidate(world: World, choose: Choices) -> Calls:
    """A keeper tries, on an account at risk mostly."""
    risky = world.at_risk()
    if not risky and choose.chance(92):
        return
    found = choose.pick(risky) if risky else held_or_any(world, choose)
    keeper = world.actors["keeper"]
    sender = keeper if choose.chance(70) else any_sender(world, choose)
    yield world.by(sender, "Exchange", "liquidate", *found)


@rule(5)
def make_liquidatable(world: World, choose: Choices) -> Calls:
    """The price goes to where an account may be liquidated, and a keeper comes."""
    held = world.positions()
    if not held:
        return
    holder, market_id = choose.pick(held)
    line = world.statement(holder).lines[market_id]
    feed = world.state.codes[world.state.feed_params[market_id]]
    toward = -1 if line.size > 0 else 1
    price = line.liquidation_price
    if not feed.floor_price < price < feed.ceiling_price:
        return
    if choose.chance(50):
        price += choose.integer(-1, 1)
    else:
        price += toward * price * choose.integer(0, 12) // 100
    yield from round_at(world, choose, market_id, max(1, price))
    if choose.chance(30):
        sender = any_sender(world, choose)
        yield world.by(sender, "Exchange", "settle", holder, market_id)
    if choose.chance(30):
        size = world.state.positions[holder, market_id].size
        delta = -size * choose.integer(1, 100) // 100
        if delta:
            yield limited(world, choose, holder >> 96, holder, market_id, delta)
    for _ in range(choose.integer(1, 3)):
        call = world.by("keeper", "Exchange", "liquidate", holder, market_id)
        if not world.would(call) and choose.chance(50):
            return
        yield call


@rule(3, {"Exchange.claim_reward": "ok OutOfBounds RewardTooSmall ZeroAmount"})
def claim_reward(world: World, choose: Choices) -> Calls:
    """A keeper takes what it has earned."""
    earners = [each for each, earned in world.state.keeper_rewards.items() if earned]
    if not earners and choose.chance(90):
        return
    sender = any_sender(world, choose)
    if earners and choose.chance(85):
        sender = choose.pick(earners)
    earned = world.state.keeper_rewards[sender] // world.state.scale
    atoms = amount(choose, earned, MOST_UINT)
    receiver = any_sender(world, choose)
    yield world.by(sender, "Exchange", "claim_reward", atoms, receiver)


@rule(2, {"Exchange.fund_insurance": "ok BalanceTooSmall OutOfBounds ZeroAmount"})
def fund_insurance(world: World, choose: Choices) -> Calls:
    """Somebody gives to the insurance fund."""
    sender = any_sender(world, choose)
    unit = 10**world.genesis.decimals
    atoms = choose.integer(1, 2_000 * unit)
    if choose.chance(40):
        most = (2**120 // world.state.scale, MOST_UINT)
        atoms = choose.pick((0, world.state.quote.balances[sender] + 1, *most))
    yield world.by(sender, "Exchange", "fund_insurance", atoms)
