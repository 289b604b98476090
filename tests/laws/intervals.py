"""
Numbers of which only the bounds are known, to run the model's formulas on.

A comparison that the bounds do not decide is taken both ways, one run after the other,
and narrows what was compared: behind `if x > 0` the lower bound of `x` is 1. So a run
takes in every number that could have come that way, and what it says of sizes holds for
all of them. Every number on the way is recorded under the function that made it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import protocol
from protocol.errors import Revert

FOLDER = str(Path(protocol.__file__).parent)
# Its intermediate numbers are counted as those of who called it.
ARITHMETIC = "fixed_point.py"


class InfeasibleError(Exception):
    """No number comes this way."""


class Run:
    """One way through the branches: those decided before, and then always the first."""

    def __init__(self, decisions: list[bool]) -> None:
        self.decisions = decisions
        self.taken = 0

    def decide(self) -> bool:
        """Which way to go at a branch that the bounds leave open."""
        if self.taken == len(self.decisions):
            self.decisions.append(True)
        self.taken += 1
        return self.decisions[self.taken - 1]


class Recorder:
    """The largest magnitude that each function came by."""

    def __init__(self) -> None:
        self.peaks: dict[str, int] = {}
        self.run = Run([])

    def record(self, low: int, high: int) -> None:
        """Take note of a number that the running function has made."""
        name = running_function()
        if name is None:
            return
        peak = max(abs(low), abs(high))
        self.peaks[name] = max(peak, self.peaks.get(name, 0))

    def explore(self, formula: Callable[[], Any]) -> int:
        """Run `formula` along every way; how many there are."""
        waiting: list[list[bool]] = [[]]
        ways = 0
        while waiting:
            decided = waiting.pop()
            self.run = Run(list(decided))
            try:
                formula()
                ways += 1
            except (InfeasibleError, Revert):
                pass
            others = self.run.decisions
            for place in range(len(decided), len(others)):
                waiting.append([*others[:place], False])
        return ways


def running_function() -> str | None:
    """The function of the model that is at work, if one is, by its module and name."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        name = frame.f_code.co_name
        # Before Python 3.12 a comprehension is a function, called `<listcomp>`.
        if str(path.parent) == FOLDER and path.name != ARITHMETIC and name[0] != "<":
            return f"{path.stem}.{name}"
        frame = frame.f_back
    return None


RECORDER = Recorder()


def ends(x: Any) -> tuple[int, int]:
    """The bounds of a number, which may be known exactly."""
    return (x.low, x.high) if isinstance(x, Interval) else (x, x)


class Interval:
    """A number from `low` to `high`."""

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high

    def __repr__(self) -> str:
        return f"[{self.low}, {self.high}]"

    def narrow(self, low: int, high: int) -> None:
        """Know more of this number."""
        self.low = max(self.low, low)
        self.high = min(self.high, high)
        if self.low > self.high:
            raise InfeasibleError

    def __neg__(self) -> Interval:
        return made(-self.high, -self.low)

    def __abs__(self) -> Interval:
        least = 0 if self.low <= 0 <= self.high else min(abs(self.low), abs(self.high))
        return made(least, max(abs(self.low), abs(self.high)))

    def __add__(self, other: Any) -> Interval:
        low, high = ends(other)
        return made(self.low + low, self.high + high)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Interval:
        low, high = ends(other)
        return made(self.low - high, self.high - low)

    def __rsub__(self, other: Any) -> Interval:
        return -self + other

    def __mul__(self, other: Any) -> Interval:
        corners = [x * y for x in ends(self) for y in ends(other)]
        return made(min(corners), max(corners))

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Interval:
        least, most = ends(other)
        assert least > 0, "the denominator may be zero"
        corners = [x // y for x in ends(self) for y in (least, most)]
        return made(min(corners), max(corners))

    def __rfloordiv__(self, other: int) -> Interval:
        return Interval(other, other) // self

    def __rshift__(self, bits: int) -> Interval:
        return made(self.low >> bits, self.high >> bits)

    def __lt__(self, other: Any) -> bool:
        return is_less(self, other)

    def __gt__(self, other: Any) -> bool:
        return is_less(other, self)

    def __le__(self, other: Any) -> bool:
        return not is_less(other, self)

    def __ge__(self, other: Any) -> bool:
        return not is_less(self, other)

    def __eq__(self, other: object) -> bool:
        low, high = ends(other)
        if self.low > high or self.high < low:
            return False
        if self.low == self.high == low == high:
            return True
        if not RECORDER.run.decide():
            return False
        narrow(self, low, high)
        narrow(other, self.low, self.high)
        return True

    __hash__ = None  # type: ignore[assignment]


def made(low: int, high: int) -> Interval:
    """A number that a formula has made."""
    RECORDER.record(low, high)
    return Interval(low, high)


def narrow(x: Any, low: int, high: int) -> None:
    """Know more of `x`, unless it is known."""
    if isinstance(x, Interval):
        x.narrow(low, high)


def is_less(a: Any, b: Any) -> bool:
    """Whether `a` is less than `b`, and what follows for both."""
    (a_low, a_high), (b_low, b_high) = ends(a), ends(b)
    if a_high < b_low:
        return True
    if a_low >= b_high:
        return False
    if RECORDER.run.decide():
        narrow(a, a_low, b_high - 1)
        narrow(b, a_low + 1, b_high)
        return True
    narrow(a, b_low, a_high)
    narrow(b, b_low, a_high)
    return False


def whole(x: Any) -> Any:
    """What `int` is to numbers that are known."""
    return x if isinstance(x, Interval) else int(x)
