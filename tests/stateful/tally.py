"""
How far a soak has come, and how its calls have ended: a table, and a file to go on
from.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import msgspec
from msgspec import Struct, field
from rich.table import Table

from tests.entry_points import entry_points
from tests.stateful.test_machine import ALWAYS, EXCEPTIONS, VIEWS
from tests.stateful.vocabulary.registry import DEMANDS

FORMAT = "perpspec soak"
VERSION = 1


class TallyError(Exception):
    """A file that is not the tally of this soak."""


class Endings(Struct):
    """How often an entry point succeeded, and how often each error refused it."""

    ok: int = 0
    refused: dict[str, int] = field(default_factory=dict)


class Tally(Struct):
    """
    What was made of a seed until now: whole episodes only, so that it can be gone on
    from. `seconds` are those of a core, and `roots` is how many runs ended with all
    storage roots equal.
    """

    seed: int
    format: str = FORMAT
    version: int = VERSION
    episodes: int = 0
    calls: int = 0
    seconds: float = 0.0
    roots: int = 0
    by_entry_point: dict[str, Endings] = field(default_factory=dict)
    never_ok: list[str] = field(default_factory=list)
    never_refused: list[str] = field(default_factory=list)

    def count(self, outcomes: Counter[tuple[str, str]]) -> None:
        """Add how the calls of a run have ended."""
        for (name, ended), count in outcomes.items():
            endings = self.by_entry_point.setdefault(name, Endings())
            if ended == "ok":
                endings.ok += count
            else:
                endings.refused[ended] = endings.refused.get(ended, 0) + count
        self.calls += outcomes.total()
        self.never_ok, self.never_refused = never(self.by_entry_point)

    def write(self, path: Path) -> None:
        """Keep it, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self.by_entry_point = dict(sorted(self.by_entry_point.items()))
        part.write_bytes(msgspec.json.format(msgspec.json.encode(self)) + b"\n")
        os.replace(part, path)


def read_tally(path: Path, seed: int) -> Tally:
    """The tally that a file holds; a new one where there is none."""
    try:
        tally = msgspec.json.decode(path.read_bytes(), type=Tally)
    except FileNotFoundError:
        return Tally(seed)
    except msgspec.DecodeError as error:
        raise TallyError(f"{path}: not the tally of a soak: {error}") from None
    except OSError as error:
        raise TallyError(f"{path}: cannot be read: {error.strerror}") from None
    if (tally.format, tally.version) != (FORMAT, VERSION):
        raise TallyError(f"{path}: another format: {tally.format} {tally.version}")
    if tally.seed != seed:
        raise TallyError(f"{path}: of seed {tally.seed}, not of {seed}")
    return tally


def never(found: dict[str, Endings]) -> tuple[list[str], list[str]]:
    """
    The entry points that nobody has called with success, and those that were never
    refused, but for those that cannot be.
    """
    asked = {name for name, _ in DEMANDS}
    # What only another contract may call is refused to all who are none.
    refusing = {name for name in asked if (name, "ok") not in DEMANDS}
    always = {name for name, why in EXCEPTIONS.items() if why == ALWAYS}
    known = sorted(entry_points())
    none = Endings()
    never_ok = [
        name for name in known if found.get(name, none).ok == 0 and name not in refusing
    ]
    never_refused = [
        name
        for name in known
        if not found.get(name, none).refused and name not in VIEWS | always
    ]
    return never_ok, never_refused


def table_of(tally: Tally) -> Table:
    """How often each entry point succeeded, and what refused it."""
    table = Table("entry point", box=None)
    for column in ("ok", "refused"):
        table.add_column(column, justify="right")
    table.add_column("with")
    for name, endings in sorted(tally.by_entry_point.items()):
        ranked = sorted(endings.refused.items(), key=lambda pair: -pair[1])
        refused = sum(endings.refused.values())
        errors = ", ".join(f"{error} {count:,}" for error, count in ranked)
        table.add_row(name, f"{endings.ok:,}", f"{refused:,}", errors)
    return table
