"""
The deleverager: it opens, closes whose turn has come, and ends; nothing is refused.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from keepers.deleverager import closable, deleverages, winners
from protocol import market
from protocol.deleveraging import Deleveraged, DeleveragingEnded, DeleveragingOpened
from protocol.fixed_point import WAD
from protocol.trace import words_of
from tests.genesis import MARKET
from tests.keepers.test_keepers import (
    ATOMS,
    BEGUN,
    BOTH,
    KEEPER,
    LONG,
    SHORT,
    Story,
    story,
)

__all__ = ["story"]
TIGHT = replace(
    MARKET.deleveraging, factor=WAD // 1_000, after_factor=WAD // 2_000, start=WAD
)


@pytest.fixture
def owing(story: Story) -> Story:
    """
    The first market owes more than a thousandth of the vault: one has gained 2,000 on
    7,000, one 600 on about as much, and one has lost.
    """
    words = words_of(replace(MARKET, deleveraging=TIGHT))
    story.by("owner", "Governor", "set_market", 0, *words)
    story.by("trader_3", "Exchange", "deposit", BOTH, 10_000 * ATOMS)
    story.prices(BEGUN + 30, 2_100, 30_000)
    return story


def events_of(story: Story) -> list[object]:
    """What every call that is due now logs."""
    return [
        event
        for action in deleverages(story.watch, KEEPER)
        for _, event in story.make(action).logs
    ]


def test_nobody_is_deleveraged_where_little_is_owed(story) -> None:
    story.prices(BEGUN + 30, 2_100, 30_000)
    assert list(deleverages(story.watch, KEEPER)) == []


def test_it_opens_and_waits_for_the_clock(owing) -> None:
    (opened,) = [each for each in events_of(owing) if type(each) is DeleveragingOpened]
    assert opened.market_id == 0
    assert winners(owing.watch, 0) == [LONG, BOTH]
    # At a score of one nobody has gained enough.
    assert closable(owing.watch, LONG, 0) == 0
    assert events_of(owing) == []


def test_the_most_leveraged_winner_is_first_and_a_loser_never(owing) -> None:
    events_of(owing)
    closed = []
    for elapsed in range(60, 601, 60):
        owing.prices(BEGUN + 30 + elapsed, 2_100, 30_000)
        closed += [
            each.holder for each in events_of(owing) if type(each) is Deleveraged
        ]
    assert closed
    assert closed[0] == LONG
    assert SHORT not in closed
    opening = market.load_opening(owing.model.state, 0)
    assert opening.long_left == 0


def test_it_ends_when_the_price_comes_back(owing) -> None:
    events_of(owing)
    owing.prices(BEGUN + 60, 2_001, 30_000)
    assert DeleveragingEnded in map(type, events_of(owing))
    assert market.load_opening(owing.model.state, 0).opened_at == 0
