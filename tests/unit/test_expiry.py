"""
A dated future, worked by hand: its average, and how it ends.

Three samples, a minute apart, the last one two hours after the start.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from protocol import errors, expiry
from protocol.expiry import NO_SAMPLING, ExpiryParams, Sampling
from protocol.trace import words_of
from tests.twin.twins import both
from tests.unit.desk import ACTORS, REPORTERS, Desk
from tests.unit.worked import EXPIRY, FEED, MARKET, START, wad

ENDS = EXPIRY.expires_at
# A market of its own beside the usual one.
DATED = 1
FEED_WORDS = [ACTORS[name] for name in REPORTERS] + [0] * (7 - len(REPORTERS))
UNFUNDED = replace(MARKET, funding=replace(MARKET.funding, max_rate=0))


def set_feed(desk: Desk, ends: ExpiryParams, **changes: int) -> None:
    """The feed of the market ends so."""
    words = words_of(replace(FEED, expiry=ends, **changes))
    desk.make("owner", "Governor", "set_feed", DATED, *words, *FEED_WORDS)


def started() -> Desk:
    """Ann has ten of a future at 2001, when the index was 2000."""
    desk = Desk("100000")
    set_feed(desk, EXPIRY)
    desk.make("owner", "Governor", "set_market", DATED, *words_of(UNFUNDED))
    desk.quote("2000", DATED)
    desk.deposit("ann", "10000")
    trade(desk, "10")
    return desk


def trade(desk: Desk, size: str) -> str | None:
    """Ann trades some of the future at any price; how that ended."""
    delta = wad(size)
    words = (desk.holder("ann"), DATED, delta, 2**128 if delta > 0 else 0)
    return desk.call("ann", "Exchange", "trade", *words).error


def said(desk: Desk, at: int, price: str) -> int:
    """All say a price of a time, a second later; the price of the market then."""
    desk.now = max(desk.now, at + 1)
    desk.published_at = at - 1
    desk.quote(price, DATED)
    seen = desk.view("Oracle", "price", DATED)
    assert seen.index == seen.mark
    found: int = seen.index
    return found


def test_time_alone_says_what_a_round_counts_for() -> None:
    """Samples are at 60, 120 and 180 seconds from when the first piece begins."""
    first = both(expiry, "begins_at", EXPIRY)
    assert first == ENDS - 180
    for seconds, taken in (
        (0, 0),
        (60, 0),
        (61, 1),
        (120, 1),
        (121, 2),
        (180, 2),
        (181, 3),
        (9_999, 3),
    ):
        assert both(expiry, "taken_by", first + seconds, EXPIRY) == taken


def test_samples_to_come_are_taken_to_be_like_the_last_price() -> None:
    """One of 2000, and two at 2300 to come: 6600 / 3 = 2200."""
    sampling = Sampling(spot=wad("2300"), total=wad("2000"), taken=1)
    assert both(expiry, "average", sampling, EXPIRY) == wad("2200")


def test_the_price_of_a_window_is_its_average() -> None:
    """
    At 2000 until the first sample; 2300 from then, so (2000 + 2 * 2300) / 3 = 2200, and
    2000 again before the last: (2000 + 2300 + 2000) / 3 = 2100. What is said after it
    expired changes nothing.
    """
    desk = started()
    assert said(desk, ENDS - 300, "2000") == wad("2000")
    assert said(desk, ENDS - 150, "2000") == wad("2000")
    assert said(desk, ENDS - 110, "2300") == wad("2200")
    assert said(desk, ENDS - 30, "2000") == wad("2100")
    assert said(desk, ENDS + 1, "2400") == wad("2100")
    assert said(desk, ENDS + 100, "1900") == wad("2100")


def test_one_wrong_round_moves_the_end_by_its_part() -> None:
    """A sample of 2400 instead of 2000 moves an average of three by a third of 400."""
    desk = started()
    assert said(desk, ENDS - 150, "2000") == wad("2000")
    said(desk, ENDS - 70, "2400")
    said(desk, ENDS - 30, "2000")
    moved = said(desk, ENDS + 1, "2000") - wad("2000")
    assert moved == wad("400") // 3


def test_a_sample_is_held_in_the_band() -> None:
    """A quarter above the average of 2000, whatever is said: (2000 + 2 * 2500) / 3."""
    desk = started()
    said(desk, ENDS - 150, "2000")
    expected = (wad("2000") + 2 * wad("2500")) // 3
    assert said(desk, ENDS - 110, "9000") == expected


def test_a_sample_that_nobody_reports_is_the_price_that_stood() -> None:
    """2300 was the last of all; it counts for all three."""
    desk = started()
    assert said(desk, ENDS - 170, "2300") == wad("2300")
    assert said(desk, ENDS + 1, "2000") == wad("2300")


def test_the_market_only_reduces_in_its_window() -> None:
    desk = started()
    said(desk, ENDS - 190, "2000")
    desk.now = ENDS - 181
    assert trade(desk, "1") is None
    desk.now = ENDS - 180
    assert trade(desk, "1") == errors.MARKET_ONLY_REDUCES
    assert trade(desk, "-1") is None


def test_anybody_settles_it_once_no_report_can_change_it() -> None:
    """One of the second in which it expires is the last sample."""
    desk = started()
    said(desk, ENDS - 1, "2000")
    settle = ("keeper", "Governor", "settle_market", DATED)
    desk.now = ENDS + FEED.max_age
    assert desk.call(*settle).error == errors.MARKET_HAS_PRICES
    desk.now += 1
    desk.make(*settle)
    assert desk.view("Oracle", "price", DATED).index == wad("2000")


def test_anybody_settles_it_once_somebody_has_spoken_of_later() -> None:
    desk = started()
    said(desk, ENDS - 1, "2000")
    assert said(desk, ENDS, "2300") == wad("2100")
    desk.make("keeper", "Governor", "settle_market", DATED)
    assert desk.view("Oracle", "price", DATED).index == wad("2100")
    size = desk.make("keeper", "Exchange", "close_settled", desk.holder("ann"), DATED)
    assert size == wad("10")


@pytest.mark.parametrize(
    ("field", "value"), [("expires_at", ENDS + 1), ("samples", 4), ("spacing", 61)]
)
def test_an_end_is_not_moved(field: str, value: int) -> None:
    desk = started()
    moved = replace(FEED, expiry=replace(EXPIRY, **{field: value}))
    words = (*words_of(moved), *FEED_WORDS)
    refused = desk.call("owner", "Governor", "set_feed", DATED, *words)
    assert refused.error == errors.EXPIRY_FIXED
    set_feed(desk, EXPIRY)


def test_another_end_begins_its_samples_anew() -> None:
    """
    Before it has a market a feed ends once at 2300, by four samples: of 9200 and four
    nothing is left for the three of the next end.
    """
    desk = Desk("100000")
    set_feed(desk, replace(EXPIRY, expires_at=START + 1_800, samples=4))
    assert said(desk, START + 1_790, "2300") == wad("2300")
    assert said(desk, START + 1_801, "2300") == wad("2300")
    sampled = desk.model.state.samplings[DATED]
    assert sampled == Sampling(wad("2300"), wad("9200"), 4)
    set_feed(desk, EXPIRY)
    assert desk.model.state.samplings[DATED] == NO_SAMPLING
    desk.make("owner", "Governor", "set_market", DATED, *words_of(UNFUNDED))
    for before in (300, 150, -1):
        assert said(desk, ENDS - before, "2000") == wad("2000")


def test_what_was_sampled_is_kept_where_the_end_is() -> None:
    """(2000 + 2 * 2300) / 3 = 2200, as if nobody had changed the feed between."""
    desk = started()
    assert said(desk, ENDS - 150, "2000") == wad("2000")
    set_feed(desk, EXPIRY, max_age=FEED.max_age - 1)
    assert said(desk, ENDS - 110, "2300") == wad("2200")


def test_a_token_does_not_expire() -> None:
    desk = Desk()
    words = (16, *words_of(replace(FEED, expiry=EXPIRY)), *FEED_WORDS)
    refused = desk.call("owner", "Governor", "set_feed", *words)
    assert refused.error == errors.EXPIRY_FIXED


def test_a_future_has_no_funding() -> None:
    desk = started()
    refused = desk.call("owner", "Governor", "set_market", DATED, *words_of(MARKET))
    assert refused.error == errors.FUTURE_HAS_FUNDING
    desk.now = START + 3_600
    desk.make("keeper", "Exchange", "accrue", DATED)
    funded = desk.model.state.fundings[DATED]
    assert funded.fine_rate == funded.carry == 0
