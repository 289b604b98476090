"""
Lenders grant lines, accounts open more than their own equity lets them, and somebody
pays in the end.
"""

from __future__ import annotations

from protocol import market
from protocol.credit import LEAST_NOTICE, MOST_NOTICE, MOST_RATE
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_INT,
    MOST_UINT,
    SIDES,
    amount,
    any_holder,
    any_market,
    any_sender,
    sparing,
)
from tests.stateful.vocabulary.prices import round_at
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.vocabulary.trading import largest_open, limited
from tests.stateful.world import World

HOUR, DAY = 3_600, 86_400


def lined(world: World) -> list[int]:
    """The accounts that have a line, or owe for one."""
    return [
        holder for holder, account in world.state.accounts.items() if account.has_line
    ]


def asked(world: World) -> list[int]:
    """The accounts that have asked for a line."""
    return [holder for holder, line in world.state.lines.items() if line.lender]


def line_holder(world: World, choose: Choices, among: list[int]) -> int:
    """One of some accounts mostly."""
    if among and choose.chance(90):
        return choose.pick(among)
    return any_holder(world, choose)


@rule(2, {"Exchange.lend": "ok BalanceTooSmall OutOfBounds ZeroAmount"})
def lend(world: World, choose: Choices) -> Calls:
    """Somebody brings what it may lend."""
    sender = any_sender(world, choose)
    unit = 10**world.genesis.decimals
    atoms = choose.integer(1, 20_000 * unit)
    if choose.chance(30):
        most = (2**120 // world.state.scale, MOST_UINT)
        atoms = choose.pick((0, world.state.quote.balances[sender] + 1, *most))
    yield world.by(sender, "Exchange", "lend", atoms)


@rule(3, {"Exchange.withdraw_lent": "ok HeldByLines OutOfBounds ZeroAmount"})
def withdraw_lent(world: World, choose: Choices) -> Calls:
    """A lender takes out what no line holds, or tries to take more."""
    state = world.state
    scale = state.scale
    lenders = [
        each for each, has in state.lenders.items() if has.money - has.held >= scale
    ]
    if not lenders and choose.chance(80):
        return
    lender = any_sender(world, choose)
    if lenders and choose.chance(90):
        lender = choose.pick(lenders)
    has = state.lenders[lender]
    atoms = amount(choose, (has.money - has.held) // scale, MOST_UINT)
    receiver = any_sender(world, choose)
    call = world.by(lender, "Exchange", "withdraw_lent", atoms, receiver)
    yield from sparing(world, choose, call, 50)


@rule(3, {"Exchange.ask_line": "ok LineInUse NotOperator OutOfBounds"})
def ask_line(world: World, choose: Choices) -> Calls:
    """An owner names a lender and its terms."""
    holder = line_holder(world, choose, lined(world) if choose.chance(50) else [])
    sender = holder >> 96 if choose.chance(85) else any_sender(world, choose)
    rate = choose.pick((0, 1, int(MOST_RATE) // 10, int(MOST_RATE)))
    notice = choose.pick((int(LEAST_NOTICE), DAY, int(MOST_NOTICE)))
    if choose.chance(15):
        rate = choose.pick((-1, int(MOST_RATE) + 1, rate))
        notice = choose.pick((0, int(LEAST_NOTICE) - 1, int(MOST_NOTICE) + 1))
    lender = any_sender(world, choose)
    words = (holder, lender, rate, notice)
    yield world.by(sender, "Exchange", "ask_line", *words)


@rule(
    4,
    {
        "Exchange.grant_line": (
            "ok LineTooSmall NotLender OtherTerms OutOfBounds TooLittleLent"
        )
    },
)
def grant_line(world: World, choose: Choices) -> Calls:
    """A lender grants what it is asked for, or something like it."""
    state = world.state
    holder = line_holder(world, choose, asked(world))
    line = state.lines[holder]
    sender = line.lender if choose.chance(90) else any_sender(world, choose)
    has = state.lenders[sender]
    free = has.money - has.held
    unit = 10**world.genesis.decimals
    if free == 0 and choose.chance(80):
        yield world.by(sender, "Exchange", "lend", choose.integer(1, 10_000 * unit))
        has = state.lenders[sender]
        free = has.money - has.held
    limit = line.limit + amount(choose, free, 2**119)
    if choose.chance(8):
        limit = choose.pick((line.limit, line.limit - 1, 2**120, -1))
    rate, notice = line.rate, line.notice
    if choose.chance(8):
        rate, notice = choose.pick(((rate + 1, notice), (rate, notice + 1)))
    words = (holder, limit, rate, notice)
    yield world.by(sender, "Exchange", "grant_line", *words)


@rule(2, {"Exchange.recall_line": "ok AlreadyRecalled LineUnknown NotLender"})
def recall_line(world: World, choose: Choices) -> Calls:
    """A lender recalls a line, or somebody would."""
    among = lined(world)
    if not among and choose.chance(80):
        return
    holder = line_holder(world, choose, among if choose.chance(85) else asked(world))
    lender = world.state.lines[holder].lender
    sender = lender if choose.chance(85) else any_sender(world, choose)
    yield world.by(sender, "Exchange", "recall_line", holder)


@rule(4, {"Exchange.settle_line": "ok LineUnknown"})
def settle_line(world: World, choose: Choices) -> Calls:
    """Anybody has interest paid, where some time has passed mostly."""
    holder = line_holder(world, choose, lined(world) if choose.chance(80) else [])
    if choose.chance(40):
        world.now += choose.pick((1, 60, HOUR))
    yield world.by(any_sender(world, choose), "Exchange", "settle_line", holder)


@rule(5, {"Exchange.withdraw": "LineInUse"})
def trade_on_credit(world: World, choose: Choices) -> Calls:
    """
    An account opens what its equity alone does not let it; then it is recalled, or
    pays, or its price falls and a keeper comes.
    """
    state = world.state
    holder, market_id = choose.pick(world.holders), any_market(world, choose)
    if market_id >= world.markets:
        return
    owner, unit = holder >> 96, 10**world.genesis.decimals
    lender = choose.pick(world.senders)
    if not state.accounts[holder].has_line:
        terms = (int(MOST_RATE) // 10, choose.pick((HOUR, DAY)))
        limit = choose.integer(1, 5_000)
        yield world.by(lender, "Exchange", "lend", limit * unit)
        yield world.by(owner, "Exchange", "ask_line", holder, lender, *terms)
        wads = limit * unit * state.scale
        yield world.by(lender, "Exchange", "grant_line", holder, wads, *terms)
    if choose.chance(50):
        yield world.by(owner, "Exchange", "deposit", holder, 1_000 * unit)
    sign = choose.pick(SIDES)
    delta = sign * (largest_open(world, holder, market_id, sign) + choose.pick((0, 1)))
    yield limited(world, choose, owner, holder, market_id, delta)
    way = choose.integer(0, 5)
    if way == 0:
        yield world.by(owner, "Exchange", "withdraw", holder, unit, owner)
        # It needs its line no more, but has not settled it.
        yield world.by(owner, "Exchange", "deposit", holder, 9_000 * unit)
        limit = MOST_INT if delta < 0 else 0
        fee = market.load_risk(state).order.least_fee + 1
        words = (holder, 0, market_id, -delta // 2, limit, 0, fee)
        yield world.by(owner, "Orders", "commit", *words)
    elif way == 1:
        yield world.by(lender, "Exchange", "recall_line", holder)
        world.now += choose.integer(1, 2 * HOUR)
        yield world.by("keeper", "Exchange", "settle_line", holder)
    elif way in (2, 3) and state.positions[holder, market_id].size:
        line = world.statement(holder).lines[market_id]
        feed = state.codes[state.feed_params[market_id]]
        beyond = choose.integer(0, 15) * line.liquidation_price // 100
        price = line.liquidation_price + (-beyond if line.size > 0 else beyond)
        if feed.floor_price < price < feed.ceiling_price:
            yield from round_at(world, choose, market_id, price)
            yield world.by("keeper", "Exchange", "liquidate", holder, market_id)
            yield world.by("keeper", "Exchange", "liquidate", holder, market_id)
