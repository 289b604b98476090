"""
Time passes, and reporters speak.
"""

from __future__ import annotations

from protocol import market
from protocol.feed import FOREVER
from protocol.fixed_point import WAD
from protocol.quorum import MAX_REPORTERS
from tests.stateful.choices import Choices, weighted
from tests.stateful.configuration import AGGREGATOR
from tests.stateful.vocabulary.arguments import (
    LEAST_INT,
    MOST_INT,
    MOST_UINT,
    SIDES,
    any_market,
    any_sender,
)
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World

HOUR, DAY = 3_600, 86_400


def pass_time(world: World, choose: Choices) -> None:
    """Let no time pass mostly, or a little, or to an edge, or much."""
    kind = choose.integer(0, 99)
    if kind < 50:
        return
    if kind < 60:
        world.now += 1
    elif kind < 82:
        world.now += 12
    elif kind < 92:
        to_edge(world, choose)
    elif kind < 96:
        world.now += HOUR
    elif kind < 99:
        world.now += DAY
    else:
        world.now += 30 * DAY


def to_edge(world: World, choose: Choices) -> None:
    """Let time pass to an edge, or to the second beside it."""
    world.now = max(world.now, edge(world, choose) + choose.integer(-1, 1))


def edge(world: World, choose: Choices) -> int:
    """A time at which something changes: staleness, the insurance window."""
    state = world.state
    market_id = choose.integer(0, world.markets - 1)
    price = market.price_of(state, market_id)
    limits = market.load_params(state, market_id, world.now).limits
    window = market.load_risk(state).insurance.window
    published_at = price.published_at if price.published_at != FOREVER else world.now
    return choose.pick(
        (
            published_at + limits.trade_age,
            published_at + limits.risk_age,
            price.valid_until if price.valid_until != FOREVER else world.now,
            state.insurance_window[()].started_at + window,
        )
    )


def is_stale(world: World) -> bool:
    """Whether a market, or a token, has no price to take risk at."""
    for feed_id in world.feeds:
        price = market.price_of(world.state, feed_id)
        if (
            world.now > price.valid_until
            or world.now > price.published_at + world.max_age(feed_id)
        ):
            return True
    return False


def next_price(world: World, choose: Choices, market_id: int) -> int:
    """Where the price of a market goes from where it is."""
    state = world.state
    index = market.price_of(state, market_id).index
    feed = state.codes[state.feed_params[market_id]]
    if index == 0:
        return max(feed.ceiling_price // 500, feed.floor_price + 1)
    # Far from where it began a market comes back, since sizes there mean nothing.
    home = feed.ceiling_price // 500
    if not home // 20 <= index <= home * 20:
        return home
    kind = choose.integer(0, 99)
    if kind < 30:
        return index
    if kind < 40:
        return max(1, index + choose.pick((1, -1)))
    if kind < 88:
        return max(1, index * choose.integer(9_900, 10_100) // 10_000)
    if kind < 95:
        return max(1, index * choose.integer(85, 118) // 100)
    if kind < 97:
        average = market.price_of(state, market_id).average
        beyond = average * (WAD + choose.pick(SIDES) * feed.band) // WAD
        return max(1, beyond + choose.integer(-1, 1))
    if kind < 99:
        return max(1, choose.pick((index // 2, index * 2)))
    bound = choose.pick((feed.floor_price, feed.ceiling_price))
    return max(1, bound + choose.integer(-1, 1))


def round_at(
    world: World, choose: Choices, market_id: int, price: int, spread: int = 0
) -> Calls:
    """All reporters of a market say what its price is now, unless it was settled."""
    state = world.state
    if market.price_of(state, market_id).valid_until == FOREVER:
        return
    params = state.codes[state.feed_params[market_id]]
    last = max(
        state.reports[market_id, number].published_at
        for number in range(params.reporters)
    )
    world.now = max(world.now, last + 1)
    confidence = min(price // choose.pick((2_000, 10_000, 10**9, 150)), 2**95 - 1)
    for number in range(params.reporters):
        said = min(max(1, price + (number - 1) * spread), 2**95 - 1)
        yield from told(world, market_id, number, said, confidence)


def told(world: World, feed_id: int, number: int, price: int, confidence: int) -> Calls:
    """A reporter says a price of now; an aggregator answers with it, and is relayed."""
    reporter = world.state.reporters[feed_id, number]
    if reporter == AGGREGATOR:
        yield world.by("stranger", "Aggregator", "say", *as_answer(price), world.now)
        yield world.by("keeper", "Oracle", "relay", feed_id, number)
        return
    words = (feed_id, number, price, confidence, world.now)
    yield world.by(reporter, "Oracle", "report", *words)


def as_answer(price: int) -> tuple[int, int]:
    """A price as an answer, with as many decimals as it needs."""
    answer, decimals = price, 18
    while decimals > 0 and answer % 10 == 0:
        answer, decimals = answer // 10, decimals - 1
    return answer, decimals


def all_rounds(world: World, choose: Choices) -> Calls:
    """A new round for every market and every token."""
    for market_id in world.feeds:
        price = next_price(world, choose, market_id)
        yield from round_at(world, choose, market_id, price)


def calm(world: World, choose: Choices) -> Calls:
    """Where a price has left its band, so much time passes that the band follows."""
    state = world.state
    for market_id in world.feeds:
        price = market.price_of(state, market_id)
        if price.mark != price.index:
            feed = state.codes[state.feed_params[market_id]]
            for _ in range(3):
                world.now += feed.averaging_time
                yield from round_at(world, choose, market_id, price.index)


@rule(7)
def one_round(world: World, choose: Choices) -> Calls:
    """A new round for one market or token; its reporters may disagree."""
    market_id = choose.pick(world.feeds)
    price = next_price(world, choose, market_id)
    spread = choose.pick((0, price // 10_000, 1, price // 200))
    yield from round_at(world, choose, market_id, price, spread)


@rule(
    5,
    {"Oracle.report": ("ok NotReporter OutOfBounds ReportFromFuture ReportNotNewer")},
)
def one_report(world: World, choose: Choices) -> Calls:
    """One reporter speaks, or somebody in its place; perhaps not as it should."""
    state = world.state
    market_id = any_market(world, choose)
    number = choose.integer(0, 2)
    if choose.chance(3):
        number = choose.pick((MAX_REPORTERS - 1, MAX_REPORTERS, MOST_UINT))
    sender = state.reporters[market_id, number]
    if sender in (0, AGGREGATOR) or choose.chance(10):
        sender = any_sender(world, choose)
    price = WAD
    max_age = 600
    if market_id < world.markets:
        price = next_price(world, choose, market_id)
        max_age = state.codes[state.feed_params[market_id]].max_age
    if choose.chance(10):
        bounds = (0, -1, 2**95 - 1, 2**95, MOST_INT, LEAST_INT)
        price = choose.pick(bounds)
    confidences = (0, 1, abs(price) // 1_000, -1, 2**95 - 1, 2**95, LEAST_INT)
    last = state.reports[market_id, number].published_at
    times = (
        (world.now, 8),
        (world.now + 1, 1),
        (last, 1),
        (last + 1, 1),
        (world.now - max_age, 1),
        (world.now - max_age - 1, 1),
        (0, 1),
        (MOST_UINT, 1),
    )
    yield world.by(
        sender,
        "Oracle",
        "report",
        market_id,
        number,
        price,
        confidences[choose.integer(0, 3) if choose.chance(80) else 4],
        max(0, weighted(choose, times)),
    )


def wrapping(world: World) -> list[tuple[int, int]]:
    """The feeds that listen to the aggregator, and its number there."""
    return [
        place
        for place, reporter in world.state.reporters.items()
        if reporter == AGGREGATOR
    ]


@rule(3, {"Aggregator.say": "ok"})
def answer(world: World, choose: Choices) -> Calls:
    """The aggregator answers, as it should mostly, and somebody relays that."""
    places = wrapping(world)
    if not places and choose.chance(95):
        return
    feed_id, number = choose.pick(places) if places else (0, 0)
    price, max_age = WAD, 600
    if feed_id < world.markets:
        price = next_price(world, choose, feed_id)
        code = world.state.feed_params[feed_id]
        max_age = world.state.codes[code].max_age
    said, decimals = as_answer(price)
    odd = choose.integer(0, 9)
    if odd == 0:
        decimals = choose.pick((19, 77, 255, MOST_UINT))
    elif odd < 3:
        said = choose.pick((0, -1, -said, 2**95, 2**95 - 1, MOST_INT, LEAST_INT))
    times = (
        (world.now, 8),
        (world.now + 1, 1),
        (world.now - 1, 1),
        (world.now - max_age, 1),
        (world.now - max_age - 1, 1),
        (0, 1),
        (MOST_UINT, 1),
    )
    words = (said, decimals, weighted(choose, times))
    yield world.by(any_sender(world, choose), "Aggregator", "say", *words)
    if choose.chance(80):
        sender = any_sender(world, choose)
        yield world.by(sender, "Oracle", "relay", feed_id, number)


@rule(
    1,
    {
        "Oracle.relay": (
            "ok AggregatorSilent NotReporter OutOfBounds ReportFromFuture "
            "ReportNotNewer TooManyDecimals"
        )
    },
)
def relay(world: World, choose: Choices) -> Calls:
    """Somebody relays an aggregator, or a reporter that is none, or nobody."""
    places = wrapping(world)
    feed_id, number = any_market(world, choose), choose.integer(0, 2)
    if places and choose.chance(60):
        feed_id, number = choose.pick(places)
    if choose.chance(10):
        number = choose.pick((MAX_REPORTERS - 1, MAX_REPORTERS, MOST_UINT))
    yield world.by(any_sender(world, choose), "Oracle", "relay", feed_id, number)
