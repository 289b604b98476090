"""
Whose winning position is closed while a market owes too much: that of who has gained
most for what the account is worth, and then the next.

Nobody keeps a list. A clock runs from when it opens, and the score that a position must
reach falls evenly from `start` to nothing. What is closed is paid to nobody: the gain
becomes a claim, and grows no more.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.fixed_point import WAD, mul_div_down, mul_div_up, mul_wad_down
from protocol.units import Holder, Price, Quote, Ratio, Seconds, Size
from protocol.word import placed, signed, unsigned


class DeleveragingParams(Struct, frozen=True):
    factor: Ratio
    after_factor: Ratio
    start: Ratio
    # Nothing is deleveraged where it is zero.
    duration: Seconds


class Opening(Struct, frozen=True):
    long_left: Size
    short_left: Size
    opened_at: Seconds


class Deleverage(Struct, frozen=True):
    size_delta: Size
    fill: Price
    opening: Opening


class DeleveragingOpened(Struct, frozen=True):
    market_id: int
    long_left: Size
    short_left: Size


class DeleveragingEnded(Struct, frozen=True):
    market_id: int


class Deleveraged(Struct, frozen=True):
    holder: Holder
    market_id: int
    size_delta: Size
    price: Price
    size: Size


def packed_opening(opening: Opening) -> int:
    """The word of an opening."""
    return (
        placed(int(opening.long_left), 0, 96)
        | placed(int(opening.short_left), 96, 96)
        | (int(opening.opened_at) << 192)
    )


def unpacked_opening(packed: int) -> Opening:
    """What `packed_opening` packed."""
    return Opening(
        long_left=Size(signed(packed, 0, 96)),
        short_left=Size(signed(packed, 96, 96)),
        opened_at=Seconds(unsigned(packed, 192, 40)),
    )


def bearable(vault: Quote, factor: Ratio) -> Quote:
    """What a market may owe before a part of the vault is not enough."""
    return mul_wad_down(max(vault, Quote(0)), factor)


def is_due(owed: Quote, vault: Quote, params: DeleveragingParams) -> bool:
    """Whether a market owes so much that deleveraging may open."""
    return params.duration != Seconds(0) and owed > bearable(vault, params.factor)


def begun(
    long_size: Size,
    short_size: Size,
    owed: Quote,
    vault: Quote,
    params: DeleveragingParams,
    now: Seconds,
) -> Opening:
    """
    How much of each side may be closed: the part of it that what is owed too much is of
    all that is owed.
    """
    spare = owed - min(owed, bearable(vault, params.after_factor))
    return Opening(
        long_left=mul_div_down(long_size, spare, owed),
        short_left=mul_div_down(-short_size, spare, owed),
        opened_at=now,
    )


def is_over(
    opening: Opening,
    owed: Quote,
    vault: Quote,
    params: DeleveragingParams,
    now: Seconds,
) -> bool:
    """
    Whether an opening has ended: little enough is owed, or the clock has run twice.
    """
    return (
        owed <= bearable(vault, params.after_factor)
        or now > opening.opened_at + 2 * params.duration
    )


def score_floor(opening: Opening, params: DeleveragingParams, now: Seconds) -> Ratio:
    """The least score whose position may be closed now."""
    left = opening.opened_at + params.duration - now
    if left <= 0:
        return Ratio(0)
    return mul_div_up(params.start, left, params.duration)


def score(profit: Quote, equity: Quote) -> Ratio:
    """What a position has gained for what its account is worth."""
    return Ratio(int(mul_div_down(profit, WAD, max(equity, Quote(1)))))


def taken(opening: Opening, size_delta: Size) -> Opening:
    """What may still be closed once so much has been."""
    nothing = Size(0)
    return Opening(
        long_left=opening.long_left + min(size_delta, nothing),
        short_left=opening.short_left - max(size_delta, nothing),
        opened_at=opening.opened_at,
    )
