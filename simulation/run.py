"""
A whole run: from a scenario's file to the directory with its report.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from evm.compile import compile_contracts
from evm.replay import NONE
from simulation.engine import Progress, Result, run_scenario
from simulation.errors import PriceFileError, ScenarioError
from simulation.output import (
    MANIFEST,
    SCENARIO,
    SUMMARY,
    TRACE,
    check_place,
    default_directory,
    manifest_of,
    toml_text,
    write_json,
    writing,
)
from simulation.prices import PriceSeries
from simulation.rebase import check_admitted, with_prices
from simulation.refusals import check_laws
from simulation.scenario import Scenario, load_scenario, price_series
from simulation.summary import summary_of


class Prepared(Struct, frozen=True):
    """A scenario that can be run, with its prices and what is to be said of them."""

    scenario: Scenario
    series: list[PriceSeries]
    notes: list[str]


class Finished(Struct, frozen=True):
    """A run that was written."""

    scenario: Scenario
    result: Result
    summary: dict[str, Any]
    directory: Path


def prepare(
    path: Path, overrides: Iterable[str] = (), prices: Path | None = None
) -> Prepared:
    """Read all that a run is made from, and refuse what cannot be run."""
    scenario = load_scenario(path, overrides)
    notes: list[str] = []
    if prices is not None:
        # What is wrong with the scenario is said of its own numbers.
        check_laws(scenario)
        scenario, notes = with_prices(scenario, prices)
    try:
        check_laws(scenario)
    except ScenarioError as error:
        if prices is None:
            raise
        reason = "; ".join(notes[1:2])
        raise PriceFileError(prices, None, f"{reason}; {error}") from None
    series = [price_series(scenario, each) for each in scenario.priced]
    pairs = list(zip(scenario.priced, series, strict=True))
    notes += check_admitted(prices or path, pairs)
    notes += [f"{each.name}: {note}" for each, found in pairs for note in found.notes]
    return Prepared(scenario, series, notes)


def run(
    prepared: Prepared,
    directory: Path | None = None,
    *,
    evm: str = NONE,
    max_calls: int | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Finished:
    """Run a scenario and write its directory."""
    scenario = prepared.scenario
    place = default_directory(scenario) if directory is None else directory
    check_place(place)
    contracts = compile_contracts()
    with writing(place) as folder:
        result = run_scenario(
            scenario,
            prepared.series,
            contracts,
            folder / TRACE,
            evm=evm,
            shown_trace=str(place / TRACE),
            max_calls=max_calls,
            is_stopped=is_stopped,
            progress=progress,
        )
        summary = summary_of(scenario, result, prepared.notes)
        write_json(folder / SUMMARY, summary)
        manifest = manifest_of(scenario, contracts, ["perpspec", *sys.argv[1:]])
        write_json(folder / MANIFEST, manifest)
        (folder / SCENARIO).write_text(toml_text(scenario.document))
        # Drawing takes longer to load than most scenarios take to run.
        from simulation.report import write_report

        command = f"perpspec replay {TRACE} --evm {evm}"
        write_report(folder, scenario, prepared.series, result, summary, command)
    return Finished(scenario, result, summary, place)
