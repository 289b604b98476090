"""
Calls that a settled market ends, and those that only it takes.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import market
from protocol.expiry import ExpiryParams
from protocol.fixed_point import WAD
from protocol.governance import SILENCE
from protocol.trace import words_of
from tests.evm.refusals.scene import ETH, FIRST, Scene, opened, ready
from tests.genesis import ACTORS, FEED, MARKET, REPORTERS, START


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


def dated(feed_id: int) -> tuple[int, ...]:
    """A feed that ends in a day, as `Governor.set_feed` takes it."""
    params = replace(FEED, expiry=ExpiryParams(START + 86_400, 30, 60))
    reporters = [ACTORS[name] for name in REPORTERS] + [0] * (7 - len(REPORTERS))
    return feed_id, *words_of(params), *reporters


def expiry_fixed() -> Scene:
    """A market that has begun without an end is to end."""
    scene = ready()
    scene.call("owner", "Governor", "set_feed", *dated(ETH))
    return scene


def future_has_funding() -> Scene:
    """A market that ends is to have funding."""
    scene = ready()
    scene.must("owner", "Governor", "set_feed", *dated(2))
    scene.call("owner", "Governor", "set_market", 2, *words_of(MARKET))
    return scene
