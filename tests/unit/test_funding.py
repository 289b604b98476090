"""
Funding and borrowing, worked by hand, on both sides.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import funding
from protocol.funding import DAY, TWICE_A_DAY, Funding, FundingParams
from tests.twin.twins import both
from tests.unit.worked import BORROWING, FUNDING, PRICING, START, UNFUNDED, wad

SCALE = PRICING.skew_scale
LOOSE = replace(FUNDING, max_rate=wad("0.1"))
SKEW = wad("100")


def accrued(
    last: Funding, skew: int, params: FundingParams, now: int, index: int = wad("2000")
) -> Funding:
    total = last.cumulative_price + index * (now - last.accrued_at)
    return both(funding, "accrued", last, skew, SCALE, total, params, now)


def test_the_velocity_counts_beyond_the_dead_zone_and_up_to_the_scale() -> None:
    """
    1 * 100 / 10000 = 0.01 a day per day. At 1 nothing; one wei beyond, 1.000...1 /
    10000 is rounded toward zero on both sides; at the scale 1, and no more beyond it.
    """
    skews = [SKEW, wad("1"), wad("1") + 1, -wad("1") - 1, SCALE, 2 * SCALE, -2 * SCALE]
    velocities = [both(funding, "funding_velocity", x, SCALE, FUNDING) for x in skews]
    expected = ["0.01", "0", "0.0001", "-0.0001", "1", "1", "-1"]
    assert velocities == [wad(each) for each in expected]


def test_the_rate_grows_for_as_long_as_the_skew_lasts() -> None:
    """
    After half a day the rate is 0.01 * 0.5 = 0.005. Its mean was 0.0025, for half a
    day: 0.00125 of the price, 2000 * 0.00125 = 2.5.
    """
    now = START + DAY // 2
    expected = replace(
        UNFUNDED,
        fine_rate=wad("0.005") * DAY,
        accrued_at=now,
        long_index=wad("2.5"),
        short_index=wad("2.5"),
        cumulative_price=wad("2000") * now,
    )
    assert accrued(UNFUNDED, SKEW, LOOSE, now) == expected


def test_a_bound_reached_within_a_step_holds_from_that_second_on() -> None:
    """
    The bound of 0.002 is reached after a fifth of a day: 0.2 * 0.002 / 2 = 0.0002, and
    then 0.3 of a day at 0.002 are 0.0006. Together 0.0008, 2000 * 0.0008 = 1.6. (The
    mean of start and end over the whole step would give 1.)
    """
    now = START + DAY // 2
    after = accrued(UNFUNDED, SKEW, FUNDING, now)
    assert after.fine_rate == wad("0.002") * DAY
    assert after.long_index == after.short_index == wad("1.6")
    assert after.carry == 0


def test_a_lowered_bound_holds_from_the_last_accrual_on() -> None:
    """A rate of 0.01 bounded at 0.002 and no skew: in a day 2000 * 0.002 = 4."""
    fast = replace(UNFUNDED, fine_rate=wad("0.01") * DAY)
    after = accrued(fast, 0, FUNDING, START + DAY)
    assert after.fine_rate == wad("0.002") * DAY
    assert after.long_index == wad("4")


def test_what_is_too_little_for_an_index_is_carried_to_the_next_accrual() -> None:
    """
    A rate of -0.002 at a price of 500 wei: minus one wei in a day. After half a day
    that is -0.5, which is -1 and a half carried; after the day nothing is left over.
    """
    last = replace(UNFUNDED, fine_rate=-wad("0.002") * DAY)
    half = accrued(last, 0, FUNDING, START + DAY // 2, index=500)
    assert (half.long_index, half.carry) == (-1, TWICE_A_DAY // 2)
    whole = accrued(half, 0, FUNDING, START + DAY, index=500)
    assert (whole.long_index, whole.carry) == (-1, 0)


def test_over_several_rounds_the_price_is_the_average_by_time() -> None:
    """
    A tenth of a day at 2000 and four at 3000: 2800 on average. The rate goes from 0 to
    0.005 in that half of a day, 0.00125 in all: 2800 * 0.00125 = 3.5. (At each price by
    itself it would be 2000 * 0.00005 + 3000 * 0.0012 = 3.7: the rate was higher while
    the price was. A quarter of what both moved by is 1000 * 0.005 / 4 = 1.25 a day.)
    """
    rounds = wad("2000") * (DAY // 10) + wad("3000") * (4 * DAY // 10)
    total = UNFUNDED.cumulative_price + rounds
    now = START + DAY // 2
    after = both(funding, "accrued", UNFUNDED, SKEW, SCALE, total, LOOSE, now)
    assert after.long_index == after.short_index == wad("3.5")
    assert after.cumulative_price == total


def test_an_average_is_rounded_up() -> None:
    """In two seconds 1 wei and 2 wei: 2 wei, of which 1 a day is 2 in a day."""
    last = replace(UNFUNDED, long_rate=wad("1"))
    total = last.cumulative_price + 3
    after = both(funding, "accrued", last, 0, SCALE, total, FUNDING, START + 2)
    assert (after.long_index, after.long_carry) == (0, 4)


def test_a_second_accrual_in_one_second_does_nothing() -> None:
    assert accrued(UNFUNDED, SKEW, FUNDING, START) == UNFUNDED


def borrowing(open_interest: str, vault: str) -> int:
    return both(
        funding,
        "borrowing_rate",
        wad(open_interest),
        wad("2000"),
        wad(vault),
        BORROWING,
    )


def test_a_side_borrows_along_a_curve_with_a_kink() -> None:
    """
    Of a vault of 100000 a side of 50 uses half: 50 * 2000 * 0.5 = 50000, at 0.0001 +
    0.001 * 0.5 = 0.0006. A side of 90 uses 0.9, which is 0.1 beyond the kink: 0.0001 +
    0.001 * 0.8 + 0.02 * 0.1 = 0.0029. Nothing uses more than all: 0.0049.
    """
    assert borrowing("0", "100000") == wad("0.0001")
    assert borrowing("50", "100000") == wad("0.0006")
    assert borrowing("80", "100000") == wad("0.0009")
    assert borrowing("90", "100000") == wad("0.0029")
    assert borrowing("100", "100000") == wad("0.0049")
    assert borrowing("200", "100000") == wad("0.0049")


def test_an_empty_vault_is_used_up_and_divides_nothing() -> None:
    assert borrowing("50", "0") == borrowing("50", "-7") == wad("0.0049")
    assert borrowing("0", "0") == wad("0.0001")


def test_both_sides_pay_the_vault_for_what_they_borrow() -> None:
    """
    At 0.0006 and 0.0002 a day, half a day: 2000 * 0.0006 / 2 = 0.6 more for the longs,
    2000 * 0.0002 / 2 = 0.2 less for the shorts, whose sizes are negative.
    """
    last = replace(UNFUNDED, long_rate=wad("0.0006"), short_rate=wad("0.0002"))
    after = accrued(last, 0, FUNDING, START + DAY // 2)
    assert (after.long_index, after.short_index) == (wad("0.6"), -wad("0.2"))


def test_borrowing_is_carried_too() -> None:
    """
    At 0.001 of 1000 wei a day, one wei: half a day gives none and carries half, in
    parts of a day; the other half makes it one.
    """
    last = replace(UNFUNDED, long_rate=wad("0.001"))
    half = accrued(last, 0, FUNDING, START + DAY // 2, index=1_000)
    assert (half.long_index, half.long_carry) == (0, DAY // 2)
    whole = accrued(half, 0, FUNDING, START + DAY, index=1_000)
    assert (whole.long_index, whole.long_carry) == (1, 0)
