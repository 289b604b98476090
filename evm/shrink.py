"""
Make a trace that fails shorter, as long as it goes on failing in the same way.

Large chunks of its calls are left out first, then smaller ones, until no single call
can be spared: what is left is short enough to be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from evm.chain import predicted_addresses
from evm.compile import Contract, compile_contracts
from evm.lockstep import Difference, no_views
from evm.replay import replay
from evm.views import touched_views
from protocol.trace import Action, Trace, genesis_actions

T = TypeVar("T")
# Told before each try: how many items are left, and how many tries were made. It says
# whether to go on.
GoesOn = Callable[[int, int], bool]
# More tries than this make nothing shorter that is worth the wait.
MOST_TRIES = 1_000


class Shrunk(Struct, frozen=True):
    """The calls that are left, how they fail, and how many tries that took."""

    actions: list[Action]
    difference: Difference
    tries: int


def always(left: int, tries: int) -> bool:  # noqa: ARG001
    """Nobody looks, and nobody stops it."""
    return True


def shortest(
    items: Sequence[T],
    fails: Callable[[Sequence[T]], bool],
    goes_on: GoesOn = always,
) -> list[T]:
    """
    As few of the items as still fail, in their order: large chunks are left out first.
    """
    left = list(items)
    size, tries = max(1, len(left) // 2), 0
    while left:
        start, is_shorter = 0, False
        while start < len(left):
            if tries == MOST_TRIES or not goes_on(len(left), tries):
                return left
            tries += 1
            candidate = left[:start] + left[start + size :]
            if fails(candidate):
                left, is_shorter = candidate, True
            else:
                start += size
        if size == 1 and not is_shorter:
            break
        size = max(1, size // 2)
    return left


def kind_of(difference: Difference) -> tuple[str, str]:
    """What makes two differences the same: the layer, and what was called."""
    action = difference.action
    return difference.layer, f"{action.to}.{action.function}" if action else ""


def shrink(
    trace: Trace,
    evm: str,
    *,
    contracts: Mapping[str, Contract] | None = None,
    goes_on: GoesOn = always,
) -> Shrunk | None:
    """
    The shortest part of a trace on which model and chain differ as on the whole of it;
    None where they do not differ.
    """
    compiled = compile_contracts() if contracts is None else contracts
    result = replay(trace, evm, contracts=compiled)
    if not result.differences:
        return None
    found = result.differences[0]
    wanted = kind_of(found)
    # Views are most of the work, and seldom what differs.
    views = touched_views if found.layer == "views" else no_views
    tries = 0

    def fails(actions: Sequence[Action]) -> bool:
        nonlocal found, tries
        tries += 1
        candidate = Trace(trace.genesis, list(actions), None, True)
        try:
            result = replay(candidate, evm, contracts=compiled, views=views)
        except (AttributeError, KeyError):
            # It rests on a call that is left out, such as one that made a contract.
            return False
        if not result.differences or kind_of(result.differences[0]) != wanted:
            return False
        found = result.differences[0]
        return True

    actions = trace.actions
    if found.action is not None:
        # What came after the difference was not even tried.
        addresses = predicted_addresses(compiled)
        before = len(list(genesis_actions(trace.genesis, addresses)))
        actions = actions[: max(0, found.number - before)]
    return Shrunk(shortest(actions, fails, goes_on), found, tries)
