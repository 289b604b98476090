"""
The vocabulary as a Hypothesis state machine: it finds, and it shrinks what it found.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import gettempdir

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from protocol.trace import Action
from tests.stateful import configuration, vocabulary
from tests.stateful.choices import Drawn
from tests.stateful.run import FOUND, Run

# Where the last counterexample goes.
FOLDER = Path(os.environ.get("PERPSPEC_FAILURES", gettempdir()))
# How every call of the whole test ended.
OUTCOMES: Counter[tuple[str, str]] = Counter()


class Machine(RuleBasedStateMachine):
    """Any calls by anybody: model and chain agree, and every law holds."""

    run: Run | None = None

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Draw a genesis, and let everybody take their places."""
        choose = Drawn(data)
        self.run = Run(configuration.genesis(choose), views_every=4)
        for action in vocabulary.opening(self.run.world, choose):
            self.made(action)
        # What everybody does at the beginning says nothing of what was tried.
        self.run.world.begin()

    @precondition(lambda self: self.run is not None)
    @rule(data=st.data())
    def burst(self, data: st.DataObject) -> None:
        """Time passes, prices follow, and somebody does something."""
        assert self.run is not None
        for action in vocabulary.burst(self.run.world, Drawn(data)):
            self.made(action)

    def made(self, action: Action) -> None:
        """Make a call."""
        assert self.run is not None
        self.told(partial(self.run.step, action))

    def told(self, check: Callable[[], object]) -> None:
        """Check something; a counterexample is written down before it is told."""
        assert self.run is not None
        try:
            check()
        except FOUND as error:
            path = FOLDER / "perpspec-counterexample.jsonl"
            error.add_note(f"to replay it: {self.run.dump(path)}")
            # Nothing is asked of what it left, which could hide it.
            self.run = None
            raise

    def teardown(self) -> None:
        """Hold everything that is stored against the chain, and let everybody out."""
        if self.run is not None:
            OUTCOMES.update(self.run.outcomes)
            self.told(self.run.check_at_end)
