# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Timelock
@notice An owner who says what he will do, and does it two days later.
"""

DELAY: constant(uint256) = 2 * 86_400

OWNER: immutable(address)

due_at: HashMap[bytes32, uint256]


@deploy
def __init__(owner: address):
    OWNER = owner


@external
def schedule(target: address, payload: Bytes[4096]):
    """
    @notice Announce a call.
    """
    assert msg.sender == OWNER, "not the owner"
    call: bytes32 = keccak256(abi_encode(target, payload))
    self.due_at[call] = block.timestamp + DELAY


@external
def execute(target: address, payload: Bytes[4096]):
    """
    @notice Make a call that was announced, by anyone, once.
    """
    call: bytes32 = keccak256(abi_encode(target, payload))
    due_at: uint256 = self.due_at[call]
    assert due_at != 0 and due_at <= block.timestamp, "not due"
    self.due_at[call] = 0
    raw_call(target, payload)
