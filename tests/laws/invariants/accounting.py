"""
A: accounting and solvency.
"""

from __future__ import annotations

from typing import Any

from protocol import market
from protocol.errors import Revert
from protocol.settlement import BadDebt
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import indices, profit, up
from tests.laws.invariants.registry import law


@law
def conservation(call: Call) -> None:
    """
    A1: all cash, the vault, insurance, the treasury, rewards and what waits to enter
    the vault are exactly what the exchange holds, and its balance exceeds that by
    donations only.
    """
    state = call.world.state
    funds, held = state.funds[()], state.holdings[()].held_atoms
    owned = sum(account.cash for account in state.accounts.values())
    owned += funds.vault + funds.insurance + funds.treasury + funds.rewards
    owned += state.escrow[()]
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
    A15: what all accounts have of a token and what was seized of it are exactly what
    the exchange holds, and its balance exceeds that by donations only.
    """
    state = call.world.state
    sums: dict[int, int] = {}
    for (holder, number), had in state.collaterals.items():
        assert had >= 0, (holder, had)
        bit = state.accounts[holder].tokens >> number & 1
        assert bit == (had != 0), (holder, number)
        sums[number] = sums.get(number, 0) + had
    exchange = call.world.addresses["Exchange"]
    for number, pool in state.pools.items():
        token = state.codes[state.collateral_params[number]]
        scale = 10 ** (18 - token.decimals)
        assert sums.get(number, 0) == pool.total <= token.cap, (number, pool, sums)
        assert pool.held_atoms * scale >= pool.total, pool
        held = state.tokens[token.token].balances[exchange]
        assert held >= pool.held_atoms, (number, held, pool)


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


def owed_to_traders(call: Call) -> tuple[int, int, int]:
    """What traders have gained, each rounded down; refunds; how many positions."""
    state, now = call.world.state, call.action.now
    owed = sum(state.claims.values())
    refunds = count = 0
    for number in range(state.market_count[()]):
        price = market.price_of(state, number)
        long_index, short_index = indices(state, number, now)
        for (_, where), held in state.positions.items():
            if where == number and held.size != 0:
                index = long_index if held.size > 0 else short_index
                owed += profit(held, price.mark, index)
                count += 1
        skew = sum(
            held.size for (_, where), held in state.positions.items() if where == number
        )
        scale = market.load_params(state, number).pricing.skew_scale
        refunds += up(up(skew, skew, 2 * scale), price.index)
    return owed, refunds, count


def nav_of(call: Call) -> Any:
    """The vault's own idea of its value, or None where it refuses to have one."""
    world = call.world
    try:
        return world.model.view("Vault", "nav", call.action.now)
    except Revert:
        return None


@law
def value_identity(call: Call) -> None:
    """
    A6: what everybody owns and the vault's higher value together are what is held,
    within a wei a position and a market, which the vault keeps.
    """
    nav = nav_of(call)
    if nav is None:
        return
    state = call.world.state
    owed, _, count = owed_to_traders(call)
    funds = state.funds[()]
    cash = sum(account.cash for account in state.accounts.values())
    others = funds.insurance + funds.treasury + funds.rewards + state.escrow[()]
    gap = state.holdings[()].held_atoms * state.scale - (
        cash + owed + nav.high + others
    )
    assert 0 <= gap <= count + state.market_count[()], gap


@law
def nav_brackets(call: Call) -> None:
    """
    A7: the lower value of the vault counts every gain and every refund in full and no
    loss; the higher one counts all; and the exact value is between, a wei a position
    aside.
    """
    nav = nav_of(call)
    if nav is None:
        return
    state = call.world.state
    owed, refunds, count = owed_to_traders(call)
    exact = state.funds[()].vault - owed
    assert nav.low + refunds <= exact, (nav, exact, refunds)
    assert exact <= nav.high + count + state.market_count[()], (nav, exact)


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
