"""
The TOML a scenario is written in, before anything in it has a meaning.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from simulation.errors import Problem, ScenarioError

Document = dict[str, Any]

# Tables whose keys a scenario makes up, so that nothing but itself knows them.
NAMING = ("market", "collateral")

TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_document(path: Path) -> Document:
    """The tables of a TOML file. A float stays the text it is written as: exact."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise ScenarioError(path, [Problem("", message)]) from None
    except UnicodeDecodeError:
        raise ScenarioError(path, [Problem("", "is not UTF-8")]) from None

    try:
        return tomllib.loads(text, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = TOML_PLACE.search(message)
        # What ends too early ends on the last line.
        line = text.rstrip("\n").count("\n") + 1
        if place is not None:
            message = message[: place.start()]
            if place[1]:
                line = int(place[1])
                message += f", column {place[2]}"
        raise ScenarioError(path, [Problem("", message)], line) from None


def override_document(document: Document, override: str, path: Path) -> str:
    """
    Put `key=value` into the document, an index being a key of a list: `agents.0.count`.
    The value is TOML or, where it is none, text. Returns the key.
    """
    dotted, value = override_parts(override)
    if not dotted:
        message = f"{override!r} is no override such as 'run.seed=7'"
        raise ScenarioError(path, [Problem("", message)])

    set_value(document, dotted, value, path)
    return dotted


def override_parts(override: str) -> tuple[str, Any]:
    """The key and the value of `key=value`; what is none has no key."""
    dotted, equals, text = override.partition("=")
    return dotted.strip() if equals else "", override_value(text)


def set_value(document: Document, dotted: str, value: Any, path: Path) -> None:
    """
    Put a value into the document at a dotted key. A table that is left out is made,
    since it has defaults that one may want to change; who reads it knows its name.
    """
    parts = dotted.split(".")
    table: Any = document
    reached = ""
    for part, after in pairwise(parts):
        if isinstance(table, dict) and reached not in NAMING:
            table.setdefault(part, [] if is_index(after) else {})
        table = table[existing(table, part, reached, path)]
        reached = f"{reached}.{part}" if reached else part

    last = parts[-1]
    if isinstance(table, dict):
        table[last] = value
    else:
        table[existing(table, last, reached, path)] = value


def value_at(document: Document, dotted: str) -> Any:
    """The value at a dotted key that the document has."""
    value: Any = document
    for part in dotted.split("."):
        value = value[int(part) if isinstance(value, list) else part]
    return value


def settings_in(table: Document, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """
    The values of a table under their dotted keys. TOML reads a key with dots as tables
    in tables, unless it stands in quotes; both mean the same here.
    """
    for name, value in table.items():
        if isinstance(value, dict):
            yield from settings_in(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def existing(table: Any, part: str, reached: str, path: Path) -> str | int:
    """The key or the index that `part` is in a table or list."""
    key = f"{reached}.{part}" if reached else part
    if isinstance(table, list):
        if is_index(part) and int(part) < len(table):
            return int(part)
        message = f"no such entry, {reached} has {len(table)}, counted from 0"
    elif not isinstance(table, dict):
        message = f"no such key, {reached} is the value {table!r}"
    elif part in table:
        return part
    else:
        message = f"no such key; {suggestion(part, table)}"
    raise ScenarioError(path, [Problem(key, message)])


def is_index(part: str) -> bool:
    """Whether a part of a key counts the entries of a list."""
    return part.isascii() and part.isdigit()


def override_value(text: str) -> Any:
    """What the text after the equals sign is in TOML, else the text."""
    try:
        values = tomllib.loads(f"value = {text}", parse_float=str)
    except tomllib.TOMLDecodeError:
        return text.strip()
    return values["value"] if len(values) == 1 else text.strip()


def suggestion(name: str, known: Iterable[str]) -> str:
    """Which of the known names may be meant, and all of them."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}allowed: {', '.join(names) or 'none'}"
