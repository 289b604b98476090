"""
Margins that grow with volatility, worked by hand, on deployed contracts.

They grow from 5 % a day on, to three times of what they are; what leaves an account
alone does so by 0.0001 a second. Ann has bought ten at 2000 out of 2953.51.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from protocol import errors
from protocol.trace import words_of
from tests.unit.desk import ACTORS, REPORTERS, Desk
from tests.unit.worked import FEED, START, VOLATILE, wad


@pytest.fixture
def desk() -> Desk:
    desk = Desk("100000")
    params = replace(FEED, volatility=VOLATILE)
    reporters = [ACTORS[name] for name in REPORTERS] + [0] * (7 - len(REPORTERS))
    words = (0, *words_of(params), *reporters)
    desk.make("owner", "Governor", "set_feed", *words)
    desk.quote("2000")
    desk.insure("50")
    desk.deposit("ann", "2953.51")
    desk.trade("ann", "10")
    return desk


def later(desk: Desk, seconds: int, price: str) -> None:
    """Some time passes, and all say a price of now."""
    desk.now += seconds
    desk.published_at = desk.now - 1
    desk.quote(price)


def multipliers(desk: Desk) -> tuple[int, int]:
    """What opening a position is multiplied by, and what leaves it alone."""
    price = desk.view("Oracle", "price", 0)
    return price.initial_multiplier, price.maintenance_multiplier


def test_a_jump_is_asked_of_who_opens_and_comes_slowly_to_who_is_there(desk) -> None:
    """
    Ten per cent in 90 seconds are 9.6 of variance, of which a tenth is far beyond the
    most. The round after it, 100 seconds later, has brought 0.01 to who is there.
    """
    later(desk, 89, "2000")
    assert multipliers(desk) == (wad("1"), wad("1"))
    later(desk, 90, "2200")
    assert multipliers(desk) == (wad("3"), wad("1"))
    whole = desk.view("Lens", "statement_of", desk.holder("ann"))
    # 10 * 2200 * 0.11 * 3, and 10 * 2200 * 0.11 / 2.
    assert (whole.initial, whole.maintenance) == (wad("7260"), wad("1210"))
    later(desk, 100, "2200")
    assert multipliers(desk)[1] == wad("1.01")
    whole = desk.view("Lens", "statement_of", desk.holder("ann"))
    assert whole.maintenance == wad("1222.1")


def test_nobody_opens_on_the_margin_of_calm_days(desk) -> None:
    later(desk, 90, "2200")
    holder = desk.holder("ann")
    error = desk.call("ann", "Exchange", "trade", holder, 0, wad("1"), 2**128).error
    assert error == errors.BELOW_INITIAL_MARGIN


def test_calm_brings_margins_down_again(desk) -> None:
    """An averaging time without a move, and nothing is left but what the ramp takes."""
    later(desk, 90, "2200")
    later(desk, 100, "2200")
    later(desk, 900, "2200")
    # The target of before held for all of the time.
    assert multipliers(desk)[1] == wad("1.1")
    later(desk, 500, "2200")
    assert multipliers(desk) == (wad("1.05"), wad("1.05"))
    later(desk, 500, "2200")
    assert multipliers(desk) == (wad("1"), wad("1"))


def test_without_it_nothing_is_kept() -> None:
    desk = Desk("100000")
    desk.quote("2000")
    desk.quote("2600")
    assert desk.model.state.variances[0] == 0
    assert multipliers(desk) == (wad("1"), wad("1"))
    assert desk.now == START
