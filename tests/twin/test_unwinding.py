"""
The twins of `unwinding`, function by function.
"""

from __future__ import annotations

import pytest

from protocol import errors, unwinding
from tests.twin.strategies import AMOUNTS, STANDINGS
from tests.twin.twins import Functions, refusals

FUNCTIONS: Functions = {"require_at_risk": (STANDINGS, AMOUNTS)}
REFUSALS = {"require_at_risk": {errors.HEALTHY}}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(unwinding, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())
