"""
The value of the vault and of its shares, worked by hand, on both sides.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import share
from protocol.share import Liability, Nav
from tests.twin.twins import both
from tests.unit.test_sides import TRADED
from tests.unit.worked import MARKET, PRICE, START, wad

VAULT = wad("100000")
RISEN = replace(PRICE, index=wad("2100"), mark=wad("2100"))


def test_the_vault_owes_something_between_two_bounds() -> None:
    """
    At 2100 the longs have gained 1000, the shorts lost 400. If all losses come in it
    owes 1000 - 400 + 50 = 650. If none does, and the skew of 6 is closed too, it owes
    1000 + 50 + 6 * 6 / 20000 * 2100 = 1053.78. Half of 10 * 2100 is held in reserve.
    """
    owed = both(share, "liability", TRADED, RISEN, MARKET, VAULT, True, START)
    assert owed == Liability(wad("650"), wad("1053.78"), wad("10500"), False)


def test_a_market_is_owed_for_up_to_its_cap() -> None:
    """
    A fifth of a vault of 3000 is 600: less than the 650 that it owes at least, and than
    the 1050 that it owes its winners. Without a price a vault of 100000 may owe a fifth
    of that; one of 3000 no less than it seems to.
    """
    owed = both(share, "liability", TRADED, RISEN, MARKET, wad("3000"), True, START)
    assert owed == Liability(wad("600"), wad("1053.78"), wad("10500"), True)
    owed = both(share, "liability", TRADED, RISEN, MARKET, wad("5250"), True, START)
    assert not owed.is_capped
    owed = both(share, "liability", TRADED, RISEN, MARKET, VAULT, False, START)
    assert owed == Liability(wad("650"), wad("20000"), wad("10500"), False)
    owed = both(share, "liability", TRADED, RISEN, MARKET, wad("3000"), False, START)
    assert owed == Liability(wad("600"), wad("1053.78"), wad("10500"), True)


def test_a_vault_is_shut_while_one_market_owes_more_than_it_pays() -> None:
    """900 less 600 and 1053.78 for one market, and less 50 for another."""
    nav = Nav(wad("900"), wad("900"), 0, START, True, False)
    capped = Liability(wad("600"), wad("1053.78"), wad("10500"), True)
    nav = both(share, "charged", nav, capped)
    assert nav == Nav(wad("-153.78"), wad("300"), wad("10500"), START, True, True)
    nav = both(share, "charged", nav, Liability(wad("50"), wad("50"), 0, False))
    assert nav == Nav(wad("-203.78"), wad("250"), wad("10500"), START, True, True)


def test_the_oldest_valid_price_is_the_age_of_a_vault() -> None:
    nav = Nav(wad("900"), wad("900"), 0, START, True, False)
    older = both(share, "priced", nav, START - 10, True)
    assert older == replace(nav, priced_at=START - 10)
    unsure = both(share, "priced", older, START - 99, False)
    assert unsure == replace(older, is_priced=False)
    assert both(share, "priced", unsure, START - 5, True) == unsure


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
