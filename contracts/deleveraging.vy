# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Deleveraging
@notice Whose winning position is closed while a market owes too much: that of who has
        gained most for what the account is worth, and then the next.

        Nobody keeps a list. A clock runs from when it opens, and the score that a
        position must reach falls evenly from `start` to nothing. What is closed is
        paid to nobody: the gain becomes a claim, and grows no more.
"""

from . import fixed_point


struct DeleveragingParams:
    factor: int256
    after_factor: int256
    start: int256
    # Nothing is deleveraged where it is zero.
    duration: uint256


struct Opening:
    long_left: int256
    short_left: int256
    opened_at: uint256


struct Deleverage:
    size_delta: int256
    fill: int256
    opening: Opening


event DeleveragingOpened:
    market_id: indexed(uint256)
    long_left: int256
    short_left: int256


event DeleveragingEnded:
    market_id: indexed(uint256)


event Deleveraged:
    holder: indexed(uint256)
    market_id: indexed(uint256)
    size_delta: int256
    price: int256
    size: int256


@internal
@pure
def packed_opening(opening: Opening) -> uint256:
    """
    @notice The word of an opening.
    """
    return (
        (convert(convert(opening.long_left, bytes32), uint256) << 160 >> 160)
        | (convert(convert(opening.short_left, bytes32), uint256) << 160 >> 64)
        | (opening.opened_at << 192)
    )


@internal
@pure
def unpacked_opening(packed: uint256) -> Opening:
    """
    @notice What `packed_opening` packed.
    """
    return Opening(
        long_left=convert(convert(packed << 160, bytes32), int256) >> 160,
        short_left=convert(convert(packed << 64, bytes32), int256) >> 160,
        opened_at=(packed << 24) >> 216,
    )


@internal
@pure
def bearable(vault: int256, factor: int256) -> int256:
    """
    @notice What a market may owe before a part of the vault is not enough.
    """
    return fixed_point.mul_wad_down(max(vault, 0), factor)


@internal
@pure
def is_due(owed: int256, vault: int256, params: DeleveragingParams) -> bool:
    """
    @notice Whether a market owes so much that deleveraging may open.
    """
    return params.duration != 0 and owed > self.bearable(vault, params.factor)


@internal
@pure
def begun(
    long_size: int256,
    short_size: int256,
    owed: int256,
    vault: int256,
    params: DeleveragingParams,
    now: uint256,
) -> Opening:
    """
    @notice How much of each side may be closed: the part of it that what is owed too
            much is of all that is owed.
    """
    spare: int256 = owed - min(owed, self.bearable(vault, params.after_factor))
    return Opening(
        long_left=fixed_point.mul_div_down(long_size, spare, owed),
        short_left=fixed_point.mul_div_down(0 - short_size, spare, owed),
        opened_at=now,
    )


@internal
@pure
def is_over(
    opening: Opening,
    owed: int256,
    vault: int256,
    params: DeleveragingParams,
    now: uint256,
) -> bool:
    """
    @notice Whether an opening has ended: little enough is owed, or the clock has run
            twice.
    """
    return (
        owed <= self.bearable(vault, params.after_factor)
        or now > opening.opened_at + 2 * params.duration
    )


@internal
@pure
def score_floor(opening: Opening, params: DeleveragingParams, now: uint256) -> int256:
    """
    @notice The least score whose position may be closed now.
    """
    ends_at: uint256 = opening.opened_at + params.duration
    if ends_at <= now:
        return 0
    return fixed_point.mul_div_up(
        params.start,
        convert(ends_at - now, int256),
        convert(params.duration, int256),
    )


@internal
@pure
def score(profit: int256, equity: int256) -> int256:
    """
    @notice What a position has gained for what its account is worth.
    """
    return fixed_point.mul_div_down(profit, fixed_point.WAD, max(equity, 1))


@internal
@pure
def taken(opening: Opening, size_delta: int256) -> Opening:
    """
    @notice What may still be closed once so much has been.
    """
    return Opening(
        long_left=opening.long_left + min(size_delta, 0),
        short_left=opening.short_left - max(size_delta, 0),
        opened_at=opening.opened_at,
    )
