"""
Top-ups, worked by hand on deployed contracts.

Ann has bought ten at 2000 out of 2953.51 in her first account, as for margin calls,
and has 1000 in her second, from which an order lets keepers top up the first.
"""

from __future__ import annotations

import pytest

from protocol import errors, top_up
from protocol.top_up import ToppedUp, TopUp
from tests.twin.twins import both
from tests.unit.desk import ACTORS, ATOM, Desk
from tests.unit.worked import wad

ANN, BOB = ACTORS["ann"] << 96, ACTORS["bob"] << 96
SAVINGS = ANN | 1
# In atoms: 500 at most, at least 10, and 2 for the keeper; not twice in a minute.
CEILING, LEAST, FEE = (wad(each) // ATOM for each in ("500", "10", "2"))
ORDER = (SAVINGS, CEILING, LEAST, FEE, 60, 0)


@pytest.fixture
def desk() -> Desk:
    desk = Desk("100000")
    desk.quote("2000")
    desk.insure("50")
    desk.deposit("ann", "2953.51")
    desk.make("ann", "Exchange", "deposit", SAVINGS, wad("1000") // ATOM)
    desk.trade("ann", "10")
    desk.make("ann", "TopUps", "set_order", ANN, *ORDER)
    operator = desk.model.state.addresses.top_ups
    desk.make("ann", "Exchange", "set_operator", operator, 1)
    return desk


def execute(desk: Desk) -> str | None:
    """The keeper carries out the order for Ann's first account."""
    return desk.call("keeper", "TopUps", "execute", ANN).error


def cash(desk: Desk, holder: int) -> int:
    """What an account has."""
    return desk.view("Exchange", "account_of", holder).cash


def test_what_is_moved_is_what_is_missing_within_the_order() -> None:
    """Missing are 6.825, which is less than 10; then 100.5; then more than 500."""
    order = TopUp(*ORDER)
    for missing, atoms in (
        (wad("6.825"), LEAST),
        (wad("100.5"), wad("100.5") // ATOM),
        (wad("100.5") + 1, wad("100.5") // ATOM + 1),
        (wad("600"), CEILING - FEE),
    ):
        assert both(top_up, "moved", order, missing, ATOM) == atoms


def test_an_account_that_comes_near_is_topped_up(desk) -> None:
    """
    At 1850 there are 1423.5 of 1531.25, at a ratio of 1.5: 107.75 are brought, and the
    keeper has 2.
    """
    desk.quote("1850")
    before, own = cash(desk, ANN), desk.model.state.quote.balances[ACTORS["keeper"]]
    outcome = desk.call("keeper", "TopUps", "execute", ANN)
    atoms = wad("107.75") // ATOM
    assert outcome.error is None
    assert outcome.returned == atoms
    event = ToppedUp(ANN, SAVINGS, ACTORS["keeper"], atoms, FEE)
    assert event in [each for _, each in outcome.logs]
    assert cash(desk, ANN) - before == wad("107.75")
    assert cash(desk, SAVINGS) == wad("1000") - wad("109.75")
    assert desk.model.state.quote.balances[ACTORS["keeper"]] - own == FEE
    assert desk.view("TopUps", "order_of", ANN).ceiling == CEILING - atoms - FEE


def test_nothing_is_brought_to_who_is_far(desk) -> None:
    desk.quote("1862")
    assert execute(desk) == errors.HEALTHY


def test_an_order_waits_and_ends(desk) -> None:
    """At 1850, then at 1820: 107.75, then 275.25, then the 111 that a fee leaves."""
    desk.quote("1850")
    assert execute(desk) is None
    desk.quote("1820")
    assert execute(desk) == errors.TOP_UP_TOO_EARLY
    desk.now += 60
    desk.published_at = desk.now - 2
    desk.quote("1820")
    assert execute(desk) is None
    desk.now += 60
    desk.published_at = desk.now - 2
    desk.quote("1700")
    assert execute(desk) is None
    assert desk.view("TopUps", "order_of", ANN).ceiling == 0
    assert execute(desk) == errors.TOP_UP_UNKNOWN


def test_the_source_keeps_its_own_margin(desk) -> None:
    """Savings that back a position are not brought where it needs them."""
    desk.make("ann", "Exchange", "trade", SAVINGS, 0, wad("4"), 2**128)
    desk.quote("1850")
    assert execute(desk) == errors.BELOW_INITIAL_MARGIN


def test_nobody_acts_for_who_has_not_named_it(desk) -> None:
    operator = desk.model.state.addresses.top_ups
    desk.make("ann", "Exchange", "set_operator", operator, 0)
    desk.quote("1850")
    assert execute(desk) == errors.NOT_OPERATOR


@pytest.mark.parametrize(
    ("sender", "target", "order", "error"),
    [
        ("bob", ANN, ORDER, errors.NOT_OPERATOR),
        ("ann", ANN, (BOB, *ORDER[1:]), errors.SOURCE_OF_ANOTHER),
        ("ann", ANN, (ANN, *ORDER[1:]), errors.SOURCE_IS_TARGET),
        ("ann", ANN, (SAVINGS, 2**120, *ORDER[2:]), errors.OUT_OF_BOUNDS),
        ("ann", ANN, (*ORDER[:3], 2**88, 60, 0), errors.OUT_OF_BOUNDS),
        ("ann", ANN, (*ORDER[:4], 2**32, 0), errors.OUT_OF_BOUNDS),
    ],
)
def test_an_order_is_its_owners_and_within_bounds(
    desk, sender, target, order, error
) -> None:
    assert desk.call(sender, "TopUps", "set_order", target, *order).error == error


def test_it_keeps_no_money(desk) -> None:
    desk.quote("1850")
    assert execute(desk) is None
    assert desk.model.state.quote.balances[desk.model.state.addresses.top_ups] == 0
