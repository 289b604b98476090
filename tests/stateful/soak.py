"""
Random calls by a seed, many of them: `python -m tests.stateful.soak --steps 200000`.

A run is split into episodes, each with a genesis of its own; within one the chain is
made anew from the model's tables now and then, so that memory stays flat, and everybody
is let out. Seldom a short run on py-evm compares storage roots. After each episode the
tally is kept, from which `--resume` goes on. What fails is made shorter and written as
a trace.

Exit codes: 0 nothing was found, 1 something was, 2 bad input, 130 interrupted.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from evm.chain import Chain
from evm.shrink import shortest
from protocol.trace import Action, TraceError, read_trace
from tests.stateful import configuration, vocabulary
from tests.stateful.choices import Seeded
from tests.stateful.run import FOUND, Run, dumped, repeated
from tests.stateful.tally import Tally, TallyError, read_tally, table_of
from tests.stateful.world import ForwardingChain

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
Report = Callable[[int], None]
# How long one genesis lives, and how often its chain begins anew.
EPISODE = 5_000
REBUILD = 500
# How long it lives on py-evm.
SHORT = 250


class Failure(Exception):
    """What was found, and in which run."""

    def __init__(self, run: Run, seed: str, error: AssertionError) -> None:
        super().__init__(str(error))
        self.run = run
        self.seed = seed
        self.error = error


def episode(run: Run, choose: Seeded, steps: int, every: int, report: Report) -> None:
    """
    Play one genesis for so many calls; `every` so often all that is stored is compared,
    and everybody let out.
    """
    for action in vocabulary.opening(run.world, choose):
        run.step(action)
    while len(run.actions) < steps:
        before = len(run.actions)
        for action in vocabulary.burst(run.world, choose):
            run.step(action)
        now = len(run.actions)
        if before // every != now // every:
            run.check_at_end()
        if before // REBUILD != now // REBUILD:
            run.lockstep.rebuild()
        report(now - before)
    run.check_at_end()


def with_roots(tally: Tally, seed: str) -> None:
    """A short run of its own, whose storage roots are compared."""
    # It takes a second to load.
    from tests.stateful.roots import ForwardingTester, play

    choose = Seeded(f"{seed}/roots")
    run = Run(configuration.genesis(choose), laws_every=0, kind=ForwardingTester)
    try:
        play(run, choose, SHORT)
    except FOUND as error:
        raise Failure(run, f"{seed}/roots", error) from error
    tally.roots += 1
    tally.count(run.outcomes)


def next_episode(tally: Tally, options: Namespace, report: Report) -> None:
    """Play the next episode of a seed, and count it."""
    seed = f"{tally.seed}/{tally.episodes + 1}"
    choose = Seeded(seed)
    run = Run(
        configuration.genesis(choose),
        laws_every=options.laws_every,
        views_every=options.views_every,
    )
    steps = min(EPISODE, options.steps - tally.calls)
    try:
        episode(run, choose, steps, options.check_every, report)
    except FOUND as error:
        raise Failure(run, seed, error) from error
    tally.count(run.outcomes)
    tally.episodes += 1
    if options.roots_every and tally.episodes % options.roots_every == 0:
        with_roots(tally, seed)


def soak(options: Namespace, console: Console) -> int:
    """Play episodes until all steps are made, or one fails; the exit code."""
    path = options.output / f"soak-{options.seed}.json"
    tally = read_tally(path, options.seed) if options.resume else Tally(options.seed)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    failure, is_stopped = None, False
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task(
                "calls", total=options.steps, completed=tally.calls
            )

            def report(calls: int) -> None:
                progress.update(task, advance=calls)

            while tally.calls < options.steps:
                start = time.process_time()
                next_episode(tally, options, report)
                tally.seconds += time.process_time() - start
                tally.write(path)
    except Failure as found:
        failure = found
    except KeyboardInterrupt:
        is_stopped = True
        # An episode is whole or not at all.
        tally = read_tally(path, options.seed)
    summed_up(tally, path, console)
    if failure is not None:
        return failed(failure, options.output, console)
    if is_stopped:
        console.print(f"interrupted; to go on:\n  {going_on(options)}", soft_wrap=True)
        return INTERRUPTED
    console.print("differences: 0")
    return 0


def summed_up(tally: Tally, path: Path, console: Console) -> None:
    """Print what a soak has come to."""
    console.print(table_of(tally))
    for names, said in (
        (tally.never_ok, "nobody called with success"),
        (tally.never_refused, "never refused"),
    ):
        if names:
            console.print(f"{said}: {', '.join(names)}")
    speed = tally.calls / tally.seconds if tally.seconds else 0
    console.print(
        f"{tally.calls:,} calls in {tally.episodes:,} episodes of seed {tally.seed}, "
        f"{speed:,.0f} a second of a core; {tally.roots} runs with equal storage roots"
    )
    if tally.calls:
        console.print(f"kept in {path}", soft_wrap=True)


def going_on(options: Namespace) -> str:
    """The command that goes on with a soak."""
    given = ["--steps", options.steps, "--seed", options.seed, "--resume"]
    if options.output != parsed([]).output:
        given += ["--output", options.output]
    return f"python -m tests.stateful.soak {' '.join(map(str, given))}"


def kind_of(error: AssertionError) -> tuple[str, str]:
    """What makes two failures the same: a layer of lockstep, or the code of a law."""
    layer = getattr(error, "layer", "") or getattr(error, "code", "")
    return type(error).__name__, layer


def shrunk(run: Run, error: AssertionError) -> list[Action]:
    """
    The calls of a run without those that its failure does not need; all of them, where
    it does not fail in this way on revm.
    """
    wanted = kind_of(error)

    def fails(actions: Sequence[Action]) -> bool:
        try:
            repeated(run.genesis, actions)
        except FOUND as found:
            return kind_of(found) == wanted
        except (AttributeError, KeyError):
            # It rests on a call that is left out, such as one that made a contract.
            return False
        return False

    actions = run.calls()
    return shortest(actions, fails) if fails(actions) else actions


def failed(found: Failure, folder: Path, console: Console) -> int:
    """Say what failed, and how to see it again; the exit code."""
    run = found.run
    console.print(f"episode {found.seed}, call {len(run.actions)}:", style="bold")
    console.print(str(found), markup=False, highlight=False)
    console.print("making it shorter")
    actions = shrunk(run, found.error)
    path = folder / f"failure-{found.seed.replace('/', '-')}.jsonl"
    command = dumped(path, run.genesis, actions)
    if not isinstance(run.chain, ForwardingChain):
        command += " --evm eth-tester"
    console.print(
        f"{len(actions)} calls are left; to replay them:\n  {command}", soft_wrap=True
    )
    return FAILED


def replayed(path: Path, evm: str, console: Console) -> int:
    """Make the calls of a trace again, with all laws and views; the exit code."""
    trace = read_trace(path)
    kind: type[Chain] = ForwardingChain
    views_every = 1
    if evm == "eth-tester":
        from tests.stateful.roots import ForwardingTester

        # Its views are the same and take minutes.
        kind, views_every = ForwardingTester, 0
    try:
        run = repeated(trace.genesis, trace.actions, views_every=views_every, kind=kind)
        run.lockstep.check_roots()
    except FOUND as error:
        console.print(str(error), markup=False, highlight=False)
        return FAILED
    console.print(f"{len(run.actions)} calls, differences: 0")
    return 0


def parsed(arguments: Sequence[str]) -> Namespace:
    """The options of the command line."""
    parser = ArgumentParser(
        prog="python -m tests.stateful.soak",
        description="Compare model and chain on random calls, and ask all laws.",
        epilog="Exit codes: 0 nothing was found, 1 something was, 2 bad input, "
        "130 interrupted.",
    )
    parser.add_argument(
        "--steps", type=int, default=50_000, help="how many calls, those before too"
    )
    parser.add_argument("--seed", type=int, default=0, help="which calls")
    parser.add_argument(
        "--resume", action="store_true", help="go on where this seed was left"
    )
    parser.add_argument(
        "--check-every",
        type=int,
        default=2_500,
        metavar="K",
        help="compare all that is stored, and let everybody out, every K calls",
    )
    parser.add_argument("--laws-every", type=int, default=20, metavar="K")
    parser.add_argument("--views-every", type=int, default=100, metavar="K")
    parser.add_argument(
        "--roots-every",
        type=int,
        default=100,
        metavar="K",
        help="compare storage roots on py-evm after every K episodes; 0 is never",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("build/soak"),
        help="the folder of tally and failures",
    )
    parser.add_argument("--replay", type=Path, help="make the calls of a trace again")
    parser.add_argument(
        "--evm", choices=["revm", "eth-tester"], default="revm", help="for --replay"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code."""
    options = parsed(arguments)
    console = Console()
    try:
        if options.replay is not None:
            return replayed(options.replay, options.evm, console)
        return soak(options, console)
    except (TallyError, TraceError) as error:
        console.print(f"error: {error}", markup=False, soft_wrap=True)
        return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
