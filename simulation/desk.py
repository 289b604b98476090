"""
A desk at which a newcomer makes calls by name: on the model alone, or on it and a chain
in lockstep, by the same lines.

Every line is a call that anybody could make, by an address of its own: what is brought
is minted and approved before it is deposited, prices move because their reporters say
so, and nobody is liquidated unless somebody does it. A call that the protocol refuses
raises the protocol's error, `Revert`; one on which model and chain differ raises
`Difference`. Amounts are texts with their unit, read exactly; what comes back are the
records of the protocol, in wads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from evm.actors import actor_address
from evm.compile import compile_contracts
from evm.replay import NONE
from keepers.reporter import reports
from protocol.errors import Revert
from protocol.fixed_point import WAD
from protocol.statement import BANKRUPT, CALLED, HEALTHY, LIQUIDATABLE, Statement
from protocol.trace import UNLIMITED, Action, genesis_actions, write_trace
from protocol.trading import Fill
from protocol.units import Price, Quote, Size
from simulation.engine import feeds_of
from simulation.genesis import KEEPER, funding_calls, genesis_of
from simulation.quantities import (
    format_moment,
    parse_amount,
    parse_duration,
    parse_ratio,
)
from simulation.run import prepare
from simulation.stage import Ending, open_stage

CRASH = Path(__file__).parents[1] / "scenarios" / "crash.toml"
PEOPLE = ("trader", "rival", "provider")
# What a trade ends at where its limit does not matter.
HIGHEST, LOWEST = 2**128, 0
STATUS = {
    HEALTHY: "healthy",
    CALLED: "at a margin call",
    LIQUIDATABLE: "liquidatable",
    BANKRUPT: "bankrupt",
}


class Desk:
    """
    The markets, the vault and the insurance fund of a scenario, just funded, and people
    who have done nothing yet.

    `evm` is `none`, `revm`, `eth-tester` or the URL of a node. Its agents and its later
    prices play no part; `overrides` are those of the command line.
    """

    def __init__(
        self,
        evm: str = NONE,
        *,
        people: Sequence[str] = PEOPLE,
        scenario: Path = CRASH,
        overrides: Iterable[str] = (),
    ) -> None:
        play = prepare(scenario, overrides).plays[0]
        self.scenario = play.scenario
        self.feeds = feeds_of(play.scenario, play.series)
        self.prices = [Price(series.ticks[0].price) for series in play.series]
        self.genesis = genesis_of(
            play.scenario, {name: actor_address(name) for name in people}
        )
        self.stage = open_stage(evm, compile_contracts(), self.genesis, "TRACE")
        self.state = self.stage.model.state
        self.now = play.scenario.run.start
        self.actions: list[Action] = []
        for action in genesis_actions(self.genesis, self.stage.addresses):
            self.returned(action)
        for action in funding_calls(self.genesis, self.now):
            self.apply(action)
        self.report()

    def deposit(self, name: str, amount: str) -> None:
        """Bring money into an account, which opens with the first of it."""
        atoms, address = self.atoms(amount), self.address(name)
        exchange = self.stage.addresses["Exchange"]
        self.make(name, "Token", "mint", address, atoms)
        self.make(name, "Token", "approve", exchange, UNLIMITED)
        self.make(name, "Exchange", "deposit", self.holder(name), atoms)

    def withdraw(self, name: str, amount: str) -> None:
        """Take money out of an account, as far as its margin allows."""
        words = (self.holder(name), self.atoms(amount), self.address(name))
        self.make(name, "Exchange", "withdraw", *words)

    def trade(
        self, name: str, market: str, size: str, *, limit: str | None = None
    ) -> Fill:
        """
        Buy `size` of a market, or sell it where it is negative: at `limit` or better,
        at any price where there is none.
        """
        delta = Size(parse_amount(size, market))
        worst = HIGHEST if delta > 0 else LOWEST
        if limit is not None:
            worst = self.quote(limit)
        words = (self.holder(name), self.market_id(market), int(delta), worst)
        fill: Fill = self.make(name, "Exchange", "trade", *words)
        return fill

    def settle(self, name: str, market: str) -> Quote:
        """Settle what an account has gained or lost; give what its cash changed by."""
        words = (self.holder(name), self.market_id(market))
        changed: Quote = self.make(name, "Exchange", "settle", *words)
        return changed

    def liquidate(self, name: str, market: str, *, by: str = KEEPER) -> Size:
        """Have somebody's account liquidated; give the size closed."""
        words = (self.holder(name), self.market_id(market))
        closed: Size = self.make(by, "Exchange", "liquidate", *words)
        return closed

    def make(self, name: str, to: str, function: str, *words: int) -> Any:
        """Any call by somebody, of words; what it returns, as the model has it."""
        return self.apply(Action(to, function, self.address(name), self.now, words))

    def move(self, market: str, change: str, *, over: str = "10m") -> None:
        """
        Let a price change by a part of itself, evenly: every step of the scenario all
        reporters speak, of every market.
        """
        moved, part = self.priced(market), parse_ratio(change)
        if part <= -WAD:
            raise ValueError(f"{change!r}: no price falls by all of itself")
        step = self.scenario.run.step
        steps = max(1, parse_duration(over) // step)
        before = int(self.prices[moved])
        for number in range(1, steps + 1):
            self.now += step
            self.prices[moved] = Price(before + before * part * number // steps // WAD)
            self.report()

    def wait(self, time: str) -> None:
        """Let time pass, at the same prices."""
        self.move(self.scenario.priced[0].name, "0", over=time)

    def report(self) -> None:
        """Let every reporter say what its price is now."""
        for feed, price in zip(self.feeds, self.prices, strict=True):
            for action in reports(
                feed.feed_id, feed.reporters, int(price), feed.confidence, self.now
            ):
                self.apply(action)

    def statement(self, name: str) -> Statement:
        """The statement of an account, in wads."""
        words = (self.holder(name),)
        view = Action("Lens", "statement_of", self.address(name), self.now, words)
        statement: Statement = self.stage.look(view).returned
        return statement

    def tell(self, name: str) -> str:
        """The statement of an account in words, rounded to six decimals."""
        found, unit = self.statement(name), self.scenario.quote
        lines = [f"{name} at {format_moment(self.now)}: {STATUS[found.status]}"]
        for field in (
            "cash",
            "equity",
            "strict_equity",
            "initial",
            "maintenance",
            "reserve",
            "free_collateral",
        ):
            label = field.replace("_", " ")
            lines.append(f"  {label:<16}{told(getattr(found, field)):>18} {unit}")
        for market, line in zip(self.scenario.markets, found.lines, strict=False):
            if line.size != Size(0) or line.claim != Quote(0):
                at = (
                    told(line.liquidation_price)
                    if line.liquidation_price
                    else "no price"
                )
                lines.append(
                    f"  {told(line.size)} {market.name}: profit {told(line.profit)}, "
                    f"claim {told(line.claim)}, liquidated at {at} ({unit})"
                )
        return "\n".join(lines)

    def end(self) -> Ending:
        """Compare what can only be compared at the end, and let go of the chain."""
        try:
            return self.stage.end()
        finally:
            self.stage.close()

    def write(self, path: Path | str) -> None:
        """Write all of it as a trace, which replays on the model and on any chain."""
        write_trace(path, self.genesis, self.actions, None)

    def apply(self, action: Action) -> Any:
        """Make a call that a trace has, too."""
        self.actions.append(action)
        return self.returned(action)

    def returned(self, action: Action) -> Any:
        """Make a call; what it returns, or the error with which it is refused."""
        outcome = self.stage.make(action).outcome
        if outcome.error is not None:
            raise Revert(outcome.error)
        return outcome.returned

    def address(self, name: str) -> int:
        """The address of somebody."""
        known = self.genesis.actors
        if name not in known:
            raise ValueError(f"nobody is called {name!r}, but {', '.join(known)}")
        return known[name]

    def holder(self, name: str) -> int:
        """The first account of somebody."""
        return self.address(name) << 96

    def priced(self, name: str) -> int:
        """The place of a market or token among all that has prices."""
        names = [each.name for each in self.scenario.priced]
        if name not in names:
            raise ValueError(f"nothing is called {name!r}, but {', '.join(names)}")
        return names.index(name)

    def market_id(self, name: str) -> int:
        """The number of a market."""
        number = self.priced(name)
        if number >= len(self.scenario.markets):
            raise ValueError(f"{name} is a token, not a market")
        return number

    def quote(self, amount: str) -> int:
        """An amount in quote, in wads."""
        return parse_amount(amount, self.scenario.quote)

    def atoms(self, amount: str) -> int:
        """An amount in quote, in atoms of its token."""
        atoms, rest = divmod(self.quote(amount), self.state.scale)
        if rest:
            decimals = self.scenario.decimals
            raise ValueError(f"{amount!r} has more than {decimals} decimals")
        return atoms


def told(number: Quote | Size | Price) -> str:
    """A number of wads as a person reads it."""
    text = f"{round(Decimal(int(number)).scaleb(-18), 6):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
