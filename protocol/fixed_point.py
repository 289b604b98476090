"""
Arithmetic on numbers scaled by `WAD`. The only file that divides.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

from protocol import errors
from protocol.errors import require
from protocol.units import div, mul_div, mul_wad

if TYPE_CHECKING:
    from protocol.units import Unit, X

WAD = 10**18


@mul_div
def mul_div_down(x: int, y: int, denominator: int) -> int:
    """`x * y / denominator`, rounded toward minus infinity."""
    require(denominator > 0, errors.DENOMINATOR_NOT_POSITIVE)

    return x * y // denominator


@mul_div
def mul_div_up(x: int, y: int, denominator: int) -> int:
    """`x * y / denominator`, rounded toward plus infinity."""
    require(denominator > 0, errors.DENOMINATOR_NOT_POSITIVE)

    return -(-x * y // denominator)


@div
def div_down(x: int, denominator: int) -> int:
    """`x` by a positive `denominator`, rounded toward minus infinity."""
    return x // denominator


@div
def div_up(x: int, denominator: int) -> int:
    """`x` by a positive `denominator`, rounded toward plus infinity."""
    return -(-x // denominator)


@mul_wad
def mul_wad_down(x: int, y: int) -> int:
    """`x * y / WAD`, rounded toward minus infinity."""
    return x * y // WAD


@mul_wad
def mul_wad_up(x: int, y: int) -> int:
    """`x * y / WAD`, rounded toward plus infinity."""
    return -(-x * y // WAD)


@mul_div
def mul_div_toward_zero(x: int, y: int, denominator: int) -> int:
    """`x * y / denominator`, rounded toward zero."""
    require(denominator > 0, errors.DENOMINATOR_NOT_POSITIVE)

    product = x * y
    # `//` rounds down, which is away from zero for a negative product.
    return product // denominator if product >= 0 else -(-product // denominator)


def sqrt_down(x: int) -> int:
    """The square root of `x`, which is not negative, rounded down."""
    return isqrt(x)


def clamp(x: X, lowest: X, highest: X) -> X:
    """`x`, held within `lowest` and `highest`."""
    capped = highest if highest < x else x
    return lowest if capped < lowest else capped


def magnitude(x: X) -> X:
    """`x` without its sign."""
    return abs(x)


def require_fits(x: Unit, bits: int) -> None:
    """Refuse the call unless `x` is below `2**bits` in magnitude."""
    require(abs(x) >> bits == 0, errors.OUT_OF_BOUNDS)
