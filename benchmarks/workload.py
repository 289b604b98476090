"""
A seeded mix of calls, recorded while a model makes them.

The model says what there is to choose from, so that most calls succeed; some are wrong
on purpose. Prices are reported as often as they must be and are not part of the mix.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from time import perf_counter

from benchmarks.genesis import PRICE, REPORTERS, START, TOKEN, genesis, holder
from evm.actors import actor_address
from evm.chain import predicted_addresses
from evm.compile import Contract
from evm.replay import model_at
from protocol import health
from protocol.fixed_point import WAD
from protocol.trace import Action, genesis_actions
from protocol.units import Seconds

MARKETS = 4
TRADERS = tuple(f"trader_{number}" for number in range(8))
PROVIDERS = ("provider_1", "provider_2")
NAMES = (*TRADERS, *PROVIDERS, "keeper", "stranger")
SUBS = 5
GENESIS = genesis((len(REPORTERS),) * MARKETS, NAMES)
REPORT_EVERY = 60
# How the price of a market moves from one report to the next, at most.
MOVE = 0.04
# So many calls of a hundred are wrong on purpose.
WRONG = 6
HIGHEST = 10**6 * WAD
# Calls of the mix, by how often they are chosen.
WEIGHTS = {
    "trade": 46,
    "deposit": 12,
    "withdraw": 9,
    "settle": 11,
    "request_deposit": 6,
    "request_redeem": 5,
    "accrue": 4,
    "fund_insurance": 2,
    "claim_reward": 1,
    "set_operator": 3,
}


def is_report(action: Action) -> bool:
    """Whether the call is one of those that are counted apart."""
    return action.function == "report"


class Workload:
    """The calls so far, how each ended, and how long it took to choose them."""

    def __init__(self, contracts: dict[str, Contract], seed: int) -> None:
        self.random = Random(seed)
        addresses = predicted_addresses(contracts)
        self.model = model_at(GENESIS, addresses)
        self.state = self.model.state
        self.now = START
        self.prices = [PRICE] * MARKETS
        self.reported_at = 0
        self.holders = [holder(name, sub) for name in TRADERS for sub in range(SUBS)]
        self.start = list(genesis_actions(GENESIS, addresses))
        self.actions: list[Action] = []
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.applying = 0.0
        self.choosing = 0.0
        for action in self.start:
            assert self.model.apply(action).error is None

    def record(self, calls: int) -> None:
        """Make so many calls, reports beside them."""
        begun = perf_counter()
        applied = self.applying
        for action in self.beginning() if not self.actions else ():
            self.make(action)
        made = 0
        while made < calls:
            for action in self.due():
                self.make(action)
            for action in self.choose():
                self.make(action)
                made += 1
        self.choosing += perf_counter() - begun - (self.applying - applied)

    def make(self, action: Action) -> None:
        """Let the model make a call."""
        begun = perf_counter()
        outcome = self.model.apply(action)
        self.applying += perf_counter() - begun
        self.actions.append(action)
        name = f"{action.to}.{action.function}"
        self.outcomes[name, outcome.error or "ok"] += 1

    def by(self, sender: int | str, to: str, function: str, *words: int) -> Action:
        """A call now."""
        who = actor_address(sender) if isinstance(sender, str) else sender
        return Action(to, function, who, self.now, words)

    def beginning(self) -> Iterator[Action]:
        """Money for the vault, for insurance and for every account."""
        for name in PROVIDERS:
            yield self.by(name, "Vault", "request_deposit", 5 * 10**6 * TOKEN, 0)
        self.now += int(GENESIS.risk.vault.delay) + 1
        yield from self.executions()
        yield from self.reports()
        yield self.by("stranger", "Exchange", "fund_insurance", 10**5 * TOKEN)
        for account in self.holders:
            yield self.deposit(account)

    def due(self) -> Iterator[Action]:
        """New prices where the old ones are old, and who they put at risk."""
        self.now += self.random.randint(0, 2)
        if self.now < self.reported_at + REPORT_EVERY:
            return
        yield from self.reports()

    def reports(self) -> Iterator[Action]:
        """A round of every market."""
        self.reported_at = self.now
        for market_id, price in enumerate(self.prices):
            # Back toward the first price, or some day nobody could trade.
            pull = 0.02 * (PRICE / price - 1)
            moved = int(price * (1 + self.random.uniform(-MOVE, MOVE) + pull))
            self.prices[market_id] = moved
            for number, name in enumerate(REPORTERS):
                said = moved + number * moved // 10_000
                words = (market_id, number, said, moved // 2_000, self.now)
                yield self.by(name, "Oracle", "report", *words)

    def choose(self) -> Iterator[Action]:
        """The next call of the mix, and the liquidations that are due before it."""
        if self.now == self.reported_at:
            for account, market_id in self.at_risk():
                words = (account, market_id)
                yield self.by("keeper", "Exchange", "liquidate", *words)
            yield from self.executions()
        account = self.random.choice(self.holders)
        if self.random.randrange(100) < WRONG:
            yield self.wrong(account)
            return
        (chosen,) = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))
        makers: dict[str, Callable[[int], Action]] = {
            name: getattr(self, name) for name in WEIGHTS
        }
        yield makers[chosen](account)

    def executions(self) -> Iterator[Action]:
        """The requests of providers that have waited long enough."""
        delay = int(GENESIS.risk.vault.delay)
        for request_id, pending in list(self.state.requests.items()):
            if pending.amount and self.now > int(pending.requested_at) + delay:
                yield self.by("keeper", "Vault", "execute", request_id)

    def at_risk(self) -> list[tuple[int, int]]:
        """The positions whose accounts may be liquidated now."""
        reserve = GENESIS.risk.reserve
        found = []
        for (account, market_id), held in self.state.positions.items():
            if held.size:
                standing = health.standing_of(
                    self.state, account, False, Seconds(self.now)
                )
                if standing.equity < standing.maintenance + reserve:
                    found.append((account, market_id))
        return found

    def wrong(self, account: int) -> Action:
        """A call that is refused, for one of the reasons that happen."""
        owner = account >> 96
        market_id = self.random.randrange(MARKETS)
        return self.random.choice(
            [
                self.by("stranger", "Exchange", "trade", account, market_id, WAD, WAD),
                self.by(owner, "Exchange", "trade", account, market_id, WAD, WAD),
                self.by(
                    owner, "Exchange", "trade", account, market_id, 900 * WAD, HIGHEST
                ),
                self.by("keeper", "Exchange", "liquidate", account, market_id),
                self.by(owner, "Exchange", "withdraw", account, 10**7 * TOKEN, owner),
                self.by(owner, "Vault", "request_redeem", 10**30, 0),
            ]
        )

    def trade(self, account: int) -> Action:
        """Open a position, or change one that is there."""
        market_id = self.random.randrange(MARKETS)
        size = int(self.state.positions[account, market_id].size)
        delta = self.changed(size) if size else self.opened(account, market_id)
        words = (account, market_id, delta, HIGHEST if delta > 0 else 0)
        return self.by(account >> 96, "Exchange", "trade", *words)

    def opened(self, account: int, market_id: int) -> int:
        """A size worth a part of what the account can carry, often a large one."""
        cash = max(int(self.state.accounts[account].cash), 100 * WAD)
        value = int(cash * self.random.uniform(0.5, 9))
        size = value * WAD // self.prices[market_id]
        return size if self.random.random() < 0.5 else -size

    def changed(self, size: int) -> int:
        """More of a position, less of it, nothing of it, or the contrary."""
        kind = self.random.random()
        if kind < 0.3:
            return int(size * self.random.uniform(0.1, 0.5))
        if kind < 0.6:
            return -int(size * self.random.uniform(0.1, 0.8))
        return -size if kind < 0.9 else -2 * size

    def deposit(self, account: int) -> Action:
        """Collateral, in whole tokens."""
        atoms = self.random.randint(500, 3_000) * TOKEN
        return self.by(account >> 96, "Exchange", "deposit", account, atoms)

    def withdraw(self, account: int) -> Action:
        """A part of the cash, which the margin may still need."""
        cash = max(int(self.state.accounts[account].cash), WAD)
        share = self.random.uniform(0.05, 0.6)
        atoms = max(1, int(cash * share) // self.state.scale)
        owner = account >> 96
        return self.by(owner, "Exchange", "withdraw", account, atoms, owner)

    def settle(self, account: int) -> Action:
        """Where there is something to settle; by the owner, who may settle gains."""
        held = self.state.accounts[account]
        entered = held.positions | held.claims
        choices = [each for each in range(MARKETS) if entered >> each & 1]
        market_id = self.random.choice(choices or [0])
        return self.by(account >> 96, "Exchange", "settle", account, market_id)

    def request_deposit(self, account: int) -> Action:  # noqa: ARG002
        """A provider asks to enter the vault."""
        words = self.random.randint(10, 10_000) * TOKEN, 0
        name = self.random.choice(PROVIDERS)
        return self.by(name, "Vault", "request_deposit", *words)

    def request_redeem(self, account: int) -> Action:  # noqa: ARG002
        """A provider asks to leave with a little."""
        name = self.random.choice(PROVIDERS)
        shares = int(self.state.shares[actor_address(name)])
        part = max(1, int(shares * self.random.uniform(0.0001, 0.002)))
        return self.by(name, "Vault", "request_redeem", part, 0)

    def accrue(self, account: int) -> Action:  # noqa: ARG002
        """Anybody lets funding accrue."""
        market_id = self.random.randrange(MARKETS)
        return self.by("stranger", "Exchange", "accrue", market_id)

    def fund_insurance(self, account: int) -> Action:  # noqa: ARG002
        """Anybody gives to the insurance fund."""
        return self.by("stranger", "Exchange", "fund_insurance", 10 * TOKEN)

    def claim_reward(self, account: int) -> Action:  # noqa: ARG002
        """The keeper takes what he has earned, if anything."""
        keeper = actor_address("keeper")
        earned = int(self.state.keeper_rewards[keeper])
        atoms = max(1, earned // self.state.scale)
        return self.by(keeper, "Exchange", "claim_reward", atoms, keeper)

    def set_operator(self, account: int) -> Action:
        """An owner lets the keeper act for him, or no longer."""
        words = (actor_address("keeper"), self.random.randrange(2))
        return self.by(account >> 96, "Exchange", "set_operator", *words)
