"""
What reporters say, and what several of them say together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from protocol.fixed_point import div_down
from protocol.units import Price, Seconds
from protocol.word import placed, signed, unsigned

if TYPE_CHECKING:
    from protocol.units import X

MAX_REPORTERS = 7


class Report(Struct, frozen=True):
    price: Price
    confidence: Price
    published_at: Seconds


def packed_report(report: Report) -> int:
    """The word of a report."""
    return (
        placed(int(report.price), 0, 96)
        | placed(int(report.confidence), 96, 96)
        | (int(report.published_at) << 192)
    )


def unpacked_report(packed: int) -> Report:
    """The report that `packed_report` packed."""
    return Report(
        price=Price(signed(packed, 0, 96)),
        confidence=Price(signed(packed, 96, 96)),
        published_at=Seconds(unsigned(packed, 192, 40)),
    )


def in_order(values: Sequence[X]) -> list[X]:
    """`values`, the least first."""
    return sorted(values)


def median(values: Sequence[Price]) -> Price:
    """
    The middle of `values`; of an even number, the mean of the middle two, rounded
    down.
    """
    ordered = in_order(values)
    upper = len(ordered) >> 1
    if len(ordered) & 1 == 1:
        return ordered[upper]
    return div_down(ordered[upper - 1] + ordered[upper], 2)


def round_confidence(
    prices: Sequence[Price], confidences: Sequence[Price], index: Price
) -> Price:
    """
    How unsure an index is: the larger of two medians, of what the reporters admit and
    of how far their prices are from it.
    """
    distances = [abs(price - index) for price in prices]
    return max(median(confidences), median(distances))
