# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Book
@notice Storage of every shape, logs, refusals of every kind: what the tests call.
"""

import errors

struct Position:
    size: int256
    quote: int256


event Written:
    key: indexed(uint256)
    writer: indexed(address)
    size: int256
    written_at: uint256


OWNER: immutable(address)
DECIMALS: immutable(uint256)

total: int256
positions: HashMap[uint256, HashMap[uint256, Position]]
rounds: HashMap[uint256, uint256[2][4]]
ring: Position[3]
params: HashMap[uint256, address]


@deploy
def __init__(owner: address, decimals: uint256):
    OWNER = owner
    DECIMALS = decimals


@external
def write(key: uint256, inner: uint256, size: int256) -> int256:
    errors.require(size < 100, errors.TOO_LARGE)
    self.total += size
    self.positions[key][inner] = Position(size=size, quote=-size)
    self.rounds[key][inner % 4] = [1, block.timestamp]
    self.ring[inner % 3] = Position(size=size, quote=1)
    log Written(key=key, writer=msg.sender, size=size, written_at=block.timestamp)
    return self.total


@external
def write_code(key: uint256, first: int256, second: int256):
    self.params[key] = raw_create(
        concat(x"600b5981380380925939f3", abi_encode(first, second))
    )


@external
def overflow(x: uint256) -> uint256:
    self.total = 77
    return x + 1


@external
def burn(ok: bool):
    assert ok, UNREACHABLE


@external
@view
def position(key: uint256, inner: uint256) -> (int256, int256):
    errors.require(inner < 1000, errors.TOO_LARGE)
    return self.positions[key][inner].size, self.positions[key][inner].quote


@external
@view
def time() -> uint256:
    return block.timestamp


@external
@view
def identity() -> (address, uint256):
    return OWNER, DECIMALS
