"""
What is counted while a run goes on, and the one law that is checked after every call.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from msgspec import Struct

from protocol.collateral import CollateralSeized
from protocol.credit import LineDrawn, LineSettled
from protocol.deleveraging import Deleveraged, DeleveragingOpened
from protocol.exchange import Lent
from protocol.fixed_point import WAD
from protocol.insurance import InsuranceDrawn
from protocol.margin_call import MarginCalled, MarginCallEnded
from protocol.model import Outcome
from protocol.order import OrderCommitted, OrderExpired, OrderFilled, OrderRefused
from protocol.payout import PayoutCut
from protocol.resolution import CollateralBought
from protocol.settlement import BadDebt, Settled
from protocol.share import Deposit, Withdraw
from protocol.state import State
from protocol.top_up import ToppedUp
from protocol.trace import Action
from protocol.unwinding import Liquidated


class Conservation:
    """
    sum(cash) + vault + insurance + treasury + rewards + escrow + lenders == held_atoms
    * scale, exactly; and of each token what all accounts have is its total, and no more
    than is held.

    The sums over all accounts and lenders are kept along from what each call wrote.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.cash: dict[int, int] = {}
        self.lent: dict[int, int] = {}
        self.total = 0
        self.tokens: dict[tuple[int, int], int] = {}
        self.token_totals: Counter[int] = Counter()
        self.violations = 0

    def check(self, outcome: Outcome) -> None:
        """Take in what a call wrote, and hold the sum against what is held."""
        state = self.state
        is_touched = False
        for (table, key), record in outcome.writes.items():
            if table is state.accounts:
                cash = int(record.cash)
                self.total += cash - self.cash.get(key, 0)
                self.cash[key] = cash
                is_touched = True
            elif table is state.lenders:
                money = int(record.money)
                self.total += money - self.lent.get(key, 0)
                self.lent[key] = money
                is_touched = True
            elif table is state.collaterals:
                token_id = key[1]
                self.token_totals[token_id] += int(record) - self.tokens.get(key, 0)
                self.tokens[key] = int(record)
                is_touched = True
            elif table in (state.funds, state.escrow, state.holdings, state.totals):
                is_touched = True
        if is_touched and not self.holds():
            self.violations += 1

    def holds(self) -> bool:
        """Whether everything that is held belongs to somebody, and no more."""
        funds = self.state.funds[()]
        owned = funds.vault + funds.insurance + funds.treasury + funds.rewards
        owned += self.state.escrow[()]
        held = self.state.holdings[()].held_atoms * self.state.scale
        return self.total + int(owned) == held and all(
            self.token_totals[token_id] == int(total)
            for token_id, total in self.state.totals.items()
        )


class Event(Struct, frozen=True):
    """Something that happened to an account, for the report; amounts in wads."""

    time: int
    kind: str
    holder: int
    market_id: int
    size: int = 0
    price: int = 0
    left: int = 0
    reward: int = 0
    amount: int = 0


class Tally:
    """Every call by how it ended, and the events that a report is made of."""

    def __init__(self) -> None:
        self.calls = 0
        self.refused = 0
        self.outcomes: dict[str, Counter[str]] = {}
        self.gas: dict[str, int] = {}
        self.logs: Counter[str] = Counter()
        self.events: list[Event] = []
        self.liquidations = 0
        self.partial_liquidations = 0
        self.bad_debt = 0
        self.insurance_drawn = 0
        # Whom it happened to.
        self.liquidated: set[int] = set()
        self.called: set[int] = set()
        # How often a call was ended by what its owner did, and what orders have moved,
        # in atoms.
        self.answered = 0
        self.topped_up = 0
        # What lenders have brought, were paid in interest, and lost.
        self.lent = 0
        self.interest = 0
        self.lines_drawn = 0
        # By account and place, the fee of the last order; by account, what orders have
        # paid keepers.
        self.order_fee_at: dict[tuple[int, int], int] = {}
        self.order_fees: Counter[int] = Counter()
        # Of insurance and bad debt, what was for whom.
        self.bad_debt_of: Counter[int] = Counter()
        self.drawn_for: Counter[int] = Counter()
        # By market: how often a gain was paid in part, and what of it was not.
        self.cuts: Counter[int] = Counter()
        self.cut: Counter[int] = Counter()
        # By market: how often deleveraging opened, how often it closed something of a
        # position, and the value closed; and that of whom.
        self.openings: Counter[int] = Counter()
        self.deleveragings: Counter[int] = Counter()
        self.deleveraged: Counter[int] = Counter()
        self.deleveraged_of: Counter[int] = Counter()
        # By token: what was sold in atoms, what its buyers paid in atoms of quote, and
        # what was seized.
        self.sold: Counter[int] = Counter()
        self.paid: Counter[int] = Counter()
        self.seized: Counter[int] = Counter()

    def count(self, action: Action, outcome: Outcome, gas: int | None) -> None:
        """Count a call and what it logged."""
        name = f"{action.to}.{action.function}"
        self.calls += 1
        self.refused += outcome.error is not None
        ended = self.outcomes.setdefault(name, Counter())
        ended[outcome.error or "ok"] += 1
        if gas is not None:
            self.gas[name] = max(self.gas.get(name, 0), gas)
        market_id = action.arguments[1] if action.function == "liquidate" else 0
        for _, event in outcome.logs:
            self.logs[type(event).__name__] += 1
            self.take(event, action.now, market_id)
            closing = ("liquidate", "deleverage", "close_settled")
            is_closed = action.function in closing
            self.answered += isinstance(event, MarginCallEnded) and not is_closed

    def take(self, event: Any, now: int, market_id: int) -> None:
        """Keep an event that a report tells of."""
        if isinstance(event, Liquidated):
            self.liquidations += 1
            self.liquidated.add(event.holder)
            self.partial_liquidations += bool(event.size)
            kind = "partial" if event.size else "full"
            self.add_closed(now, kind, event, int(event.reward))
        elif isinstance(event, Deleveraged):
            value = self.add_closed(now, "deleveraged", event)
            self.deleveragings[event.market_id] += 1
            self.deleveraged[event.market_id] += value
            self.deleveraged_of[event.holder] += value
        elif isinstance(event, DeleveragingOpened):
            self.openings[event.market_id] += 1
        elif isinstance(event, MarginCalled):
            self.called.add(event.holder)
            equity = int(event.equity)
            self.add(now, "called", event.holder, event.market_id, equity)
        elif isinstance(event, ToppedUp):
            self.topped_up += event.atoms
        elif isinstance(event, OrderCommitted):
            self.order_fee_at[event.holder, event.number] = int(event.fee)
        elif isinstance(event, OrderFilled | OrderRefused | OrderExpired):
            fee = self.order_fee_at[event.holder, event.number]
            self.order_fees[event.holder] += fee
        elif isinstance(event, Lent):
            self.lent += event.atoms
        elif isinstance(event, LineSettled):
            self.interest += int(event.paid)
        elif isinstance(event, LineDrawn):
            self.lines_drawn += int(event.amount)
            self.add(now, "line", event.holder, market_id, int(event.amount))
        elif isinstance(event, BadDebt):
            self.bad_debt += int(event.amount)
            self.bad_debt_of[event.holder] += int(event.amount)
            self.add(now, "bad debt", event.holder, market_id, int(event.amount))
        elif isinstance(event, InsuranceDrawn):
            self.insurance_drawn += int(event.amount)
            self.drawn_for[event.holder] += int(event.amount)
            self.add(now, "insurance", event.holder, market_id, int(event.amount))
        elif isinstance(event, PayoutCut):
            cut = int(event.claimed - event.paid)
            self.cuts[event.market_id] += 1
            self.cut[event.market_id] += cut
            self.add(now, "cut", event.holder, event.market_id, cut)
        elif isinstance(event, CollateralBought):
            self.sold[event.token_id] += event.atoms
            self.paid[event.token_id] += event.paid
            self.add(now, "sold", event.holder, event.token_id, event.paid)
        elif isinstance(event, CollateralSeized):
            self.seized[event.token_id] += int(event.amount)
        elif isinstance(event, Deposit | Withdraw):
            kind = "entered" if isinstance(event, Deposit) else "left"
            self.add(now, kind, event.owner << 96, 0, event.assets)
        elif isinstance(event, Settled) and event.amount < 0:
            self.logs["losses settled"] += 1

    def add_closed(
        self, now: int, kind: str, event: Liquidated | Deleveraged, reward: int = 0
    ) -> int:
        """Keep an event that closed something of a position; the value closed."""
        value = abs(int(event.size_delta)) * int(event.price) // WAD
        self.events.append(
            Event(
                time=now,
                kind=kind,
                holder=event.holder,
                market_id=event.market_id,
                size=int(event.size_delta),
                price=int(event.price),
                left=int(event.size),
                reward=reward,
                amount=value,
            )
        )
        return value

    def add(
        self, now: int, kind: str, holder: int, market_id: int, amount: int
    ) -> None:
        """Keep an event that is only an amount."""
        event = Event(
            time=now, kind=kind, holder=holder, market_id=market_id, amount=amount
        )
        self.events.append(event)

    def by_entry_point(self) -> dict[str, dict[str, Any]]:
        """How the calls of each entry point ended."""
        return {
            name: {
                "ok": ended["ok"],
                "refused": {
                    error: ended[error] for error in sorted(ended) if error != "ok"
                },
            }
            for name, ended in sorted(self.outcomes.items())
        }

    def refusals(self) -> dict[str, int]:
        """How often each error refused a call, the most frequent first."""
        totals: Counter[str] = Counter()
        for ended in self.outcomes.values():
            totals.update(ended)
        del totals["ok"]
        ordered = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        return dict(ordered)
