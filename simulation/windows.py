"""
Stretches of prices as long as a liquidation takes, and what a position loses in them.

They overlap: one begins at each price and ends at the first one that is a horizon or
more later. So nothing depends on where the first was put, and a loss is in many of
them. None reaches over a gap, in which nobody knows when the price has moved.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from statistics import median_low

from msgspec import Struct

from protocol.fixed_point import WAD, mul_div_up
from protocol.units import Ratio
from simulation.prices import PriceSeries, Tick


class Window(Struct, frozen=True):
    """A stretch of prices, as long as a liquidation takes."""

    start: Tick
    end: Tick


def moved(price: int, by: int) -> Ratio:
    """A move of a price, as a part of it, rounded up."""
    return Ratio(mul_div_up(by, WAD, price))


def fall(window: Window) -> Ratio:
    """What a long has lost, for each quote that it was worth."""
    return moved(window.start.price, window.start.price - window.end.price)


def rise(window: Window) -> Ratio:
    """What a short has lost."""
    return moved(window.start.price, window.end.price - window.start.price)


SIDES = {"longs": fall, "shorts": rise}


class Sample(Struct, frozen=True):
    """The windows of a series, and how many were left out because of a gap."""

    windows: tuple[Window, ...]
    left_out: int

    @property
    def apart(self) -> list[Window]:
        """Windows of which none begins before the one before it has ended."""
        found: list[Window] = []
        for window in self.windows:
            if not found or window.start.time >= found[-1].end.time:
                found.append(window)
        return found


def period_of(series: PriceSeries) -> int:
    """How far apart most of the prices are."""
    return median_low(
        after.time - before.time for before, after in pairwise(series.ticks)
    )


def sample_of(series: PriceSeries, horizon: int) -> Sample:
    """The windows of a series, from each price to the first a horizon later."""
    ticks = series.ticks
    gaps = [gap.start for gap in series.gaps]
    windows: list[Window] = []
    end = left_out = 0
    for start in ticks:
        while end < len(ticks) and ticks[end].time < start.time + horizon:
            end += 1
        if end == len(ticks):
            break
        gap = bisect_left(gaps, start.time)
        if gap < len(gaps) and gaps[gap] < ticks[end].time:
            left_out += 1
        else:
            windows.append(Window(start, ticks[end]))
    return Sample(tuple(windows), left_out)


def split(series: PriceSeries, held_out: Ratio) -> tuple[PriceSeries, PriceSeries]:
    """The first prices and the last ones, a part that is held out; one is in both."""
    ticks = series.ticks
    left = len(ticks) - int(mul_div_up(len(ticks), int(held_out), WAD))
    first, middle, last = ticks[0].time, ticks[max(left, 1) - 1].time, ticks[-1].time
    return series.between(first, middle), series.between(middle, last)


def worst_move(series: PriceSeries) -> Ratio:
    """The largest move from one price to the next, either way, but over no gap."""
    gaps = {gap.start for gap in series.gaps}
    return max(
        (
            moved(before.price, abs(after.price - before.price))
            for before, after in pairwise(series.ticks)
            if before.time not in gaps
        ),
        default=Ratio(0),
    )
