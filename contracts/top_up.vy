# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Top-up
@notice An order of an owner: whoever finds one of his accounts near its liquidation may
        bring it what it lacks, out of another of his, for a fee.
"""

from . import errors
from . import fixed_point

OWNER_SHIFT: constant(uint256) = 96


struct TopUp:
    source: uint256
    ceiling: uint256
    least: uint256
    fee: uint256
    cooldown: uint256
    moved_at: uint256


event TopUpSet:
    target: indexed(uint256)
    source: indexed(uint256)
    ceiling: uint256
    least: uint256
    fee: uint256
    cooldown: uint256


event ToppedUp:
    target: indexed(uint256)
    source: indexed(uint256)
    keeper: indexed(address)
    atoms: uint256
    fee: uint256


top_ups: HashMap[uint256, uint256[2]]


@internal
@pure
def packed_top_up(order: TopUp) -> uint256[2]:
    """
    @notice The words of an order.
    """
    return [
        order.ceiling | (order.least << 128),
        ((order.source << 160) >> 160)
        | (order.fee << 96)
        | (order.cooldown << 184)
        | (order.moved_at << 216),
    ]


@internal
@pure
def unpacked_top_up(target: uint256, packed: uint256[2]) -> TopUp:
    """
    @notice The order that `packed_top_up` packed, for a target of the same owner.
    """
    return TopUp(
        source=((target >> OWNER_SHIFT) << OWNER_SHIFT) | ((packed[1] << 160) >> 160),
        ceiling=(packed[0] << 128) >> 128,
        least=packed[0] >> 128,
        fee=(packed[1] << 72) >> 168,
        cooldown=(packed[1] << 40) >> 224,
        moved_at=packed[1] >> 216,
    )


@internal
@pure
def moved(order: TopUp, missing: int256, scale: int256) -> uint256:
    """
    @notice The atoms that an order moves to an account that lacks so much: no less than
            its least, and no more than it allows still beside the fee.
    """
    atoms: uint256 = convert(fixed_point.div_up(missing, scale), uint256)
    return min(max(atoms, order.least), order.ceiling - min(order.fee, order.ceiling))


@internal
@view
def load_top_up(target: uint256) -> TopUp:
    """
    @notice The order for an account.
    """
    return self.unpacked_top_up(target, self.top_ups[target])


@internal
def set_top_up(target: uint256, order: TopUp, sender: address):
    """
    @notice Let an account be brought what it lacks out of another of the same owner.
    """
    errors.require(
        convert(target >> OWNER_SHIFT, address) == sender, errors.NOT_OPERATOR
    )
    errors.require(
        order.source >> OWNER_SHIFT == target >> OWNER_SHIFT, errors.SOURCE_OF_ANOTHER
    )
    errors.require(order.source != target, errors.SOURCE_IS_TARGET)
    errors.require((order.ceiling | order.least) >> 120 == 0, errors.OUT_OF_BOUNDS)
    errors.require(
        order.fee >> 88 == 0 and order.cooldown >> 32 == 0, errors.OUT_OF_BOUNDS
    )
    kept: TopUp = order
    kept.moved_at = 0
    self.top_ups[target] = self.packed_top_up(kept)
    log TopUpSet(
        target=target,
        source=order.source,
        ceiling=order.ceiling,
        least=order.least,
        fee=order.fee,
        cooldown=order.cooldown,
    )


@internal
def take_top_up(
    target: uint256, missing: int256, scale: int256, keeper: address, now: uint256
) -> uint256:
    """
    @notice Use the order of an account that lacks so much, and give the atoms that it
            moves.
    """
    order: TopUp = self.load_top_up(target)
    errors.require(order.ceiling > order.fee, errors.TOP_UP_UNKNOWN)
    errors.require(
        order.moved_at == 0 or now >= order.moved_at + order.cooldown,
        errors.TOP_UP_TOO_EARLY,
    )
    errors.require(missing > 0, errors.HEALTHY)
    atoms: uint256 = self.moved(order, missing, scale)
    order.ceiling -= atoms + order.fee
    order.moved_at = now
    self.top_ups[target] = self.packed_top_up(order)
    log ToppedUp(
        target=target, source=order.source, keeper=keeper, atoms=atoms, fee=order.fee
    )
    return atoms
