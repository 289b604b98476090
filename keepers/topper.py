"""
Which orders to top up an account to carry out: those whose account lacks what its owner
has elsewhere, as soon as they may be used.
"""

from __future__ import annotations

from collections.abc import Iterator

from keepers.watch import ROUNDING, Watch
from protocol import backing, errors, health, market, top_up, top_ups
from protocol.trace import Action
from protocol.units import Address, Atoms, Holder, Quote, Seconds


def top_up_calls(watch: Watch, keeper: Address) -> Iterator[Action]:
    """
    The calls that bring accounts what they lack.

    Each is decided on the state that the one before has left: two accounts may be
    brought out of the same third.
    """
    for target in list(watch.orders):
        if watch.spare(target) < ROUNDING and is_due(watch, target):
            yield Action("TopUps", "execute", keeper, int(watch.now), (target,))


def is_due(watch: Watch, target: Holder) -> bool:
    """Whether the order for an account would be carried out."""
    state, now = watch.state, watch.now
    order = top_up.load_top_up(state, target)
    if order.ceiling <= order.fee:
        return False
    if order.moved_at != Seconds(0) and now < order.moved_at + order.cooldown:
        return False
    missing = top_ups.missing(state, target, now)
    if missing <= Quote(0):
        return False
    atoms = top_up.moved(order, missing, state.scale) + order.fee
    return can_spare(watch, order.source, atoms)


def can_spare(watch: Watch, source: Holder, atoms: Atoms) -> bool:
    """Whether the contract of top-ups may take so much out of an account."""
    state = watch.state
    if not state.operators[source >> 96, state.addresses.top_ups]:
        return False
    amount = Quote(int(atoms) * state.scale)
    held = state.accounts[source]
    if held.cash < amount:
        return False
    if held.positions == 0:
        return True
    try:
        standing = health.standing_of(state, source, True, watch.now)
    except errors.Revert:
        return False
    risk = market.load_risk(state)
    strict = backing.strict_equity(standing, risk.profit_weight)
    least = min(standing.collateral, strict) - amount
    return least >= standing.initial + risk.reserve
