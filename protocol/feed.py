"""
What reporters say of a price, and the rounds that come of it.

A round is stored when a quorum has spoken since the last one; only a round changes the
price. Its index is the median of the fresh reports. Its mark is the index, held within
a band around the average before the round.

The index is also summed over time, into the cumulative price. Between two rounds that
is a line, `intercept + index * now`, which a round only bends. Who knows it at two
moments knows the average index between them, so nobody has to be told of a round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import errors, expiry, volatility
from protocol.errors import require
from protocol.expiry import NO_EXPIRY, NO_SAMPLING, ExpiryParams
from protocol.fixed_point import WAD, clamp, div_down, mul_wad_down
from protocol.quorum import (
    MAX_REPORTERS,
    Report,
    in_order,
    median,
    round_confidence,
)
from protocol.units import Address, Price, PriceSeconds, Ratio, Seconds, Size
from protocol.volatility import GRAIN, VolatilityParams
from protocol.word import placed, signed, unsigned

if TYPE_CHECKING:
    from protocol.state import State

RING = 64
PRICE_BITS = 95
# Until when the last word of a feed that is closed is fresh.
FOREVER = Seconds(2**64 - 1)


class FeedParams(Struct, frozen=True):
    reporters: int
    quorum: int
    max_age: Seconds
    averaging_time: Seconds
    floor_price: Price
    ceiling_price: Price
    band: Ratio
    volatility: VolatilityParams
    expiry: ExpiryParams


class Round(Struct, frozen=True):
    index: Price
    mark: Price
    average: Price
    confidence: Price
    published_at: Seconds
    initial_multiplier: Ratio
    maintenance_multiplier: Ratio


class Head(Struct, frozen=True):
    rounds: int
    valid_until: Seconds
    intercept: PriceSeconds


class FeedPrice(Struct, frozen=True):
    index: Price
    mark: Price
    average: Price
    confidence: Price
    published_at: Seconds
    valid_until: Seconds
    intercept: PriceSeconds
    initial_multiplier: Ratio
    maintenance_multiplier: Ratio


class FeedSet(Struct, frozen=True):
    feed_id: int
    code: Address


class FeedClosed(Struct, frozen=True):
    feed_id: int
    price: Price


class Reported(Struct, frozen=True):
    feed_id: int
    reporter: int
    price: Price
    confidence: Price
    published_at: Seconds


class RoundStored(Struct, frozen=True):
    feed_id: int
    number: int
    index: Price
    mark: Price
    average: Price
    confidence: Price
    published_at: Seconds
    initial_multiplier: Ratio
    maintenance_multiplier: Ratio


NO_ROUND = Round(Price(0), Price(0), Price(0), Price(0), Seconds(0), Ratio(0), Ratio(0))


def packed_round(latest: Round) -> tuple[int, int]:
    """The words of a round."""
    return (
        placed(int(latest.index), 0, 96)
        | placed(int(latest.mark), 96, 96)
        | (int(latest.published_at) << 192),
        placed(int(latest.average), 0, 96)
        | placed(int(latest.confidence), 96, 96)
        | (grains(latest.initial_multiplier) << 192)
        | (grains(latest.maintenance_multiplier) << 224),
    )


def unpacked_round(packed: tuple[int, int]) -> Round:
    """The round that `packed_round` packed."""
    return Round(
        index=Price(signed(packed[0], 0, 96)),
        mark=Price(signed(packed[0], 96, 96)),
        average=Price(signed(packed[1], 0, 96)),
        confidence=Price(signed(packed[1], 96, 96)),
        published_at=Seconds(unsigned(packed[0], 192, 40)),
        initial_multiplier=GRAIN * Ratio(unsigned(packed[1], 192, 32)),
        maintenance_multiplier=GRAIN * Ratio(unsigned(packed[1], 224, 32)),
    )


def grains(multiplier: Ratio) -> int:
    """How a multiplier is kept."""
    return int(div_down(multiplier, GRAIN))


def packed_head(head: Head) -> int:
    """The word of a head."""
    return (
        int(head.valid_until)
        | (head.rounds << 64)
        | placed(int(head.intercept), 128, 128)
    )


def unpacked_head(packed: int) -> Head:
    """The head that `packed_head` packed."""
    return Head(
        rounds=unsigned(packed, 64, 64),
        valid_until=Seconds(unsigned(packed, 0, 64)),
        intercept=PriceSeconds(signed(packed, 128, 128)),
    )


def next_round(
    last: Round,
    index: Price,
    confidence: Price,
    published_at: Seconds,
    known: Ratio,
    variance: Ratio,
    params: FeedParams,
) -> Round:
    """
    The round after `last`: its mark within the band around the average so far, the
    average drawn toward the mark for the time since `last`, and what its volatility
    asks for, as it was known and as it is.
    """
    if last.published_at == Seconds(0):
        return Round(
            index=index,
            mark=index,
            average=index,
            confidence=confidence,
            published_at=published_at,
            initial_multiplier=Ratio(WAD),
            maintenance_multiplier=Ratio(WAD),
        )
    lowest = mul_wad_down(last.average, Ratio(WAD) - params.band)
    highest = mul_wad_down(last.average, Ratio(WAD) + params.band)
    mark = clamp(index, lowest, highest)
    span = params.averaging_time
    elapsed = published_at - last.published_at
    weight = min(elapsed, span)
    weighted = int(weight) * mark + int(span - weight) * last.average
    asked = volatility.target(known, params.volatility)
    kept = volatility.ramped(
        last.maintenance_multiplier, asked, int(elapsed), params.volatility
    )
    if variance != known:
        asked = volatility.target(variance, params.volatility)
    return Round(
        index=index,
        mark=mark,
        average=div_down(weighted, int(span)),
        confidence=confidence,
        published_at=published_at,
        initial_multiplier=max(kept, asked),
        maintenance_multiplier=kept,
    )


def next_variance(
    known: Ratio, last: Round, index: Price, published_at: Seconds, params: FeedParams
) -> Ratio:
    """The variance once `index` follows `last`."""
    if last.published_at == Seconds(0):
        return Ratio(0)
    return volatility.next_variance(
        known,
        last.index,
        index,
        int(published_at - last.published_at),
        int(params.averaging_time),
    )


def next_head(head: Head, last: Round, latest: Round, now: Seconds) -> Head:
    """
    The head once `latest` follows `last`: the cumulative price is what it was, and
    rises by another index from now on.
    """
    bend = (last.index - latest.index) * now
    return Head(
        rounds=head.rounds + 1,
        valid_until=head.valid_until,
        intercept=head.intercept + bend,
    )


def final_round(last: Round, now: Seconds) -> Round:
    """The round after which none is stored: its mark is all there is to say."""
    return Round(
        index=last.mark,
        mark=last.mark,
        average=last.mark,
        confidence=Price(0),
        published_at=now,
        initial_multiplier=Ratio(WAD),
        maintenance_multiplier=Ratio(WAD),
    )


def final_head(head: Head, last: Round, now: Seconds) -> Head:
    """
    The head of a feed that is closed: the cumulative price stays what it is.
    """
    return Head(
        rounds=head.rounds + 1,
        valid_until=FOREVER,
        intercept=head.intercept + last.index * now,
    )


def cumulative_price(price: FeedPrice, now: Seconds) -> PriceSeconds:
    """
    The sum over time of the index, until `now`, or until the feed was closed.
    """
    if price.valid_until == FOREVER:
        return price.intercept
    return price.intercept + price.index * now


def require_fresh_enough(price: FeedPrice, max_age: Seconds, now: Seconds) -> None:
    """
    Refuse the call unless a quorum is fresh and the last round is no older than
    `max_age`.
    """
    require(now <= price.valid_until, errors.PRICE_INVALID)
    require(now <= price.published_at + max_age, errors.PRICE_STALE)


def require_valid(
    price: FeedPrice, max_age: Seconds, max_confidence: Ratio, now: Seconds
) -> None:
    """Refuse the call unless the price is fresh, sure, and inside its band."""
    require_fresh_enough(price, max_age, now)
    widest = mul_wad_down(price.index, max_confidence)
    require(price.confidence <= widest, errors.PRICE_UNCERTAIN)
    require(price.mark == price.index, errors.PRICE_TRIPPED)


def is_valid(
    price: FeedPrice, max_age: Seconds, max_confidence: Ratio, now: Seconds
) -> bool:
    """Whether `require_valid` would let the price pass."""
    widest = mul_wad_down(price.index, max_confidence)
    return (
        now <= price.valid_until
        and now <= price.published_at + max_age
        and price.confidence <= widest
        and price.mark == price.index
    )


def strict_price(price: FeedPrice, size: Size) -> Price:
    """The worse of index and average for who holds `size`."""
    if size > 0:
        return min(price.index, price.average)
    return max(price.index, price.average)


def priced_at(price: FeedPrice, settled_at: Round) -> FeedPrice:
    """
    The newest price with what a round said in it, where there is one: as old as it is,
    and worth what that was.
    """
    if settled_at.published_at == Seconds(0):
        return price
    return replace(
        price,
        index=settled_at.index,
        mark=settled_at.mark,
        confidence=settled_at.confidence,
    )


def load_params(state: State, feed_id: int) -> FeedParams:
    """The parameters of a feed; there must be one."""
    code = state.feed_params[feed_id]
    require(code != 0, errors.FEED_UNKNOWN)
    params: FeedParams = state.codes[code]
    return params


def load_head(state: State, feed_id: int) -> Head:
    """
    How many rounds a feed has stored, until when its quorum is fresh, and where its
    cumulative price comes from.
    """
    return state.heads[feed_id]


def load_round(state: State, feed_id: int, number: int) -> Round:
    """What stands in the ring where round `number` has its place."""
    return state.rounds[feed_id, number % RING]


def last_round(state: State, feed_id: int, head: Head) -> Round:
    """The last round of a feed, empty before the first."""
    if head.rounds == 0:
        return NO_ROUND
    return load_round(state, feed_id, head.rounds - 1)


def latest_price(state: State, feed_id: int) -> FeedPrice:
    """
    The last round of a feed, until when its quorum is fresh, and where its cumulative
    price comes from; the last word of one that is closed is new at any time.
    """
    head = load_head(state, feed_id)
    last = last_round(state, feed_id, head)
    if head.valid_until == FOREVER:
        last = replace(last, published_at=FOREVER)
    return FeedPrice(
        index=last.index,
        mark=last.mark,
        average=last.average,
        confidence=last.confidence,
        published_at=last.published_at,
        valid_until=head.valid_until,
        intercept=head.intercept,
        initial_multiplier=last.initial_multiplier,
        maintenance_multiplier=last.maintenance_multiplier,
    )


def set_feed(
    state: State, feed_id: int, code: Address, reporters: tuple[Address, ...]
) -> None:
    """
    Give a feed the parameters in the code, and reporters; who is no longer one is no
    longer heard, and where it is to end otherwise its samples begin anew.
    """
    for i in range(MAX_REPORTERS):
        if state.reporters[feed_id, i] != reporters[i]:
            state.reporters[feed_id, i] = reporters[i]
            state.reports[feed_id, i] = Report(Price(0), Price(0), Seconds(0))
    before = NO_EXPIRY
    if state.feed_params[feed_id] != 0:
        before = load_params(state, feed_id).expiry
    state.feed_params[feed_id] = code
    if not expiry.is_same(before, load_params(state, feed_id).expiry):
        state.samplings[feed_id] = NO_SAMPLING
    state.log(FeedSet(feed_id=feed_id, code=code))


def take_report(
    state: State,
    feed_id: int,
    reporter: int,
    price: Price,
    confidence: Price,
    published_at: Seconds,
    sender: Address,
    now: Seconds,
) -> None:
    """Take what a reporter says, and let it count."""
    require(
        sender != 0 and state.reporters[feed_id, reporter] == sender,
        errors.NOT_REPORTER,
    )
    require(
        price > 0 and (int(price) | int(confidence)) >> PRICE_BITS == 0,
        errors.OUT_OF_BOUNDS,
    )
    require(published_at <= now, errors.REPORT_FROM_FUTURE)
    before = state.reports[feed_id, reporter]
    require(published_at > before.published_at, errors.REPORT_NOT_NEWER)

    state.reports[feed_id, reporter] = Report(
        price=price, confidence=confidence, published_at=published_at
    )
    state.log(
        Reported(
            feed_id=feed_id,
            reporter=reporter,
            price=price,
            confidence=confidence,
            published_at=published_at,
        )
    )
    count_reports(state, feed_id, now)


def count_reports(state: State, feed_id: int, now: Seconds) -> None:
    """
    Keep until when the fresh reports are a quorum, and the round that they make where
    they say something newer than the last.
    """
    params = load_params(state, feed_id)
    fresh: list[Report] = []
    for i in range(params.reporters):
        report = state.reports[feed_id, i]
        if report.published_at + params.max_age < now:
            continue
        # A price at a bound of the feed is no price.
        if report.price <= params.floor_price or report.price >= params.ceiling_price:
            continue
        fresh.append(report)

    head = load_head(state, feed_id)
    require(head.valid_until != FOREVER, errors.FEED_CLOSED)
    head = replace(head, valid_until=Seconds(0))
    if len(fresh) >= params.quorum:
        ordered = in_order([report.published_at for report in fresh])
        published_at = ordered[len(fresh) - params.quorum]
        head = replace(head, valid_until=published_at + params.max_age)
        last = last_round(state, feed_id, head)
        if published_at > last.published_at:
            shown = last.index
            if params.expiry.expires_at != Seconds(0):
                last = unaveraged(state, feed_id, last)
            prices = [report.price for report in fresh]
            confidences = [report.confidence for report in fresh]
            index = median(prices)
            confidence = round_confidence(prices, confidences, index)
            known = variance = Ratio(0)
            if params.volatility.max_multiplier != Ratio(WAD):
                known = state.variances[feed_id]
                variance = next_variance(known, last, index, published_at, params)
                state.variances[feed_id] = variance
            latest = next_round(
                last, index, confidence, published_at, known, variance, params
            )
            if params.expiry.expires_at != Seconds(0) and expiry.is_averaged(
                published_at, params.expiry
            ):
                latest = averaged(state, feed_id, last.mark, latest, params.expiry)
            store_round(state, feed_id, head.rounds, latest)
            # The cumulative price has risen by what was shown.
            head = next_head(head, replace(last, index=shown), latest, now)
    state.heads[feed_id] = head


def unaveraged(state: State, feed_id: int, last: Round) -> Round:
    """
    The last round with its own price, which its average has taken the place of.
    """
    found = state.samplings[feed_id]
    if found.spot == Price(0):
        return last
    return replace(last, index=found.spot, mark=found.spot)


def averaged(
    state: State, feed_id: int, before: Price, latest: Round, params: ExpiryParams
) -> Round:
    """
    A round with the average at which its market ends for its price, its own being the
    last sample of it; `before` it another price stood, if any.
    """
    stood = before if before != Price(0) else latest.mark
    last = replace(state.samplings[feed_id], spot=stood)
    current = expiry.sampled(last, latest.mark, latest.published_at, params)
    state.samplings[feed_id] = current
    price = expiry.average(current, params)
    return replace(latest, index=price, mark=price)


def store_round(state: State, feed_id: int, number: int, latest: Round) -> None:
    """Put a round into its place in the ring."""
    state.rounds[feed_id, number % RING] = latest
    state.log(
        RoundStored(
            feed_id=feed_id,
            number=number,
            index=latest.index,
            mark=latest.mark,
            average=latest.average,
            confidence=latest.confidence,
            published_at=latest.published_at,
            initial_multiplier=latest.initial_multiplier,
            maintenance_multiplier=latest.maintenance_multiplier,
        )
    )


def close_feed(state: State, feed_id: int, now: Seconds) -> None:
    """Let the last mark of a feed be its price for ever; there must be one."""
    head = load_head(state, feed_id)
    require(head.valid_until != FOREVER, errors.FEED_CLOSED)
    last = last_round(state, feed_id, head)
    require(last.published_at != Seconds(0), errors.PRICE_INVALID)
    store_round(state, feed_id, head.rounds, final_round(last, now))
    state.heads[feed_id] = final_head(head, last, now)
    state.log(FeedClosed(feed_id=feed_id, price=last.mark))
