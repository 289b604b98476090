"""
The same call on both sides of a pair of twins.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import Revert
from tests.twin.facade import Answer, facade

Arguments = tuple[st.SearchStrategy[Any], ...] | st.SearchStrategy[tuple[Any, ...]]
# What a function is drawn with, by its name.
Functions = dict[str, Arguments]
EXAMPLES = 150


def noun(module: ModuleType) -> str:
    """The name that a module has on both sides."""
    return module.__name__.rpartition(".")[2]


def both(module: ModuleType, name: str, *arguments: Any) -> Any:
    """What a function returns on both sides, or the name of the error it refuses by."""
    contract = facade(noun(module))
    returned = None
    try:
        returned = getattr(module, name)(*arguments)
        expected = contract.returning(name, returned)
    except Revert as refusal:
        returned = str(refusal)
        expected = Answer(returned, b"")
    assert contract.call(name, arguments) == expected
    return returned


def refusals(
    module: ModuleType, name: str, arguments: Arguments, examples: int = EXAMPLES
) -> set[str]:
    """The errors that a function refuses by, where both sides always agreed."""
    seen: set[str] = set()
    drawn_from = st.tuples(*arguments) if isinstance(arguments, tuple) else arguments

    @settings(max_examples=examples)
    @given(drawn_from)
    def compare(drawn: tuple[Any, ...]) -> None:
        returned = both(module, name, *drawn)
        if isinstance(returned, str):
            seen.add(returned)

    compare()
    return seen
