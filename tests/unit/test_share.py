"""
The value of the vault and of its shares, worked by hand, on both sides.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import share
from protocol.share import Liability
from tests.twin.twins import both
from tests.unit.test_sides import TRADED
from tests.unit.worked import MARKET, PRICE, START, wad

RISEN = replace(PRICE, index=wad("2100"), mark=wad("2100"))


def test_the_vault_owes_something_between_two_bounds() -> None:
    """
    At 2100 the longs have gained 1000, the shorts lost 400. If all losses come in it
    owes 1000 - 400 + 50 = 650. If none does, and the skew of 6 is closed too, it owes
    1000 + 50 + 6 * 6 / 20000 * 2100 = 1053.78. Half of 10 * 2100 is held in reserve.
    """
    owed = both(share, "liability", TRADED, RISEN, MARKET, START)
    assert owed == Liability(wad("650"), wad("1053.78"), wad("10500"))


def test_who_enters_first_pays_for_the_virtual_share_too() -> None:
    """1000 buy 1000 * 10**6 / 1 of shares, in wei on both sides: 10**9 whole ones."""
    assert both(share, "shares_for", wad("1000"), 0, 0) == wad("1000000000")


def test_shares_cost_the_higher_value_and_redeem_at_the_lower() -> None:
    """
    At 10**9 shares and a value of 1000 half as much buys half of them. At the higher
    value of 1250 it buys 4 * 10**8 and, for the virtual ones, 79999 wei. At the lower
    value of 900 they redeem 360, rounded down.
    """
    supply = wad("1000000000")
    amount = wad("500")
    bought = both(share, "shares_for", amount, supply, wad("1000"))
    assert bought == wad("500000000")
    bought = both(share, "shares_for", amount, supply, wad("1250"))
    assert bought == wad("400000000") + 79_999
    redeemed = both(share, "amount_for", wad("400000000"), supply, wad("900"))
    assert redeemed == wad("360")


def test_no_share_is_sold_for_next_to_nothing() -> None:
    """A billion shares of a vault worth a thousandth: 10**12 for each wei of it."""
    supply = wad("1000000000")
    assert both(share, "is_saleable", supply, wad("0.001"))
    assert not both(share, "is_saleable", supply, wad("0.001") - 1)
    assert both(share, "is_saleable", 0, 0)
    assert not both(share, "is_saleable", 0, -1)


def test_a_vault_that_owes_more_than_it_has_still_divides() -> None:
    """Its value counts as nothing: shares cost next to nothing and redeem nothing."""
    supply = wad("1000000000")
    assert both(share, "shares_for", 1, supply, wad("-5")) == supply + 10**6
    assert both(share, "amount_for", supply, supply, wad("-5")) == 0
