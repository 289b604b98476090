"""
Sizes and rewards of liquidations, worked by hand, on both sides.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import errors, liquidation
from protocol.liquidation import Bucket, Case
from tests.twin.twins import both
from tests.unit.worked import CASE, LIQUIDATION, PRICING, REWARDS, START, wad

SCALE = PRICING.skew_scale
LEAST = wad("100")
# The last digit of a size: fills are rounded, and this pays for it.
WEI = 1


def needed(case: Case) -> int:
    return both(liquidation, "needed_size", case, SCALE, LIQUIDATION)


def closed(case: Case, least_value: int = LEAST) -> int:
    return both(liquidation, "closed_size", case, SCALE, least_value, LIQUIDATION)


def test_closing_costs_the_shares_and_the_premium_of_closing_it_all() -> None:
    """
    Ten that are all of the skew: 10 - 20 is less than nothing, 0.1 % + 0.4 % = 0.005.
    Ten against a skew of -20: (10 + 40) / 20000 = 0.0025 more.
    """
    assert both(liquidation, "discount", CASE, SCALE, LIQUIDATION) == wad("0.005")
    against = replace(CASE, skew=wad("-20"))
    assert both(liquidation, "discount", against, SCALE, LIQUIDATION) == wad("0.0075")


def test_just_enough_is_closed_to_reach_the_target() -> None:
    """
    Ten at 1800 and a margin of 990 of 18000, 5.5 %. Each quote closed frees 1.2 * 0.055
    - 0.005 = 0.061 of the target. Needed is 1.2 * 990 + 2 * 5 - 923.5 = 274.5, which
    4500 of value free: 2.5.
    """
    assert needed(CASE) == wad("2.5") + WEI


def test_all_is_closed_where_closing_frees_nothing() -> None:
    """At a margin of 75 of 18000 a quote frees 1.2 * 0.00416 - 0.005: 0 at most."""
    assert needed(replace(CASE, position_maintenance=wad("75"))) == wad("10")
    assert needed(replace(CASE, position_maintenance=wad("76"))) > wad("10") // 2


def test_all_is_closed_when_half_of_the_margin_is_gone() -> None:
    """
    Half of 990 is 495: (1188 + 10 - 495) / 0.061 / 1800 = 6.4025500910746812386...,
    rounded up.
    """
    assert needed(replace(CASE, equity=wad("495"))) == 6_402_550_091_074_681_239
    assert needed(replace(CASE, equity=wad("495") - 1)) == wad("10")


def test_a_rest_below_the_least_value_is_closed_too() -> None:
    """What is left of ten is 7.5, at 1800 worth 13500."""
    case = replace(CASE, bucket=wad("18000"))
    assert closed(case, least_value=wad("13499")) == wad("2.5") + WEI
    assert closed(case, least_value=wad("13500")) == wad("10")


def test_the_bucket_limits_what_is_closed_at_once() -> None:
    """4500 are needed: 3600 allow 2, and less than the least value allows none."""
    assert closed(replace(CASE, bucket=wad("4501"))) == wad("2.5") + WEI
    assert closed(replace(CASE, bucket=wad("3600"))) == wad("2")
    assert closed(replace(CASE, bucket=wad("100"))) == wad("1") // 18
    refused = closed(replace(CASE, bucket=wad("100") - 1))
    assert refused == errors.BUCKET_EMPTY


def test_no_bucket_delays_a_critical_account() -> None:
    """
    0.6 * 990 = 594. At 539.2 needed is 1198 - 539.2 = 658.8, which is 6 at 0.061 and
    1800, bucket or not.
    """
    edge = replace(CASE, equity=wad("594"), bucket=0)
    assert not both(liquidation, "is_critical", edge, LIQUIDATION)
    assert closed(edge) == errors.BUCKET_EMPTY
    assert both(
        liquidation, "is_critical", replace(edge, equity=wad("594") - 1), LIQUIDATION
    )
    critical = replace(CASE, equity=wad("539.2"), bucket=0)
    assert closed(critical) == wad("6") + WEI


def test_the_bucket_fills_with_time_up_to_its_capacity() -> None:
    """1000 and a minute at 10 a second: 1600; never more than 10000."""
    levels = [
        both(
            liquidation,
            "filled",
            Bucket(wad("1000"), START),
            LIQUIDATION,
            START + seconds,
        )
        for seconds in (0, 60, 900, 901)
    ]
    assert levels == [wad(each) for each in ("1000", "1600", "10000", "10000")]


def reward(amount: str, is_flat_due: bool) -> int:
    return both(
        liquidation, "keeper_reward", wad(amount), is_flat_due, REWARDS, LIQUIDATION
    )


def test_a_keeper_earns_a_flat_part_once_and_a_share() -> None:
    """0.1 % of 4500 is 4.5, with the flat 2 it is 6.5."""
    assert reward("4500", True) == wad("6.5")
    assert reward("4500", False) == wad("4.5")


def test_a_reward_has_bounds() -> None:
    """0.1 % of 30000 is 30, above the most of 20; the least is for the flat part."""
    assert reward("30000", True) == reward("30000", False) == wad("20")
    assert reward("0", True) == wad("2")
    assert reward("0", False) == 0
    little = replace(REWARDS, flat=0)
    least = both(liquidation, "keeper_reward", 0, True, little, LIQUIDATION)
    assert least == wad("1")
