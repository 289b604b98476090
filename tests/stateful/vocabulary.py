"""
The vocabulary: every way in which anybody may call the contracts.

A rule is a generator of calls: each is made before the next is asked for, so that a
rule can look at what came of it. Numbers are drawn by mode, and the boundaries are
solved from the model: a fault that shows on one wei only is met on that wei.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from protocol import market, sides
from protocol.feed import MAX_REPORTERS
from protocol.fixed_point import WAD
from protocol.model import Outcome
from protocol.trace import Action, genesis_actions, words_of
from tests.stateful import configuration
from tests.stateful.choices import Choices, weighted
from tests.stateful.world import ISOLATED, World

Calls = Iterator[Action]
Rule = Callable[[World, Choices], Calls]
RULES: list[tuple[Rule, int]] = []

MOST_UINT = 2**256 - 1
MOST_INT = 2**255 - 1
LEAST_INT = -(2**255)
MOST_ADDRESS = 2**160 - 1
HOUR, DAY = 3_600, 86_400
SIDES = (1, -1)


def rule(weight: int) -> Callable[[Rule], Rule]:
    """Put a rule into the vocabulary with so much weight."""

    def added(function: Rule) -> Rule:
        RULES.append((function, weight))
        return function

    return added


def burst(world: World, choose: Choices) -> Calls:
    """Some time passes, prices follow mostly, and somebody does something."""
    pass_time(world, choose)
    if choose.chance(15):
        yield from calm(world, choose)
    if choose.chance(75) and is_stale(world):
        yield from all_rounds(world, choose)
    yield from weighted(choose, RULES)(world, choose)


def opening(world: World, choose: Choices) -> Calls:
    """The calls before the first: money, prices, and everybody at their places."""
    addresses = world.addresses
    yield from genesis_actions(world.genesis, addresses)
    fortune = configuration.FORTUNE * 10**world.genesis.decimals
    yield world.by("stranger", "Token", "mint", world.actors["forwarder"], fortune)
    exchange = addresses["Exchange"]
    yield world.by("forwarder", "Token", "approve", exchange, MOST_UINT)
    for market_id, each in enumerate(world.genesis.markets):
        yield from round_at(world, choose, market_id, configuration.first_price(each))
    unit = 10**world.genesis.decimals
    yield world.by("provider", "Vault", "enter", choose.pick((10**6, 10**4)) * unit, 0)
    yield world.by("owner", "Exchange", "fund_insurance", 1_000 * unit)
    for name, sub in ISOLATED:
        yield world.by(name, "Exchange", "set_margin_mode", world.holder(name, sub), 1)
    for holder in world.holders:
        atoms = choose.pick((10_000, 1_000, 100_000)) * unit
        sender = holder >> 96
        yield world.by(sender, "Exchange", "deposit", holder, atoms)
    operator = world.actors["operator"]
    for name in ("trader_1", "forwarder"):
        yield world.by(name, "Exchange", "set_operator", operator, 1)


def amount(choose: Choices, boundary: int, most: int) -> int:
    """A natural number by mode, around the boundary of what is allowed."""
    mode = choose.integer(0, 19)
    if mode < 11:
        return choose.integer(min(1, boundary), max(1, boundary))
    if mode < 14:
        return boundary
    if mode < 16:
        return min(boundary + 1, most)
    if mode == 16:
        return max(boundary - 1, 0)
    if mode == 17:
        return 0
    if mode == 18:
        return most
    return choose.integer(0, most)


def any_sender(world: World, choose: Choices) -> int:
    """Anybody."""
    return choose.pick(world.senders)


def any_holder(world: World, choose: Choices) -> int:
    """An account, of somebody mostly."""
    if choose.chance(3):
        return choose.pick((0, MOST_UINT, choose.integer(0, MOST_UINT)))
    return choose.pick(world.holders)


def sender_for(world: World, choose: Choices, holder: int) -> int:
    """Who acts for an account: its owner mostly, an operator, or anybody."""
    if choose.chance(6):
        return any_sender(world, choose)
    owner = holder >> 96
    operator = world.actors["operator"]
    if world.state.operators[owner, operator] and choose.chance(15):
        return operator
    return owner


def any_market(world: World, choose: Choices) -> int:
    """A market, one that exists mostly."""
    if choose.chance(3):
        return choose.pick((world.markets, 15, 16, 255, MOST_UINT))
    return choose.integer(0, world.markets - 1)


def held_or_any(world: World, choose: Choices) -> tuple[int, int]:
    """An account and a market, in which it has a position mostly."""
    held = world.positions()
    if held and choose.chance(85):
        return choose.pick(held)
    return any_holder(world, choose), any_market(world, choose)


def pass_time(world: World, choose: Choices) -> None:
    """Let no time pass mostly, or a little, or to an edge, or much."""
    kind = choose.integer(0, 99)
    if kind < 50:
        return
    if kind < 60:
        world.now += 1
    elif kind < 82:
        world.now += 12
    elif kind < 92:
        world.now = max(world.now, edge(world, choose) + choose.integer(-1, 1))
    elif kind < 96:
        world.now += HOUR
    elif kind < 99:
        world.now += DAY
    else:
        world.now += 30 * DAY


def edge(world: World, choose: Choices) -> int:
    """A time at which something changes: staleness, the insurance window."""
    state = world.state
    market_id = choose.integer(0, world.markets - 1)
    price = market.price_of(state, market_id)
    limits = market.load_params(state, market_id).limits
    window = market.load_risk(state).insurance.window
    return choose.pick(
        (
            price.published_at + limits.trade_age,
            price.published_at + limits.risk_age,
            price.valid_until,
            state.insurance_window[()].started_at + window,
        )
    )


def is_stale(world: World) -> bool:
    """Whether a market has no price to trade at."""
    for market_id in range(world.markets):
        price = market.price_of(world.state, market_id)
        limits = market.load_params(world.state, market_id).limits
        if (
            world.now > price.valid_until
            or world.now > price.published_at + limits.trade_age
        ):
            return True
    return False


def next_price(world: World, choose: Choices, market_id: int) -> int:
    """Where the price of a market goes from where it is."""
    state = world.state
    index = market.price_of(state, market_id).index
    feed = state.codes[state.feed_params[market_id]]
    if index == 0:
        return max(feed.ceiling_price // 500, feed.floor_price + 1)
    # Far from where it began a market comes back, since sizes there mean nothing.
    home = feed.ceiling_price // 500
    if not home // 20 <= index <= home * 20:
        return home
    kind = choose.integer(0, 99)
    if kind < 30:
        return index
    if kind < 40:
        return max(1, index + choose.pick((1, -1)))
    if kind < 88:
        return max(1, index * choose.integer(9_900, 10_100) // 10_000)
    if kind < 95:
        return max(1, index * choose.integer(85, 118) // 100)
    if kind < 97:
        average = market.price_of(state, market_id).average
        beyond = average * (WAD + choose.pick(SIDES) * feed.band) // WAD
        return max(1, beyond + choose.integer(-1, 1))
    if kind < 99:
        return max(1, choose.pick((index // 2, index * 2)))
    bound = choose.pick((feed.floor_price, feed.ceiling_price))
    return max(1, bound + choose.integer(-1, 1))


def round_at(
    world: World, choose: Choices, market_id: int, price: int, spread: int = 0
) -> Calls:
    """All reporters of a market say what its price is now."""
    state = world.state
    params = state.codes[state.feed_params[market_id]]
    last = max(
        state.reports[market_id, number].published_at
        for number in range(params.reporters)
    )
    world.now = max(world.now, last + 1)
    confidence = min(price // choose.pick((2_000, 10_000, 10**9, 150)), 2**95 - 1)
    for number in range(params.reporters):
        said = min(max(1, price + (number - 1) * spread), 2**95 - 1)
        yield world.by(
            state.reporters[market_id, number],
            "Oracle",
            "report",
            market_id,
            number,
            said,
            confidence,
            world.now,
        )


def all_rounds(world: World, choose: Choices) -> Calls:
    """A new round for every market."""
    for market_id in range(world.markets):
        price = next_price(world, choose, market_id)
        yield from round_at(world, choose, market_id, price)


def calm(world: World, choose: Choices) -> Calls:
    """Where a price has left its band, so much time passes that the band follows."""
    state = world.state
    for market_id in range(world.markets):
        price = market.price_of(state, market_id)
        if price.mark != price.index:
            feed = state.codes[state.feed_params[market_id]]
            for _ in range(3):
                world.now += feed.averaging_time
                yield from round_at(world, choose, market_id, price.index)


@rule(7)
def one_round(world: World, choose: Choices) -> Calls:
    """A new round for one market; its reporters may disagree."""
    market_id = choose.integer(0, world.markets - 1)
    price = next_price(world, choose, market_id)
    spread = choose.pick((0, price // 10_000, 1, price // 200))
    yield from round_at(world, choose, market_id, price, spread)


@rule(5)
def one_report(world: World, choose: Choices) -> Calls:
    """One reporter speaks, or somebody in its place; perhaps not as it should."""
    state = world.state
    market_id = any_market(world, choose)
    number = choose.integer(0, 2)
    if choose.chance(3):
        number = choose.pick((MAX_REPORTERS - 1, MAX_REPORTERS, MOST_UINT))
    sender = state.reporters[market_id, number]
    if sender == 0 or choose.chance(10):
        sender = any_sender(world, choose)
    price = WAD
    max_age = 600
    if market_id < world.markets:
        price = next_price(world, choose, market_id)
        max_age = state.codes[state.feed_params[market_id]].max_age
    if choose.chance(10):
        bounds = (0, -1, 2**95 - 1, 2**95, MOST_INT, LEAST_INT)
        price = choose.pick(bounds)
    confidences = (0, 1, abs(price) // 1_000, -1, 2**95 - 1, 2**95, LEAST_INT)
    last = state.reports[market_id, number].published_at
    times = (
        (world.now, 8),
        (world.now + 1, 1),
        (last, 1),
        (last + 1, 1),
        (world.now - max_age, 1),
        (world.now - max_age - 1, 1),
        (0, 1),
        (MOST_UINT, 1),
    )
    yield world.by(
        sender,
        "Oracle",
        "report",
        market_id,
        number,
        price,
        confidences[choose.integer(0, 3) if choose.chance(80) else 4],
        max(0, weighted(choose, times)),
    )


@rule(5)
def deposit(world: World, choose: Choices) -> Calls:
    """Collateral comes in."""
    holder = any_holder(world, choose)
    sender = sender_for(world, choose, holder)
    balance = world.state.balances[sender]
    unit = 10**world.genesis.decimals
    ordinary = choose.integer(1, 20_000 * unit)
    atoms = ordinary if choose.chance(60) else amount(choose, balance, MOST_UINT)
    if atoms == balance and choose.chance(80):
        # All that somebody has: it would not be there for anything else.
        atoms = balance + 1
    yield world.by(sender, "Exchange", "deposit", holder, atoms)


@rule(6)
def withdraw(world: World, choose: Choices) -> Calls:
    """Collateral goes out, up to what the account's statement allows."""
    holder = any_holder(world, choose)
    free = world.statement(holder).free_collateral // world.state.scale
    atoms = amount(choose, free, MOST_UINT)
    receiver = any_sender(world, choose)
    sender = sender_for(world, choose, holder)
    yield world.by(sender, "Exchange", "withdraw", holder, atoms, receiver)


@rule(30)
def trade(world: World, choose: Choices) -> Calls:
    """A position is opened or grows, or shrinks, or turns over."""
    holder = any_holder(world, choose)
    market_id = any_market(world, choose)
    held = world.positions()
    if held and choose.chance(50):
        holder, market_id = choose.pick(held)
    size = world.state.positions[holder, market_id].size
    if market_id >= world.markets:
        delta = choose.pick((WAD, -WAD))
    elif size != 0 and choose.chance(60):
        delta = reducing(world, choose, holder, market_id, size)
    else:
        delta = growing(world, choose, holder, market_id, size)
    sender = sender_for(world, choose, holder)
    yield limited(world, choose, sender, holder, market_id, delta)


def limited(
    world: World, choose: Choices, sender: int, holder: int, market_id: int, delta: int
) -> Action:
    """A trade, with a limit that is generous mostly, or exactly what it fills at."""
    generous = MOST_INT if delta > 0 else 0

    def at(limit: int) -> Action:
        return world.by(sender, "Exchange", "trade", holder, market_id, delta, limit)

    if choose.chance(90):
        return at(generous)
    if choose.chance(20):
        return at(choose.pick((0, LEAST_INT, MOST_INT, WAD)))
    error, fill = world.tried(at(generous))
    if error is not None:
        return at(generous)
    return at(fill.price + choose.integer(-1, 1))


def reducing(
    world: World, choose: Choices, holder: int, market_id: int, size: int
) -> int:
    """A change of a position toward zero, onto it, or through it."""
    whole = -size
    kind = choose.integer(0, 19)
    if kind < 7:
        return whole
    if kind < 12:
        return whole * choose.integer(1, 999) // 1_000
    if kind < 14:
        return whole * 2
    if kind < 16:
        return whole * choose.integer(1_000, 2_000) // 1_000
    if kind < 17:
        return whole + choose.pick((1, -1))
    # A rest of just the least value.
    price = market.price_of(world.state, market_id).index
    least = market.load_params(world.state, market_id).limits.least_value
    rest = world.ceil_size(least, price) + choose.integer(-1, 1)
    return whole + rest if size > 0 else whole - rest


def growing(
    world: World, choose: Choices, holder: int, market_id: int, size: int
) -> int:
    """A change of a position away from zero, by mode."""
    state = world.state
    params = market.load_params(state, market_id)
    price = market.price_of(state, market_id).index
    sign = choose.pick(SIDES)
    if size != 0 and choose.chance(90):
        sign = 1 if size > 0 else -1
    kind = choose.integer(0, 99)
    if kind < 82 and price > 0:
        return sign * affordable(world, choose, holder, market_id, price, size)
    if kind < 86:
        book = market.load_book(state, market_id)
        side = book.long_size if sign > 0 else -book.short_size
        skew = sides.skew(book)
        limits = params.limits
        boundary = choose.pick(
            (
                limits.max_size - abs(size),
                limits.max_open_interest - side,
                limits.max_skew - sign * skew,
            )
        )
        return sign * max(1, boundary + choose.integer(-1, 1))
    if kind < 90 and price > 0:
        least = world.ceil_size(params.limits.least_value, price)
        return sign * max(1, least + choose.integer(-1, 1))
    if kind < 93 and price > 0:
        return sign * (
            largest_open(world, holder, market_id, sign) + choose.integer(0, 1)
        )
    garbage = (0, 1, 2**95 - 1, 2**95, MOST_INT, LEAST_INT + 1)
    if kind < 98:
        return sign * choose.pick(garbage)
    return choose.pick((LEAST_INT, choose.integer(-(2**95), 2**95)))


def affordable(
    world: World, choose: Choices, holder: int, market_id: int, price: int, size: int
) -> int:
    """A size that the account's margin allows, and most likely its market too."""
    state = world.state
    params = market.load_params(state, market_id)
    whole = world.statement(holder)
    free = max(whole.strict_equity - whole.initial - whole.reserve, 0)
    most = min(
        free * WAD // params.margin.im_base * WAD // price,
        params.limits.max_size - abs(size),
        params.limits.max_skew,
    )
    least = world.ceil_size(params.limits.least_value, price)
    wanted = max(most, 1) * choose.integer(1, 95) // 100
    return max(wanted, least - abs(size), 1)


def largest_open(world: World, holder: int, market_id: int, sign: int) -> int:
    """The largest size that the account can open, found by trying."""
    limits = market.load_params(world.state, market_id).limits
    price = market.price_of(world.state, market_id).index
    limit = MOST_INT if sign > 0 else 0

    def opened(size: int) -> Action:
        return world.by(
            holder >> 96, "Exchange", "trade", holder, market_id, sign * size, limit
        )

    least = max(1, world.ceil_size(limits.least_value, price))
    return world.largest(opened, least, limits.max_size)


@rule(7)
def settle(world: World, choose: Choices) -> Calls:
    """A loss or a gain becomes cash."""
    holder, market_id = held_or_any(world, choose)
    claims = [key for key, claim in world.state.claims.items() if claim != 0]
    if claims and choose.chance(40):
        holder, market_id = choose.pick(claims)
    sender = sender_for(world, choose, holder)
    if choose.chance(20):
        sender = any_sender(world, choose)
    yield world.by(sender, "Exchange", "settle", holder, market_id)


@rule(3)
def accrue(world: World, choose: Choices) -> Calls:
    """Funding accrues, by anybody."""
    market_id = any_market(world, choose)
    yield world.by(any_sender(world, choose), "Exchange", "accrue", market_id)


@rule(6)
def liquidate(world: World, choose: Choices) -> Calls:
    """A keeper tries, on an account at risk mostly."""
    risky = world.at_risk()
    if not risky and choose.chance(85):
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
        if world.state.positions[holder, market_id].size == 0 and choose.chance(80):
            return
        yield world.by("keeper", "Exchange", "liquidate", holder, market_id)


@rule(2)
def claim_reward(world: World, choose: Choices) -> Calls:
    """A keeper takes what it has earned."""
    earners = [each for each, earned in world.state.keeper_rewards.items() if earned]
    if not earners and choose.chance(80):
        return
    sender = any_sender(world, choose)
    if earners and choose.chance(85):
        sender = choose.pick(earners)
    earned = world.state.keeper_rewards[sender] // world.state.scale
    atoms = amount(choose, earned, MOST_UINT)
    receiver = any_sender(world, choose)
    yield world.by(sender, "Exchange", "claim_reward", atoms, receiver)


@rule(2)
def fund_insurance(world: World, choose: Choices) -> Calls:
    """Somebody gives to the insurance fund."""
    sender = any_sender(world, choose)
    unit = 10**world.genesis.decimals
    atoms = choose.integer(1, 2_000 * unit)
    if choose.chance(40):
        most = (2**120 // world.state.scale, MOST_UINT)
        atoms = choose.pick((0, world.state.balances[sender] + 1, *most))
    yield world.by(sender, "Exchange", "fund_insurance", atoms)


@rule(4)
def enter(world: World, choose: Choices) -> Calls:
    """A provider comes, and asks for at least so many shares."""
    sender = any_sender(world, choose)
    if choose.chance(70):
        sender = world.actors[choose.pick(("provider", "provider_2"))]
    unit = 10**world.genesis.decimals
    atoms = choose.integer(1, 50_000 * unit)
    if choose.chance(30):
        more = world.state.balances[sender] + 1
        atoms = choose.pick((0, 1, more, more, more, 2**120 - 1, 2**120, MOST_UINT))
    call = world.by(sender, "Vault", "enter", atoms, 0)
    yield with_minimum(world, choose, call)


@rule(4)
def leave(world: World, choose: Choices) -> Calls:
    """A provider goes, with at least so many atoms."""
    sender = any_sender(world, choose)
    providers = [each for each, shares in world.state.shares.items() if shares]
    if providers and choose.chance(90):
        sender = choose.pick(providers)
    shares = world.state.shares[sender]
    if choose.chance(60):
        shares = choose.integer(shares // 50, shares // 5 + 1)
    elif choose.chance(15):

        def left(some: int) -> Action:
            return world.by(sender, "Vault", "leave", some, 0)

        shares = world.largest(left, 1, max(shares, 1)) + choose.integer(0, 1)
    else:
        shares = amount(choose, shares, MOST_INT)
        if choose.chance(10):
            shares = choose.pick((-1, LEAST_INT, MOST_INT))
    yield with_minimum(world, choose, world.by(sender, "Vault", "leave", shares, 0))


def with_minimum(world: World, choose: Choices, call: Action) -> Action:
    """The call with what it gives as the least that it may give, or a wei around."""
    if choose.chance(80):
        return call
    error, given = world.tried(call)
    if error is not None:
        return call
    least = given + choose.integer(-1, 1)
    if choose.chance(10):
        least = MOST_INT
    return replace(call, arguments=(call.arguments[0], max(0, least)))


@rule(2)
def just_in_time(world: World, choose: Choices) -> Calls:
    """A provider comes for one trade and goes again."""
    unit = 10**world.genesis.decimals
    atoms = choose.integer(1, 100_000 * unit)
    sender = world.actors["provider_2"]
    before = world.state.shares[sender]
    yield world.by(sender, "Vault", "enter", atoms, 0)
    yield from trade(world, choose)
    gained = world.state.shares[sender] - before
    if gained > 0:
        yield world.by(sender, "Vault", "leave", gained, 0)


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

    def left(shares: int) -> Action:
        return world.by(sender, "Vault", "leave", shares, 0)

    yield left(world.largest(left, 1, max(1, world.state.shares[sender])))


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
    missing = room - state.balances[sender]
    if missing > 0:
        yield world.by("stranger", "Token", "mint", sender, missing)
    holder = sender << 96
    before = state.accounts[holder].cash
    yield world.by(sender, "Exchange", "deposit", holder, room)
    gained = (state.accounts[holder].cash - before) // state.scale
    if gained > 0:
        yield world.by(sender, "Exchange", "withdraw", holder, gained, sender)


@rule(2)
def set_operator(world: World, choose: Choices) -> Calls:
    """Somebody names an operator, or no longer."""
    sender = any_sender(world, choose)
    operator = world.actors["operator"]
    if choose.chance(30):
        operator = choose.pick((*world.senders, 0, MOST_ADDRESS))
    allowed = int(choose.chance(70))
    yield world.by(sender, "Exchange", "set_operator", operator, allowed)


@rule(2)
def set_margin_mode(world: World, choose: Choices) -> Calls:
    """An account changes its mode."""
    holder = any_holder(world, choose)
    modes = (0, 1, 2, MOST_UINT)
    mode = choose.integer(0, 1) if choose.chance(85) else choose.pick(modes)
    sender = sender_for(world, choose, holder)
    yield world.by(sender, "Exchange", "set_margin_mode", holder, mode)


@rule(3)
def tokens(world: World, choose: Choices) -> Calls:
    """Tokens move outside the protocol, some of them into it for nothing."""
    state = world.state
    sender = any_sender(world, choose)
    places = (*world.senders, world.addresses["Exchange"], world.addresses["Vault"])
    receiver = choose.pick(places)
    unit = 10**world.genesis.decimals
    function = choose.pick(("mint", "approve", "transfer", "transferFrom"))
    most = state.balances[sender]
    some = choose.integer(1, 1_000 * unit)
    if function == "mint":
        room = 2**128 - state.total_supply[()]
        atoms = choose.pick((some, some, 0, room, 2**128, MOST_UINT))
        yield world.by(sender, "Token", "mint", receiver, atoms)
    elif function == "approve":
        spender = choose.pick(world.senders)
        atoms = choose.pick((0, some, MOST_UINT, 1))
        yield world.by(sender, "Token", "approve", spender, atoms)
    elif function == "transfer":
        atoms = choose.pick((some, 0, most + 1, MOST_UINT, some))
        yield world.by(sender, "Token", "transfer", receiver, atoms)
    else:
        allowed = [
            pair
            for pair, atoms in state.allowances.items()
            if atoms and pair[1] in world.names
        ]
        owner, spender = any_sender(world, choose), sender
        if allowed and choose.chance(80):
            owner, spender = choose.pick(allowed)
        boundary = min(state.allowances[owner, spender], state.balances[owner])
        atoms = min(some, boundary) if choose.chance(50) else boundary + 1
        yield world.by(spender, "Token", "transferFrom", owner, receiver, atoms)


@rule(1)
def approval_ends(world: World, choose: Choices) -> Calls:
    """Somebody pays without having allowed it, and allows it again."""
    sender = any_sender(world, choose)
    exchange = world.addresses["Exchange"]
    yield world.by(sender, "Token", "approve", exchange, choose.pick((0, 1)))
    holder = sender << 96
    yield world.by(sender, "Exchange", "deposit", holder, 2)
    yield world.by(sender, "Token", "approve", exchange, MOST_UINT)


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


@rule(2)
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
    words = tuple(words_of(configuration.market_params(choose, max(1, price))))
    if choose.chance(35):
        words = spoiled(choose, words)
    sender = governing(world, choose)
    yield world.by(sender, "Governor", "set_market", market_id, *words)


@rule(1)
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
    reporters += [0] * (MAX_REPORTERS - count)
    words = (*words_of(params), *reporters)
    if choose.chance(35):
        words = spoiled(choose, words[:-MAX_REPORTERS]) + words[-MAX_REPORTERS:]
        if choose.chance(20):
            words = (*words[:-1], world.actors["owner"])
    yield world.by(governing(world, choose), "Governor", "set_feed", market_id, *words)


@rule(1)
def set_risk(world: World, choose: Choices) -> Calls:
    """What holds for all accounts changes."""
    words = tuple(words_of(configuration.risk_params(choose)))
    if choose.chance(30):
        words = spoiled(choose, words)
    yield world.by(governing(world, choose), "Governor", "set_risk", *words)


@rule(1)
def collect_treasury(world: World, choose: Choices) -> Calls:
    """The owner takes what the treasury has."""
    treasury = world.state.funds[()].treasury // world.state.scale
    atoms = amount(choose, treasury, MOST_UINT)
    receiver = any_sender(world, choose)
    sender = governing(world, choose)
    yield world.by(sender, "Governor", "collect_treasury", receiver, atoms)


@rule(2)
def hand_over(world: World, choose: Choices) -> Calls:
    """The owner names another, who takes it; or somebody tries."""
    named = world.actors[choose.pick(("owner", "heir"))]
    if choose.chance(10):
        named = choose.pick((0, MOST_ADDRESS, *world.senders))
    yield world.by(governing(world, choose), "Governor", "offer_ownership", named)
    pending = world.state.pending_owner[()]
    taker = pending
    if pending not in world.names or choose.chance(30):
        taker = any_sender(world, choose)
    if taker in (world.actors["owner"], world.actors["heir"]) or choose.chance(20):
        yield world.by(taker, "Governor", "take_ownership")


@rule(2)
def privileged(world: World, choose: Choices) -> Calls:
    """Somebody calls what only another contract may call."""
    sender = any_sender(world, choose)
    to, function, count = choose.pick(PRIVILEGED)
    some = (0, 1, sender, world.state.market_params[0])
    arguments = [choose.pick(some) for _ in range(count)]
    yield world.by(sender, to, function, *arguments)


# What only one other contract may call, and how many words it takes.
PRIVILEGED = (
    ("Exchange", "enter_vault", 2),
    ("Exchange", "leave_vault", 2),
    ("Exchange", "set_market", 2),
    ("Exchange", "set_risk", 1),
    ("Exchange", "collect_treasury", 2),
    ("Oracle", "set_feed", 2 + MAX_REPORTERS),
)


@rule(6)
def look(world: World, choose: Choices) -> Calls:
    """Somebody reads."""
    holder, market_id = held_or_any(world, choose)
    if choose.chance(50):
        holder, market_id = any_holder(world, choose), any_market(world, choose)
    who, other = any_sender(world, choose), any_sender(world, choose)
    rounds = world.state.heads[market_id].rounds
    numbers = (0, rounds - 1, rounds, rounds - 64, rounds - 65, MOST_UINT)
    number = max(0, choose.pick(numbers))
    to, function, arguments = choose.pick(
        every_view(holder, market_id, who, other, number)
    )
    yield world.by(any_sender(world, choose), to, function, *arguments)


def every_view(
    holder: int, market_id: int, who: int, other: int, number: int
) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
    """Each view there is, about these."""
    return (
        ("Exchange", "account_of", (holder,)),
        ("Exchange", "position_of", (holder, market_id)),
        ("Exchange", "claim_of", (holder, market_id)),
        ("Exchange", "standing_of", (holder,)),
        ("Exchange", "market_of", (market_id,)),
        ("Exchange", "books", ()),
        ("Exchange", "params_of", (market_id,)),
        ("Exchange", "reward_of", (who,)),
        ("Lens", "statement_of", (holder,)),
        ("Oracle", "price", (market_id,)),
        ("Oracle", "round_of", (market_id, number)),
        ("Oracle", "params_of", (market_id,)),
        ("Vault", "nav", ()),
        ("Vault", "shares_of", (who,)),
        ("Vault", "supply", ()),
        ("Governor", "owner", ()),
        ("Token", "balanceOf", (who,)),
        ("Token", "allowance", (who, other)),
        ("Token", "totalSupply", ()),
        ("Token", "decimals", ()),
    )


def views_of(world: World) -> Callable[[Action, Outcome], Iterable[Action]]:
    """For lockstep: every view about the account and the market that a call was of."""

    def views(action: Action, outcome: Outcome) -> Iterator[Action]:
        numbers = [word for word in action.arguments[:2] if word >= 0]
        holder, market_id = world.holders[0], 0
        if numbers and numbers[0] >> 96:
            holder = numbers[0]
        if len(numbers) > 1 and numbers[1] < 16:
            market_id = numbers[1]
        elif numbers and numbers[0] < 16:
            market_id = numbers[0]
        who = action.sender
        number = max(0, world.state.heads[market_id].rounds - 1)
        for to, function, arguments in every_view(
            holder, market_id, who, world.addresses["Exchange"], number
        ):
            yield Action(to, function, who, action.now, arguments)

    return views
