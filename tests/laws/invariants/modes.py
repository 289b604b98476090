"""
G: what a market allows in each of its modes.
"""

from __future__ import annotations

from protocol.deleveraging import Deleveraged, DeleveragingOpened
from protocol.settlement import Settled
from protocol.unwinding import Liquidated
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import SETTLED, bits, mode_of
from tests.laws.invariants.registry import law

REDUCE_ONLY, HALTED = 1, 2
# By its mode, what may be refused for it: what is in no list never is.
REFUSED = {
    "MarketOnlyReduces": (
        REDUCE_ONLY,
        {"Exchange.trade", "Orders.commit", "Orders.arm"},
    ),
    "MarketHalted": (
        HALTED,
        {
            "Exchange.trade",
            "Exchange.settle",
            "Exchange.deleverage",
            "Exchange.withdraw",
            "Exchange.withdraw_collateral",
            "TopUps.execute",
            "Orders.commit",
            "Orders.arm",
            "Vault.execute",
        },
    ),
    "MarketSettled": (
        SETTLED,
        {
            "Exchange.trade",
            "Orders.commit",
            "Orders.arm",
            "Exchange.liquidate",
            "Exchange.deleverage",
            "Governor.set_market",
            "Governor.tighten_market",
            "Governor.pause_market",
            "Governor.settle_market",
        },
    ),
}


@law
def modes(call: Call) -> None:
    """
    G5: a market that only reduces lets no position grow or turn; in a halted one a
    position changes by liquidation alone, no gain is settled, nothing is deleveraged,
    and nothing leaves an account that has a position there.
    """
    state = call.world.state
    before = call.before.tables["positions"]
    closed = {(each.holder, each.market_id) for each in call.events(Liquidated)}
    for key, held in state.positions.items():
        mode = mode_of(call, key[1])
        was = before.get(key, state.positions.empty).size
        if mode == REDUCE_ONLY:
            assert 0 <= held.size * was <= was * was, (key, was, held.size)
        if mode == HALTED:
            assert held.size == was or key in closed, (key, was, held.size)
    for event in call.events(Settled):
        assert event.amount <= 0 or mode_of(call, event.market_id) != HALTED, event
    for kind in (Deleveraged, DeleveragingOpened):
        for event in call.events(kind):
            assert mode_of(call, event.market_id) != HALTED, event
    if call.ok and call.name in ("Exchange.withdraw", "Exchange.withdraw_collateral"):
        positions = state.accounts[call.action.arguments[0]].positions
        found = {each: mode_of(call, each) for each in bits(positions)}
        assert HALTED not in found.values(), found


@law
def modes_refuse_nothing_else(call: Call) -> None:
    """
    G6: no more is refused for a mode than it says, and nothing where no market is in
    it: adding collateral, liquidation and a provider's own way out never are.
    """
    if call.action.to == "Rules" or call.outcome.error not in REFUSED:
        return
    mode, names = REFUSED[call.outcome.error]
    assert call.name in names, call.name
    markets = range(call.world.state.market_count[()])
    assert mode in {mode_of(call, each) for each in markets}, call.outcome.error
