"""
H: no free lunch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from protocol import market
from protocol.fixed_point import WAD
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import put_back
from tests.laws.invariants.registry import law, trial

if TYPE_CHECKING:
    from protocol.trace import Action


@trial
def round_trip(call: Call) -> None:
    """
    H1: to open and to close again at once, at the same price, gains nobody anything,
    whatever the size and the skew.
    """
    if call.name != "Exchange.trade" or not call.ok:
        return
    world = call.world
    state, action = world.state, call.action
    number, delta = action.arguments[1], action.arguments[2]
    holder = world.holder("stranger", 99)
    stranger = replace(action, sender=holder >> 96)
    atoms = min(state.quote.balances[stranger.sender], 10**6 * 10**state.quote.decimals)
    if atoms == 0 or state.accounts[holder].cash:
        return

    def traded(size: int) -> Action:
        limit = 2**255 - 1 if size > 0 else 0
        return replace(stranger, arguments=(holder, number, size, limit))

    paid = replace(stranger, function="deposit", arguments=(holder, atoms))
    try:
        if world.model.apply(paid).error is not None:
            return
        before = state.accounts[holder].cash
        if world.model.apply(traded(delta)).error is not None:
            return
        assert world.model.apply(traded(-delta)).error is None
        gained = state.claims[holder, number] + state.accounts[holder].cash - before
        assert gained <= 0, gained
    finally:
        put_back(state, call.after.tables)


@law
def fees_are_shared(call: Call) -> None:
    """
    H11: whatever is traded at a price for a fee costs a wei or more, and every wei of
    it is somebody's.
    """
    if call.trade is None:
        return
    fee, price = call.trade.fee, call.trade.price
    number, delta = call.trade.market_id, call.trade.size_delta
    terms = market.load_params(call.world.state, number, call.action.now).fee
    least = min(terms.taker, terms.maker)
    assert fee * WAD * WAD >= abs(delta) * price * least, (fee, delta, price)
