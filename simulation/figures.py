"""
The charts of a run, drawn once: as SVG that takes the colours of the page, as PNG.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib
from msgspec import Struct

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from protocol.fixed_point import WAD
from simulation.engine import Result
from simulation.measures import QUANTILES
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


class Chart(Struct, frozen=True):
    """A figure: its file's name, what it is called, what one can see in it."""

    name: str
    title: str
    caption: str
    panels: tuple[tuple[Draw, float], ...]
    window: Window | None = None


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


class Charts:
    """Everything that can be drawn of a run."""

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

    def all(self) -> Iterator[Chart]:
        """The charts of the report, in its order."""
        if self.variants:
            yield Chart(
                "variants",
                "How the variants went",
                "What a share of the vault is worth, what the insurance fund has, and "
                "who lost something that others owed.",
                tuple(self.comparisons()),
            )
        for market_id, market in enumerate(self.scenario.markets):
            yield Chart(
                f"price-{market.name}",
                f"Price of {market.name} and what happened at it",
                "Markers stand where accounts were liquidated or deleveraged, at the "
                "price of their fill; the size of a marker is the value closed. A "
                "cross is a bankrupt account.",
                ((self.price(market_id), 3.4),),
            )
            window = self.close_up(market_id)
            if window is not None:
                yield Chart(
                    f"close-up-{market.name}",
                    f"{market.name}, while accounts were liquidated",
                    "The same, from ten minutes before the densest hour of "
                    "liquidations on.",
                    (
                        (self.price(market_id, window), 3.2),
                        (self.open_interest(market_id), 1.6),
                    ),
                    window,
                )
        yield Chart(
            "solvency",
            "Who pays: the insurance fund and the vault",
            "The net asset value is the lower one, at which providers leave. Deposits "
            "and withdrawals move it; the value of a share tells gain from loss.",
            (
                (self.nav, 2.4),
                (self.share_value, 1.7),
                (self.insurance, 1.7),
                *self.losses(),
            ),
        )
        for token_id, token in enumerate(self.scenario.tokens):
            yield Chart(
                f"token-{token.name}",
                f"{token.name}, which backs accounts",
                "Its price, where it was sold for the debt of an account, and how much "
                "of it accounts have. The size of a marker is what the buyer paid.",
                ((self.token(token_id), 2.6), (self.held(token_id), 1.6)),
            )
        yield Chart(
            "equity",
            "Equity of the accounts with a position",
            "As a part of the money each account came with, tokens less their haircut: "
            "half of the accounts lie in the darker band, nine in ten in the lighter "
            "one.",
            ((self.equity, 2.8), (self.accounts, 1.4)),
        )
        yield Chart(
            "open-interest",
            "Open interest and skew",
            "Longs above zero, shorts below; the line is the skew, their sum, which is "
            "the position of the vault turned around.",
            tuple(
                (self.open_interest(market_id), 2.1)
                for market_id in range(len(self.scenario.markets))
            ),
        )

    def close_up(self, market_id: int) -> Window | None:
        """The hour with most liquidations, where a run is much longer than that."""
        times = [
            each.time
            for each in self.result.events
            if each.kind in LIQUIDATED and each.market_id == market_id
        ]
        if not times or self.result.scenario_seconds < 4 * CLOSE_UP:
            return None
        counts = [
            (sum(first <= time < first + CLOSE_UP for time in times), -first)
            for first in sorted(set(times))
        ]
        first = -max(counts)[1]
        return self.axis.at(first - CLOSE_UP // 6), self.axis.at(first + CLOSE_UP)

    def comparisons(self) -> Iterator[tuple[Draw, float]]:
        """What is drawn of all variants: of losses, those that some variant has."""
        yield self.compared("share_value", SHARE, "when founded = 1", True), 2.2
        yield self.compared("insurance", "Insurance fund", self.unit), 2.0
        for name, title in LOSSES:
            if any(
                getattr(each, name)
                for _, result in self.variants
                for each in result.samples
            ):
                yield self.compared(name, title, self.unit), 2.0

    def compared(
        self, name: str, title: str, unit: str, has_legend: bool = False
    ) -> Draw:
        """A number of all variants over time."""

        def draw(axes: Axes) -> None:
            for (variant, result), colour, dashes in zip(
                self.variants, cycle(VARIANTS), cycle(DASHES), strict=False
            ):
                axes.plot(
                    [self.axis.at(each.time) for each in result.samples],
                    [getattr(each, name) / WAD for each in result.samples],
                    color=colour,
                    linestyle=dashes,
                    label=variant,
                )
            axes.set_title(title)
            axes.set_ylabel(unit)
            if has_legend:
                # Above the lines, of which there may be many.
                axes.legend(
                    loc="lower right",
                    bbox_to_anchor=(1.0, 1.0),
                    borderaxespad=0.2,
                    columnspacing=1.2,
                    handlelength=1.6,
                    handletextpad=0.5,
                    ncols=MOST_NAMES,
                )

        return draw

    def main(self) -> Chart:
        """The chart that tells the whole story at once."""
        return Chart(
            "overview",
            self.scenario.run.name,
            "",
            (
                (self.price(0), 3.0),
                (self.open_interest(0), 1.6),
                (self.equity, 1.8),
                (self.share_value, 1.4),
                (self.insurance, 1.4),
            ),
        )

    def price(self, market_id: int, window: Window | None = None) -> Draw:
        """The mark of a market, with its events at their fills."""
        market = self.scenario.markets[market_id]

        def draw(axes: Axes) -> None:
            times, prices = self.reported(market_id, window)
            axes.plot(
                times,
                prices,
                color=MUTED,
                linewidth=0.9,
                drawstyle="steps-post",
                label="reported price",
            )
            if window is not None:
                inside = prices + self.fills(market_id, window)
                margin = 0.06 * ((max(inside) - min(inside)) or max(inside))
                axes.set_ylim(min(inside) - margin, max(inside) + margin)
            known = [
                (time, each.markets[market_id].mark / WAD)
                for time, each in zip(self.times, self.samples, strict=True)
                if each.markets[market_id].mark
            ]
            axes.plot(
                *zip(*known, strict=True),
                color=PRICE,
                drawstyle="steps-post",
                label="mark",
            )
            self.gaps(axes, market_id)
            self.events(axes, market_id, "partial", "liquidated in part", WARN)
            self.events(axes, market_id, "full", "liquidated whole", BAD)
            self.events(axes, market_id, "deleveraged", "deleveraged", FUND)
            self.crosses(axes, market_id)
            axes.set_title(f"{market.name}: price and liquidations")
            axes.set_ylabel(f"{self.unit} per {market.name}")
            axes.legend(loc="best", ncols=2)

        return draw

    def reported(
        self, market_id: int, window: Window | None
    ) -> tuple[list[float], list[float]]:
        """What was reported: at the looks that were kept, or all of it in a window."""
        if window is None:
            kept = [each.markets[market_id].price / WAD for each in self.samples]
            return self.times, kept
        low, high = window
        ticks = [
            (self.axis.at(tick.time), tick.price / WAD)
            for tick in self.series[market_id].ticks
            if low <= self.axis.at(tick.time) <= high
        ]
        return [time for time, _ in ticks], [price for _, price in ticks]

    def fills(self, market_id: int, window: Window) -> list[float]:
        """The prices at which positions were closed for others, in a window."""
        low, high = window
        return [
            each.price / WAD
            for each in self.result.events
            if each.price
            and each.market_id == market_id
            and low <= self.axis.at(each.time) <= high
        ]

    def gaps(self, axes: Axes, market_id: int) -> None:
        """Shade where nobody reported."""
        label: str | None = "no reports"
        for gap in self.series[market_id].gaps:
            span = self.axis.at(gap.start), self.axis.at(gap.end)
            axes.axvspan(*span, color=MUTED, alpha=0.18, linewidth=0, label=label)
            label = None

    def events(
        self, axes: Axes, market_id: int, kind: str, label: str, colour: str
    ) -> None:
        """Mark where positions were closed for others, in one of the ways."""
        found = [
            each
            for each in self.result.events
            if each.kind == kind and each.market_id == market_id
        ]
        if not found:
            return
        largest = max(each.amount for each in self.result.events if each.price) or 1
        axes.scatter(
            [self.axis.at(each.time) for each in found],
            [each.price / WAD for each in found],
            s=[8 + 70 * each.amount / largest for each in found],
            color=colour,
            alpha=0.55,
            linewidths=0,
            zorder=3,
            label=f"{label} ({len(found)})",
        )

    def crosses(self, axes: Axes, market_id: int) -> None:
        """Mark where accounts went bankrupt."""
        found = [
            each
            for each in self.result.events
            if each.kind == "bad debt" and each.market_id == market_id
        ]
        if not found:
            return
        prices = {
            (each.time, each.holder): each.price / WAD
            for each in self.result.events
            if each.price
        }
        places = [
            (self.axis.at(each.time), prices[each.time, each.holder])
            for each in found
            if (each.time, each.holder) in prices
        ]
        if places:
            times, heights = zip(*places, strict=True)
            axes.scatter(
                times,
                heights,
                marker="x",
                s=46,
                color=INK,
                linewidths=1.2,
                zorder=4,
                label=f"bad debt ({len(found)})",
            )

    def token(self, token_id: int) -> Draw:
        """The price of a token, and where it was sold."""
        token = self.scenario.tokens[token_id]

        def draw(axes: Axes) -> None:
            looks = [each.tokens[token_id] for each in self.samples]
            for values, colour, label in (
                ([each.price / WAD for each in looks], MUTED, "reported price"),
                ([each.mark / WAD for each in looks], PRICE, "mark"),
            ):
                axes.plot(
                    self.times,
                    values,
                    color=colour,
                    drawstyle="steps-post",
                    label=label,
                )
            self.sales(axes, token_id)
            axes.set_title(f"{token.name}: price and sales")
            axes.set_ylabel(f"{self.unit} per {token.name}")
            axes.legend(loc="best", ncols=2)

        return draw

    def sales(self, axes: Axes, token_id: int) -> None:
        """Mark where a token was sold for a debt."""
        found = [
            each
            for each in self.result.events
            if each.kind == "sold" and each.market_id == token_id
        ]
        if not found:
            return
        marks = {each.time: each.tokens[token_id].mark / WAD for each in self.samples}
        seen = [each for each in found if each.time in marks]
        largest = max(each.amount for each in found)
        axes.scatter(
            [self.axis.at(each.time) for each in seen],
            [marks[each.time] for each in seen],
            s=[8 + 70 * each.amount / largest for each in seen],
            color=WARN,
            alpha=0.55,
            linewidths=0,
            zorder=3,
            label=f"sold ({len(found)})",
        )

    def held(self, token_id: int) -> Draw:
        """How much of a token all accounts have."""
        name = self.scenario.tokens[token_id].name

        def draw(axes: Axes) -> None:
            totals = [each.tokens[token_id].total / WAD for each in self.samples]
            self.line(axes, totals, FUND)
            axes.set_ylim(bottom=0)
            axes.set_title(f"{name} in all accounts")
            axes.set_ylabel(name)

        return draw

    def line(self, axes: Axes, values: list[float], colour: str) -> None:
        """A line with the ground below it tinted."""
        axes.plot(self.times, values, color=colour)
        low, high = min(values), max(values)
        span = (high - low) or abs(high) or 1.0
        axes.set_ylim(low - 0.12 * span, high + 0.12 * span)
        axes.fill_between(
            self.times, values, low - span, color=colour, alpha=0.08, linewidth=0
        )

    def nav(self, axes: Axes) -> None:
        """The net asset value of the vault."""
        self.line(axes, [each.nav / WAD for each in self.samples], GOOD)
        axes.set_title("Net asset value of the vault")
        axes.set_ylabel(self.unit)

    def share_value(self, axes: Axes) -> None:
        """What a share of the vault is worth, against what it was sold for first."""
        values = [each.share_value / WAD for each in self.samples]
        self.line(axes, values, GOOD)
        axes.axhline(1.0, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.set_title(SHARE)
        axes.set_ylabel("when founded = 1")

    def insurance(self, axes: Axes) -> None:
        """The insurance fund."""
        self.line(axes, [each.insurance / WAD for each in self.samples], FUND)
        axes.set_title("Insurance fund")
        axes.set_ylabel(self.unit)

    def bad_debt(self, axes: Axes) -> None:
        """The losses that reached the vault, as they add up."""
        self.line(axes, [each.bad_debt / WAD for each in self.samples], BAD)
        axes.set_title(BAD_DEBT)
        axes.set_ylabel(self.unit)

    def losses(self) -> Iterator[tuple[Draw, float]]:
        """What somebody was owed and was not paid, where there was anything."""
        if any(each.bad_debt for each in self.samples):
            yield self.bad_debt, 1.5
        if any(each.cut for each in self.samples):
            yield self.cut, 1.5
        if any(each.deleveraged for each in self.samples):
            yield self.deleveraged, 1.5
        if any(each.asked_back for each in self.samples):
            yield self.asked_back, 1.5

    def cut(self, axes: Axes) -> None:
        """What winners were not paid, as it adds up."""
        self.line(axes, [each.cut / WAD for each in self.samples], BAD)
        axes.set_title(CUT)
        axes.set_ylabel(self.unit)

    def deleveraged(self, axes: Axes) -> None:
        """The value of positions that were closed for a claim, as it adds up."""
        self.line(axes, [each.deleveraged / WAD for each in self.samples], FUND)
        axes.set_title(DELEVERAGED)
        axes.set_ylabel(self.unit)

    def asked_back(self, axes: Axes) -> None:
        """What providers wait for."""
        self.line(axes, [each.asked_back / WAD for each in self.samples], WARN)
        axes.set_title("Asked back by providers and not paid out yet")
        axes.set_ylabel(self.unit)

    def equity(self, axes: Axes) -> None:
        """Bands of the equity of accounts."""
        known = [
            (time, [value / WAD for value in each.equities])
            for time, each in zip(self.times, self.samples, strict=True)
            if each.accounts >= LEAST_ACCOUNTS
        ]
        axes.set_title("Equity against the money brought")
        axes.set_ylabel("brought = 1")
        if not known:
            return
        times = [time for time, _ in known]
        least, low, middle, high, most = zip(*(each for _, each in known), strict=True)
        names = [f"{percent} %" for percent in QUANTILES]
        axes.fill_between(
            times,
            least,
            most,
            color=PRICE,
            alpha=0.14,
            linewidth=0,
            label=f"{names[0]} to {names[-1]}",
        )
        axes.fill_between(
            times,
            low,
            high,
            color=PRICE,
            alpha=0.3,
            linewidth=0,
            label=f"{names[1]} to {names[-2]}",
        )
        axes.plot(times, middle, color=PRICE, label="median")
        axes.axhline(0.0, color=BAD, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.legend(loc="best", ncols=3)

    def accounts(self, axes: Axes) -> None:
        """How many accounts have a position."""
        self.line(axes, [float(each.accounts) for each in self.samples], MUTED)
        axes.set_ylim(bottom=0)
        axes.set_title("Accounts with a position")
        axes.set_ylabel("accounts")

    def open_interest(self, market_id: int) -> Draw:
        """Both sides of a market and what is left of them."""
        name = self.scenario.markets[market_id].name

        def draw(axes: Axes) -> None:
            books = [each.markets[market_id] for each in self.samples]
            longs = [each.long_size / WAD for each in books]
            shorts = [each.short_size / WAD for each in books]
            skew = [(each.long_size + each.short_size) / WAD for each in books]
            axes.fill_between(
                self.times, longs, color=GOOD, alpha=0.3, linewidth=0, label="long"
            )
            axes.fill_between(
                self.times, shorts, color=BAD, alpha=0.3, linewidth=0, label="short"
            )
            axes.plot(self.times, skew, color=INK, linewidth=1.2, label="skew")
            axes.axhline(0.0, color=MUTED, linewidth=0.7)
            axes.set_title(f"{name}: open interest and skew")
            axes.set_ylabel(name)
            axes.legend(loc="best", ncols=3)

        return draw

    def figure(self, chart: Chart) -> Figure:
        """A chart with its panels below one another, on one clock."""
        heights = [height for _, height in chart.panels]
        with matplotlib.rc_context(STYLE):
            figure, axes = pyplot.subplots(
                len(heights),
                1,
                figsize=(WIDTH, sum(heights) + 0.35),
                height_ratios=heights,
                sharex=True,
                squeeze=False,
                layout="constrained",
            )
            for (draw, _), (panel,) in zip(chart.panels, axes, strict=True):
                draw(panel)
                panel.yaxis.set_major_formatter(FuncFormatter(grouped))
                panel.yaxis.set_major_locator(MaxNLocator(5))
                panel.tick_params(length=0)
                panel.margins(x=0.01)
            if chart.window is not None:
                axes[-1][0].set_xlim(*chart.window)
            axes[-1][0].set_xlabel(f"{self.axis.unit} since the start of the run")
            figure.align_ylabels([panel for (panel,) in axes])
        return figure

    def svg(self, chart: Chart) -> str:
        """A chart as SVG in the colours of the page."""
        figure = self.figure(chart)
        stream = io.StringIO()
        with matplotlib.rc_context(STYLE):
            figure.savefig(stream, format="svg", metadata={"Date": None})
        pyplot.close(figure)
        text = stream.getvalue()
        text = text[text.index("<svg") :]
        for name, colour in COLOURS.items():
            text = text.replace(colour, f"var(--{name})")
        # As wide as its place, and no id that another chart on the page has too.
        text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
        text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
        text = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{chart.name}-", text)
        return re.sub(r"font: (\d[^;\"]*)'[^;\"]*", r"font: \1sans-serif", text)

    def png(self, chart: Chart, path: Path) -> None:
        """A chart as a picture on white."""
        figure = self.figure(chart)
        figure.savefig(path, dpi=DOTS, facecolor=PAPER, metadata={"Software": None})
        pyplot.close(figure)


def grouped(value: float, _place: Any) -> str:
    """A number on an axis, thousands apart and no more decimals than it has."""
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.6g}"
