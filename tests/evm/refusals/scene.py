"""
Both worlds at the point from which a refusal is a call or two away.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from evm.chain import connect
from evm.compile import compile_contracts
from evm.lockstep import Lockstep
from evm.replay import model_at
from protocol import market
from protocol.fixed_point import WAD
from protocol.trace import Genesis, genesis_actions, words_of
from tests.evm.story import ATOMS, by, holder, reports
from tests.genesis import ACTORS, GENESIS, MARKET, RISK, START

FIRST, SECOND, THIRD = holder("trader_1"), holder("trader_2"), holder("trader_3")
ETH, BTC = 0, 1
HIGH, LOW = 10**30, 0
VAULT = RISK.vault
SOME = ACTORS["stranger"]


class Scene:
    """Both worlds after a genesis, and a time at which the next calls are made."""

    def __init__(self, is_set_up: bool = True, genesis: Genesis = GENESIS) -> None:
        chain = connect("revm", compile_contracts())
        chain.deploy(genesis)
        self.pair = Lockstep(model_at(genesis, chain.addresses), chain)
        self.now = START
        self.error: str | None = None
        if is_set_up:
            for action in genesis_actions(genesis, chain.addresses):
                self.error = self.pair.step(action).outcome.error or self.error

    def call(self, name: str, to: str, function: str, *arguments: int) -> None:
        """A call of an actor; how it was refused, if it was."""
        action = by(name, to, function, self.now, *arguments)
        self.error = self.pair.step(action).outcome.error

    def must(self, name: str, to: str, function: str, *arguments: int) -> None:
        """A call that has to succeed."""
        self.call(name, to, function, *arguments)
        assert self.error is None, self.error

    def price(self, market_id: int, price: int) -> None:
        """A round a second later."""
        self.now += 1
        for action in reports(self.now, market_id, price):
            self.pair.step(action)

    def trade(self, account: int, market_id: int, size: int) -> None:
        """A trade at any price."""
        name = next(each for each in ACTORS if ACTORS[each] == account >> 96)
        limit = HIGH if size > 0 else LOW
        self.call(name, "Exchange", "trade", account, market_id, size, limit)

    def traded(self, account: int, market_id: int, size: int) -> None:
        """A trade that has to succeed."""
        self.trade(account, market_id, size)
        assert self.error is None, self.error

    def execute(self, request_id: int) -> None:
        """A request, once there are prices that it may be executed at."""
        self.now += VAULT.delay
        index = market.price_of(self.pair.model.state, ETH).index
        self.price(ETH, index)
        self.call("keeper", "Vault", "execute", request_id)

    def set_market(self, **changes: object) -> None:
        """The owner changes the parameters of the first market."""
        words = words_of(changed(MARKET, changes))
        self.call("owner", "Governor", "set_market", ETH, *words)


def changed(record, changes):
    """The record with some fields of its groups replaced: `limits={"max_skew": 1}`."""
    groups = {
        name: replace(getattr(record, name), **fields)
        for name, fields in changes.items()
    }
    return replace(record, **groups)


def ready(provided: int = 10**6) -> Scene:
    """Prices, a vault, an insurance fund, and three traders with collateral."""
    scene = Scene()
    if provided:
        scene.must("provider", "Vault", "request_deposit", provided * ATOMS, 1)
        scene.now += VAULT.delay + 1
        scene.must("keeper", "Vault", "execute", 1)
    scene.price(ETH, 2_000 * WAD)
    scene.price(BTC, 30_000 * WAD)
    scene.must("owner", "Exchange", "fund_insurance", 10**4 * ATOMS)
    for name, account, cash in (
        ("trader_1", FIRST, 10_000),
        ("trader_2", SECOND, 50_000),
        ("trader_3", THIRD, 50_000),
    ):
        scene.must(name, "Exchange", "deposit", account, cash * ATOMS)
    return scene


def opened() -> Scene:
    """The first trader is long by thirty."""
    scene = ready()
    scene.traded(FIRST, ETH, 30 * WAD)
    return scene


def one_call(name: str, to: str, function: str, *arguments: int) -> Callable[[], Scene]:
    """A refusal that is one call away."""

    def reached() -> Scene:
        scene = ready()
        scene.call(name, to, function, *arguments)
        return scene

    return reached


def one_trade(size: int, market_id: int = ETH) -> Callable[[], Scene]:
    """A refusal that is one trade of the first trader away."""

    def reached() -> Scene:
        scene = ready()
        scene.trade(FIRST, market_id, size)
        return scene

    return reached


def one_market(**changes: object) -> Callable[[], Scene]:
    """A refusal of a market's parameters."""

    def reached() -> Scene:
        scene = opened()
        scene.set_market(**changes)
        return scene

    return reached
