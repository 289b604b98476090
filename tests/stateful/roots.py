"""
A short run on py-evm, whose storage roots say that no other word was written.

It is a hundred times as slow as revm, and takes what is signed by a key: what somebody
without one would call is left out.
"""

from __future__ import annotations

from evm.tester import TesterChain
from tests.stateful import vocabulary
from tests.stateful.choices import Seeded
from tests.stateful.configuration import ACTORS
from tests.stateful.run import Run
from tests.stateful.world import Forwarding


class ForwardingTester(Forwarding, TesterChain):
    """py-evm, with the forwarder."""


def play(run: Run, choose: Seeded, calls: int) -> None:
    """Play a genesis for so many calls, and compare all roots at the end."""
    known = {*ACTORS.values(), run.world.actors["forwarder"]}
    for action in vocabulary.opening(run.world, choose):
        run.step(action)
    while len(run.actions) < calls:
        for action in vocabulary.burst(run.world, choose):
            if action.sender in known:
                run.step(action)
    assert run.lockstep.check_roots() == "equal"
