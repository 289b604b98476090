"""
What the protocol stands on.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PROTOCOL = Path(__file__).parents[2] / "protocol"
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
    sources = {path.name: path.read_text() for path in PROTOCOL.rglob("*.py")}
    assert sources
    others = {name: set(imported(text)) - ALLOWED for name, text in sources.items()}
    assert {name: each for name, each in others.items() if each} == {}
