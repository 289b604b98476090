"""
A plain ERC-20 that anyone may mint: for tests, demonstrations and devnets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol import errors
from protocol.errors import require
from protocol.units import Address, Atoms, Call

if TYPE_CHECKING:
    from protocol.state import TokenState


class Transfer(Struct, frozen=True):
    sender: Address
    receiver: Address
    value: Atoms


class Approval(Struct, frozen=True):
    owner: Address
    spender: Address
    value: Atoms


def mint(state: TokenState, call: Call, receiver: Address, atoms: Atoms) -> None:
    """Make `atoms` for `receiver`."""
    require(atoms >> 128 == 0, errors.OUT_OF_BOUNDS)
    require(state.total_supply[()] + atoms < 2**128, errors.OUT_OF_BOUNDS)
    state.total_supply[()] += atoms
    state.balances[receiver] += atoms
    state.log(Transfer(sender=0, receiver=receiver, value=atoms))


def approve(state: TokenState, call: Call, spender: Address, atoms: Atoms) -> bool:
    """Let `spender` take up to `atoms` from the sender."""
    state.allowances[call.sender, spender] = atoms
    state.log(Approval(owner=call.sender, spender=spender, value=atoms))
    return True


def transfer(state: TokenState, call: Call, receiver: Address, atoms: Atoms) -> bool:
    """Send `atoms` to `receiver`."""
    move(state, call.sender, receiver, atoms)
    return True


def transferFrom(
    state: TokenState, call: Call, owner: Address, receiver: Address, atoms: Atoms
) -> bool:
    """
    Send `atoms` of `owner` to `receiver`, having been allowed to; an allowance of all
    there can be does not run out.
    """
    allowed = state.allowances[owner, call.sender]
    require(atoms <= allowed, errors.ALLOWANCE_TOO_SMALL)
    if allowed != 2**256 - 1:
        state.allowances[owner, call.sender] = allowed - atoms
    move(state, owner, receiver, atoms)
    return True


def move(state: TokenState, sender: Address, receiver: Address, atoms: Atoms) -> None:
    """Move `atoms` from `sender` to `receiver`."""
    require(atoms <= state.balances[sender], errors.BALANCE_TOO_SMALL)
    state.balances[sender] -= atoms
    state.balances[receiver] += atoms
    state.log(Transfer(sender=sender, receiver=receiver, value=atoms))


def balanceOf(state: TokenState, call: Call, owner: Address) -> Atoms:
    """The atoms of `owner`."""
    return state.balances[owner]


def allowance(state: TokenState, call: Call, owner: Address, spender: Address) -> Atoms:
    """The atoms that `spender` may take from `owner`."""
    return state.allowances[owner, spender]


def totalSupply(state: TokenState, call: Call) -> Atoms:
    """All atoms there are."""
    return state.total_supply[()]


def decimals(state: TokenState, call: Call) -> int:
    """How many decimals make one token."""
    return state.decimals
