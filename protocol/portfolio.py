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
from protocol.fixed_point import WAD, div_up, mul_div_up, mul_wad_up
from protocol.margin import MarginParams
from protocol.units import Quote, Ratio, Size, SizePrice
from protocol.word import placed, signed

STRESSES = 16
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


class Leg(Struct, frozen=True):
    # What the position is worth, negative where it is short: at the strict price, and
    # at the mark. Not divided by `WAD`, so that a hedge is exact.
    opened: SizePrice
    marked: SizePrice
    shocks: int


class Loss(Struct, frozen=True):
    # In parts of `WHOLE`.
    opened: SizePrice
    marked: SizePrice


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


def leg(size: Size, price: FeedPrice, shocks: int) -> Leg:
    """A position as the stresses see it."""
    return Leg(
        opened=size * max(price.index, price.average),
        marked=size * price.mark,
        shocks=shocks,
    )


def worst(legs: Sequence[Leg]) -> Loss:
    """
    The most that the positions of an account lose together in a stress, where they
    lose.
    """
    most_opened = most_marked = SizePrice(0)
    for stress in range(STRESSES):
        opened = marked = SizePrice(0)
        for each in legs:
            moved = shock(each.shocks, stress)
            opened -= moved * each.opened
            marked -= moved * each.marked
        most_opened = max(most_opened, opened)
        most_marked = max(most_marked, marked)
    return Loss(most_opened, most_marked)


def added_ratio(size: Size, skew_scale: Size, params: MarginParams) -> Ratio:
    """What a position's own size adds to the margin ratio of its market."""
    return min(Ratio(WAD), mul_div_up(params.im_slope, abs(size), skew_scale))


def joined(
    sums: Sums,
    leg: Leg,
    size: Size,
    price: FeedPrice,
    open_interest: Size,
    skew_scale: Size,
    params: MarginParams,
) -> Sums:
    """Positions of an account, with one more."""
    added = added_ratio(size, skew_scale, params)
    crowded = margin.open_interest_ratio(open_interest, params) - params.im_base
    opened = div_up(abs(leg.opened), WAD)
    marked = div_up(abs(leg.marked), WAD)
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
    )


def covered(
    lost: SizePrice, notional: Quote, multiplier: Ratio, floor_ratio: Ratio
) -> Quote:
    """
    What covers a loss, and no less than the floor of what the positions are worth.
    """
    least = mul_wad_up(notional, floor_ratio)
    return mul_wad_up(max(div_up(lost, WHOLE * WAD), least), multiplier)


def requirement(sums: Sums, worst: Loss, floor_ratio: Ratio) -> Requirement:
    """
    What an account must hold for its positions: to open them, and of what the marks ask
    for a part, to be left alone. To open them is never less than the whole of that: a
    price that is worse for a position is better for its hedge.
    """
    marked = (
        covered(
            worst.marked,
            sums.maintenance_value,
            sums.maintenance_multiplier,
            floor_ratio,
        )
        + sums.maintenance_addition
    )
    initial = (
        covered(
            worst.opened,
            sums.initial_value,
            sums.initial_multiplier,
            floor_ratio,
        )
        + sums.initial_addition
    )
    return Requirement(
        initial=max(initial, marked),
        maintenance=mul_wad_up(marked, sums.maintenance_fraction),
    )
