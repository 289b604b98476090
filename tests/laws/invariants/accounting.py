"""
A: accounting and solvency.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from protocol import market
from protocol.deleveraging import Deleveraged
from protocol.settlement import BadDebt
from protocol.trading import Traded
from protocol.unwinding import PositionSettled
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import (
    SETTLED,
    indices,
    is_valid,
    market_owes,
    payout_cap,
    profit,
    still_spent,
    up,
)
from tests.laws.invariants.payout import realized
from tests.laws.invariants.registry import law

# What changes a position and is no liquidation: of each call there is one at most.
CHANGES = (Traded, Deleveraged, PositionSettled)


@law
def conservation(call: Call) -> None:
    """
    A1: all cash, the vault, insurance, the treasury, rewards, what waits to enter the
    vault, what lenders have and the fees of orders are exactly what the exchange holds,
    and its balance exceeds that by donations only.
    """
    state = call.world.state
    funds, held = state.funds[()], state.holdings[()].held_atoms
    owned = sum(account.cash for account in state.accounts.values())
    owned += funds.vault + funds.insurance + funds.treasury + funds.rewards
    owned += state.escrow[()] + sum(each.money for each in state.lenders.values())
    assert owned == held * state.scale, (owned, held * state.scale)
    exchange = call.world.addresses["Exchange"]
    surplus = state.quote.balances[exchange] - held
    was = call.before.tables["balances"].get(exchange, 0)
    kept = call.before.tables["holdings"].get((), state.holdings.empty)
    gift = surplus - (was - kept.held_atoms)
    assert gift == 0 or (gift > 0 and call.action.to == "Token"), gift


@law
def conservation_of_tokens(call: Call) -> None:
    """
    A15: what all accounts have of a token, the governor's with what was seized, is
    exactly its total, within its cap; and the exchange has all of it.
    """
    state = call.world.state
    sums: dict[int, int] = {}
    for (holder, number), had in state.collaterals.items():
        assert had >= 0, (holder, had)
        bit = state.accounts[holder].tokens >> number & 1
        assert bit == (had != 0), (holder, number)
        sums[number] = sums.get(number, 0) + had
    exchange = call.world.addresses["Exchange"]
    for number, total in state.totals.items():
        token = state.codes[state.collateral_params[number]]
        scale = 10 ** (18 - token.decimals)
        assert sums.get(number, 0) == total <= token.cap, (number, total, sums)
        held = state.tokens[token.token].balances[exchange]
        assert held * scale >= total, (number, held, total)


@law
def tokens(call: Call) -> None:
    """A2: all balances are the supply, and nothing but minting changes it."""
    state = call.world.state
    assert sum(state.quote.balances.values()) == state.quote.total_supply[()]
    if call.name != "Token.mint":
        assert (
            call.before.tables["total_supply"].get((), 0)
            == state.quote.total_supply[()]
        )


@law
def aggregates(call: Call) -> None:
    """A3: the sums of sizes, quotes, funding and claims are those of the positions."""
    state = call.world.state
    sums: dict[tuple[int, bool], list[int]] = {}
    for (_, number), held in state.positions.items():
        side = sums.setdefault((number, held.size > 0), [0, 0, 0])
        side[0] += held.size
        side[1] += held.quote
        side[2] += held.funding
    for number in range(state.market_count[()]):
        book = state.books[number]
        longs, shorts = (
            [
                size,
                state.side_quotes[number, is_long],
                state.side_fundings[number, is_long],
            ]
            for is_long, size in ((True, book.long_size), (False, book.short_size))
        )
        assert longs == sums.get((number, True), [0, 0, 0]), (number, longs, sums)
        assert shorts == sums.get((number, False), [0, 0, 0]), (number, shorts, sums)
        claims = sum(
            claim for (_, where), claim in state.claims.items() if where == number
        )
        assert claims == state.open_claims[number], (number, claims)


@law
def no_residue(call: Call) -> None:
    """
    A5: without a size there is no quote and no funding, and an account's bitmaps say
    where it has positions and claims; no claim is negative.
    """
    state = call.world.state
    for (holder, number), held in state.positions.items():
        bit = state.accounts[holder].positions >> number & 1
        assert bit == (held.size != 0), (holder, number)
        assert held.size != 0 or (held.quote, held.funding) == (0, 0), held
    for (holder, number), claim in state.claims.items():
        bit = state.accounts[holder].claims >> number & 1
        assert bit == (claim != 0), (holder, number)
        assert claim >= 0, claim


@law
def only_losses_are_cash(call: Call) -> None:
    """
    A8: a trade moves no cash but its fee and what a position that it closes has lost; a
    gain becomes a claim, and what stays open is not realized. So do deleveraging and
    the end of a settled market, without a fee. No other account has more cash or less,
    and this one only where it is left with a debt and no position, and is made whole.
    """
    changed = [each for kind in CHANGES for each in call.events(kind)]
    if not changed:
        return
    (event,) = changed
    state, holder, number = call.world.state, event.holder, event.market_id
    left = realized(call).get(number, 0)
    fee = event.fee if isinstance(event, Traded) else 0
    for who, account in state.accounts.items():
        due = call.row("accounts", who).cash
        if who == holder:
            due += min(0, left) - fee
            if due < 0 == account.cash and not account.positions:
                continue
            claim = call.row("claims", (who, number)) + max(0, left)
            assert state.claims[who, number] == claim, (event, claim)
        assert account.cash == due, (event, who, account.cash, due)


class Owed(NamedTuple):
    """
    What a market owes: to all its traders, each rounded down, and how many they are; to
    the sides that have gained; for its skew; what it pays at most; whether its price is
    valid, where it needs one.
    """

    net: int
    count: int
    gross: int
    refund: int
    cap: int
    is_priced: bool


def owed_by(call: Call, number: int) -> Owed:
    """What a market owes now."""
    state, now = call.world.state, call.action.now
    price = market.price_of(state, number)
    params = market.load_params(state, number, now)
    index = indices(state, number, now)
    held = [
        each
        for (_, where), each in state.positions.items()
        if where == number and each.size != 0
    ]
    claims = sum(claim for (_, where), claim in state.claims.items() if where == number)
    skew = sum(each.size for each in held)
    if params.limits.mode == SETTLED:
        # What was kept for the skew the positions have by now.
        skew = 0
    spent = still_spent(state.payouts[number], now)
    return Owed(
        net=claims
        + sum(profit(each, price.mark, index[each.size < 0]) for each in held),
        count=len(held),
        gross=market_owes(state, call.after.tables, number, now),
        refund=up(up(skew, skew, 2 * params.pricing.skew_scale), price.index),
        cap=payout_cap(state.funds[()].vault, spent, params.payout.factor),
        is_priced=not held or is_valid(price, params.limits, now),
    )


@lru_cache(maxsize=1)
def every_market(call: Call) -> list[Owed]:
    """What each market owes now."""
    count = call.world.state.market_count[()]
    return [owed_by(call, number) for number in range(count)]


def nav_of(call: Call) -> Any:
    """The vault's own idea of its value."""
    return call.world.model.view("Vault", "nav", call.action.now)


@law
def value_identity(call: Call) -> None:
    """
    A6: what everybody owns, the winners of a market up to its cap, and the vault's
    higher value together are what is held, within a wei a position and a market, which
    the vault keeps.
    """
    nav, markets = nav_of(call), every_market(call)
    state = call.world.state
    owed = sum(min(each.net, each.cap) for each in markets)
    count = sum(each.count for each in markets)
    funds = state.funds[()]
    cash = sum(account.cash for account in state.accounts.values())
    others = funds.insurance + funds.treasury + funds.rewards + state.escrow[()]
    others += sum(each.money for each in state.lenders.values())
    gap = state.holdings[()].held_atoms * state.scale - (
        cash + owed + nav.high + others
    )
    assert 0 <= gap <= count + len(markets), gap


@law
def nav_brackets(call: Call) -> None:
    """
    A7: the lower value of the vault counts every gain and every refund in full and no
    loss, and for a market without a valid price all that it pays, if that is more; the
    higher one counts all; and the exact value is between, a wei a position aside.
    """
    nav, markets = nav_of(call), every_market(call)
    vault = call.world.state.funds[()].vault
    exact = vault - sum(min(each.net, each.cap) for each in markets)
    least = [each.gross + each.refund for each in markets]
    least += [
        max(0, each.cap - each.gross - each.refund)
        for each in markets
        if not each.is_priced
    ]
    assert nav.low == vault - sum(least), (nav, vault, least)
    refunds = sum(each.refund for each in markets)
    assert nav.low + refunds <= exact or nav.is_shut or not nav.is_priced, (nav, exact)
    assert nav.low <= exact, (nav, exact)
    count = sum(each.count for each in markets) + len(markets)
    assert exact <= nav.high + count, (nav, exact)
    assert nav.is_priced == all(each.is_priced for each in markets)


@law
def no_hidden_debt(call: Call) -> None:
    """
    A12: who has no position and no token owes nothing, and what all owe together is
    recorded.
    """
    state = call.world.state
    owed = 0
    for holder, account in state.accounts.items():
        assert account.cash >= 0 or account.positions or account.tokens, holder
        owed += max(0, -account.cash)
    assert owed == state.holdings[()].debt, (owed, state.holdings[()])
    assert min(state.funds[()].insurance, state.funds[()].treasury) >= 0
    for earned in state.keeper_rewards.values():
        assert earned >= 0


@law
def bad_debt_is_timed(call: Call) -> None:
    """A14: when the vault bears a bad debt its time is kept; else it does not move."""
    state = call.world.state
    was = call.row("insurance_window", ()).bad_debt_at
    expected = call.action.now if call.events(BadDebt) else was
    assert state.insurance_window[()].bad_debt_at == expected, (was, expected)
