"""
The report of a run: one HTML file that needs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from msgspec import Struct

from protocol.fixed_point import WAD
from simulation.answers import digits, lines_of
from simulation.comparison import side_by_side
from simulation.drawing import COLOURS, LIQUIDATED
from simulation.engine import Result
from simulation.figures import Charts
from simulation.quantities import format_moment
from simulation.scenario import Scenario
from simulation.summary import is_faithful, lockstep_verdict, worst_of

if TYPE_CHECKING:
    from simulation.run import Played

TEMPLATES = Path(__file__).with_name("templates")
# The rest of the liquidations is in the trace.
MOST_ROWS = 60
# A share that ends below is no good news, whoever has won.
MOST_LOST = 0.9


class Row(Struct, frozen=True):
    """A liquidation as the table shows it."""

    time: str
    account: str
    market: str
    kind: str
    size: str
    price: str
    value: str
    left: str
    reward: str


class Tile(Struct, frozen=True):
    """A number that is looked at first."""

    name: str
    value: str
    note: str = ""
    tone: str = ""


def write_report(
    folder: Path, played: Sequence[Played], summary: dict[str, Any], command: str
) -> None:
    """
    Write `report.html` and its figures into a folder: the variants side by side, where
    there are several, and all of the first.
    """
    play, result = played[0].play, played[0].result
    scenario = play.scenario
    others = [(each.name, each.result) for each in played] if played[1:] else []
    charts = Charts(scenario, play.series, result, others)
    drawn = []
    if result.samples:
        charts.png(charts.main(), folder / "overview.png")
        for chart in charts.all():
            charts.png(chart, folder / f"{chart.name}.png")
            drawn.append((chart, Markup(charts.svg(chart))))
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "breakable": breakable,
        "by_clause": by_clause,
        "grouped": grouped,
        "whole": "{:,.0f}".format,
        "signed": "{:+,.0f}".format,
        "priced": lambda price: digits(price, 6),
    }
    page = environment.get_template("report.html").render(
        scenario=scenario,
        summary=summary,
        verdict=summary["verdict"],
        side_by_side=list(side_by_side(summary["variants"], scenario.quote))
        if summary["variants"]
        else [],
        lockstep=lockstep_verdict(summary),
        is_sound=is_faithful(summary),
        tone=tone_of(summary),
        tiles=tiles_of(scenario, summary),
        charts=drawn,
        rows=rows_of(scenario, result),
        liquidated=summary["liquidations"],
        keeper_brought=scenario.keepers.capital / WAD,
        command=command,
        colours=COLOURS,
    )
    (folder / "report.html").write_text(page, encoding="utf-8")


def breakable(key: str) -> Markup:
    """A dotted key that may be broken after its dots."""
    return Markup(".<wbr>").join(key.split("."))


def priced(price: float) -> str:
    """A price in hundredths, or four digits where it is small."""
    return f"{price:,.2f}" if price >= 1 else digits(price)


def by_clause(answer: str) -> Markup:
    """An answer with what it says of each variant on a line of its own."""
    return Markup("<br>").join(lines_of(answer))


def tone_of(summary: dict[str, Any]) -> str:
    """Whether the verdict is good news."""
    worst = worst_of(summary)
    if not is_faithful(summary) or not worst["solvent"]:
        return "bad"
    is_worse = worst["bad_debt"] or worst["share_value_end"] < MOST_LOST
    return "warn" if is_worse or not summary["complete"] else "good"


def grouped(value: Any) -> str:
    """A number as a table shows it."""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def tiles_of(scenario: Scenario, summary: dict[str, Any]) -> list[Tile]:
    """The numbers on top."""
    unit = scenario.quote
    share = summary["share_value_lowest"]
    begun, left = summary["insurance_start"], summary["insurance_end"]
    return [
        Tile(
            "Bad debt",
            f"{summary['bad_debt']:,.0f} {unit}",
            f"left to the vault, {summary['bankruptcies']} times",
            "bad" if summary["bad_debt"] else "good",
        ),
        Tile(
            "Paid by insurance",
            f"{summary['insurance_drawn']:,.0f} {unit}",
            f"the fund went from {begun:,.0f} to {left:,.0f}",
            "warn" if summary["insurance_drawn"] else "good",
        ),
        Tile(
            "Cut from gains",
            f"{summary['payout_cut']:,.0f} {unit}",
            f"winners were paid in part, {summary['payout_cuts']} times",
            "warn" if summary["payout_cuts"] else "good",
        ),
        Tile(
            "Vault",
            f"{summary['vault_nav_end']:,.0f} {unit}",
            f"a share ends at {summary['share_value_end']:.4f}, lowest {share:.4f}",
        ),
        Tile(
            "Liquidations",
            f"{summary['liquidations']:,}",
            f"{summary['partial_liquidations']:,} of them in part, of "
            f"{summary['liquidated_accounts']:,} accounts",
        ),
        *warned_tiles(scenario, summary),
        *order_tiles(scenario, summary),
        Tile(
            "Claims",
            f"{summary['claims']:,.0f} {unit}",
            "gains of closed positions that nobody has settled",
        ),
        lockstep_tile(summary),
        Tile(
            "Books",
            f"{summary['conservation_violations']} violations",
            "everything held belongs to somebody, after each call",
            "bad" if summary["conservation_violations"] else "good",
        ),
    ]


def warned_tiles(scenario: Scenario, summary: dict[str, Any]) -> Iterator[Tile]:
    """Who was called and topped up before liquidation, where anybody was."""
    if summary["margin_calls"]:
        yield Tile(
            "Margin calls",
            f"{summary['margin_calls']:,}",
            f"{summary['margin_calls_answered']:,} of them answered",
        )
    if summary["top_ups"]:
        yield Tile(
            "Topped up",
            f"{summary['topped_up']:,.0f} {scenario.quote}",
            f"by orders of the owners, {summary['top_ups']:,} times",
        )


def order_tiles(scenario: Scenario, summary: dict[str, Any]) -> Iterator[Tile]:
    """How orders ended, where trades wait."""
    if summary["orders_committed"]:
        yield Tile(
            "Orders filled",
            f"{summary['orders_filled']:,}",
            f"{summary['orders_refused']:,} refused, {summary['orders_expired']:,} "
            f"expired; keepers were paid {summary['order_fees']:,.0f} {scenario.quote}",
        )


def lockstep_tile(summary: dict[str, Any]) -> Tile:
    """Whether model and chain agree, where there was one."""
    calls = f"{summary['calls']:,} calls"
    if summary["chain"] == "none":
        return Tile("Lockstep", "not asked", f"{calls} on the model alone")
    count = summary["differences"]
    return Tile(
        "Lockstep",
        f"{count} difference{'s' if count != 1 else ''}",
        f"{calls} on {summary['chain']}",
        "bad" if count else "good",
    )


def rows_of(scenario: Scenario, result: Result) -> list[Row]:
    """The largest liquidations, in the order of time."""
    found = [each for each in result.events if each.kind in LIQUIDATED]
    largest = sorted(found, key=lambda each: (-each.amount, each.time))[:MOST_ROWS]
    rows = []
    for each in sorted(largest, key=lambda each: each.time):
        market = scenario.markets[each.market_id].name
        rows.append(
            Row(
                time=format_moment(each.time).replace("T", " ").removesuffix("Z"),
                account=result.names.get(each.holder, f"{each.holder >> 96:#042x}"),
                market=market,
                kind="in part" if each.kind == "partial" else "whole",
                size=digits(each.size / WAD),
                price=priced(each.price / WAD),
                value=f"{each.amount / WAD:,.0f}",
                left=digits(each.left / WAD),
                reward=f"{each.reward / WAD:,.2f}",
            )
        )
    return rows
