"""
The closer: what has come to its end is settled, and everybody in it closed.
"""

from __future__ import annotations

from keepers.closer import endings
from keepers.watch import Watch
from protocol.parameters import SETTLED
from protocol.trace import Action
from tests.unit.desk import ACTORS, Desk
from tests.unit.test_expiry import DATED, ENDS, said, started
from tests.unit.worked import FEED

KEEPER = ACTORS["keeper"]


def wanted(desk: Desk) -> list[Action]:
    """What the closer would call now, each made before the next is asked for."""
    watch = Watch(desk.model.state)
    watch.holders = {desk.holder("ann"): None}
    watch.look(desk.now)
    made = []
    for action in endings(watch, KEEPER):
        made.append(action)
        assert desk.pair.step(action).outcome.error is None
    return made


def test_a_future_is_settled_as_soon_as_it_may_be_and_all_are_closed() -> None:
    desk = started()
    said(desk, ENDS - 1, "2000")
    desk.now = ENDS + FEED.max_age
    assert wanted(desk) == []
    desk.now += 1
    settle, close = wanted(desk)
    now, holder = desk.now, desk.holder("ann")
    assert settle == Action("Governor", "settle_market", KEEPER, now, (DATED,))
    assert close == Action("Exchange", "close_settled", KEEPER, now, (holder, DATED))
    assert wanted(desk) == []


def test_what_its_owner_has_settled_is_closed_too() -> None:
    desk = started()
    desk.make("owner", "Governor", "settle_market", DATED)
    code = desk.model.state.market_params[DATED]
    assert desk.model.state.codes[code].params.limits.mode == SETTLED
    assert [action.function for action in wanted(desk)] == ["close_settled"]
