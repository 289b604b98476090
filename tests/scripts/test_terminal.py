"""
Help, and how the command ends when nobody hears it or it is at fault.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from itertools import pairwise
from typing import BinaryIO

import pytest
from typer.main import get_command

from scripts import cli
from scripts.cli import ROOT, app
from tests.simulation.small import CRASH

HEAVY = {
    "eth_tester",
    "evm.chain",
    "jinja2",
    "matplotlib",
    "numpy",
    "protocol.model",
    "pydantic",
    "pyrevm",
    "scipy",
    "simulation.scenario",
    "vyper",
    "web3",
}


def run_into(output: BinaryIO | int, *arguments: object) -> tuple[int, str]:
    """The exit code of a program whose output goes there, and what it says of it."""
    command = [sys.executable, "-m", "scripts.cli", *map(str, arguments)]
    done = subprocess.run(
        command, stdout=output, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    return done.returncode, done.stderr


@pytest.fixture(params=["help", "lines", "tables", "object"])
def printing(request, trace) -> tuple[object, ...]:
    """A command that prints in one of the ways in which commands print."""
    return {
        "help": ("--help",),
        "lines": ("check", CRASH),
        "tables": ("replay", trace),
        "object": ("replay", trace, "--json"),
    }[request.param]


def test_a_pipe_that_nobody_reads_is_no_failure(printing) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert run_into(writing, *printing) == (141, "")
    finally:
        os.close(writing)


def test_a_full_disk_is_told(printing) -> None:
    with open("/dev/full", "wb") as full:
        said = "error: No space left on device\n"
        assert run_into(full, *printing) == (2, said)


def test_a_fault_of_the_program_is_told_as_one(monkeypatch, capsys) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(cli, "run_scenario", broken)
    monkeypatch.setattr(sys, "argv", ["perpspec", "run", str(CRASH)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 70
    *told, said = capsys.readouterr().err.splitlines()
    assert told[-1] == "ZeroDivisionError: by nothing"
    assert said == "error: a fault of perpspec, not of what it was given"


def test_help_teaches(perpspec) -> None:
    done = perpspec("--help")
    assert done.exit_code == 0
    assert "Exit codes" in done.stdout
    for command in (
        "run",
        "replay",
        "shrink",
        "explain",
        "check",
        "calibrate",
        "artifacts",
        "demo",
    ):
        assert command in done.stdout
    assert "Example" in perpspec("run", "--help").stdout


@pytest.mark.parametrize("width", [60, 80])
def test_help_fills_its_lines(perpspec, monkeypatch, width) -> None:
    """No line of a paragraph ends where the next word would still have fitted."""
    monkeypatch.setenv("COLUMNS", str(width))
    for command in ("shrink", "calibrate"):
        said, *_ = perpspec(command, "--help").stdout.partition("╭")
        _, _, _, *lines = map(str.strip, said.splitlines())
        assert len(lines) > 5
        for line, after in pairwise(lines):
            word = after.partition(" ")[0]
            assert not (line and word) or len(f" {line} {word}") > width - 2


COMMANDS = [each.callback.__name__ for each in app.registered_commands]


def test_help_asks_for_no_value_where_none_is_taken(perpspec) -> None:
    for command in COMMANDS:
        text = perpspec(command, "--help").stdout
        flags = re.findall(r"^\W+(--(?:json|quiet|help) .*)$", text, re.MULTILINE)
        assert flags
        assert not [flag for flag in flags if "<bool>" in flag]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_everything_is(perpspec, command) -> None:
    text = perpspec(command, "--help").stdout
    assert re.search(r"Examples?: perpspec ", text)
    assert not set("{}") & set(text)
    for each in get_command(app).commands[command].params:
        assert each.help, each.name


def test_it_tells_its_version(perpspec) -> None:
    done = perpspec("--version")
    assert done.exit_code == 0
    assert done.stdout == f"perpspec {version('perpspec')}\n"


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, scripts.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(done.stdout.split())
