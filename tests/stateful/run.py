"""
One run: the world, the chain beside it, the laws, and all calls so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from evm.chain import Chain, predicted_addresses
from evm.compile import Contract
from evm.lockstep import LAYERS, Difference, Lockstep, Step, no_views
from protocol.trace import Action, Genesis, genesis_actions, write_trace
from tests.laws.invariants import Broken, Laws
from tests.laws.invariants.measures import put_back, tables_of
from tests.stateful import configuration, vocabulary
from tests.stateful.choices import Choices
from tests.stateful.exit import wind_down
from tests.stateful.tokens import give_kinds, taken_for_true, with_kinds
from tests.stateful.vocabulary.views import views_of
from tests.stateful.world import ForwardingChain, World, contracts

# What a run may find.
FOUND = (Difference, Broken)


class Run:
    """
    Model and chain since genesis.

    `laws_every` says after how many calls the laws are asked, and `views_every` after
    how many the views are compared; 0 is never. `only_law` is the code of a single one.
    """

    def __init__(
        self,
        genesis: Genesis,
        *,
        laws_every: int = 1,
        only_law: str | None = None,
        views_every: int = 0,
        layers: Iterable[str] = LAYERS,
        compiled: Mapping[str, Contract] | None = None,
        kind: type[Chain] = ForwardingChain,
    ) -> None:
        self.genesis = genesis
        given = contracts() if compiled is None else compiled
        self.chain = kind(with_kinds(given, genesis))
        self.chain.deploy(genesis)
        self.world = World(genesis, self.chain.addresses)
        give_kinds(self.world.state, given, genesis)
        self.lockstep = Lockstep(self.world.model, self.chain, layers=layers)
        self.lockstep.call = taken_for_true(self.chain.call, genesis)
        self.views = views_of(self.world)
        self.laws = Laws(self.world, only_law)
        self.laws_every = laws_every
        self.views_every = views_every
        self.actions: list[Action] = []
        self.outcomes = self.world.outcomes

    def step(self, action: Action) -> Step:
        """Make a call, and hold it against the chain and the laws."""
        self.actions.append(action)
        number = len(self.actions)
        asked = self.laws_every and number % self.laws_every == 0
        if asked:
            self.laws.before(action)
        seen = self.views_every and number % self.views_every == 0
        self.lockstep.views = self.views if seen else no_views
        step = self.lockstep.step(action)
        self.laws.note(action, step.outcome)
        self.world.count(action, step.outcome.error)
        if asked:
            self.laws.after(action, step.outcome, step.observed)
        return step

    def play(self, choose: Choices, bursts: int) -> None:
        """Let everybody take their places, and act so often."""
        played(self.world, choose, bursts, self.step)

    def act(self, choose: Choices, calls: int) -> None:
        """Let everybody take their places, and act until so many calls were made."""
        for action in vocabulary.opening(self.world, choose):
            self.step(action)
        while len(self.actions) < calls:
            for action in vocabulary.burst(self.world, choose):
                self.step(action)

    def check_every_word(self) -> None:
        """Hold all that the model keeps against the chain."""
        for name in self.chain.addresses:
            self.lockstep.check_every_word(name)

    def check_at_end(self) -> None:
        """All that is stored is the same, and everybody would get out."""
        self.check_every_word()
        self.check_exit()

    def check_exit(self) -> None:
        """See that everybody would get out now; then everything is as it was."""
        world, lockstep = self.world, self.lockstep
        tables, now, number = tables_of(world.state), world.now, lockstep.number
        before = self.chain.snapshot()
        lockstep.views = no_views
        try:
            wind_down(world, lambda action: lockstep.step(action).outcome)
        finally:
            put_back(world.state, tables)
            self.chain.revert(before)
            world.now, lockstep.number = now, number

    def calls(self) -> list[Action]:
        """The calls without those that any reader of the genesis makes by itself."""
        first = len(list(genesis_actions(self.genesis, self.chain.addresses)))
        return self.actions[first:]

    def dump(self, path: Path) -> str:
        """Write the calls as a trace; the command that replays it."""
        return dumped(path, self.genesis, self.calls())


def rehearsed(choose: Choices, bursts: int) -> Counter[tuple[str, str]]:
    """How the calls of a run would end, made on the model alone."""
    genesis = configuration.genesis(choose)
    given = contracts()
    world = World(genesis, predicted_addresses(with_kinds(given, genesis)))
    give_kinds(world.state, given, genesis)

    def step(action: Action) -> None:
        world.count(action, world.model.apply(action).error)

    played(world, choose, bursts, step)
    return world.outcomes


def played(
    world: World, choose: Choices, bursts: int, step: Callable[[Action], object]
) -> None:
    """
    Let everybody take their places, and act so often. What they do at the beginning
    says nothing of what was tried, and is not counted.
    """
    for action in vocabulary.opening(world, choose):
        step(action)
    world.begin()
    for _ in range(bursts):
        for action in vocabulary.burst(world, choose):
            step(action)


def dumped(path: Path, genesis: Genesis, actions: list[Action]) -> str:
    """Write a trace; the command that replays it, with the laws."""
    write_trace(path, genesis, actions, None)
    return f"python -m tests.stateful.soak --replay {path}"


def repeated(
    genesis: Genesis,
    actions: Iterable[Action],
    *,
    views_every: int = 1,
    compiled: Mapping[str, Contract] | None = None,
    kind: type[Chain] = ForwardingChain,
) -> Run:
    """Make recorded calls again, with the laws and the views after each."""
    run = Run(genesis, views_every=views_every, compiled=compiled, kind=kind)
    for action in genesis_actions(genesis, run.chain.addresses):
        run.step(action)
    for action in actions:
        run.world.now = action.now
        run.step(action)
    run.check_at_end()
    return run
