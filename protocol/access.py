"""
One owner, who hands over in two steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol import errors
from protocol.errors import require
from protocol.units import Address

if TYPE_CHECKING:
    from protocol.state import State


class OwnershipOffered(Struct, frozen=True):
    owner: Address
    pending_owner: Address


class OwnershipTaken(Struct, frozen=True):
    owner: Address


def require_owner(state: State, sender: Address) -> None:
    """Refuse the call unless the owner makes it."""
    require(sender == state.owner[()], errors.NOT_OWNER)


def offer_ownership(state: State, pending_owner: Address, sender: Address) -> None:
    """Name who may become the owner."""
    require_owner(state, sender)
    state.pending_owner[()] = pending_owner
    state.log(OwnershipOffered(owner=sender, pending_owner=pending_owner))


def take_ownership(state: State, sender: Address) -> None:
    """Become the owner, having been named."""
    require(sender == state.pending_owner[()] and sender != 0, errors.NOT_OWNER)
    state.owner[()] = sender
    state.pending_owner[()] = 0
    state.log(OwnershipTaken(owner=sender))
