"""
What the command line prints for people: tables, verdicts, the progress of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict
from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from evm.explain import decimal_text, moment_text
from protocol.fixed_point import WAD
from simulation.answers import lines_of
from simulation.comparison import side_by_side
from simulation.quantities import format_duration, format_wads
from simulation.scenario import format_span
from simulation.summary import is_faithful, lockstep_verdict

if TYPE_CHECKING:
    from pathlib import Path

    from evm.statement import AccountStatement
    from protocol.units import Price, Quote, Ratio, Size
    from simulation import engine
    from simulation.calibration import Calibration
    from simulation.prices import PriceSeries
    from simulation.run import Finished


# How much of a width the labels of rows ask for, where there are many columns.
LABEL_PART = 3
# What lies between two columns.
GUTTER = 2


class Whole(Table):
    """
    A table that is rather wider than the terminal than cut: text is broken at spaces,
    numbers nowhere.
    """

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        texts = [
            [str(each) for each in (column.header, *column.cells)]
            for column in self.columns
        ]
        wanted = [max(map(len, cells)) for cells in texts]
        least = [max(map(longest_word, cells)) for cells in texts]
        needed = sum(least) + GUTTER * len(least)
        spare = options.max_width - needed
        for column, most, width in zip(self.columns, wanted, least, strict=True):
            more = max(0, min(spare, most - width))
            column.width = width + more
            spare -= more
        place = options.update(max_width=max(options.max_width, needed))
        yield from super().__rich_console__(console, place)


def longest_word(text: str) -> int:
    """How wide the longest word of a text is."""
    return max(map(len, text.split()), default=0)


def console() -> Console:
    """Where tables go; no colours where nobody sees them, no markup: paths have [s."""
    return Console(highlight=False, markup=False, soft_wrap=True)


def print_heading(text: str) -> None:
    """Say what comes."""
    console().print(f"\n{text}\n", style="bold")


def print_run(finished: Finished, is_short: bool = False) -> None:
    """The tables of a run, its verdict, and its answer last."""
    if not is_short:
        print_tables(finished)
    print_ending(finished, is_short)


def print_tables(finished: Finished) -> None:
    """What a run did, in numbers."""
    out, summary = console(), finished.summary
    unit = finished.scenario.quote
    if summary["variant"]:
        out.print(f"All of {summary['variant']}", style="bold")
    out.print(entry_points(summary["by_entry_point"]))
    out.print(figures(summary, unit))
    out.print(groups(summary, unit))
    for note in summary["notes"]:
        out.print(f"- {note}")
    if summary["variants"]:
        for table in variants(summary["variants"], unit, out.width):
            out.print(table)


def print_lockstep(summary: dict[str, Any]) -> None:
    """Whether model and chain agree, in a line."""
    style = "bold green" if is_faithful(summary) else "bold red"
    console().print(lockstep_verdict(summary), style=style)


def print_ending(finished: Finished, is_short: bool = False) -> None:
    """Whether model and chain agree, the verdict, and the answer last."""
    out, summary = console(), finished.summary
    print_lockstep(summary)
    out.print(summary["verdict"], style="bold")
    if not is_short and summary["digest"]:
        out.print(f"Digest {summary['digest']}", style="dim")
    kept = finished.kept
    beside = f", beside the complete run in {kept}, which is kept" if kept else ""
    out.print(f"Written to {finished.directory}{beside}")
    if summary["answer"]:
        out.print(f"\n{summary['question'] or ''}", style="dim")
        first, *others = lines_of(summary["answer"])
        out.print(first.rstrip(), style="bold")
        for line in others:
            out.print(f"  {line.rstrip()}", style="bold")


def checked_lines(found: dict[str, Any]) -> Iterator[str]:
    """What was checked, as people read it."""
    yield (
        f"{found['name']}: {', '.join(found['markets'])}; {found['accounts']} "
        f"accounts; {format_duration(found['duration'])} from {found['start']}, a look "
        f"each {format_duration(found['step'])}"
    )
    for key, value in found["set"].items():
        yield f"- set: {key} = {value}"
    for variant in found["variants"]:
        settings = [f"{key} = {value}" for key, value in variant["set"].items()]
        said = ", ".join(settings) or "sets nothing"
        yield f"- variant {variant['name']}: {said}"
    for note in found["notes"]:
        yield f"- {note}"
    yield "All of it is lawful. Nothing was run."


def print_replay(found: dict[str, Any]) -> None:
    """The table of a replay, and its verdict last."""
    out = console()
    out.print(entry_points(found["by_entry_point"]))
    style = "bold green" if found["is_faithful"] else "bold red"
    out.print(lockstep_verdict(found), style=style)
    if found["difference"]:
        out.print(found["difference"])
        return
    out.print(f"Digest {found['digest']}", style="dim")
    recorded = found["recorded_digest"]
    if recorded is None:
        out.print("The trace recorded no digest.")
    elif recorded == found["digest"]:
        out.print("The digest is the one that the trace recorded.")
    else:
        out.print(f"The trace recorded another digest: {recorded}", style="bold red")


def print_shrunk(found: dict[str, Any]) -> None:
    """What is left of a trace, how it fails, and where it is."""
    out = console()
    out.print(found["difference"])
    left = f"{found['calls']:,} of {found['calls_before']:,} calls are left"
    if not found["complete"]:
        left += ", and perhaps fewer would do: it was interrupted"
    out.print(f"{left}, after {found['tries']:,} tries.", style="bold")
    out.print(f"Written to {found['trace']}")


def print_statement(found: AccountStatement) -> None:
    """What an account is worth and must hold, its markets, and what would cure it."""
    out = console()
    who = f"{found.name or found.owner}/{found.sub}"
    style = "bold green" if found.status == "healthy" else "bold red"
    out.print(f"{who} at {moment_text(found.now)}", style="bold")
    out.print(f"Account {found.holder}", style="dim")
    is_near = found.status == "called" and not found.called_at
    said = "It may be called." if is_near else f"It is {found.status}."
    out.print(said, style=style)
    out.print(standing(found))
    if found.markets:
        out.print(positions(found), pasts(found))
    for wanted, amount in (
        ("makes it healthy", found.to_healthy),
        ("brings it back to its initial margin", found.to_initial),
    ):
        if amount:
            out.print(f"A deposit of {decimal_text(int(amount))} {wanted}.")


def standing(found: AccountStatement) -> Table:
    """What an account is worth and must hold."""
    table = Whole(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    rows = {
        "cash": found.cash,
        "cash and tokens": found.collateral,
        "equity": found.equity,
        "strict equity": found.strict_equity,
        "initial margin": found.initial,
        "maintenance margin": found.maintenance,
        "reserve": found.reserve,
        "spares it a call": found.required,
        "free collateral": found.free_collateral,
    }
    for name, amount in rows.items():
        table.add_row(name, shown(amount))
    ratio = "nothing is required" if found.ratio is None else shown(found.ratio)
    table.add_row("equity to requirement", ratio)
    return table


def positions(found: AccountStatement) -> Table:
    """What an account has in each market."""
    table = Whole(box=None, header_style="dim", pad_edge=False)
    table.add_column("market")
    for name in ("size", "profit", "of it funding", "liquidated at", "claim"):
        table.add_column(name, justify="right")
    for each in found.markets:
        table.add_row(
            each.name,
            shown(each.size),
            shown(each.profit),
            shown(each.funding),
            shown(each.liquidation_price) if each.liquidation_price else "never",
            shown(each.claim),
        )
    return table


def pasts(found: AccountStatement) -> Table:
    """What each market has been to an account."""
    table = Whole(box=None, header_style="dim", pad_edge=False)
    table.add_column("until now")
    for name in ("fees", "liquidations took", "funding of closed", "settled"):
        table.add_column(name, justify="right")
    for each in found.markets:
        table.add_row(
            each.name,
            shown(each.past.fees),
            shown(each.past.liquidation_fees),
            shown(each.past.funding),
            shown(each.past.settled),
        )
    return table


def print_calibration(found: Calibration, place: Path | None) -> None:
    """What prices have lost a position, what they ask for, and what is lawful of it."""
    from simulation.calibration import fragment

    out, ticks = console(), found.series.ticks
    span = format_span(ticks[0].time, ticks[-1].time)
    period = format_duration(found.period)
    out.print(
        f"{found.path}: {len(ticks):,} prices {span}, mostly {period} apart",
        style="bold",
    )
    windows, apart = len(found.sample.windows), len(found.sample.apart)
    overlap = "" if apart == windows else f" overlap; {apart:,} of them"
    out.print(
        f"{windows:,} windows of {format_duration(found.horizon)}, "
        f"which{overlap} lie apart"
    )
    out.print(losses(found))
    out.print(parameters(found))
    for each in found.bounds:
        out.print(f"- {each.parameter}: {each.reason}")
    for note in found.notes:
        out.print(f"- {note}")
    if found.held_out is not None:
        print_backtest(found, found.held_out)
    if place is None:
        out.print(f"\n{fragment(found)}", end="")
    else:
        out.print(f"Written to {place}")


def print_backtest(found: Calibration, held_out: PriceSeries) -> None:
    """How each side fared on the prices that were held out, and the verdict."""
    out, ticks = console(), held_out.ticks
    span = format_span(ticks[0].time, ticks[-1].time)
    apart = f"{found.tests[0].windows:,} windows that lie apart"
    out.print(f"\nHeld out: {len(ticks):,} prices {span}, in {apart}", style="bold")
    table = Whole(box=None, header_style="dim", pad_edge=False)
    table.add_column("lost more than")
    for name in ("value at risk", "times", "expected", "p, how often", "p, clusters"):
        table.add_column(name, justify="right")
    for each in found.tests:
        clusters = each.independence
        table.add_row(
            each.side,
            shown(each.value_at_risk),
            f"{each.exceeded:,}",
            f"{each.expected:,.1f}",
            chance(each.frequency),
            "-" if clusters is None else chance(clusters),
        )
    out.print(table)
    for each in found.tests:
        if each.is_too_often:
            said = "lost more than the value at risk too often to be chance"
            out.print(f"Rejected: {each.side} {said}.", style="bold red")
        if each.comes_in_clusters:
            out.print(f"- losses of {each.side} beyond it come in clusters")
    if not found.is_rejected:
        said = "neither side lost more than the value at risk too often to be chance"
        out.print(f"Not rejected: {said}.", style="bold green")


def chance(p: float) -> str:
    """A p-value as people read it."""
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


def losses(found: Calibration) -> Table:
    """What each side lost in the time of a liquidation."""
    table = Whole(box=None, header_style="dim", pad_edge=False)
    table.add_column(f"lost in {format_duration(found.horizon)}")
    level = format_wads(int(found.level))
    for name in (f"value at risk {level}", "expected shortfall", "worst"):
        table.add_column(name, justify="right")
    for each in found.tails:
        numbers = each.value_at_risk, each.expected_shortfall, each.worst
        table.add_row(each.side, *map(shown, numbers))
    return table


def parameters(found: Calibration) -> Table:
    """What the prices ask for, and what is lawful."""
    table = Whole(box=None, header_style="dim", pad_edge=False)
    table.add_column(f"market {found.market}")
    table.add_column("prices ask", justify="right")
    table.add_column("lawful", justify="right", style="bold")
    for name, asked in asdict(found.asked).items():
        table.add_row(name, shown(asked), shown(getattr(found.lawful, name)))
    table.add_row(
        "maintenance margin",
        shown(found.asked.maintenance),
        shown(found.lawful.maintenance),
    )
    return table


def shown(wads: Price | Quote | Ratio | Size) -> str:
    """A number of wads as people read it, to four digits."""
    return f"{int(wads) / WAD:,.4f}"


def entry_points(by_entry_point: dict[str, dict[str, Any]]) -> Table:
    """How the calls of each entry point ended."""
    table = Whole(box=None, header_style="dim", pad_edge=False)
    table.add_column("entry point")
    table.add_column("ok", justify="right")
    table.add_column("refused", justify="right")
    table.add_column("with")
    for name, ended in by_entry_point.items():
        refused = ended["refused"]
        table.add_row(
            name,
            f"{ended['ok']:,}",
            f"{sum(refused.values()):,}" if refused else "",
            ", ".join(f"{error} {count}" for error, count in refused.items()),
        )
    return table


def figures(summary: dict[str, Any], unit: str) -> Table:
    """The numbers that are looked at first."""
    table = Whole(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    rows = {
        "liquidations": (
            f"{summary['liquidations']:,}, {summary['partial_liquidations']:,} of them "
            "in part"
        ),
        "bad debt": (
            f"{summary['bad_debt']:,.2f} {unit}, left {summary['bankruptcies']} times"
        ),
        "insurance fund": (
            f"{summary['insurance_start']:,.2f} to {summary['insurance_end']:,.2f} "
            f"{unit}, paid {summary['insurance_drawn']:,.2f}"
        ),
        "payouts": (
            f"{summary['payout_cut']:,.2f} {unit} cut from gains, "
            f"{summary['payout_cuts']} times; claims of {summary['claims']:,.2f} left"
        ),
        "deleveraging": (
            f"opened {summary['deleveraging_openings']} times; "
            f"{summary['deleveraged_value']:,.2f} {unit} closed of "
            f"{summary['deleveraged_accounts']} accounts"
        ),
        **order_figures(summary, unit),
        "vault": (
            f"{summary['vault_nav_end']:,.2f} {unit}, founded with "
            f"{summary['vault_nav_start']:,.2f}{providers(summary)}; a share "
            f"{summary['share_value_end']:.4f}"
        ),
        "books": f"{summary['conservation_violations']} violations of conservation",
        "speed": (
            f"{summary['calls']:,} calls in {summary['wall_seconds']:.1f} s, "
            f"{summary['calls_per_second']:,} a second"
        ),
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def providers(summary: dict[str, Any]) -> str:
    """How often providers came and left, beside the founder, where any did."""
    came = max(0, summary["providers_entered"] - bool(summary["vault_nav_start"]))
    left = summary["providers_left"]
    said = f", and providers came {came:,} and left {left:,} times since"
    return said if came + left else ""


def order_figures(summary: dict[str, Any], unit: str) -> dict[str, str]:
    """How orders ended, where trades wait."""
    if not summary["orders_committed"]:
        return {}
    return {
        "orders": (
            f"{summary['orders_filled']:,} filled, {summary['orders_refused']:,} "
            f"refused, {summary['orders_expired']:,} expired; keepers were paid "
            f"{summary['order_fees']:,.2f} {unit}"
        )
    }


def groups(summary: dict[str, Any], unit: str) -> Table:
    """What each group of agents won or lost."""
    table = Whole(box=None, header_style="dim", pad_edge=False)
    table.add_column("who")
    for name in ("came", "brought", "end with", "of it out", f"won or lost, {unit}"):
        table.add_column(name, justify="right")
    for each in summary["groups"]:
        table.add_row(
            each["label"],
            f"{each['count']:,}",
            f"{each['brought']:,.0f}",
            f"{each['worth']:,.0f}",
            f"{each['taken']:,.0f}",
            f"{each['gain']:+,.0f}",
        )
    return table


def variants(told: list[dict[str, Any]], unit: str, width: int) -> Iterator[Table]:
    """The variants side by side, in as many tables as a width asks for."""
    rows = [(row.label, row.shown()) for row in side_by_side(told, unit)]
    longest = max(len(label) for label, _ in rows)
    words = max(longest_word(label) for label, _ in rows)
    first = max(words, min(longest, width // LABEL_PART))
    cells = zip(*(shown for _, shown in rows), strict=True)
    columns = [[each["name"], *shown] for each, shown in zip(told, cells, strict=True)]
    for some in side_by_side_within(columns, width - first - GUTTER):
        table = Whole(box=None, header_style="bold", pad_edge=False)
        table.add_column("side by side", style="dim")
        for name, *_ in some:
            table.add_column(name, justify="right")
        for (label, _), *shown in zip(rows, *(each[1:] for each in some), strict=True):
            table.add_row(label, *shown)
        yield table


def side_by_side_within(
    columns: Iterable[list[str]], width: int
) -> Iterator[list[list[str]]]:
    """As many columns at once as a width has place for, but one at least."""
    some: list[list[str]] = []
    left = width
    for column in columns:
        taken = GUTTER + max(map(len, column))
        if some and taken > left:
            yield some
            some, left = [], width
        some.append(column)
        left -= taken
    yield some


@contextmanager
def progress_bar(duration: int) -> Iterator[Callable[[engine.Progress], None]]:
    """A bar with the time in the scenario, equity and liquidations."""
    columns = (
        TextColumn("{task.fields[time]:>10}"),
        BarColumn(),
        TextColumn("equity {task.fields[equity]}"),
        TextColumn("liquidations {task.fields[liquidations]}"),
        TextColumn("calls {task.fields[calls]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(
            "run", total=duration, time="0s", equity="0", liquidations="0", calls="0"
        )

        def show(now: engine.Progress) -> None:
            bar.update(
                task,
                completed=now.elapsed,
                time=format_duration(now.elapsed),
                equity=f"{now.total_equity / WAD:,.0f}",
                liquidations=f"{now.liquidations:,}",
                calls=f"{now.calls:,}",
            )

        yield show


@contextmanager
def shrinking_bar() -> Iterator[Callable[[int, int], None]]:
    """A bar that fills as calls are left out, with how many are left."""
    columns = (
        TextColumn("{task.fields[left]:>7,} calls left"),
        BarColumn(),
        TextColumn("{task.fields[tries]:,} tries"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("shrink", total=None, left=0, tries=0)

        def show(left: int, tries: int) -> None:
            total = bar.tasks[0].total or left
            done = total - left
            bar.update(task, total=total, completed=done, left=left, tries=tries)

        yield show


@contextmanager
def working(text: str) -> Iterator[None]:
    """A sign of life, while nobody knows how much is left."""
    with Console(stderr=True).status(Text(text)):
        yield
