"""
What charts are drawn with: colours, the axis of time, a line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.axes import Axes
from msgspec import Struct

from simulation.engine import Result
from simulation.prices import PriceSeries
from simulation.scenario import Scenario

# Each colour has a place in the page's style, where it may differ by day and by night.
COLOURS = {
    "ink": "#1d2433",
    "muted": "#6b7486",
    "line": "#d9dee7",
    "price": "#2f5fd0",
    "good": "#16876b",
    "bad": "#c8324a",
    "warn": "#d98a1c",
    "fund": "#7a4fc2",
    "paper": "#ffffff",
}
INK, MUTED, LINE = COLOURS["ink"], COLOURS["muted"], COLOURS["line"]
PRICE, GOOD, BAD = COLOURS["price"], COLOURS["good"], COLOURS["bad"]
WARN, FUND, PAPER = COLOURS["warn"], COLOURS["fund"], COLOURS["paper"]

STYLE: Any = {
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "perpspec",
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}
# Of variants, each has its own colour, and the first ones their own dashes too.
VARIANTS = (PRICE, WARN, BAD, FUND, GOOD)
DASHES = ("-", (0, (5, 2)), (0, (1, 1)))
WIDTH = 9.6
DOTS = 110
# How much of a long run is shown again, larger.
CLOSE_UP = 3_600
# Fewer accounts have no quantiles to speak of.
LEAST_ACCOUNTS = 8

# So many names of variants stand in a line.
MOST_NAMES = 6

SHARE = "Value of a share of the vault"
BAD_DEBT = "Bad debt borne by the vault, added up"
CUT = "Cut from the gains of winners, added up"
DELEVERAGED = "Closed of winners' positions for their market's sake, added up"
# What variants are compared by where one of them has it.
LOSSES = (("bad_debt", BAD_DEBT), ("cut", CUT), ("deleveraged", DELEVERAGED))
# An event that is a liquidation.
LIQUIDATED = ("partial", "full")

# A market's own axes, one below another, then what all of them share.
Draw = Callable[[Axes], None]
# The part of a run that is shown, in units of its axis.
Window = tuple[float, float]


class Axis(Struct, frozen=True):
    """How time is written: in hours, or in days where there are many."""

    start: int
    unit: str
    seconds: int

    def at(self, time: int) -> float:
        return (time - self.start) / self.seconds


def axis_of(result: Result, start: int) -> Axis:
    """The unit of time that suits the length of a run."""
    if result.scenario_seconds > 3 * 86_400:
        return Axis(start, "days", 86_400)
    if result.scenario_seconds < 2 * 3_600:
        return Axis(start, "minutes", 60)
    return Axis(start, "hours", 3_600)


class Drawing:
    """What every panel of a run is drawn with."""

    def __init__(
        self,
        scenario: Scenario,
        series: list[PriceSeries],
        result: Result,
        variants: Sequence[tuple[str, Result]] = (),
    ) -> None:
        self.scenario = scenario
        self.series = series
        self.result = result
        self.samples = result.samples
        self.axis = axis_of(result, scenario.run.start)
        self.times = [self.axis.at(each.time) for each in self.samples]
        self.unit = scenario.quote
        self.variants = variants

    def line(self, axes: Axes, values: list[float], colour: str) -> None:
        """A line with the ground below it tinted."""
        axes.plot(self.times, values, color=colour)
        low, high = min(values), max(values)
        span = (high - low) or abs(high) or 1.0
        axes.set_ylim(low - 0.12 * span, high + 0.12 * span)
        axes.fill_between(
            self.times, values, low - span, color=colour, alpha=0.08, linewidth=0
        )


def grouped(value: float, _place: Any) -> str:
    """A number on an axis, thousands apart and no more decimals than it has."""
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.6g}"
