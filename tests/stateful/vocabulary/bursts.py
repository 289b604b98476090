"""
How a run begins, and what happens next.
"""

from __future__ import annotations

from protocol.account import ISOLATED, PORTFOLIO
from protocol.collateral import FIRST_FEED
from protocol.trace import Action, genesis_actions
from tests.stateful import configuration
from tests.stateful.choices import Choices, Even, Seeded
from tests.stateful.vocabulary.arguments import MOST_UINT
from tests.stateful.vocabulary.collateral import bring
from tests.stateful.vocabulary.prices import (
    all_rounds,
    calm,
    is_stale,
    pass_time,
    round_at,
    to_edge,
)
from tests.stateful.vocabulary.registry import DEMANDS, RULES, Calls
from tests.stateful.world import MADE_ISOLATED, MADE_PORTFOLIOS, World, entry_point

# How many calls are tried on the model for one that ends as wanted.
TRIES = 20
# For how many calls of a run what is seldom is looked for often: what was not found by
# then costs more tries than it is worth.
YOUNG = 1_000


def burst(world: World, choose: Choices) -> Calls:
    """Some time passes, prices follow mostly, and somebody does something."""
    pass_time(world, choose)
    if choose.chance(15):
        yield from calm(world, choose)
    if choose.chance(75) and is_stale(world):
        yield from all_rounds(world, choose)
    for action in choose.pick(RULES)(world, choose):
        if not (is_mostly_refused(world, action) and choose.chance(75)):
            yield action
    if choose.chance(25 if world.outcomes.total() < YOUNG else 5):
        yield from sought(world, choose)


def is_mostly_refused(world: World, action: Action) -> bool:
    """
    Whether a call would be refused as one was in this run already, and whether such
    calls were refused more often than not: of those there are enough.
    """
    if world.balances[entry_point(action)] >= 0:
        return False
    ending = world.ending(action)
    return ending[1] != "ok" and world.outcomes[ending] > 0


def sought(world: World, choose: Choices) -> Calls:
    """
    A call that ends as this run has seen least, if one is found on the model: rules are
    tried at one time and another, by one choice for all, which costs the driver less.
    """
    met, sought_before = world.outcomes, world.sought
    counts = [met[pair] + sought_before[pair] for pair in DEMANDS]
    least = min(counts)
    rare = [pair for pair, count in zip(DEMANDS, counts, strict=True) if count == least]
    wanted = choose.pick(rare)
    sought_before[wanted] += 1
    seed = choose.integer(0, 2**32 - 1)
    kinds = (Seeded(seed), Even(seed))
    now = world.now
    for number in range(TRIES):
        luck = kinds[number % 2]
        (to_edge if luck.chance(35) else pass_time)(world, luck)
        action = next(luck.pick(DEMANDS[wanted])(world, luck), None)
        if action is not None and wanted == world.ending(action):
            yield action
            return
        world.now = now


def opening(world: World, choose: Choices) -> Calls:
    """The calls before the first: money, prices, and everybody at their places."""
    addresses = world.addresses
    yield from genesis_actions(world.genesis, addresses)
    fortune = configuration.FORTUNE * 10**world.genesis.decimals
    yield world.by("stranger", "Token", "mint", world.actors["forwarder"], fortune)
    exchange = addresses["Exchange"]
    yield world.by("forwarder", "Token", "approve", exchange, MOST_UINT)
    unit = 10**world.genesis.decimals
    given = choose.pick((10**6, 10**4)) * unit
    yield world.by("provider", "Vault", "request_deposit", given, 0)
    world.now += world.genesis.risk.vault.delay + 1
    yield world.by("keeper", "Vault", "execute", 1)
    for market_id, each in enumerate(world.genesis.markets):
        yield from round_at(world, choose, market_id, configuration.first_price(each))
    for number, token in enumerate(world.genesis.collateral):
        price = configuration.first_price(token)
        yield from round_at(world, choose, FIRST_FEED + number, price)
    yield world.by("owner", "Exchange", "fund_insurance", 1_000 * unit)
    for mode, accounts in ((ISOLATED, MADE_ISOLATED), (PORTFOLIO, MADE_PORTFOLIOS)):
        for name, sub in accounts:
            holder = world.holder(name, sub)
            yield world.by(name, "Exchange", "set_margin_mode", holder, mode)
    for holder in world.holders:
        atoms = choose.pick((10_000, 1_000, 100_000)) * unit
        sender = holder >> 96
        yield world.by(sender, "Exchange", "deposit", holder, atoms)
        if choose.chance(50):
            yield from bring(world, choose, holder)
    operator = world.actors["operator"]
    top_ups = addresses["TopUps"]
    for name in ("trader_1", "trader_2"):
        yield world.by(name, "Exchange", "set_operator", top_ups, 1)
    for name in ("trader_1", "forwarder"):
        yield world.by(name, "Exchange", "set_operator", operator, 1)
