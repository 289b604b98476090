"""
The command line, as tests call it.
"""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from scripts.cli import app


@pytest.fixture
def perpspec(tmp_path, monkeypatch):
    """The command, called in an empty folder."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, [str(each) for each in arguments])
