"""
Changes of a market that a council or a guardian may not make.
"""

from __future__ import annotations

from protocol.fixed_point import WAD
from protocol.trace import words_of
from tests.evm.refusals.scene import ETH, SOME, Scene, changed, ready
from tests.genesis import DAY, MARKET


def not_tighter() -> Scene:
    """The council may move a limit, and only down."""
    scene = ready()
    scene.must("owner", "Governor", "appoint_council", SOME)
    lower = changed(MARKET, {"limits": {"max_size": 50 * WAD}})
    for params in (lower, MARKET):
        words = words_of(params)
        scene.call("stranger", "Governor", "tighten_market", ETH, *words)
    return scene


def margins_rising() -> Scene:
    """The council raises a margin while one of the owner rises."""
    scene = ready()
    scene.must("owner", "Governor", "appoint_council", SOME)
    for sender, function, part in (
        ("owner", "set_market", 5),
        ("stranger", "tighten_market", 4),
    ):
        raised = changed(MARKET, {"margin": {"im_base": WAD // part}})
        words = words_of(raised)
        scene.call(sender, "Governor", function, ETH, *words)
    return scene


def paused_lately() -> Scene:
    """A second later it would have been a week since the last pause."""
    scene = ready()
    scene.must("owner", "Governor", "appoint_guardian", SOME)
    scene.must("stranger", "Governor", "pause_market", ETH)
    scene.now += 8 * DAY - 1
    scene.call("stranger", "Governor", "pause_market", ETH)
    return scene
