"""
Several calls for one purpose: what single ones would seldom come to.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import margin, market, sides
from protocol.fixed_point import WAD
from protocol.parameters import MarketParams
from protocol.trace import Action, words_of
from tests.stateful.choices import Choices
from tests.stateful.configuration import ACTORS
from tests.stateful.vocabulary.arguments import MOST_UINT, SIDES, any_sender
from tests.stateful.vocabulary.collateral import bought, seized_atoms
from tests.stateful.vocabulary.ledger import taken_out
from tests.stateful.vocabulary.payout import (
    UNLIMITED,
    chosen_in,
    owed,
    with_factor,
)
from tests.stateful.vocabulary.prices import calm, round_at
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.vocabulary.trading import (
    affordable,
    largest_open,
    limited,
    trade,
)
from tests.stateful.vocabulary.vault import carried_out, spared
from tests.stateful.world import World


@rule(2)
def just_in_time(world: World, choose: Choices) -> Calls:
    """A provider comes for one trade and goes again."""
    unit = 10**world.genesis.decimals
    atoms = choose.integer(1, 100_000 * unit)
    sender, state = world.actors["provider_2"], world.state
    before = state.shares[sender]
    yield world.by(sender, "Vault", "request_deposit", atoms, 0)
    yield from carried_out(world, choose, state.request_count[()])
    yield from trade(world, choose)
    gained = state.shares[sender] - before
    if gained > 0:
        yield world.by(sender, "Vault", "request_redeem", gained, 0)
        yield from carried_out(world, choose, state.request_count[()])


@rule(2)
def drain(world: World, choose: Choices) -> Calls:
    """Positions grow as far as they can, and a provider takes all it may."""
    market_id = choose.integer(0, world.markets - 1)
    if market.price_of(world.state, market_id).index == 0:
        return
    sign = choose.pick(SIDES)
    holder = choose.pick(world.holders)
    size = largest_open(world, holder, market_id, sign)
    yield limited(world, choose, holder >> 96, holder, market_id, sign * size)
    sender = world.actors["provider"]
    # A little less than it may, since prices move until then.
    shares = max(1, spared(world, sender) * choose.pick((100, 97, 85)) // 100)
    yield world.by(sender, "Vault", "request_redeem", shares, 0)
    yield from carried_out(world, choose, world.state.request_count[()])


@rule(2)
def crash(world: World, choose: Choices) -> Calls:
    """A price jumps so far that the insurance fund, and then the vault, must pay."""
    held = world.positions()
    if not held:
        return
    holder, market_id = choose.pick(held)
    size = world.state.positions[holder, market_id].size
    index = market.price_of(world.state, market_id).index
    for _ in range(choose.integer(1, 4)):
        part = choose.integer(70, 95)
        index = index * part // 100 if size > 0 else index * 100 // part
        yield from round_at(world, choose, market_id, max(1, min(index, 2**95 - 1)))
        world.now += choose.pick((1, 12, 60))
    for each, where in world.at_risk():
        if world.state.positions[each, where].size == 0:
            continue
        yield world.by("keeper", "Exchange", "liquidate", each, where)


@rule(1)
def whale(world: World, choose: Choices) -> Calls:
    """As much comes in as can be held at all, and goes again."""
    state = world.state
    sender = world.actors["stranger"]
    room = (2**120 - 1) // state.scale - state.holdings[()].held_atoms
    room += choose.integer(-1, 1)
    missing = room - state.quote.balances[sender]
    if missing > 0:
        yield world.by("stranger", "Token", "mint", sender, missing)
    holder = sender << 96
    before = state.accounts[holder].cash
    yield world.by(sender, "Exchange", "deposit", holder, room)
    gained = (state.accounts[holder].cash - before) // state.scale
    if gained > 0:
        yield world.by(sender, "Exchange", "withdraw", holder, gained, sender)


@rule(1)
def approval_ends(world: World, choose: Choices) -> Calls:
    """Somebody pays without having allowed it, and allows it again."""
    sender = any_sender(world, choose)
    exchange = world.addresses["Exchange"]
    yield world.by(sender, "Token", "approve", exchange, choose.pick((0, 1)))
    holder = sender << 96
    yield world.by(sender, "Exchange", "deposit", holder, 2)
    yield world.by(sender, "Token", "approve", exchange, MOST_UINT)


@rule(1)
def tighten(world: World, choose: Choices) -> Calls:
    """The owner allows no more than there is, somebody asks for more, and it ends."""
    state = world.state
    market_id = choose.integer(0, world.markets - 1)
    params = chosen_in(world, market_id)
    price = market.price_of(state, market_id)
    book = market.load_book(state, market_id)
    held = margin.notional(sides.open_interest(book), price.index)
    limits = replace(params.limits, max_open_interest_value=max(1, held))
    owner = state.owner[()]

    def set_to(some: MarketParams) -> Action:
        return world.by(owner, "Governor", "set_market", market_id, *words_of(some))

    yield set_to(replace(params, limits=limits))
    sign = 1 if sides.skew(book) > 0 else -1
    for holder in choose.pick((world.holders[:2], world.holders[2:5])):
        size = state.positions[holder, market_id].size
        if size * sign >= 0 and price.index:
            more = affordable(world, choose, holder, market_id, price.index, size)
            yield limited(world, choose, holder >> 96, holder, market_id, sign * more)
    yield set_to(params)


@rule(1)
def on_the_brink(world: World, choose: Choices) -> Calls:
    """A price at which an account has next to nothing lasts, and it closes some."""
    state = world.state
    held = world.positions()
    if not held:
        return
    holder, market_id = choose.pick(held)
    size = state.positions[holder, market_id].size
    bears = world.statement(holder).equity * WAD // size
    price = market.price_of(state, market_id).mark - bears
    price += abs(bears) * choose.integer(-10, 20) // 1_000 * (1 if size > 0 else -1)
    feed = state.codes[state.feed_params[market_id]]
    if not feed.floor_price < price < feed.ceiling_price:
        return
    yield from round_at(world, choose, market_id, price)
    yield from calm(world, choose)
    size = state.positions[holder, market_id].size
    some = -size * choose.integer(1, 999) // 1_000
    if some:
        yield limited(world, choose, holder >> 96, holder, market_id, some)


@rule(1)
def empty_the_bucket(world: World, choose: Choices) -> Calls:
    """A price just beyond what a position bears lasts, and keepers come at once."""
    state = world.state
    held = world.positions()
    if not held:
        return
    holder, market_id = choose.pick(held)
    line = world.statement(holder).lines[market_id]
    beyond = line.liquidation_price * choose.integer(0, 5) // 1_000
    price = line.liquidation_price + (-beyond if line.size > 0 else beyond)
    feed = state.codes[state.feed_params[market_id]]
    if not feed.floor_price < price < feed.ceiling_price:
        return
    yield from round_at(world, choose, market_id, price)
    yield from calm(world, choose)
    for _ in range(3):
        if state.positions[holder, market_id].size:
            yield world.by("keeper", "Exchange", "liquidate", holder, market_id)


@rule(2)
def on_credit(world: World, choose: Choices) -> Calls:
    """
    Who has a claim or a token takes all cash out, trades on that alone, and closes;
    whatever is owed then is what the token is sold for.
    """
    state = world.state
    idle = [
        holder
        for holder, each in state.accounts.items()
        if holder >> 96 in world.names
        and (each.claims or each.tokens)
        and not each.positions
    ]
    if not idle:
        return
    holder = choose.pick(idle)
    owner = holder >> 96
    atoms = state.accounts[holder].cash // state.scale - choose.pick((0, 0, 1))
    if atoms > 0:
        yield world.by(owner, "Exchange", "withdraw", holder, atoms, owner)
    market_id = choose.integer(0, world.markets - 1)
    price = market.price_of(state, market_id).index
    if price == 0:
        return
    sign = choose.pick(SIDES)
    size = sign * affordable(world, choose, holder, market_id, price, 0)
    yield limited(world, choose, owner, holder, market_id, size)
    size = state.positions[holder, market_id].size
    if size:
        yield limited(world, choose, owner, holder, market_id, -size)
    if state.accounts[holder].cash < 0:
        for token_id in range(len(world.genesis.collateral)):
            yield from bought(world, choose, holder, token_id)


@rule(3)
def leave_dust(world: World, choose: Choices) -> Calls:
    """
    Who has next to nothing of a token and no more cash than needed loses more than
    everything; the token is seized, and the owner collects it.
    """
    state = world.state
    held = [
        key
        for key in world.positions()
        if not state.accounts[key[0]].tokens and key[0] >> 96 in ACTORS.values()
    ]
    if not held or not world.genesis.collateral:
        return
    holder, market_id = choose.pick(held)
    owner = holder >> 96
    yield world.by(owner, "Exchange", "deposit_collateral", holder, 0, 1)
    yield from taken_out(world, holder)
    size = state.positions[holder, market_id].size
    percent = choose.integer(40, 70) if size > 0 else choose.integer(150, 250)
    index = market.price_of(state, market_id).index * percent // 100
    yield from round_at(world, choose, market_id, max(1, min(index, 2**95 - 1)))
    yield from calm(world, choose)
    for key in world.at_risk():
        if key[0] == holder and state.positions[key].size:
            yield world.by("keeper", "Exchange", "liquidate", *key)
    atoms = seized_atoms(world, 0)
    if atoms > 0:
        to = world.actors["owner"]
        yield world.by(state.owner[()], "Governor", "collect_collateral", 0, to, atoms)


@rule(2)
def run_on_the_vault(world: World, choose: Choices) -> Calls:
    """A new price lasts; losses are settled, all who won ask, and a provider comes."""
    state = world.state
    if choose.chance(50):
        yield from drain(world, choose)
    market_id = choose.integer(0, world.markets - 1)
    held = [key for key in world.positions() if key[1] == market_id]
    if not held:
        return
    book = market.load_book(state, market_id)
    rises = sides.skew(book) > 0
    percent = choose.integer(120, 190) if rises else choose.integer(30, 80)
    index = market.price_of(state, market_id).index * percent // 100
    yield from round_at(world, choose, market_id, max(1, min(index, 2**95 - 1)))
    yield from calm(world, choose)
    for asks in (False, True):
        for key in held:
            size = state.positions[key].size
            if (size * sides.skew(book) > 0) == asks:
                yield world.by(key[0] >> 96, "Exchange", "settle", *key)
    atoms = choose.integer(1, 100) * 10**world.genesis.decimals
    yield world.by("provider_2", "Vault", "request_deposit", atoms, 0)
    yield from carried_out(world, choose, state.request_count[()])


@rule(2)
def underwater(world: World, choose: Choices) -> Calls:
    """
    Winners have gained all that the vault has, no cap shuts it, and somebody has asked
    to come.
    """
    state = world.state
    held = world.positions()
    if not held:
        return
    holder, market_id = choose.pick(held)
    size = state.positions[holder, market_id].size
    for number in range(world.markets):
        yield with_factor(world, number, UNLIMITED)
    feed = state.codes[state.feed_params[market_id]]
    for _ in range(12):
        if owed(world, market_id) > state.funds[()].vault:
            break
        index = market.price_of(state, market_id).index
        index = index * 13 // 10 if size > 0 else index * 10 // 13
        # The band follows.
        world.now += feed.averaging_time
        yield from round_at(world, choose, market_id, max(1, min(index, 2**95 - 1)))
    yield from calm(world, choose)
    atoms = choose.integer(1, 100_000 * 10**world.genesis.decimals)
    yield world.by("provider_2", "Vault", "request_deposit", atoms, 0)
    request_id = state.request_count[()]
    yield from carried_out(world, choose, request_id)
    for number in range(world.markets):
        yield with_factor(world, number, choose.pick((UNLIMITED, WAD, WAD // 2)))
