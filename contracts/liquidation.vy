# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Liquidation
@notice How much of a position is closed for an account at risk, and for what reward.

        A partial liquidation closes just enough for the account to end at
        `target_ratio` times its maintenance margin. What it may close at once comes
        out of a bucket that fills with time, unless the account is critical.
"""

from . import errors
from . import fixed_point


struct LiquidationParams:
    target_ratio: int256
    critical_fraction: int256
    keeper_share: int256
    insurance_share: int256
    bucket_capacity: int256
    bucket_rate: int256


struct RewardParams:
    flat: int256
    least: int256
    most: int256


struct Bucket:
    level: int256
    filled_at: uint256


struct Case:
    equity: int256
    maintenance: int256
    reserve: int256
    size: int256
    value: int256
    position_maintenance: int256
    mark: int256
    skew: int256
    bucket: int256


struct Whole:
    notional: int256
    cost: int256
    rounding: int256
    held_back: int256
    least_value: int256
    target_ratio: int256
    critical_fraction: int256


struct Closing:
    size_delta: int256
    fill: int256
    bucket: int256
    reward: int256
    insurance_fee: int256


@internal
@pure
def packed_bucket(bucket: Bucket) -> uint256:
    """
    @notice The word of a bucket.
    """
    return (convert(convert(bucket.level, bytes32), uint256) << 128 >> 128) | (
        bucket.filled_at << 128
    )


@internal
@pure
def unpacked_bucket(packed: uint256) -> Bucket:
    """
    @notice The bucket that `packed_bucket` packed.
    """
    return Bucket(
        level=convert(convert(packed << 128, bytes32), int256) >> 128,
        filled_at=(packed << 88) >> 216,
    )


@internal
@pure
def filled(bucket: Bucket, params: LiquidationParams, now: uint256) -> int256:
    """
    @notice What the bucket allows by `now`; one that was never used is full.
    """
    elapsed: int256 = convert(now - bucket.filled_at, int256)
    return min(params.bucket_capacity, bucket.level + params.bucket_rate * elapsed)


@internal
@pure
def is_critical(case: Case, params: LiquidationParams) -> bool:
    """
    @notice Whether so little equity is left that no bucket may delay the liquidation.
    """
    critical: int256 = fixed_point.mul_wad_up(
        case.maintenance, params.critical_fraction
    )
    return case.equity < critical


@internal
@pure
def discount(case: Case, skew_scale: int256, params: LiquidationParams) -> int256:
    """
    @notice What closing costs for each quote of value: the premium of closing it all,
            the keeper's share and the insurance fund's.
    """
    toward: int256 = case.skew if case.size > 0 else -case.skew
    beyond: int256 = max(0, fixed_point.magnitude(case.size) - 2 * toward)
    return (
        fixed_point.mul_div_up(beyond, fixed_point.WAD, 2 * skew_scale)
        + params.keeper_share
        + params.insurance_share
    )


@internal
@pure
def needed_size(case: Case, skew_scale: int256, params: LiquidationParams) -> int256:
    """
    @notice A part of the position whose closing surely restores the account to the
            target: all of it when closing costs more margin than it frees, or when
            half of the maintenance margin is gone.
    """
    whole: int256 = fixed_point.magnitude(case.size)
    ratio: int256 = fixed_point.mul_div_down(
        case.position_maintenance, fixed_point.WAD, case.value
    )
    freed: int256 = fixed_point.mul_wad_down(
        params.target_ratio, ratio
    ) - self.discount(case, skew_scale, params)
    if freed <= 0 or 2 * case.equity < case.maintenance:
        return whole
    target: int256 = fixed_point.mul_wad_up(case.maintenance, params.target_ratio)
    # One reserve is kept, and the other is for the flat reward, which is never larger.
    # A fill is rounded by a wei of its price, which is so much on the whole position.
    rounding: int256 = fixed_point.div_up(whole, fixed_point.WAD) + 2
    need: int256 = target + 2 * case.reserve - case.equity + rounding
    amount: int256 = fixed_point.mul_div_up(need, fixed_point.WAD, freed)
    return min(whole, fixed_point.mul_div_up(amount, fixed_point.WAD, case.mark))


@internal
@pure
def closed_size(
    case: Case, skew_scale: int256, least_value: int256, params: LiquidationParams
) -> int256:
    """
    @notice The size that a liquidation closes: what is needed, the rest too if it is
            below the least value, and no more than the bucket allows.
    """
    size: int256 = self.needed_size(case, skew_scale, params)
    rest: int256 = fixed_point.mul_wad_up(
        fixed_point.magnitude(case.size) - size, case.mark
    )
    if rest < least_value:
        size = fixed_point.magnitude(case.size)
    amount: int256 = fixed_point.mul_wad_up(size, case.mark)
    if amount <= case.bucket or self.is_critical(case, params):
        return size
    allowed: int256 = fixed_point.mul_div_down(case.bucket, fixed_point.WAD, case.mark)
    errors.require(
        allowed > 0 and case.bucket >= min(amount, least_value), errors.BUCKET_EMPTY
    )
    return allowed


@internal
@pure
def gathered(
    whole: Whole,
    case: Case,
    skew_scale: int256,
    least_value: int256,
    params: LiquidationParams,
) -> Whole:
    """
    @notice Positions that are closed by the same part of each, with one more: what
            closing all of them costs, and what part of each the buckets hold back.
    """
    # A fill is rounded by a wei of its price and a size by a wei of base, whose loss in
    # a stress may be several times its value.
    rounding: int256 = (
        fixed_point.div_up(fixed_point.magnitude(case.size), fixed_point.WAD)
        + fixed_point.mul_wad_up(32, case.mark)
        + 32
    )
    allowed: int256 = fixed_point.mul_div_down(
        max(0, case.bucket - rounding), fixed_point.WAD, case.value
    )
    return Whole(
        notional=whole.notional + case.value,
        cost=whole.cost
        + fixed_point.mul_wad_up(case.value, self.discount(case, skew_scale, params)),
        rounding=whole.rounding + rounding,
        held_back=max(whole.held_back, fixed_point.WAD - allowed),
        least_value=max(whole.least_value, least_value),
        target_ratio=max(whole.target_ratio, params.target_ratio),
        critical_fraction=max(whole.critical_fraction, params.critical_fraction),
    )


@internal
@pure
def needed_part(
    whole: Whole, equity: int256, maintenance: int256, reserve: int256
) -> int256:
    """
    @notice A part of every position whose closing surely restores a portfolio to the
            target: all of it when closing costs more margin than it frees, or when half
            of the maintenance margin is gone.
    """
    freed: int256 = (
        fixed_point.mul_wad_down(maintenance, whole.target_ratio) - whole.cost
    )
    if freed <= 0 or 2 * equity < maintenance:
        return fixed_point.WAD
    target: int256 = fixed_point.mul_wad_up(maintenance, whole.target_ratio)
    need: int256 = target + 2 * reserve - equity + whole.rounding
    return min(fixed_point.WAD, fixed_point.mul_div_up(need, fixed_point.WAD, freed))


@internal
@pure
def closed_part(
    whole: Whole, equity: int256, maintenance: int256, reserve: int256
) -> int256:
    """
    @notice The part that a liquidation closes of every position of a portfolio: what is
            needed, all of it if the rest is below the least value, and no more than the
            bucket of any of its markets allows.
    """
    part: int256 = self.needed_part(whole, equity, maintenance, reserve)
    rest: int256 = fixed_point.mul_wad_up(whole.notional, fixed_point.WAD - part)
    if rest < whole.least_value:
        part = fixed_point.WAD
    allowed: int256 = fixed_point.WAD - whole.held_back
    critical: int256 = fixed_point.mul_wad_up(maintenance, whole.critical_fraction)
    if part <= allowed or equity < critical:
        return part
    amount: int256 = fixed_point.mul_wad_up(whole.notional, part)
    errors.require(
        allowed > 0
        and fixed_point.mul_wad_down(whole.notional, allowed)
        >= min(amount, whole.least_value),
        errors.BUCKET_EMPTY,
    )
    return allowed


@internal
@pure
def keeper_reward(
    amount: int256,
    is_flat_due: bool,
    rewards: RewardParams,
    params: LiquidationParams,
) -> int256:
    """
    @notice What the keeper earns for closing `amount`; the flat part only once until
            the account is healthy again.
    """
    return self.capped_reward(
        fixed_point.mul_wad_down(amount, params.keeper_share), is_flat_due, rewards
    )


@internal
@pure
def capped_reward(scaled: int256, is_flat_due: bool, rewards: RewardParams) -> int256:
    """
    @notice The reward that a keeper's shares come to, within the least and the most.
    """
    if is_flat_due:
        return fixed_point.clamp(rewards.flat + scaled, rewards.least, rewards.most)
    return min(scaled, rewards.most)
