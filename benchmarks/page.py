"""
The tables of the page on gas, written from what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.published import NONE_FOUND, PROTOCOLS, ROWS, SOURCES, Row, Source
from benchmarks.where import KINDS, TRANSACTION

PAGE = Path(__file__).parents[1] / "docs" / "gas.md"
# What only other contracts may call, and the calls in which they do.
INNER = {
    "Exchange.collect_treasury": ("Governor.collect_treasury",),
    "Exchange.enter_vault": ("Vault.execute",),
    "Exchange.escrow_deposit": ("Vault.request_deposit", "Vault.requestDeposit"),
    "Exchange.fill_order": ("Orders.settle",),
    "Exchange.hold_order": ("Orders.commit", "Orders.arm"),
    "Exchange.leave_vault": ("Vault.execute",),
    "Exchange.release_order": ("Orders.settle", "Orders.expire", "Orders.cancel"),
    "Exchange.return_deposit": ("Vault.execute", "Vault.return_request"),
    "Exchange.set_collateral": ("Governor.set_collateral",),
    "Exchange.set_market": (
        "Governor.set_market",
        "Governor.tighten_market",
        "Governor.pause_market",
    ),
    "Exchange.set_risk": ("Governor.set_risk",),
    "Exchange.settle_market": ("Governor.settle_market",),
    "Oracle.close_feed": ("Governor.settle_market",),
    "Oracle.set_feed": ("Governor.set_feed",),
}

Gas = Mapping[str, int]


def tables(
    gas: Gas, size: Gas, missed: Mapping[str, Gas], calls: Mapping[str, str]
) -> dict[str, str]:
    """Each table of the page under the name of its markers."""
    return {
        "gas": calls_table(gas, calls),
        "missed": missed_table(missed),
        "size": size_table(size),
        "published": published_table(gas),
        "sources": sources_list(),
    }


def written(text: str, found: Mapping[str, str]) -> str:
    """The text of the page with these tables between their markers."""
    for name, table in found.items():
        opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, is_opened, rest = text.partition(opening)
        _, is_closed, after = rest.partition(closing)
        if not (is_opened and is_closed):
            raise SystemExit(f"{PAGE.name}: has no {opening} with {closing} after it")
        text = f"{before}{opening}\n{table}\n{closing}{after}"
    return text


def calls_table(gas: Gas, calls: Mapping[str, str]) -> str:
    """Every entry point: each case of it, or the calls it is made in."""
    rows = ["| entry point | case | gas |", "|---|---|---:|"]
    for call in sorted({*calls.values(), *INNER}):
        name = f"`{call}`"
        if call in INNER:
            rows.append(f"| {name} | {made_in(INNER[call])} | |")
        for case in sorted(case for case, found in calls.items() if found == call):
            rows.append(f"| {name} | {case} | {gas[case]:,} |")
            name = ""
    return "\n".join(rows)


def made_in(callers: tuple[str, ...]) -> str:
    """The calls in which one is made that nobody else makes."""
    *others, last = (f"`{each}`" for each in callers)
    if not others:
        return f"in {last}, which alone calls it"
    return f"in {', '.join(others)} and {last}, which alone call it"


def missed_table(missed: Mapping[str, Gas]) -> str:
    """The cases that miss their goals, and what their gas is spent on."""
    goals = {each.name: each.goal for each in CASES}
    heading = ["case", "goal", TRANSACTION, *KINDS, "in all"]
    rows = [heading, ["---", *["---:"] * (len(heading) - 1)]]
    for name, spent in missed.items():
        numbers = [goals[name], *spent.values(), sum(spent.values())]
        rows.append([name, *(f"{number:,}" for number in numbers)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def size_table(size: Gas) -> str:
    """The bytes of every contract."""
    rows = [f"| `{name}` | {count:,} |" for name, count in sorted(size.items())]
    return "\n".join(["| contract | bytes |", "|---|---:|", *rows])


def published_table(gas: Gas) -> str:
    """Our figures beside those of others, each of them with its source."""
    heading = ["action", "perpspec", *PROTOCOLS]
    lines = [heading, ["---"] * len(heading), *(row_of(row, gas) for row in ROWS)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def row_of(row: Row, gas: Gas) -> list[str]:
    """The cells of one action; one says so where nothing was found."""
    ours = "; ".join(f"{name.partition(': ')[2]} {gas[name]:,}" for name in row.cases)
    cells = [row.action, ours]
    for protocol in PROTOCOLS:
        figures = row.others.get(protocol, ())
        said = "; ".join(f"{text} [{number(at)}]" for text, at in figures)
        cells.append(said or NONE_FOUND)
    return cells


def number(source: Source) -> int:
    """The number under which a source is listed."""
    return SOURCES.index(source) + 1


def sources_list() -> str:
    """The sources by their numbers."""
    return "\n".join(
        f"{number(each)}. [{each.title}]({each.url}), {each.dated}: {each.counts}."
        for each in SOURCES
    )
