"""
The directory that a run leaves, written whole or not at all.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from evm.compile import Contract, write_file
from simulation.document import Document, read_document, settings_in
from simulation.errors import InputError
from simulation.scenario import Scenario

FORMAT = "perpspec run"
MANIFEST = "manifest.json"
TRACE = "trace.jsonl.gz"
SUMMARY = "summary.json"
REPORT = "report.html"
SCENARIO = "scenario.toml"

ROOT = Path(__file__).parents[1]
PACKAGES = ("protocol", "evm", "keepers", "simulation", "scripts", "contracts")
LIBRARIES = ("msgspec", "numpy", "pydantic", "pyrevm", "py-evm", "vyper", "web3")


class OutputError(InputError):
    """A place where a run cannot be written."""


class Draft(Struct):
    """A run that is being written: its folder, and the name it takes at the end."""

    folder: Path
    place: Path


def default_directory(scenario: Scenario) -> Path:
    """Where a run is written that names no place."""
    return Path("runs") / f"{scenario.run.name}-{scenario.run.seed}"


def check_place(directory: Path) -> None:
    """Refuse a place that holds anything but an earlier run."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise OutputError(f"{directory}: is a file, a run is a directory")
    if any(directory.iterdir()) and not is_run(directory):
        raise OutputError(
            f"{directory}: holds something that is no run; it is left as it is"
        )


def is_run(directory: Path) -> bool:
    """Whether a directory was written by an earlier run."""
    try:
        manifest = msgspec.json.decode((directory / MANIFEST).read_bytes())
    except (OSError, msgspec.DecodeError):
        return False
    return isinstance(manifest, dict) and manifest.get("format") == FORMAT


def is_complete_run(directory: Path) -> bool:
    """Whether a directory holds a run that was played to its end."""
    try:
        summary = msgspec.json.decode((directory / SUMMARY).read_bytes())
    except (OSError, msgspec.DecodeError):
        return False
    return isinstance(summary, dict) and summary.get("complete") is True


def beside(directory: Path) -> Path:
    """Where a fragment is written that must not replace a run; refused if it cannot."""
    place = directory.with_name(f"{directory.name}.interrupted")
    check_place(place)
    return place


@contextmanager
def writing(directory: Path) -> Iterator[Draft]:
    """A place to write a run to, which takes the name `directory` at the end."""
    check_place(directory)
    above = (directory.parent, *directory.parent.parents)
    missing = [each for each in above if not each.exists()]
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        part = directory.with_name(f".{directory.name}.{os.getpid()}.part")
        part.mkdir()
    except OSError as error:
        raise OutputError(f"{directory}: cannot be made: {error.strerror}") from None
    draft = Draft(part, directory)
    try:
        yield draft
        replace_directory(part, draft.place)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        # Only what was made for this run, and only where it is still empty.
        for each in missing:
            try:
                each.rmdir()
            except OSError:
                break
        raise


def replace_directory(part: Path, directory: Path) -> None:
    """Give a finished directory its name; an earlier run there makes room."""
    check_place(directory)
    old = None
    if directory.exists():
        old = directory.with_name(f".{directory.name}.{os.getpid()}.old")
        directory.rename(old)
    part.rename(directory)
    if old is not None:
        shutil.rmtree(old)


def write_json(path: Path, value: Any) -> None:
    """Write an object as a person reads it."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    try:
        write_file(path, text.encode())
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None


def manifest_of(
    scenario: Scenario, contracts: Mapping[str, Contract], command: list[str]
) -> dict[str, Any]:
    """What a run was made from and with."""
    return {
        "format": FORMAT,
        "command": command,
        "seed": scenario.run.seed,
        "python": platform.python_version(),
        "versions": {name: installed(name) for name in ("perpspec", *LIBRARIES)},
        "code": {name: hash_of(ROOT / name) for name in PACKAGES},
        "bytecode": {
            name: sha256(contract.bytecode.encode()).hexdigest()
            for name, contract in sorted(contracts.items())
        },
    }


def installed(name: str) -> str | None:
    """The version of a library."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def hash_of(folder: Path) -> str:
    """One hash over the sources in a folder, by their names."""
    digest = sha256()
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.vy")]):
        digest.update(f"{path.relative_to(folder)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def variant_folder(name: str) -> Path:
    """Where in the directory of a run a variant is; what has no name is all of it."""
    return Path("variants") / name if name else Path()


def toml_text(document: Document) -> str:
    """A document as TOML, its tables after its values."""
    return "\n".join(toml_lines(document, "")).strip() + "\n"


def settings_of(overrides: Iterable[str]) -> Iterator[str]:
    """
    Overrides, those that name a file, `@margin.toml`, replaced by what it sets.
    """
    for override in overrides:
        if override.startswith("@"):
            document = read_document(Path(override[1:]))
            for key, value in settings_in(document):
                yield f"{key}={toml_value(value)}"
        else:
            yield override


def toml_lines(table: Document, prefix: str) -> Iterator[str]:
    """The lines of a table whose name begins with `prefix`."""
    for name, value in table.items():
        if not is_nested(value):
            yield f"{toml_key(name)} = {toml_value(value)}"
    for name, value in table.items():
        full = prefix + toml_key(name)
        if isinstance(value, dict):
            if not all(is_nested(item) for item in value.values()) or not value:
                yield f"\n[{full}]"
            yield from toml_lines(value, f"{full}.")
        elif is_nested(value):
            for item in value:
                yield f"\n[[{full}]]"
                yield from toml_lines(item, f"{full}.")


def toml_key(name: str) -> str:
    """A key, in quotes where it needs them."""
    is_bare = re.fullmatch(r"[A-Za-z0-9_-]+", name) is not None
    return name if is_bare else toml_value(name)


def is_nested(value: Any) -> bool:
    """Whether a value is written as tables of its own."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, dict) for item in value)
    return isinstance(value, dict)


def toml_value(value: Any) -> str:
    """A value on one line; a text of TOML is one of JSON too."""
    if isinstance(value, dict):
        pairs = (f"{toml_key(key)} = {toml_value(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    if isinstance(value, bool | int | str):
        return msgspec.json.encode(value).decode()
    return str(value)
