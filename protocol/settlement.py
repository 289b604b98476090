"""
Where profit and loss become cash, and who pays when an account cannot.

A loss goes to cash at once. A gain becomes a claim, which its owner settles: what its
market does not pay of it then is gone. An account without positions whose cash is
negative is made whole by its claims, then by its line, then by the insurance fund, then
by the vault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import (
    account,
    collateral,
    credit,
    errors,
    funding,
    insurance,
    ledger,
    market,
    payout,
    position,
    rules,
)
from protocol.collateral import FIRST_FEED, MAX_TOKENS
from protocol.errors import require
from protocol.feed import FeedPrice
from protocol.fixed_point import div_up
from protocol.insurance import InsuranceParams
from protocol.parameters import RiskParams
from protocol.payout import Payout, PayoutCut
from protocol.units import Address, Atoms, Holder, Quote, Seconds, Size, SizePrice

if TYPE_CHECKING:
    from protocol.state import State

NOTHING = Quote(0)


class Sale(Struct, frozen=True):
    token: Address
    paid: Atoms
    cash: Quote


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
    Move a gain from the vault to an account; give the cash of the account then.
    """
    ledger.add_funds(state, -amount, NOTHING, NOTHING, NOTHING)
    return add_cash(state, holder, amount)


def take_loss(
    state: State, holder: Holder, market_id: int, amount: Quote, now: Seconds
) -> Quote:
    """
    Move a loss from an account to the vault; give the cash of the account then. What it
    had the cash for, its market may pay out again.
    """
    ledger.add_funds(state, amount, NOTHING, NOTHING, NOTHING)
    spent = market.load_spent(state, market_id)
    if spent.amount != NOTHING:
        had = max(NOTHING, account.load_account(state, holder).cash)
        lowered = payout.lowered(spent, min(amount, had), now)
        market.store_spent(state, market_id, lowered)
    return add_cash(state, holder, -amount)


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


def realize(
    state: State, holder: Holder, market_id: int, result: Quote, now: Seconds
) -> None:
    """Turn what a closed position left into cash or into a claim."""
    if result < 0:
        take_loss(state, holder, market_id, -result, now)
    if result > 0:
        add_claim(state, holder, market_id, result)


def take_result(state: State, holder: Holder, market_id: int, result: Quote) -> None:
    """Take a result out of an open position: it is cash from now on."""
    held = position.load_position(state, holder, market_id)
    held = replace(held, quote=held.quote - result)
    position.store_position(state, holder, market_id, held)
    is_long = held.size > 0
    market.add_to_side(state, market_id, is_long, Size(0), -result, SizePrice(0))


def spend(
    state: State,
    holder: Holder,
    market_id: int,
    price: FeedPrice,
    claimed: Quote,
    missing: Quote,
    now: Seconds,
) -> Payout:
    """
    Decide what of a gain is paid, up to what is missing, and count it as spent.
    """
    due = rules.settled(
        state,
        market.ANYONE,
        state.market_params[market_id],
        market.state_of(state, market_id),
        price,
        ledger.load_funds(state).vault,
        claimed,
        missing,
        now,
    )
    market.store_spent(state, market_id, due.spent)
    if due.paid < due.claimed:
        state.log(
            PayoutCut(
                holder=holder, market_id=market_id, claimed=due.claimed, paid=due.paid
            )
        )
    return due


def settle(
    state: State, holder: Holder, market_id: int, sender: Address, now: Seconds
) -> Quote:
    """
    Settle the loss of an account in a market, by anyone; or its gain and its claim, by
    those who operate the account, as far as the market pays. Give what its cash changed
    by.
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
    amount = result
    if result < 0:
        cash = take_loss(state, holder, market_id, -result, now)
    else:
        account.require_operator(state, holder, sender)
        claim = state.claims[holder, market_id]
        claimed = result + claim
        require(claimed > 0, errors.NOTHING_TO_SETTLE)
        amount = spend(state, holder, market_id, price, claimed, claimed, now).paid
        # For nothing nobody gives up a gain.
        require(amount > 0, errors.VAULT_TOO_SMALL)
        add_claim(state, holder, market_id, -claim)
        ledger.take_from_vault(state, amount)
        cash = add_cash(state, holder, amount)
    if result != NOTHING:
        take_result(state, holder, market_id, result)
    market.update_rates(state, market_id, price.index)
    state.log(Settled(holder=holder, market_id=market_id, amount=amount, cash=cash))
    return amount


def has_saleable(state: State, holder: Holder, tokens: int) -> bool:
    """
    Whether an account has a token, of those in a bitmap, that somebody may buy.
    """
    if tokens == 0:
        return False
    for token_id in range(MAX_TOKENS):
        if (tokens >> token_id) & 1 == 0:
            continue
        mark = market.price_of(state, FIRST_FEED + token_id).mark
        if rules.is_saleable(
            state,
            market.ANYONE,
            state.collateral_params[token_id],
            state.collaterals[holder, token_id],
            mark,
        ):
            return True
    return False


def use_claims(state: State, holder: Holder, wanted: Quote, now: Seconds) -> Quote:
    """
    Let the claims of an account bring its cash to what is wanted, as far as they are
    needed and their markets pay; give the cash then.
    """
    current = account.load_account(state, holder)
    cash = current.cash
    if cash >= wanted:
        return cash
    for market_id in range(account.MAX_MARKETS):
        if (current.claims >> market_id) & 1 == 0:
            continue
        # No more than is missing: what the vault is owed falls with what it pays.
        due = spend(
            state,
            holder,
            market_id,
            market.price_of(state, market_id),
            state.claims[holder, market_id],
            wanted - cash,
            now,
        )
        add_claim(state, holder, market_id, -due.claimed)
        cash = pay_from_vault(state, holder, due.paid)
    return cash


def cover_shortfall(
    state: State, holder: Holder, params: InsuranceParams, now: Seconds
) -> None:
    """
    Make an account whole that has no position, negative cash and no token that somebody
    may buy: out of its claims, then of its line, then of the insurance fund, then of
    the vault.
    """
    current = account.load_account(state, holder)
    if (
        current.positions != 0
        or current.cash >= 0
        or has_saleable(state, holder, current.tokens)
    ):
        return
    shortfall = -use_claims(state, holder, NOTHING, now)
    if shortfall <= 0:
        return

    # What nobody buys is no reason to leave a debt open, nor is it left to who owes it.
    collateral.seize(state, holder, current.tokens)
    drawn = NOTHING
    if current.has_line:
        drawn = credit.draw_line(state, holder, shortfall, now)
    drawn += insurance.draw(state, holder, shortfall - drawn, params, now)
    add_cash(state, holder, shortfall)
    if drawn < shortfall:
        bad_debt = shortfall - drawn
        insurance.record_bad_debt(state, now)
        vault = ledger.add_funds(state, -bad_debt, NOTHING, NOTHING, NOTHING).vault
        state.log(BadDebt(holder=holder, amount=bad_debt, vault=vault))


def sell_collateral(
    state: State,
    holder: Holder,
    token_id: int,
    atoms: Atoms,
    risk: RiskParams,
    now: Seconds,
) -> Sale:
    """
    Sell a token of an account in debt at its mark less a discount, for no more than the
    debt; give the token and what the buyer pays for it.
    """
    code = state.collateral_params[token_id]
    sold = market.asset(state, code, atoms)
    current = account.load_account(state, holder)
    allowed = risk.debt.floor if current.positions != 0 else NOTHING
    require(current.cash < -allowed, errors.NOT_IN_DEBT)
    price = market.price_of(state, FIRST_FEED + token_id)
    cost = rules.sale_price(state, market.ANYONE, code, sold.amount, price, now)
    require(cost <= -current.cash, errors.SALE_TOO_LARGE)
    collateral.take_out(state, holder, token_id, sold)
    paid = int(div_up(cost, state.scale))
    cash = add_cash(state, holder, ledger.book_in(state, paid))
    cover_shortfall(state, holder, risk.insurance, now)
    return Sale(token=sold.token, paid=paid, cash=cash)
