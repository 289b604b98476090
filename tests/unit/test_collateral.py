"""
Tokens as collateral, worked by hand, on both sides.
"""

from __future__ import annotations

import pytest

from protocol import collateral, errors
from protocol.collateral import Asset
from tests.twin.twins import both
from tests.unit.desk import Desk
from tests.unit.worked import TOKEN, wad

WETH = 10**8


@pytest.fixture
def desk() -> Desk:
    """A market at 2000, a token at 2000, and ann with three of the token."""
    made = Desk("1000000")
    made.quote("2000")
    made.quote_token("2000")
    made.insure("1000")
    holder = made.holder("ann")
    made.make("ann", "Exchange", "deposit_collateral", holder, 0, 3 * WETH)
    return made


def sold(desk: Desk, atoms: int) -> int | str | None:
    """What the keeper pays for some of ann's token, or why there is no sale."""
    outcome = desk.call(
        "keeper", "Exchange", "buy_collateral", desk.holder("ann"), 0, atoms
    )
    return outcome.error or outcome.returned


def cash(desk: Desk) -> int:
    return int(desk.view("Exchange", "account_of", desk.holder("ann")).cash)


def fallen(desk: Desk) -> None:
    """
    Ten bought at 2001, for a fee of 20.01; at 1800 a loss of 2010 is settled, which
    leaves 2030.01 of debt. The token stands at 1800 too.
    """
    desk.trade("ann", "10")
    desk.quote("1800")
    desk.quote_token("1800")
    desk.make("keeper", "Exchange", "settle", desk.holder("ann"), 0)
    assert cash(desk) == -wad("2030.01")


def test_atoms_are_scaled_to_wads() -> None:
    whole = both(collateral, "asset", WETH, TOKEN)
    assert whole == Asset(TOKEN.token, wad("1"), TOKEN.cap)


def test_a_token_counts_at_its_own_haircut_and_strictly_at_the_grown_one(desk) -> None:
    """Three at 2000 less a tenth are 5400; strictly less 0.1006, which is 5396.4."""
    statement = desk.view("Lens", "statement_of", desk.holder("ann"))
    assert statement.equity == wad("5400")
    assert statement.collateral == statement.strict_equity == wad("5396.4")
    assert statement.free_collateral == 0


def test_nobody_else_is_nearer_to_liquidation_when_the_haircut_grows(desk) -> None:
    """Bob brings 500: ann's 0.1006 become 0.2006, her equity stays."""
    before = desk.view("Exchange", "standing_of", desk.holder("ann"))
    bob = desk.holder("bob")
    desk.make("bob", "Exchange", "deposit_collateral", bob, 0, 500 * WETH)
    after = desk.view("Exchange", "standing_of", desk.holder("ann"))
    assert (after.equity, after.maintenance) == (before.equity, before.maintenance)
    assert after.certain == wad("4796.4")


def test_a_deposit_above_the_cap_is_refused(desk) -> None:
    holder = desk.holder("bob")
    arguments = ("Exchange", "deposit_collateral", holder, 0)
    assert desk.call("bob", *arguments, 997 * WETH + 1).error == errors.CAP_EXCEEDED
    desk.make("bob", *arguments, 997 * WETH)
    assert desk.view("Exchange", "total_of", 0) == wad("1000")


def test_a_debt_is_paid_by_selling_the_token_at_a_discount(desk) -> None:
    """1800 less a twentieth are 1710; another whole one is more than the debt."""
    fallen(desk)
    assert sold(desk, WETH) == 1_710_000_000
    assert cash(desk) == -wad("320.01")
    assert sold(desk, WETH) == errors.SALE_TOO_LARGE
    assert desk.view("Exchange", "collateral_of", desk.holder("ann"), 0) == wad("2")


def test_no_more_is_sold_than_the_debt(desk) -> None:
    """320.01 / 1710 = 0.18714035...: an atom more would cost more than that."""
    fallen(desk)
    sold(desk, WETH)
    assert sold(desk, 18_714_036) == errors.SALE_TOO_LARGE
    assert sold(desk, 18_714_035) == 320_009_999
    assert cash(desk) == -wad("0.000001")


def test_a_small_debt_is_left_alone_while_there_are_positions(desk) -> None:
    """Nothing is sold for the fee of 8 that a trade of 4 leaves owing."""
    desk.trade("ann", "4")
    assert 0 > cash(desk) > -wad("10")
    assert sold(desk, 1) == errors.NOT_IN_DEBT
    desk.trade("ann", "-4")
    assert cash(desk) < 0
    assert isinstance(sold(desk, 10_000), int)


def test_a_withdrawal_needs_cash_that_is_not_negative(desk) -> None:
    fallen(desk)
    ann = desk.holder("ann")
    arguments = ("Exchange", "withdraw_collateral", ann, 0, 1, ann >> 96)
    assert desk.call("ann", *arguments).error == errors.TOO_LITTLE_CASH
    desk.deposit("ann", "2030.01")
    desk.make("ann", *arguments)


def test_a_token_backs_a_withdrawal_of_cash(desk) -> None:
    """Strictly 5396.4 and 1000 of cash; 2201.1 and 5 are asked of ten at 2000."""
    desk.deposit("ann", "1000")
    desk.trade("ann", "10")
    ann = desk.holder("ann")
    everything = cash(desk) // 10**12
    desk.make("ann", "Exchange", "withdraw", ann, everything, ann >> 96)
    assert cash(desk) < 10**12


def test_what_nobody_buys_is_seized_when_the_debt_is_covered(desk) -> None:
    """All but 0.0001 is taken out; that is worth 0.18 at 1800, below the least of 1."""
    ann = desk.holder("ann")
    rest = 10_000
    desk.deposit("ann", "2400")
    desk.make(
        "ann", "Exchange", "withdraw_collateral", ann, 0, 3 * WETH - rest, ann >> 96
    )
    desk.trade("ann", "10")
    desk.quote("1700")
    desk.quote_token("1800")
    while desk.view("Exchange", "account_of", ann).positions:
        desk.liquidate("ann")
    account = desk.view("Exchange", "account_of", ann)
    assert (account.cash, account.tokens) == (0, 0)
    governor = desk.model.state.addresses.governor << 96
    assert (
        desk.view("Exchange", "collateral_of", governor, 0) == rest * wad("1") // WETH
    )
    desk.make("owner", "Governor", "collect_collateral", 0, ann >> 96, rest)
    assert desk.view("Exchange", "total_of", 0) == 0


def test_what_can_be_sold_is_sold_before_others_pay(desk) -> None:
    """After the position is gone, insurance waits until the token is sold."""
    desk.trade("ann", "10")
    desk.quote("1600")
    desk.quote_token("1600")
    ann = desk.holder("ann")
    while desk.view("Exchange", "account_of", ann).positions:
        desk.liquidate("ann")
    owed = cash(desk)
    assert owed < 0
    before = desk.view("Exchange", "books").funds
    desk.make("keeper", "Exchange", "cover_shortfall", ann)
    assert desk.view("Exchange", "books").funds == before
    assert cash(desk) == owed


def test_what_accounts_have_is_not_collected(desk) -> None:
    outcome = desk.call("owner", "Governor", "collect_collateral", 0, 1, 1)
    assert outcome.error == errors.TOO_LITTLE_COLLATERAL


def test_debt_has_a_limit_for_who_takes_more_risk(desk) -> None:
    """At 2030.01 of debt no more is bought, above 500 nothing."""
    fallen(desk)
    outcome = desk.call(
        "ann", "Exchange", "trade", desk.holder("ann"), 0, wad("1"), 2**128
    )
    assert outcome.error == errors.DEBT_TOO_LARGE
