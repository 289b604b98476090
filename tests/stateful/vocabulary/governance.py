"""
Parameters change, and the owner; others try what is not theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from protocol import parameters
from protocol.fixed_point import WAD
from protocol.governance import REST
from protocol.parameters import ACTIVE, HALTED, REDUCE_ONLY, MarketParams
from protocol.quorum import MAX_REPORTERS
from protocol.trace import shape, words_of
from tests.stateful import configuration
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_ADDRESS,
    MOST_INT,
    MOST_UINT,
    amount,
    any_market,
    any_sender,
    sparing,
)
from tests.stateful.vocabulary.payout import changed_to, chosen_in, in_mode
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World

# What only one other contract may call, how many words it takes, and which may.
PRIVILEGED = (
    ("Exchange", "escrow_deposit", 2, "Vault"),
    ("Exchange", "return_deposit", 2, "Vault"),
    ("Exchange", "enter_vault", 1, "Vault"),
    ("Exchange", "leave_vault", 2, "Vault"),
    ("Exchange", "hold_order", 8, "Orders"),
    ("Exchange", "release_order", 5, "Orders"),
    ("Exchange", "fill_order", 6, "Orders"),
    ("Exchange", "set_market", 2, "Governor"),
    ("Exchange", "settle_market", 2, "Governor"),
    ("Exchange", "set_risk", 1, "Governor"),
    ("Exchange", "collect_treasury", 1, "Governor"),
    ("Exchange", "set_collateral", 2, "Governor"),
    ("Oracle", "set_feed", 2 + MAX_REPORTERS, "Governor"),
    ("Oracle", "close_feed", 1, "Governor"),
)


# What the council may move, and which way; the fee is none of it.
WAYS = (
    ("limits", "max_skew", -1),
    ("limits", "max_open_interest_value", -1),
    ("limits", "max_size", -1),
    ("limits", "max_confidence", -1),
    ("limits", "mode", 1),
    ("margin", "im_base", 1),
    ("margin", "im_slope", 1),
    ("margin", "oi_lower", -1),
    ("margin", "maintenance_fraction", 1),
    ("fee", "taker", 0),
)


def governing(world: World, choose: Choices) -> int:
    """The owner mostly, or anybody."""
    if choose.chance(70):
        return world.state.owner[()]
    return any_sender(world, choose)


def spoiled(choose: Choices, words: Iterable[int]) -> tuple[int, ...]:
    """The words with one of them as it may not be, or as it may just be."""
    changed = list(words)
    place = choose.integer(0, len(changed) - 1)
    values = (0, 1, 2**60, 2**60 + 1, 2**95, 2**120, MOST_INT)
    changed[place] = choose.pick(values)
    return tuple(changed)


@rule(5, {"Governor.set_market": "ok FeedUnknown NotOwner ParameterOutOfBounds"})
def set_market(world: World, choose: Choices) -> Calls:
    """A market changes its parameters, or a new one starts."""
    state = world.state
    market_id = choose.integer(0, world.markets - 1)
    if choose.chance(8) and world.markets < 4:
        market_id = world.markets
        yield from set_feed_of(world, choose, market_id)
    elif choose.chance(5):
        market_id = choose.pick((world.markets, world.markets + 1, 16, MOST_UINT))
    code = state.feed_params[market_id]
    price = state.codes[code].ceiling_price // 500 if code else WAD
    params = configuration.market_params(choose, max(1, price))
    if code and state.codes[code].expiry.expires_at and choose.chance(80):
        params = configuration.unfunded(params)
    words = tuple(words_of(params))
    if choose.chance(55):
        words = spoiled(choose, words)
    sender = governing(world, choose)
    yield world.by(sender, "Governor", "set_market", market_id, *words)


@rule(
    3,
    {
        "Governor.set_market": "ok NotOwner",
        "Exchange.trade": "MarketHalted MarketOnlyReduces",
        "Exchange.settle": "MarketHalted",
        "Exchange.withdraw": "MarketHalted",
        "Exchange.deleverage": "MarketHalted",
        "Vault.execute": "MarketHalted",
    },
)
def set_mode(world: World, choose: Choices) -> Calls:
    """A market is held up, somebody tries what it may not allow, and it goes on."""
    market_id = choose.integer(0, world.markets - 1)
    params = chosen_in(world, market_id)
    mode = choose.pick((REDUCE_ONLY, HALTED))
    held_up = changed_to(world, market_id, in_mode(params, mode))
    yield replace(held_up, sender=governing(world, choose))
    for _ in range(choose.integer(0, 4)):
        yield from tried_in(world, choose, market_id)
    if choose.chance(85):
        params = chosen_in(world, market_id)
        yield changed_to(world, market_id, in_mode(params, ACTIVE))


def tried_in(world: World, choose: Choices, market_id: int) -> Calls:
    """A call that the mode of a market may refuse, or one that it never does."""
    state = world.state
    held = [key[0] for key in world.positions() if key[1] == market_id]
    holder = choose.pick(held or world.holders)
    owner, size = holder >> 96, state.positions[holder, market_id].size
    kind = choose.integer(0, 6)
    if kind < 2:
        some = abs(size) // 2 or WAD
        delta = choose.pick((some, -some, -size or some))
        limit = MOST_INT if delta > 0 else 0
        words = (holder, market_id, delta, limit)
        yield world.by(owner, "Exchange", "trade", *words)
    elif kind == 2:
        yield world.by(owner, "Exchange", "settle", holder, market_id)
    elif kind == 3:
        yield world.by(owner, "Exchange", "withdraw", holder, 1, owner)
    elif kind == 4:
        words = (holder, market_id, max(1, abs(size)))
        yield world.by("keeper", "Exchange", "deleverage", *words)
    elif kind == 5:
        yield world.by("keeper", "Exchange", "liquidate", holder, market_id)
    else:
        waiting = [each for each, kept in state.requests.items() if kept.amount]
        number = choose.pick(waiting) if waiting else 0
        yield world.by("keeper", "Vault", "execute", number)


@rule(
    2,
    {
        "Governor.appoint_council": "ok NotOwner",
        "Governor.appoint_guardian": "ok NotOwner",
    },
)
def appoint(world: World, choose: Choices) -> Calls:
    """The owner names a council or a guardian, or somebody tries."""
    role = choose.pick(("council", "guardian"))
    named = world.actors[choose.pick(("heir", "operator", "keeper"))]
    if choose.chance(10):
        named = choose.pick((0, MOST_ADDRESS, *world.senders))
    # Others who appoint here are the owner always.
    sender = any_sender(world, choose) if choose.chance(40) else world.state.owner[()]
    yield world.by(sender, "Governor", f"appoint_{role}", named)


def appointed(world: World, choose: Choices, role: str) -> Calls:
    """Somebody has a role."""
    if getattr(world.state, role)[()] not in world.names:
        named = world.actors[choose.pick(("heir", "operator", "keeper"))]
        owner = world.state.owner[()]
        yield world.by(owner, "Governor", f"appoint_{role}", named)


def acting(world: World, choose: Choices, role: str) -> int:
    """Who has a role mostly, or anybody."""
    if choose.chance(85):
        sender: int = getattr(world.state, role)[()]
        return sender
    return any_sender(world, choose)


@rule(3, {"Governor.pause_market": "ok MarketUnknown NotGuardian PausedLately"})
def pause_market(world: World, choose: Choices) -> Calls:
    """The guardian pauses a market, as soon as it may, or a little sooner."""
    yield from appointed(world, choose, "guardian")
    market_id = any_market(world, choose)
    code = world.state.market_params[market_id]
    if code and choose.chance(80):
        record = parameters.record_in(world.state, code)
        soon = record.interim.paused_until + REST - choose.pick((0, 0, 0, 1))
        world.now = max(world.now, soon)
    sender = acting(world, choose, "guardian")
    yield world.by(sender, "Governor", "pause_market", market_id)
    if market_id < world.markets:
        for _ in range(choose.integer(0, 3)):
            yield from tried_in(world, choose, market_id)


@rule(3, {"Governor.tighten_market": "ok MarketUnknown NotCouncil NotTighter"})
def tighten_market(world: World, choose: Choices) -> Calls:
    """The council tightens what it may, or loosens it, and the owner undoes it."""
    yield from appointed(world, choose, "council")
    market_id = choose.integer(0, world.markets - 1)
    usual = params = chosen_in(world, market_id)
    for _ in range(choose.integer(1, 3)):
        params = tightened(choose, params)
    if choose.chance(8):
        market_id = world.markets
    sender = acting(world, choose, "council")
    words = tuple(words_of(params))
    yield world.by(sender, "Governor", "tighten_market", market_id, *words)
    if market_id < world.markets and choose.chance(50):
        world.now += choose.pick((0, 1, 3_600, 86_399, 86_400))
        yield changed_to(world, market_id, usual)


@rule(1)
def rescale(world: World, choose: Choices) -> Calls:
    """The owner makes the premium of a market steeper or flatter."""
    market_id = choose.integer(0, world.markets - 1)
    params = chosen_in(world, market_id)
    scale = params.pricing.skew_scale * choose.pick((9, 11)) // 10
    pricing = replace(params.pricing, skew_scale=scale)
    yield changed_to(world, market_id, replace(params, pricing=pricing))


def tightened(choose: Choices, params: MarketParams) -> MarketParams:
    """The parameters with one of them a little tighter, or, seldom, looser."""
    group, name, way = choose.pick(WAYS)
    record: Any = getattr(params, group)
    value = getattr(record, name)
    part = choose.pick((1, value // 10, value // 3))
    if name == "mode":
        part = choose.pick((0, 0, 1))
    if choose.chance(12):
        way = -way
    changed = replace(record, **{name: max(0, value + way * part)})
    return replace(params, **{group: changed})


@rule(
    1,
    {"Governor.set_feed": "ok BadReporters ExpiryFixed NotOwner ParameterOutOfBounds"},
)
def set_feed(world: World, choose: Choices) -> Calls:
    """A feed changes its parameters or its reporters."""
    market_id = choose.integer(0, world.markets - 1)
    yield from set_feed_of(world, choose, market_id)


def set_feed_of(world: World, choose: Choices, market_id: int) -> Calls:
    """A feed gets parameters, and reporters who are not all the old ones."""
    state = world.state
    code = state.feed_params[market_id]
    price = state.codes[code].ceiling_price // 500 if code else 2_000 * WAD
    count = choose.pick((3, 3, 4, 1))
    names = ("reporter_1", "reporter_2", "reporter_3", "stranger")
    reporters = [world.actors[name] for name in names[:count]]
    params = configuration.feed_params(choose, count, price)
    if code:
        params = replace(params, expiry=state.codes[code].expiry)
    if choose.chance(12):
        params = replace(params, expiry=configuration.expiry_params(choose))
    if choose.chance(20):
        reporters[-1] = configuration.AGGREGATOR
    reporters += [0] * (MAX_REPORTERS - count)
    words = (*words_of(params), *reporters)
    if choose.chance(35):
        words = spoiled(choose, words[:-MAX_REPORTERS]) + words[-MAX_REPORTERS:]
        if choose.chance(20):
            words = (*words[:-1], world.actors["owner"])
    yield world.by(governing(world, choose), "Governor", "set_feed", market_id, *words)


@rule(2, {"Governor.set_risk": "ok CallAboveInitial NotOwner ParameterOutOfBounds"})
def set_risk(world: World, choose: Choices) -> Calls:
    """What holds for all accounts changes."""
    words = tuple(words_of(configuration.risk_params(choose)))
    if choose.chance(30):
        words = spoiled(choose, words)
    call = world.by(governing(world, choose), "Governor", "set_risk", *words)
    yield from sparing(world, choose, call, 35)


@rule(
    2,
    {
        "Governor.collect_treasury": (
            "ok NotOwner OutOfBounds TreasuryTooSmall ZeroAmount"
        )
    },
)
def collect_treasury(world: World, choose: Choices) -> Calls:
    """The owner takes what the treasury has."""
    treasury = world.state.funds[()].treasury // world.state.scale
    atoms = amount(choose, treasury, MOST_UINT)
    receiver = any_sender(world, choose)
    sender = governing(world, choose)
    call = world.by(sender, "Governor", "collect_treasury", receiver, atoms)
    yield from sparing(world, choose, call, 50)


@rule(2, {"Governor.offer_ownership": "ok NotOwner"})
def offer_ownership(world: World, choose: Choices) -> Calls:
    """The owner names another, or somebody tries, and mostly that one takes it."""
    named = world.actors[choose.pick(("owner", "heir"))]
    if choose.chance(10):
        named = choose.pick((0, MOST_ADDRESS, *world.senders))
    yield world.by(governing(world, choose), "Governor", "offer_ownership", named)
    if choose.chance(80):
        yield from take_ownership(world, choose)


@rule(1, {"Governor.take_ownership": "ok NotOwner"})
def take_ownership(world: World, choose: Choices) -> Calls:
    """Who was named takes the ownership, or somebody tries."""
    pending = world.state.pending_owner[()]
    taker = pending
    if pending not in world.names or choose.chance(30):
        taker = any_sender(world, choose)
    if taker in (world.actors["owner"], world.actors["heir"]) or choose.chance(20):
        yield world.by(taker, "Governor", "take_ownership")


@rule(
    2,
    {
        f"{to}.{function}": f"Not{neighbour}"
        for to, function, _, neighbour in PRIVILEGED
    },
)
def privileged(world: World, choose: Choices) -> Calls:
    """Somebody calls what only another contract may call."""
    sender = any_sender(world, choose)
    to, function, count, _ = choose.pick(PRIVILEGED)
    some = (0, 1, sender, world.state.market_params[0])
    kinds = [kind for _, kind in shape(to, function)]
    truths = [kind is bool for kind in kinds] + [False] * (count - len(kinds))
    arguments = [choose.pick(some[:2] if truth else some) for truth in truths]
    yield world.by(sender, to, function, *arguments)
