"""
An order of an owner: whoever finds one of his accounts near its liquidation may bring
it what it lacks, out of another of his, for a fee.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import errors
from protocol.errors import require
from protocol.fixed_point import div_up
from protocol.units import Address, Atoms, Holder, Quote, Seconds
from protocol.word import unsigned

if TYPE_CHECKING:
    from protocol.state import State

OWNER_SHIFT = 96


class TopUp(Struct, frozen=True):
    source: Holder
    ceiling: Atoms
    least: Atoms
    fee: Atoms
    cooldown: Seconds
    moved_at: Seconds


NO_TOP_UP = TopUp(Holder(0), Atoms(0), Atoms(0), Atoms(0), Seconds(0), Seconds(0))


class TopUpSet(Struct, frozen=True):
    target: Holder
    source: Holder
    ceiling: Atoms
    least: Atoms
    fee: Atoms
    cooldown: Seconds


class ToppedUp(Struct, frozen=True):
    target: Holder
    source: Holder
    keeper: Address
    atoms: Atoms
    fee: Atoms


def packed_top_up(order: TopUp) -> tuple[int, int]:
    """The words of an order."""
    return (
        order.ceiling | (order.least << 128),
        unsigned(order.source, 0, 96)
        | (order.fee << 96)
        | (int(order.cooldown) << 184)
        | (int(order.moved_at) << 216),
    )


def unpacked_top_up(target: Holder, packed: tuple[int, int]) -> TopUp:
    """
    The order that `packed_top_up` packed, for a target of the same owner.
    """
    return TopUp(
        source=Holder(
            ((target >> OWNER_SHIFT) << OWNER_SHIFT) | unsigned(packed[1], 0, 96)
        ),
        ceiling=Atoms(unsigned(packed[0], 0, 128)),
        least=Atoms(packed[0] >> 128),
        fee=Atoms(unsigned(packed[1], 96, 88)),
        cooldown=Seconds(unsigned(packed[1], 184, 32)),
        moved_at=Seconds(packed[1] >> 216),
    )


def moved(order: TopUp, missing: Quote, scale: int) -> Atoms:
    """
    The atoms that an order moves to an account that lacks so much: no less than its
    least, and no more than it allows still beside the fee.
    """
    atoms = Atoms(int(div_up(missing, scale)))
    return min(max(atoms, order.least), order.ceiling - min(order.fee, order.ceiling))


def load_top_up(state: State, target: Holder) -> TopUp:
    """The order for an account."""
    return replace(
        state.top_ups[target],
        source=Holder(
            ((target >> OWNER_SHIFT) << OWNER_SHIFT) | state.top_ups[target].source
        ),
    )


def set_top_up(state: State, target: Holder, order: TopUp, sender: Address) -> None:
    """
    Let an account be brought what it lacks out of another of the same owner.
    """
    require(target >> OWNER_SHIFT == sender, errors.NOT_OPERATOR)
    require(
        order.source >> OWNER_SHIFT == target >> OWNER_SHIFT, errors.SOURCE_OF_ANOTHER
    )
    require(order.source != target, errors.SOURCE_IS_TARGET)
    require((order.ceiling | order.least) >> 120 == 0, errors.OUT_OF_BOUNDS)
    require(
        order.fee >> 88 == 0 and int(order.cooldown) >> 32 == 0, errors.OUT_OF_BOUNDS
    )
    kept = replace(order, moved_at=Seconds(0))
    state.top_ups[target] = kept
    state.log(
        TopUpSet(
            target=target,
            source=order.source,
            ceiling=order.ceiling,
            least=order.least,
            fee=order.fee,
            cooldown=order.cooldown,
        )
    )


def take_top_up(
    state: State,
    target: Holder,
    missing: Quote,
    scale: int,
    keeper: Address,
    now: Seconds,
) -> Atoms:
    """
    Use the order of an account that lacks so much, and give the atoms that it moves.
    """
    order = load_top_up(state, target)
    require(order.ceiling > order.fee, errors.TOP_UP_UNKNOWN)
    require(
        order.moved_at == Seconds(0) or now >= order.moved_at + order.cooldown,
        errors.TOP_UP_TOO_EARLY,
    )
    require(missing > Quote(0), errors.HEALTHY)
    atoms = moved(order, missing, scale)
    order = replace(order, ceiling=order.ceiling - atoms - order.fee, moved_at=now)
    state.top_ups[target] = order
    state.log(
        ToppedUp(
            target=target,
            source=order.source,
            keeper=keeper,
            atoms=atoms,
            fee=order.fee,
        )
    )
    return atoms
