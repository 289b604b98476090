"""
What accounts bind themselves to: orders that wait for a price, and lines that others
grant them. It is run by the exchange, in its storage and under its lock, and keeps
nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import (
    account,
    commitment,
    credit,
    errors,
    health,
)
from protocol.errors import require
from protocol.order import OrderParams
from protocol.units import Address, Call, Holder, Quote, Rate, Seconds, Size

if TYPE_CHECKING:
    from protocol.state import State


def ask_line(
    state: State,
    call: Call,
    holder: Holder,
    lender: Address,
    rate: Rate,
    notice: Seconds,
) -> None:
    """Behind `Exchange.ask_line`."""
    # Before there are rules of risk nothing is lent, and nothing here itself.
    require(state.risk_params[()] != 0, errors.RISK_UNKNOWN)
    account.require_operator(state, holder, call.sender)
    credit.ask_line(state, holder, lender, rate, notice, call.now)


def grant_line(
    state: State,
    call: Call,
    holder: Holder,
    limit: Quote,
    rate: Rate,
    notice: Seconds,
) -> None:
    """Behind `Exchange.grant_line`."""
    credit.grant_line(state, holder, limit, rate, notice, call.sender, call.now)


def recall_line(state: State, call: Call, holder: Holder) -> None:
    """Behind `Exchange.recall_line`."""
    credit.recall_line(state, holder, call.sender, call.now)


def settle_line(state: State, call: Call, holder: Holder) -> Quote:
    """Behind `Exchange.settle_line`."""
    return health.settle_line(state, holder, call.now)


def use_line(state: State, call: Call, holder: Holder, needed: Quote) -> Quote:
    """
    Let an account that trades use what it needs of its line; give what the line is
    worth to it, less what it owes for it.
    """
    require(account.load_account(state, holder).has_line, errors.LINE_UNKNOWN)
    return credit.use_line(state, holder, needed, call.now)


def hold_order(
    state: State,
    call: Call,
    holder: Holder,
    number: int,
    market_id: int,
    size_delta: Size,
    is_reduce_only: bool,
    fee: Quote,
    sender: Address,
    armer: Address,
) -> OrderParams:
    """Behind `Exchange.hold_order`."""
    return commitment.hold(
        state,
        holder,
        number,
        market_id,
        size_delta,
        is_reduce_only,
        fee,
        sender,
        armer,
        call.now,
    )


def release_order(
    state: State,
    call: Call,
    holder: Holder,
    number: int,
    fee: Quote,
    sender: Address,
    is_returned: bool,
) -> bool:
    """Behind `Exchange.release_order`."""
    return commitment.release(state, holder, number, fee, sender, is_returned)
