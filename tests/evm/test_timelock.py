"""
The owner may be a contract that cannot act at once.

The timelock is a small one of these tests, and stands for any: it calls the governor
as a person does, and what the governor asks of it is an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evm.chain import Observed
from evm.compile import compile_contracts
from evm.lockstep import Lockstep
from evm.replay import model_at
from evm.revm import RevmChain
from evm.words import WORD, packed, unpacked
from protocol import errors, market
from protocol.fixed_point import WAD
from protocol.trace import Action, genesis_actions, words_of
from tests.evm.refusals.scene import ETH, changed
from tests.genesis import ACTORS, GENESIS, MARKET, START

OWN = Path(__file__).with_name("contracts")
TIMELOCK = "Timelock"
DELAY = 2 * 86_400
LOWER = changed(MARKET, {"limits": {"max_size": 50 * WAD}})


class Owned(RevmChain):
    """A chain where what the timelock does, anybody lets it do."""

    def call(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        if sender == self.addresses[TIMELOCK]:
            words = self.announced(to, function, arguments)
            stranger = ACTORS["stranger"]
            return super().call(TIMELOCK, "execute", stranger, now, words)
        return super().call(to, function, sender, now, arguments)

    def announced(self, to: str, function: str, arguments: Sequence[int]) -> list[int]:
        """A call as the timelock is told of it."""
        payload = self.calldata(to, function, arguments)
        head = packed([self.addresses[to], 2 * WORD, len(payload)])
        return unpacked(head + payload + b"\0" * (-len(payload) % WORD))


class Timelocked:
    """Both worlds, and the timelock as the one who was offered the ownership."""

    def __init__(self) -> None:
        contracts = compile_contracts() | compile_contracts(OWN, names=[TIMELOCK])
        self.chain = Owned(contracts)
        self.chain.deploy(GENESIS)
        protocol = {
            name: where
            for name, where in self.chain.addresses.items()
            if name != TIMELOCK
        }
        self.pair = Lockstep(model_at(GENESIS, protocol), self.chain)
        self.now = START
        self.address = self.chain.addresses[TIMELOCK]
        for action in genesis_actions(GENESIS, protocol):
            assert self.pair.step(action).outcome.error is None
        offer = (GENESIS.owner, "offer_ownership", self.address)
        assert self.governs(*offer) is None

    def governs(self, sender: int, function: str, *words: int) -> str | None:
        """A call of the governor, in both worlds; how it was refused, if it was."""
        action = Action("Governor", function, sender, self.now, words)
        return self.pair.step(action).outcome.error

    def does(self, function: str, *words: int) -> str | None:
        """The timelock makes a call, having announced it."""
        told = self.chain.announced("Governor", function, words)
        announced = self.chain.call(TIMELOCK, "schedule", GENESIS.owner, self.now, told)
        assert announced.succeeded
        self.now += DELAY - 1
        early = self.chain.call("Governor", function, self.address, self.now, words)
        assert not early.succeeded
        self.now += 1
        return self.governs(self.address, function, *words)


def test_a_timelock_owns_the_protocol() -> None:
    both = Timelocked()
    words = (ETH, *words_of(LOWER))
    assert both.does("take_ownership") is None
    assert both.governs(GENESIS.owner, "set_market", *words) == errors.NOT_OWNER
    assert both.does("set_market", *words) is None
    state = both.pair.model.state
    assert market.load_params(state, ETH, both.now) == LOWER
    for name in ("Exchange", "Governor"):
        both.pair.check_every_word(name)
    # What was done once is not done again for the asking.
    again = both.chain.call("Governor", "set_market", both.address, both.now, words)
    assert not again.succeeded


def test_what_it_does_against_a_law_is_refused_as_anybody_would_be() -> None:
    both = Timelocked()
    assert both.does("take_ownership") is None
    words = words_of(changed(MARKET, {"limits": {"max_size": 0}}))
    refused = both.does("set_market", ETH, *words)
    assert refused == errors.PARAMETER_OUT_OF_BOUNDS


def test_its_council_and_its_guardian_need_not_wait() -> None:
    both = Timelocked()
    guardian, council = ACTORS["stranger"], ACTORS["keeper"]
    assert both.does("take_ownership") is None
    assert both.does("appoint_guardian", guardian) is None
    assert both.does("appoint_council", council) is None
    assert both.governs(guardian, "pause_market", ETH) is None
    tighter = (ETH, *words_of(LOWER))
    assert both.governs(council, "tighten_market", *tighter) is None
