"""
A whole run: from a scenario's file to the directory with its report.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from evm.compile import Contract, compile_contracts
from evm.replay import NONE
from simulation.answers import lack_of, require_answerable
from simulation.comparison import summary_of_all
from simulation.engine import Progress, Result, run_scenario
from simulation.errors import PriceFileError, ScenarioError
from simulation.output import (
    MANIFEST,
    SCENARIO,
    SUMMARY,
    TRACE,
    beside,
    check_place,
    default_directory,
    is_complete_run,
    manifest_of,
    settings_of,
    toml_text,
    variant_folder,
    write_json,
    writing,
)
from simulation.prices import PriceSeries
from simulation.rebase import check_admitted, with_prices
from simulation.refusals import check_laws
from simulation.rewriting import findable
from simulation.scenario import Scenario, load_scenario, told_series
from simulation.summary import summary_of
from simulation.variants import Variant, moved, naming, stated, variants_of


class Play(Struct, frozen=True):
    """A variant that can be run, with what is said of its markets and tokens."""

    variant: Variant
    series: list[PriceSeries]

    @property
    def scenario(self) -> Scenario:
        """What is played."""
        return self.variant.scenario


class Prepared(Struct, frozen=True):
    """
    A scenario that can be run, in one way or several, and what is to be said of its
    prices.
    """

    scenario: Scenario
    plays: list[Play]
    notes: list[str]

    @property
    def series(self) -> list[PriceSeries]:
        """The prices of the first play."""
        return self.plays[0].series


class Played(Struct, frozen=True):
    """A variant that was run, and what it came to."""

    play: Play
    result: Result
    summary: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the variant; none where there is only one."""
        return self.play.variant.name


class Finished(Struct, frozen=True):
    """
    A run that was written; its summary is the first variant's and the comparison.
    `kept` is the complete run that stands where this one, interrupted, was to be.
    """

    scenario: Scenario
    played: list[Played]
    summary: dict[str, Any]
    directory: Path
    kept: Path | None = None

    @property
    def result(self) -> Result:
        """What the first variant left."""
        return self.played[0].result

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody stopped it."""
        return self.played[-1].result.is_interrupted


def prepare(
    path: Path, overrides: Iterable[str] = (), prices: Path | None = None
) -> Prepared:
    """Read all that a run is made from, and refuse what cannot be run."""
    overrides = list(settings_of(overrides))
    scenario = load_scenario(path, overrides)
    variants = variants_of(scenario, overrides)
    require_answerable([each.scenario for each in variants])
    notes: list[str] = []
    if prices is not None:
        # What is wrong with the scenario is said of its own numbers.
        check_all_laws(variants)
        scenario, notes = with_prices(scenario, prices)
        variants = [moved_to(prices, each) for each in variants]
    scenario = replace(scenario, document=stated(scenario.document, variants))
    try:
        check_all_laws(variants)
    except ScenarioError as error:
        if prices is None:
            raise
        reason = "; ".join(notes[1:2])
        raise PriceFileError(prices, None, f"{reason}; {error}") from None
    plays = [play_of(each) for each in variants]
    for play in reversed(plays):
        pairs = list(zip(play.scenario.priced, play.series, strict=True))
        found = check_admitted(prices or path, pairs)
    notes += found
    notes += [f"{each.name}: {note}" for each, found in pairs for note in found.notes]
    return Prepared(scenario, plays, notes)


def check_all_laws(variants: Iterable[Variant]) -> None:
    """Refuse a variant with parameters that the governor would refuse."""
    for each in variants:
        with naming(each.name):
            check_laws(each.scenario)


def moved_to(prices: Path, variant: Variant) -> Variant:
    """A variant with the prices of a file."""
    with naming(variant.name):
        return moved(variant, with_prices(variant.scenario, prices)[0])


def play_of(variant: Variant) -> Play:
    """A variant with its prices."""
    scenario = variant.scenario
    return Play(variant, [told_series(scenario, each) for each in scenario.priced])


def run(
    prepared: Prepared,
    directory: Path | None = None,
    *,
    evm: str = NONE,
    max_calls: int | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Finished:
    """
    Run a scenario, once a variant, and write its directory. An interrupted run is
    written beside a complete one, not in its place.
    """
    scenario = prepared.scenario
    place = default_directory(scenario) if directory is None else directory
    check_place(place)
    contracts = compile_contracts()
    played: list[Played] = []
    with writing(place) as draft:
        folder = draft.folder
        for play in prepared.plays:
            inside = variant_folder(play.variant.name)
            played.append(
                run_play(
                    play,
                    contracts,
                    folder / inside,
                    place / inside,
                    prepared.notes,
                    evm=evm,
                    max_calls=max_calls,
                    is_stopped=is_stopped,
                    progress=after(played, progress),
                )
            )
            if played[-1].result.is_interrupted:
                break
        summary = summary_of_all(scenario, played)
        write_json(folder / SUMMARY, summary)
        manifest = manifest_of(scenario, contracts, ["perpspec", *sys.argv[1:]])
        write_json(folder / MANIFEST, manifest)
        (folder / SCENARIO).write_text(toml_text(findable(scenario)))
        # Drawing takes longer to load than most scenarios take to run.
        from simulation.report import write_report

        trace = variant_folder(played[0].name) / TRACE
        write_report(folder, played, summary, f"perpspec replay {trace} --evm {evm}")
        if played[-1].result.is_interrupted and is_complete_run(place):
            draft.place = beside(place)
    kept = place if draft.place != place else None
    return Finished(scenario, played, summary, draft.place, kept)


def run_play(
    play: Play,
    contracts: Mapping[str, Contract],
    folder: Path,
    shown: Path,
    notes: list[str],
    *,
    evm: str,
    max_calls: int | None,
    is_stopped: Callable[[], bool],
    progress: Callable[[Progress], None],
) -> Played:
    """
    Run a variant, and write to a folder, which will be known as `shown`, what another
    run of it would need.
    """
    folder.mkdir(parents=True, exist_ok=True)
    result = run_scenario(
        play.scenario,
        play.series,
        contracts,
        folder / TRACE,
        evm=evm,
        shown_trace=str(shown / TRACE),
        max_calls=max_calls,
        is_stopped=is_stopped,
        progress=progress,
    )
    summary = summary_of(play.scenario, result, notes)
    if play.variant.name:
        write_json(folder / SUMMARY, summary)
        document = findable(play.scenario)
        # Many an answer compares variants, of which one alone has none.
        if lack_of([play.scenario]) is not None:
            del document["run"]["answer"]
        (folder / SCENARIO).write_text(toml_text(document))
    return Played(play, result, summary)


def after(
    played: Iterable[Played], progress: Callable[[Progress], None]
) -> Callable[[Progress], None]:
    """Progress that goes on from where others have ended."""
    results = [each.result for each in played]
    seconds = sum(each.scenario_seconds for each in results)
    calls = sum(each.tally.calls for each in results)
    return lambda now: progress(
        replace(now, elapsed=now.elapsed + seconds, calls=now.calls + calls)
    )
