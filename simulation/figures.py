"""
The charts of a run, drawn once: as SVG that takes the colours of the page, as PNG.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import matplotlib
from msgspec import Struct

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from protocol.fixed_point import WAD
from simulation.drawing import (
    COLOURS,
    DASHES,
    DOTS,
    LOSSES,
    MOST_NAMES,
    PAPER,
    SHARE,
    STYLE,
    VARIANTS,
    WIDTH,
    Draw,
    Window,
    grouped,
)
from simulation.fund_panels import FundPanels
from simulation.market_panels import MarketPanels
from simulation.token_panels import TokenPanels


class Chart(Struct, frozen=True):
    """A figure: its file's name, what it is called, what one can see in it."""

    name: str
    title: str
    caption: str
    panels: tuple[tuple[Draw, float], ...]
    window: Window | None = None


class Charts(MarketPanels, TokenPanels, FundPanels):
    """Everything that can be drawn of a run."""

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
                "triangle is a margin call, a cross a bankrupt account.",
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
