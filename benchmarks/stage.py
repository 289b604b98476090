"""
A protocol in use on eth-tester, where each call is alone in its block.

The model makes the same calls, so what is measured is known to be right. A measurement
happens in a branch: whatever it did is undone, so that none depends on another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from benchmarks.genesis import (
    COLLATERAL,
    PRICE,
    REPORTERS,
    RISK,
    START,
    TOKEN,
    genesis,
    holder,
)
from evm.actors import actor_address
from evm.compile import compile_contracts
from evm.lockstep import Lockstep
from evm.replay import model_at
from evm.tester import TesterChain
from protocol.collateral import FIRST_FEED
from protocol.fixed_point import WAD
from protocol.state import Table
from protocol.trace import Action, genesis_actions, words_of

BLOCK_TIME = 12
NAMES = (
    "crowd",
    "gainer",
    "keeper",
    "long",
    "newcomer",
    "provider",
    "ruined",
    "short",
    "stranger",
    "trader",
)
# The reporters of each market; in `VIRGIN` nobody has traded.
MARKETS = (3, 3, 3, 3, 1, 3)
SOLO, VIRGIN = 4, 5
# What trades end at where their limit does not matter.
HIGHEST, LOWEST = 10**6 * WAD, 0


class Unexpected(Exception):
    """A call did not end as the measurement needs it."""


class Stage:
    """The chain, the model beside it, and the time."""

    def __init__(self) -> None:
        self.genesis = genesis(MARKETS, NAMES)
        self.chain = TesterChain(compile_contracts())
        self.chain.deploy(self.genesis)
        model = model_at(self.genesis, self.chain.addresses)
        self.lockstep = Lockstep(model, self.chain)
        self.state = model.state
        self.now = START
        # What was measured, as `Contract.function`, the last one last.
        self.measured: list[str] = []
        # What goes on around what is measured.
        self.around: Callable[[], AbstractContextManager[None]] = nullcontext
        for action in genesis_actions(self.genesis, self.chain.addresses):
            self.lockstep.step(action)

    def call(
        self, sender: str, to: str, function: str, *arguments: Any, error: Any = None
    ) -> int:
        """Make a call in the next block and give its gas; it must end with `error`."""
        self.now += BLOCK_TIME
        words = tuple(words_of(arguments))
        action = Action(to, function, actor_address(sender), self.now, words)
        step = self.lockstep.step(action)
        if step.outcome.error != error:
            said = step.outcome.error or "success"
            raise Unexpected(f"{action}: {said} instead of {error or 'success'}")
        assert step.observed.gas is not None
        return step.observed.gas

    def measure(
        self, sender: str, to: str, function: str, *arguments: Any, error: Any = None
    ) -> int:
        """Make the call that a case is about."""
        self.measured.append(f"{to}.{function}")
        with self.around():
            return self.call(sender, to, function, *arguments, error=error)

    def look(self, to: str, function: str, *arguments: Any) -> int:
        """
        What a view takes that a case is about: of a transaction with it, all but what
        is taken before it runs (EIP-2028).
        """
        gas = self.measure("stranger", to, function, *arguments)
        data = self.chain.calldata(to, function, words_of(arguments))
        zeros = data.count(0)
        return gas - 21_000 - 4 * zeros - 16 * (len(data) - zeros)

    @contextmanager
    def branch(self) -> Iterator[Stage]:
        """What happens inside is undone."""
        tables = [(table, dict(table)) for table in self.state.tables()]
        before, now = self.chain.snapshot(), self.now
        try:
            yield self
        finally:
            self.chain.revert(before)
            self.now = now
            for table, kept in tables:
                table.clear()
                dict.update(table, kept)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The bytes of every deployed contract, its immutables among them."""
        places = sorted(self.chain.addresses.items())
        return {name: len(self.chain.code(where)) for name, where in places}

    def report(self, market_id: int, reporter: int, price: int) -> None:
        """One reporter speaks, of this moment."""
        self.call(*report_of(market_id, reporter, price, self.now + BLOCK_TIME))

    def round(self, market_id: int, price: int = PRICE) -> None:
        """All reporters of a market speak of the same moment, which makes a round."""
        moment = self.now + BLOCK_TIME
        for reporter in range(MARKETS[market_id]):
            self.call(*report_of(market_id, reporter, price, moment))

    def token_round(self, price: int = PRICE) -> None:
        """The only reporter of the token that is collateral speaks."""
        self.call(*report_of(FIRST_FEED, 0, price, self.now + BLOCK_TIME))

    def bring(self, name: str, tokens: int = 10) -> None:
        """The token comes to an account."""
        atoms = tokens * 10**COLLATERAL.decimals
        self.call(name, "Exchange", "deposit_collateral", holder(name), 0, atoms)

    def deposit(self, name: str, tokens: int = 20_000) -> None:
        """Collateral for an account."""
        self.call(name, "Exchange", "deposit", holder(name), tokens * TOKEN)

    def trade(self, name: str, market_id: int, size: int) -> None:
        """A trade of so many whole units."""
        self.call(*trade_of(name, market_id, size))

    def enter(self, name: str, tokens: int) -> None:
        """A provider's deposit is executed, while there are no positions."""
        self.call(name, "Vault", "request_deposit", tokens * TOKEN, 0)
        self.now += int(RISK.vault.delay)
        self.call("keeper", "Vault", "execute", self.state.request_count[()])

    def crowd(self, count: int, markets: int) -> list[int]:
        """
        Accounts like that of `long`, each with its positions in the first markets, put
        straight into both worlds: to call for each of them would take minutes.
        """
        state, model = self.state, holder("long")
        account = replace(state.accounts[model], positions=2**markets - 1, tokens=0)
        holders = [holder("crowd", sub) for sub in range(count)]
        for each in holders:
            self.put(state.accounts, each, account)
            for market_id in range(markets):
                held = state.positions[model, market_id]
                self.put(state.positions, (each, market_id), held)
        chain = self.chain.evm
        vm = chain.get_vm(chain.header)
        place = self.chain.addresses["Exchange"].to_bytes(20, "big")
        for slot, word in self.lockstep.every_word()["Exchange"].items():
            vm.state.set_storage(place, slot, word)
        vm.state.persist()
        chain.header = chain.header.copy(state_root=vm.state.make_state_root())
        return holders

    @staticmethod
    def put(table: Table[Any, Any], key: Any, record: Any) -> None:
        """Let the model keep a record that no call has written."""
        dict.__setitem__(table, key, record)

    def trader(self, size: int = 10, market_id: int = 0) -> None:
        """A trader comes, with collateral and a position."""
        self.deposit("trader")
        self.trade("trader", market_id, size)


def report_of(
    market_id: int, reporter: int, price: int, moment: int
) -> tuple[Any, ...]:
    """The call with which a reporter says what the price was at a moment."""
    said = (market_id, reporter, price, price // 2_000, moment)
    return REPORTERS[reporter], "Oracle", "report", *said


def trade_of(name: str, market_id: int, size: int) -> tuple[Any, ...]:
    """The call that trades so many whole units."""
    limit = HIGHEST if size > 0 else LOWEST
    return name, "Exchange", "trade", holder(name), market_id, size * WAD, limit


def stage_in_use() -> Stage:
    """
    A protocol that has seen it all: in every market but one both sides are held, and in
    the first there was a gain that is still a claim, and a loss that insurance paid.
    """
    stage = Stage()
    for market_id in range(len(MARKETS)):
        stage.round(market_id)
    stage.token_round()
    stage.call("stranger", "Exchange", "fund_insurance", 50_000 * TOKEN)
    stage.enter("provider", 5 * 10**6)
    for name in ("ruined", "gainer"):
        stage.deposit(name)
    stage.trade("ruined", 0, 100)
    stage.trade("gainer", 0, -50)
    stage.round(0, PRICE * 88 // 100)
    stage.trade("gainer", 0, 50)
    stage.call("keeper", "Exchange", "liquidate", holder("ruined"), 0)

    # Prices come back, and stay until the averages have followed them.
    for _ in range(2):
        stage.now += 600
        for market_id in range(len(MARKETS)):
            stage.round(market_id)
        stage.token_round()
    stage.bring("long")
    for name, size in (("long", 20), ("short", -25)):
        stage.deposit(name, 100_000)
        for market_id in range(SOLO + 1):
            stage.trade(name, market_id, size)
    return stage
