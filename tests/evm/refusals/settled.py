"""
Calls that a settled market ends, and those that only it takes.
"""

from __future__ import annotations

from protocol import market
from protocol.fixed_point import WAD
from protocol.governance import SILENCE
from tests.evm.refusals.scene import ETH, FIRST, Scene, opened
from tests.genesis import REPORTERS


def settled() -> Scene:
    """The owner has settled the first market."""
    scene = opened()
    scene.must("owner", "Governor", "settle_market", ETH)
    return scene


def feed_closed() -> Scene:
    """A reporter speaks of it."""
    scene = settled()
    scene.now += 1
    words = (ETH, 0, 2_000 * WAD, 0, scene.now)
    scene.call(REPORTERS[0], "Oracle", "report", *words)
    return scene


def market_settled() -> Scene:
    """Somebody closes his position by a trade."""
    scene = settled()
    scene.trade(FIRST, ETH, -30 * WAD)
    return scene


def market_has_prices() -> Scene:
    """A second later there would have been none for a week."""
    scene = opened()
    price = market.price_of(scene.pair.model.state, ETH)
    scene.now = price.valid_until + SILENCE
    scene.call("stranger", "Governor", "settle_market", ETH)
    return scene


def market_not_settled() -> Scene:
    """Somebody closes the position of another in a market that goes on."""
    scene = opened()
    scene.call("stranger", "Exchange", "close_settled", FIRST, ETH)
    return scene
