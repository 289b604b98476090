# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Oracle
@notice Reporters speak here, and rounds are kept. It holds no money.
"""

from . import answer
from . import errors
from . import feed
from . import quorum

initializes: feed

GOVERNOR: immutable(address)


@deploy
def __init__(governor: address):
    GOVERNOR = governor


@external
def set_feed(feed_id: uint256, code: address, reporters: address[quorum.MAX_REPORTERS]):
    """
    @notice Give a feed the parameters in the code, and reporters.
    """
    errors.require(msg.sender == GOVERNOR, errors.NOT_GOVERNOR)
    feed.set_feed(feed_id, code, reporters)


@external
def close_feed(feed_id: uint256):
    """
    @notice Let the last mark of a feed be its price for ever.
    """
    errors.require(msg.sender == GOVERNOR, errors.NOT_GOVERNOR)
    feed.close_feed(feed_id, block.timestamp)


@external
def report(
    feed_id: uint256,
    reporter: uint256,
    price: int256,
    confidence: int256,
    published_at: uint256,
):
    """
    @notice Report a price as the reporter of that number; a round may come of it.
    """
    feed.take_report(
        feed_id, reporter, price, confidence, published_at, msg.sender, block.timestamp
    )


@external
def relay(feed_id: uint256, reporter: uint256):
    """
    @notice Report what the aggregator says that is the reporter of that number, by
            anyone; a round may come of it.
    """
    source: address = feed.reporters[feed_id][reporter]
    errors.require(source != empty(address), errors.NOT_REPORTER)
    said: answer.Answer = answer.asked(source)
    feed.take_report(
        feed_id,
        reporter,
        answer.price_of(said),
        0,
        said.updated_at,
        source,
        block.timestamp,
    )


@external
@view
def price(feed_id: uint256) -> feed.FeedPrice:
    """
    @notice The last round of a feed, until when its quorum is fresh, and the sum of its
            index over time.
    """
    return feed.latest_price(feed_id)


@external
@view
def round_of(feed_id: uint256, number: uint256) -> feed.Round:
    """
    @notice Round `number` of a feed, of the last 64.
    """
    head: feed.Head = feed.load_head(feed_id)
    errors.require(
        number < head.rounds and number + feed.RING >= head.rounds,
        errors.ROUND_UNKNOWN,
    )
    return feed.load_round(feed_id, number)


@external
@view
def params_of(feed_id: uint256) -> feed.FeedParams:
    """
    @notice The parameters of a feed.
    """
    return feed.load_params(feed_id)
