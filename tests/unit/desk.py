"""
The market of the worked numbers, deployed: every call is made on both sides.

All of it happens in one second, so that neither funding nor borrowing moves a number;
reports speak of the seconds before. Only what the vault has begins earlier, since a
request has to wait.
"""

from __future__ import annotations

from typing import Any

from evm.actors import actor_address
from evm.compile import compile_contracts
from evm.lockstep import Lockstep
from evm.replay import model_at
from evm.revm import RevmChain
from protocol.collateral import FIRST_FEED
from protocol.model import Outcome
from protocol.trace import (
    VERSION,
    Action,
    CollateralGenesis,
    Genesis,
    MarketGenesis,
    genesis_actions,
)
from tests.unit.worked import FEED, MARKET, RISK, START, TOKEN, wad

ATOM = 10**12
# When the first provider asks, so that its request is executed at the start.
EARLY = START - RISK.vault.delay - 1
REPORTERS = tuple(f"reporter_{number}" for number in range(FEED.reporters))
TRADERS = ("ann", "bob")
NAMES = ("owner", "keeper", "provider", *TRADERS, *REPORTERS)
ACTORS = {name: actor_address(name) for name in NAMES}
GENESIS = Genesis(
    version=VERSION,
    start=EARLY,
    decimals=6,
    owner=ACTORS["owner"],
    risk=RISK,
    markets=(
        MarketGenesis("ETH", FEED, tuple(ACTORS[name] for name in REPORTERS), MARKET),
    ),
    collateral=(
        CollateralGenesis(
            "WETH",
            TOKEN.decimals,
            FEED,
            tuple(ACTORS[name] for name in REPORTERS),
            TOKEN,
            dict.fromkeys(NAMES, 10**12),
        ),
    ),
    actors=ACTORS,
    balances=dict.fromkeys(NAMES, 10**15),
)


class Desk:
    """Calls by name, in lockstep, beginning with so much in the vault."""

    def __init__(self, vault: str = "0", genesis: Genesis = GENESIS) -> None:
        chain = RevmChain(compile_contracts())
        chain.deploy(genesis)
        self.model = model_at(genesis, chain.addresses)
        self.pair = Lockstep(self.model, chain)
        self.published_at = START - 50
        for action in genesis_actions(genesis, chain.addresses):
            assert self.pair.step(action).outcome.error is None
        self.now = EARLY
        atoms = wad(vault) // ATOM
        if atoms:
            self.make("provider", "Vault", "request_deposit", atoms, 0)
        self.now = START
        if atoms:
            self.make("keeper", "Vault", "execute", 1)

    def call(self, sender: str, to: str, function: str, *arguments: int) -> Outcome:
        """Make a call, which may be refused."""
        action = Action(to, function, ACTORS[sender], self.now, arguments)
        return self.pair.step(action).outcome

    def make(self, sender: str, to: str, function: str, *arguments: int) -> Any:
        """Make a call that has to succeed, and give what it returns."""
        outcome = self.call(sender, to, function, *arguments)
        assert outcome.error is None, outcome.error
        return outcome.returned

    def view(self, to: str, function: str, *arguments: int) -> Any:
        """Look, on both sides."""
        return self.make("owner", to, function, *arguments)

    def report(
        self, reporter: int, price: str, published_at: int, feed_id: int = 0
    ) -> None:
        """Let one reporter say a price, of which it is sure."""
        self.make(
            REPORTERS[reporter],
            "Oracle",
            "report",
            feed_id,
            reporter,
            wad(price),
            0,
            published_at,
        )

    def quote(self, price: str, feed_id: int = 0) -> None:
        """A round at a price on which three agree."""
        self.published_at += 1
        for reporter in range(3):
            self.report(reporter, price, self.published_at, feed_id)

    def quote_token(self, price: str) -> None:
        """A round of the token that is collateral."""
        self.quote(price, FIRST_FEED)

    def holder(self, name: str) -> int:
        """The first account of an actor."""
        return ACTORS[name] << 96

    def deposit(self, name: str, amount: str) -> None:
        """Let an actor bring collateral."""
        atoms = wad(amount) // ATOM
        self.make(name, "Exchange", "deposit", self.holder(name), atoms)

    def trade(self, name: str, size_delta: str, market_id: int = 0) -> Any:
        """Let an actor trade at any price."""
        delta = wad(size_delta)
        limit = 2**128 if delta > 0 else 0
        holder = self.holder(name)
        return self.make(name, "Exchange", "trade", holder, market_id, delta, limit)

    def liquidate(self, name: str, market_id: int = 0) -> Any:
        """Let the keeper liquidate an actor's account."""
        holder = self.holder(name)
        return self.make("keeper", "Exchange", "liquidate", holder, market_id)

    def insure(self, insurance: str) -> None:
        """Let the provider fund the insurance fund."""
        atoms = wad(insurance) // ATOM
        self.make("provider", "Exchange", "fund_insurance", atoms)
