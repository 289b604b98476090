"""
The command line: `perpspec run`, `replay`, `shrink`, `explain`, `statement`, `check`,
`calibrate`, `artifacts`, `demo`.

Everything that takes time to load is imported by the command that needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.terminal import (
    FAILED,
    INTERRUPTED,
    Command,
    Program,
    asked_to_stop,
    ending,
    errors_told,
    option,
    print_json,
    print_version,
    refuse,
    refuse_to_replace,
    shown_progress,
    shown_shrinking,
    shown_work,
)

if TYPE_CHECKING:
    from evm.replay import Replay
    from simulation.run import Finished

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "scenarios" / "crash.toml"
# How much of the demo is made again as real transactions.
DEMO_CALLS = 300
# Chains that begin anew for each try; a node keeps what was tried.
REPEATABLE = ("revm", "eth-tester")

app = typer.Typer(
    cls=Program,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="A perpetual futures protocol that exists twice, in Vyper and in Python. "
    "Run scenarios on both, call by call, and see who pays.",
    epilog="Exit codes: 0 fine, 1 a law, the lockstep or a back-test failed, "
    "2 bad input or no place to write to, 70 a fault of perpspec itself, "
    "130 interrupted, 141 nobody read on.",
)

Evm = Annotated[
    str,
    typer.Option(
        "--evm",
        metavar="CHAIN",
        help="none (the model alone), revm, eth-tester, or the URL of a node",
    ),
]
# A flag takes no value, so that it has none to name.
AsJson = Annotated[
    bool, typer.Option("--json", metavar="", help="Print one JSON object.")
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", metavar="", help="No progress, no tables.")
]
Override = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Put a value in the place of the scenario's, as run.seed=7, or all of a "
        "file's, as @margin.toml; repeatable.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(metavar="N", help="Another draw, as --set run.seed=N."),
]
ScenarioFile = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO.toml", help="What happens, to whom, under which rules."
    ),
]
PriceFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Recorded prices for the first market, CSV or gzip."
    ),
]
TraceFile = Annotated[
    Path,
    typer.Argument(
        metavar="TRACE", help="The calls of a run, as its trace.jsonl.gz has them."
    ),
]


@app.callback()
def program(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            callback=print_version,
            is_eager=True,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    """Take what belongs to no command."""


@app.command(
    cls=Command,
    epilog="Examples: perpspec run scenarios/crash.toml --evm revm · "
    "perpspec run scenarios/crash.toml --set market.ETH.margin.im_base=0.08 · "
    "perpspec run scenarios/crash.toml --prices klines.csv.gz --json",
)
def run(
    scenario: ScenarioFile,
    prices: PriceFile = None,
    evm: Evm = "none",
    max_calls: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Stop after N calls.")
    ] = None,
    overrides: Override = None,
    seed: Seed = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Default: runs/NAME-SEED."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """
    Run a scenario, hold the contracts against the model, and write a report.
    """
    with errors_told():
        finished = run_scenario(
            scenario,
            seeded(overrides, seed),
            prices=prices,
            evm=evm,
            max_calls=max_calls,
            out=out,
            is_quiet=quiet or as_json,
        )
        if as_json:
            print_json(finished.summary | {"directory": str(finished.directory)})
        else:
            from scripts.tables import print_run

            print_run(finished, is_short=quiet)
    end_of(finished)


@app.command(
    cls=Command,
    epilog="Example: perpspec replay runs/crash-7/trace.jsonl.gz --evm eth-tester",
)
def replay(
    trace: TraceFile,
    evm: Evm = "none",
    deployment: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write where a node's contracts lie, for statement."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Replay a trace on the model alone, or in lockstep with a chain.
    """
    with errors_told():
        from evm.chain import is_url

        if deployment is not None:
            if not is_url(evm):
                refuse(f"{evm}: only a node keeps its contracts: give --evm its URL")
            refuse_unwritable(deployment)
        result = replayed(trace, evm)
        if deployment is not None:
            from evm.deployment import deployment_on, write_deployment
            from protocol.trace import read_trace

            found = deployment_on(evm, read_trace(trace).genesis)
            write_deployment(deployment, found)
        from scripts.objects import replay_object

        told = replay_object(result)
        if as_json:
            print_json(told)
        else:
            from scripts.tables import print_replay

            print_replay(told)
    if not result.is_faithful:
        raise typer.Exit(FAILED)


@app.command(
    cls=Command,
    epilog="Examples: perpspec shrink runs/crash-7/trace.jsonl.gz · "
    "perpspec shrink failure.jsonl --evm eth-tester --out short.jsonl",
)
def shrink(
    trace: TraceFile,
    evm: Annotated[
        str,
        typer.Option(
            metavar="CHAIN", help="revm, or eth-tester, a hundred times as slow"
        ),
    ] = "revm",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Default: beside the trace, with .short in its name."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """
    Leave out of a trace all calls without which model and chain still differ.

    Many calls at once first, then fewer, until none can be spared. What is left differs
    in the same layer of the comparison, at a call of the same entry point, and is
    written as a trace: replay it, or explain its last call. A trace on which nothing
    differs is refused. Ctrl-C keeps the shortest one that was found so far.
    """
    with errors_told():
        place = shorter_name(trace) if out is None else out
        found = shrunk(trace, evm, place, quiet or as_json)
        if as_json:
            print_json(found)
        else:
            from scripts.tables import print_shrunk

            print_shrunk(found)
    if not found["complete"]:
        raise typer.Exit(INTERRUPTED)


@app.command(
    cls=Command,
    epilog="Example: perpspec explain runs/crash-7/trace.jsonl.gz --call 40",
)
def explain(
    trace: TraceFile,
    call: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Which call, counted from 1; those that set up the genesis come "
            "first.",
        ),
    ],
) -> None:
    """
    Say what one call of a trace was given, read, wrote, and why it ended as it did.
    """
    with errors_told():
        from evm.explain import explain as explained

        typer.echo(explained(trace, call).text(), nl=False)


@app.command(
    cls=Command,
    epilog="Examples: perpspec statement --account trader_1/0 --trace run.jsonl.gz · "
    "perpspec statement --account 0xOWNER/0 --rpc http://127.0.0.1:8545 "
    "--deployment deployment.json",
)
def statement(
    account: Annotated[
        str,
        typer.Option(
            metavar="A",
            help="Its number, also 0x-hex; or OWNER/NUMBER, by address or name",
        ),
    ],
    trace: Annotated[
        Path | None, typer.Option(metavar="TRACE", help="Replay this on the model.")
    ] = None,
    call: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Stop after call N of the trace, as explain counts."
        ),
    ] = None,
    rpc: Annotated[
        str | None, typer.Option(metavar="URL", help="Read from this node.")
    ] = None,
    deployment: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where the contracts lie on it, as replay --deployment writes it.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Say what an account is worth and must hold, has paid, and what would cure it.
    """
    with errors_told():
        from evm.statement import statement_from
        from protocol.trace import plain

        found = statement_from(account, trace, call, rpc, deployment)
        if as_json:
            print_json(plain(found))
        else:
            from scripts.tables import print_statement

            print_statement(found)


@app.command(
    cls=Command, epilog="Example: perpspec check scenarios/crash.toml --set run.seed=8"
)
def check(
    scenario: ScenarioFile,
    prices: PriceFile = None,
    overrides: Override = None,
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """
    Check a scenario, its parameters' laws and its prices, and run nothing.
    """
    with errors_told():
        from scripts.objects import check_object
        from simulation.run import prepare

        values = seeded(overrides, seed)
        found = check_object(prepare(scenario, values, prices), values)
        if as_json:
            print_json(found)
        else:
            from scripts.tables import checked_lines

            for line in checked_lines(found):
                typer.echo(line)


@app.command(
    cls=Command,
    epilog="Examples: perpspec calibrate klines.csv.gz --horizon 5m · "
    "perpspec calibrate klines.csv.gz --scenario scenarios/crash.toml --out margin.toml"
    " · perpspec check scenarios/crash.toml --set @margin.toml",
)
def calibrate(
    prices: Annotated[
        Path,
        typer.Argument(metavar="PRICES", help="Recorded prices, CSV or gzip."),
    ],
    horizon: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="How long a liquidation takes, as 30s or 1h."
        ),
    ] = "5m",
    level: Annotated[
        str,
        typer.Option(
            metavar="RATIO", help="How much of all losses is within the value at risk."
        ),
    ] = "0.975",
    scenario: Annotated[
        Path | None,
        typer.Option(
            metavar="SCENARIO.toml", help="Whose laws the margins are held to."
        ),
    ] = None,
    market: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Default: the scenario's first, or ETH."),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which of several columns has the prices."),
    ] = None,
    holdout: Annotated[
        str | None,
        typer.Option(
            metavar="RATIO",
            help="Leave out so much of the prices, the last ones, and test on them: "
            "exit code 1 where a side lost more than its value at risk too often.",
        ),
    ] = None,
    overrides: Override = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the margins there, as TOML."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Find the margins and the band that recorded prices ask a market for.

    im_base is the average of the worst losses of a position over the time of a
    liquidation (expected shortfall), the worse of both sides; maintenance_fraction
    makes the maintenance margin the least of them (value at risk); band is the worst
    move from one price to the next. Windows overlap: one begins at each price. Where
    laws of the protocol do not admit a number, the nearest one is told, and the law.
    """
    with errors_told():
        from protocol.units import Ratio
        from simulation.calibration import calibrate as calibrated
        from simulation.calibration import fragment, told
        from simulation.output import settings_of, write_text
        from simulation.quantities import parse_duration, parse_ratio
        from simulation.scenario import load_scenario

        if overrides and scenario is None:
            refuse("--set: there is no scenario to set a value in: give --scenario")
        if out is not None:
            files = [each[1:] for each in overrides or [] if each.startswith("@")]
            read = [("the file of prices itself", prices)]
            read += [("what --set reads", Path(each)) for each in files]
            if scenario is not None:
                read.append(("the scenario itself", scenario))
            refuse_to_replace(out, read)
        last = None
        if holdout is not None:
            last = Ratio(option("holdout", parse_ratio, holdout))
        laws = None
        if scenario is not None:
            laws = load_scenario(scenario, settings_of(overrides or []))
        with shown_work(f"reading {prices}", as_json):
            found = calibrated(
                prices,
                option("horizon", parse_duration, horizon),
                Ratio(option("level", parse_ratio, level)),
                column=column,
                market=market,
                scenario=laws,
                holdout=last,
            )
        if out is not None:
            write_text(out, fragment(found))
        if as_json:
            print_json(told(found))
        else:
            from scripts.tables import print_calibration

            print_calibration(found, out)
    if found.is_rejected:
        raise typer.Exit(FAILED)


@app.command(cls=Command, epilog="Example: perpspec artifacts --out build/abi")
def artifacts(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the files are written.")
    ] = Path("artifacts"),
    as_json: AsJson = False,
) -> None:
    """
    Write a JSON file for each contract: ABI with all errors, bytecode, layout.
    """
    with errors_told():
        from evm.compile import compile_contracts, write_artifacts
        from protocol import errors
        from simulation.output import OutputError

        names = [name for key, name in vars(errors).items() if key.isupper()]
        try:
            paths = list(write_artifacts(out, compile_contracts(), sorted(names)))
        except OSError as error:
            raise OutputError(f"{out}: cannot be written: {error.strerror}") from None
        if as_json:
            print_json({path.stem: str(path) for path in paths})
        else:
            for path in paths:
                typer.echo(str(path))


@app.command(cls=Command, epilog="Example: perpspec demo --out runs/first")
def demo(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the run is written.")
    ] = Path("runs") / "demo",
) -> None:
    """
    Run a crash on revm in lockstep, then its beginning as real transactions.
    """
    with errors_told():
        from scripts.tables import (
            print_ending,
            print_heading,
            print_lockstep,
            print_tables,
        )

        print_heading("200 accounts in a crash, model and revm in lockstep")
        first = run_scenario(DEMO, [], evm="revm", out=out)
        print_tables(first)
        if code_of(first):
            print_ending(first)
            end_of(first)
        print_heading(
            f"Its first {DEMO_CALLS} calls as transactions on eth-tester, "
            "with the root of every contract's storage"
        )
        second = run_scenario(
            DEMO,
            [],
            evm="eth-tester",
            max_calls=DEMO_CALLS,
            out=out.with_name(f"{out.name}-transactions"),
        )
        print_lockstep(second.summary)
        print_heading("What became of them")
        typer.echo(f"The report: {first.directory / 'report.html'}")
        print_ending(first)
    end_of(second)


def seeded(overrides: list[str] | None, seed: int | None) -> list[str]:
    """What is set, the seed among it where one is given."""
    return [*(overrides or []), *([] if seed is None else [f"run.seed={seed}"])]


def run_scenario(
    scenario: Path,
    overrides: list[str],
    *,
    prices: Path | None = None,
    evm: str = "none",
    max_calls: int | None = None,
    out: Path | None = None,
    is_quiet: bool = False,
) -> Finished:
    """Prepare and run a scenario, with a progress bar where somebody looks."""
    from simulation.run import prepare
    from simulation.run import run as run_prepared

    prepared = prepare(scenario, overrides, prices)
    with (
        asked_to_stop() as is_stopped,
        shown_progress(
            prepared.scenario.run.duration * len(prepared.plays), is_quiet
        ) as progress,
    ):
        return run_prepared(
            prepared,
            out,
            evm=evm,
            max_calls=max_calls,
            is_stopped=is_stopped,
            progress=progress,
        )


def replayed(trace: Path, evm: str) -> Replay:
    """Replay a trace."""
    from evm.replay import replay as replay_trace

    return replay_trace(trace, evm)


def refuse_unwritable(place: Path) -> None:
    """Refuse a place where no file can be written, before there is any work to lose."""
    from evm.compile import require_writable

    try:
        require_writable(place)
    except OSError as error:
        refuse(f"{place}: cannot be written: {error.strerror}")


def shorter_name(trace: Path) -> Path:
    """Where a trace is written that was made shorter."""
    stem, dot, suffixes = trace.name.partition(".")
    return trace.with_name(f"{stem}.short{dot}{suffixes}")


def shrunk(source: Path, evm: str, place: Path, is_quiet: bool) -> dict[str, Any]:
    """
    Write a trace again with as few calls as still fail; what `--json` prints of it.
    """
    from evm.shrink import shrink as shrink_trace
    from protocol.trace import read_trace, write_trace
    from simulation.output import OutputError

    if evm not in REPEATABLE:
        refuse(f"{evm}: a trace is tried again and again: on {' or '.join(REPEATABLE)}")
    trace = read_trace(source)
    refuse_unwritable(place)
    refuse_to_replace(place, [("the trace itself", source)])
    with asked_to_stop() as is_stopped, shown_shrinking(is_quiet) as show:

        def goes_on(left: int, tries: int) -> bool:
            show(left, tries)
            return not is_stopped()

        found = shrink_trace(trace, evm, goes_on=goes_on)
        if found is None:
            refuse(f"{source}: model and {evm} agree on all of it")
        try:
            write_trace(place, trace.genesis, found.actions, None)
        except OSError as error:
            raise OutputError(f"{place}: cannot be written: {error.strerror}") from None
        again = replayed(place, evm).differences
        return {
            "trace": str(place),
            "chain": evm,
            "calls_before": len(trace.actions),
            "calls": len(found.actions),
            "tries": found.tries,
            "differences": len(again),
            "difference": str(again[0]) if again else None,
            "complete": not is_stopped(),
        }


def code_of(finished: Finished) -> int:
    """The exit code that a run ends with."""
    from simulation.summary import is_faithful

    if finished.is_interrupted:
        return INTERRUPTED
    return 0 if is_faithful(finished.summary) else FAILED


def end_of(finished: Finished) -> None:
    """Exit as a run ended; a difference is told where errors are."""
    if finished.summary["difference"] is not None:
        typer.echo(finished.summary["difference"], err=True)
    if code_of(finished):
        raise typer.Exit(code_of(finished))


def main() -> None:
    """Run the command line."""
    with ending():
        app()


if __name__ == "__main__":
    main()
