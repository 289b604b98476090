"""
Where choices come from: a seed for the soak, Hypothesis for the machine.

The vocabulary asks for its choices here and nowhere else, so that both drivers speak
it, and Hypothesis can shrink what it chose.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Choices(Protocol):
    """What the vocabulary may ask."""

    def integer(self, low: int, high: int) -> int:
        """A number within both bounds."""

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""

    def chance(self, percent: int) -> bool:
        """True in so many cases of a hundred."""


class Seeded:
    """Choices that a seed decides."""

    def __init__(self, seed: int | str) -> None:
        self.seed = seed
        self.random = Random(seed)

    def integer(self, low: int, high: int) -> int:
        return (
            low + int(self.random.random() * (high - low + 1))
            if (high - low < 2**50)
            else self.random.randint(low, high)
        )

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.random.random() * len(options))]

    def chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent


class Even(Seeded):
    """Choices that a seed decides, for which whatever is seldom is not."""

    def chance(self, percent: int) -> bool:
        return super().chance(50)


class Drawn:
    """Choices that Hypothesis draws; the simplest is the first option, and no."""

    def __init__(self, data: st.DataObject) -> None:
        self.draw: Any = data.draw

    def integer(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def pick(self, options: Sequence[T]) -> T:
        return options[self.draw(st.integers(0, len(options) - 1))]

    def chance(self, percent: int) -> bool:
        return bool(self.draw(st.integers(0, 99)) >= 100 - percent)


def weighted(choose: Choices, weights: Sequence[tuple[T, int]]) -> T:
    """One of the options, in proportion to its weight."""
    left = choose.integer(1, sum(weight for _, weight in weights))
    for option, weight in weights:
        left -= weight
        if left <= 0:
            return option
    raise AssertionError("no weight is left")
