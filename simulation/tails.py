"""
The worst that comes to a side: value at risk and expected shortfall of its losses.

The value at risk at a level is what so much of the losses lies at or below. The
expected shortfall is the average of the rest, the part of a loss that stands astride
the level counted by what of it is beyond. Both are exact, rounded up once.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from protocol.fixed_point import WAD, div_up, mul_div_up
from protocol.units import Ratio
from simulation.windows import SIDES, Window


class Tail(Struct, frozen=True):
    """The worst that has come to a side."""

    side: str
    value_at_risk: Ratio
    expected_shortfall: Ratio
    worst: Ratio


def tail(side: str, windows: Iterable[Window], level: Ratio) -> Tail:
    """What the losses of a side come to beyond the level."""
    losses = sorted(map(SIDES[side], windows))
    return Tail(
        side=side,
        value_at_risk=quantile(losses, level),
        expected_shortfall=shortfall(losses, level),
        worst=losses[-1],
    )


def worse_of(tails: Iterable[Tail]) -> Tail:
    """The worst that comes to either side, number by number."""
    each = list(tails)
    return Tail(
        side="either",
        value_at_risk=max(one.value_at_risk for one in each),
        expected_shortfall=max(one.expected_shortfall for one in each),
        worst=max(one.worst for one in each),
    )


def quantile(losses: list[Ratio], level: Ratio) -> Ratio:
    """The least of the losses, in their order, that `level` of them do not exceed."""
    return losses[rank(losses, level) - 1]


def shortfall(losses: list[Ratio], level: Ratio) -> Ratio:
    """
    The average of the losses, in their order, beyond the level: of the one astride it
    counts what is beyond, as in C. Acerbi and D. Tasche, "On the coherence of expected
    shortfall", Journal of Banking & Finance 26 (2002), 1487-1503.
    """
    place = rank(losses, level)
    beyond = len(losses) * (WAD - int(level))
    astride = place * WAD - len(losses) * int(level)
    total = sum(int(loss) for loss in losses[place:]) * WAD
    total += int(losses[place - 1]) * astride
    return Ratio(div_up(total, beyond))


def rank(losses: list[Ratio], level: Ratio) -> int:
    """Of how many losses it can be said that `level` of all are among them."""
    return int(mul_div_up(len(losses), int(level), WAD))
