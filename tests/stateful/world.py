"""
A run in progress, as the vocabulary sees it: the model, the actors, and the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from evm.chain import DEPLOY_ORDER, Chain, Observed
from evm.compile import Contract, compile_contracts
from evm.replay import model_at
from evm.revm import RevmChain
from evm.words import WORD, packed, unpacked
from protocol import health, market
from protocol.backing import Standing
from protocol.collateral import FIRST_FEED
from protocol.errors import Revert
from protocol.fixed_point import WAD
from protocol.lens import statement_of
from protocol.model import Model, assembled
from protocol.state import State, TokenState
from protocol.statement import Statement
from protocol.trace import Action, Genesis
from protocol.units import Call
from tests.stateful.configuration import ACTORS

FORWARDER = "Forwarder"
# Every account that takes part: whose it is, and its number.
ACCOUNTS = (
    ("trader_1", 0),
    ("trader_1", 1),
    ("trader_2", 0),
    ("trader_2", 7),
    ("trader_3", 0),
    ("ally_1", 0),
    ("ally_2", 2**96 - 1),
    ("forwarder", 0),
)
# These are isolated from the beginning, and these portfolios.
MADE_ISOLATED = (("trader_1", 1), ("trader_3", 0))
MADE_PORTFOLIOS = (("trader_2", 0), ("ally_1", 0), ("forwarder", 0))


@cache
def contracts(folder: Path | None = None) -> Mapping[str, Contract]:
    """The protocol's contracts, and the one that forwards calls."""
    own = Path(__file__).with_name("contracts")
    compiled = compile_contracts() if folder is None else compile_contracts(folder)
    return compiled | compile_contracts(own, names=[FORWARDER])


class Forwarding(Chain):
    """A chain where what the forwarder sends goes through the forwarder's code."""

    def call(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        if sender != self.addresses[FORWARDER]:
            return super().call(to, function, sender, now, arguments)
        return unwrapped(super().call(*self.wrapped(to, function, now, arguments)))

    def view(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        if sender != self.addresses[FORWARDER]:
            return super().view(to, function, sender, now, arguments)
        return unwrapped(super().view(*self.wrapped(to, function, now, arguments)))

    def wrapped(
        self, to: str, function: str, now: int, arguments: Sequence[int]
    ) -> tuple[str, str, int, int, list[int]]:
        """What the stranger calls, so that the forwarder makes this call."""
        payload = self.calldata(to, function, arguments)
        words = packed([self.addresses[to], 64, len(payload)]) + payload
        padding = b"\0" * (-len(payload) % WORD)
        return FORWARDER, "forward", ACTORS["stranger"], now, unpacked(words + padding)


def unwrapped(observed: Observed) -> Observed:
    """What the call returned that was forwarded; a refusal is passed on as it is."""
    if not observed.succeeded:
        return observed
    size = int.from_bytes(observed.output[WORD : 2 * WORD], "big")
    return observed._replace(output=observed.output[2 * WORD : 2 * WORD + size])


class ForwardingChain(Forwarding, RevmChain):
    """revm, with the forwarder."""


class World:
    """
    What there is to choose from, and what a call would do.

    `now` is the time of the next call, `outcomes` counts how calls have ended,
    `balances` by how many an entry point has succeeded more often than not, and
    `sought` how often an end was looked for. Nothing here changes the model for good.
    """

    def __init__(self, genesis: Genesis, addresses: Mapping[str, int]) -> None:
        self.genesis = genesis
        self.addresses = dict(addresses)
        self.model: Model = model_at(
            genesis, {name: addresses[name] for name in DEPLOY_ORDER}
        )
        self.state: State = self.model.state
        self.now = genesis.start
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.balances: Counter[str] = Counter()
        self.sought: Counter[tuple[str, str]] = Counter()
        self.actors = {**ACTORS, "forwarder": addresses[FORWARDER]}
        self.names = {address: name for name, address in self.actors.items()}
        self.senders = list(self.actors.values())
        self.holders = [self.holder(name, sub) for name, sub in ACCOUNTS]

    def count(self, action: Action, error: str | None) -> None:
        """Count how a call has ended."""
        name = entry_point(action)
        self.outcomes[name, error or "ok"] += 1
        self.balances[name] += 1 if error is None else -1

    def begin(self) -> None:
        """Count from here on."""
        self.outcomes.clear()
        self.balances.clear()

    def holder(self, name: str, sub: int = 0) -> int:
        """An account of an actor."""
        return self.actors[name] << 96 | sub

    def by(self, sender: str | int, to: str, function: str, *arguments: int) -> Action:
        """A call that an actor makes now."""
        address = self.actors[sender] if isinstance(sender, str) else sender
        return Action(to, function, address, self.now, arguments)

    @property
    def markets(self) -> int:
        """How many markets there are."""
        return self.state.market_count[()]

    @property
    def feeds(self) -> list[int]:
        """The feeds of markets and of tokens."""
        tokens = range(FIRST_FEED, FIRST_FEED + len(self.genesis.collateral))
        return [*range(self.markets), *tokens]

    def max_age(self, feed_id: int) -> int:
        """How old a price may be that risk is taken at."""
        if feed_id < FIRST_FEED:
            return market.load_params(self.state, feed_id, self.now).limits.trade_age
        code = self.state.collateral_params[feed_id - FIRST_FEED]
        return self.state.codes[code].max_age

    def token_of(self, token_id: int) -> TokenState:
        """The token contract of that number."""
        return list(self.state.tokens.values())[1 + token_id]

    def statement(self, holder: int) -> Statement:
        """The statement of an account now."""
        return statement_of(self.state, Call(0, self.now), holder)

    def standing(self, holder: int) -> Standing:
        """What an account is worth and must hold now."""
        return health.standing_of(self.state, holder, False, self.now)

    def positions(self) -> list[tuple[int, int]]:
        """Every account and market with a position."""
        return [key for key, held in self.state.positions.items() if held.size != 0]

    def is_at_risk(self, holder: int) -> bool:
        """Whether an account may be liquidated at the last prices."""
        standing = self.standing(holder)
        reserve = market.load_risk(self.state).reserve
        return standing.equity < standing.maintenance + reserve

    def at_risk(self) -> list[tuple[int, int]]:
        """Every account and market with a position that may be liquidated."""
        return [key for key in self.positions() if self.is_at_risk(key[0])]

    def tried(self, action: Action) -> tuple[str | None, Any]:
        """How a call would end on the model, which forgets it again."""
        try:
            return applied(self.model, action)
        finally:
            # Not as the model undoes a refused call, which may be what is wrong.
            for table, key, before in reversed(self.state.journal):
                table.restore(key, before)
            self.state.journal.clear()
            self.state.logs.clear()

    def ending(self, action: Action) -> tuple[str, str]:
        """The entry point of a call and how it would end, as a run counts them."""
        return entry_point(action), self.tried(action)[0] or "ok"

    def would(self, action: Action) -> bool:
        """Whether a call would succeed."""
        return self.tried(action)[0] is None

    def largest(self, call: Callable[[int], Action], least: int, most: int) -> int:
        """
        The largest number for which a call would succeed, between one that does and
        one beyond; the least one where that is refused too.
        """
        good, bad = least, most + 1
        if not self.would(call(good)):
            return least
        while bad - good > 1:
            middle = (good + bad) // 2
            if self.would(call(middle)):
                good = middle
            else:
                bad = middle
        return good

    def operator_of(self, holder: int) -> int:
        """Who may act for an account."""
        return holder >> 96

    def ceil_size(self, value: int, price: int) -> int:
        """The least size that is worth `value` at `price`."""
        return -(-value * WAD // price)


def kind_of(contract: str) -> str:
    """What a deployed contract is one of: there are many tokens."""
    return contract.rstrip("0123456789")


def entry_point(action: Action) -> str:
    """What a call is counted as."""
    return f"{kind_of(action.to)}.{action.function}"


def applied(model: Model, action: Action) -> tuple[str | None, Any]:
    """How a call ends; whoever calls this undoes what it did."""
    known = model.entries.get((action.to, action.function))
    function, part, is_flat, parameters = known or model.entry(
        action.to, action.function
    )
    call = Call(action.sender, action.now)
    try:
        arguments = action.arguments
        if not is_flat:
            arguments = assembled(parameters, arguments)
        return None, function(part, call, *arguments)
    except Revert as refusal:
        return str(refusal), None
