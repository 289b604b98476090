"""
Trades that are refused because their market is held up.
"""

from __future__ import annotations

from collections.abc import Callable

from protocol.fixed_point import WAD
from tests.evm.refusals.scene import ETH, FIRST, Scene, ready


def held_up(mode: int) -> Callable[[], Scene]:
    """A trade in a market that does not take it."""

    def reached() -> Scene:
        scene = ready()
        scene.set_market(limits={"mode": mode})
        scene.trade(FIRST, ETH, WAD)
        return scene

    return reached
