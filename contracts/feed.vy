# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Feed
@notice What reporters say of a price, and the rounds that come of it.

        A round is stored when a quorum has spoken since the last one; only a round
        changes the price. Its index is the median of the fresh reports. Its mark is
        the index, held within a band around the average before the round.

        The index is also summed over time, into the cumulative price. Between two
        rounds that is a line, `intercept + index * now`, which a round only bends. Who
        knows it at two moments knows the average index between them, so nobody has to
        be told of a round.
"""

from . import errors
from . import expiry
from . import fixed_point
from . import quorum
from . import volatility

RING: constant(uint256) = 64
PRICE_BITS: constant(uint256) = 95
# Until when the last word of a feed that is closed is fresh.
FOREVER: constant(uint256) = 2**64 - 1


struct FeedParams:
    reporters: uint256
    quorum: uint256
    max_age: uint256
    averaging_time: uint256
    floor_price: int256
    ceiling_price: int256
    band: int256
    volatility: volatility.VolatilityParams
    expiry: expiry.ExpiryParams


struct Round:
    index: int256
    mark: int256
    average: int256
    confidence: int256
    published_at: uint256
    initial_multiplier: int256
    maintenance_multiplier: int256


struct Head:
    rounds: uint256
    valid_until: uint256
    intercept: int256


struct FeedPrice:
    index: int256
    mark: int256
    average: int256
    confidence: int256
    published_at: uint256
    valid_until: uint256
    intercept: int256
    initial_multiplier: int256
    maintenance_multiplier: int256


event FeedSet:
    feed_id: indexed(uint256)
    code: address


event FeedClosed:
    feed_id: indexed(uint256)
    price: int256


event Reported:
    feed_id: indexed(uint256)
    reporter: indexed(uint256)
    price: int256
    confidence: int256
    published_at: uint256


event RoundStored:
    feed_id: indexed(uint256)
    number: uint256
    index: int256
    mark: int256
    average: int256
    confidence: int256
    published_at: uint256
    initial_multiplier: int256
    maintenance_multiplier: int256


# Parameters lie in the code at an address, where the governor put them.
feed_params: HashMap[uint256, address]
reporters: HashMap[uint256, HashMap[uint256, address]]
reports: HashMap[uint256, HashMap[uint256, uint256]]
heads: HashMap[uint256, uint256]
rounds: HashMap[uint256, HashMap[uint256, uint256[2]]]
variances: HashMap[uint256, int256]
# What a dated future has of its average.
samplings: HashMap[uint256, uint256]


@internal
@pure
def packed_round(latest: Round) -> uint256[2]:
    """
    @notice The words of a round.
    """
    return [
        (convert(convert(latest.index, bytes32), uint256) << 160 >> 160)
        | (convert(convert(latest.mark, bytes32), uint256) << 160 >> 64)
        | (latest.published_at << 192),
        (convert(convert(latest.average, bytes32), uint256) << 160 >> 160)
        | (convert(convert(latest.confidence, bytes32), uint256) << 160 >> 64)
        | (self.grains(latest.initial_multiplier) << 192)
        | (self.grains(latest.maintenance_multiplier) << 224),
    ]


@internal
@pure
def unpacked_round(packed: uint256[2]) -> Round:
    """
    @notice The round that `packed_round` packed.
    """
    return Round(
        index=convert(convert(packed[0] << 160, bytes32), int256) >> 160,
        mark=convert(convert(packed[0] << 64, bytes32), int256) >> 160,
        average=convert(convert(packed[1] << 160, bytes32), int256) >> 160,
        confidence=convert(convert(packed[1] << 64, bytes32), int256) >> 160,
        published_at=(packed[0] << 24) >> 216,
        initial_multiplier=unsafe_mul(
            volatility.GRAIN, convert((packed[1] << 32) >> 224, int256)
        ),
        maintenance_multiplier=unsafe_mul(
            volatility.GRAIN, convert(packed[1] >> 224, int256)
        ),
    )


@internal
@pure
def grains(multiplier: int256) -> uint256:
    """
    @notice How a multiplier is kept.
    """
    return convert(fixed_point.div_down(multiplier, volatility.GRAIN), uint256)


@internal
@pure
def packed_head(head: Head) -> uint256:
    """
    @notice The word of a head.
    """
    return (
        head.valid_until
        | (head.rounds << 64)
        | (convert(convert(head.intercept, bytes32), uint256) << 128)
    )


@internal
@pure
def unpacked_head(packed: uint256) -> Head:
    """
    @notice The head that `packed_head` packed.
    """
    return Head(
        rounds=(packed << 128) >> 192,
        valid_until=(packed << 192) >> 192,
        intercept=convert(convert(packed, bytes32), int256) >> 128,
    )


@internal
@pure
def next_round(
    last: Round,
    index: int256,
    confidence: int256,
    published_at: uint256,
    known: int256,
    variance: int256,
    params: FeedParams,
) -> Round:
    """
    @notice The round after `last`: its mark within the band around the average so far,
            the average drawn toward the mark for the time since `last`, and what its
            volatility asks for, as it was known and as it is.
    """
    if last.published_at == 0:
        return Round(
            index=index,
            mark=index,
            average=index,
            confidence=confidence,
            published_at=published_at,
            initial_multiplier=fixed_point.WAD,
            maintenance_multiplier=fixed_point.WAD,
        )
    lowest: int256 = fixed_point.mul_wad_down(
        last.average, fixed_point.WAD - params.band
    )
    highest: int256 = fixed_point.mul_wad_down(
        last.average, fixed_point.WAD + params.band
    )
    mark: int256 = fixed_point.clamp(index, lowest, highest)
    span: int256 = convert(params.averaging_time, int256)
    elapsed: int256 = convert(published_at - last.published_at, int256)
    weight: int256 = min(elapsed, span)
    weighted: int256 = mark * weight + last.average * (span - weight)
    asked: int256 = volatility.target(known, params.volatility)
    kept: int256 = volatility.ramped(
        last.maintenance_multiplier, asked, elapsed, params.volatility
    )
    if variance != known:
        asked = volatility.target(variance, params.volatility)
    return Round(
        index=index,
        mark=mark,
        average=fixed_point.div_down(weighted, span),
        confidence=confidence,
        published_at=published_at,
        initial_multiplier=max(kept, asked),
        maintenance_multiplier=kept,
    )


@internal
@pure
def next_variance(
    known: int256, last: Round, index: int256, published_at: uint256, params: FeedParams
) -> int256:
    """
    @notice The variance once `index` follows `last`.
    """
    if last.published_at == 0:
        return 0
    return volatility.next_variance(
        known,
        last.index,
        index,
        convert(published_at - last.published_at, int256),
        convert(params.averaging_time, int256),
    )


@internal
@pure
def next_head(head: Head, last: Round, latest: Round, now: uint256) -> Head:
    """
    @notice The head once `latest` follows `last`: the cumulative price is what it was,
            and rises by another index from now on.
    """
    bend: int256 = (last.index - latest.index) * convert(now, int256)
    return Head(
        rounds=head.rounds + 1,
        valid_until=head.valid_until,
        intercept=head.intercept + bend,
    )


@internal
@pure
def final_round(last: Round, now: uint256) -> Round:
    """
    @notice The round after which none is stored: its mark is all there is to say.
    """
    return Round(
        index=last.mark,
        mark=last.mark,
        average=last.mark,
        confidence=0,
        published_at=now,
        initial_multiplier=fixed_point.WAD,
        maintenance_multiplier=fixed_point.WAD,
    )


@internal
@pure
def final_head(head: Head, last: Round, now: uint256) -> Head:
    """
    @notice The head of a feed that is closed: the cumulative price stays what it is.
    """
    return Head(
        rounds=head.rounds + 1,
        valid_until=FOREVER,
        intercept=head.intercept + last.index * convert(now, int256),
    )


@internal
@pure
def cumulative_price(price: FeedPrice, now: uint256) -> int256:
    """
    @notice The sum over time of the index, until `now`, or until the feed was closed.
    """
    if price.valid_until == FOREVER:
        return price.intercept
    return price.intercept + price.index * convert(now, int256)


@internal
@pure
def require_fresh_enough(price: FeedPrice, max_age: uint256, now: uint256):
    """
    @notice Refuse the call unless a quorum is fresh and the last round is no older
            than `max_age`.
    """
    errors.require(now <= price.valid_until, errors.PRICE_INVALID)
    errors.require(now <= price.published_at + max_age, errors.PRICE_STALE)


@internal
@pure
def require_valid(
    price: FeedPrice, max_age: uint256, max_confidence: int256, now: uint256
):
    """
    @notice Refuse the call unless the price is fresh, sure, and inside its band.
    """
    self.require_fresh_enough(price, max_age, now)
    widest: int256 = fixed_point.mul_wad_down(price.index, max_confidence)
    errors.require(price.confidence <= widest, errors.PRICE_UNCERTAIN)
    errors.require(price.mark == price.index, errors.PRICE_TRIPPED)


@internal
@pure
def is_valid(
    price: FeedPrice, max_age: uint256, max_confidence: int256, now: uint256
) -> bool:
    """
    @notice Whether `require_valid` would let the price pass.
    """
    widest: int256 = fixed_point.mul_wad_down(price.index, max_confidence)
    return (
        now <= price.valid_until
        and now <= price.published_at + max_age
        and price.confidence <= widest
        and price.mark == price.index
    )


@internal
@pure
def strict_price(price: FeedPrice, size: int256) -> int256:
    """
    @notice The worse of index and average for who holds `size`.
    """
    if size > 0:
        return min(price.index, price.average)
    return max(price.index, price.average)


@internal
@pure
def priced_at(price: FeedPrice, settled_at: Round) -> FeedPrice:
    """
    @notice The newest price with what a round said in it, where there is one: as old as
            it is, and worth what that was.
    """
    priced: FeedPrice = price
    if settled_at.published_at != 0:
        priced.index = settled_at.index
        priced.mark = settled_at.mark
        priced.confidence = settled_at.confidence
    return priced


@internal
@view
def load_params(feed_id: uint256) -> FeedParams:
    """
    @notice The parameters of a feed; there must be one.
    """
    code: address = self.feed_params[feed_id]
    errors.require(code != empty(address), errors.FEED_UNKNOWN)
    return abi_decode(slice(code.code, 0, 13 * 32), FeedParams)


@internal
@view
def load_head(feed_id: uint256) -> Head:
    """
    @notice How many rounds a feed has stored, until when its quorum is fresh, and where
            its cumulative price comes from.
    """
    return self.unpacked_head(self.heads[feed_id])


@internal
@view
def load_round(feed_id: uint256, number: uint256) -> Round:
    """
    @notice What stands in the ring where round `number` has its place.
    """
    return self.unpacked_round(self.rounds[feed_id][number % RING])


@internal
@view
def last_round(feed_id: uint256, head: Head) -> Round:
    """
    @notice The last round of a feed, empty before the first.
    """
    if head.rounds == 0:
        return empty(Round)
    return self.load_round(feed_id, head.rounds - 1)


@internal
@view
def latest_price(feed_id: uint256) -> FeedPrice:
    """
    @notice The last round of a feed, until when its quorum is fresh, and where its
            cumulative price comes from; the last word of one that is closed is new at
            any time.
    """
    head: Head = self.load_head(feed_id)
    last: Round = self.last_round(feed_id, head)
    if head.valid_until == FOREVER:
        last.published_at = FOREVER
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


@internal
def set_feed(feed_id: uint256, code: address, reporters: address[quorum.MAX_REPORTERS]):
    """
    @notice Give a feed the parameters in the code, and reporters; who is no longer
            one is no longer heard, and where it is to end otherwise its samples begin
            anew.
    """
    for i: uint256 in range(quorum.MAX_REPORTERS):
        if self.reporters[feed_id][i] != reporters[i]:
            self.reporters[feed_id][i] = reporters[i]
            self.reports[feed_id][i] = 0
    before: expiry.ExpiryParams = empty(expiry.ExpiryParams)
    if self.feed_params[feed_id] != empty(address):
        before = self.load_params(feed_id).expiry
    self.feed_params[feed_id] = code
    if not expiry.is_same(before, self.load_params(feed_id).expiry):
        self.samplings[feed_id] = 0
    log FeedSet(feed_id=feed_id, code=code)


@internal
def take_report(
    feed_id: uint256,
    reporter: uint256,
    price: int256,
    confidence: int256,
    published_at: uint256,
    sender: address,
    now: uint256,
):
    """
    @notice Take what a reporter says, and let it count.
    """
    errors.require(
        sender != empty(address) and self.reporters[feed_id][reporter] == sender,
        errors.NOT_REPORTER,
    )
    errors.require(
        0 < price and (price | confidence) >> PRICE_BITS == 0, errors.OUT_OF_BOUNDS
    )
    errors.require(published_at <= now, errors.REPORT_FROM_FUTURE)
    before: uint256 = self.reports[feed_id][reporter]
    errors.require(published_at > before >> 192, errors.REPORT_NOT_NEWER)

    self.reports[feed_id][reporter] = quorum.packed_report(
        quorum.Report(price=price, confidence=confidence, published_at=published_at)
    )
    log Reported(
        feed_id=feed_id,
        reporter=reporter,
        price=price,
        confidence=confidence,
        published_at=published_at,
    )
    self.count_reports(feed_id, now)


@internal
def count_reports(feed_id: uint256, now: uint256):
    """
    @notice Keep until when the fresh reports are a quorum, and the round that they make
            where they say something newer than the last.
    """
    params: FeedParams = self.load_params(feed_id)
    prices: DynArray[int256, quorum.MAX_REPORTERS] = []
    confidences: DynArray[int256, quorum.MAX_REPORTERS] = []
    times: DynArray[int256, quorum.MAX_REPORTERS] = []
    for i: uint256 in range(params.reporters, bound=quorum.MAX_REPORTERS):
        report: quorum.Report = quorum.unpacked_report(self.reports[feed_id][i])
        if report.published_at + params.max_age < now:
            continue
        # A price at a bound of the feed is no price.
        if report.price <= params.floor_price or report.price >= params.ceiling_price:
            continue
        prices.append(report.price)
        confidences.append(report.confidence)
        times.append(convert(report.published_at, int256))

    head: Head = self.load_head(feed_id)
    errors.require(head.valid_until != FOREVER, errors.FEED_CLOSED)
    head.valid_until = 0
    if len(times) >= params.quorum:
        ordered: DynArray[int256, quorum.MAX_REPORTERS] = quorum.in_order(times)
        published_at: uint256 = convert(ordered[len(times) - params.quorum], uint256)
        head.valid_until = published_at + params.max_age
        last: Round = self.last_round(feed_id, head)
        if published_at > last.published_at:
            shown: int256 = last.index
            if params.expiry.expires_at != 0:
                last = self.unaveraged(feed_id, last)
            index: int256 = quorum.median(prices)
            confidence: int256 = quorum.round_confidence(prices, confidences, index)
            known: int256 = 0
            variance: int256 = 0
            if params.volatility.max_multiplier != fixed_point.WAD:
                known = self.variances[feed_id]
                variance = self.next_variance(known, last, index, published_at, params)
                self.variances[feed_id] = variance
            latest: Round = self.next_round(
                last, index, confidence, published_at, known, variance, params
            )
            if params.expiry.expires_at != 0 and expiry.is_averaged(
                published_at, params.expiry
            ):
                latest = self.averaged(feed_id, last.mark, latest, params.expiry)
            self.store_round(feed_id, head.rounds, latest)
            # The cumulative price has risen by what was shown.
            last.index = shown
            head = self.next_head(head, last, latest, now)
    self.heads[feed_id] = self.packed_head(head)


@internal
@view
def unaveraged(feed_id: uint256, last: Round) -> Round:
    """
    @notice The last round with its own price, which its average has taken the place of.
    """
    found: expiry.Sampling = expiry.unpacked_sampling(self.samplings[feed_id])
    own: Round = last
    if found.spot != 0:
        own.index = found.spot
        own.mark = found.spot
    return own


@internal
def averaged(
    feed_id: uint256, before: int256, latest: Round, params: expiry.ExpiryParams
) -> Round:
    """
    @notice A round with the average at which its market ends for its price, its own
            being the last sample of it; `before` it another price stood, if any.
    """
    last: expiry.Sampling = expiry.unpacked_sampling(self.samplings[feed_id])
    last.spot = before if before != 0 else latest.mark
    current: expiry.Sampling = expiry.sampled(
        last, latest.mark, latest.published_at, params
    )
    self.samplings[feed_id] = expiry.packed_sampling(current)
    price: int256 = expiry.average(current, params)
    shown: Round = latest
    shown.index = price
    shown.mark = price
    return shown


@internal
def store_round(feed_id: uint256, number: uint256, latest: Round):
    """
    @notice Put a round into its place in the ring.
    """
    self.rounds[feed_id][number % RING] = self.packed_round(latest)
    log RoundStored(
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


@internal
def close_feed(feed_id: uint256, now: uint256):
    """
    @notice Let the last mark of a feed be its price for ever; there must be one.
    """
    head: Head = self.load_head(feed_id)
    errors.require(head.valid_until != FOREVER, errors.FEED_CLOSED)
    last: Round = self.last_round(feed_id, head)
    errors.require(last.published_at != 0, errors.PRICE_INVALID)
    self.store_round(feed_id, head.rounds, self.final_round(last, now))
    self.heads[feed_id] = self.packed_head(self.final_head(head, last, now))
    log FeedClosed(feed_id=feed_id, price=last.mark)
