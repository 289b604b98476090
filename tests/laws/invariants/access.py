"""
G: access.
"""

from __future__ import annotations

from tests.laws.invariants.call import Call
from tests.laws.invariants.registry import law

OWNERS = {
    "Governor.set_market",
    "Governor.set_feed",
    "Governor.set_risk",
    "Governor.collect_treasury",
    "Governor.offer_ownership",
    "Governor.appoint_council",
    "Governor.appoint_guardian",
}
APPOINTED = {
    "Governor.tighten_market": ("council", "NotCouncil"),
    "Governor.pause_market": ("guardian", "NotGuardian"),
}
ONLY = {
    "Exchange.escrow_deposit": ("Vault", "NotVault"),
    "Exchange.return_deposit": ("Vault", "NotVault"),
    "Exchange.enter_vault": ("Vault", "NotVault"),
    "Exchange.leave_vault": ("Vault", "NotVault"),
    "Exchange.hold_order": ("Orders", "NotOrders"),
    "Exchange.release_order": ("Orders", "NotOrders"),
    "Exchange.fill_order": ("Orders", "NotOrders"),
    "Exchange.set_market": ("Governor", "NotGovernor"),
    "Exchange.settle_market": ("Governor", "NotGovernor"),
    "Exchange.set_risk": ("Governor", "NotGovernor"),
    "Exchange.collect_treasury": ("Governor", "NotGovernor"),
    "Oracle.set_feed": ("Governor", "NotGovernor"),
    "Oracle.close_feed": ("Governor", "NotGovernor"),
}
OPERATED = {
    "Exchange.deposit",
    "Exchange.withdraw",
    "Exchange.trade",
    "Exchange.set_margin_mode",
}


@law
def access(call: Call) -> None:
    """
    G1: only the owner governs, only the council tightens, only the guardian pauses,
    only a contract's own neighbours call what is meant for them, only a reporter
    reports, and only an owner or an operator uses an account.
    """
    sender, tables = call.action.sender, call.before.tables
    error = call.outcome.error
    if call.name in OWNERS:
        if sender != tables["owner"][()]:
            assert error == "NotOwner", error
    elif call.name == "Governor.take_ownership":
        if sender != tables["pending_owner"].get((), 0):
            assert error == "NotOwner", error
    elif call.name in APPOINTED:
        role, refused = APPOINTED[call.name]
        if sender != tables[role].get((), 0):
            assert error == refused, error
    elif call.name in ONLY:
        contract, refused = ONLY[call.name]
        if sender != call.world.addresses[contract]:
            assert error == refused, error
    elif call.name == "Oracle.report":
        if sender != tables["reporters"].get(tuple(call.action.arguments[:2]), 0):
            assert error == "NotReporter", error
    elif call.name in OPERATED:
        owner = call.action.arguments[0] >> 96
        if sender != owner and not tables["operators"].get((owner, sender), False):
            assert error == "NotOperator", error
    elif call.name == "Exchange.settle" and call.ok and call.outcome.returned > 0:
        owner = call.action.arguments[0] >> 96
        assert sender == owner or tables["operators"].get((owner, sender), False)


@law
def nothing_is_taken(call: Call) -> None:
    """
    G8: nobody's shares become fewer, nor his tokens for a request, but by his own call
    or by that of whom he has allowed it; and an allowance falls by what was taken.
    """
    state, sender = call.world.state, call.action.sender
    if call.action.to != "Vault" or not call.ok:
        return
    vault, exchange = (call.world.addresses[each] for each in ("Vault", "Exchange"))
    for owner, was in call.before.tables["shares"].items():
        taken = was - state.shares[owner]
        if taken <= 0 or owner == vault:
            continue
        allowed = call.row("share_allowances", (owner, sender))
        operates = call.row("request_operators", (owner, sender)) or sender == owner
        if call.name == "Vault.transferFrom" or not operates:
            assert allowed >= taken, (owner, taken, allowed)
            left = allowed if allowed == 2**256 - 1 else allowed - taken
            assert state.share_allowances[owner, sender] == left, (owner, left)
    for owner, was in call.before.tables["balances"].items():
        if state.quote.balances[owner] < was and owner != exchange:
            operates = call.row("request_operators", (owner, sender))
            assert sender == owner or operates, owner
