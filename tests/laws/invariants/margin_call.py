"""
L: margin calls, and the grace that they give.
"""

from __future__ import annotations

from protocol import market
from protocol.margin_call import MarginCalled, MarginCallEnded
from protocol.top_up import ToppedUp
from protocol.unwinding import Liquidated
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import is_near, up
from tests.laws.invariants.registry import law

# Who has just done this is looked at again.
TOUCHING = {
    "Exchange.close_settled",
    "Exchange.deposit",
    "Exchange.deposit_collateral",
    "Exchange.liquidate",
}


@law
def left_alone(call: Call) -> None:
    """
    L1: who is given a grace is liquidated only after it, within the window that
    follows, or once critical.
    """
    state = call.world.state
    for event in call.events(Liquidated):
        risk = market.load_risk(state)
        terms, then = risk.margin_call, call.before.worths[event.holder]
        params = market.load_params(state, event.market_id, call.action.now).liquidation
        if terms.grace == 0 or then.equity < up(
            then.maintenance, params.critical_fraction
        ):
            continue
        called_at = call.row("accounts", event.holder).called_at
        assert called_at > 0, event
        waited = call.action.now - called_at
        assert terms.grace <= waited <= terms.grace + terms.window, (event, waited)


@law
def called_when_near(call: Call) -> None:
    """
    L2: whoever is called has come near liquidation and has a position there, and had no
    call that stands.
    """
    state = call.world.state
    for event in call.events(MarginCalled):
        risk = market.load_risk(state)
        assert state.positions[event.holder, event.market_id].size != 0, event
        then = call.before.worths[event.holder]
        assert is_near(then, risk), (event, then)
        was = call.row("accounts", event.holder).called_at
        ends_at = was + risk.margin_call.grace + risk.margin_call.window
        assert was == 0 or call.action.now > ends_at, (event, was)
        assert state.accounts[event.holder].called_at == call.action.now, event


@law
def ended_when_far(call: Call) -> None:
    """
    L3: who brings something, trades or is liquidated is called no more if that has
    brought him far enough, and not otherwise; a call ends in no other way.
    """
    state = call.world.state
    ended = {event.holder for event in call.events(MarginCallEnded)}
    for holder, account in state.accounts.items():
        was = call.row("accounts", holder).called_at
        assert (holder in ended) == (was != 0 and account.called_at == 0), holder
        if was == 0 or not call.ok or call.action.arguments[:1] != (holder,):
            continue
        if call.name in TOUCHING or call.trade is not None:
            is_far = account.positions == 0 or not is_near(
                call.after.worths[holder], market.load_risk(state)
            )
            assert (account.called_at == 0) == is_far, (holder, account)


@law
def brought_as_ordered(call: Call) -> None:
    """
    L4: a top-up brings to who has come near liquidation what spares him, or the least
    or the most of his owner's order, out of another account of his, which keeps its
    margin; it pays the ordered fee, and waits for the cooldown.
    """
    state, now = call.world.state, call.action.now
    for event in call.events(ToppedUp):
        was = call.row("top_ups", event.target)
        risk, then = market.load_risk(state), call.before.worths[event.target]
        assert event.target >> 96 == event.source >> 96, event
        assert event.target != event.source
        assert was.moved_at == 0 or now >= was.moved_at + was.cooldown, (event, was)
        assert is_near(then, risk) or then.equity < 0, (event, then)
        held = call.row("accounts", event.target).positions
        reserve = risk.reserve if held else 0
        needed = up(then.maintenance, risk.margin_call.ratio) + reserve
        missing = up(needed - then.equity, 1, state.scale)
        most = was.ceiling - was.fee
        assert event.atoms == min(max(missing, was.least), most), (event, was)
        left = state.top_ups[event.target].ceiling
        assert left == most - event.atoms >= 0, (event, was)
        assert event.fee == was.fee
        for holder, gained in (
            (event.target, event.atoms),
            (event.source, -event.atoms - event.fee),
        ):
            before = call.row("accounts", holder).cash
            risen = state.accounts[holder].cash - before
            assert risen == gained * state.scale, (holder, risen)
        left = call.after.worths[event.source]
        if state.accounts[event.source].positions:
            assert left.strict >= left.initial + risk.reserve, left
