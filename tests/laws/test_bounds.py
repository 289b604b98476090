"""
Nothing within the bounds overflows, and `docs/bounds.md` says by how much.
"""

from __future__ import annotations

import pytest

from protocol.errors import Revert, require
from protocol.fixed_point import clamp, mul_div_down, mul_div_toward_zero, mul_div_up
from tests.laws.bounded import MOST
from tests.laws.bounds import PAGE, page, peaks
from tests.laws.intervals import RECORDER, Interval


def test_every_number_on_the_way_fits_an_int256() -> None:
    found = peaks()
    assert len(found) > 30
    assert {name: peak for name, peak in found.items() if peak > MOST} == {}


def test_the_page_of_bounds_is_current() -> None:
    assert PAGE.read_text() == page(), "write it with `python -m tests.laws.bounds`"


@pytest.mark.parametrize(
    ("x", "y", "denominator"), [((-7, 5), (-3, 2), (2, 4)), ((1, 7), (2, 3), (1, 9))]
)
def test_an_interval_holds_what_its_numbers_come_to(
    x: tuple[int, int], y: tuple[int, int], denominator: tuple[int, int]
) -> None:
    for divide in (mul_div_down, mul_div_up, mul_div_toward_zero):
        results = [
            divide(a, b, c)
            for a in range(x[0], x[1] + 1)
            for b in range(y[0], y[1] + 1)
            for c in range(denominator[0], denominator[1] + 1)
        ]
        found: list[Interval] = []
        RECORDER.explore(
            lambda divide=divide, found=found: found.append(
                divide(Interval(*x), Interval(*y), Interval(*denominator))
            )
        )
        assert min(each.low for each in found) <= min(results)
        assert max(each.high for each in found) >= max(results)


def test_what_was_compared_is_narrowed() -> None:
    """Behind a clamp and a requirement a number is within their bounds."""
    seen: list[Interval] = []

    def formula() -> None:
        x = Interval(-100, 100)
        require(x > 0, "NotPositive")
        assert (x.low, x.high) == (1, 100)
        seen.append(clamp(x, Interval(-5, -5), Interval(7, 7)))

    assert RECORDER.explore(formula) == 2
    assert {(each.low, each.high) for each in seen} == {(1, 7), (7, 7)}


def test_a_way_that_is_refused_ends_there() -> None:
    def formula() -> None:
        raise Revert("always")

    assert RECORDER.explore(formula) == 0
