"""
N: credit.
"""

from __future__ import annotations

from typing import Any

from protocol import market
from protocol.credit import LineDrawn, LineSettled, LineUsed
from protocol.fixed_point import WAD
from protocol.insurance import InsuranceDrawn
from protocol.settlement import BadDebt
from tests.laws.invariants.call import Call
from tests.laws.invariants.margin import reserve_of
from tests.laws.invariants.measures import is_near
from tests.laws.invariants.orders import COMMITTING
from tests.laws.invariants.payout import paid_claims
from tests.laws.invariants.registry import law

DAY = 86_400
# Who takes nothing from a lender without asking him.
WITHDRAWALS = {"Exchange.withdraw", "Exchange.withdraw_collateral"}
ITS_OWN = ("Exchange.lend", "Exchange.withdraw_lent")


def fallen(line: Any, now: int) -> int:
    """What a recall leaves of a line, from where it was last looked at."""
    if line.ends_at == 0:
        return int(line.limit)
    left = max(0, line.ends_at - now)
    return int(line.limit * left // (line.ends_at - line.accrued_at)) if left else 0


def interest(line: Any, now: int) -> int:
    """What is owed more for a line than when it was last looked at, rounded up."""
    until = min(now, line.ends_at) if line.ends_at else now
    elapsed = max(0, until - line.accrued_at)
    return int(-(-line.used * line.rate * elapsed // (WAD * DAY)))


def touched(call: Call) -> list[Any]:
    """The accounts whose lines a call has looked at."""
    lines = call.world.state.lines
    return [
        holder for holder, line in lines.items() if line != call.row("lines", holder)
    ]


@law
def lines_hold(call: Call) -> None:
    """
    N1: of what a lender has all its lines hold their limits, and no more; an account
    that has a line or owes for one says so.
    """
    state = call.world.state
    held: dict[int, int] = {}
    for holder, line in state.lines.items():
        held[line.lender] = held.get(line.lender, 0) + line.limit
        assert 0 <= line.used <= line.limit, (holder, line)
        has_line = state.accounts[holder].has_line
        assert has_line or (line.limit, line.owed) == (0, 0), (holder, line)
    for lender, has in state.lenders.items():
        assert has.held == held.get(lender, 0), (lender, has)
        assert has.held <= has.money, (lender, has)


@law
def no_more_than_the_line(call: Call) -> None:
    """
    N2: a lender has less only by what it takes out, and by what its lines pay, each no
    more than itself; and it has more only by what it brings and is paid in interest.
    """
    state = call.world.state
    for event in call.events(LineDrawn):
        worth = fallen(call.row("lines", event.holder), call.action.now)
        assert 0 < event.amount <= worth, (event, worth)
    for lender, has in state.lenders.items():
        if call.name in ITS_OWN and call.action.sender == lender:
            continue
        gained = has.money - call.row("lenders", lender).money
        for event in call.events(LineSettled):
            gained -= event.paid if event.lender == lender else 0
        for event in call.events(LineDrawn):
            gained += event.amount if event.lender == lender else 0
        assert gained == 0, (lender, gained)


@law
def line_pays_first(call: Call) -> None:
    """
    N3: neither the insurance fund nor the vault pays what an account is short of while
    something is left of its line; a keeper's reward alone comes before.
    """
    state = call.world.state
    events = list(call.events(BadDebt))
    if call.name != "Exchange.liquidate":
        events += call.events(InsuranceDrawn)
    for event in events:
        limit = fallen(state.lines[event.holder], call.action.now)
        assert limit == 0, (event, limit)


@law
def interest_by_time(call: Call) -> None:
    """
    N4: an account owes interest on what it used of its line, for the time since it was
    last looked at and not beyond the line's end; what the line has paid for it, more;
    and what it has paid, less.
    """
    state, now = call.world.state, call.action.now
    for holder in touched(call):
        then = call.row("lines", holder)
        owed = then.owed + interest(then, now)
        for event in call.events(LineDrawn):
            owed += event.amount if event.holder == holder else 0
        for event in call.events(LineSettled):
            owed -= event.paid if event.holder == holder else 0
        assert state.lines[holder].owed == owed, (holder, then, owed)
        assert state.lines[holder].accrued_at == now, (holder, now)


@law
def falls_evenly(call: Call) -> None:
    """
    N5: a line is what it was, or what a recall has left of it, less what it has paid;
    only its lender raises it, only its owner ends it, and nothing ends a recall but
    these.
    """
    state, now = call.world.state, call.action.now
    for holder in touched(call):
        then, line = call.row("lines", holder), state.lines[holder]
        if call.name == "Exchange.ask_line":
            assert line.limit == 0, line
            continue
        expected = fallen(then, now)
        if call.name == "Exchange.grant_line":
            assert call.action.sender == line.lender == then.lender
            assert line.limit > expected, (then, line)
            continue
        for event in call.events(LineDrawn):
            expected -= event.amount if event.holder == holder else 0
        assert line.limit == expected, (then, line)
        if call.name == "Exchange.recall_line":
            assert call.action.sender == line.lender
            assert (then.ends_at, line.ends_at) == (0, now + line.notice), line
        else:
            assert line.ends_at == then.ends_at, (then, line)


@law
def uses_what_it_needs(call: Call) -> None:
    """
    N6: who has just traded, or is settled with, uses of its line what its strict equity
    lacks of the initial margin and the reserve, as far as the line goes.
    """
    if not call.ok or call.name not in ("Exchange.trade", "Exchange.settle_line"):
        return
    state, holder = call.world.state, call.action.arguments[0]
    if call.name == "Exchange.trade" and not call.events(LineUsed):
        assert not call.row("accounts", holder).has_line, holder
        return
    # Then what was lacking is there, by a claim or by the line itself.
    if call.events(LineDrawn) or any(paid_claims(call)):
        return
    line, now = state.lines[holder], call.after.worths[holder]
    # What interest has taken was counted when it was asked for.
    paid = sum(event.paid for event in call.events(LineSettled))
    lacks = now.initial + reserve_of(call, holder) - now.strict - paid
    assert line.used == min(max(lacks, 0), line.limit), (line, lacks)


@law
def nobody_is_brought_near(call: Call) -> None:
    """
    N7: neither a recall nor interest brings an account to where its margin may be
    called, and interest makes no debt.
    """
    if call.name not in ("Exchange.recall_line", "Exchange.settle_line"):
        return
    risk = market.load_risk(call.world.state)
    for holder, then in call.before.worths.items():
        if then == call.after.worths[holder]:
            continue
        account = call.world.state.accounts[holder]
        assert account.cash >= 0, (holder, account)
        now = call.after.worths[holder]
        assert not account.positions or not is_near(now, risk), (holder, then, now)


@law
def settles_before_it_leaves(call: Call) -> None:
    """
    N8: who uses a line, or owes for one, takes nothing out of its account, and offers
    no keeper any of it.
    """
    if not call.ok or call.name not in WITHDRAWALS | COMMITTING:
        return
    state = call.world.state
    holder, *_ = call.action.arguments
    cash = state.accounts[holder].cash
    if call.name in COMMITTING and cash >= call.row("accounts", holder).cash:
        return
    line = state.lines[holder]
    assert (line.used, line.owed) == (0, 0), line
