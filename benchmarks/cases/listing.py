"""
How a case is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.genesis import holder
from benchmarks.stage import Stage

Measure = Callable[[Stage], int]
TRADER = holder("trader")


class Case(NamedTuple):
    """A situation, the call in it, and the most gas that it should take."""

    name: str
    measure: Measure
    goal: int | None


CASES: list[Case] = []


def case(name: str, goal: int | None = None) -> Callable[[Measure], Measure]:
    """List a function as a case."""

    def listed(measure: Measure) -> Measure:
        CASES.append(Case(name, measure, goal))
        return measure

    return listed
