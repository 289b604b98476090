"""
C: what winners are paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from protocol import market
from protocol.deleveraging import Deleveraged
from protocol.fixed_point import WAD
from protocol.payout import PayoutCut, Spent
from protocol.settlement import BadDebt
from protocol.trading import Traded
from protocol.unwinding import Liquidated, PositionSettled
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import (
    indices,
    market_owes,
    payout_cap,
    profit,
    put_back,
    still_spent,
    up,
)
from tests.laws.invariants.registry import law, trial

# What a position leaves can come in by these.
REALIZING = {
    "Exchange.trade",
    "Exchange.liquidate",
    "Exchange.deleverage",
    "Exchange.close_settled",
    "Orders.settle",
}
# And by these an account may be made whole.
COVERING = REALIZING | {"Exchange.buy_collateral", "Exchange.cover_shortfall"}


def gain_of(call: Call, tables: Any, holder: int, number: int) -> int:
    """What an account can ask for in a market: its claim, and its gain, strictly."""
    state = call.world.state
    claim: int = tables["claims"].get((holder, number), 0)
    held = tables["positions"].get((holder, number), state.positions.empty)
    price = market.price_of(state, number)
    index = indices(state, number, call.action.now)[held.size < 0]
    two = (price.index, price.average)
    return claim + max(0, profit(held, min(two) if held.size > 0 else max(two), index))


def realized(call: Call) -> dict[int, int]:
    """What the positions left that a call has closed, by their markets in its order."""
    left = {}
    closed = (Traded, Liquidated, Deleveraged, PositionSettled)
    for event in [each for kind in closed for each in call.events(kind)]:
        number = event.market_id
        held = call.row("positions", (event.holder, number))
        if held.size * (held.size + event.size_delta) > 0:
            continue
        index = indices(call.world.state, number, call.action.now)[held.size < 0]
        owed = (held.funding - held.size * index) // WAD
        left[number] = held.size * event.price // WAD + held.quote + owed
    return left


def paid_claims(call: Call) -> Iterator[tuple[int, int, int]]:
    """The claims that made an account whole: where, what of it, and what was paid."""
    if call.name not in COVERING or not call.ok:
        return
    holder, state = call.action.arguments[0], call.world.state
    cuts = {each.market_id: each.paid for each in call.events(PayoutCut)}
    left = realized(call)
    for number in range(state.market_count[()]):
        claim = call.row("claims", (holder, number)) + max(0, left.get(number, 0))
        used = claim - state.claims[holder, number]
        if used > 0:
            yield number, used, cuts.get(number, used)


@law
def parts_are_equal(call: Call) -> None:
    """
    C15: a gain is paid in full while neither it nor all that its market owes is above
    the cap, else its part of the cap, and the rest of it is gone. So none is above the
    cap, and none takes more from a vault than is in it.
    """
    if call.name != "Exchange.settle" or not call.ok or call.outcome.returned < 0:
        return
    state, now, tables = call.world.state, call.action.now, call.before.tables
    holder, number = call.action.arguments
    gain = gain_of(call, tables, holder, number)
    spent = still_spent(call.row("payouts", number), now)
    vault = call.row("funds", ()).vault
    cap = payout_cap(vault, spent, call.params_before(number).payout.factor)
    whole = max(gain, market_owes(state, tables, number, now))
    expected = gain if whole <= cap else gain * cap // whole
    assert call.outcome.returned == expected <= cap, (call.outcome, gain, whole, cap)
    assert state.funds[()].vault >= 0, state.funds[()]
    left = gain_of(call, call.after.tables, holder, number)
    assert left == 0, left
    cut = [(each.claimed, each.paid) for each in call.events(PayoutCut)]
    assert cut == ([(gain, expected)] if expected < gain else []), cut


@law
def shortfalls_are_capped_too(call: Call) -> None:
    """
    C10: a claim that makes its account whole is paid as any other, and no more of it is
    gone than that takes.
    """
    state, now = call.world.state, call.action.now
    claims = list(paid_claims(call))
    vault = state.funds[()].vault + sum(paid for _, _, paid in claims)
    vault += sum(each.amount for each in call.events(BadDebt))
    for number, used, paid in claims:
        spent = state.payouts[number]
        before = spent.amount - paid if paid else still_spent(spent, now)
        factor = market.load_params(state, number, call.action.now).payout.factor
        cap = payout_cap(vault, before, factor)
        owed = market_owes(state, call.after.tables, number, now) + used
        assert paid == (used if owed <= cap else used * cap // owed), (number, used)
        if owed > cap and state.claims[call.action.arguments[0], number]:
            assert used == up(paid, owed, cap), (number, used, paid, owed, cap)
        vault -= paid


@law
def spending_is_remembered(call: Call) -> None:
    """
    C18: what a market pays counts as spent until its window ends, less and less; a loss
    takes off it what the account had the cash for; nothing else changes it.
    """
    state, now = call.world.state, call.action.now
    lost, paid = {}, {number: paid for number, _, paid in paid_claims(call)}
    if call.ok and call.name in REALIZING:
        fee = sum(each.fee for each in call.events(Traded))
        had = call.row("accounts", call.action.arguments[0]).cash - fee
        for number, left in realized(call).items():
            lost[number] = min(max(0, -left), max(0, had))
            had -= max(0, -left)
    if call.ok and call.name == "Exchange.settle":
        holder, number = call.action.arguments
        had = call.row("accounts", holder).cash
        lost[number] = min(max(0, -call.outcome.returned), max(0, had))
        paid[number] = max(0, call.outcome.returned)
    for number in range(state.market_count[()]):
        due = call.row("payouts", number)
        if lost.get(number):
            due = replace(
                due, amount=max(0, still_spent(due, now) - lost[number]), spent_at=now
            )
        if paid.get(number):
            ends_at = now + call.params_before(number).payout.window
            due = Spent(still_spent(due, now) + paid[number], now, ends_at)
        found = state.payouts[number]
        assert still_spent(found, now) == still_spent(due, now), (number, found, due)
        assert found.ends_at == due.ends_at, (number, found, due)


@trial
def nobody_gains_by_asking_first(call: Call) -> None:
    """
    C17: who has asked is paid nothing more for asking again; and all winners of a
    market together, one after another, are paid the cap before the first at most, and
    the losses that come in where one of them has a claim and has lost since.
    """
    if call.name != "Exchange.settle" or not call.ok or call.outcome.returned <= 0:
        return
    world, state, now = call.world, call.world.state, call.action.now
    holder, number = call.action.arguments
    spent = still_spent(call.row("payouts", number), now)
    vault = call.row("funds", ()).vault
    cap = payout_cap(vault, spent, call.params_before(number).payout.factor)
    asking = {key[0] for key in (*state.positions, *state.claims) if key[1] == number}
    total = call.outcome.returned
    try:
        for each in (holder, *sorted(asking)):
            if gain_of(call, call.after.tables, each, number) > 0 or each == holder:
                again = replace(
                    call.action, sender=each >> 96, arguments=(each, number)
                )
                outcome = world.model.apply(again)
                paid = outcome.returned if outcome.error is None else 0
                assert each != holder or paid <= 0, (each, paid)
                total += max(0, paid)
                cap += max(0, -paid)
        assert total <= cap, (total, cap)
    finally:
        put_back(state, call.after.tables)
