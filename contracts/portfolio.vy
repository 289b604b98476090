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

from . import feed
from . import fixed_point
from . import margin

STRESSES: constant(uint256) = 16
LOSSES: constant(uint256) = 2 * STRESSES
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
    # In each stress at the strict prices, and then in each at the marks.
    losses: int256[LOSSES]


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
def stressed(
    losses: int256[LOSSES], opened: int256, marked: int256, shocks: uint256
) -> int256[LOSSES]:
    """
    @notice What is lost in each stress, with a position more that is worth so much,
            negative where it is short: in parts of `WHOLE`, and not yet divided, so that
            a hedge is exact.
    """
    total: int256[LOSSES] = losses
    rest: uint256 = shocks
    for stress: uint256 in range(STRESSES):
        # As `shock` reads it, without a call for each.
        moved: int256 = convert(convert(rest << 240, bytes32), int256) >> 240
        total[stress] = unsafe_sub(total[stress], unsafe_mul(opened, moved))
        at_mark: uint256 = unsafe_add(STRESSES, stress)
        total[at_mark] = unsafe_sub(total[at_mark], unsafe_mul(marked, moved))
        rest = rest >> 16
    return total


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
    size: int256,
    price: feed.FeedPrice,
    open_interest: int256,
    skew_scale: int256,
    params: margin.MarginParams,
) -> Sums:
    """
    @notice Positions of an account, with one more.
    """
    strict: int256 = max(price.index, price.average)
    added: int256 = self.added_ratio(size, skew_scale, params)
    crowded: int256 = (
        margin.open_interest_ratio(open_interest, params) - params.im_base
    )
    opened: int256 = margin.notional(size, strict)
    marked: int256 = margin.notional(size, price.mark)
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
        losses=self.stressed(
            sums.losses, size * strict, size * price.mark, params.shocks
        ),
    )


@internal
@pure
def covered(
    losses: int256[LOSSES],
    first: uint256,
    notional: int256,
    multiplier: int256,
    floor_ratio: int256,
) -> int256:
    """
    @notice What covers the worst of the losses from the first one on, and no less than
            the floor of what the positions are worth.
    """
    worst: int256 = 0
    for stress: uint256 in range(STRESSES):
        worst = max(worst, losses[unsafe_add(first, stress)])
    lost: int256 = fixed_point.mul_div_up(fixed_point.mul_wad_up(worst, 1), 1, WHOLE)
    return fixed_point.mul_wad_up(
        max(lost, fixed_point.mul_wad_up(notional, floor_ratio)), multiplier
    )


@internal
@pure
def requirement(sums: Sums, floor_ratio: int256) -> Requirement:
    """
    @notice What an account must hold for its positions: to open them, and to be left
            alone. The latter is never more, though it looks at other prices.
    """
    maintenance: int256 = fixed_point.mul_wad_up(
        self.covered(
            sums.losses,
            STRESSES,
            sums.maintenance_value,
            sums.maintenance_multiplier,
            floor_ratio,
        )
        + sums.maintenance_addition,
        sums.maintenance_fraction,
    )
    initial: int256 = (
        self.covered(
            sums.losses,
            0,
            sums.initial_value,
            sums.initial_multiplier,
            floor_ratio,
        )
        + sums.initial_addition
    )
    return Requirement(initial=max(initial, maintenance), maintenance=maintenance)
