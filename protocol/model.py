"""
The protocol as a machine: a call goes in, and out comes what it did.

A call happens as a whole or not at all. What it did is its outcome: what it returned or
the reason of its refusal, its logs, and what it wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from protocol import (
    access,
    account,
    aggregator,
    collateral,
    credit,
    deleveraging,
    exchange,
    feed,
    funding,
    governor,
    insurance,
    margin_call,
    market,
    order,
    payout,
    request,
    resolution,
    settlement,
    share,
    top_up,
    trading,
    unwinding,
)
from protocol.errors import Revert
from protocol.state import Addresses, State, Table, TokenState
from protocol.trace import (
    Action,
    Genesis,
    Kind,
    Shape,
    entry_point,
    fields_of,
    listed_record,
    shape,
)
from protocol.units import Address, Call, Seconds

# Which contract emits an event.
EMITTERS: dict[type[Struct], str] = {
    event: contract
    for contract, events in {
        "Exchange": (
            account.OperatorSet,
            account.MarginModeSet,
            exchange.Deposited,
            exchange.Withdrawn,
            exchange.CollateralDeposited,
            exchange.CollateralWithdrawn,
            resolution.CollateralBought,
            collateral.CollateralSeized,
            exchange.InsuranceFunded,
            exchange.RewardClaimed,
            exchange.Lent,
            exchange.LentWithdrawn,
            credit.LineAsked,
            credit.LineGranted,
            credit.LineRecalled,
            credit.LineUsed,
            credit.LineSettled,
            credit.LineDrawn,
            deleveraging.Deleveraged,
            deleveraging.DeleveragingEnded,
            deleveraging.DeleveragingOpened,
            funding.FundingAccrued,
            insurance.InsuranceDrawn,
            margin_call.MarginCalled,
            margin_call.MarginCallEnded,
            market.MarketSettled,
            payout.PayoutCut,
            settlement.Settled,
            settlement.BadDebt,
            unwinding.PositionSettled,
            trading.Traded,
            unwinding.Liquidated,
        ),
        "Aggregator": (aggregator.AnswerUpdated,),
        "Oracle": (
            feed.FeedClosed,
            feed.FeedSet,
            feed.Reported,
            feed.RoundStored,
        ),
        "Vault": (
            share.Transfer,
            share.Approval,
            share.Deposit,
            share.Withdraw,
            request.DepositRequest,
            request.RedeemRequest,
            request.RequestReturned,
            request.OperatorSet,
        ),
        "TopUps": (top_up.TopUpSet, top_up.ToppedUp),
        "Orders": (
            order.TriggerPlaced,
            order.OrderArmed,
            order.OrderCommitted,
            order.OrderFilled,
            order.OrderRefused,
            order.OrderExpired,
            order.OrderCancelled,
        ),
        "Governor": (
            collateral.CollateralSet,
            market.MarketSet,
            market.RiskSet,
            access.OwnershipOffered,
            access.OwnershipTaken,
            access.CouncilAppointed,
            access.GuardianAppointed,
            governor.MarketPaused,
        ),
    }.items()
    for event in events
}

# What is called, on which state, whether it takes words as they are, and its shape.
Entry = tuple[Callable[..., Any], State | TokenState, bool, Shape]


class Outcome(Struct, eq=False):
    """
    What a call did. `error` names the refusal, and is None when the call succeeded;
    then `returned` is what it returned, `logs` are its events with who emitted them, in
    order, and `writes` what it wrote last, by table and key.
    """

    error: str | None
    returned: Any
    logs: list[tuple[str, Struct]]
    writes: dict[tuple[Table[Any, Any], Any], Any]


class Model:
    """The protocol's state, and every call on it."""

    def __init__(
        self,
        genesis: Genesis,
        addresses: Addresses,
        create_address: Callable[[Address, int], Address],
    ) -> None:
        self.state = State(addresses, genesis.token_decimals(), create_address)
        self.entries: dict[tuple[str, str], Entry] = {}
        # Deployment names the owner, and lets the exchange take what is brought for
        # others; no call undoes it.
        self.state.owner[()] = genesis.owner
        bringing = addresses.top_ups, addresses.exchange
        self.state.quote.allowances[bringing] = 2**256 - 1
        self.state.journal.clear()

    def apply(self, action: Action) -> Outcome:
        """Make the call: all of it happens, or none of it."""
        state = self.state
        journal = state.journal
        try:
            function, part, is_flat, parameters = self.entries[
                action.to, action.function
            ]
        except KeyError:
            function, part, is_flat, parameters = self.entry(action.to, action.function)
        arguments = action.arguments
        if not is_flat:
            arguments = assembled(parameters, arguments)
        call = Call(action.sender, Seconds(action.now))
        try:
            returned = function(part, call, *arguments)
        except Revert as refusal:
            state.undo((0, 0))
            return Outcome(str(refusal), None, [], {})
        writes = {(table, key): table[key] for table, key, _ in journal}
        journal.clear()
        logs = [(name or EMITTERS[type(event)], event) for name, event in state.logs]
        state.logs.clear()
        return Outcome(None, returned, logs, writes)

    def entry(self, to: str, function: str) -> Entry:
        """An entry point, with what `apply` has to know of it."""
        parameters = shape(to, function)
        is_flat = all(kind is int for _, kind in parameters)
        found = (entry_point(to, function), self.part(to), is_flat, parameters)
        self.entries[to, function] = found
        return found

    def part(self, to: str) -> State | TokenState:
        """The state that a contract sees: a token its own, the others all."""
        for token in self.state.tokens.values():
            if token.name == to:
                return token
        return self.state

    def view(self, to: str, function: str, now: int, *arguments: Any) -> Any:
        """What a view returns at `now`; raises `Revert` where it refuses."""
        call = Call(0, Seconds(now))
        return entry_point(to, function)(self.part(to), call, *arguments)


def assembled(parameters: Shape, words: tuple[int, ...]) -> tuple[Any, ...]:
    """The arguments that words are: numbers, truths, records, lists or all the rest."""
    left = list(reversed(words))
    return tuple(assembled_one(kind, left) for _, kind in parameters)


def assembled_one(kind: Kind, left: list[int]) -> Any:
    """One argument, whose words are the last ones in `left`, taken from there."""
    if kind is int:
        return left.pop()
    if kind is bool:
        return bool(left.pop())
    if kind is tuple:
        rest = tuple(reversed(left))
        left.clear()
        return rest
    if kind is list:
        _, count = left.pop(), left.pop()
        return [left.pop() for _ in range(count)]
    if (record := listed_record(kind)) is not None:
        _, count = left.pop(), left.pop()
        return [assembled_one(record, left) for _ in range(count)]
    return kind(*(assembled_one(each, left) for _, each in fields_of(kind)))
