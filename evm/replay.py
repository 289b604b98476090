"""
Replay a trace on the model alone, or in lockstep with a chain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain as joined
from pathlib import Path

from msgspec import Struct, field

from evm.chain import DEPLOY_ORDER, Chain, connect, predicted_addresses
from evm.compile import Contract, compile_contracts
from evm.digest import Digest
from evm.encoding import Encoder
from evm.lockstep import (
    LAYERS,
    Difference,
    Lockstep,
    Views,
    codes,
    every_word,
)
from evm.slots import Slots
from evm.views import touched_views
from evm.words import create_address
from protocol.model import Model, Outcome
from protocol.state import Addresses
from protocol.trace import Action, Genesis, Trace, genesis_actions, read_trace

# No chain: the model alone.
NONE = "none"


class Replay(Struct):
    """
    What a replay found.

    `outcomes` counts each entry point and how it ended: `ok` or an error. `roots` is
    `equal`, `unknown` where the chain has none, or `skipped`. `digest` is None after a
    difference, and `recorded` is the one that the trace ends with, if any.
    """

    evm: str
    calls: int = 0
    refused: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    differences: list[Difference] = []
    digest: str | None = None
    recorded: str | None = None
    roots: str = "skipped"
    gas: dict[str, int] = {}

    @property
    def is_faithful(self) -> bool:
        """Both sides agreed, and on what the trace recorded."""
        return not self.differences and self.recorded in (None, self.digest)

    def count(self, action: Action, outcome: Outcome, gas: int | None = None) -> None:
        """Count one call; of its gas the most is kept."""
        name = f"{action.to}.{action.function}"
        self.calls += 1
        self.refused += outcome.error is not None
        self.outcomes[name, outcome.error or "ok"] += 1
        if gas is not None:
            self.gas[name] = max(self.gas.get(name, 0), gas)


def model_at(genesis: Genesis, addresses: Mapping[str, int]) -> Model:
    """The model of the protocol whose contracts are at these addresses."""
    places = Addresses(*(addresses[name] for name in DEPLOY_ORDER))
    return Model(genesis, places, create_address)


def every_action(
    genesis: Genesis, actions: Iterable[Action], addresses: Mapping[str, int]
) -> Iterator[Action]:
    """The calls that set up the genesis, then the others."""
    return joined(genesis_actions(genesis, addresses), actions)


def replay(
    source: str | Path | Trace,
    evm: str = NONE,
    *,
    contracts: Mapping[str, Contract] | None = None,
    views: Views = touched_views,
    layers: Iterable[str] = LAYERS,
    rebuild_every: int = 20_000,
) -> Replay:
    """
    Replay a trace on `none`, `revm`, `eth-tester` or the URL of a node.

    The first difference ends it, since what follows would only repeat it. A chain that
    grows begins anew every `rebuild_every` calls.
    """
    trace = source if isinstance(source, Trace) else read_trace(source)
    name = "TRACE" if isinstance(source, Trace) else str(source)
    compiled = compile_contracts() if contracts is None else contracts
    if evm == NONE:
        return replay_alone(trace, compiled)
    chain = connect(evm, compiled)
    try:
        return replay_on(trace, chain, views, layers, rebuild_every, name)
    finally:
        chain.close()


def replay_on(
    trace: Trace,
    chain: Chain,
    views: Views,
    layers: Iterable[str],
    rebuild_every: int,
    name: str,
) -> Replay:
    """Replay a trace on the model and a chain in lockstep."""
    result = Replay(chain.name, recorded=trace.digest)
    chain.deploy(trace.genesis)
    model = model_at(trace.genesis, chain.addresses)
    lockstep = Lockstep(model, chain, views=views, layers=layers, trace=name)
    try:
        for action in every_action(trace.genesis, trace.actions, chain.addresses):
            step = lockstep.step(action)
            result.count(action, step.outcome, step.observed.gas)
            if lockstep.number % rebuild_every == 0:
                lockstep.rebuild()
        result.roots = lockstep.check_roots()
        result.digest = lockstep.finished()
    except Difference as difference:
        result.differences.append(difference)
    return result


def replay_alone(trace: Trace, contracts: Mapping[str, Contract]) -> Replay:
    """Replay a trace on the model, hashed in the bytes that a chain would give."""
    result = Replay(NONE, recorded=trace.digest)
    addresses = predicted_addresses(contracts)
    model = model_at(trace.genesis, addresses)
    predicted = Encoder(contracts, addresses).predicted
    digest = Digest(addresses)
    for action in every_action(trace.genesis, trace.actions, addresses):
        outcome = model.apply(action)
        digest.add_call(*predicted(outcome))
        result.count(action, outcome)
    slots = Slots(contracts)
    for name, words in every_word(model, slots).items():
        for slot in sorted(words):
            digest.add_word(name, slot, words[slot])
    for address, record in sorted(codes(model).items()):
        digest.add_code(address, slots.code(record))
    result.digest = digest.hexdigest()
    return result
