"""
One owner, who hands over in two steps; a council and a guardian, whom he names.
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


class CouncilAppointed(Struct, frozen=True):
    council: Address


class GuardianAppointed(Struct, frozen=True):
    guardian: Address


def require_owner(state: State, sender: Address) -> None:
    """Refuse the call unless the owner makes it."""
    require(sender == state.owner[()], errors.NOT_OWNER)


def require_council(state: State, sender: Address) -> None:
    """Refuse the call unless the risk council makes it."""
    require(sender == state.council[()] and sender != 0, errors.NOT_COUNCIL)


def require_guardian(state: State, sender: Address) -> None:
    """Refuse the call unless the guardian makes it."""
    require(sender == state.guardian[()] and sender != 0, errors.NOT_GUARDIAN)


def appoint_council(state: State, council: Address, sender: Address) -> None:
    """Name who may tighten the parameters of a market; nobody, where it is zero."""
    require_owner(state, sender)
    state.council[()] = council
    state.log(CouncilAppointed(council=council))


def appoint_guardian(state: State, guardian: Address, sender: Address) -> None:
    """Name who may pause a market; nobody, where it is zero."""
    require_owner(state, sender)
    state.guardian[()] = guardian
    state.log(GuardianAppointed(guardian=guardian))


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
