"""
How accounts end: settled, called, liquidated, deleveraged, made whole. It is run by the
exchange, in its storage and under its lock, and keeps nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol import (
    errors,
    health,
    ledger,
    market,
    settlement,
    unwinding,
)
from protocol.errors import require
from protocol.units import Address, Atoms, Call, Holder, Quote, Size

if TYPE_CHECKING:
    from protocol.state import State


class CollateralBought(Struct, frozen=True):
    holder: Holder
    token_id: int
    buyer: Address
    atoms: Atoms
    paid: Atoms
    cash: Quote


def buy_collateral(
    state: State, call: Call, holder: Holder, token_id: int, atoms: Atoms
) -> Atoms:
    """Behind `Exchange.buy_collateral`."""
    risk = market.load_risk(state)
    sale = settlement.sell_collateral(state, holder, token_id, atoms, risk, call.now)
    state.log(
        CollateralBought(
            holder=holder,
            token_id=token_id,
            buyer=call.sender,
            atoms=atoms,
            paid=sale.paid,
            cash=sale.cash,
        )
    )
    ledger.pull(state, state.addresses.token, call.sender, sale.paid)
    ledger.push(state, sale.token, call.sender, atoms)
    return sale.paid


def cover_shortfall(state: State, call: Call, holder: Holder) -> None:
    """Behind `Exchange.cover_shortfall`."""
    insurance = market.load_risk(state).insurance
    settlement.cover_shortfall(state, holder, insurance, call.now)


def settle(state: State, call: Call, holder: Holder, market_id: int) -> Quote:
    """Behind `Exchange.settle`."""
    return settlement.settle(state, holder, market_id, call.sender, call.now)


def call_margin(state: State, call: Call, holder: Holder, market_id: int) -> None:
    """Behind `Exchange.call_margin`."""
    health.call_margin(state, holder, market_id, call.now)


def liquidate(state: State, call: Call, holder: Holder, market_id: int) -> Size:
    """Behind `Exchange.liquidate`."""
    return unwinding.liquidate(state, holder, market_id, call.sender, call.now)


def deleverage(
    state: State, call: Call, holder: Holder, market_id: int, size: Size
) -> Size:
    """Behind `Exchange.deleverage`."""
    return unwinding.deleverage(state, holder, market_id, size, call.now)


def close_settled(state: State, call: Call, holder: Holder, market_id: int) -> Size:
    """Behind `Exchange.close_settled`."""
    return unwinding.close_settled(state, holder, market_id, call.now)


def settle_market(state: State, call: Call, market_id: int, code: Address) -> None:
    """Behind `Exchange.settle_market`."""
    require(call.sender == state.addresses.governor, errors.NOT_GOVERNOR)
    market.settle_market(state, market_id, code, call.now)
