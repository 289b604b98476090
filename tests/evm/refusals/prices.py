"""
Feeds that are refused, and prices that are too old, unsure or held.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from protocol.fixed_point import WAD
from protocol.trace import words_of
from tests.evm.refusals.scene import BTC, ETH, FIRST, Scene, one_call, ready
from tests.genesis import ACTORS, FEED, REPORTERS


def one_feed(reporters: tuple[str, ...] = REPORTERS, **changes: object):
    """A refusal of a feed's parameters."""
    places = [ACTORS[name] for name in reporters] + [0] * (7 - len(reporters))
    words = (ETH, *words_of(replace(FEED, **changes)), *places)
    return one_call("owner", "Governor", "set_feed", *words)


def later(seconds: int) -> Callable[[], Scene]:
    """A trade so long after the last round."""

    def reached() -> Scene:
        scene = ready()
        scene.price(ETH, 2_000 * WAD)
        scene.now += seconds
        scene.trade(FIRST, ETH, WAD)
        return scene

    return reached


def price_tripped() -> Scene:
    """The price has left its band."""
    scene = ready()
    scene.price(ETH, 2_600 * WAD)
    scene.trade(FIRST, ETH, WAD)
    return scene


def price_uncertain() -> Scene:
    """The reporters are not sure."""
    scene = ready()
    scene.now += 1
    for number, name in enumerate(REPORTERS):
        words = (ETH, number, 2_000 * WAD, 50 * WAD, scene.now)
        scene.must(name, "Oracle", "report", *words)
    scene.trade(FIRST, ETH, WAD)
    return scene


def report_not_newer() -> Scene:
    """A reporter says something about a time it has spoken of."""
    scene = ready()
    words = (BTC, 0, 30_000 * WAD, 0, scene.now)
    scene.call(REPORTERS[0], "Oracle", "report", *words)
    return scene
