"""
Every rule there is, with its weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from protocol.trace import Action
from tests.stateful.choices import Choices
from tests.stateful.world import World

Calls = Iterator[Action]
Rule = Callable[[World, Choices], Calls]
RULES: list[tuple[Rule, int]] = []


def rule(weight: int) -> Callable[[Rule], Rule]:
    """Put a rule into the vocabulary with so much weight."""

    def added(function: Rule) -> Rule:
        RULES.append((function, weight))
        return function

    return added
