"""
E: shares of the vault.
"""

from __future__ import annotations

from msgspec.structs import replace

from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import put_back
from tests.laws.invariants.registry import law, trial

# What stands beside the real shares of the vault.
SHARES = 10**6


@law
def nobody_diluted(call: Call) -> None:
    """
    E12: who enters or leaves the vault does not lower what a share of the others is
    worth at the vault's lower value, virtual shares counted.
    """
    if not call.ok or call.name not in ("Vault.enter", "Vault.leave"):
        return
    state, world = call.world.state, call.world
    after, supply = world.model.view("Vault", "nav", call.action.now), state.supply[()]
    moved = (
        call.outcome.returned
        if call.name == "Vault.leave"
        else -call.action.arguments[0]
    ) * state.scale
    low, was = after.low + moved, call.row("supply", ())
    assert low <= 0 or (after.low + 1) * (was + SHARES) >= (low + 1) * (
        supply + SHARES
    ), (low, was, after, supply)


@trial
def no_free_entry(call: Call) -> None:
    """
    E1: to enter the vault and to leave it at once with the shares that came of it gives
    no more than was paid.
    """
    if call.name != "Vault.enter" or not call.ok:
        return
    model = call.world.model
    shares = call.outcome.returned
    back = replace(call.action, function="leave", arguments=(shares, 0))
    try:
        outcome = model.apply(back)
        given = outcome.returned if outcome.error is None else 0
        assert given <= call.action.arguments[0], (given, call.action.arguments[0])
    finally:
        put_back(model.state, call.after.tables)


@law
def enough_buys_shares(call: Call) -> None:
    """
    E13: an amount that is more than a millionth of the vault's higher value is not
    refused for buying no share, however few shares there are.
    """
    if call.name != "Vault.enter" or call.outcome.error != "ZeroShares":
        return
    nav = call.world.model.view("Vault", "nav", call.action.now)
    amount = call.action.arguments[0] * call.world.state.scale
    assert amount * SHARES <= max(nav.high, 0), (amount, nav)
