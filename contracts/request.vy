# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Request
@notice What a provider asks of the vault, and how long that waits.

        A request is executed at prices from after its delay, so that nobody knows
        them who asks, and within its window; what was not executed by then is given
        back.
"""

from . import errors


struct VaultParams:
    delay: uint256
    window: uint256
    quarantine: uint256


struct Request:
    controller: address
    is_deposit: bool
    amount: uint256
    minimum: uint256
    requested_at: uint256


event DepositRequest:
    controller: indexed(address)
    owner: indexed(address)
    request_id: indexed(uint256)
    sender: address
    assets: uint256


event RedeemRequest:
    controller: indexed(address)
    owner: indexed(address)
    request_id: indexed(uint256)
    sender: address
    shares: uint256


event RequestReturned:
    request_id: indexed(uint256)
    controller: indexed(address)
    amount: uint256


event OperatorSet:
    controller: indexed(address)
    operator: indexed(address)
    approved: bool


requests: HashMap[uint256, uint256[2]]
request_count: uint256
request_operators: HashMap[address, HashMap[address, bool]]


@internal
@pure
def packed_request(pending: Request) -> uint256[2]:
    """
    @notice The words of a request.
    """
    return [
        pending.amount | (pending.minimum << 128),
        convert(pending.controller, uint256)
        | (pending.requested_at << 160)
        | (convert(pending.is_deposit, uint256) << 200),
    ]


@internal
@pure
def unpacked_request(packed: uint256[2]) -> Request:
    """
    @notice The request that `packed_request` packed.
    """
    return Request(
        controller=convert((packed[1] << 96) >> 96, address),
        is_deposit=(packed[1] >> 200) & 1 == 1,
        amount=(packed[0] << 128) >> 128,
        minimum=packed[0] >> 128,
        requested_at=(packed[1] << 56) >> 216,
    )


@internal
@pure
def waits_until(pending: Request, params: VaultParams) -> uint256:
    """
    @notice The last second whose prices a request is not executed at.
    """
    return pending.requested_at + params.delay


@internal
@pure
def closes_at(pending: Request, params: VaultParams) -> uint256:
    """
    @notice The last second in which a request may be executed.
    """
    return pending.requested_at + params.delay + params.window


@internal
@view
def load_request(request_id: uint256) -> Request:
    """
    @notice The request of that number, empty where none waits.
    """
    return self.unpacked_request(self.requests[request_id])


@internal
def add_request(pending: Request) -> uint256:
    """
    @notice Let a request wait, and give its number. Whatever minimum it names, it must
            give something.
    """
    errors.require(pending.amount > 0, errors.ZERO_AMOUNT)
    errors.require((pending.amount | pending.minimum) >> 120 == 0, errors.OUT_OF_BOUNDS)
    errors.require(pending.controller != empty(address), errors.ZERO_RECEIVER)
    kept: Request = pending
    kept.minimum = max(pending.minimum, 1)
    self.request_count += 1
    self.requests[self.request_count] = self.packed_request(kept)
    return self.request_count


@internal
def take_request(request_id: uint256) -> Request:
    """
    @notice The request of that number, which waits no longer; there must be one.
    """
    pending: Request = self.load_request(request_id)
    errors.require(pending.amount > 0, errors.REQUEST_UNKNOWN)
    self.requests[request_id] = empty(uint256[2])
    return pending


@internal
def set_operator(controller: address, operator: address, approved: bool):
    """
    @notice Let `operator` ask on behalf of who names it, or no longer.
    """
    self.request_operators[controller][operator] = approved
    log OperatorSet(controller=controller, operator=operator, approved=approved)


@internal
@view
def may_ask(owner: address, sender: address) -> bool:
    """
    @notice Whether `sender` is the owner, or asks on its behalf.
    """
    return sender == owner or self.request_operators[owner][sender]
