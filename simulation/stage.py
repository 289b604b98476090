"""
Where the calls of a run are made: on the model alone, or on it and a chain in lockstep.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

from evm.chain import Chain, connect, predicted_addresses
from evm.compile import Contract
from evm.digest import Digest
from evm.encoding import Encoder
from evm.lockstep import Lockstep, codes, every_word
from evm.replay import NONE, model_at
from evm.slots import Slots
from evm.views import touched_views
from protocol.model import Model, Outcome
from protocol.trace import Action, Genesis

NO_ROOTS = "not available"
# A chain in process grows with every call; it begins anew after so many.
REBUILD_EVERY = 20_000


class Made(NamedTuple):
    """What a call did, and its gas where the chain knows it."""

    outcome: Outcome
    gas: int | None


class Ending(NamedTuple):
    """The digest of everything, and whether the storage roots are equal."""

    digest: str
    roots: str


class Stage(ABC):
    """A protocol that has just been deployed."""

    name: str
    model: Model
    addresses: Mapping[str, int]

    @abstractmethod
    def make(self, action: Action) -> Made:
        """Make a call."""

    @abstractmethod
    def look(self, view: Action) -> Outcome:
        """Ask a view, which leaves nothing behind."""

    @abstractmethod
    def end(self) -> Ending:
        """Compare what can only be compared at the end."""

    def close(self) -> None:  # noqa: B027 - the model holds nothing open
        """Let go of the chain."""


class ModelStage(Stage):
    """The model alone, hashed in the bytes that a chain would give."""

    name = NONE

    def __init__(self, contracts: Mapping[str, Contract], genesis: Genesis) -> None:
        self.addresses = predicted_addresses(contracts)
        self.model = model_at(genesis, self.addresses)
        self.slots = Slots(contracts)
        self.encoder = Encoder(contracts, self.addresses)
        self.digest = Digest(self.addresses)

    def make(self, action: Action) -> Made:
        outcome = self.model.apply(action)
        self.digest.add_call(*self.encoder.predicted(outcome))
        return Made(outcome, None)

    def look(self, view: Action) -> Outcome:
        return self.model.apply(view)

    def end(self) -> Ending:
        for name, words in every_word(self.model, self.slots).items():
            for slot in sorted(words):
                self.digest.add_word(name, slot, words[slot])
        for address, record in sorted(codes(self.model).items()):
            self.digest.add_code(address, self.slots.code(record))
        return Ending(self.digest.hexdigest(), NO_ROOTS)


class ChainStage(Stage):
    """The model and a chain in lockstep."""

    def __init__(self, chain: Chain, genesis: Genesis, trace: str) -> None:
        self.chain = chain
        self.name = chain.name
        chain.deploy(genesis)
        self.addresses = chain.addresses
        self.model = model_at(genesis, chain.addresses)
        self.lockstep = Lockstep(self.model, chain, views=touched_views, trace=trace)

    def make(self, action: Action) -> Made:
        step = self.lockstep.step(action)
        if self.lockstep.number % REBUILD_EVERY == 0:
            self.lockstep.rebuild()
        return Made(step.outcome, step.observed.gas)

    def look(self, view: Action) -> Outcome:
        self.lockstep.check_views([view])
        return self.model.apply(view)

    def end(self) -> Ending:
        roots = self.lockstep.check_roots()
        return Ending(
            self.lockstep.finished(), "equal" if roots == "equal" else NO_ROOTS
        )

    def close(self) -> None:
        self.chain.close()


def open_stage(
    evm: str, contracts: Mapping[str, Contract], genesis: Genesis, trace: str
) -> Stage:
    """The stage that `evm` names: `none`, `revm`, `eth-tester` or a node's URL."""
    if evm == NONE:
        return ModelStage(contracts, genesis)
    chain = connect(evm, contracts)
    try:
        return ChainStage(chain, genesis, trace)
    except BaseException:
        chain.close()
        raise
