"""
A position has no entry price: its size, what it was bought and sold for, and the index
its side had at each trade, times the size traded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol.fixed_point import WAD, div_down, mul_wad_down, require_fits
from protocol.units import Holder, Price, Quote, Size, SizePrice
from protocol.word import placed, signed

if TYPE_CHECKING:
    from protocol.state import State


class Position(Struct, frozen=True):
    size: Size
    quote: Quote
    funding: SizePrice


def packed_position(position: Position) -> tuple[int, int]:
    """The words of a position."""
    return (
        placed(int(position.size), 0, 96) | placed(int(position.quote), 96, 128),
        placed(int(position.funding), 0, 256),
    )


def unpacked_position(packed: tuple[int, int]) -> Position:
    """The position that `packed_position` packed."""
    return Position(
        size=Size(signed(packed[0], 0, 96)),
        quote=Quote(signed(packed[0], 96, 128)),
        funding=SizePrice(signed(packed[1], 0, 256)),
    )


def traded(position: Position, size_delta: Size, fill: Price, index: Price) -> Position:
    """
    The position after a trade at the price `fill`, its side's index being `index`. What
    it pays is rounded up, what it is paid is rounded down.
    """
    return Position(
        size=position.size + size_delta,
        quote=position.quote + mul_wad_down(-size_delta, fill),
        funding=position.funding + size_delta * index,
    )


def profit(position: Position, price: Price, index: Price) -> Quote:
    """What closing the position at `price` would leave, rounded down."""
    owed = position.size * (price - index) + position.funding
    return div_down(owed, WAD) + position.quote


def is_reduced(before: Size, after: Size) -> bool:
    """Whether a size has shrunk and has not changed its sign."""
    return abs(after) < abs(before) and before * after >= 0


def load_position(state: State, holder: Holder, market_id: int) -> Position:
    """The position of an account in a market, empty when it has none."""
    return state.positions[holder, market_id]


def store_position(
    state: State, holder: Holder, market_id: int, position: Position
) -> None:
    """Keep the position of an account in a market."""
    require_fits(position.quote, 126)
    state.positions[holder, market_id] = position
