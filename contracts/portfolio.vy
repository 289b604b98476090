# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Portfolio
@notice What an account must hold for all of its positions together: what they lose at
        worst in sixteen stresses, each of them a shock to the price of every market at
        once. A hedge so needs less than the two positions that it is made of.

        What the size of a position and the open interest of its market ask for is no
        matter of its price, so no hedge takes it away.
"""

from . import account
from . import feed
from . import fixed_point
from . import margin

STRESSES: constant(uint256) = 16
# A shock is counted in ten thousandths of a price, so that sixteen fit into a word.
WHOLE: constant(int256) = 10_000


struct PortfolioParams:
    floor: int256


struct Sums:
    initial_value: int256
    maintenance_value: int256
    initial_addition: int256
    maintenance_addition: int256
    initial_multiplier: int256
    maintenance_multiplier: int256
    maintenance_fraction: int256


struct Leg:
    # What the position is worth, negative where it is short: at the strict price, and
    # at the mark. Not divided by `WAD`, so that a hedge is exact.
    opened: int256
    marked: int256
    shocks: uint256


struct Loss:
    # In parts of `WHOLE`.
    opened: int256
    marked: int256


struct Requirement:
    initial: int256
    maintenance: int256


@internal
@pure
def shock(shocks: uint256, stress: uint256) -> int256:
    """
    @notice The shock of a market in one stress, in parts of `WHOLE`.
    """
    above: uint256 = unsafe_sub(240, unsafe_mul(16, stress))
    return convert(convert(shocks << above, bytes32), int256) >> 240


@internal
@pure
def leg(size: int256, price: feed.FeedPrice, shocks: uint256) -> Leg:
    """
    @notice A position as the stresses see it.
    """
    return Leg(
        opened=size * max(price.index, price.average),
        marked=size * price.mark,
        shocks=shocks,
    )


@internal
@pure
def worst(legs: DynArray[Leg, account.MAX_MARKETS]) -> Loss:
    """
    @notice The most that the positions of an account lose together in a stress, where
            they lose.
    """
    most: Loss = empty(Loss)
    for stress: uint256 in range(STRESSES):
        # As `shock` reads it, without a call for each.
        above: uint256 = unsafe_sub(240, unsafe_mul(16, stress))
        opened: int256 = 0
        marked: int256 = 0
        for each: Leg in legs:
            moved: int256 = (
                convert(convert(each.shocks << above, bytes32), int256) >> 240
            )
            opened = unsafe_sub(opened, unsafe_mul(each.opened, moved))
            marked = unsafe_sub(marked, unsafe_mul(each.marked, moved))
        most.opened = max(most.opened, opened)
        most.marked = max(most.marked, marked)
    return most


@internal
@pure
def added_ratio(
    size: int256, skew_scale: int256, params: margin.MarginParams
) -> int256:
    """
    @notice What a position's own size adds to the margin ratio of its market.
    """
    return min(
        fixed_point.WAD,
        fixed_point.mul_div_up(
            fixed_point.magnitude(size), params.im_slope, skew_scale
        ),
    )


@internal
@pure
def joined(
    sums: Sums,
    leg: Leg,
    size: int256,
    price: feed.FeedPrice,
    open_interest: int256,
    skew_scale: int256,
    params: margin.MarginParams,
) -> Sums:
    """
    @notice Positions of an account, with one more.
    """
    added: int256 = self.added_ratio(size, skew_scale, params)
    crowded: int256 = (
        margin.open_interest_ratio(open_interest, params) - params.im_base
    )
    opened: int256 = fixed_point.div_up(
        fixed_point.magnitude(leg.opened), fixed_point.WAD
    )
    marked: int256 = fixed_point.div_up(
        fixed_point.magnitude(leg.marked), fixed_point.WAD
    )
    return Sums(
        initial_value=sums.initial_value + opened,
        maintenance_value=sums.maintenance_value + marked,
        initial_addition=sums.initial_addition
        + fixed_point.mul_wad_up(opened, max(added, crowded)),
        maintenance_addition=sums.maintenance_addition
        + fixed_point.mul_wad_up(marked, added),
        initial_multiplier=max(sums.initial_multiplier, price.initial_multiplier),
        maintenance_multiplier=max(
            sums.maintenance_multiplier, price.maintenance_multiplier
        ),
        maintenance_fraction=max(
            sums.maintenance_fraction, params.maintenance_fraction
        ),
    )


@internal
@pure
def covered(
    lost: int256,
    notional: int256,
    multiplier: int256,
    floor_ratio: int256,
) -> int256:
    """
    @notice What covers a loss, and no less than the floor of what the positions are
            worth.
    """
    least: int256 = fixed_point.mul_wad_up(notional, floor_ratio)
    return fixed_point.mul_wad_up(
        max(fixed_point.div_up(lost, WHOLE * fixed_point.WAD), least), multiplier
    )


@internal
@pure
def requirement(sums: Sums, worst: Loss, floor_ratio: int256) -> Requirement:
    """
    @notice What an account must hold for its positions: to open them, and of what the
            marks ask for a part, to be left alone. To open them is never less than the
            whole of that: a price that is worse for a position is better for its hedge.
    """
    marked: int256 = (
        self.covered(
            worst.marked,
            sums.maintenance_value,
            sums.maintenance_multiplier,
            floor_ratio,
        )
        + sums.maintenance_addition
    )
    initial: int256 = (
        self.covered(
            worst.opened,
            sums.initial_value,
            sums.initial_multiplier,
            floor_ratio,
        )
        + sums.initial_addition
    )
    return Requirement(
        initial=max(initial, marked),
        maintenance=fixed_point.mul_wad_up(marked, sums.maintenance_fraction),
    )
