"""
E: shares of the vault, and requests for them.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from protocol import market
from protocol.errors import Revert
from protocol.request import Request
from protocol.trace import entry_point
from protocol.units import Call as ProtocolCall
from tests.laws.invariants.accounting import nav_of
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import (
    is_valid,
    market_owes,
    payout_cap,
    put_back,
    still_spent,
    up,
)
from tests.laws.invariants.registry import law, trial

# What stands beside the real shares of the vault, and the most of them for a wei of it.
SHARES = 10**6
MOST_SHARES = 10**12


class Execution(Struct):
    """A request that was executed, or returned for its minimum: it, what it gave."""

    pending: Any
    given: int
    nav: Any
    supply: int

    @property
    def is_deposit(self) -> bool:
        return bool(self.pending.is_deposit)


def executed(call: Call) -> Execution | None:
    """What an execution was of, and the vault and its shares after it."""
    if call.name != "Vault.execute" or not call.ok:
        return None
    pending = call.row("requests", call.action.arguments[0])
    nav = call.world.model.view("Vault", "nav", call.action.now)
    return Execution(pending, call.outcome.returned, nav, call.world.state.supply[()])


def executed_at_once(call: Call, is_deposit: bool, amount: int, controller: int) -> int:
    """
    What a request gives at these prices that was made long enough before: it waits,
    with what it holds, and is executed. Who asks has to undo it.
    """
    state, model = call.world.state, call.world.model
    vault = call.world.addresses["Vault"]
    nav = model.view("Vault", "nav", call.action.now)
    asked_at = nav.priced_at - market.load_risk(state).vault.delay - 1
    if is_deposit:
        held = state.holdings[()]
        state.holdings[()] = replace(held, held_atoms=held.held_atoms + amount)
        state.escrow[()] += amount * state.scale
    else:
        state.shares[controller] -= amount
        state.shares[vault] += amount
    number = state.request_count[()] + 1
    state.requests[number] = Request(controller, is_deposit, amount, 1, asked_at)
    action = replace(call.action, sender=controller, arguments=(number,))
    outcome = model.apply(action)
    assert outcome.error != "RequestTooEarly", nav
    return outcome.returned or 0


@law
def no_free_entry(call: Call) -> None:
    """
    E1: who enters the vault and leaves it at the same prices with the shares that came
    of it gets no more than was paid.
    """
    found = executed(call)
    if found is None or not found.is_deposit or not found.given:
        return
    paid, controller = found.pending.amount, found.pending.controller
    try:
        back = executed_at_once(call, False, found.given, controller)
        assert back <= paid, (back, paid)
    finally:
        put_back(call.world.state, call.after.tables)


@law
def no_free_return(call: Call) -> None:
    """
    E3: who leaves the vault and enters it at the same prices with the atoms that came
    of it gets no more shares than were given.
    """
    found = executed(call)
    if found is None or found.is_deposit or not found.given:
        return
    shares, controller = found.pending.amount, found.pending.controller
    try:
        back = executed_at_once(call, True, found.given, controller)
        assert back <= shares, (back, shares)
    finally:
        put_back(call.world.state, call.after.tables)


@law
def shares_are_somebodys(call: Call) -> None:
    """
    E11: all shares are the supply; those of redemptions that wait lie with the vault,
    and what deposits that wait and orders hold is exactly what lies apart for them.
    """
    state, vault = call.world.state, call.world.addresses["Vault"]
    assert sum(state.shares.values()) == state.supply[()]
    assert min(state.shares.values(), default=0) >= 0

    def surplus(requests: Any, shares: int) -> int:
        return shares - sum(
            each.amount for each in requests.values() if not each.is_deposit
        )

    asked = [each.amount for each in state.requests.values() if each.is_deposit]
    fees = sum(each.fee for each in state.orders.values() if each.due_at)
    assert sum(asked) * state.scale + fees == state.escrow[()]
    then = surplus(call.before.tables["requests"], call.row("shares", vault))
    gift = surplus(state.requests, state.shares[vault]) - then
    assert gift == 0 or (gift > 0 and call.name.startswith("Vault.transfer")), gift


@law
def nobody_diluted(call: Call) -> None:
    """
    E12: who enters or leaves the vault does not lower what a share of the others is
    worth, virtual shares counted, at the vault's lower value and at its higher one; and
    nothing else that is done with shares changes the vault or their number.
    """
    state, was = call.world.state, call.row("supply", ())
    found = executed(call)
    if found is None or not found.given:
        if call.action.to == "Vault":
            assert state.supply[()] == was
            assert state.funds[()] == call.row("funds", ())
        return
    moved = -found.given if not found.is_deposit else found.pending.amount
    for now in (found.nav.low, found.nav.high):
        then = now - moved * state.scale
        assert then <= 0 or (now + 1) * (was + SHARES) >= (then + 1) * (
            found.supply + SHARES
        ), (then, was, now, found.supply)


@law
def enough_buys_shares(call: Call) -> None:
    """
    E13: an amount that is more than a millionth of the vault's higher value is not
    returned for buying no share, however few shares there are.
    """
    found = executed(call)
    if found is None or not found.is_deposit or found.given:
        return
    amount = found.pending.amount * call.world.state.scale
    if found.pending.minimum == 1:
        assert amount * SHARES <= max(found.nav.high, 0), (amount, found.nav)


def invalid_prices(call: Call) -> set[int]:
    """The markets with positions whose price is not valid."""
    state = call.world.state
    return {
        number
        for number in range(state.market_count[()])
        if state.books[number] != state.books.empty
        and not is_valid(
            market.price_of(state, number),
            market.load_params(state, number, call.action.now).limits,
            call.action.now,
        )
    }


def priced_after(call: Call, moment: int) -> bool:
    """Whether it is later, and so are all valid prices of markets with positions."""
    state = call.world.state
    priced = set(range(state.market_count[()])) - invalid_prices(call)
    return call.action.now > moment and all(
        market.price_of(state, number).published_at > moment
        for number in priced
        if state.books[number] != state.books.empty
    )


def needs_prices(call: Call, pending: Any) -> bool:
    """Whether a request may be executed at valid prices only: who goes may decide."""
    return bool(pending.is_deposit or call.action.sender != pending.controller)


def is_shut(call: Call) -> bool:
    """Whether a market owed more than it paid, before the call."""
    state, now = call.world.state, call.action.now
    vault = call.row("funds", ()).vault
    for number in range(state.market_count[()]):
        spent = still_spent(call.row("payouts", number), now)
        factor = call.params_before(number).payout.factor
        owed = market_owes(state, call.before.tables, number, now)
        if owed > payout_cap(vault, spent, factor):
            return True
    return False


def times_of(call: Call, pending: Any) -> tuple[int, int]:
    """The last second that a request waits through, and the last of its window."""
    params = market.load_risk(call.world.state).vault
    first = pending.requested_at + params.delay
    return first, first + params.window


@law
def executed_in_time(call: Call) -> None:
    """
    E14: a request is executed at prices from after its delay only, and so never in the
    second of its making, and within its window; after it, and not before, it is given
    back. All prices are valid, or who controls a redemption executed it.
    """
    if not call.ok or call.name not in ("Vault.execute", "Vault.return_request"):
        return
    pending = call.row("requests", call.action.arguments[0])
    first, last = times_of(call, pending)
    if call.name == "Vault.execute":
        assert priced_after(call, first), (pending, first)
        assert not (needs_prices(call, pending) and invalid_prices(call)), pending
        assert call.action.now <= last, (pending, last)
    else:
        assert call.action.now > last, (pending, last)


def reserved(call: Call) -> int:
    """What the vault holds in reserve for the heavier sides."""
    state, total = call.world.state, 0
    for number in range(state.market_count[()]):
        book = state.books[number]
        heavier = max(book.long_size, -book.short_size)
        value = up(heavier, market.price_of(state, number).index)
        factor = market.load_params(
            state, number, call.action.now
        ).borrowing.reserve_factor
        total += up(value, factor)
    return total


@law
def enough_stays(call: Call) -> None:
    """
    E15: after a redemption the vault's lower value is its reserve or more, and it has
    what accounts owe; and none comes so soon after bad debt.
    """
    found = executed(call)
    if found is None or found.is_deposit or not found.given:
        return
    state = call.world.state
    assert found.nav.low >= reserved(call), (found.nav, reserved(call))
    assert state.funds[()].vault >= state.holdings[()].debt
    quarantine = market.load_risk(state).vault.quarantine
    since = call.action.now - state.insurance_window[()].bad_debt_at
    assert since >= quarantine, (since, quarantine)


def stands_in_the_way(call: Call, pending: Any, error: str) -> bool:
    """Whether the reason for which an execution was refused is there."""
    state, now = call.world.state, call.action.now
    first, last = times_of(call, pending)
    if error == "RequestUnknown":
        return bool(pending.amount == 0)
    if error == "RequestTooLate":
        return now > last
    nav = nav_of(call)
    if error == "MarketHalted" or error.startswith("Price"):
        return needs_prices(call, pending) and bool(invalid_prices(call))
    if error == "RequestTooEarly":
        return not priced_after(call, first)
    if error == "VaultShut":
        return is_shut(call)
    supply = state.supply[()]
    if pending.is_deposit:
        assert error in ("VaultUnderwater", "OutOfBounds"), error
        return error == "OutOfBounds" or nav.high * MOST_SHARES < supply
    if error == "VaultQuarantined":
        quarantine = market.load_risk(state).vault.quarantine
        return now < state.insurance_window[()].bad_debt_at + quarantine
    value = pending.amount * (max(nav.low, 0) + 1) // (supply + SHARES)
    if error == "ReserveTooSmall":
        return nav.low - value < reserved(call)
    debt = state.holdings[()].debt
    return error == "VaultTooSmall" and state.funds[()].vault - value < debt


@law
def no_other_reason(call: Call) -> None:
    """
    E16: a request that waits is executed whenever somebody asks for it, unless it is
    too early or too late, prices are not valid, a market owes more than it pays, or the
    vault has no shares to sell or nothing to spare; no other request is a reason.
    """
    if call.name != "Vault.execute" or call.ok:
        return
    pending, error = call.row("requests", call.action.arguments[0]), call.outcome.error
    assert stands_in_the_way(call, pending, error), (pending, error)


@law
def shut_both_ways(call: Call) -> None:
    """
    E19: while any market owes more than it pays, nobody enters or leaves the vault.
    """
    found = executed(call)
    assert found is None or not found.given or not is_shut(call), found


@law
def nothing_for_nothing(call: Call) -> None:
    """E17: a vault that owes all it has sells no shares."""
    found = executed(call)
    if found is None or not found.is_deposit:
        return
    entered = found.pending.amount * call.world.state.scale if found.given else 0
    high = found.nav.high - entered
    assert high * MOST_SHARES >= call.row("supply", ()), (high, found)


@law
def all_or_nothing(call: Call) -> None:
    """
    E18: an execution gives its minimum or more to who controls the request, else all
    that the request held; as does its return after the window.
    """
    if not call.ok or call.name not in ("Vault.execute", "Vault.return_request"):
        return
    state = call.world.state
    number = call.action.arguments[0]
    pending = call.row("requests", number)
    controller, given = pending.controller, call.outcome.returned or 0
    shares = state.shares[controller] - call.row("shares", controller)
    atoms = state.quote.balances[controller] - call.before.tables["balances"].get(
        controller, 0
    )
    assert state.requests[number].amount == 0
    if given:
        assert given >= pending.minimum, (given, pending)
        expected = (given, 0) if pending.is_deposit else (0, given)
    else:
        expected = (0, pending.amount) if pending.is_deposit else (pending.amount, 0)
    assert (shares, atoms) == expected, (shares, atoms, pending)


@law
def as_it_was_said(call: Call) -> None:
    """
    E9: an execution gives exactly what the vault said beforehand that so many assets or
    shares were worth.
    """
    found = executed(call)
    if found is None:
        return
    model, pending = call.world.model, found.pending
    view = "convertToShares" if pending.is_deposit else "convertToAssets"
    try:
        put_back(model.state, call.before.tables)
        said = model.view("Vault", view, call.action.now, pending.amount)
    finally:
        put_back(model.state, call.after.tables)
    assert found.given == (said if said >= pending.minimum else 0), (said, found)


# What must answer whoever asks, whatever the prices are, and its arguments.
ANSWERING = (
    ("totalAssets", ()),
    ("convertToShares", (10**6,)),
    ("convertToAssets", (10**24,)),
    ("maxDeposit", (0,)),
    ("maxMint", (0,)),
)
OWNED = ("maxRedeem", "maxWithdraw")


@trial
def views_answer(call: Call) -> None:
    """
    E10: what the vault is worth, what shares and assets are, and how much may come and
    go, is never refused, and not said otherwise to somebody else.
    """
    state, world = call.world.state, call.world
    owners = [(name, (each,)) for each in state.shares for name in OWNED]
    for function, arguments in (*ANSWERING, *owners):
        said = set()
        for sender in (0, world.actors["provider"]):
            asked = ProtocolCall(sender, call.action.now)
            found = entry_point("Vault", function)
            try:
                said.add(found(state, asked, *arguments))
            except Revert as refusal:
                raise AssertionError(function, str(refusal)) from None
        assert len(said) == 1, (function, said)


@trial
def most_is_most(call: Call) -> None:
    """
    B7: as many shares as the vault says may leave now are paid out now, and are worth
    what it says; one share more that is worth an atom more is not. As many atoms as it
    says may come buy now what it says.
    """
    state, model, now = call.world.state, call.world.model, call.action.now
    nav = nav_of(call)
    params = market.load_risk(state).vault
    # A request as old as it must be would be too late already.
    if now > nav.priced_at - 1 + params.window:
        return
    execution = replace(call.action, to="Vault", function="execute")
    asked = replace(call, action=execution)
    entering = model.view("Vault", "maxDeposit", now, 0)
    bought = model.view("Vault", "convertToShares", now, entering)
    if entering:
        try:
            provider = call.world.actors["provider"]
            assert executed_at_once(asked, True, entering, provider) == bought
        finally:
            put_back(state, call.after.tables)
    for owner in list(state.shares):
        if owner == call.world.addresses["Vault"]:
            continue
        most = model.view("Vault", "maxRedeem", now, owner)
        worth = model.view("Vault", "maxWithdraw", now, owner)
        more = model.view("Vault", "convertToAssets", now, most + 1)
        try:
            if most:
                assert executed_at_once(asked, False, most, owner) == worth
                put_back(state, call.after.tables)
            if most < state.shares[owner] and more > worth:
                assert executed_at_once(asked, False, most + 1, owner) == 0
        finally:
            put_back(state, call.after.tables)
