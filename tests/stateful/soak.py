"""
Random calls by a seed, many of them: `python -m tests.stateful.soak --steps 200000`.

A run is split into episodes, each with a genesis of its own; within one the chain is
made anew from the model's tables now and then, so that memory stays flat. What fails is
made shorter and written as a trace, and the exit code is 1.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from evm.shrink import shortest
from protocol.trace import Action, Genesis, read_trace
from tests.stateful import configuration, vocabulary
from tests.stateful.choices import Seeded
from tests.stateful.run import FOUND, Run, dumped, repeated

Report = Callable[[int], None]
# How long one genesis lives, and how often its chain begins anew.
EPISODE = 5_000
REBUILD = 500


def episode(
    run: Run, choose: Seeded, steps: int, every_root: int, report: Report
) -> None:
    """Play one genesis for so many calls."""
    for action in vocabulary.opening(run.world, choose):
        run.step(action)
    while len(run.actions) < steps:
        before = len(run.actions)
        for action in vocabulary.burst(run.world, choose):
            run.step(action)
        now = len(run.actions)
        if before // REBUILD != now // REBUILD:
            run.lockstep.rebuild()
        if before // every_root != now // every_root:
            run.check_every_word()
        report(now - before)
    run.check_every_word()


def seeded(seed: str, laws_every: int, views_every: int) -> tuple[Run, Seeded]:
    """The run that a seed begins, and the choices that are left."""
    choose = Seeded(seed)
    genesis = configuration.genesis(choose)
    return Run(genesis, laws_every=laws_every, views_every=views_every), choose


def kind_of(error: AssertionError) -> tuple[str, str]:
    """What makes two failures the same: a layer of lockstep, or the code of a law."""
    layer = getattr(error, "layer", "") or getattr(error, "code", "")
    return type(error).__name__, layer


def shrunk(run: Run, error: AssertionError) -> list[Action]:
    """The calls of a run without those that its failure does not need."""
    wanted = kind_of(error)

    def fails(actions: Sequence[Action]) -> bool:
        try:
            repeated(run.genesis, actions)
        except FOUND as found:
            return kind_of(found) == wanted
        return False

    return shortest(run.calls(), fails)


def table_of(outcomes: Counter[tuple[str, str]]) -> Table:
    """How often each entry point succeeded, and what refused it."""
    table = Table("entry point", "calls", "ok", "refused", box=None)
    for name in sorted({name for name, _ in outcomes}):
        counts = {error: n for (each, error), n in outcomes.items() if each == name}
        calls, ok = sum(counts.values()), counts.pop("ok", 0)
        ranked = sorted(counts.items(), key=lambda pair: -pair[1])
        refused = ", ".join(f"{error} {n}" for error, n in ranked)
        table.add_row(name, str(calls), f"{100 * ok // calls} %", refused)
    return table


def soak(options: Namespace, console: Console) -> int:
    """Play episodes until all steps are made, or one fails; the exit code."""
    outcomes: Counter[tuple[str, str]] = Counter()
    made = number = 0
    start = time.perf_counter()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("calls", total=options.steps)
        while made < options.steps:
            number += 1
            seed = f"{options.seed}/{number}"
            run, choose = seeded(seed, options.laws_every, options.views_every)
            steps = min(EPISODE, options.steps - made)

            def report(calls: int) -> None:
                progress.update(task, advance=calls)

            try:
                episode(run, choose, steps, options.every_root, report)
            except FOUND as error:
                progress.stop()
                return failed(run, error, seed, options.output, console)
            made += len(run.actions)
            outcomes += run.outcomes
    took = time.perf_counter() - start
    console.print(table_of(outcomes))
    console.print(
        f"{made} calls in {number} episodes, {made / took:.0f} a second, "
        f"seed {options.seed}, differences: 0"
    )
    return 0


def failed(
    run: Run, error: AssertionError, seed: str, folder: Path, console: Console
) -> int:
    """Say what failed, and how to see it again; the exit code."""
    console.print(f"episode {seed}, call {len(run.actions)}:", style="bold")
    console.print(str(error), markup=False, highlight=False)
    console.print("making it shorter")
    actions = shrunk(run, error)
    path = folder / f"failure-{seed.replace('/', '-')}.jsonl"
    command = dumped(path, run.genesis, actions)
    console.print(f"{len(actions)} calls are left; to replay them:\n  {command}")
    return 1


def replayed(path: Path, console: Console) -> int:
    """Make the calls of a trace again, with all laws and views; the exit code."""
    trace = read_trace(path)
    genesis: Genesis = trace.genesis
    try:
        run = repeated(genesis, trace.actions)
    except FOUND as error:
        console.print(str(error), markup=False, highlight=False)
        return 1
    console.print(f"{len(run.actions)} calls, differences: 0")
    return 0


def parsed(arguments: Sequence[str]) -> Namespace:
    """The options of the command line."""
    parser = ArgumentParser(prog="python -m tests.stateful.soak")
    parser.add_argument("--steps", type=int, default=50_000, help="how many calls")
    parser.add_argument("--seed", type=int, default=0, help="which calls")
    parser.add_argument("--evm", choices=["revm"], default="revm")
    parser.add_argument(
        "--every-root",
        type=int,
        default=1_000,
        metavar="K",
        help="compare all that is stored every K calls",
    )
    parser.add_argument("--laws-every", type=int, default=10, metavar="K")
    parser.add_argument("--views-every", type=int, default=50, metavar="K")
    parser.add_argument("--output", type=Path, default=Path("build/soak"))
    parser.add_argument("--replay", type=Path, help="make the calls of a trace again")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code."""
    options = parsed(arguments)
    console = Console()
    if options.replay is not None:
        return replayed(options.replay, console)
    return soak(options, console)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
