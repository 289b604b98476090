# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Access
@notice One owner, who hands over in two steps.
"""

from . import errors


event OwnershipOffered:
    owner: indexed(address)
    pending_owner: indexed(address)


event OwnershipTaken:
    owner: indexed(address)


owner: address
pending_owner: address


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
