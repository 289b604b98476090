"""
How a command talks to who runs it: exit codes, refusals, one object, what goes on.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

if TYPE_CHECKING:
    from simulation.engine import Progress

FAILED = 1
BAD_INPUT = 2
# As sysexits.h has it: an internal error of the software.
FAULTY = 70
INTERRUPTED = 130
# As a shell says that SIGPIPE ended a program.
UNHEARD = 141
# What asks a program to end, and leaves it the time to do so.
ENDINGS = (signal.SIGINT, signal.SIGTERM)


class Program(TyperGroup):
    """The commands; to ask for help takes no value, so that it has none to name."""

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        return nameless(super().get_help_option(ctx))


class Command(TyperCommand):
    """A command whose usage names what is needed without a sign around it."""

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        return nameless(super().get_help_option(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]


def nameless(flag: TyperOption | None) -> TyperOption | None:
    """A flag without a name for the value that it does not take."""
    if flag is not None:
        flag.metavar = ""
    return flag


def print_version(is_asked: bool) -> None:
    """Print which version this is, and end."""
    if is_asked:
        from simulation.output import installed

        typer.echo(f"perpspec {installed('perpspec') or 'is not installed'}")
        raise typer.Exit


def print_json(value: Any) -> None:
    """Print one object."""
    typer.echo(json.dumps(value, indent=2))


@contextmanager
def ending() -> Iterator[None]:
    """End with the exit code that tells what happened, whatever happens."""
    try:
        yield
    except SystemExit as end:
        # rich and typer both end with 1 where nobody reads on.
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        give_up_output()
        raise SystemExit(UNHEARD) from None
    except OSError as error:
        give_up_output()
        where = "" if error.filename is None else f"{error.filename}: "
        typer.echo(f"error: {where}{error.strerror or error}", err=True)
        raise SystemExit(BAD_INPUT) from None
    except Exception:
        traceback.print_exc()
        typer.echo("error: a fault of perpspec, not of what it was given", err=True)
        raise SystemExit(FAULTY) from None


def give_up_output() -> None:
    """Let Python not try again, at its end, to write what nobody took."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


@contextmanager
def errors_told() -> Iterator[None]:
    """Say what is wrong with what was given, in a line and without a traceback."""
    from evm.accounts import AccountError
    from evm.chain import ChainError
    from evm.compile import CompileError
    from protocol.trace import TraceError
    from simulation.errors import ArgumentError, InputError, ScenarioError

    try:
        yield
    except ArgumentError as error:
        refuse(f"--{error}")
    except ScenarioError as error:
        refuse(*str(error).splitlines())
    except (InputError, AccountError, TraceError, ChainError, CompileError) as error:
        refuse(str(error))
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(INTERRUPTED) from None


def refuse(*messages: str) -> NoReturn:
    """End with what is wrong with the input."""
    for message in messages:
        typer.echo(f"error: {message}", err=True)
    raise typer.Exit(BAD_INPUT)


def refuse_to_replace(place: Path, read: Iterable[tuple[str, Path]]) -> None:
    """End where what is to be written would take the place of what is read."""
    for name, path in read:
        try:
            is_same = place.samefile(path)
        except OSError:
            # What is not there is no input; what cannot be read is told by who reads.
            continue
        if is_same:
            refuse(f"{place}: is {name}, which is kept")


def option(name: str, parse: Callable[[str], int], text: str) -> int:
    """The value of an option that is written as a scenario writes it."""
    try:
        return parse(text)
    except ValueError as error:
        refuse(f"--{name}: {error}")


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """
    Whether Ctrl-C was pressed, or SIGTERM asked for the same: the call that is being
    made is finished first. Asked again, it ends the program at once.
    """
    pressed: list[int] = []

    def press(number: int, frame: FrameType | None) -> None:
        if pressed:
            signal.default_int_handler(number, frame)
        pressed.append(number)

    before = {each: signal.signal(each, press) for each in ENDINGS}
    try:
        yield lambda: bool(pressed)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def is_watched() -> bool:
    """Whether somebody looks at what goes on."""
    return sys.stderr.isatty()


@contextmanager
def shown_progress(
    duration: int, is_quiet: bool
) -> Iterator[Callable[[Progress], None]]:
    """A progress bar, where somebody looks."""
    if is_quiet or not is_watched():
        yield lambda _: None
        return
    from scripts.tables import progress_bar

    with progress_bar(duration) as progress:
        yield progress


@contextmanager
def shown_work(text: str, is_quiet: bool) -> Iterator[None]:
    """That something is being done, where somebody looks."""
    if is_quiet or not is_watched():
        yield
        return
    from scripts.tables import working

    with working(text):
        yield


@contextmanager
def shown_shrinking(is_quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A progress bar, where somebody looks."""
    if is_quiet or not is_watched():
        yield lambda *_: None
        return
    from scripts.tables import shrinking_bar

    with shrinking_bar() as show:
        yield show
