"""
Deleveraging that is refused.
"""

from __future__ import annotations

from protocol import market
from protocol.fixed_point import WAD
from tests.evm.refusals.scene import ETH, FIRST, SECOND, Scene, ready


def deleveraged(size: int = WAD, **changes: int) -> Scene:
    """A winner of ten is deleveraged by somebody, of a vault that has little."""
    scene = ready(provided=0)
    usual = {"factor": WAD, "after_factor": WAD // 2, "start": 0}
    scene.traded(SECOND, ETH, 10 * WAD)
    scene.price(ETH, 2_200 * WAD)
    scene.set_market(deleveraging=usual | changes)
    scene.must("stranger", "Exchange", "deleverage", SECOND, ETH, size)
    scene.call("stranger", "Exchange", "deleverage", SECOND, ETH, size)
    return scene


def deleveraging_not_open() -> Scene:
    """Nothing is owed."""
    scene = ready()
    scene.call("stranger", "Exchange", "deleverage", SECOND, ETH, WAD)
    return scene


def score_too_low() -> Scene:
    """The clock has just begun to run."""
    return deleveraged(start=10 * WAD)


def nothing_left_to_close() -> Scene:
    """All that may be closed was."""
    scene = deleveraged(size=8 * WAD)
    left = market.load_opening(scene.pair.model.state, ETH).long_left
    scene.must("stranger", "Exchange", "deleverage", SECOND, ETH, left)
    scene.call("stranger", "Exchange", "deleverage", SECOND, ETH, 1)
    return scene


def nothing_gained() -> Scene:
    """Who was sold to has lost what the buyer has gained."""
    scene = deleveraged()
    assert scene.error is None
    scene.traded(FIRST, ETH, -WAD)
    scene.price(ETH, 2_250 * WAD)
    scene.call("stranger", "Exchange", "deleverage", FIRST, ETH, WAD)
    return scene


def owed_would_rise() -> Scene:
    """
    Another long has lost more than half of what this one has gained: as a claim that
    would count in full.
    """
    scene = ready(provided=0)
    scene.traded(SECOND, ETH, WAD)
    scene.price(ETH, 2_200 * WAD)
    scene.traded(FIRST, ETH, 4 * WAD)
    scene.price(ETH, 2_180 * WAD)
    changes = {"factor": 1, "after_factor": 0, "start": 0}
    scene.set_market(deleveraging=changes)
    scene.must("stranger", "Exchange", "deleverage", SECOND, ETH, WAD)
    scene.call("stranger", "Exchange", "deleverage", SECOND, ETH, WAD)
    return scene
