"""
An account: signed cash, the markets in which it has a position or a claim, the tokens
that back it, its margin mode, and the places of its pending orders. Its number says who
owns it: `owner << 96 | sub`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import errors
from protocol.errors import require
from protocol.fixed_point import require_fits
from protocol.units import Address, Holder, Quote, Seconds
from protocol.word import placed, signed, unsigned

if TYPE_CHECKING:
    from protocol.state import State

# Margin modes: all markets back each other, or the account has one market only.
CROSS = 0
ISOLATED = 1
PORTFOLIO = 2

MAX_MARKETS = 16


class Account(Struct, frozen=True):
    cash: Quote
    positions: int
    claims: int
    mode: int
    is_flat_paid: bool
    tokens: int
    called_at: Seconds
    has_line: bool
    orders: int


class OperatorSet(Struct, frozen=True):
    owner: Address
    operator: Address
    is_allowed: bool


class MarginModeSet(Struct, frozen=True):
    holder: Holder
    mode: int


def packed_account(account: Account) -> int:
    """The word of an account."""
    return (
        placed(int(account.cash), 0, 128)
        | (account.positions << 128)
        | (account.claims << 144)
        | (account.mode << 160)
        | (int(account.is_flat_paid) << 168)
        | (int(account.has_line) << 169)
        | (account.tokens << 176)
        | (int(account.called_at) << 184)
        | (account.orders << 224)
    )


def unpacked_account(packed: int) -> Account:
    """The account that `packed_account` packed."""
    return Account(
        cash=Quote(signed(packed, 0, 128)),
        positions=unsigned(packed, 128, 16),
        claims=unsigned(packed, 144, 16),
        mode=unsigned(packed, 160, 8),
        is_flat_paid=unsigned(packed, 168, 1) == 1,
        tokens=unsigned(packed, 176, 8),
        called_at=Seconds(unsigned(packed, 184, 40)),
        has_line=unsigned(packed, 169, 1) == 1,
        orders=unsigned(packed, 224, 16),
    )


def load_account(state: State, holder: Holder) -> Account:
    """The account of `holder`, empty before its first use."""
    return state.accounts[holder]


def store_account(state: State, holder: Holder, account: Account) -> None:
    """Keep the account of `holder`."""
    require_fits(account.cash, 126)
    state.accounts[holder] = account


def set_called_at(state: State, holder: Holder, called_at: Seconds) -> None:
    """Remember when the margin of an account was called; zero is never."""
    current = load_account(state, holder)
    store_account(state, holder, replace(current, called_at=called_at))


def set_orders(state: State, holder: Holder, orders: int) -> None:
    """Remember at which places an account has pending orders."""
    current = load_account(state, holder)
    if current.orders != orders:
        store_account(state, holder, replace(current, orders=orders))


def set_flat_paid(state: State, holder: Holder, is_flat_paid: bool) -> None:
    """
    Remember whether a keeper was paid the flat reward for an account that may be
    liquidated still.
    """
    current = load_account(state, holder)
    if current.is_flat_paid != is_flat_paid:
        store_account(state, holder, replace(current, is_flat_paid=is_flat_paid))


def set_has_line(state: State, holder: Holder, has_line: bool) -> None:
    """Remember whether a lender grants an account a line."""
    current = load_account(state, holder)
    if current.has_line != has_line:
        store_account(state, holder, replace(current, has_line=has_line))


def require_operator(state: State, holder: Holder, sender: Address) -> None:
    """
    Refuse the call unless `sender` owns the account or operates for its owner.
    """
    owner = holder >> 96
    require(sender == owner or state.operators[owner, sender], errors.NOT_OPERATOR)


def set_operator(
    state: State, owner: Address, operator: Address, is_allowed: bool
) -> None:
    """Let `operator` act on all accounts of `owner`, or no longer."""
    state.operators[owner, operator] = is_allowed
    state.log(OperatorSet(owner=owner, operator=operator, is_allowed=is_allowed))


def set_margin_mode(state: State, holder: Holder, mode: int) -> None:
    """
    Choose how the positions of the account back each other, while it has none and has
    committed to none.
    """
    require(mode <= PORTFOLIO, errors.MODE_UNKNOWN)
    account = load_account(state, holder)
    require(account.positions == 0, errors.HAS_POSITIONS)
    require(account.orders == 0, errors.ORDER_PENDING)

    store_account(state, holder, replace(account, mode=mode))
    state.log(MarginModeSet(holder=holder, mode=mode))
