"""
The caller: it calls who is near, once, where there is a grace; nothing is refused.
"""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace

from keepers.caller import calls, fresh_market, is_due
from keepers.liquidator import liquidations
from protocol import errors, top_ups
from protocol.fixed_point import WAD
from protocol.margin_call import MarginCallEnded, MarginCallParams
from protocol.trace import Action, words_of
from tests.genesis import MARKET, RISK
from tests.keepers.test_keepers import (
    ATOMS,
    BEGUN,
    BOTH,
    KEEPER,
    LONG,
    SHORT,
    Story,
    begun,
    story,
)

__all__ = ["story"]
GRACE = 300
PARAMS = MarginCallParams(ratio=5 * WAD // 4, grace=GRACE, window=900)
HOLDERS = {"trader_1": LONG, "trader_2": SHORT, "trader_3": BOTH}


def give_grace(story: Story) -> None:
    """From now on whoever is near his liquidation is called first."""
    words = words_of(replace(RISK, margin_call=PARAMS))
    story.by("owner", "Governor", "set_risk", *words)
    story.watch.look(story.now)


@pytest.fixture
def called(story: Story) -> Story:
    """
    As the story, with a grace, and who has four fifths of his margin is not critical;
    at 1,880 the first long is near, at 1,855 he may be liquidated but for the grace.
    """
    give_grace(story)
    waiting = replace(MARKET.liquidation, critical_fraction=4 * WAD // 5)
    words = words_of(replace(MARKET, liquidation=waiting))
    story.by("owner", "Governor", "set_market", 0, *words)
    return story


def decided(story: Story) -> list[tuple[int, ...]]:
    """Who is called now."""
    return [action.arguments for action in calls(story.watch, KEEPER)]


def test_nobody_is_called_where_nobody_waits(story) -> None:
    story.prices(BEGUN + 30, 1_855, 30_000)
    assert is_due(story.watch, LONG)
    assert decided(story) == []


def test_who_is_near_is_called_once(called) -> None:
    called.prices(BEGUN + 30, 1_900, 30_000)
    assert decided(called) == []
    called.prices(BEGUN + 60, 1_880, 30_000)
    (action,) = calls(called.watch, KEEPER)
    assert action.arguments == (LONG, 0)
    called.make(action)
    assert decided(called) == []
    called.prices(BEGUN + 90, 1_850, 30_000)
    assert decided(called) == []


def test_a_call_that_has_run_out_is_made_again(called) -> None:
    called.prices(BEGUN + 60, 1_855, 30_000)
    called.make(*calls(called.watch, KEEPER))
    called.prices(BEGUN + 60 + GRACE + int(PARAMS.window), 1_855, 30_000)
    assert decided(called) == []
    called.prices(called.now + 1, 1_855, 30_000)
    assert decided(called) == [(LONG, 0)]


def test_who_has_answered_is_not_called(called) -> None:
    called.prices(BEGUN + 60, 1_855, 30_000)
    called.make(*calls(called.watch, KEEPER))
    words = (LONG, 1_000 * ATOMS)
    deposit = Action("Exchange", "deposit", LONG >> 96, called.now, words)
    assert MarginCallEnded(LONG) in [event for _, event in called.make(deposit).logs]
    assert decided(called) == []


def test_who_has_all_but_an_atom_is_called_and_nobody_with_it(called) -> None:
    called.prices(BEGUN + 60, 1_880, 30_000)
    missing = top_ups.missing(called.model.state, LONG, called.now)
    atoms = -(-int(missing) // (WAD // ATOMS))
    called.by("trader_1", "Exchange", "deposit", LONG, atoms - 1)
    assert decided(called) == [(LONG, 0)]
    called.by("trader_1", "Exchange", "deposit", LONG, 1)
    assert decided(called) == []


def test_who_is_called_is_liquidated_after_his_grace(called) -> None:
    called.prices(BEGUN + 60, 1_855, 30_000)
    called.make(*calls(called.watch, KEEPER))
    assert list(liquidations(called.watch, KEEPER)) == []
    called.prices(BEGUN + 60 + GRACE, 1_855, 30_000)
    (action,) = liquidations(called.watch, KEEPER)
    assert called.make(action).error is None


def test_nobody_is_called_by_an_old_price(called) -> None:
    called.prices(BEGUN + 60, 1_855, 30_000)
    called.watch.look(called.now + 86_400)
    assert fresh_market(called.watch, LONG) is None
    assert decided(called) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_it_decides_as_the_protocol_does(seed) -> None:
    """Each account and market is tried at each look of a random run, on both sides."""
    story, draw = begun("revm"), Random(seed)
    give_grace(story)
    met = set()
    for _ in range(60):
        ether, bitcoin = draw.randint(1_840, 2_200), draw.randint(27_000, 36_000)
        story.prices(story.now + draw.choice((30, 30, 300, 1_200)), ether, bitcoin)
        if draw.random() < 0.2:
            name = draw.choice(tuple(HOLDERS))
            atoms = draw.choice((1, 500)) * ATOMS
            story.by(name, "Exchange", "deposit", HOLDERS[name], atoms)
        if draw.random() < 0.1:
            story.now += 86_400
            story.watch.look(story.now)
        for holder in HOLDERS.values():
            for market_id in (0, 1):
                held = story.model.state.positions[holder, market_id].size
                is_fresh = story.watch.markets[market_id].is_fresh
                expected = bool(held) and is_fresh and is_due(story.watch, holder)
                words = (holder, market_id)
                call = Action("Exchange", "call_margin", KEEPER, story.now, words)
                error = story.attempt(call).error
                assert (error is None) is expected, error
                met.add(error)
    assert met >= {None, errors.HEALTHY, errors.ALREADY_CALLED, errors.PRICE_INVALID}
