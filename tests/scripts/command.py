"""
The command in a small scenario, and what it leaves behind.
"""

from __future__ import annotations

from pathlib import Path

from tests.simulation.small import SMALL

SETTINGS = [argument for value in SMALL for argument in ("--set", value)]


def nothing_is_left(folder: Path, *but: str) -> bool:
    """Whether a refused command has written nothing."""
    return {path.name for path in folder.iterdir()} == set(but)
