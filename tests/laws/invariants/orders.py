"""
O: orders.
"""

from __future__ import annotations

from typing import Any

from protocol import market
from protocol.collateral import FIRST_FEED
from protocol.fixed_point import WAD
from protocol.order import (
    OrderArmed,
    OrderCancelled,
    OrderExpired,
    OrderFilled,
    OrderRefused,
)
from protocol.trading import Traded
from protocol.unwinding import Liquidated
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import bits, is_valid, sure, up
from tests.laws.invariants.registry import law, trial

COMMITTING = {"Orders.commit", "Orders.arm"}
SETTLED = (OrderFilled, OrderRefused)
ENDED = (*SETTLED, OrderExpired, OrderCancelled)


def ended(call: Call, kinds: tuple[type[Any], ...]) -> tuple[Any, Any] | None:
    """The event that an order ended with in one of these ways, and the order."""
    for kind in kinds:
        for event in call.events(kind):
            return event, call.row("orders", (event.holder, event.number))
    return None


def rounds_since(call: Call, market_id: int, due_at: int) -> list[tuple[int, Any]]:
    """The rounds that the ring has of a market since then, the first one first."""
    state = call.world.state
    count = state.heads[market_id].rounds
    numbers = range(max(0, count - 64), count)
    found = [(number, state.rounds[market_id, number % 64]) for number in numbers]
    return [(number, each) for number, each in found if each.published_at >= due_at]


@law
def one_price(call: Call) -> None:
    """
    O1: an order is settled at the first round published since it was due, and filled
    at no other price than that of this round, for its trader or against him.
    """
    found = ended(call, SETTLED)
    if found is None:
        return
    event, order = found
    number, first = rounds_since(call, order.market_id, order.due_at)[0]
    assert call.action.arguments[2] == number, (order, number)
    for traded in call.events(Traded):
        params = call.params_before(order.market_id).pricing
        book = call.row("books", order.market_id)
        skew, delta = book.long_size + book.short_size, traded.size_delta
        sign = 1 if delta > 0 else -1
        worse = sign * max(sign * first.index, sign * first.mark)
        priced = worse + sign * min(first.confidence, up(worse, params.max_spread))
        scale = 2 * params.skew_scale
        filled = sign * up(sign * priced, scale + 2 * skew + delta, scale)
        assert event.price == traded.price == filled, (traded, filled)
        assert sign * filled <= sign * order.limit, (order, filled)


@trial
def no_choice(call: Call) -> None:
    """O2: of all rounds that there are no more than one settles an order now."""
    world, state = call.world, call.world.state
    for (holder, place), order in state.orders.items():
        if order.size_delta == 0 or order.due_at == 0:
            continue
        count = state.heads[order.market_id].rounds
        by = world.actors["stranger"]
        tries = [
            world.by(by, "Orders", "settle", holder, place, number)
            for number in range(max(0, count - 65), count + 1)
        ]
        good = [each for each in tries if world.would(each)]
        assert len(good) <= 1, (order, good)


@law
def used_once(call: Call) -> None:
    """
    O3: an order ends once, and is gone then: settled while it is due and pending,
    expired after that, or cancelled before, if nobody has armed it; unless a
    liquidation was the end of it.
    """
    found = ended(call, ENDED)
    if found is None:
        return
    event, order = found
    now, kind = call.action.now, type(event)
    key = (event.holder, event.number)
    was_pending = call.row("accounts", event.holder).orders >> event.number & 1 == 1
    assert order.size_delta != 0, order
    assert call.world.state.orders[key].size_delta == 0, key
    assert not call.world.state.accounts[event.holder].orders >> event.number & 1
    if kind in SETTLED:
        assert was_pending, order
        assert order.due_at <= now <= order.expires_at, (order, now)
    elif kind is OrderExpired:
        assert now > order.expires_at, (order, now)
    else:
        is_early = now < order.due_at and not order.trigger
        assert not was_pending or is_early, (order, now)


@law
def fees_are_kept(call: Call) -> None:
    """
    O4: who ends an order as a keeper has earned its fee, and no more; cancelled, or
    dead, it is its account's again. What a refused order leaves is what was there, but
    for that.
    """
    found = ended(call, ENDED)
    if found is None:
        return
    event, order = found
    state, sender = call.world.state, call.action.sender
    earned = state.keeper_rewards[sender] - call.row("keeper_rewards", sender)
    had = call.row("accounts", event.holder)
    now = state.accounts[event.holder]
    if type(event) is OrderCancelled or not had.orders >> event.number & 1:
        assert earned == 0, earned
        held = order.fee if order.due_at else 0
        assert now.cash - had.cash == held, (had, now, order)
        return
    assert earned == order.fee, (earned, order)
    if type(event) is not OrderFilled:
        assert now.cash == had.cash, (had, now)
        for key, held in call.before.tables["positions"].items():
            assert state.positions[key] == held, key


@law
def held_while_pending(call: Call) -> None:
    """
    O5: nothing is taken out of an account with a pending order, nor does it choose
    another mode; an account has one at most, what is pending is an order, and a
    liquidation leaves none.
    """
    state = call.world.state
    takes = ("Exchange.withdraw", "Exchange.withdraw_collateral")
    if call.ok and call.name in (*takes, "Exchange.set_margin_mode", *COMMITTING):
        assert call.row("accounts", call.action.arguments[0]).orders == 0
    for holder, account in state.accounts.items():
        assert account.orders & (account.orders - 1) == 0, (holder, account)
        for place in range(16):
            if account.orders >> place & 1:
                assert state.orders[holder, place].size_delta != 0, (holder, place)
    for event in call.events(Liquidated):
        assert state.accounts[event.holder].orders == 0, event


@law
def waits(call: Call) -> None:
    """
    O6: where orders have to wait nobody trades but by one, and each waits as long as
    was asked for when it was committed.
    """
    state = call.world.state
    asked = market.load_risk(state).order
    if call.events(Traded) and not call.events(OrderFilled):
        assert asked.delay == 0, call.action
    if call.name in COMMITTING and call.ok:
        order = state.orders[tuple(call.action.arguments[:2])]
        assert order.due_at == call.action.now + asked.delay, order
        assert order.expires_at == order.due_at + asked.window, order
        assert order.fee >= asked.least_fee, order


@law
def committed_with_margin(call: Call) -> None:
    """
    O7: an order that adds risk leaves its account the initial margin of what it has.
    What is paid for an order leaves an account as a withdrawal does; or who commits
    brings it, an owner for what is armed, in whole atoms.
    """
    if call.name not in COMMITTING or not call.ok:
        return
    state = call.world.state
    holder, place = call.action.arguments[:2]
    order, account = state.orders[holder, place], state.accounts[holder]
    risk = market.load_risk(state)
    size = state.positions[holder, order.market_id].size
    assert size * (size + order.size_delta) >= 0, (size, order)
    now = call.after.worths[holder]
    needed = now.initial + (risk.reserve if account.positions else 0)
    if size * order.size_delta >= 0:
        # No less than the least that the size asked for needs.
        price = market.price_of(state, order.market_id)
        base = call.params_before(order.market_id).margin.im_base
        worth = up(abs(order.size_delta), max(price.index, price.average))
        needed += worth * base // WAD
        assert now.strict >= needed, (now, needed)
    is_armed = call.name == "Orders.arm"
    owed = order.fee * (1 + is_armed)
    taken = call.row("accounts", holder).cash - account.cash
    payer = holder >> 96 if is_armed else call.action.sender
    balance = state.quote.balances[payer]
    brought = call.before.tables["balances"].get(payer, 0) - balance
    assert taken == owed - brought * state.scale, (taken, owed, brought)
    if taken <= 0:
        assert -taken < state.scale, (taken, owed)
        return
    assert not brought, (taken, owed)
    assert account.cash >= 0, account
    assert min(now.assets, now.strict) >= needed, (now, needed)
    for number in bits(account.positions):
        params = call.params_before(number)
        each = market.price_of(state, number)
        assert is_valid(each, params.limits, call.action.now), (number, each)
    for number in bits(account.tokens):
        token = state.codes[state.collateral_params[number]]
        each = market.price_of(state, FIRST_FEED + number)
        known = sure(each, token.max_age, token.max_confidence, call.action.now)
        assert known, (number, each)


@law
def armed_when_crossed(call: Call) -> None:
    """
    O8: what waits for a price is armed once, by a round that is there or beyond, and
    pays who arms it what its settlement costs; until then it is its owner's to take
    back, or anybody's where there is nothing that it would reduce.
    """
    state, sender = call.world.state, call.action.sender
    for event in call.events(OrderArmed):
        order = call.row("orders", (event.holder, event.number))
        assert order.size_delta != 0, order
        assert order.due_at == 0, order
        index = market.price_of(state, order.market_id).index
        beyond = index - order.trigger if order.is_above else order.trigger - index
        assert index > 0, order
        assert beyond >= 0, (order, index)
        earned = state.keeper_rewards[sender] - call.row("keeper_rewards", sender)
        assert earned == order.fee, (order, earned)
    for event in call.events(OrderCancelled):
        order = call.row("orders", (event.holder, event.number))
        held = state.positions[event.holder, order.market_id].size
        is_dead = order.is_reduce_only and held * order.size_delta >= 0
        assert order.due_at or is_dead or event.holder >> 96 == sender, order
