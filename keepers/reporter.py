"""
What reporters say: a price each, a little apart, as sources are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from protocol.fixed_point import WAD
from protocol.trace import Action
from protocol.units import Address


def reported_price(price: int, confidence: int, reporter: int, count: int) -> int:
    """
    What one of `count` reporters says of a price: they lie evenly within half the
    confidence on both sides of it, so that the median of an odd number is the price.
    """
    if count == 1:
        return price
    away = confidence * (2 * reporter - (count - 1)) // (2 * (count - 1))
    return price + price * away // WAD


def reports(
    feed_id: int, reporters: Sequence[Address], price: int, confidence: int, now: int
) -> Iterator[Action]:
    """
    One report of each reporter. `confidence` is a part of the price, in wads.
    """
    for number, reporter in enumerate(reporters):
        said = reported_price(price, confidence, number, len(reporters))
        width = said * confidence // WAD
        yield Action(
            "Oracle", "report", reporter, now, (feed_id, number, said, width, now)
        )
