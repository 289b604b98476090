"""
Every law there is, and who asks them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from protocol.feed import FeedClosed, RoundStored
from tests.laws.invariants.call import BEFORE, Call, Rounds, Seen
from tests.laws.invariants.measures import seen

if TYPE_CHECKING:
    from evm.chain import Observed
    from protocol.model import Outcome
    from protocol.trace import Action
    from tests.stateful.world import World

# A law that tries something costs as much as some calls.
TRIALS_EVERY = 10
Law = Callable[[Call], None]
LAWS: dict[str, Law] = {}
# Laws that try something and undo it: dear, so they are asked seldom.
TRIALS: dict[str, Law] = {}


class Broken(AssertionError):
    """A law does not hold."""

    def __init__(self, code: str, law: str, number: int, action: Action, why: str):
        super().__init__(f"{code} after call {number}, {action}:\n  {law}\n  {why}")
        self.code = code


def new_code(function: Law) -> str:
    """The code with which the law's docstring begins; no other law has it."""
    assert function.__doc__ is not None
    code = function.__doc__.split(":")[0].strip()
    assert code not in LAWS | TRIALS, code
    return code


def law(function: Law) -> Law:
    """Add a law to those that hold after every call."""
    LAWS[new_code(function)] = function
    return function


def trial(function: Law) -> Law:
    """Add a law that is found out by trying."""
    TRIALS[new_code(function)] = function
    return function


class Laws:
    """Asks the laws, or one of them, after every call; the dear ones now and then."""

    def __init__(self, world: World, only: str | None = None) -> None:
        self.world = world
        self.number = 0
        self.only = only
        self.before_it: Seen | None = None
        self.rounds: Rounds = {}

    def note(self, action: Action, outcome: Outcome) -> None:
        """Take note of the rounds that a call has stored."""
        for _, event in outcome.logs:
            if isinstance(event, RoundStored):
                begun = action.now, int(event.index)
                self.rounds.setdefault(event.feed_id, [BEFORE]).append(begun)
            if isinstance(event, FeedClosed):
                # What a closed feed says adds up to nothing more.
                self.rounds[event.feed_id].append((action.now, 0))

    def before(self, action: Action) -> None:
        """Look at the state that the call finds."""
        if not self.world.state.risk_params[()]:
            self.before_it = None
            return
        self.before_it = seen(self.world, action.now)

    def after(
        self, action: Action, outcome: Outcome, observed: Observed | None
    ) -> None:
        """Ask all laws about the call; `Broken` names the first that does not hold."""
        self.number += 1
        if self.before_it is None:
            return
        after = seen(self.world, action.now)
        call = Call(
            self.world, action, outcome, observed, self.before_it, after, self.rounds
        )
        laws = LAWS
        if self.only is not None:
            laws = {self.only: (LAWS | TRIALS)[self.only]}
        elif self.number % TRIALS_EVERY == 0:
            laws = LAWS | TRIALS
        for code, asked in laws.items():
            try:
                asked(call)
            except AssertionError as error:
                doc = " ".join((asked.__doc__ or "").split())
                why = str(error)
                raise Broken(code, doc, self.number, action, why) from None
