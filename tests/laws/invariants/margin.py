"""
B: margin.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from protocol import health, market
from protocol.account import PORTFOLIO
from protocol.collateral import CollateralSeized
from protocol.fixed_point import WAD
from protocol.payout import PayoutCut
from protocol.top_up import ToppedUp
from tests.laws.invariants.call import Call, Worth
from tests.laws.invariants.measures import bits, is_near
from tests.laws.invariants.registry import law, trial


def reserve_of(call: Call, holder: int) -> int:
    """What an account with positions must hold for its keeper."""
    account = call.world.state.accounts[holder]
    return market.load_risk(call.world.state).reserve if account.positions else 0


def only_reduced(call: Call, traded: Any) -> bool:
    """Whether a trade has left less of a position and nothing on the other side."""
    key = (traded.holder, traded.market_id)
    size, was = call.world.state.positions[key].size, call.row("positions", key).size
    return bool(abs(size) < abs(was) and size * was >= 0)


@law
def margin_kept(call: Call) -> None:
    """
    B1: a withdrawal, and a trade that is no mere reduction, leave the strict equity at
    the initial margin and the reserve or above; a withdrawal, cash and tokens alone
    as well. For a trade a line counts too, less what is owed for it, of an account
    that has enough not to be called.
    """
    takes = ("Exchange.withdraw", "Exchange.withdraw_collateral")
    traded = call.trade
    if traded is None and (not call.ok or call.name not in takes):
        return
    holder = call.action.arguments[0]
    account, now = call.world.state.accounts[holder], call.after.worths[holder]
    needed = now.initial + reserve_of(call, holder)
    if traded is None:
        assert account.cash >= 0, account
        assert not account.positions or min(now.assets, now.strict) >= needed, now
        return
    if only_reduced(call, traded):
        return
    line = call.world.state.lines[holder]
    if account.has_line and not is_near(now, market.load_risk(call.world.state)):
        needed -= line.limit - line.owed
    assert now.strict >= needed, (now, needed, line)


@law
def less_risk(call: Call) -> None:
    """
    B2: a reduction leaves enough initial margin, or it leaves equity of zero or more
    that is no smaller a part of the maintenance margin than before.
    """
    if call.trade is None or not only_reduced(call, call.trade):
        return
    holder = call.trade.holder
    now, then = call.after.worths[holder], call.before.worths[holder]
    line = call.world.state.lines[holder]
    credit = line.limit - line.owed if call.row("accounts", holder).has_line else 0
    if now.strict + max(0, credit) >= now.initial + reserve_of(call, holder):
        return
    assert now.equity >= 0, now
    assert now.equity * then.maintenance >= then.equity * now.maintenance, (then, now)


@law
def margined_together(call: Call) -> None:
    """
    B3: a portfolio must hold what the worst stress takes from its positions together,
    and no less than the floor of what they are worth; and to be left alone no more than
    the fraction of what it must hold to be opened.
    """
    state, now = call.world.state, call.action.now
    floor = market.load_risk(state).portfolio.floor
    for holder, found in call.after.worths.items():
        account = state.accounts[holder]
        if account.mode != PORTFOLIO or not account.positions:
            continue
        standing = health.standing_of(state, holder, False, now)
        asked = (standing.initial, standing.maintenance)
        assert asked == (found.initial, found.maintenance), (holder, asked, found)
        value = fraction = 0
        for number in bits(account.positions):
            mark = market.price_of(state, number).mark
            value += abs(state.positions[holder, number].size) * mark // WAD
            params = market.load_params(state, number, now).margin
            fraction = max(fraction, params.maintenance_fraction)
        assert standing.maintenance >= value * floor // WAD * fraction // WAD, standing
        most = -(-standing.initial * fraction // WAD)
        assert standing.maintenance <= most, (standing, fraction)


# How a call may change the equity of the account it is about.
UP, DOWN, SAME, ANY = "up", "down", "same", "any"
# It falls by what a market does not pay; it does not rise by an atom.
CUT, BROUGHT = "cut", "brought"
ACTION_MATRIX = {
    "Exchange.deposit": UP,
    "Exchange.withdraw": DOWN,
    "Exchange.deposit_collateral": UP,
    "Exchange.withdraw_collateral": DOWN,
    "Exchange.buy_collateral": ANY,
    "Exchange.cover_shortfall": ANY,
    "Exchange.trade": ANY,
    "Exchange.settle": CUT,
    "Exchange.set_margin_mode": SAME,
    "Exchange.call_margin": SAME,
    "Exchange.ask_line": SAME,
    "Exchange.grant_line": SAME,
    "Exchange.recall_line": SAME,
    "Exchange.settle_line": DOWN,
    "TopUps.execute": UP,
    "Orders.commit": BROUGHT,
    "Orders.place": SAME,
    "Orders.arm": BROUGHT,
    "Orders.settle": ANY,
    "Orders.expire": UP,
    "Orders.cancel": UP,
    "Exchange.liquidate": ANY,
    "Exchange.deleverage": ANY,
    "Exchange.close_settled": ANY,
}
# These change what every account is worth or must hold.
SWEEPING = {
    "Oracle.report",
    "Oracle.relay",
    "Governor.set_market",
    "Governor.settle_market",
    "Governor.set_feed",
    "Governor.set_risk",
    "Governor.set_collateral",
}
COLLECTING = "Governor.collect_collateral"


@law
def action_matrix(call: Call) -> None:
    """
    B5: a call changes the equity of the account it is about as the table says, and no
    other account's equity or maintenance margin at all, but what the governor is given
    of who is seized, and takes out.
    """
    if call.name in SWEEPING or not call.outcome.writes:
        return
    target = None
    direction = ACTION_MATRIX.get(call.name)
    if direction is not None:
        target = call.action.arguments[0]
        nobody = Worth(0, 0, 0, 0, 0)
        then = call.before.worths.get(target, nobody).equity
        now = call.after.worths.get(target, nobody).equity
        rises, falls = now > then, now < then
        if direction == CUT:
            cut = sum(each.claimed - each.paid for each in call.events(PayoutCut))
            assert then - now == cut, (then, now, cut)
        if direction == BROUGHT:
            assert now - then < call.world.state.scale, (then, now)
        assert not (rises and direction in (DOWN, SAME)), (then, now)
        assert not (falls and direction in (UP, SAME)), (then, now)
    is_moved = call.events(CollateralSeized) or call.name == COLLECTING
    governor = call.world.addresses["Governor"] << 96 if is_moved else None
    brought = {each.source for each in call.events(ToppedUp)}
    for holder, then in call.before.worths.items():
        now = call.after.worths[holder]
        if holder not in (target, governor, *brought):
            same = (now.equity, now.maintenance) == (then.equity, then.maintenance)
            assert same, (holder, then, now)


@trial
def opened_with_more(call: Call) -> None:
    """
    B4: outside portfolios nobody must hold more to be left alone than to be opened.
    """
    state, now = call.world.state, call.action.now
    for holder, account in state.accounts.items():
        if account.mode != PORTFOLIO and account.positions:
            found = health.standing_of(state, holder, False, now)
            assert 0 < found.maintenance <= found.initial, (holder, found)


@trial
def more_needs_more(call: Call) -> None:
    """
    B8: a position by itself must hold no less where it is larger, nor where its market
    is dearer, to be opened and to be left alone.
    """
    state, now = call.world.state, call.action.now

    def asked(number: int, held: Any, price: Any) -> tuple[int, int]:
        found = market.exposure(state, number, held, price, False, now)
        return found.initial, found.maintenance

    for (_, number), held in state.positions.items():
        if held.size == 0:
            continue
        price = market.price_of(state, number)
        initial, maintenance = asked(number, held, price)
        one = 1 if held.size > 0 else -1
        dearer = replace(price, index=price.index + 1, mark=price.mark + 1)
        for size, at in (
            (held.size + one, price),
            (2 * held.size, price),
            (held.size, dearer),
        ):
            opened, left = asked(number, replace(held, size=size), at)
            assert opened >= initial, (number, held, size, at, opened, initial)
            assert left >= maintenance, (number, held, size, at, left, maintenance)


@law
def opened_is_safe(call: Call) -> None:
    """
    B9: who has opened a position, or made one larger, is not at risk at the same price.
    """
    traded = call.trade
    if traded is None or only_reduced(call, traded):
        return
    now = call.after.worths[traded.holder]
    assert now.equity >= now.maintenance + reserve_of(call, traded.holder), now
