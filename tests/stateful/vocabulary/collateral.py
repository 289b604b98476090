"""
Tokens back accounts, are sold for their debts, and are seized where nobody buys.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import market
from protocol.collateral import FIRST_FEED, MAX_TOKENS
from protocol.fixed_point import WAD
from protocol.trace import Action, words_of
from tests.stateful import configuration
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_ADDRESS,
    MOST_UINT,
    amount,
    any_holder,
    any_sender,
    sender_for,
    sparing,
)
from tests.stateful.vocabulary.governance import governing, spoiled
from tests.stateful.vocabulary.prices import round_at
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.vocabulary.trading import limited
from tests.stateful.world import World


def any_token(world: World, choose: Choices) -> int:
    """A token, one that is collateral mostly."""
    count = len(world.genesis.collateral)
    if count == 0 or choose.chance(3):
        return choose.pick((count, MAX_TOKENS - 1, MAX_TOKENS, MOST_UINT))
    return choose.integer(0, count - 1)


def decimals_of(world: World, token_id: int) -> int:
    """How many decimals a token has."""
    tokens = world.genesis.collateral
    return tokens[token_id].decimals if token_id < len(tokens) else 18


def unit_of(world: World, token_id: int) -> int:
    """The wads in an atom of a token."""
    return int(10 ** (18 - decimals_of(world, token_id)))


def seized_atoms(world: World, token_id: int) -> int:
    """What the governor has of a token for its owner."""
    had = world.state.collaterals[world.addresses["Governor"] << 96, token_id]
    return int(had // unit_of(world, token_id))


def held_tokens(world: World) -> list[tuple[int, int]]:
    """Every account and token that it has some of, but what is the governor's."""
    governor = world.addresses["Governor"] << 96
    held = world.state.collaterals.items()
    return [key for key, had in held if had != 0 and key[0] != governor]


def bring(world: World, choose: Choices, holder: int) -> Calls:
    """Some of a token, worth a few positions."""
    if not world.genesis.collateral:
        return
    token_id = choose.integer(0, len(world.genesis.collateral) - 1)
    price = max(1, market.price_of(world.state, FIRST_FEED + token_id).index)
    worth = choose.pick((1_000, 10_000, 100)) * WAD
    atoms = max(1, worth * WAD // price // unit_of(world, token_id))
    sender = holder >> 96
    yield world.by(sender, "Exchange", "deposit_collateral", holder, token_id, atoms)


@rule(
    4,
    {
        "Exchange.deposit_collateral": (
            "ok CapExceeded NotOperator OutOfBounds TokenUnknown TransferFailed "
            "ZeroAmount"
        )
    },
)
def deposit_collateral(world: World, choose: Choices) -> Calls:
    """A token comes in, up to its cap."""
    holder = any_holder(world, choose)
    if choose.chance(50):
        yield from bring(world, choose, holder)
        return
    token_id = any_token(world, choose)
    code = world.state.collateral_params[token_id]
    room = 1
    if code:
        left = world.state.codes[code].cap - world.state.totals[token_id]
        room = max(0, left) // unit_of(world, token_id)
    atoms = amount(choose, room, MOST_UINT)
    sender = sender_for(world, choose, holder)
    yield world.by(sender, "Exchange", "deposit_collateral", holder, token_id, atoms)


@rule(
    4,
    {
        "Exchange.withdraw_collateral": (
            "ok BelowInitialMargin NotOperator OutOfBounds TooLittleCash "
            "TooLittleCollateral ZeroAmount"
        )
    },
)
def withdraw_collateral(world: World, choose: Choices) -> Calls:
    """A token goes out, up to what the margin allows."""
    held = held_tokens(world)
    holder, token_id = any_holder(world, choose), any_token(world, choose)
    if held and choose.chance(85):
        holder, token_id = choose.pick(held)
    needed = [key for key in held if world.state.accounts[key[0]].positions]
    if needed and choose.chance(50):
        holder, token_id = choose.pick(needed)
    sender = sender_for(world, choose, holder)
    receiver = any_sender(world, choose)

    def taken(atoms: int) -> Action:
        return world.by(
            sender,
            "Exchange",
            "withdraw_collateral",
            holder,
            token_id,
            atoms,
            receiver,
        )

    most = world.state.collaterals[holder, token_id] // unit_of(world, token_id)
    boundary = most
    if most and choose.chance(50):
        boundary = world.largest(taken, 1, most)
    yield taken(amount(choose, boundary, MOST_UINT))


@rule(
    6,
    {
        "Exchange.buy_collateral": (
            "ok NotInDebt OutOfBounds PriceInvalid SaleTooLarge TokenUnknown "
            "TooLittleCollateral ZeroAmount"
        )
    },
)
def buy_collateral(world: World, choose: Choices) -> Calls:
    """Somebody buys a token of who is in debt, or tries."""
    state = world.state
    held = held_tokens(world)
    floor = market.load_risk(state).debt.floor
    owing = [
        key
        for key in held
        if (has := state.accounts[key[0]]).cash < -(floor if has.positions else 0)
    ]
    if not owing and choose.chance(95):
        return
    holder, token_id = any_holder(world, choose), any_token(world, choose)
    if owing and choose.chance(90):
        holder, token_id = choose.pick(owing)
    elif held and choose.chance(70):
        holder, token_id = choose.pick(held)
    yield from bought(world, choose, holder, token_id)


def bought(world: World, choose: Choices, holder: int, token_id: int) -> Calls:
    """As much as is sold, or about that."""
    buyer = world.actors["keeper"] if choose.chance(80) else any_sender(world, choose)

    def sale(atoms: int) -> Action:
        return world.by(buyer, "Exchange", "buy_collateral", holder, token_id, atoms)

    most = world.state.collaterals[holder, token_id] // unit_of(world, token_id)
    boundary = world.largest(sale, 1, most) if most else 1
    call = sale(amount(choose, boundary, MOST_UINT))
    yield from sparing(world, choose, call, 60)


@rule(5)
def make_debt(world: World, choose: Choices) -> Calls:
    """Who has tokens loses, the loss is settled, and the token is sold."""
    state = world.state
    exposed = [
        (holder, market_id)
        for holder, market_id in world.positions()
        if state.accounts[holder].tokens
    ]
    if not exposed:
        return
    holder, market_id = choose.pick(exposed)
    size = state.positions[holder, market_id].size
    index = market.price_of(state, market_id).index
    percent = choose.integer(75, 99) if size > 0 else choose.integer(101, 125)
    price = max(1, min(index * percent // 100, 2**95 - 1))
    yield from round_at(world, choose, market_id, price)
    yield world.by("keeper", "Exchange", "settle", holder, market_id)
    if choose.chance(40):
        more = max(1, abs(size) // choose.pick((1_000, 100, 10)))
        delta = more if size > 0 else -more
        yield limited(world, choose, holder >> 96, holder, market_id, delta)
    if (holder, market_id) in world.at_risk():
        yield world.by("keeper", "Exchange", "liquidate", holder, market_id)
    for token_id in range(len(world.genesis.collateral)):
        if state.accounts[holder].tokens >> token_id & 1:
            yield from bought(world, choose, holder, token_id)


@rule(3)
def depeg(world: World, choose: Choices) -> Calls:
    """A token falls, to next to nothing perhaps, while accounts owe."""
    if not world.genesis.collateral:
        return
    token_id = choose.integer(0, len(world.genesis.collateral) - 1)
    feed_id = FIRST_FEED + token_id
    for _ in range(choose.integer(1, 5)):
        index = market.price_of(world.state, feed_id).index
        price = max(1, index * choose.integer(30, 95) // 100)
        yield from round_at(world, choose, feed_id, price)
        world.now += choose.pick((1, 60, 900))
    for holder, each in held_tokens(world):
        if each == token_id and world.state.accounts[holder].cash < 0:
            sender = any_sender(world, choose)
            yield world.by(sender, "Exchange", "cover_shortfall", holder)
    for holder, market_id in world.at_risk():
        if world.state.positions[holder, market_id].size != 0:
            yield world.by("keeper", "Exchange", "liquidate", holder, market_id)


@rule(2, {"Exchange.cover_shortfall": "ok"})
def cover_shortfall(world: World, choose: Choices) -> Calls:
    """Somebody asks that a debt be covered."""
    holder = any_holder(world, choose)
    yield world.by(any_sender(world, choose), "Exchange", "cover_shortfall", holder)


@rule(
    2,
    {
        "Governor.set_collateral": (
            "ok CapBelowTotal FeedUnknown NotAToken NotOwner ParameterOutOfBounds "
            "TokenChanged TokenUnknown"
        )
    },
)
def set_collateral(world: World, choose: Choices) -> Calls:
    """A token changes its parameters, or another would be collateral."""
    state = world.state
    token_id = any_token(world, choose)
    code = state.feed_params[FIRST_FEED + token_id] if token_id < MAX_TOKENS else 0
    price = state.codes[code].ceiling_price // 500 if code else WAD
    others = (0, world.actors["owner"], world.addresses["Token4"])
    own = world.addresses[f"Token{token_id + 1}"] if token_id < MAX_TOKENS else 0
    token = choose.pick(others) if choose.chance(10) else own
    decimals = decimals_of(world, token_id if token == own else MAX_TOKENS - 1)
    params = configuration.collateral_params(choose, decimals, max(1, price))
    cap = params.cap
    if choose.chance(10):
        cap = max(1, state.totals[token_id] + choose.integer(-1, 1))
    words = tuple(words_of(replace(params, token=token, cap=cap)))
    if choose.chance(25):
        words = (words[0], *spoiled(choose, words[1:]))
    sender = governing(world, choose)
    call = world.by(sender, "Governor", "set_collateral", token_id, *words)
    yield from sparing(world, choose, call, 60)


@rule(2, {"Governor.collect_collateral": "ok NotOwner TooLittleCollateral ZeroAmount"})
def collect_collateral(world: World, choose: Choices) -> Calls:
    """The owner takes what was seized."""
    state = world.state
    token_id = any_token(world, choose)
    seized = [number for number in state.totals if seized_atoms(world, number) > 0]
    if not seized and choose.chance(90):
        return
    if seized and choose.chance(80):
        token_id = choose.pick(seized)
    atoms = amount(choose, seized_atoms(world, token_id), MOST_UINT)
    receiver = any_sender(world, choose)
    sender = governing(world, choose)
    if choose.chance(2):
        receiver = MOST_ADDRESS
    call = world.by(sender, "Governor", "collect_collateral", token_id, receiver, atoms)
    yield from sparing(world, choose, call, 50)
