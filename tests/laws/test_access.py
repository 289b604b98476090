"""
Every function that is not for everybody, called by everybody it is not for.
"""

from __future__ import annotations

import pytest

from protocol.quorum import MAX_REPORTERS
from protocol.trace import fields_of, shape
from tests.laws.invariants.access import APPOINTED, ONLY, OPERATED, OWNERS
from tests.stateful import vocabulary
from tests.stateful.choices import Seeded
from tests.stateful.configuration import genesis
from tests.stateful.run import Run


def words(kind) -> int:
    """How many words an argument of a kind takes; a list is the reporters of a feed."""
    if kind is tuple:
        return MAX_REPORTERS
    if kind in (int, bool):
        return 1
    return sum(words(each) for _, each in fields_of(kind))


@pytest.fixture(scope="module")
def run():
    """Both worlds, with everybody in place."""
    choose = Seeded(1)
    begun = Run(genesis(choose))
    for action in vocabulary.opening(begun.world, choose):
        begun.step(action)
    return begun


def refused(name: str) -> str:
    """The error with which a function refuses whom it is not for."""
    if name in ONLY:
        return ONLY[name][1]
    if name in APPOINTED:
        return APPOINTED[name][1]
    if name == "Oracle.report":
        return "NotReporter"
    return "NotOperator" if name in OPERATED else "NotOwner"


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            *OWNERS,
            *APPOINTED,
            *ONLY,
            *OPERATED,
            "Governor.take_ownership",
            "Oracle.report",
        }
    ),
)
def test_nobody_else_may_call_it(name, run) -> None:
    to, function = name.split(".")
    count = sum(words(kind) for _, kind in shape(to, function))
    arguments = [0] * count
    allowed = set()
    if name in APPOINTED:
        # An owner who has appointed somebody is not that one, nor is the owner.
        owner, heir = (run.world.actors[each] for each in ("owner", "heir"))
        appoint = f"appoint_{APPOINTED[name][0]}"
        run.step(run.world.by(owner, "Governor", appoint, heir))
        allowed = {heir}
    elif name in OWNERS:
        allowed = {run.world.actors["owner"]}
    elif name in OPERATED:
        # An account of the address zero, for which nobody acts.
        assert run.world.state.operators[0, run.world.actors["operator"]] is False
    elif name == "Oracle.report":
        allowed = {run.world.actors["reporter_1"]}
    for sender in run.world.senders:
        if sender not in allowed:
            step = run.step(run.world.by(sender, to, function, *arguments))
            assert step.outcome.error == refused(name)
            assert not step.outcome.writes
    run.check_every_word()
