"""
A keeper liquidates a portfolio by one call, whatever its markets.
"""

from __future__ import annotations

import pytest

from keepers.liquidator import at_risk, is_due, liquidations
from protocol.account import PORTFOLIO
from protocol.fixed_point import WAD
from tests.keepers.test_keepers import ATOMS, BEGUN, KEEPER, Story, executions

HEDGED = 7
HOLDER = KEEPER << 96 | HEDGED


@pytest.fixture
def hedged() -> Story:
    """Long in one market, short in the other, at a price that takes from both."""
    story = Story()
    story.by("provider", "Vault", "request_deposit", 10**6 * ATOMS, 1)
    story.prices(BEGUN, 2_000, 30_000)
    (execution,) = executions(story.watch, KEEPER)
    story.make(execution)
    story.by("keeper", "Exchange", "set_margin_mode", HOLDER, PORTFOLIO)
    story.by("keeper", "Exchange", "deposit", HOLDER, 5_000 * ATOMS)
    story.by("keeper", "Exchange", "trade", HOLDER, 0, 6 * WAD, 10**6 * WAD)
    story.by("keeper", "Exchange", "trade", HOLDER, 1, -35 * WAD // 100, 1)
    story.watch.look(story.now)
    assert at_risk(story.watch) == []
    story.prices(BEGUN + 30, 1_700, 35_500)
    return story


def test_its_margin_is_asked_at_each_look(hedged) -> None:
    standing = hedged.watch.standing(HOLDER)
    assert standing.maintenance // 2 < standing.equity < standing.maintenance
    assert at_risk(hedged.watch) == [HOLDER]


def test_one_call_closes_a_part_of_both(hedged) -> None:
    positions = hedged.model.state.positions
    before = [positions[HOLDER, market_id].size for market_id in (0, 1)]
    made = 0
    for action in liquidations(hedged.watch, KEEPER):
        hedged.make(action)
        made += 1
    after = [positions[HOLDER, market_id].size for market_id in (0, 1)]
    assert made == 1
    assert all(
        0 < abs(now) < abs(then) for now, then in zip(after, before, strict=True)
    )
    assert at_risk(hedged.watch) == []
    assert not is_due(hedged.watch, HOLDER, 0)


def test_no_call_is_tried_while_a_price_is_old(hedged) -> None:
    """The first market is heard of, the second is not."""
    hedged.now += 301
    hedged.watch.look(hedged.now)
    assert list(liquidations(hedged.watch, KEEPER)) == []
