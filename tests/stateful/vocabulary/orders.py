"""
Accounts commit to orders, and keepers settle them or let them expire.
"""

from __future__ import annotations

from protocol import market
from protocol.fixed_point import WAD
from protocol.order import MAX_ORDERS, Order, is_crossed
from protocol.trace import Action
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_INT,
    MOST_UINT,
    any_holder,
    any_market,
    any_sender,
    sender_for,
    sparing,
)
from tests.stateful.vocabulary.ledger import taken_out
from tests.stateful.vocabulary.prices import next_price, round_at
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.vocabulary.trading import growing, reducing
from tests.stateful.world import World

# A limit that no fill price is beyond.
HIGHEST = 2**96 - 1


def kept(world: World) -> list[tuple[int, int]]:
    """Every account and place with an order, committed or waiting for a price."""
    return [key for key, each in world.state.orders.items() if each.size_delta != 0]


def placed(world: World) -> list[tuple[int, int]]:
    """Those that wait for a price."""
    return [key for key in kept(world) if world.state.orders[key].due_at == 0]


def first_round(world: World, market_id: int, due_at: int) -> int:
    """The first round in the ring that was published then or later."""
    rounds = world.state.heads[market_id].rounds
    for number in range(max(0, rounds - 64), rounds):
        if world.state.rounds[market_id, number % 64].published_at >= due_at:
            return number
    return rounds


def free_place(world: World, choose: Choices, holder: int) -> int:
    """A place for an order, a free one mostly."""
    if choose.chance(4):
        return choose.pick((MAX_ORDERS, 255, MOST_UINT))
    taken = {number for each, number in kept(world) if each == holder}
    free = [number for number in range(MAX_ORDERS) if number not in taken]
    if not free or (taken and choose.chance(12)):
        return choose.pick(sorted(taken))
    return choose.pick(free[:3])


def terms(world: World, choose: Choices, holder: int, market_id: int) -> list[int]:
    """The size, the limit, whether it only reduces, and the fee of an order."""
    state = world.state
    size = state.positions[holder, market_id].size
    if market_id >= world.markets:
        delta = WAD
    elif size != 0 and choose.chance(50):
        delta = reducing(world, choose, holder, market_id, size)
    else:
        delta = growing(world, choose, holder, market_id, size)
    is_reduction = delta * size < 0
    limit = HIGHEST if delta > 0 else 0
    if choose.chance(25):
        index = market.price_of(state, market_id).index
        limit = min(max(0, index * choose.integer(98, 102) // 100), HIGHEST)
    elif choose.chance(4):
        limit = choose.pick((-1, HIGHEST + 1, MOST_INT))
    only = is_reduction and choose.chance(60)
    if choose.chance(4):
        only = not only
    least = market.load_risk(state).order.least_fee
    fee = least
    if choose.chance(20):
        fees = (least - 1, least + 1, 5 * WAD, MOST_INT, -1, 10**4 * WAD)
        fees += (HIGHEST, HIGHEST + 1)
        fee = choose.pick(fees)
    return [delta, limit, int(only), fee]


@rule(
    14,
    {
        "Orders.commit": (
            "ok BalanceTooSmall BelowInitialMargin FeeTooSmall IsolatedAccount "
            "MarketUnknown NotOperator OrderExists OrderOnlyReduces OrderPending "
            "OrderThroughZero OutOfBounds PriceInvalid PriceStale ZeroSize"
        )
    },
)
def commit(world: World, choose: Choices) -> Calls:
    """An account commits to an order."""
    holder = any_holder(world, choose)
    market_id = any_market(world, choose)
    held = world.positions()
    if held and choose.chance(60):
        holder, market_id = choose.pick(held)
    words = terms(world, choose, holder, market_id)
    sender = sender_for(world, choose, holder)
    place = free_place(world, choose, holder)
    yield world.by(sender, "Orders", "commit", holder, place, market_id, *words)


@rule(
    8,
    {
        "Orders.settle": (
            "ok OrderDead OrderNotArmed OrderTooLate OrderUnknown RoundTooEarly "
            "RoundTooLate RoundUnknown"
        )
    },
)
def settle(world: World, choose: Choices) -> Calls:
    """A keeper settles an order at its round, or at another."""
    found = kept(world)
    if not found and choose.chance(90):
        return
    holder, place = choose.pick(found) if found else (any_holder(world, choose), 0)
    each = world.state.orders[holder, place]
    number = first_round(world, each.market_id, each.due_at)
    if each.expires_at < world.now and choose.chance(85):
        return
    if choose.chance(20):
        number = max(0, number + choose.pick((-1, 1, -60)))
    elif choose.chance(2):
        number = MOST_UINT
    sender = any_sender(world, choose)
    yield world.by(sender, "Orders", "settle", holder, place, number)


@rule(14)
def see_through(world: World, choose: Choices) -> Calls:
    """Somebody commits, or has committed, and the order is seen through."""
    state = world.state
    waiting = [
        key
        for key in kept(world)
        if state.orders[key].expires_at >= world.now
        and state.accounts[key[0]].orders >> key[1] & 1
    ]
    if not waiting or choose.chance(60):
        holder, market_id = choose.pick(world.holders), any_market(world, choose)
        held = world.positions()
        if held and choose.chance(60):
            holder, market_id = choose.pick(held)
        place = free_place(world, choose, holder)
        words = terms(world, choose, holder, market_id)
        yield world.by(
            holder >> 96, "Orders", "commit", holder, place, market_id, *words
        )
        if state.orders[holder, place].due_at == 0:
            return
    else:
        holder, place = choose.pick(waiting)
    yield from waited(world, choose, holder, place)


def waited(world: World, choose: Choices, holder: int, place: int) -> Calls:
    """
    Time passes to where an order is due, rounds are published, and a keeper comes; one
    round too early, perhaps, or too late, or twice.
    """
    each = world.state.orders[holder, place]
    if each.due_at > world.now:
        world.now = max(world.now, each.due_at + choose.integer(-1, 1))
    for _ in range(choose.pick((1, 1, 2, 3))):
        price = next_price(world, choose, each.market_id)
        yield from round_at(world, choose, each.market_id, price)
        world.now += choose.pick((0, 0, 1))
    if choose.chance(12):
        yield from make_unhealthy(world, choose, holder)
    number = first_round(world, each.market_id, each.due_at)
    if choose.chance(12):
        number = max(0, number + choose.pick((-1, 1)))
    if choose.chance(10):
        world.now = max(world.now, each.expires_at + choose.integer(0, 1))
    sender = any_sender(world, choose)
    for _ in range(choose.pick((1, 1, 1, 1, 2))):
        yield world.by(sender, "Orders", "settle", holder, place, number)


def make_unhealthy(world: World, choose: Choices, holder: int) -> Calls:
    """The account of an order is liquidated meanwhile, if it has a position."""
    held = [key for key in world.positions() if key[0] == holder]
    if not held:
        return
    _, market_id = choose.pick(held)
    line = world.statement(holder).lines[market_id]
    beyond = line.liquidation_price * choose.pick((0, 1, 5, 20)) // 1_000
    price = line.liquidation_price + (-beyond if line.size > 0 else beyond)
    feed = world.state.codes[world.state.feed_params[market_id]]
    if feed.floor_price < price < feed.ceiling_price:
        yield from round_at(world, choose, market_id, price)
        yield world.by("keeper", "Exchange", "liquidate", holder, market_id)


@rule(4, {"Orders.expire": "ok OrderNotArmed OrderStillOpen OrderUnknown"})
def expire(world: World, choose: Choices) -> Calls:
    """A keeper ends an order that nobody has settled, or tries."""
    found = kept(world)
    if not found and choose.chance(90):
        return
    holder, place = choose.pick(found) if found else (any_holder(world, choose), 0)
    each = world.state.orders[holder, place]
    if each.due_at == 0 and choose.chance(80):
        return
    if found and choose.chance(50):
        world.now = max(world.now, each.expires_at + choose.integer(0, 1))
    sender = any_sender(world, choose)
    yield world.by(sender, "Orders", "expire", holder, place)


@rule(5, {"Orders.cancel": "ok NotOperator OrderArmed OrderDue OrderUnknown"})
def cancel(world: World, choose: Choices) -> Calls:
    """An order is taken back, in time or not."""
    found = kept(world)
    early = [key for key in found if is_cancellable(world, key)]
    if not early and choose.chance(75):
        return
    holder, place = any_holder(world, choose), 0
    if early and choose.chance(90):
        holder, place = choose.pick(early)
    elif found:
        holder, place = choose.pick(found)
    sender = sender_for(world, choose, holder)
    if choose.chance(15):
        sender = any_sender(world, choose)
    yield world.by(sender, "Orders", "cancel", holder, place)


def is_cancellable(world: World, key: tuple[int, int]) -> bool:
    """Whether an order is not due yet, or dead."""
    is_pending = world.state.accounts[key[0]].orders >> key[1] & 1
    if world.state.orders[key].due_at == 0:
        return world.now % 3 == 0
    return world.now < world.state.orders[key].due_at or not is_pending


@rule(3)
def think_again(world: World, choose: Choices) -> Calls:
    """Somebody commits, and takes it back while he may, or a second too late."""
    holder = choose.pick(world.holders)
    market_id = any_market(world, choose)
    place = free_place(world, choose, holder)
    words = terms(world, choose, holder, market_id)
    yield world.by(holder >> 96, "Orders", "commit", holder, place, market_id, *words)
    order = world.state.orders[holder, place]
    if order.size_delta != 0 and order.due_at > world.now:
        world.now = max(world.now, order.due_at - choose.integer(0, 2))
        sender = sender_for(world, choose, holder)
        yield world.by(sender, "Orders", "cancel", holder, place)


@rule(2, {"Exchange.withdraw": "OrderPending"})
def leave_meanwhile(world: World, choose: Choices) -> Calls:
    """An account with a pending order takes something out."""
    accounts = world.state.accounts
    pending = [holder for holder, each in accounts.items() if each.orders]
    if not pending:
        return
    holder = choose.pick(pending)
    yield world.by(holder >> 96, "Exchange", "withdraw", holder, 1, holder >> 96)


def dead(world: World) -> list[tuple[int, int]]:
    """Those that died with a liquidation, and whose time is not over."""
    orders, accounts = world.state.orders, world.state.accounts
    return [
        key
        for key in kept(world)
        if orders[key].expires_at >= world.now
        and not accounts[key[0]].orders >> key[1] & 1
    ]


@rule(2, {"Orders.settle": "OrderDead"})
def die_waiting(world: World, choose: Choices) -> Calls:
    """
    An account would close its position, and is liquidated before its order is due; a
    keeper settles that in vain, and anybody gives the fee back.
    """
    state = world.state
    if not dead(world):
        held = world.positions()
        if not held:
            return
        holder, market_id = choose.pick(held)
        if not state.accounts[holder].orders:
            yield from taken_out(world, holder)
            place = free_place(world, choose, holder)
            words = closing(world, choose, holder, market_id)
            yield world.by(holder >> 96, "Orders", "commit", holder, place, *words)
        yield from make_unhealthy(world, choose, holder)
    for key in dead(world)[:1]:
        each = state.orders[key]
        number = first_round(world, each.market_id, each.due_at)
        yield world.by("keeper", "Orders", "settle", *key, number)
        if choose.chance(60):
            yield world.by(any_sender(world, choose), "Orders", "cancel", *key)


@rule(
    7,
    {
        "Orders.place": "ok NotOperator OrderExists OutOfBounds ZeroSize",
        "Orders.arm": "OrderArmed TriggerNotCrossed",
    },
)
def place(world: World, choose: Choices) -> Calls:
    """
    An owner says at which price an account will commit to an order, mostly to one that
    it could commit to now.
    """
    state = world.state
    holder, market_id = choose.pick(world.holders), any_market(world, choose)
    held = world.positions()
    if held and choose.chance(70):
        holder, market_id = choose.pick(held)
    number = free_place(world, choose, holder)
    for _ in range(3):
        words = (market_id, *terms(world, choose, holder, market_id))
        now = world.by(holder >> 96, "Orders", "commit", holder, number, *words)
        if world.would(now) or choose.chance(20):
            break
    index = market.price_of(state, market_id).index
    trigger = max(1, index * choose.integer(97, 103) // 100)
    if choose.chance(6):
        trigger = choose.pick((0, -1, 2**95 - 1, 2**95, MOST_INT))
    words += (trigger, int(choose.chance(50)))
    sender = holder >> 96 if choose.chance(90) else any_sender(world, choose)
    yield world.by(sender, "Orders", "place", holder, number, *words)
    if (holder, number) in placed(world) and choose.chance(10):
        yield world.by(any_sender(world, choose), "Orders", "arm", holder, number)


@rule(7, {"Orders.arm": "ok OrderArmed OrderPending OrderUnknown TriggerNotCrossed"})
def arm(world: World, choose: Choices) -> Calls:
    """The price goes to a trigger, or near it, and a keeper arms what waits there."""
    orders, count = world.state.orders, world.markets
    found = [key for key in placed(world) if orders[key].market_id < count]
    # Whoever has committed to one arms no other, which is tried now and then.
    free = [key for key in found if not world.state.accounts[key[0]].orders]
    if free and choose.chance(80):
        found = free
    if not found or choose.chance(10):
        if choose.chance(5):
            key = choose.pick(kept(world) or [(any_holder(world, choose), 0)])
            yield world.by(any_sender(world, choose), "Orders", "arm", *key)
        return
    holder, number = choose.pick(found)
    each = orders[holder, number]
    index = market.price_of(world.state, each.market_id).index
    if not is_crossed(each, index):
        beyond = choose.pick((0, 0, 1, 1, 2, -1))
        yield from trigger_met(world, choose, each, beyond)
    call = world.by(any_sender(world, choose), "Orders", "arm", holder, number)
    yield from sparing(world, choose, call, 30)
    if choose.chance(8):
        yield call
    if choose.chance(40):
        yield regretted(world, holder, number)


def regretted(world: World, holder: int, number: int) -> Action:
    """Whose order is armed would like to have it back."""
    return world.by(holder >> 96, "Orders", "cancel", holder, number)


def trigger_met(world: World, choose: Choices, waiting: Order, beyond: int) -> Calls:
    """The price goes to where an order waits for it, or so far beyond."""
    feed = world.state.codes[world.state.feed_params[waiting.market_id]]
    if feed.floor_price < waiting.trigger < feed.ceiling_price:
        price = waiting.trigger + (beyond if waiting.is_above else -beyond)
        yield from round_at(world, choose, waiting.market_id, price)


@rule(4)
def stop(world: World, choose: Choices) -> Calls:
    """
    An owner lets a position be closed once its price has gone some percent; it goes
    there, a keeper arms what waits, not before mostly, and another settles it.
    """
    state = world.state
    free = [key for key in world.positions() if not state.accounts[key[0]].orders]
    if not free:
        return
    holder, market_id = choose.pick(free)
    index = market.price_of(state, market_id).index
    percent = choose.pick((-3, -1, 1, 3))
    trigger = max(1, index * (100 + percent) // 100)
    number = free_place(world, choose, holder)
    words = (*closing(world, choose, holder, market_id), trigger, int(percent > 0))
    yield world.by(holder >> 96, "Orders", "place", holder, number, *words)
    if (holder, number) not in placed(world):
        return
    if choose.chance(20):
        yield world.by(any_sender(world, choose), "Orders", "arm", holder, number)
    yield from trigger_met(world, choose, state.orders[holder, number], 0)
    yield world.by(any_sender(world, choose), "Orders", "arm", holder, number)
    if choose.chance(35):
        yield regretted(world, holder, number)
    if state.orders[holder, number].due_at != 0:
        yield from waited(world, choose, holder, number)


@rule(2)
def offer_all(world: World, choose: Choices) -> Calls:
    """
    A position gains, and its owner would close it for as large a fee as he may offer,
    or a wei more.
    """
    state = world.state
    free = [key for key in world.positions() if not state.accounts[key[0]].orders]
    if not free:
        return
    holder, market_id = choose.pick(free)
    sign = 1 if state.positions[holder, market_id].size > 0 else -1
    index = market.price_of(state, market_id).index
    gaining = max(1, index * (100 + sign * choose.integer(0, 5)) // 100)
    yield from round_at(world, choose, market_id, gaining)
    place = free_place(world, choose, holder)
    *words, least = closing(world, choose, holder, market_id)

    def offered(fee: int) -> Action:
        return world.by(holder >> 96, "Orders", "commit", holder, place, *words, fee)

    most = world.largest(offered, least + 1, max(least, 0, state.accounts[holder].cash))
    yield offered(most + int(choose.chance(30)))
    if state.orders[holder, place].due_at != 0:
        yield from waited(world, choose, holder, place)


def closing(
    world: World, choose: Choices, holder: int, market_id: int
) -> tuple[int, ...]:
    """An order for the least fee that closes a position, or some of it."""
    size = world.state.positions[holder, market_id].size
    delta = -size if choose.chance(60) else -size * choose.integer(100, 999) // 1_000
    limit = HIGHEST if delta > 0 else 0
    least = market.load_risk(world.state).order.least_fee
    return market_id, delta, limit, int(choose.chance(50)), least
