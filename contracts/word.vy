# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Word
@notice Several numbers in one storage word, each at an offset and some bits wide.
"""


@internal
@pure
def placed(x: int256, offset: uint256, bits: uint256) -> uint256:
    """
    @notice `x` in two's complement, `bits` wide, at `offset` of an empty word.
    """
    mask: uint256 = max_value(uint256) >> (256 - bits)
    return (convert(convert(x, bytes32), uint256) & mask) << offset


@internal
@pure
def signed(packed: uint256, offset: uint256, bits: uint256) -> int256:
    """
    @notice The signed number that `placed` put into `packed`.
    """
    # The sign bit goes to the top, and an arithmetic shift spreads it down again.
    top: bytes32 = convert(packed << (256 - offset - bits), bytes32)
    return convert(top, int256) >> (256 - bits)


@internal
@pure
def unsigned(packed: uint256, offset: uint256, bits: uint256) -> uint256:
    """
    @notice The `bits` at `offset` of `packed`, read as a natural number.
    """
    return (packed >> offset) & (max_value(uint256) >> (256 - bits))
