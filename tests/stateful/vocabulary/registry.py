"""
Every rule there is, with its weight, and what must come of it in the long run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from protocol.trace import Action
from tests.stateful.choices import Choices
from tests.stateful.world import World

Calls = Iterator[Action]
Rule = Callable[[World, Choices], Calls]
# Every rule, as often as its weight says.
RULES: list[Rule] = []
# How calls must have ended often, and the rules that may begin with such a call.
DEMANDS: dict[tuple[str, str], list[Rule]] = {}


def rule(
    weight: int, demands: Mapping[str, str] | None = None
) -> Callable[[Rule], Rule]:
    """
    Put a rule into the vocabulary with so much weight.

    `demands` has the entry points that it may call first, and for each how such calls
    must have ended often in a long run: `ok`, or errors.
    """

    def added(function: Rule) -> Rule:
        RULES.extend([function] * weight)
        for name, outcomes in (demands or {}).items():
            for outcome in outcomes.split():
                DEMANDS.setdefault((name, outcome), []).append(function)
        return function

    return added
