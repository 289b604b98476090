"""
Who stands on whom: what the import linter cannot be told.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ALLOWED = {"protocol", "msgspec", *sys.stdlib_module_names}


def imported(source: str) -> Iterator[str]:
    """The first part of the name of each module that `source` imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name.split(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "protocol" if node.level else str(node.module).split(".")[0]


def test_the_protocol_needs_msgspec_and_the_standard_library_only() -> None:
    """The import linter forbids what is installed; this, what ever might be."""
    sources = {
        path.name: path.read_text() for path in (ROOT / "protocol").rglob("*.py")
    }
    assert sources
    others = {name: set(imported(text)) - ALLOWED for name, text in sources.items()}
    assert {name: each for name, each in others.items() if each} == {}


def test_every_package_has_a_layer_and_is_typed_and_installed() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {
        "benchmarks",
        "tests",
    }
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    for listed in (
        tool["importlinter"]["root_packages"],
        tool["importlinter"]["contracts"][0]["layers"],
        set(tool["mypy"]["files"]) - {"benchmarks"},
        tool["hatch"]["build"]["targets"]["wheel"]["packages"],
    ):
        assert set(listed) == packages
