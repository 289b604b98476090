"""
A market owes its winners about as much as it pays.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import exchange, market, payout, sides
from protocol.fixed_point import WAD
from protocol.parameters import MarketParams
from protocol.payout import PayoutParams
from protocol.trace import Action, words_of
from protocol.units import Call
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World

# So much of the vault that nothing is cut.
UNLIMITED = 2**95 - 1


def owed(world: World, market_id: int) -> int:
    """What a market owes if no side that has lost pays."""
    state = world.state
    sums = exchange.market_of(state, Call(0, world.now), market_id)
    price = market.price_of(state, market_id)
    params = market.load_params(state, market_id)
    current = sides.projected(sums.funding, sums.book, price, params, world.now)
    gained = sides.profits(sums, price.mark, current)
    return payout.owed(gained.longs, gained.shorts, sums.open_claims)


def changed_to(world: World, market_id: int, params: MarketParams) -> Action:
    """The owner changes the parameters of a market."""
    owner = world.state.owner[()]
    words = tuple(words_of(params))
    return world.by(owner, "Governor", "set_market", market_id, *words)


def with_factor(world: World, market_id: int, factor: int) -> Action:
    """The owner lets a market pay such a part of the vault."""
    params = market.load_params(world.state, market_id)
    changed = replace(params, payout=PayoutParams(factor, params.payout.window))
    return changed_to(world, market_id, changed)


@rule(3)
def at_the_cap(world: World, choose: Choices) -> Calls:
    """What is owed is about the cap, or far above, and winners ask, some of them."""
    state = world.state
    market_id = choose.integer(0, world.markets - 1)
    due = owed(world, market_id)
    spent = payout.decayed(market.load_spent(state, market_id), world.now)
    whole = state.funds[()].vault + spent
    if due <= 0 or whole <= 0:
        return
    cap = choose.pick((due - 1, due, due + 1, due // 2, due // 10))
    factor = -(-(cap + spent) * WAD // whole)
    yield with_factor(world, market_id, max(1, min(factor, UNLIMITED)))
    asking = [key for key in world.positions() if key[1] == market_id]
    asking += [
        key for key, claim in state.claims.items() if key[1] == market_id and claim
    ]
    for holder, _ in asking:
        if choose.chance(60):
            yield world.by(holder >> 96, "Exchange", "settle", holder, market_id)
    if choose.chance(70):
        yield with_factor(world, market_id, choose.pick((UNLIMITED, WAD, WAD // 2)))
