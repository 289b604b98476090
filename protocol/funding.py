"""
Funding moves value from the side that makes the skew to the other, and borrowing from
both sides to the vault, for what it holds in reserve for them.

The skew sets the velocity of a daily rate, not the rate itself. An index is what one
unit of base has paid since its market started, in quote; a position owes the growth of
its side's index. Shorts hold negative sizes, so they receive what their index grows by.

The price in it is the average of the feed's index since the last accrual, by time: what
the cumulative price has grown by, over the time. So no round has to accrue funding.

The rate is kept times `DAY`, a fine rate, which gains its velocity every second; and
what is too little to move an index is carried. So nothing is lost on the way, however
often funding accrues at one price.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.fixed_point import (
    WAD,
    clamp,
    div_down,
    div_up,
    mul_div_toward_zero,
    mul_div_up,
    mul_wad_up,
)
from protocol.units import (
    Area,
    FineRate,
    Price,
    PriceArea,
    PriceSeconds,
    Quote,
    Rate,
    Ratio,
    Seconds,
    Size,
)
from protocol.word import placed, signed, unsigned

DAY = Seconds(86_400)
# Twice the area under a rate of one in a day.
TWICE_A_DAY: Area = 2 * Rate(WAD) * DAY * DAY


class FundingParams(Struct, frozen=True):
    max_velocity: Rate
    max_rate: Rate
    dead_zone: Size


class BorrowingParams(Struct, frozen=True):
    reserve_factor: Ratio
    base_rate: Rate
    slope_1: Rate
    kink: Ratio
    slope_2: Rate


class Funding(Struct, frozen=True):
    fine_rate: FineRate
    accrued_at: Seconds
    carry: PriceArea
    long_carry: PriceSeconds
    short_carry: PriceSeconds
    long_index: Price
    short_index: Price
    long_rate: Rate
    short_rate: Rate
    cumulative_price: PriceSeconds


class FundingAccrued(Struct, frozen=True):
    market_id: int
    fine_rate: FineRate
    long_index: Price
    short_index: Price


def packed_funding(funding: Funding) -> tuple[int, int, int]:
    """
    The words of a funding record: the rate and what is carried, the indices, the rates
    of borrowing and the cumulative price.
    """
    return (
        placed(int(funding.fine_rate), 0, 80)
        | (int(funding.accrued_at) << 80)
        | placed(int(funding.carry), 120, 96)
        | placed(int(funding.long_carry), 216, 20)
        | placed(int(funding.short_carry), 236, 20),
        placed(int(funding.long_index), 0, 128)
        | placed(int(funding.short_index), 128, 128),
        placed(int(funding.long_rate), 0, 64)
        | placed(int(funding.short_rate), 64, 64)
        | placed(int(funding.cumulative_price), 128, 128),
    )


def unpacked_funding(packed: tuple[int, int, int]) -> Funding:
    """The funding record that `packed_funding` packed."""
    return Funding(
        fine_rate=FineRate(signed(packed[0], 0, 80)),
        accrued_at=Seconds(unsigned(packed[0], 80, 40)),
        carry=PriceArea(signed(packed[0], 120, 96)),
        long_carry=PriceSeconds(signed(packed[0], 216, 20)),
        short_carry=PriceSeconds(signed(packed[0], 236, 20)),
        long_index=Price(signed(packed[1], 0, 128)),
        short_index=Price(signed(packed[1], 128, 128)),
        long_rate=Rate(signed(packed[2], 0, 64)),
        short_rate=Rate(signed(packed[2], 64, 64)),
        cumulative_price=PriceSeconds(signed(packed[2], 128, 128)),
    )


def side_index(funding: Funding, is_long: bool) -> Price:
    """The index of one side."""
    return funding.long_index if is_long else funding.short_index


def funding_velocity(skew: Size, skew_scale: Size, params: FundingParams) -> Rate:
    """What the rate gains in a day at this skew."""
    if abs(skew) <= params.dead_zone:
        return Rate(0)
    capped_skew = clamp(skew, -skew_scale, skew_scale)
    return mul_div_toward_zero(params.max_velocity, capped_skew, skew_scale)


def twice_integral(
    start: FineRate, end: FineRate, velocity: Rate, elapsed: Seconds
) -> Area:
    """Twice the area under the fine rate over `elapsed` seconds."""
    if end == start + velocity * elapsed:
        return (start + end) * elapsed

    # The rate moves until it reaches its bound, and stands there for the rest: under
    # the bound a triangle is missing.
    gain = end - start
    missing = mul_div_toward_zero(gain, abs(gain), abs(velocity))
    return 2 * end * elapsed - missing


def borrowing_rate(
    open_interest: Size, index: Price, vault: Quote, params: BorrowingParams
) -> Rate:
    """
    What a side pays the vault in a day for each quote of its value: a curve with a
    kink, of the part of the vault that is reserved for the side.
    """
    value = mul_wad_up(open_interest, index)
    reserved = mul_wad_up(value, params.reserve_factor)
    wealth = max(vault, Quote(1))
    used = Ratio(WAD)
    if reserved < wealth:
        used = mul_div_up(reserved, WAD, wealth)
    below = min(used, params.kink)
    return (
        params.base_rate
        + mul_wad_up(params.slope_1, below)
        + mul_wad_up(params.slope_2, used - below)
    )


def borrowed(index: Price, rate: Rate, elapsed: Seconds) -> PriceSeconds:
    """What a unit of base owes for borrowing over `elapsed` seconds, times `DAY`."""
    return mul_wad_up(index, rate) * elapsed


def accrued(
    last: Funding,
    skew: Size,
    skew_scale: Size,
    cumulative_price: PriceSeconds,
    params: FundingParams,
    now: Seconds,
) -> Funding:
    """
    What `last` has become by `now`, at one skew and the average index price since then,
    rounded up.
    """
    if now == last.accrued_at:
        return last

    elapsed = now - last.accrued_at
    index = div_up(cumulative_price - last.cumulative_price, elapsed)
    velocity = funding_velocity(skew, skew_scale, params)
    # A bound lowered since the last accrual holds from that accrual on.
    highest = params.max_rate * DAY
    start = clamp(last.fine_rate, -highest, highest)
    end = clamp(start + velocity * elapsed, -highest, highest)
    area = twice_integral(start, end, velocity, elapsed)
    due = index * area + last.carry
    growth = div_down(due, TWICE_A_DAY)

    long_due = borrowed(index, last.long_rate, elapsed) + last.long_carry
    long_growth = div_down(long_due, DAY)
    short_due = borrowed(index, last.short_rate, elapsed) + last.short_carry
    short_growth = div_down(short_due, DAY)

    return Funding(
        fine_rate=end,
        accrued_at=now,
        carry=due - growth * TWICE_A_DAY,
        long_carry=long_due - long_growth * DAY,
        short_carry=short_due - short_growth * DAY,
        long_index=last.long_index + growth + long_growth,
        short_index=last.short_index + growth - short_growth,
        long_rate=last.long_rate,
        short_rate=last.short_rate,
        cumulative_price=cumulative_price,
    )
