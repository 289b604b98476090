"""
Positions change, and what they gained or lost becomes cash.
"""

from __future__ import annotations

from protocol import market, sides
from protocol.account import ISOLATED
from protocol.fixed_point import WAD
from protocol.trace import Action
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    LEAST_INT,
    MOST_INT,
    SIDES,
    any_holder,
    any_market,
    any_sender,
    held_or_any,
    sender_for,
)
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World


@rule(
    30,
    {
        "Exchange.trade": (
            "ok BelowInitialMargin EquityNegative IsolatedAccount LimitExceeded "
            "MarketUnknown NotOperator OnlyByOrder OpenInterestTooLarge OutOfBounds "
            "PositionTooLarge PositionTooSmall PriceInvalid PriceStale PriceTripped "
            "PriceUncertain RiskNotReduced SkewTooLarge ZeroSize"
        )
    },
)
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


@rule(1, {"Exchange.trade": "IsolatedAccount"})
def spread_out(world: World, choose: Choices) -> Calls:
    """An isolated account asks for a position in another market."""
    accounts = world.state.accounts
    held = [key for key in world.positions() if accounts[key[0]].mode == ISOLATED]
    if not held or world.markets == 1:
        return
    holder, market_id = choose.pick(held)
    other = (market_id + choose.integer(1, world.markets - 1)) % world.markets
    delta = growing(world, choose, holder, other, 0)
    yield limited(world, choose, holder >> 96, holder, other, delta)


@rule(1, {"Exchange.trade": "EquityNegative RiskNotReduced"})
def shave(world: World, choose: Choices) -> Calls:
    """An account at risk closes next to nothing of a position, or all but that."""
    risky = world.at_risk()
    if not risky:
        return
    holder, market_id = choose.pick(risky)
    size = world.state.positions[holder, market_id].size
    some = choose.pick((1, abs(size) // 1_000 + 1, abs(size)))
    delta = -some if size > 0 else some
    yield limited(world, choose, holder >> 96, holder, market_id, delta)


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
    least = market.load_params(world.state, market_id, world.now).limits.least_value
    rest = world.ceil_size(least, price) + choose.integer(-1, 1)
    return whole + rest if size > 0 else whole - rest


def growing(
    world: World, choose: Choices, holder: int, market_id: int, size: int
) -> int:
    """A change of a position away from zero, by mode."""
    state = world.state
    params = market.load_params(state, market_id, world.now)
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
    params = market.load_params(state, market_id, world.now)
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
    """The largest size that an account can open, by trying; 0 without a price."""
    limits = market.load_params(world.state, market_id, world.now).limits
    price = market.price_of(world.state, market_id).index
    if price == 0:
        return 0
    limit = MOST_INT if sign > 0 else 0

    def opened(size: int) -> Action:
        return world.by(
            holder >> 96, "Exchange", "trade", holder, market_id, sign * size, limit
        )

    least = max(1, world.ceil_size(limits.least_value, price))
    return world.largest(opened, least, limits.max_size)


@rule(
    7,
    {
        "Exchange.settle": (
            "ok MarketUnknown NothingToSettle NotOperator PriceInvalid PriceStale "
            "PriceTripped PriceUncertain VaultTooSmall"
        )
    },
)
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


@rule(3, {"Exchange.accrue": "ok"})
def accrue(world: World, choose: Choices) -> Calls:
    """Funding accrues, by anybody."""
    market_id = any_market(world, choose)
    yield world.by(any_sender(world, choose), "Exchange", "accrue", market_id)
