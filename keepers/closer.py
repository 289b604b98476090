"""
Which markets have come to their end, and whose positions in them to close.
"""

from __future__ import annotations

from collections.abc import Iterator

from keepers.watch import Watch
from protocol import expiry, feed, market
from protocol.parameters import SETTLED
from protocol.trace import Action
from protocol.units import Address


def endings(watch: Watch, sender: Address) -> Iterator[Action]:
    """The calls that settle what has expired, and close all that is in it."""
    now, ended = int(watch.now), []
    for number in range(len(watch.markets)):
        if is_settled(watch, number):
            ended.append(number)
        elif has_expired(watch, number):
            ended.append(number)
            yield Action("Governor", "settle_market", sender, now, (number,))
    if not ended:
        return
    for holder in watch.with_positions():
        held = watch.state.accounts[holder].positions
        for number in ended:
            if held >> number & 1:
                words = (holder, number)
                yield Action("Exchange", "close_settled", sender, now, words)


def is_settled(watch: Watch, number: int) -> bool:
    """Whether a market has been settled."""
    mode = market.load_params(watch.state, number, watch.now).limits.mode
    return mode == SETTLED


def has_expired(watch: Watch, number: int) -> bool:
    """Whether anybody may settle a market because it has come to its end."""
    params = feed.load_params(watch.state, number)
    published_at = watch.markets[number].price.published_at
    return expiry.is_over(published_at, params.max_age, params.expiry, watch.now)
