"""
Panels of a token that backs accounts.
"""

from __future__ import annotations

from matplotlib.axes import Axes

from protocol.fixed_point import WAD
from simulation.drawing import FUND, MUTED, PRICE, WARN, Draw, Drawing


class TokenPanels(Drawing):
    """What can be drawn of a token."""

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
