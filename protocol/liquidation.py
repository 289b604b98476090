"""
How much of a position is closed for an account at risk, and for what reward.

A partial liquidation closes just enough for the account to end at `target_ratio` times
its maintenance margin. What it may close at once comes out of a bucket that fills with
time, unless the account is critical.
"""

from __future__ import annotations

from msgspec import Struct

from protocol import errors
from protocol.errors import require
from protocol.fixed_point import (
    WAD,
    clamp,
    mul_div_down,
    mul_div_up,
    mul_wad_down,
    mul_wad_up,
)
from protocol.units import Flow, Price, Quote, Ratio, Seconds, Size
from protocol.word import placed, signed, unsigned


class LiquidationParams(Struct, frozen=True):
    target_ratio: Ratio
    critical_fraction: Ratio
    keeper_share: Ratio
    insurance_share: Ratio
    bucket_capacity: Quote
    bucket_rate: Flow


class RewardParams(Struct, frozen=True):
    flat: Quote
    least: Quote
    most: Quote


class Bucket(Struct, frozen=True):
    level: Quote
    filled_at: Seconds


class Case(Struct, frozen=True):
    equity: Quote
    maintenance: Quote
    reserve: Quote
    size: Size
    value: Quote
    position_maintenance: Quote
    mark: Price
    skew: Size
    bucket: Quote


NO_CASE = Case(
    equity=Quote(0),
    maintenance=Quote(0),
    reserve=Quote(0),
    size=Size(0),
    value=Quote(0),
    position_maintenance=Quote(0),
    mark=Price(0),
    skew=Size(0),
    bucket=Quote(0),
)


class Whole(Struct, frozen=True):
    notional: Quote
    cost: Quote
    rounding: Quote
    held_back: Ratio
    least_value: Quote
    target_ratio: Ratio
    critical_fraction: Ratio


NO_WHOLE = Whole(
    notional=Quote(0),
    cost=Quote(0),
    rounding=Quote(0),
    held_back=Ratio(0),
    least_value=Quote(0),
    target_ratio=Ratio(0),
    critical_fraction=Ratio(0),
)


class Closing(Struct, frozen=True):
    size_delta: Size
    fill: Price
    bucket: Quote
    reward: Quote
    insurance_fee: Quote


def packed_bucket(bucket: Bucket) -> int:
    """The word of a bucket."""
    return placed(int(bucket.level), 0, 128) | (int(bucket.filled_at) << 128)


def unpacked_bucket(packed: int) -> Bucket:
    """The bucket that `packed_bucket` packed."""
    return Bucket(
        level=Quote(signed(packed, 0, 128)),
        filled_at=Seconds(unsigned(packed, 128, 40)),
    )


def filled(bucket: Bucket, params: LiquidationParams, now: Seconds) -> Quote:
    """What the bucket allows by `now`; one that was never used is full."""
    elapsed = now - bucket.filled_at
    return min(params.bucket_capacity, bucket.level + params.bucket_rate * elapsed)


def is_critical(case: Case, params: LiquidationParams) -> bool:
    """Whether so little equity is left that no bucket may delay the liquidation."""
    critical = mul_wad_up(case.maintenance, params.critical_fraction)
    return case.equity < critical


def discount(case: Case, skew_scale: Size, params: LiquidationParams) -> Ratio:
    """
    What closing costs for each quote of value: the premium of closing it all, the
    keeper's share and the insurance fund's.
    """
    toward = case.skew if case.size > 0 else -case.skew
    beyond = max(Size(0), abs(case.size) - 2 * toward)
    return (
        mul_div_up(beyond, WAD, 2 * skew_scale)
        + params.keeper_share
        + params.insurance_share
    )


def needed_size(case: Case, skew_scale: Size, params: LiquidationParams) -> Size:
    """
    A part of the position whose closing surely restores the account to the target:
    all of it when closing costs more margin than it frees, or when half of the
    maintenance margin is gone.
    """
    whole = abs(case.size)
    ratio = mul_div_down(case.position_maintenance, WAD, case.value)
    freed = mul_wad_down(params.target_ratio, ratio) - discount(
        case, skew_scale, params
    )
    if freed <= 0 or 2 * case.equity < case.maintenance:
        return whole
    target = mul_wad_up(case.maintenance, params.target_ratio)
    # One reserve is kept, and the other is for the flat reward, which is never larger.
    # A fill is rounded by a wei of its price, which is so much on the whole position.
    rounding = mul_wad_up(whole, Price(1)) + Quote(2)
    need = target + 2 * case.reserve - case.equity + rounding
    amount = mul_div_up(need, WAD, freed)
    return min(whole, mul_div_up(amount, WAD, case.mark))


def closed_size(
    case: Case, skew_scale: Size, least_value: Quote, params: LiquidationParams
) -> Size:
    """
    The size that a liquidation closes: what is needed, the rest too if it is below the
    least value, and no more than the bucket allows.
    """
    size = needed_size(case, skew_scale, params)
    rest = mul_wad_up(abs(case.size) - size, case.mark)
    if rest < least_value:
        size = abs(case.size)
    amount = mul_wad_up(size, case.mark)
    if amount <= case.bucket or is_critical(case, params):
        return size
    allowed = mul_div_down(case.bucket, WAD, case.mark)
    require(
        allowed > 0 and case.bucket >= min(amount, least_value), errors.BUCKET_EMPTY
    )
    return allowed


def gathered(
    whole: Whole,
    case: Case,
    skew_scale: Size,
    least_value: Quote,
    params: LiquidationParams,
) -> Whole:
    """
    Positions that are closed by the same part of each, with one more: what closing all
    of them costs, and what part of each the buckets hold back.
    """
    # A fill is rounded by a wei of its price and a size by a wei of base, whose loss in
    # a stress may be several times its value.
    rounding = (
        mul_wad_up(abs(case.size), Price(1))
        + mul_wad_up(Size(32), case.mark)
        + Quote(32)
    )
    allowed = mul_div_down(max(Quote(0), case.bucket - rounding), WAD, case.value)
    return Whole(
        notional=whole.notional + case.value,
        cost=whole.cost + mul_wad_up(case.value, discount(case, skew_scale, params)),
        rounding=whole.rounding + rounding,
        held_back=max(whole.held_back, Ratio(WAD) - allowed),
        least_value=max(whole.least_value, least_value),
        target_ratio=max(whole.target_ratio, params.target_ratio),
        critical_fraction=max(whole.critical_fraction, params.critical_fraction),
    )


def needed_part(
    whole: Whole, equity: Quote, maintenance: Quote, reserve: Quote
) -> Ratio:
    """
    A part of every position whose closing surely restores a portfolio to the target:
    all of it when closing costs more margin than it frees, or when half of the
    maintenance margin is gone.
    """
    freed = mul_wad_down(maintenance, whole.target_ratio) - whole.cost
    if freed <= 0 or 2 * equity < maintenance:
        return Ratio(WAD)
    target = mul_wad_up(maintenance, whole.target_ratio)
    need = target + 2 * reserve - equity + whole.rounding
    return min(Ratio(WAD), mul_div_up(need, WAD, freed))


def closed_part(
    whole: Whole, equity: Quote, maintenance: Quote, reserve: Quote
) -> Ratio:
    """
    The part that a liquidation closes of every position of a portfolio: what is needed,
    all of it if the rest is below the least value, and no more than the bucket of any
    of its markets allows.
    """
    part = needed_part(whole, equity, maintenance, reserve)
    rest = mul_wad_up(whole.notional, Ratio(WAD) - part)
    if rest < whole.least_value:
        part = Ratio(WAD)
    allowed = Ratio(WAD) - whole.held_back
    critical = mul_wad_up(maintenance, whole.critical_fraction)
    if part <= allowed or equity < critical:
        return part
    amount = mul_wad_up(whole.notional, part)
    require(
        allowed > 0
        and mul_wad_down(whole.notional, allowed) >= min(amount, whole.least_value),
        errors.BUCKET_EMPTY,
    )
    return allowed


def keeper_reward(
    amount: Quote, is_flat_due: bool, rewards: RewardParams, params: LiquidationParams
) -> Quote:
    """
    What the keeper earns for closing `amount`; the flat part only once until the
    account is healthy again.
    """
    scaled = mul_wad_down(amount, params.keeper_share)
    return capped_reward(scaled, is_flat_due, rewards)


def capped_reward(scaled: Quote, is_flat_due: bool, rewards: RewardParams) -> Quote:
    """The reward that a keeper's shares come to, within the least and the most."""
    if is_flat_due:
        return clamp(rewards.flat + scaled, rewards.least, rewards.most)
    return min(scaled, rewards.most)
