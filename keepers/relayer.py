"""
Which answers of aggregators to bring to the oracle: those that are new, and count.
"""

from __future__ import annotations

from collections.abc import Iterator

from keepers.watch import Watch
from protocol import feed, oracle
from protocol.errors import Revert
from protocol.trace import Action
from protocol.units import Address, Call


def relays(watch: Watch, keeper: Address) -> Iterator[Action]:
    """The calls that bring what no feed has heard yet of its aggregators."""
    for feed_id, number in list(watch.state.reporters):
        if counts(watch, feed_id, number, keeper):
            words = (feed_id, number)
            yield Action("Oracle", "relay", keeper, int(watch.now), words)


def counts(watch: Watch, feed_id: int, number: int, keeper: Address) -> bool:
    """
    Whether a feed would hear what a reporter of it answers, and not as too old: it is
    relayed on the model, and that is undone.
    """
    state, now = watch.state, watch.now
    before = state.savepoint()
    try:
        oracle.relay(state, Call(keeper, now), feed_id, number)
        said = state.reports[feed_id, number]
        return now <= said.published_at + feed.load_params(state, feed_id).max_age
    except Revert:
        return False
    finally:
        state.undo(before)
