# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Fixed point
@notice Arithmetic on numbers scaled by `WAD`. The only file that divides.
"""

from . import errors

WAD: constant(int256) = 10**18


@internal
@pure
def mul_div_down(x: int256, y: int256, denominator: int256) -> int256:
    """
    @notice `x * y / denominator`, rounded toward minus infinity.
    """
    errors.require(denominator > 0, errors.DENOMINATOR_NOT_POSITIVE)

    product: int256 = x * y
    quotient: int256 = unsafe_div(product, denominator)
    # Division rounds toward zero, which is up for a negative product.
    if unsafe_mul(quotient, denominator) > product:
        quotient = unsafe_sub(quotient, 1)
    return quotient


@internal
@pure
def mul_div_up(x: int256, y: int256, denominator: int256) -> int256:
    """
    @notice `x * y / denominator`, rounded toward plus infinity.
    """
    errors.require(denominator > 0, errors.DENOMINATOR_NOT_POSITIVE)

    product: int256 = x * y
    quotient: int256 = unsafe_div(product, denominator)
    if unsafe_mul(quotient, denominator) < product:
        quotient = unsafe_add(quotient, 1)
    return quotient


@internal
@pure
def div_down(x: int256, denominator: int256) -> int256:
    """
    @notice `x` by a positive `denominator`, rounded toward minus infinity.
    """
    quotient: int256 = unsafe_div(x, denominator)
    if unsafe_mul(quotient, denominator) > x:
        quotient = unsafe_sub(quotient, 1)
    return quotient


@internal
@pure
def div_up(x: int256, denominator: int256) -> int256:
    """
    @notice `x` by a positive `denominator`, rounded toward plus infinity.
    """
    quotient: int256 = unsafe_div(x, denominator)
    if unsafe_mul(quotient, denominator) < x:
        quotient = unsafe_add(quotient, 1)
    return quotient


@internal
@pure
def mul_wad_down(x: int256, y: int256) -> int256:
    """
    @notice `x * y / WAD`, rounded toward minus infinity.
    """
    product: int256 = x * y
    quotient: int256 = unsafe_div(product, WAD)
    if unsafe_mul(quotient, WAD) > product:
        quotient = unsafe_sub(quotient, 1)
    return quotient


@internal
@pure
def mul_wad_up(x: int256, y: int256) -> int256:
    """
    @notice `x * y / WAD`, rounded toward plus infinity.
    """
    product: int256 = x * y
    quotient: int256 = unsafe_div(product, WAD)
    if unsafe_mul(quotient, WAD) < product:
        quotient = unsafe_add(quotient, 1)
    return quotient


@internal
@pure
def mul_div_toward_zero(x: int256, y: int256, denominator: int256) -> int256:
    """
    @notice `x * y / denominator`, rounded toward zero.
    """
    errors.require(denominator > 0, errors.DENOMINATOR_NOT_POSITIVE)

    return unsafe_div(x * y, denominator)


@internal
@pure
def sqrt_down(x: int256) -> int256:
    """
    @notice The square root of `x`, which is not negative, rounded down.
    """
    return convert(isqrt(convert(x, uint256)), int256)


@internal
@pure
def clamp(x: int256, lowest: int256, highest: int256) -> int256:
    """
    @notice `x`, held within `lowest` and `highest`.
    """
    return max(lowest, min(x, highest))


@internal
@pure
def magnitude(x: int256) -> int256:
    """
    @notice `x` without its sign.
    """
    # `abs` and unary minus are guarded at length, against the one number that has no
    # opposite; it is out of every bound, and stays negative here.
    return max(x, unsafe_sub(0, x))


@internal
@pure
def require_fits(x: int256, bits: uint256):
    """
    @notice Refuse the call unless `x` is below `2**bits` in magnitude.
    """
    errors.require(self.magnitude(x) >> bits == 0, errors.OUT_OF_BOUNDS)
