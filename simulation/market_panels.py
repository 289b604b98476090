"""
Panels of a market: its price, what happened at it, and its open interest.
"""

from __future__ import annotations

from bisect import bisect_right

from matplotlib.axes import Axes

from protocol.fixed_point import WAD
from simulation.drawing import (
    BAD,
    CLOSE_UP,
    FUND,
    GOOD,
    INK,
    LIQUIDATED,
    MUTED,
    PRICE,
    WARN,
    Draw,
    Drawing,
    Window,
)


class MarketPanels(Drawing):
    """What can be drawn of a market."""

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
            self.calls(axes, market_id, known)
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

    def calls(
        self, axes: Axes, market_id: int, known: list[tuple[float, float]]
    ) -> None:
        """Mark at which of the `known` marks accounts were called."""
        found = [
            self.axis.at(each.time)
            for each in self.result.events
            if each.kind == "called" and each.market_id == market_id
        ]
        if not found:
            return
        times = [time for time, _ in known]
        axes.scatter(
            found,
            [known[bisect_right(times, time) - 1][1] for time in found],
            marker="v",
            s=18,
            color=INK,
            alpha=0.7,
            linewidths=0,
            zorder=3,
            label=f"called ({len(found)})",
        )

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
