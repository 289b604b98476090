# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Position
@notice A position has no entry price: its size, what it was bought and sold for, and
        the index its side had at each trade, times the size traded.
"""

from . import fixed_point


struct Position:
    size: int256
    quote: int256
    funding: int256


positions: HashMap[uint256, HashMap[uint256, uint256[2]]]
claims: HashMap[uint256, HashMap[uint256, int256]]


@internal
@pure
def packed_position(position: Position) -> uint256[2]:
    """
    @notice The words of a position.
    """
    return [
        (convert(convert(position.size, bytes32), uint256) << 160 >> 160)
        | (convert(convert(position.quote, bytes32), uint256) << 128 >> 32),
        convert(convert(position.funding, bytes32), uint256),
    ]


@internal
@pure
def unpacked_position(packed: uint256[2]) -> Position:
    """
    @notice The position that `packed_position` packed.
    """
    return Position(
        size=convert(convert(packed[0] << 160, bytes32), int256) >> 160,
        quote=convert(convert(packed[0] << 32, bytes32), int256) >> 128,
        funding=convert(convert(packed[1], bytes32), int256),
    )


@internal
@pure
def traded(
    position: Position, size_delta: int256, fill: int256, index: int256
) -> Position:
    """
    @notice The position after a trade at the price `fill`, its side's index being
            `index`. What it pays is rounded up, what it is paid is rounded down.
    """
    return Position(
        size=position.size + size_delta,
        quote=position.quote + fixed_point.mul_wad_down(0 - size_delta, fill),
        funding=position.funding + size_delta * index,
    )


@internal
@pure
def profit(position: Position, price: int256, index: int256) -> int256:
    """
    @notice What closing the position at `price` would leave, rounded down.
    """
    owed: int256 = position.size * (price - index) + position.funding
    return fixed_point.div_down(owed, fixed_point.WAD) + position.quote


@internal
@pure
def is_reduced(before: int256, after: int256) -> bool:
    """
    @notice Whether a size has shrunk and has not changed its sign.
    """
    return (
        fixed_point.magnitude(after) < fixed_point.magnitude(before)
        and before * after >= 0
    )


@internal
@view
def load_position(holder: uint256, market_id: uint256) -> Position:
    """
    @notice The position of an account in a market, empty when it has none.
    """
    return self.unpacked_position(self.positions[holder][market_id])


@internal
def store_position(holder: uint256, market_id: uint256, position: Position):
    """
    @notice Keep the position of an account in a market.
    """
    fixed_point.require_fits(position.quote, 126)
    self.positions[holder][market_id] = self.packed_position(position)
