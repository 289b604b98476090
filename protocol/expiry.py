"""
The average at which a dated future ends.

Its last stretch is cut into equal pieces. At the end of each the price that stands then
is a sample, whenever it is heard of: that of the last round published by that second.
So time alone decides what a round counts for.

Samples that are still to come are taken to be like the last price. So the average moves
less and less, and with the last sample it stands.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.fixed_point import div_down
from protocol.units import Price, Seconds
from protocol.word import placed, signed, unsigned


class ExpiryParams(Struct, frozen=True):
    # It never ends where it is zero.
    expires_at: Seconds
    samples: int
    spacing: Seconds


class Sampling(Struct, frozen=True):
    # The last price, of which samples to come are taken to be.
    spot: Price
    total: Price
    taken: int


NO_EXPIRY = ExpiryParams(Seconds(0), 0, Seconds(0))
NO_SAMPLING = Sampling(Price(0), Price(0), 0)


def packed_sampling(sampling: Sampling) -> int:
    """The word of a sampling."""
    return (
        placed(int(sampling.spot), 0, 96)
        | placed(int(sampling.total), 96, 128)
        | (sampling.taken << 224)
    )


def unpacked_sampling(packed: int) -> Sampling:
    """The sampling that `packed_sampling` packed."""
    return Sampling(
        spot=Price(signed(packed, 0, 96)),
        total=Price(signed(packed, 96, 128)),
        taken=unsigned(packed, 224, 32),
    )


def is_same(one: ExpiryParams, other: ExpiryParams) -> bool:
    """Whether a market ends the same way by both, or never."""
    return one == other


def begins_at(params: ExpiryParams) -> Seconds:
    """When the first piece begins, a spacing before the first sample."""
    return params.expires_at - params.samples * params.spacing


def is_averaged(published_at: Seconds, params: ExpiryParams) -> bool:
    """Whether a round of that time is one of those that are averaged."""
    return params.expires_at != Seconds(0) and published_at > begins_at(params)


def taken_by(published_at: Seconds, params: ExpiryParams) -> int:
    """How many samples are older than a round of that time."""
    first = begins_at(params)
    if published_at <= first:
        return 0
    ended = div_down(int(published_at - first) - 1, int(params.spacing))
    return min(ended, params.samples)


def sampled(
    last: Sampling, spot: Price, published_at: Seconds, params: ExpiryParams
) -> Sampling:
    """
    The sampling once a price follows: samples since the last one are like that.
    """
    taken = taken_by(published_at, params)
    return Sampling(
        spot=spot,
        total=last.total + (taken - last.taken) * last.spot,
        taken=taken,
    )


def average(sampling: Sampling, params: ExpiryParams) -> Price:
    """The average of all samples, if nothing moves any more, rounded down."""
    left = params.samples - sampling.taken
    return div_down(sampling.total + left * sampling.spot, params.samples)


def is_over(
    published_at: Seconds, max_age: Seconds, params: ExpiryParams, now: Seconds
) -> bool:
    """
    Whether no report changes the average any more: the last round was published as it
    expired or later, or no report from before would be fresh.
    """
    return params.expires_at != Seconds(0) and (
        published_at >= params.expires_at or now > params.expires_at + max_age
    )
