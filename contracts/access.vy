# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Access
@notice One owner, who hands over in two steps; a council and a guardian, whom he names.
"""

from . import errors


event OwnershipOffered:
    owner: indexed(address)
    pending_owner: indexed(address)


event OwnershipTaken:
    owner: indexed(address)


event CouncilAppointed:
    council: indexed(address)


event GuardianAppointed:
    guardian: indexed(address)


owner: address
pending_owner: address
council: address
guardian: address


@deploy
def __init__(owner: address):
    self.owner = owner


@internal
@view
def require_owner(sender: address):
    """
    @notice Refuse the call unless the owner makes it.
    """
    errors.require(sender == self.owner, errors.NOT_OWNER)


@internal
@view
def require_council(sender: address):
    """
    @notice Refuse the call unless the risk council makes it.
    """
    errors.require(
        sender == self.council and sender != empty(address), errors.NOT_COUNCIL
    )


@internal
@view
def require_guardian(sender: address):
    """
    @notice Refuse the call unless the guardian makes it.
    """
    errors.require(
        sender == self.guardian and sender != empty(address), errors.NOT_GUARDIAN
    )


@internal
def appoint_council(council: address, sender: address):
    """
    @notice Name who may tighten the parameters of a market; nobody, where it is zero.
    """
    self.require_owner(sender)
    self.council = council
    log CouncilAppointed(council=council)


@internal
def appoint_guardian(guardian: address, sender: address):
    """
    @notice Name who may pause a market; nobody, where it is zero.
    """
    self.require_owner(sender)
    self.guardian = guardian
    log GuardianAppointed(guardian=guardian)


@internal
def offer_ownership(pending_owner: address, sender: address):
    """
    @notice Name who may become the owner.
    """
    self.require_owner(sender)
    self.pending_owner = pending_owner
    log OwnershipOffered(owner=sender, pending_owner=pending_owner)


@internal
def take_ownership(sender: address):
    """
    @notice Become the owner, having been named.
    """
    errors.require(
        sender == self.pending_owner and sender != empty(address), errors.NOT_OWNER
    )
    self.owner = sender
    self.pending_owner = empty(address)
    log OwnershipTaken(owner=sender)
