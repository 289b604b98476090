"""
What the exchange holds and whose it is; the only gate for tokens.

sum(cash) + vault + insurance + treasury + rewards + escrow + lenders == held_atoms *
scale, exactly, after every call. What the exchange holds is its own record and not its
token balance: a donation changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol import errors, token
from protocol.errors import require
from protocol.fixed_point import require_fits
from protocol.units import Address, Atoms, Call, Quote, Seconds
from protocol.word import placed, signed, unsigned

if TYPE_CHECKING:
    from protocol.state import State


class Funds(Struct, frozen=True):
    vault: Quote
    insurance: Quote
    treasury: Quote
    rewards: Quote


class Holdings(Struct, frozen=True):
    held_atoms: Atoms
    debt: Quote


def packed_funds(funds: Funds) -> tuple[int, int]:
    """The words of the funds."""
    return (
        placed(int(funds.vault), 0, 128) | placed(int(funds.insurance), 128, 128),
        placed(int(funds.treasury), 0, 128) | placed(int(funds.rewards), 128, 128),
    )


def unpacked_funds(packed: tuple[int, int]) -> Funds:
    """The funds that `packed_funds` packed."""
    return Funds(
        vault=Quote(signed(packed[0], 0, 128)),
        insurance=Quote(signed(packed[0], 128, 128)),
        treasury=Quote(signed(packed[1], 0, 128)),
        rewards=Quote(signed(packed[1], 128, 128)),
    )


def packed_holdings(holdings: Holdings) -> int:
    """The word of the holdings."""
    return holdings.held_atoms | placed(int(holdings.debt), 128, 128)


def unpacked_holdings(packed: int) -> Holdings:
    """The holdings that `packed_holdings` packed."""
    return Holdings(
        held_atoms=unsigned(packed, 0, 128), debt=Quote(signed(packed, 128, 128))
    )


def load_funds(state: State) -> Funds:
    """What the vault, the insurance fund, the treasury and all keepers own."""
    return state.funds[()]


def add_funds(
    state: State, vault: Quote, insurance: Quote, treasury: Quote, rewards: Quote
) -> Funds:
    """
    Change what the funds own, each by its amount, and give what that is then.
    """
    before = load_funds(state)
    funds = Funds(
        vault=before.vault + vault,
        insurance=before.insurance + insurance,
        treasury=before.treasury + treasury,
        rewards=before.rewards + rewards,
    )
    state.funds[()] = funds
    return funds


def add_escrow(state: State, amount: Quote) -> None:
    """Change what waits to be let into the vault, or is held for orders."""
    waiting = state.escrow[()] + amount
    require(waiting >= 0, errors.ESCROW_TOO_SMALL)
    state.escrow[()] = waiting


def load_holdings(state: State) -> Holdings:
    """The atoms held for all, and what accounts with negative cash owe."""
    return state.holdings[()]


def store_holdings(state: State, holdings: Holdings) -> None:
    """Keep the holdings."""
    state.holdings[()] = holdings


def record_debt(state: State, cash_before: Quote, cash_after: Quote) -> None:
    """Keep the sum of all negative cash as an account's cash changes."""
    growth = min(cash_before, Quote(0)) - min(cash_after, Quote(0))
    if growth == Quote(0):
        return
    holdings = load_holdings(state)
    store_holdings(state, Holdings(holdings.held_atoms, holdings.debt + growth))


def take_from_vault(state: State, amount: Quote) -> Quote:
    """
    Take `amount` from the vault, which must go on covering what accounts owe, and give
    what is left.
    """
    vault = add_funds(state, -amount, Quote(0), Quote(0), Quote(0)).vault
    require(vault >= load_holdings(state).debt, errors.VAULT_TOO_SMALL)
    return vault


def value_of(state: State, atoms: Atoms) -> Quote:
    """The value of `atoms` of the token."""
    require(atoms > 0, errors.ZERO_AMOUNT)
    require(atoms >> 120 == 0, errors.OUT_OF_BOUNDS)
    return Quote(atoms * state.scale)


def book_in(state: State, atoms: Atoms) -> Quote:
    """Count `atoms` as held, and give their value."""
    amount = value_of(state, atoms)
    holdings = load_holdings(state)
    held_atoms = holdings.held_atoms + atoms
    require_fits(Quote(held_atoms * state.scale), 120)
    store_holdings(state, Holdings(held_atoms, holdings.debt))
    return amount


def book_out(state: State, atoms: Atoms) -> Quote:
    """Count `atoms` as no longer held, and give their value."""
    amount = value_of(state, atoms)
    holdings = load_holdings(state)
    require(atoms <= holdings.held_atoms, errors.TOO_LITTLE_HELD)
    store_holdings(state, Holdings(holdings.held_atoms - atoms, holdings.debt))
    return amount


def pull(state: State, asset: Address, payer: Address, atoms: Atoms) -> None:
    """Take `atoms` of a token from `payer`; all of them must arrive."""
    moved = state.tokens[asset]
    exchange = Call(state.addresses.exchange, Seconds(0))
    before = token.balanceOf(moved, exchange, exchange.sender)
    is_moved = token.transferFrom(moved, exchange, payer, exchange.sender, atoms)
    after = token.balanceOf(moved, exchange, exchange.sender)
    require(is_moved and after == before + atoms, errors.TRANSFER_FAILED)


def push(state: State, asset: Address, receiver: Address, atoms: Atoms) -> None:
    """Send `atoms` of a token to `receiver`."""
    exchange = Call(state.addresses.exchange, Seconds(0))
    is_moved = token.transfer(state.tokens[asset], exchange, receiver, atoms)
    require(is_moved, errors.TRANSFER_FAILED)
