"""
Where profit and loss become cash, and who pays when an account cannot.

A loss goes to cash at once. A gain becomes a claim, which its owner settles. An account
without positions whose cash is negative is made whole by its claims, then by the
insurance fund, then by the vault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import (
    account,
    errors,
    funding,
    insurance,
    ledger,
    market,
    position,
    rules,
)
from protocol.errors import require
from protocol.insurance import InsuranceParams
from protocol.units import Address, Holder, Quote, Seconds, Size, SizePrice

if TYPE_CHECKING:
    from protocol.state import State

NOTHING = Quote(0)


class Settled(Struct, frozen=True):
    holder: Holder
    market_id: int
    amount: Quote
    cash: Quote


class BadDebt(Struct, frozen=True):
    holder: Holder
    amount: Quote
    vault: Quote


def add_cash(state: State, holder: Holder, amount: Quote) -> Quote:
    """Change the cash of an account, and give what it is then."""
    current = account.load_account(state, holder)
    cash = current.cash + amount
    account.store_account(state, holder, replace(current, cash=cash))
    ledger.record_debt(state, current.cash, cash)
    return cash


def pay_from_vault(state: State, holder: Holder, amount: Quote) -> Quote:
    """
    Move a gain from the vault to an account, or a negative one, a loss, back; give the
    cash of the account then.
    """
    ledger.add_funds(state, -amount, NOTHING, NOTHING, NOTHING)
    return add_cash(state, holder, amount)


def add_claim(state: State, holder: Holder, market_id: int, amount: Quote) -> None:
    """Change what an account may claim in a market."""
    state.open_claims[market_id] += amount
    claim = state.claims[holder, market_id] + amount
    state.claims[holder, market_id] = claim
    current = account.load_account(state, holder)
    bit = 1 << market_id
    claims = current.claims | bit
    if claim == NOTHING:
        claims ^= bit
    account.store_account(state, holder, replace(current, claims=claims))


def realize(state: State, holder: Holder, market_id: int, result: Quote) -> None:
    """Turn what a closed position left into cash or into a claim."""
    if result < 0:
        pay_from_vault(state, holder, result)
    if result > 0:
        add_claim(state, holder, market_id, result)


def take_result(state: State, holder: Holder, market_id: int, result: Quote) -> None:
    """Take a result out of an open position: it is cash from now on."""
    held = position.load_position(state, holder, market_id)
    held = replace(held, quote=held.quote - result)
    position.store_position(state, holder, market_id, held)
    is_long = held.size > 0
    market.add_to_side(state, market_id, is_long, Size(0), -result, SizePrice(0))


def settle(
    state: State, holder: Holder, market_id: int, sender: Address, now: Seconds
) -> Quote:
    """
    Settle the loss of an account in a market, by anyone; or its gain and its claim, by
    those who operate the account. Give what its cash changed by.
    """
    price = market.price_of(state, market_id)
    current = market.accrue(state, market_id, price, now)
    held = position.load_position(state, holder, market_id)
    result = rules.result(
        state,
        market.ANYONE,
        state.market_params[market_id],
        held,
        funding.side_index(current, held.size > 0),
        price,
        now,
    )
    if result != NOTHING:
        take_result(state, holder, market_id, result)
    if result < 0:
        ledger.add_funds(state, -result, NOTHING, NOTHING, NOTHING)
    else:
        account.require_operator(state, holder, sender)
        claim = state.claims[holder, market_id]
        result += claim
        require(result > 0, errors.NOTHING_TO_SETTLE)
        add_claim(state, holder, market_id, -claim)
        ledger.take_from_vault(state, result)
    cash = add_cash(state, holder, result)
    market.update_rates(state, market_id, price.index)
    state.log(Settled(holder=holder, market_id=market_id, amount=result, cash=cash))
    return result


def cover_shortfall(
    state: State, holder: Holder, params: InsuranceParams, now: Seconds
) -> None:
    """
    Make an account whole that has no position and negative cash: out of its claims,
    then of the insurance fund, then of the vault.
    """
    current = account.load_account(state, holder)
    shortfall = -current.cash
    if current.positions != 0 or shortfall <= 0:
        return
    for market_id in range(account.MAX_MARKETS):
        if (current.claims >> market_id) & 1 == 0:
            continue
        # No more than is missing: what the vault is owed falls by as much as it pays.
        paid = min(state.claims[holder, market_id], shortfall)
        shortfall -= paid
        add_claim(state, holder, market_id, -paid)
        pay_from_vault(state, holder, paid)
    if shortfall == Quote(0):
        return

    drawn = insurance.draw(state, holder, shortfall, params, now)
    add_cash(state, holder, shortfall)
    if drawn < shortfall:
        bad_debt = shortfall - drawn
        vault = ledger.add_funds(state, -bad_debt, NOTHING, NOTHING, NOTHING).vault
        state.log(BadDebt(holder=holder, amount=bad_debt, vault=vault))
