"""
The twins of `fixed_point`, function by function.
"""

from __future__ import annotations

import pytest

from protocol import errors, fixed_point
from tests.twin.strategies import below, signed
from tests.twin.twins import Functions, both, refusals

FRACTION = (signed(130), signed(124), signed(130))
QUOTIENT = (signed(250), below(130).map(lambda x: x + 1))
WADS = (signed(130), signed(124))
FUNCTIONS: Functions = {
    "mul_div_down": FRACTION,
    "mul_div_up": FRACTION,
    "mul_div_toward_zero": FRACTION,
    "div_down": QUOTIENT,
    "div_up": QUOTIENT,
    "mul_wad_down": WADS,
    "mul_wad_up": WADS,
    "sqrt_down": (below(200),),
    "clamp": (signed(130), signed(130), signed(130)),
    "magnitude": (signed(255),),
    "require_fits": (signed(255), below(8)),
}
REFUSALS = {
    "mul_div_down": {errors.DENOMINATOR_NOT_POSITIVE},
    "mul_div_up": {errors.DENOMINATOR_NOT_POSITIVE},
    "mul_div_toward_zero": {errors.DENOMINATOR_NOT_POSITIVE},
    "require_fits": {errors.OUT_OF_BOUNDS},
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(fixed_point, name, FUNCTIONS[name])
    assert seen == REFUSALS.get(name, set())


def test_the_number_without_an_opposite_fits_nowhere() -> None:
    for bits in (95, 120, 126):
        assert (
            both(fixed_point, "require_fits", -(2**255), bits) == errors.OUT_OF_BOUNDS
        )
