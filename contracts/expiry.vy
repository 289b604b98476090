# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Expiry
@notice The average at which a dated future ends.

        Its last stretch is cut into equal pieces. At the end of each the price that
        stands then is a sample, whenever it is heard of: that of the last round
        published by that second. So time alone decides what a round counts for.

        Samples that are still to come are taken to be like the last price. So the
        average moves less and less, and with the last sample it stands.
"""

from . import fixed_point


struct ExpiryParams:
    # It never ends where it is zero.
    expires_at: uint256
    samples: uint256
    spacing: uint256


struct Sampling:
    # The last price, of which samples to come are taken to be.
    spot: int256
    total: int256
    taken: uint256


@internal
@pure
def packed_sampling(sampling: Sampling) -> uint256:
    """
    @notice The word of a sampling.
    """
    return (
        (convert(convert(sampling.spot, bytes32), uint256) << 160 >> 160)
        | (convert(convert(sampling.total, bytes32), uint256) << 128 >> 32)
        | (sampling.taken << 224)
    )


@internal
@pure
def unpacked_sampling(packed: uint256) -> Sampling:
    """
    @notice The sampling that `packed_sampling` packed.
    """
    return Sampling(
        spot=convert(convert(packed << 160, bytes32), int256) >> 160,
        total=convert(convert(packed << 32, bytes32), int256) >> 128,
        taken=packed >> 224,
    )


@internal
@pure
def is_same(one: ExpiryParams, other: ExpiryParams) -> bool:
    """
    @notice Whether a market ends the same way by both, or never.
    """
    return (
        one.expires_at == other.expires_at
        and one.samples == other.samples
        and one.spacing == other.spacing
    )


@internal
@pure
def begins_at(params: ExpiryParams) -> uint256:
    """
    @notice When the first piece begins, a spacing before the first sample.
    """
    return params.expires_at - params.samples * params.spacing


@internal
@pure
def is_averaged(published_at: uint256, params: ExpiryParams) -> bool:
    """
    @notice Whether a round of that time is one of those that are averaged.
    """
    return params.expires_at != 0 and published_at > self.begins_at(params)


@internal
@pure
def taken_by(published_at: uint256, params: ExpiryParams) -> uint256:
    """
    @notice How many samples are older than a round of that time.
    """
    first: uint256 = self.begins_at(params)
    if published_at <= first:
        return 0
    ended: int256 = fixed_point.div_down(
        convert(published_at - first - 1, int256), convert(params.spacing, int256)
    )
    return min(convert(ended, uint256), params.samples)


@internal
@pure
def sampled(
    last: Sampling, spot: int256, published_at: uint256, params: ExpiryParams
) -> Sampling:
    """
    @notice The sampling once a price follows: samples since the last one are like that.
    """
    taken: uint256 = self.taken_by(published_at, params)
    return Sampling(
        spot=spot,
        total=last.total + last.spot * convert(taken - last.taken, int256),
        taken=taken,
    )


@internal
@pure
def average(sampling: Sampling, params: ExpiryParams) -> int256:
    """
    @notice The average of all samples, if nothing moves any more, rounded down.
    """
    left: int256 = convert(params.samples - sampling.taken, int256)
    return fixed_point.div_down(
        sampling.total + sampling.spot * left, convert(params.samples, int256)
    )


@internal
@pure
def is_over(
    published_at: uint256, max_age: uint256, params: ExpiryParams, now: uint256
) -> bool:
    """
    @notice Whether no report changes the average any more: the last round was published
            as it expired or later, or no report from before would be fresh.
    """
    return params.expires_at != 0 and (
        published_at >= params.expires_at or now > params.expires_at + max_age
    )
