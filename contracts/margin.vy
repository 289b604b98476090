# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Margin
@notice What one position must be backed by: to be opened, and to be left alone.

        The ratio grows with the position, so that a large one cannot lean on the
        ratio of a small one; and the initial ratio grows with the open interest of
        the market, so that splitting an account does not help either.
"""

from . import fixed_point


struct MarginParams:
    im_base: int256
    im_slope: int256
    oi_lower: int256
    oi_upper: int256
    maintenance_fraction: int256
    # Sixteen of them, see `portfolio`; zero where no portfolio may hold a position.
    shocks: uint256


@internal
@pure
def size_ratio(size: int256, skew_scale: int256, params: MarginParams) -> int256:
    """
    @notice The margin ratio that the position's own size asks for.
    """
    grown: int256 = fixed_point.mul_div_up(
        fixed_point.magnitude(size), params.im_slope, skew_scale
    )
    return min(fixed_point.WAD, params.im_base + grown)


@internal
@pure
def open_interest_ratio(open_interest: int256, params: MarginParams) -> int256:
    """
    @notice The margin ratio that the market's open interest asks for.
    """
    span: int256 = params.oi_upper - params.oi_lower
    above: int256 = fixed_point.clamp(open_interest - params.oi_lower, 0, span)
    return params.im_base + fixed_point.mul_div_up(
        fixed_point.WAD - params.im_base, above, span
    )


@internal
@pure
def scaled(ratio: int256, multiplier: int256) -> int256:
    """
    @notice A margin ratio in such a market as this: times what its volatility asks for.
    """
    return min(fixed_point.WAD, fixed_point.mul_wad_up(ratio, multiplier))


@internal
@pure
def notional(size: int256, price: int256) -> int256:
    """
    @notice The value of a position of `size` at `price`, whatever its side.
    """
    return fixed_point.mul_wad_up(fixed_point.magnitude(size), price)


@internal
@pure
def initial_margin(
    size: int256,
    price: int256,
    own_ratio: int256,
    open_interest: int256,
    multiplier: int256,
    params: MarginParams,
) -> int256:
    """
    @notice What an account must hold for the position when it opens or withdraws.
    """
    ratio: int256 = max(own_ratio, self.open_interest_ratio(open_interest, params))
    return fixed_point.mul_wad_up(
        self.notional(size, price), self.scaled(ratio, multiplier)
    )


@internal
@pure
def maintenance_margin(
    size: int256, price: int256, own_ratio: int256, params: MarginParams
) -> int256:
    """
    @notice What an account must hold for the position not to be liquidated.
    """
    initial: int256 = fixed_point.mul_wad_up(self.notional(size, price), own_ratio)
    return fixed_point.mul_wad_up(initial, params.maintenance_fraction)
