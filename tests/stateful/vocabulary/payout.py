"""
A market owes its winners about as much as it pays.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import exchange, market, parameters, payout, sides
from protocol.fixed_point import WAD
from protocol.parameters import MarketParams
from protocol.payout import PayoutParams
from protocol.trace import Action, words_of
from protocol.units import Call
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import SIDES
from tests.stateful.vocabulary.prices import calm, round_at
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.vocabulary.trading import largest_open, limited
from tests.stateful.world import World

# So much of the vault that nothing is cut.
UNLIMITED = 2**95 - 1


def owed(world: World, market_id: int) -> int:
    """What a market owes if no side that has lost pays."""
    state = world.state
    sums = exchange.market_of(state, Call(0, world.now), market_id)
    price = market.price_of(state, market_id)
    params = market.load_params(state, market_id, world.now)
    current = sides.projected(
        sums.funding,
        sums.book,
        price,
        params.pricing.skew_scale,
        params.funding,
        world.now,
    )
    gained = sides.profits(sums, price.mark, current)
    return payout.owed(gained.longs, gained.shorts, sums.open_claims)


def chosen_in(world: World, market_id: int) -> MarketParams:
    """The parameters of a market as they were chosen, whatever holds for a while."""
    code = world.state.market_params[market_id]
    return parameters.record_in(world.state, code).params


def changed_to(world: World, market_id: int, params: MarketParams) -> Action:
    """The owner changes the parameters of a market."""
    owner = world.state.owner[()]
    words = tuple(words_of(params))
    return world.by(owner, "Governor", "set_market", market_id, *words)


def in_mode(params: MarketParams, mode: int) -> MarketParams:
    """The parameters with another mode."""
    return replace(params, limits=replace(params.limits, mode=mode))


def with_factor(world: World, market_id: int, factor: int) -> Action:
    """The owner lets a market pay such a part of the vault."""
    params = chosen_in(world, market_id)
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


@rule(2)
def claim_for_a_debt(world: World, choose: Choices) -> Calls:
    """
    Somebody has gained, bets all of it and more on the same again, and loses: a claim
    of which its market pays about a half is all there is against the debt.
    """
    state = world.state
    market_id = choose.integer(0, world.markets - 1)
    index = market.price_of(state, market_id).index
    free = [
        holder
        for holder in world.holders
        if not (state.accounts[holder].positions or state.accounts[holder].tokens)
    ]
    if index == 0 or not free:
        return
    yield from calm(world, choose)
    holder, sign = choose.pick(free), choose.pick(SIDES)

    def all_in() -> Action:
        most = largest_open(world, holder, market_id, sign)
        size = sign * max(1, most)
        return limited(world, choose, holder >> 96, holder, market_id, size)

    yield all_in()
    world.now += 12
    index = index * (100 + 7 * sign) // 100
    yield from round_at(world, choose, market_id, max(1, index))
    held = state.positions[holder, market_id].size
    if held:
        owner = holder >> 96
        yield limited(world, choose, owner, holder, market_id, -held)
    yield all_in()
    vault = state.funds[()].vault
    claim = state.claims[holder, market_id]
    if claim > 0 and vault > 0:
        factor = max(1, claim * choose.integer(20, 90) // 100 * WAD // vault)
        yield with_factor(world, market_id, min(factor, UNLIMITED))
    for _ in range(choose.integer(2, 4)):
        world.now += choose.pick((12, 60))
        index = index * (100 - 12 * sign) // 100
        yield from round_at(world, choose, market_id, max(1, index))
        if state.positions[holder, market_id].size != 0:
            yield world.by("keeper", "Exchange", "liquidate", holder, market_id)
    if choose.chance(70):
        yield with_factor(world, market_id, choose.pick((UNLIMITED, WAD, WAD // 2)))
