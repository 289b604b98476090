# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Funding
@notice Funding moves value from the side that makes the skew to the other, and
        borrowing from both sides to the vault, for what it holds in reserve for them.

        The skew sets the velocity of a daily rate, not the rate itself. An index is
        what one unit of base has paid since its market started, in quote; a
        position owes the growth of its side's index. Shorts hold negative sizes, so
        they receive what their index grows by.

        The price in it is the average of the feed's index since the last accrual, by
        time: what the cumulative price has grown by, over the time. So no round has to
        accrue funding.

        The rate is kept times `DAY`, a fine rate, which gains its velocity every
        second; and what is too little to move an index is carried. So nothing is
        lost on the way, however often funding accrues at one price.
"""

from . import fixed_point

DAY: constant(int256) = 86_400
# Twice the area under a rate of one in a day.
TWICE_A_DAY: constant(int256) = 2 * fixed_point.WAD * DAY * DAY


struct FundingParams:
    max_velocity: int256
    max_rate: int256
    dead_zone: int256


struct BorrowingParams:
    reserve_factor: int256
    base_rate: int256
    slope_1: int256
    kink: int256
    slope_2: int256


struct Funding:
    fine_rate: int256
    accrued_at: uint256
    carry: int256
    long_carry: int256
    short_carry: int256
    long_index: int256
    short_index: int256
    long_rate: int256
    short_rate: int256
    cumulative_price: int256


event FundingAccrued:
    market_id: indexed(uint256)
    fine_rate: int256
    long_index: int256
    short_index: int256


@internal
@pure
def packed_funding(funding: Funding) -> uint256[3]:
    """
    @notice The words of a funding record: the rate and what is carried, the indices,
            the rates of borrowing and the cumulative price.
    """
    return [
        (convert(convert(funding.fine_rate, bytes32), uint256) << 176 >> 176)
        | (funding.accrued_at << 80)
        | (convert(convert(funding.carry, bytes32), uint256) << 160 >> 40)
        | (convert(convert(funding.long_carry, bytes32), uint256) << 236 >> 20)
        | (convert(convert(funding.short_carry, bytes32), uint256) << 236),
        (convert(convert(funding.long_index, bytes32), uint256) << 128 >> 128)
        | (convert(convert(funding.short_index, bytes32), uint256) << 128),
        (convert(convert(funding.long_rate, bytes32), uint256) << 192 >> 192)
        | (convert(convert(funding.short_rate, bytes32), uint256) << 192 >> 128)
        | (convert(convert(funding.cumulative_price, bytes32), uint256) << 128),
    ]


@internal
@pure
def unpacked_funding(packed: uint256[3]) -> Funding:
    """
    @notice The funding record that `packed_funding` packed.
    """
    return Funding(
        fine_rate=convert(convert(packed[0] << 176, bytes32), int256) >> 176,
        accrued_at=(packed[0] << 136) >> 216,
        carry=convert(convert(packed[0] << 40, bytes32), int256) >> 160,
        long_carry=convert(convert(packed[0] << 20, bytes32), int256) >> 236,
        short_carry=convert(convert(packed[0], bytes32), int256) >> 236,
        long_index=convert(convert(packed[1] << 128, bytes32), int256) >> 128,
        short_index=convert(convert(packed[1], bytes32), int256) >> 128,
        long_rate=convert(convert(packed[2] << 192, bytes32), int256) >> 192,
        short_rate=convert(convert(packed[2] << 128, bytes32), int256) >> 192,
        cumulative_price=convert(convert(packed[2], bytes32), int256) >> 128,
    )


@internal
@pure
def side_index(funding: Funding, is_long: bool) -> int256:
    """
    @notice The index of one side.
    """
    return funding.long_index if is_long else funding.short_index


@internal
@pure
def funding_velocity(skew: int256, skew_scale: int256, params: FundingParams) -> int256:
    """
    @notice What the rate gains in a day at this skew.
    """
    if fixed_point.magnitude(skew) <= params.dead_zone:
        return 0
    capped_skew: int256 = fixed_point.clamp(skew, 0 - skew_scale, skew_scale)
    return fixed_point.mul_div_toward_zero(params.max_velocity, capped_skew, skew_scale)


@internal
@pure
def twice_integral(
    start: int256, end: int256, velocity: int256, elapsed: int256
) -> int256:
    """
    @notice Twice the area under the fine rate over `elapsed` seconds.
    """
    if end == start + velocity * elapsed:
        return (start + end) * elapsed
    # The rate moves until it reaches its bound, and stands there for the rest: under
    # the bound a triangle is missing.
    gain: int256 = end - start
    missing: int256 = fixed_point.mul_div_toward_zero(
        gain, fixed_point.magnitude(gain), fixed_point.magnitude(velocity)
    )
    return 2 * end * elapsed - missing


@internal
@pure
def borrowing_rate(
    open_interest: int256, index: int256, vault: int256, params: BorrowingParams
) -> int256:
    """
    @notice What a side pays the vault in a day for each quote of its value: a curve
            with a kink, of the part of the vault that is reserved for the side.
    """
    value: int256 = fixed_point.mul_wad_up(open_interest, index)
    reserved: int256 = fixed_point.mul_wad_up(value, params.reserve_factor)
    wealth: int256 = max(vault, 1)
    used: int256 = fixed_point.WAD
    if reserved < wealth:
        used = fixed_point.mul_div_up(reserved, fixed_point.WAD, wealth)
    below: int256 = min(used, params.kink)
    return (
        params.base_rate
        + fixed_point.mul_wad_up(params.slope_1, below)
        + fixed_point.mul_wad_up(params.slope_2, used - below)
    )


@internal
@pure
def borrowed(index: int256, rate: int256, elapsed: int256) -> int256:
    """
    @notice What a unit of base owes for borrowing over `elapsed` seconds, times `DAY`.
    """
    return fixed_point.mul_wad_up(index, rate) * elapsed


@internal
@pure
def accrued(
    last: Funding,
    skew: int256,
    skew_scale: int256,
    cumulative_price: int256,
    params: FundingParams,
    now: uint256,
) -> Funding:
    """
    @notice What `last` has become by `now`, at one skew and the average index price
            since then, rounded up.
    """
    if now == last.accrued_at:
        return last

    elapsed: int256 = convert(now - last.accrued_at, int256)
    index: int256 = fixed_point.div_up(
        cumulative_price - last.cumulative_price, elapsed
    )
    velocity: int256 = self.funding_velocity(skew, skew_scale, params)
    # A bound lowered since the last accrual holds from that accrual on.
    highest: int256 = params.max_rate * DAY
    lowest: int256 = 0 - highest
    start: int256 = fixed_point.clamp(last.fine_rate, lowest, highest)
    end: int256 = fixed_point.clamp(start + velocity * elapsed, lowest, highest)
    area: int256 = self.twice_integral(start, end, velocity, elapsed)
    due: int256 = index * area + last.carry
    growth: int256 = fixed_point.div_down(due, TWICE_A_DAY)

    long_due: int256 = self.borrowed(index, last.long_rate, elapsed) + last.long_carry
    long_growth: int256 = fixed_point.div_down(long_due, DAY)
    short_due: int256 = (
        self.borrowed(index, last.short_rate, elapsed) + last.short_carry
    )
    short_growth: int256 = fixed_point.div_down(short_due, DAY)

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
