"""
A trade, its liquidation and who bears the loss, worked by hand on deployed contracts.
"""

from __future__ import annotations

import pytest

from protocol import errors
from protocol.account import Account
from protocol.ledger import Funds
from protocol.liquidation import Bucket
from protocol.position import Position
from protocol.share import Nav
from protocol.statement import LIQUIDATABLE
from protocol.trading import Fill
from tests.unit.desk import ACTORS, ATOM, Desk
from tests.unit.worked import START, wad

NOTHING = Account(0, 0, 0, 0, False, 0, 0, False, 0)


def opened(insurance: str = "50") -> Desk:
    """Ann has bought ten at 2000, out of 2953.51, from a vault of 100000."""
    desk = Desk("100000")
    desk.quote("2000")
    desk.insure(insurance)
    desk.deposit("ann", "2953.51")
    # 2000 * (1 + 5 / 10000), and 0.1 % of 20010.
    assert desk.trade("ann", "10") == Fill(price=wad("2001"), fee=wad("20.01"))
    return desk


def funds(desk: Desk) -> Funds:
    return desk.view("Exchange", "books").funds


def test_a_fee_is_shared_out() -> None:
    """
    Of 20.01 half is the vault's, a fifth the insurance fund's, the rest the treasury's.
    """
    desk = opened()
    assert funds(desk) == Funds(
        vault=wad("100010.005"),
        insurance=wad("54.002"),
        treasury=wad("6.003"),
        rewards=0,
    )
    statement = desk.view("Lens", "statement_of", desk.holder("ann"))
    assert statement.cash == wad("2933.5")
    # Ten bought at 2001 are worth ten less at 2000.
    assert statement.equity == statement.strict_equity == wad("2923.5")
    assert (statement.initial, statement.maintenance) == (wad("2200"), wad("1100"))
    assert statement.free_collateral == wad("718.5")
    # (20000 - 2923.5 + 5) / 0.945 / 10, rounded down.
    liquidation_price = statement.lines[0].liquidation_price
    assert liquidation_price == 1_807_566_137_566_137_566_137


def test_an_account_above_its_margin_is_left_alone() -> None:
    """At 1808: 2933.5 + 18080 - 20010 = 1003.5, above 994.4 and 5."""
    desk = opened()
    desk.quote("1808")
    outcome = desk.call("keeper", "Exchange", "liquidate", desk.holder("ann"), 0)
    assert outcome.error == errors.HEALTHY


def test_a_partial_liquidation_closes_just_enough() -> None:
    """
    At 1800 Ann has 2933.5 + 18000 - 20010 = 923.5, below 990 and 5. To be closed are
    2.5 and a wei (see `test_liquidation`), at 1800 * (1 + 8.75 / 10000) = 1801.575 less
    a wei; they bring 4503.9375 and leave 7.5. The keeper earns 2 and 0.1 % of 4500, the
    insurance fund 0.4 %: 6.5 and 18. What the wei of base is worth at 1800, 1800 wei,
    is in each of them, and what it is sold for, 1799 wei, in the quote.
    """
    desk = opened()
    desk.quote("1800")
    holder = desk.holder("ann")
    before = desk.view("Lens", "statement_of", holder)
    assert (before.equity, before.status) == (wad("923.5"), LIQUIDATABLE)

    assert desk.liquidate("ann") == wad("2.5") + 1
    held = desk.view("Exchange", "position_of", holder, 0)
    assert held == Position(wad("7.5") - 1, wad("-15506.0625") + 1_799, 0)
    account = desk.view("Exchange", "account_of", holder)
    assert account == Account(wad("2909") - 8, 1, 0, 0, False, 0, 0, False, 0)
    assert desk.view("Exchange", "reward_of", ACTORS["keeper"]) == wad("6.5") + 1
    assert funds(desk) == Funds(
        vault=wad("100010.005"),
        insurance=wad("72.002") + 7,
        treasury=wad("6.003"),
        rewards=wad("6.5") + 1,
    )
    bucket = desk.model.state.buckets[0]
    assert bucket == Bucket(wad("5500") - 1_800, START)

    # 2909 + 13500 - 15506.0625, against 1.2 * 13500 * 0.10975 * 0.5 = 888.975 and 5.
    after = desk.view("Lens", "statement_of", holder)
    assert after.equity == wad("902.9375") - 9
    assert desk.view("Exchange", "books").bad_debt_at == 0
    assert after.maintenance == wad("740.8125") - 98


@pytest.mark.parametrize(
    ("insurance", "left", "bad_debt"),
    [("50", "0", "1032.498"), ("2000", "1004.002", "86.5")],
)
def test_a_loss_falls_on_the_account_then_on_insurance_then_on_the_vault(
    insurance: str, left: str, bad_debt: str
) -> None:
    """
    At 1600 all ten are closed at 1600 * (1 + 5 / 10000) = 1600.8: 16008 - 20010 = -4002
    leaves 2933.5 - 4002 = -1068.5. The keeper earns 2 and 0.1 % of 16000, 18, of which
    the account can pay nothing. The insurance fund of 54.002 pays that and then 36.002;
    one of 2004.002 pays 1000, the most in a window: 18 and 982. The vault has taken in
    4002 and bears the rest: 1032.498 or 86.5.
    """
    desk = opened(insurance)
    desk.quote("1600")
    assert desk.liquidate("ann") == wad("10")
    assert funds(desk) == Funds(
        vault=wad("104012.005") - wad(bad_debt),
        insurance=wad(left),
        treasury=wad("6.003"),
        rewards=wad("18"),
    )
    holder = desk.holder("ann")
    assert desk.view("Exchange", "account_of", holder) == Account(
        0, 0, 0, 0, False, 0, 0, False, 0
    )
    assert desk.view("Exchange", "position_of", holder, 0) == Position(0, 0, 0)
    books = desk.view("Exchange", "books")
    assert (books.holdings.debt, books.bad_debt_at) == (0, START)


def test_claims_cover_a_loss_first() -> None:
    """
    Sold at 2100, at 2100 * (1 + 5 / 10000) = 2101.05, the ten have gained 21010.5 -
    20010 = 1000.5: a claim. The fee is 0.05 % of 21010.5, 10.50525. Bought again at
    2000 for a fee of 20.01 and lost at 1600, they leave 2953.51 - 20.01 - 10.50525 -
    20.01 - 4002 = -1099.01525. The claim brings that to -98.51525. The insurance fund
    has 50 and a fifth of 50.52525, less the reward of 18: 42.10505. The vault bears
    56.4102.
    """
    desk = opened()
    desk.quote("2100")
    assert desk.trade("ann", "-10") == Fill(wad("2101.05"), wad("10.50525"))
    holder = desk.holder("ann")
    assert desk.view("Exchange", "claim_of", holder, 0) == wad("1000.5")

    desk.quote("2000")
    desk.trade("ann", "10")
    desk.quote("1600")
    desk.liquidate("ann")
    assert desk.view("Exchange", "account_of", holder) == Account(
        0, 0, 0, 0, False, 0, 0, False, 0
    )
    assert desk.view("Exchange", "market_of", 0).open_claims == 0
    # 100000 and half of the fees, the loss of 4002, the gain of 1000.5, the bad debt.
    expected = wad("100025.262625") + wad("4002") - wad("1000.5") - wad("56.4102")
    assert funds(desk).vault == expected
    assert funds(desk).insurance == 0


def test_a_claim_pays_no_more_than_is_missing() -> None:
    """
    As above, but at 1700 the ten lose 20010 - 17000 * (1 + 5 / 10000) = 3001.5 when
    they are closed, more than the cash. What is missing comes out of the claim, and the
    rest of it stays one.
    """
    desk = opened()
    holder = desk.holder("ann")
    desk.quote("2100")
    desk.trade("ann", "-10")
    desk.quote("2000")
    desk.trade("ann", "10")
    atoms = wad("690") // ATOM
    desk.make("ann", "Exchange", "withdraw", holder, atoms, ACTORS["ann"])
    claim = desk.view("Exchange", "claim_of", holder, 0)
    before = funds(desk)
    desk.quote("1700")
    desk.liquidate("ann")
    left = desk.view("Exchange", "claim_of", holder, 0)
    assert desk.view("Exchange", "account_of", holder) == Account(
        0, 0, 1, 0, False, 0, 0, False, 0
    )
    assert 0 < left < claim
    # The loss came in, and of the claim only what was missing went out.
    assert funds(desk).vault == before.vault + wad("3001.5") - (claim - left)
    assert funds(desk).insurance >= before.insurance
    assert desk.view("Exchange", "books").holdings.debt == 0


def test_a_vault_is_worth_less_to_who_leaves_than_to_who_enters() -> None:
    """
    Bob sells four to the vault, at 2000 * (1 + 8 / 10000) = 2001.6, for 0.05 % of
    8006.4. At 2100 Ann has gained 21000 - 20010 = 990 and Bob lost 8400 - 8006.4 =
    393.6; closing the skew of 6 would refund 3.78. The vault has 100000 and half of the
    fees: 10.005 and 2.0016.
    """
    desk = opened()
    desk.deposit("bob", "3000")
    assert desk.trade("bob", "-4") == Fill(wad("2001.6"), wad("4.0032"))
    desk.quote("2100")
    assert desk.view("Vault", "nav") == Nav(
        low=wad("100012.0066") - wad("990") - wad("3.78"),
        high=wad("100012.0066") - wad("990") + wad("393.6"),
        reserved=wad("10500"),
        priced_at=desk.published_at,
        is_priced=True,
        is_shut=False,
    )
    # 1000 buy 1000 / 99415.6066 of 10**11 shares; the virtual ones are too few to tell.
    supply = wad("100000000000") + 10**6
    shares = desk.view("Vault", "convertToShares", 1_000 * 10**6)
    assert shares == wad("1000") * supply // (wad("99415.6066") + 1)
    assert shares // wad("1") == 1_005_878_286
    # And redeem 99018.2266 for each 10**11 again.
    assert desk.view("Vault", "convertToAssets", wad("100000000000")) == 99_018_226_600
    assert desk.view("Vault", "totalAssets") == 99_018_226_600
