"""
Panels of the funds, of what was lost, and of what accounts are worth.
"""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.axes import Axes

from protocol.fixed_point import WAD
from simulation.drawing import (
    BAD,
    BAD_DEBT,
    CUT,
    DELEVERAGED,
    FUND,
    GOOD,
    LEAST_ACCOUNTS,
    MUTED,
    PRICE,
    SHARE,
    WARN,
    Draw,
    Drawing,
)
from simulation.measures import QUANTILES


class FundPanels(Drawing):
    """What can be drawn of vault, insurance fund and accounts."""

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
