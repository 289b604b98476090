"""
Where owners leave orders to top up their accounts, and keepers carry them out. It acts
for who has named it an operator, and keeps no money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import errors, exchange, margin_call, parameters, token, top_up
from protocol.errors import require
from protocol.top_up import TopUp
from protocol.units import Atoms, Call, Holder, Quote, Seconds

if TYPE_CHECKING:
    from protocol.state import State


def set_order(state: State, call: Call, target: Holder, order: TopUp) -> None:
    """Let an account be brought what it lacks out of another of the sender."""
    top_up.set_top_up(state, target, order, call.sender)


def execute(state: State, call: Call, target: Holder) -> Atoms:
    """
    Bring an account whose margin may be called what it lacks, as its owner has ordered,
    for a fee; give the atoms brought.
    """
    order = top_up.load_top_up(state, target)
    atoms = top_up.take_top_up(
        state,
        target,
        missing(state, target, call.now),
        state.scale,
        call.sender,
        call.now,
    )
    own = Call(state.addresses.top_ups, call.now)
    exchange.withdraw(state, own, order.source, atoms + order.fee, own.sender)
    exchange.deposit(state, own, target, atoms)
    if order.fee != 0:
        is_moved = token.transfer(state.quote, own, call.sender, order.fee)
        require(is_moved, errors.TRANSFER_FAILED)
    return atoms


def order_of(state: State, call: Call, target: Holder) -> TopUp:
    """The order for an account."""
    return top_up.load_top_up(state, target)


def missing(state: State, target: Holder, now: Seconds) -> Quote:
    """What an account lacks to be called no more."""
    own = Call(state.addresses.top_ups, now)
    standing = exchange.standing_of(state, own, target)
    risk = parameters.risk_in(state, exchange.risk_params(state, own))
    # A position has a margin of a wei at least.
    reserve = risk.reserve if standing.maintenance != Quote(0) else Quote(0)
    return (
        margin_call.required(standing.maintenance, reserve, risk.margin_call)
        - standing.equity
    )
