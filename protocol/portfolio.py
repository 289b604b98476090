"""
What an account must hold for all of its positions together: what they lose at worst in
sixteen stresses, each of them a shock to the price of every market at once. A hedge so
needs less than the two positions that it is made of.

What the size of a position and the open interest of its market ask for is no matter of
its price, so no hedge takes it away.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from protocol import margin
from protocol.feed import FeedPrice
from protocol.fixed_point import WAD, mul_div_up, mul_wad_up
from protocol.margin import MarginParams
from protocol.units import Quote, Ratio, Size, SizePrice
from protocol.word import placed, signed

STRESSES = 16
LOSSES = 2 * STRESSES
# A shock is counted in ten thousandths of a price, so that sixteen fit into a word.
WHOLE = 10_000


class PortfolioParams(Struct, frozen=True):
    floor: Ratio


class Sums(Struct, frozen=True):
    initial_value: Quote
    maintenance_value: Quote
    initial_addition: Quote
    maintenance_addition: Quote
    initial_multiplier: Ratio
    maintenance_multiplier: Ratio
    maintenance_fraction: Ratio
    # In each stress at the strict prices, and then in each at the marks.
    losses: tuple[SizePrice, ...]


class Requirement(Struct, frozen=True):
    initial: Quote
    maintenance: Quote


NO_SUMS = Sums(
    initial_value=Quote(0),
    maintenance_value=Quote(0),
    initial_addition=Quote(0),
    maintenance_addition=Quote(0),
    initial_multiplier=Ratio(0),
    maintenance_multiplier=Ratio(0),
    maintenance_fraction=Ratio(0),
    losses=(SizePrice(0),) * LOSSES,
)


def packed_shocks(shocks: Sequence[int]) -> int:
    """
    The word of up to sixteen shocks, in parts of `WHOLE`; in the stresses that are left
    out the price stands still.
    """
    packed = 0
    for stress, each in enumerate(shocks):
        packed |= placed(each, 16 * stress, 16)
    return packed


def shock(shocks: int, stress: int) -> int:
    """The shock of a market in one stress, in parts of `WHOLE`."""
    return signed(shocks, 16 * stress, 16)


def stressed(
    losses: tuple[SizePrice, ...], opened: SizePrice, marked: SizePrice, shocks: int
) -> tuple[SizePrice, ...]:
    """
    What is lost in each stress, with a position more that is worth so much, negative
    where it is short: in parts of `WHOLE`, and not yet divided, so that a hedge is
    exact.
    """
    total = list(losses)
    for stress in range(STRESSES):
        moved = shock(shocks, stress)
        total[stress] -= moved * opened
        total[STRESSES + stress] -= moved * marked
    return tuple(total)


def added_ratio(size: Size, skew_scale: Size, params: MarginParams) -> Ratio:
    """What a position's own size adds to the margin ratio of its market."""
    return min(Ratio(WAD), mul_div_up(params.im_slope, abs(size), skew_scale))


def joined(
    sums: Sums,
    size: Size,
    price: FeedPrice,
    open_interest: Size,
    skew_scale: Size,
    params: MarginParams,
) -> Sums:
    """Positions of an account, with one more."""
    strict = max(price.index, price.average)
    added = added_ratio(size, skew_scale, params)
    crowded = margin.open_interest_ratio(open_interest, params) - params.im_base
    opened = margin.notional(size, strict)
    marked = margin.notional(size, price.mark)
    return Sums(
        initial_value=sums.initial_value + opened,
        maintenance_value=sums.maintenance_value + marked,
        initial_addition=sums.initial_addition
        + mul_wad_up(opened, max(added, crowded)),
        maintenance_addition=sums.maintenance_addition + mul_wad_up(marked, added),
        initial_multiplier=max(sums.initial_multiplier, price.initial_multiplier),
        maintenance_multiplier=max(
            sums.maintenance_multiplier, price.maintenance_multiplier
        ),
        maintenance_fraction=max(
            sums.maintenance_fraction, params.maintenance_fraction
        ),
        losses=stressed(sums.losses, size * strict, size * price.mark, params.shocks),
    )


def covered(
    losses: tuple[SizePrice, ...],
    first: int,
    notional: Quote,
    multiplier: Ratio,
    floor_ratio: Ratio,
) -> Quote:
    """
    What covers the worst of the losses from the first one on, and no less than the
    floor of what the positions are worth.
    """
    worst = SizePrice(0)
    for stress in range(STRESSES):
        worst = max(worst, losses[first + stress])
    lost = mul_div_up(mul_wad_up(worst, 1), 1, WHOLE)
    return mul_wad_up(max(lost, mul_wad_up(notional, floor_ratio)), multiplier)


def requirement(sums: Sums, floor_ratio: Ratio) -> Requirement:
    """
    What an account must hold for its positions: to open them, and to be left alone. The
    latter is never more, though it looks at other prices.
    """
    maintenance = mul_wad_up(
        covered(
            sums.losses,
            STRESSES,
            sums.maintenance_value,
            sums.maintenance_multiplier,
            floor_ratio,
        )
        + sums.maintenance_addition,
        sums.maintenance_fraction,
    )
    initial = (
        covered(
            sums.losses,
            0,
            sums.initial_value,
            sums.initial_multiplier,
            floor_ratio,
        )
        + sums.initial_addition
    )
    return Requirement(initial=max(initial, maintenance), maintenance=maintenance)
