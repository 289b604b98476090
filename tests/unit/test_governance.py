"""
The laws of parameters: what just keeps each, and what just breaks it, on both sides.
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from protocol import errors, governance
from protocol.governance import (
    MOST_PRICE,
    MOST_RATE,
    MOST_SECONDS,
    MOST_VALUE,
    MOST_WAIT,
)
from protocol.parameters import HALTED
from protocol.portfolio import PortfolioParams, packed_shocks
from tests.twin.twins import both
from tests.unit.worked import DAY, FEED, MARKET, RISK, START, wad

BOUNDS = errors.PARAMETER_OUT_OF_BOUNDS
TOO_SMALL = errors.SHOCKS_TOO_SMALL
ONE = wad("1")
CEILING = FEED.ceiling_price
REPORTERS = (1, 2, 3, 4, 5, 0, 0)
# A parameter, a value that keeps every law, one that does not, and the law's error.
# 10000 / 86400, rounded up: the bucket fills within a day.
SLOWEST = 115_740_740_740_740_741


def shocks(*each: int) -> int:
    """The word of shocks."""
    return packed_shocks(each)


MARKET_LAWS = [
    ("pricing.skew_scale", MOST_PRICE, MOST_PRICE + 1, BOUNDS),
    ("pricing.skew_scale", wad("10000"), 0, BOUNDS),
    ("pricing.max_spread", ONE // 4, ONE // 4 + 1, BOUNDS),
    ("pricing.max_spread", 0, -1, BOUNDS),
    ("limits.max_skew", wad("200"), wad("200") + 1, BOUNDS),
    ("limits.max_size", wad("50"), wad("200") + 1, BOUNDS),
    ("limits.max_size", 1, 0, BOUNDS),
    ("limits.max_open_interest_value", MOST_VALUE, MOST_VALUE + 1, BOUNDS),
    ("limits.least_value", 1, 0, BOUNDS),
    ("limits.trade_age", 1, 0, BOUNDS),
    ("limits.risk_age", MOST_SECONDS, MOST_SECONDS + 1, BOUNDS),
    ("limits.max_confidence", ONE, ONE + 1, BOUNDS),
    ("fee.taker", ONE, ONE + 1, BOUNDS),
    ("fee.maker", 0, -1, BOUNDS),
    ("fee.vault_share", wad("0.8"), wad("0.8") + 1, BOUNDS),
    ("fee.insurance_share", wad("0.5"), wad("0.5") + 1, BOUNDS),
    ("funding.max_velocity", MOST_RATE, MOST_RATE + 1, BOUNDS),
    ("funding.max_rate", 0, -1, BOUNDS),
    ("funding.dead_zone", MOST_PRICE, MOST_PRICE + 1, BOUNDS),
    ("borrowing.reserve_factor", ONE, ONE + 1, BOUNDS),
    ("borrowing.base_rate", MOST_RATE, MOST_RATE + 1, BOUNDS),
    ("borrowing.slope_1", MOST_RATE, MOST_RATE + 1, BOUNDS),
    ("borrowing.kink", ONE, ONE + 1, BOUNDS),
    ("borrowing.slope_2", MOST_RATE, MOST_RATE + 1, BOUNDS),
    ("margin.im_base", ONE, ONE + 1, BOUNDS),
    ("margin.im_slope", MOST_RATE, MOST_RATE + 1, BOUNDS),
    ("margin.oi_lower", wad("200") - 1, wad("200"), BOUNDS),
    ("margin.oi_upper", wad("100") + 1, wad("100"), BOUNDS),
    ("margin.maintenance_fraction", ONE, ONE + 1, BOUNDS),
    ("margin.shocks", shocks(-10_000, 1_090), shocks(-10_001, 1_090), BOUNDS),
    ("margin.shocks", shocks(-1_090, 1_090), shocks(-1_090, 1_089), TOO_SMALL),
    ("margin.shocks", shocks(-1_090, 1_090), shocks(-1_089, 1_090), TOO_SMALL),
    ("margin.shocks", 0, shocks(1_090, 1_090), TOO_SMALL),
    ("liquidation.target_ratio", ONE, ONE - 1, BOUNDS),
    ("liquidation.target_ratio", 2 * ONE, 2 * ONE + 1, BOUNDS),
    ("liquidation.critical_fraction", ONE, ONE + 1, BOUNDS),
    ("liquidation.keeper_share", 0, -1, BOUNDS),
    ("liquidation.insurance_share", 0, -1, BOUNDS),
    ("liquidation.bucket_capacity", wad("100"), wad("100") - 1, BOUNDS),
    ("liquidation.bucket_rate", wad("10000"), wad("10000") + 1, BOUNDS),
    (
        "liquidation.bucket_rate",
        115_740_740_740_740_741,
        115_740_740_740_740_740,
        BOUNDS,
    ),
    ("payout.factor", 1, 0, BOUNDS),
    ("payout.factor", MOST_PRICE, MOST_PRICE + 1, BOUNDS),
    ("payout.window", 1, 0, BOUNDS),
    ("payout.window", MOST_SECONDS, MOST_SECONDS + 1, BOUNDS),
    ("deleveraging.factor", wad("0.1"), wad("0.1") - 1, BOUNDS),
    ("deleveraging.factor", MOST_PRICE, MOST_PRICE + 1, BOUNDS),
    ("deleveraging.after_factor", 0, -1, BOUNDS),
    ("deleveraging.after_factor", wad("0.2"), wad("0.2") + 1, BOUNDS),
    ("deleveraging.start", 0, -1, BOUNDS),
    ("deleveraging.start", MOST_PRICE, MOST_PRICE + 1, BOUNDS),
    ("deleveraging.duration", 0, MOST_WAIT + 1, BOUNDS),
    ("deleveraging.duration", MOST_WAIT, MOST_WAIT + 1, BOUNDS),
    ("limits.mode", HALTED, HALTED + 1, BOUNDS),
]
# Which way a parameter grows tight; the council leaves all others alone.
TIGHTER = {
    "limits.max_skew": -1,
    "limits.max_open_interest": -1,
    "limits.max_open_interest_value": -1,
    "limits.max_size": -1,
    "limits.max_confidence": -1,
    "limits.mode": 1,
    "margin.im_base": 1,
    "margin.im_slope": 1,
    "margin.oi_lower": -1,
    "margin.oi_upper": -1,
    "margin.maintenance_fraction": 1,
}
FEED_LAWS = [
    ("quorum", 3, 2, errors.BAD_QUORUM),
    ("quorum", 5, 6, errors.BAD_QUORUM),
    ("quorum", 4, 1, errors.BAD_QUORUM),
    ("reporters", 5, 4, errors.BAD_REPORTERS),
    ("reporters", 5, 6, errors.BAD_REPORTERS),
    ("reporters", 5, 0, errors.BAD_REPORTERS),
    ("reporters", 5, 8, errors.BAD_REPORTERS),
    ("max_age", MOST_SECONDS, MOST_SECONDS + 1, BOUNDS),
    ("averaging_time", 1, 0, BOUNDS),
    ("floor_price", 1, 0, BOUNDS),
    ("floor_price", CEILING - 1, CEILING, BOUNDS),
    ("ceiling_price", MOST_PRICE, MOST_PRICE + 1, BOUNDS),
    ("band", ONE // 2, ONE // 2 + 1, BOUNDS),
    ("band", 1, 0, BOUNDS),
]
RISK_LAWS = [
    ("profit_weight", ONE, ONE + 1, BOUNDS),
    ("reserve", wad("2"), wad("2") - 1, BOUNDS),
    ("reserve", MOST_VALUE, MOST_VALUE + 1, BOUNDS),
    ("rewards.flat", wad("5"), wad("5") + 1, BOUNDS),
    ("rewards.least", wad("5"), wad("5") + 1, BOUNDS),
    ("rewards.most", wad("1"), wad("1") - 1, BOUNDS),
    ("insurance.cap", 0, -1, BOUNDS),
    ("insurance.window", 1, 0, BOUNDS),
    ("vault.delay", 0, MOST_WAIT + 1, BOUNDS),
    ("vault.delay", MOST_WAIT, MOST_WAIT + 1, BOUNDS),
    ("vault.window", 1, 0, BOUNDS),
    ("vault.window", MOST_WAIT, MOST_WAIT + 1, BOUNDS),
    ("vault.quarantine", 0, MOST_WAIT + 1, BOUNDS),
    ("vault.quarantine", MOST_WAIT, MOST_WAIT + 1, BOUNDS),
    ("portfolio.floor", 1, 0, BOUNDS),
    ("portfolio.floor", ONE, ONE + 1, BOUNDS),
]


def changed(record: Any, path: str, value: int) -> Any:
    """A record with one parameter changed."""
    name, _, field = path.partition(".")
    if field:
        return replace(record, **{name: changed(getattr(record, name), field, value)})
    return replace(record, **{name: value})


def market_refusal(path: str, value: int) -> str | None:
    params = changed(MARKET, path, value)
    return both(governance, "require_lawful_market", params, 0, CEILING)


@pytest.mark.parametrize(("path", "lawful", "unlawful", "error"), MARKET_LAWS)
def test_a_law_of_a_market_ends_where_it_says(
    path: str, lawful: int, unlawful: int, error: str
) -> None:
    assert market_refusal(path, lawful) is None
    assert market_refusal(path, unlawful) == error


@pytest.mark.parametrize(("path", "lawful", "unlawful", "error"), FEED_LAWS)
def test_a_law_of_a_feed_ends_where_it_says(
    path: str, lawful: int, unlawful: int, error: str
) -> None:
    def refusal(value: int) -> str | None:
        params = changed(FEED, path, value)
        return both(governance, "require_lawful_feed", params, REPORTERS)

    assert refusal(lawful) is None
    assert refusal(unlawful) == error


def tightened(path: str, value: int) -> str | None:
    return both(governance, "require_tighter", MARKET, changed(MARKET, path, value))


def every_parameter() -> list[tuple[str, int]]:
    """Each parameter of a market by its path, and its value."""
    found = []
    for group in MARKET.__struct_fields__:
        record = getattr(MARKET, group)
        for name in record.__struct_fields__:
            found.append((f"{group}.{name}", getattr(record, name)))
    return found


@pytest.mark.parametrize(("path", "value"), every_parameter())
def test_a_council_moves_a_parameter_one_way_or_not_at_all(
    path: str, value: int
) -> None:
    tighter = TIGHTER.get(path, 0)
    for step in (-1, 1):
        if value + step >= 0:
            expected = None if step == tighter else errors.NOT_TIGHTER
            assert tightened(path, value + step) == expected
    assert tightened(path, value) is None


def test_a_pause_is_followed_by_a_week_without_one() -> None:
    assert both(governance, "require_rested", 0, 7 * DAY) is None
    assert both(governance, "require_rested", START, START + 7 * DAY) is None
    refused = both(governance, "require_rested", START, START + 7 * DAY - 1)
    assert refused == errors.PAUSED_LATELY


def test_no_reporter_speaks_twice() -> None:
    twice = (*REPORTERS[:4], REPORTERS[0], *REPORTERS[5:])
    refused = both(governance, "require_lawful_feed", FEED, twice)
    assert refused == errors.BAD_REPORTERS


@pytest.mark.parametrize(("path", "lawful", "unlawful", "error"), RISK_LAWS)
def test_a_law_of_all_accounts_ends_where_it_says(
    path: str, lawful: int, unlawful: int, error: str
) -> None:
    def refusal(value: int) -> str | None:
        return both(governance, "require_lawful_risk", changed(RISK, path, value))

    assert refusal(lawful) is None
    assert refusal(unlawful) == error


def test_one_voice_may_stand_alone() -> None:
    alone = replace(FEED, reporters=1, quorum=1)
    seats = (7, 0, 0, 0, 0, 0, 0)
    assert both(governance, "require_lawful_feed", alone, seats) is None
    many = replace(FEED, reporters=2, quorum=1)
    seats = (7, 8, 0, 0, 0, 0, 0)
    refused = both(governance, "require_lawful_feed", many, seats)
    assert refused == errors.BAD_QUORUM


def test_closing_costs_less_than_the_margin_that_is_left() -> None:
    """
    Of 0.109 * 0.5 * 0.6 = 0.0327 the shares take 0.005 and the premium (50 + 2 * 200) /
    20000 = 0.0225: the keeper may have 0.0062 and not all of it.
    """
    path = "liquidation.keeper_share"
    assert market_refusal(path, wad("0.0062") - 1) is None
    assert market_refusal(path, wad("0.0062")) == errors.CLOSING_COSTS_TOO_MUCH


def test_closing_costs_less_than_the_floor_of_a_portfolio() -> None:
    """
    Closing costs 0.005 + 0.0225 = 0.0275 of the value at most, and a floor of 0.0917
    keeps 0.0917 * 0.5 * 0.6 = 0.02751. Nobody is asked where no portfolio may hold a
    position.
    """
    moved = changed(MARKET, "margin.shocks", shocks(-1_090, 1_090))

    def refusal(params: Any, floor: str) -> str | None:
        asked = PortfolioParams(wad(floor))
        return both(governance, "require_lawful_floor", params, asked)

    assert both(governance, "closing_cost", moved) == wad("0.0275")
    assert refusal(moved, "0.0917") is None
    assert refusal(moved, "0.0916") == errors.FLOOR_TOO_LOW
    assert refusal(MARKET, "0.0916") is None


def test_the_scale_is_twice_the_open_interest_there_is_and_may_be() -> None:
    """Allowed are 200, so 400 are asked of the scale; where 6000 stand, 12000."""

    def refusal(scale: int, open_interest: int) -> str | None:
        params = changed(MARKET, "pricing.skew_scale", scale)
        return both(governance, "require_lawful_limits", params, open_interest, CEILING)

    assert refusal(wad("400"), 0) is None
    assert refusal(wad("400") - 1, 0) == errors.OPEN_INTEREST_ABOVE_SCALE
    assert refusal(wad("12000"), wad("6000")) is None
    assert refusal(wad("12000") - 1, wad("6000")) == errors.SKEW_SCALE_TOO_SMALL


def test_open_interest_at_the_highest_price_fits_the_vault() -> None:
    """200 at a price just so high that they are worth 2**120 wei less one."""
    most = MOST_VALUE * ONE // wad("200")

    def refusal(ceiling: int) -> str | None:
        return both(governance, "require_lawful_limits", MARKET, 0, ceiling)

    assert refusal(most) is None
    assert refusal(most + 1) == errors.OPEN_INTEREST_ABOVE_VALUE
