"""
Reporters speak here, and rounds are kept. It holds no money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import answer, errors, feed
from protocol.errors import require
from protocol.feed import FeedParams, FeedPrice, Round
from protocol.units import Address, Call, Price, Seconds

if TYPE_CHECKING:
    from protocol.state import State


def set_feed(
    state: State,
    call: Call,
    feed_id: int,
    code: Address,
    reporters: tuple[Address, ...],
) -> None:
    """Give a feed the parameters in the code, and reporters."""
    require(call.sender == state.addresses.governor, errors.NOT_GOVERNOR)
    feed.set_feed(state, feed_id, code, reporters)


def close_feed(state: State, call: Call, feed_id: int) -> None:
    """Let the last mark of a feed be its price for ever."""
    require(call.sender == state.addresses.governor, errors.NOT_GOVERNOR)
    feed.close_feed(state, feed_id, call.now)


def report(
    state: State,
    call: Call,
    feed_id: int,
    reporter: int,
    price: Price,
    confidence: Price,
    published_at: Seconds,
) -> None:
    """Report a price as the reporter of that number; a round may come of it."""
    feed.take_report(
        state,
        feed_id,
        reporter,
        price,
        confidence,
        published_at,
        call.sender,
        call.now,
    )


def relay(state: State, call: Call, feed_id: int, reporter: int) -> None:
    """
    Report what the aggregator says that is the reporter of that number, by anyone; a
    round may come of it.
    """
    source = state.reporters[feed_id, reporter]
    require(source != 0, errors.NOT_REPORTER)
    said = answer.asked(state, source)
    feed.take_report(
        state,
        feed_id,
        reporter,
        answer.price_of(said),
        Price(0),
        said.updated_at,
        source,
        call.now,
    )


def price(state: State, call: Call, feed_id: int) -> FeedPrice:
    """
    The last round of a feed, until when its quorum is fresh, and the sum of its index
    over time.
    """
    return feed.latest_price(state, feed_id)


def round_of(state: State, call: Call, feed_id: int, number: int) -> Round:
    """Round `number` of a feed, of the last 64."""
    head = feed.load_head(state, feed_id)
    require(
        number < head.rounds and number + feed.RING >= head.rounds,
        errors.ROUND_UNKNOWN,
    )
    return feed.load_round(state, feed_id, number)


def params_of(state: State, call: Call, feed_id: int) -> FeedParams:
    """The parameters of a feed."""
    return feed.load_params(state, feed_id)
