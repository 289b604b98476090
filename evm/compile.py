"""
Compile the contracts, once for each state of their sources.

What the compiler made is kept in the user's cache folder under a hash of everything
it depends on, so the next run starts at once and does not even import Vyper.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from errno import EISDIR
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import msgspec
from msgspec import Struct
from platformdirs import user_cache_path

from protocol.state import TOKENS

CONTRACTS = Path(__file__).parents[1] / "contracts"
OUTPUTS = ["abi", "bytecode", "bytecode_runtime", "layout", "method_identifiers"]
# An import may be spread over lines in parentheses; nothing else of it matters here.
IMPORT = re.compile(r"^(?:from|import)\b[^(\n]*(?:\([^)]*\))?", re.MULTILINE)
OPTIMIZE_PRAGMA = re.compile(r"^#\s*pragma\s+optimize\s+\w+[ \t]*\n", re.MULTILINE)
# Modes of the optimiser that a contract can be compiled with instead of its own.
OPTIMIZER_MODES = ("gas", "codesize", "none")
# Contracts whose code another runs as its own: that one logs what stands there.
DELEGATES = {"Resolution": "Exchange", "Obligations": "Exchange"}

# How many compiled contracts the cache keeps: enough for a day of edits and mutants.
MOST_KEPT = 300


class CompileError(Exception):
    """A contract that does not compile, or is not there."""


class Contract(Struct, frozen=True):
    """What the compiler says of one deployed contract."""

    abi: list[dict[str, Any]]
    bytecode: str
    bytecode_runtime: str
    layout: dict[str, Any]
    method_identifiers: dict[str, str]


def deployed_names(folder: Path = CONTRACTS) -> list[str]:
    """The contracts of `folder` that are deployed: those in CamelCase."""
    return sorted(path.stem for path in folder.glob("[A-Z]*.vy"))


def compile_contracts(
    folder: Path = CONTRACTS,
    *,
    names: Iterable[str] | None = None,
    optimize: str | None = None,
    cache: Path | None = None,
) -> dict[str, Contract]:
    """
    The deployed contracts of `folder`, compiled or fetched from the cache.

    `optimize` is one of `OPTIMIZER_MODES`, or None for what each file asks for. `cache`
    is the folder to keep results in, the user's own where it is None.
    """
    if optimize not in (None, *OPTIMIZER_MODES):
        raise CompileError(f"optimize={optimize!r}: not one of {OPTIMIZER_MODES}")
    chosen = deployed_names(folder) if names is None else list(names)
    if not chosen:
        raise CompileError(f"{folder}: no contract lies here")
    kept = cache if cache is not None else user_cache_path("perpspec") / "compiled"
    found = {name: compiled(folder, name, optimize, kept) for name in chosen}
    for other, name in DELEGATES.items():
        if name in found and other in found:
            found[name] = with_events(found[name], found[other])
    if names is None and "Token" in found:
        found |= dict.fromkeys(TOKENS[1:], found["Token"])
    return found


def with_events(contract: Contract, other: Contract) -> Contract:
    """A contract whose ABI tells the events of another as well, which it logs too."""
    known = {each["name"] for each in contract.abi if each["type"] == "event"}
    more = [
        each
        for each in other.abi
        if each["type"] == "event" and each["name"] not in known
    ]
    return msgspec.structs.replace(contract, abi=[*contract.abi, *more])


def compiled(folder: Path, name: str, optimize: str | None, cache: Path) -> Contract:
    """One contract, from the cache when nothing that it depends on has changed."""
    path = cache / f"{name}-{fingerprint(folder, name, optimize)}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Contract)
    except (OSError, msgspec.DecodeError):
        # Not there yet, or cut by a full disk: either way it is made again.
        contract = run_compiler(folder, name, optimize)
        write_file(path, msgspec.json.encode(contract))
        forget_oldest(cache)
        return contract


def forget_oldest(cache: Path) -> None:
    """Keep the cache from growing with every state that sources were ever in."""
    written = []
    for path in cache.glob("*.json"):
        # Another process may be forgetting it too.
        with suppress(FileNotFoundError):
            written.append((path.stat().st_mtime, path))
    for _, path in sorted(written)[:-MOST_KEPT]:
        path.unlink(missing_ok=True)


def fingerprint(folder: Path, name: str, optimize: str | None) -> str:
    """A hash of all that decides what the compiler makes of the contract `name`."""
    digest = sha256(f"{version('vyper')} {optimize} {OUTPUTS}".encode())
    for path in sources(folder, name):
        digest.update(f"\n{path.name}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:40]


def sources(folder: Path, name: str) -> list[Path]:
    """The file of `name` and of everything it imports from `folder`, sorted."""
    if not (folder / f"{name}.vy").is_file():
        raise CompileError(f"{folder / name}.vy: no such contract")
    by_stem: dict[str, list[Path]] = {}
    for path in folder.glob("*.vy*"):
        by_stem.setdefault(path.stem, []).append(path)
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        stem = waiting.pop()
        if stem in reached:
            continue
        reached.add(stem)
        for path in by_stem[stem]:
            text = " ".join(IMPORT.findall(path.read_text()))
            waiting += [word for word in re.findall(r"\w+", text) if word in by_stem]
    return sorted(path for stem in reached for path in by_stem[stem])


def run_compiler(folder: Path, name: str, optimize: str | None) -> Contract:
    """Compile the contract `name` of `folder`."""
    # Imported here: a cache hit must not wait for the compiler to load.
    from vyper.compiler import compile_from_file_input
    from vyper.compiler.input_bundle import FilesystemInputBundle
    from vyper.compiler.settings import OptimizationLevel, Settings
    from vyper.exceptions import VyperException

    bundle = FilesystemInputBundle([folder])
    source = bundle.load_file(Path(f"{name}.vy"))
    settings = Settings()
    if optimize is not None:
        # The compiler refuses a mode that contradicts the file's own.
        text = OPTIMIZE_PRAGMA.sub("", source.contents)
        source = replace(source, contents=text)
        settings.optimize = OptimizationLevel.from_string(optimize)
    try:
        outputs = compile_from_file_input(
            source, input_bundle=bundle, settings=settings, output_formats=OUTPUTS
        )
    except VyperException as error:
        raise CompileError(f"{folder / name}.vy: {error}") from error
    return msgspec.convert(plain(outputs), type=Contract)


def plain(value: Any) -> Any:
    """`value` with the compiler's own kinds of dict as ordinary ones."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def error_entries(errors: Iterable[str]) -> list[dict[str, Any]]:
    """The ABI entries of the protocol's errors, which the compiler cannot know."""
    return [{"type": "error", "name": error, "inputs": []} for error in errors]


def write_artifacts(
    folder: Path, contracts: dict[str, Contract], errors: Iterable[str]
) -> list[Path]:
    """Write what a client in any language needs, one JSON file a contract."""
    named = error_entries(errors)
    written = []
    for name, contract in contracts.items():
        artifact = {
            "contractName": name,
            "abi": [*contract.abi, *named],
            "bytecode": contract.bytecode,
            "deployedBytecode": contract.bytecode_runtime,
            "methodIdentifiers": contract.method_identifiers,
            "layout": contract.layout,
        }
        path = folder / f"{name}.json"
        encoded = msgspec.json.format(msgspec.json.encode(artifact), indent=2)
        write_file(path, encoded + b"\n")
        written.append(path)
    return written


def require_writable(path: Path) -> None:
    """Raise the `OSError` of who writes a file there, before there is one to write."""
    if path.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    # What is missing above it can be made where the lowest folder that is there allows.
    above = next(each for each in path.absolute().parents if each.exists())
    with NamedTemporaryFile(dir=above):
        pass


def write_file(path: Path, content: bytes) -> None:
    """Write a file under a temporary name beside `path`, then move it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as temporary:
        try:
            temporary.write(content)
            temporary.close()
            # A temporary file is its maker's alone; what takes its place is not.
            os.chmod(temporary.name, 0o644)
            os.replace(temporary.name, path)
        except BaseException:
            os.unlink(temporary.name)
            raise
