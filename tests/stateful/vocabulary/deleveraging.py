"""
A market owes more than it should, and winners are deleveraged.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import market, sides
from protocol.fixed_point import WAD
from protocol.trace import Action
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_INT,
    SIDES,
    amount,
    any_sender,
    held_or_any,
)
from tests.stateful.vocabulary.collateral import bring
from tests.stateful.vocabulary.ledger import taken_out
from tests.stateful.vocabulary.payout import UNLIMITED, changed_to, chosen_in, owed
from tests.stateful.vocabulary.prices import calm, next_price, round_at
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.vocabulary.trading import largest_open, limited
from tests.stateful.world import World

# A factor below which a market owes little, and a clock that lasts.
USUAL, LASTING = WAD // 2, 600
# A part so small that nothing of the vault may be owed.
WHOLE = 2**96
# Accounts that trade one after the other.
PAIRS = ((0, 2), (2, 3), (3, 5), (5, 0))


def winners(world: World, market_id: int) -> list[int]:
    """The accounts whose position in a market has gained."""
    state = world.state
    return [
        holder
        for holder, number in world.positions()
        if number == market_id
        and profit_now(world, holder, market_id) > 0
        and state.positions[holder, number].size != 0
    ]


def profit_now(world: World, holder: int, market_id: int) -> int:
    """What a position has gained at the mark, once its market has accrued."""
    state = world.state
    price = market.price_of(state, market_id)
    params = market.load_params(state, market_id, world.now)
    book = market.load_book(state, market_id)
    last = market.load_funding(state, market_id)
    current = sides.projected(
        last, book, price, params.pricing.skew_scale, params.funding, world.now
    )
    held = state.positions[holder, market_id]
    index = current.long_index if held.size > 0 else current.short_index
    return (held.size * (price.mark - index) + held.funding) // WAD + held.quote


def size_to_close(world: World, choose: Choices, holder: int, market_id: int) -> int:
    """How much of a position somebody wants closed: around what may be."""
    held = world.state.positions[holder, market_id].size
    opening = market.load_opening(world.state, market_id)
    left = opening.long_left if held > 0 else opening.short_left
    kind = choose.integer(0, 9)
    if kind < 5:
        return abs(held)
    if kind < 7:
        return choose.integer(1, max(1, abs(held)))
    return amount(choose, max(0, left), MOST_INT)


@rule(
    5,
    {
        "Exchange.deleverage": (
            "ok DebtTooLarge DeleveragingNotOpen MarketUnknown NothingGained "
            "NothingLeftToClose NoPosition OwedWouldRise PositionTooSmall PriceInvalid "
            "PriceStale PriceTripped PriceUncertain ScoreTooLow ZeroSize"
        )
    },
)
def deleverage(world: World, choose: Choices) -> Calls:
    """Somebody deleverages somebody: a winner of a market that is open mostly."""
    open_ones = [
        number
        for number in range(world.markets)
        if market.load_opening(world.state, number).opened_at
    ]
    if not open_ones and choose.chance(85):
        return
    holder, market_id = held_or_any(world, choose)
    if open_ones and choose.chance(85):
        market_id = choose.pick(open_ones)
        won = winners(world, market_id)
        if won and choose.chance(75):
            holder = choose.pick(won)
        elif choose.chance(50):
            holder = choose.pick(world.holders)
    size = size_to_close(world, choose, holder, market_id)
    if choose.chance(8):
        size = choose.pick((0, -1, MOST_INT))
    sender = any_sender(world, choose)
    yield world.by(sender, "Exchange", "deleverage", holder, market_id, size)


@rule(4)
def too_much_is_owed(world: World, choose: Choices) -> Calls:
    """
    A market owes just what opens deleveraging, or a wei less; it opens, and winners are
    closed as the clock runs, until it ends.
    """
    state = world.state
    market_id = choose.integer(0, world.markets - 1)
    # Nobody has won where the price has not moved.
    if choose.chance(50):
        index = market.price_of(state, market_id).index
        moved = index * choose.integer(93, 108) // 100
        yield from round_at(world, choose, market_id, max(1, moved))
    due, vault = owed(world, market_id), state.funds[()].vault
    if due <= 0 or vault <= 0:
        return
    # The largest factor at which it is due, and the next.
    factor = -(-due * WAD // vault) - 1 + choose.pick((0, 0, 0, 1))
    params = chosen_in(world, market_id)
    duration = choose.pick((LASTING, LASTING, 60, 1))
    asked = replace(
        params.deleveraging,
        factor=max(1, min(factor, UNLIMITED)),
        after_factor=max(0, min(factor, UNLIMITED)) // choose.pick((1, 2, 20, WHOLE)),
        start=choose.pick((0, 0, WAD // 100, 10 * WAD)),
        duration=duration,
    )
    yield changed_to(world, market_id, replace(params, deleveraging=asked))
    keeper = world.actors["keeper"]
    for _ in range(choose.integer(1, 5)):
        won = winners(world, market_id)
        kind = choose.integer(0, 99)
        if not won or kind < 12:
            won = [key[0] for key in world.positions() if key[1] == market_id]
        if kind >= 90:
            won = world.holders
        if not won:
            return
        holder = choose.pick(won)
        size = size_to_close(world, choose, holder, market_id)
        if choose.chance(6):
            size = 0
        yield world.by(keeper, "Exchange", "deleverage", holder, market_id, size)
        world.now += choose.pick((0, 1, duration // 2, duration))
    if choose.chance(60):
        yield opened_as_usual(world, market_id)


def opened_by_any_debt(world: World, market_id: int, start: int = 0) -> Action:
    """
    The least that a market owes opens it, and nobody waits for his turn; or all do,
    whose score is below the start.
    """
    params = chosen_in(world, market_id)
    asked = replace(
        params.deleveraging, factor=1, after_factor=0, start=start, duration=LASTING
    )
    return changed_to(world, market_id, replace(params, deleveraging=asked))


def opened_as_usual(world: World, market_id: int) -> Action:
    """A market may owe much again before it opens."""
    params = chosen_in(world, market_id)
    usual = replace(params.deleveraging, factor=USUAL, after_factor=USUAL // 2)
    return changed_to(world, market_id, replace(params, deleveraging=usual))


def without_cash(world: World, choose: Choices, holder: int) -> Calls:
    """An account has tokens and no cash, so that the next fee makes it owe."""
    yield from bring(world, choose, holder)
    owner, atoms = holder >> 96, world.state.accounts[holder].cash // world.state.scale
    yield world.by(owner, "Exchange", "withdraw", holder, max(1, atoms), owner)


@rule(3)
def gains_beside_losses(world: World, choose: Choices) -> Calls:
    """
    One has gained and another of the same side has lost since; whoever has gained is
    closed whole, or but for a crumb.
    """
    state = world.state
    market_id = choose.integer(0, world.markets - 1)
    index = market.price_of(state, market_id).index
    if index == 0:
        return
    yield from calm(world, choose)
    sign = choose.pick(SIDES)
    first, second = choose.pick(PAIRS)
    holders = world.holders[first], world.holders[second]
    if choose.chance(50):
        yield from without_cash(world, choose, holders[0])
    for holder, moved in zip(holders, (6, choose.pick((-1, -3))), strict=True):
        most = largest_open(world, holder, market_id, sign)
        size = sign * max(1, most // choose.pick((1, 1, 3)))
        yield limited(world, choose, holder >> 96, holder, market_id, size)
        world.now += 12
        index = index * (100 + sign * moved) // 100
        yield from round_at(world, choose, market_id, max(1, index))
    if owed(world, market_id) <= 0 and choose.chance(80):
        return
    start = 10 * WAD if choose.chance(25) else 0
    yield opened_by_any_debt(world, market_id, start)
    lost = holders[1:] if choose.chance(40) else ()
    for holder in (holders[0], *winners(world, market_id), *lost):
        held = abs(state.positions[holder, market_id].size)
        size = held if choose.chance(75) else max(1, held - choose.integer(0, 10**12))
        keeper = world.actors["keeper"]
        yield world.by(keeper, "Exchange", "deleverage", holder, market_id, size)
    yield opened_as_usual(world, market_id)


@rule(1)
def who_owes_has_won(world: World, choose: Choices) -> Calls:
    """
    An account that has no more than it must loses all of it and a tenth, which is
    settled; the price comes back, and whoever owes that tenth is to be closed whole.
    """
    state = world.state
    market_id = choose.integer(0, world.markets - 1)
    poor = [
        holder
        for holder in world.holders
        if not (state.accounts[holder].positions or state.accounts[holder].tokens)
    ]
    if not poor:
        return
    yield from calm(world, choose)
    index = next_price(world, choose, market_id)
    yield from round_at(world, choose, market_id, index)
    holder, sign = choose.pick(poor), choose.pick(SIDES)
    most = largest_open(world, holder, market_id, sign)
    yield limited(world, choose, holder >> 96, holder, market_id, sign * most)
    size = state.positions[holder, market_id].size
    if size == 0:
        return
    yield from taken_out(world, holder)
    ruin = index - state.accounts[holder].cash * WAD * 11 // 10 // size
    yield from round_at(world, choose, market_id, max(1, ruin))
    yield world.by("keeper", "Exchange", "settle", holder, market_id)
    yield from round_at(world, choose, market_id, index)
    yield opened_by_any_debt(world, market_id)
    for _ in range(2):
        yield world.by("keeper", "Exchange", "deleverage", holder, market_id, abs(size))
    yield opened_as_usual(world, market_id)
