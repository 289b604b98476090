"""
How a fault gets into the contracts and into the model: by what their files say.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from shutil import copytree
from types import ModuleType

from msgspec import Struct

from evm.compile import CONTRACTS
from evm.lockstep import Lockstep
from protocol.trace import entry_point


class Edit(Struct, frozen=True):
    """What a file says, and what it says instead, in one language."""

    old: str
    new: str


class Mutant(Struct, frozen=True):
    """
    A fault: its files, one in each language, and what is changed in them.

    `law` is the code of the law that must not hold any more. `seen_by` are the layers
    of lockstep that see the fault too, because it is in one world only: with them off,
    the law has to. `in_chain` is what no contract can do, done to the chain of a run.
    """

    name: str
    law: str
    python: str
    vyper: str
    in_python: tuple[Edit, ...]
    in_vyper: tuple[Edit, ...]
    seen_by: frozenset[str] = frozenset()
    in_chain: Callable[[Lockstep], None] | None = None


def both(name: str, law: str, file: str, *edits: tuple[str, str]) -> Mutant:
    """A fault that reads the same in both languages."""
    made = tuple(Edit(*edit) for edit in edits)
    return Mutant(name, law, file, file, made, made)


def each(
    name: str, law: str, file: str, python: tuple[str, str], vyper: tuple[str, str]
) -> Mutant:
    """A fault that the two languages write differently."""
    return Mutant(name, law, file, file, (Edit(*python),), (Edit(*vyper),))


def edited(text: str, edit: Edit, place: str) -> str:
    """The text with the edit, which must fit once; line breaks do not matter."""
    pattern = r"\s*".join(map(re.escape, re.findall(r"\w+|[^\w\s]", edit.old)))
    found = list(re.finditer(pattern, text))
    if len(found) != 1:
        raise ValueError(f"{place}: {len(found)} times: {edit.old}")
    start, end = found[0].span()
    new = edit.new
    if edit.old.endswith("\n") and not new.endswith("\n"):
        new += "\n"
    return text[:start] + new.rstrip("\n") + text[end:]


def faulty_contracts(mutant: Mutant, folder: Path) -> Path:
    """A copy of the contracts with the fault in them, if it is theirs."""
    copied = copytree(CONTRACTS, folder / "contracts")
    if not mutant.in_vyper:
        return copied
    path = copied / f"{mutant.vyper}.vy"
    text = path.read_text()
    for edit in mutant.in_vyper:
        text = edited(text, edit, str(path))
    path.write_text(text)
    return copied


@contextmanager
def faulty_model(mutant: Mutant) -> Iterator[None]:
    """
    The model with the fault in it, if it is the model's, wherever the function is known
    by its name.
    """
    if not mutant.in_python:
        yield
        return
    module = import_module(f"protocol.{mutant.python}")
    changed = edited_functions(mutant)
    replaced = []
    for (owner, name), new in changed.items():
        home = vars(module)[owner] if owner else module
        old = vars(home)[name]
        for place in [home, *protocol_modules()]:
            if vars(place).get(name) is old:
                setattr(place, name, new)
                replaced.append((place, name, old))
    entry_point.cache_clear()
    try:
        yield
    finally:
        for place, name, old in replaced:
            setattr(place, name, old)
        entry_point.cache_clear()


def edited_functions(mutant: Mutant) -> dict[tuple[str, str], object]:
    """The functions that a fault changes, as it has them, by class and name."""
    module = import_module(f"protocol.{mutant.python}")
    assert module.__file__ is not None
    source = Path(module.__file__).read_text()
    text = source
    for edit in mutant.in_python:
        text = edited(text, edit, module.__file__)
    before = functions(ast.parse(source))
    changed = {
        key: made(node, module)
        for key, node in functions(ast.parse(text)).items()
        if ast.dump(node) != ast.dump(before[key])
    }
    assert changed, mutant.name
    return changed


def protocol_modules() -> list[ModuleType]:
    """The modules of the model that are loaded."""
    named = list(sys.modules.items())
    return [module for name, module in named if name.startswith("protocol.")]


def functions(tree: ast.Module) -> dict[tuple[str, str], ast.FunctionDef]:
    """The functions of a module by class, if any, and name."""
    found = {}
    for owner in [tree, *tree.body]:
        if isinstance(owner, ast.Module | ast.ClassDef):
            for node in owner.body:
                if isinstance(node, ast.FunctionDef):
                    found[getattr(owner, "name", ""), node.name] = node
    return found


def made(node: ast.FunctionDef, module: ModuleType) -> object:
    """The function, in the namespace of its module."""
    future = ast.parse("from __future__ import annotations").body
    tree = ast.Module(body=[*future, node], type_ignores=[])
    space = dict(vars(module))
    exec(compile(ast.fix_missing_locations(tree), module.__file__ or "", "exec"), space)
    namespace = vars(module)
    function = space[node.name]
    # Its globals are the module's own, so that it sees what else is replaced there.
    replaced = type(function)(
        function.__code__, namespace, function.__name__, function.__defaults__
    )
    replaced.__annotations__ = function.__annotations__
    return replaced
