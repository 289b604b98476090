"""
The document of a scenario that is not any more as it was read: what has moved is stated
anew, so that the document is again all of the scenario.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from msgspec import Struct

from simulation.document import Document
from simulation.quantities import format_duration, format_moment, format_wads
from simulation.scenario import Priced, Scenario
from simulation.sections import AnyAgents, DrawnPrices


def rewritten(scenario: Scenario, prices: Path) -> Document:
    """What a scenario would be read from that was moved to the `prices` of a file."""
    document = deepcopy(scenario.document)
    run = scenario.run
    document["run"] |= {
        "start": format_moment(run.start),
        "duration": format_duration(run.duration),
        "step": format_duration(run.step),
    }
    if scenario.keepers.every is not None:
        document["keepers"]["every"] = format_duration(scenario.keepers.every)
    shared = document.pop("prices", None)
    first = document["market"][scenario.markets[0].name]
    first["prices"] = {"source": "file", "path": str(prices)}
    for market in scenario.markets:
        table = document["market"][market.name]
        restate_params(table, market.params)
        restate_quoted(table, market, shared)
        if market.feed.expiry.expires_at:
            after = int(market.feed.expiry.expires_at) - run.start
            table["feed"]["expiry"]["expires_at"] = format_duration(after)
    for token in scenario.tokens:
        restate_quoted(document["collateral"][token.name], token, None)
    for table, agents in zip(document.get("agents", []), scenario.agents, strict=True):
        restate_stay(table, agents)
    return document


def restate_params(table: Document, params: Struct) -> None:
    """State sizes and prices anew, where they are stated."""
    for name, unit in type(params).__annotations__.items():
        value = getattr(params, name)
        if name not in table:
            continue
        if isinstance(value, Struct):
            restate_params(table[name], value)
        elif unit in ("Size", "Price"):
            table[name] = format_wads(int(value))


def restate_quoted(table: Document, priced: Priced, shared: Document | None) -> None:
    """State a feed and prices anew, the `shared` ones where it has none of its own."""
    restate_params(table["feed"], priced.feed)
    restate_times(table["feed"].get("glitches", []), priced.glitches)
    if "prices" not in table:
        table["prices"] = deepcopy(shared)
    if isinstance(priced.prices, DrawnPrices):
        restate_times(table["prices"].get("shocks", []), priced.prices.shocks)


def restate_times(tables: Iterable[Document], events: Iterable[Any]) -> None:
    """State anew when something happens."""
    for table, event in zip(tables, events, strict=True):
        table["at"] = format_duration(event.at)


def restate_stay(table: Document, agents: AnyAgents) -> None:
    """State anew when agents come and leave."""
    if "entry" in table:
        low, high = map(format_duration, (agents.entry.low, agents.entry.high))
        table["entry"] = low if low == high else [low, high]
    if agents.leaves_at is not None:
        table["leaves_at"] = format_duration(agents.leaves_at)


def findable(scenario: Scenario) -> Document:
    """A document whose price files are found from any folder."""
    document = deepcopy(scenario.document)
    for prices in price_tables(document):
        if prices["source"] == "file":
            prices["path"] = str((scenario.path.parent / prices["path"]).resolve())
    return document


def price_tables(document: Document) -> Iterator[Document]:
    """All tables of prices."""
    tables = [document, *document["market"].values()]
    tables += document.get("collateral", {}).values()
    return (table["prices"] for table in tables if "prices" in table)
