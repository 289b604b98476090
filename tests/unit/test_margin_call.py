"""
Margin calls, worked by hand on deployed contracts.

Ann has bought ten at 2000, out of 2953.51: at a price P she has 10 P - 17076.5, must
hold 0.55 P and 5, and may be called below 1.5 times 0.55 P, and 5. With a grace of ten
minutes nobody liquidates her before it is over, unless she is below 0.6 of 0.55 P.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from protocol import errors, margin_call
from protocol.margin_call import MarginCalled, MarginCallEnded, MarginCallParams
from protocol.market import load_params
from protocol.statement import CALLED, HEALTHY, LIQUIDATABLE
from protocol.trace import words_of
from tests.twin.twins import both
from tests.unit.desk import Desk
from tests.unit.worked import RISK, START, wad

GRACE, WINDOW = 600, 3_600
PARAMS = MarginCallParams(ratio=wad("1.5"), grace=GRACE, window=WINDOW)


@pytest.fixture
def desk() -> Desk:
    desk = Desk("100000")
    risk = replace(RISK, margin_call=PARAMS)
    desk.make("owner", "Governor", "set_risk", *words_of(risk))
    desk.quote("2000")
    desk.insure("50")
    desk.deposit("ann", "2953.51")
    desk.trade("ann", "10")
    return desk


def call_margin(desk: Desk) -> str | None:
    """The keeper calls the margin of Ann."""
    holder = desk.holder("ann")
    return desk.call("keeper", "Exchange", "call_margin", holder, 0).error


def liquidate(desk: Desk) -> str | None:
    """The keeper liquidates Ann."""
    return desk.call("keeper", "Exchange", "liquidate", desk.holder("ann"), 0).error


def later(desk: Desk, seconds: int, price: str) -> None:
    """Some time passes, and there is a price of now."""
    desk.now += seconds
    desk.published_at = desk.now - 1
    desk.quote(price)


def told(desk: Desk) -> tuple[int, int]:
    """What Ann is told: her status, and when she was called."""
    statement = desk.view("Lens", "statement_of", desk.holder("ann"))
    return statement.status, statement.called_at


def test_what_an_account_needs_not_to_be_called() -> None:
    """1100 * 1.5 + 5."""
    assert both(margin_call, "required", wad("1100"), wad("5"), PARAMS) == wad("1655")


def test_who_comes_near_is_called_and_not_before(desk) -> None:
    """At 1862 there are 1543.5 of 1541.15, at 1861 only 1533.5 of 1540.325."""
    desk.quote("1862")
    assert call_margin(desk) == errors.HEALTHY
    assert told(desk) == (HEALTHY, 0)
    desk.quote("1861")
    assert told(desk) == (CALLED, 0)
    holder = desk.holder("ann")
    outcome = desk.call("keeper", "Exchange", "call_margin", holder, 0)
    called = MarginCalled(holder, 0, wad("1533.5"), wad("1540.325"))
    assert [event for _, event in outcome.logs] == [called]
    assert told(desk) == (CALLED, START)
    assert call_margin(desk) == errors.ALREADY_CALLED


def test_nobody_is_liquidated_in_the_grace(desk) -> None:
    """At 1800 there are 923.5 of 995, which is not below 594."""
    desk.quote("1800")
    assert liquidate(desk) == errors.GRACE_NOT_OVER
    assert call_margin(desk) is None
    assert liquidate(desk) == errors.GRACE_NOT_OVER
    later(desk, GRACE - 1, "1800")
    assert liquidate(desk) == errors.GRACE_NOT_OVER
    assert told(desk)[0] == CALLED
    later(desk, 1, "1800")
    assert told(desk)[0] == LIQUIDATABLE
    assert liquidate(desk) is None


def test_a_call_runs_out(desk) -> None:
    desk.quote("1800")
    assert call_margin(desk) is None
    later(desk, GRACE + WINDOW, "1800")
    assert call_margin(desk) == errors.ALREADY_CALLED
    later(desk, 1, "1800")
    assert liquidate(desk) == errors.GRACE_NOT_OVER
    assert call_margin(desk) is None
    later(desk, GRACE, "1800")
    assert liquidate(desk) is None


def test_what_is_brought_ends_a_call_when_it_is_enough(desk) -> None:
    """Asked at 1861 are 6.825 more."""
    desk.quote("1861")
    assert call_margin(desk) is None
    desk.deposit("ann", "6.824999")
    assert told(desk) == (CALLED, START)
    atoms = 1
    holder = desk.holder("ann")
    outcome = desk.call("ann", "Exchange", "deposit", holder, atoms)
    assert MarginCallEnded(holder) in [event for _, event in outcome.logs]
    assert told(desk) == (HEALTHY, 0)


def test_a_token_that_is_brought_ends_a_call_too(desk) -> None:
    desk.quote("1861")
    desk.quote_token("2000")
    assert call_margin(desk) is None
    holder = desk.holder("ann")
    desk.make("ann", "Exchange", "deposit_collateral", holder, 0, 10**8)
    assert told(desk) == (HEALTHY, 0)


def test_who_closes_is_called_no_more(desk) -> None:
    desk.quote("1861")
    assert call_margin(desk) is None
    desk.trade("ann", "-10")
    assert told(desk) == (HEALTHY, 0)
    assert call_margin(desk) == errors.NO_POSITION


def test_who_is_critical_is_not_called_first(desk) -> None:
    """At 1760 there are 523.5, below 0.6 of 968, which is 580.8."""
    desk.quote("1760")
    assert told(desk)[0] == LIQUIDATABLE
    assert liquidate(desk) is None


def test_a_call_needs_a_price_that_is_fresh_enough(desk) -> None:
    desk.quote("1861")
    desk.now += 10**6
    assert call_margin(desk) == errors.PRICE_INVALID


def test_nobody_is_called_who_has_just_opened(desk) -> None:
    """The margin is half of the initial one: a ratio of 2 is the most there may be."""
    lawful = replace(RISK, margin_call=replace(PARAMS, ratio=wad("2")))
    desk.make("owner", "Governor", "set_risk", *words_of(lawful))
    market = load_params(desk.model.state, 0, desk.now)
    assert market.margin.maintenance_fraction == wad("0.5")
    raised = replace(market.margin, maintenance_fraction=wad("0.5") + 1)
    words = words_of(replace(market, margin=raised))
    outcome = desk.call("owner", "Governor", "set_market", 0, *words)
    assert outcome.error == errors.CALL_ABOVE_INITIAL
