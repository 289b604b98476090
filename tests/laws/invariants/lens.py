"""
M: what is told of many accounts at once.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import astuple

from keepers.batch import rows_of
from protocol import lens, market
from protocol.lens import (
    HEALTH_WORDS,
    MARKET_WORDS,
    ORDER_WORDS,
    PAGE_WORDS,
    STATE_WORDS,
)
from protocol.statement import BANKRUPT, CALLED, HEALTHY, LIQUIDATABLE
from protocol.units import Call as Look
from tests.laws.invariants.call import Call
from tests.laws.invariants.margin import reserve_of
from tests.laws.invariants.measures import bits, up
from tests.laws.invariants.registry import trial

SUBS = 2**96


def look(call: Call) -> Look:
    """Somebody reads at the time of the call."""
    return Look(0, call.action.now)


def kept(account: Any) -> list[int]:
    """An account as its rows have it."""
    return [
        int(account.cash),
        account.positions,
        account.claims,
        account.tokens,
        account.mode,
        int(account.is_flat_paid),
        int(account.called_at),
        int(account.has_line),
        account.orders,
    ]


def status_of(call: Call, holder: int, required: int) -> int:
    """What an account is to who looks at it now."""
    state, now = call.world.state, call.after.worths[holder]
    account, terms = state.accounts[holder], market.load_risk(state).margin_call
    if now.equity < 0:
        return BANKRUPT
    params = [
        market.load_params(state, number, call.action.now)
        for number in bits(account.positions)
    ]
    critical = max((each.liquidation.critical_fraction for each in params), default=0)
    waited = call.action.now - account.called_at
    is_over = terms.grace == 0 or (
        account.called_at > 0 and terms.grace <= waited <= terms.grace + terms.window
    )
    if now.equity < now.maintenance + reserve_of(call, holder) and (
        is_over or now.equity < up(now.maintenance, critical)
    ):
        return LIQUIDATABLE
    return CALLED if now.equity < required else HEALTHY


@trial
def health_told(call: Call) -> None:
    """
    M1: a batch tells of each account what it is worth and must hold, and its status.
    """
    state = call.world.state
    ratio = market.load_risk(state).margin_call.ratio
    holders = list(call.after.worths)
    rows = rows_of(lens.health_batch(state, look(call), holders), HEALTH_WORDS)
    for holder, row in zip(holders, rows, strict=True):
        now, reserve = call.after.worths[holder], reserve_of(call, holder)
        required = up(now.maintenance, ratio) + reserve
        assert row == (
            *(now.equity, now.assets, now.strict, now.initial, now.maintenance),
            *(reserve, required, status_of(call, holder, required)),
        ), (holder, row, now)


@trial
def state_told(call: Call) -> None:
    """
    M2: a batch tells of each account all that the tables keep of it.
    """
    state = call.world.state
    holders = list(state.accounts)
    width = STATE_WORDS + MARKET_WORDS * call.world.markets
    rows = rows_of(lens.state_batch(state, look(call), holders), width)
    for holder, row in zip(holders, rows, strict=True):
        expected = kept(state.accounts[holder])
        expected += [int(state.collaterals[holder, token]) for token in range(4)]
        for number in range(call.world.markets):
            expected += map(int, astuple(state.positions[holder, number]))
            expected.append(int(state.claims[holder, number]))
        assert list(row) == expected, (holder, row)


@trial
def accounts_paged(call: Call) -> None:
    """
    M3: the page of an owner has each of its accounts in which anything is kept.
    """
    state = call.world.state
    for holder, account in state.accounts.items():
        owner, sub = divmod(holder, SUBS)
        page = lens.accounts_page(state, look(call), owner, max(sub - 1, 0), 3)
        rows = {row[0]: list(row[1:]) for row in rows_of(page, PAGE_WORDS)}
        assert all(any(words) for words in rows.values()), rows
        assert rows.get(sub, [0] * (PAGE_WORDS - 1)) == kept(account), (holder, rows)


@trial
def orders_paged(call: Call) -> None:
    """M4: the page of an owner has each of its orders, and tells whether it pends."""
    state = call.world.state
    for (holder, place), order in state.orders.items():
        owner, sub = divmod(holder, SUBS)
        page = lens.orders_page(state, look(call), owner, max(sub - 1, 0), 3)
        rows = {row[:2]: row[2:] for row in rows_of(page, ORDER_WORDS)}
        is_pending = state.accounts[holder].orders >> place & 1
        expected = (*map(int, astuple(order)), is_pending)
        found = rows.get((sub, place))
        assert found == (expected if order.size_delta != 0 else None), (order, found)


@trial
def free_told(call: Call) -> None:
    """
    M5: a statement tells as free what a withdrawal may take of the cash: all of it, or
    what the initial margin leaves; nothing while an order is pending, or a line is used
    or owed.
    """
    state = call.world.state
    for holder, now in call.after.worths.items():
        account, line = state.accounts[holder], state.lines[holder]
        most = int(account.cash)
        if account.positions:
            least = now.initial + reserve_of(call, holder)
            most = min(most, now.assets - least, now.strict - least)
        if account.orders or line.used or line.owed:
            most = 0
        free = lens.statement_of(state, look(call), holder).free_collateral
        assert free == max(0, most), (holder, free, most)
