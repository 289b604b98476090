"""
Scenes in which a line is refused, or what its lender wants.
"""

from __future__ import annotations

from collections.abc import Callable

from protocol.fixed_point import WAD
from tests.evm.refusals.scene import ETH, FIRST, Scene, ready
from tests.evm.story import ATOMS
from tests.genesis import ACTORS

LENDER = ACTORS["provider"]
# A hundredth a day, and an hour.
TERMS = (WAD // 100, 3_600)
LIMIT = 2_000 * WAD


def granted() -> Scene:
    """The first trader has a line of two thousands, and its lender as much again."""
    scene = ready()
    scene.must("provider", "Exchange", "lend", 4_000 * ATOMS)
    scene.must("trader_1", "Exchange", "ask_line", FIRST, LENDER, *TERMS)
    scene.must("provider", "Exchange", "grant_line", FIRST, LIMIT, *TERMS)
    return scene


def used() -> Scene:
    """The first trader has opened what it could not without the line."""
    scene = granted()
    scene.traded(FIRST, ETH, 52 * WAD)
    assert scene.pair.model.state.lines[FIRST].used > 0
    return scene


def then(
    start: Callable[[], Scene], name: str, function: str, *words: int
) -> Callable[[], Scene]:
    """A call about a line that is there."""

    def scene() -> Scene:
        made = start()
        made.call(name, "Exchange", function, *words)
        return made

    return scene


def already_recalled() -> Scene:
    """A line is recalled twice."""
    scene = granted()
    scene.must("provider", "Exchange", "recall_line", FIRST)
    scene.call("provider", "Exchange", "recall_line", FIRST)
    return scene
