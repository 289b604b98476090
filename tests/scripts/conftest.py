"""
The command line, as tests call it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from evm.lockstep import Lockstep
from scripts.cli import app
from tests.scripts.command import SETTINGS
from tests.simulation.small import CRASH


@pytest.fixture
def perpspec(tmp_path, monkeypatch):
    """The command, called in an empty folder."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of a small run."""
    place = tmp_path_factory.mktemp("cli") / "run"
    arguments = ["run", str(CRASH), *SETTINGS, "--out", str(place), "-q"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    return place / "trace.jsonl.gz"


@pytest.fixture
def wrong_trades(monkeypatch) -> None:
    """The chain returns something else of a trade than the model."""
    compare = Lockstep.compare

    def wrong(self, action, outcome, predicted, observed) -> None:
        if action.function == "trade" and observed.succeeded:
            observed = observed._replace(output=b"\1" * 64)
        compare(self, action, outcome, predicted, observed)

    monkeypatch.setattr(Lockstep, "compare", wrong)
