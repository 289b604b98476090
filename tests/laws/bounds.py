"""
The largest number in each formula, and `docs/bounds.md`, which lists them.

`python -m tests.laws.bounds` writes the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from functools import cache
from math import isqrt
from pathlib import Path
from typing import Any
from unittest.mock import patch

from evm.compile import write_file
from protocol import (
    deleveraging,
    feed,
    funding,
    governance,
    margin_call,
    portfolio,
    statement,
    volatility,
)
from protocol.fixed_point import div_up, mul_div_up
from protocol.funding import DAY, twice_integral
from tests.laws.bounded import BOUNDS
from tests.laws.formulas import FORMULAS
from tests.laws.intervals import RECORDER, Interval, ends, whole

PAGE = Path(__file__).parents[2] / "docs" / "bounds.md"


def bounded_area(start: Any, end: Any, velocity: Any, elapsed: Any) -> Any:
    """
    Twice the area under a rate: at most its largest value for all of the time.

    The triangle that is missing under a bound is small because the rate took its time
    to reach it; intervals do not see that.
    """
    most = 2 * 2 ** BOUNDS["time"].bits * (2 ** BOUNDS["rate"].bits * DAY)
    area = twice_integral(start, end, velocity, elapsed)
    area.narrow(-most, most)
    return area


def bounded_average(rise: Any, elapsed: Any) -> Any:
    """
    The average of prices since the last accrual.

    Time has passed, and the average is at most the highest price, as the rise and the
    time belong together; intervals do not see that.
    """
    elapsed.narrow(1, ends(elapsed)[1])
    average = div_up(rise, elapsed)
    average.narrow(0, 2 ** BOUNDS["price"].bits - 1)
    return average


def bounded_part(x: Any, y: Any, denominator: Any) -> Any:
    """
    A part of the vault: at most one, as numerator and denominator belong together;
    intervals do not see that.
    """
    part = mul_div_up(x, y, denominator)
    part.narrow(0, 2 ** BOUNDS["price"].bits - 1)
    return part


def bounded_root(x: Any) -> Any:
    """The root of a number that is not negative."""
    low, high = ends(x)
    return Interval(isqrt(max(low, 0)), isqrt(high))


def any_shock(shocks: Any, stress: int) -> Interval:
    """What sixteen bits may say."""
    return Interval(-(2**15), 2**15 - 1)


@contextmanager
def numbers_unknown() -> Any:
    """Let `int` leave numbers alone of which only the bounds are known."""
    with (
        patch.object(funding, "twice_integral", bounded_area),
        patch.object(funding, "div_up", bounded_average),
        patch.object(funding, "mul_div_up", bounded_part),
        patch.object(feed, "int", whole, create=True),
        patch.object(deleveraging, "int", whole, create=True),
        patch.object(deleveraging, "Ratio", whole),
        patch.object(governance, "int", whole, create=True),
        patch.object(governance, "Flow", whole),
        patch.object(margin_call, "int", whole, create=True),
        patch.object(portfolio, "shock", any_shock),
        # One stress is as bad as another.
        patch.object(portfolio, "STRESSES", 1),
        patch.object(statement, "Ratio", whole),
        patch.object(volatility, "int", whole, create=True),
        patch.object(volatility, "Ratio", whole),
        patch.object(volatility, "sqrt_down", bounded_root),
    ):
        yield


@cache
def peaks() -> dict[str, int]:
    """The largest magnitude in each function, over everything within the bounds."""
    RECORDER.peaks.clear()
    with numbers_unknown():
        for formula in FORMULAS:
            assert RECORDER.explore(formula) > 0
    return dict(sorted(RECORDER.peaks.items()))


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table as Markdown has it."""
    lines = [
        list(head),
        ["---"] * len(list(head)),
        *(list(map(str, row)) for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page() -> str:
    """The text of `docs/bounds.md`."""
    bounds = table(
        ("number", "below", "because"),
        ((each.what, f"2**{each.bits}", each.source) for each in BOUNDS.values()),
    )
    found = table(
        ("function", "largest number on the way", "bits to spare"),
        (
            (f"`{name}`", f"2**{peak.bit_length()}", 255 - peak.bit_length())
            for name, peak in peaks().items()
        ),
    )
    return PAGE_TEXT.format(bounds=bounds, found=found)


PAGE_TEXT = """\
# Bounds

<!-- Written by `python -m tests.laws.bounds`; a test fails where it is old. -->

No call is ever refused because a number became too large on the way: every number that
enters is bounded where it enters, and nothing that is made of those leaves the range of
an `int256`. An overflow would revert without an error, and that has no place in the
protocol.

## What enters

{bounds}

Nothing is bounded that the protocol does not also check or follow from what it checks:
the parameters by the laws in `governance`, whatever an owner writes; sizes, reports and
amounts by the entry point that takes them.

## What comes of it

The formulas of the model were run on intervals instead of numbers, through every
branch. Each row is the largest magnitude of any intermediate number of a function, the
products inside `fixed_point` included, and what is left of the 255 bits.

{found}

Intervals know nothing of how two numbers are related, so most rows are larger than
anything that can happen. Five relations are needed, or some numbers would be unbounded:

- a side of a market is at most half of its skew scale, as the laws of both say;
- open interest above its lower bound is at most the span up to its upper one;
- an average of prices is at most the highest price, and a part of the vault at most 1;
- the area under a rate is at most its largest value for all of the time;
- an account at risk has less than is asked of it.
"""


def main() -> None:
    """Write the page."""
    write_file(PAGE, page().encode())


if __name__ == "__main__":
    main()
