"""
Providers come and go by requests, worked by hand on deployed contracts.

The delay is a minute, the window ten, the quarantine a day.
"""

from __future__ import annotations

import pytest

from protocol import errors
from protocol.request import NO_REQUEST, Request
from protocol.share import MOST_SUPPLY
from tests.unit.desk import ACTORS, ATOM, Desk
from tests.unit.test_losses import opened
from tests.unit.worked import LIMITS, RISK, START, wad

DELAY, WINDOW = RISK.vault.delay, RISK.vault.window
LAST = START + DELAY + WINDOW


def shares_of(desk: Desk, name: str) -> int:
    """The shares of an actor."""
    return desk.view("Vault", "balanceOf", ACTORS[name])


def atoms_of(desk: Desk, name: str) -> int:
    """The tokens of an actor."""
    return desk.view("Token", "balanceOf", ACTORS[name])


def request_deposit(desk: Desk, name: str, amount: str, min_shares: int = 0) -> int:
    """Let an actor ask to give so much; the number of the request."""
    atoms = wad(amount) // ATOM
    return desk.make(name, "Vault", "request_deposit", atoms, min_shares)


def request_redeem(desk: Desk, name: str, shares: int, min_atoms: int = 0) -> int:
    """Let an actor ask to leave with so many shares; the number of the request."""
    return desk.make(name, "Vault", "request_redeem", shares, min_atoms)


def execute(desk: Desk, request_id: int, at: int, price: str = "") -> str | None:
    """A keeper executes a request at a time, at a price of it; how it was refused."""
    desk.now = at
    if price:
        desk.published_at = at - 1
        desk.quote(price)
    return desk.call("keeper", "Vault", "execute", request_id).error


def test_what_is_asked_for_waits_apart_and_then_buys_shares() -> None:
    """
    100000 have bought 10**11 shares. 1000 more lie apart until they are let in, and buy
    a hundredth of as many.
    """
    desk = Desk("100000")
    assert shares_of(desk, "provider") == wad("100000000000")
    before = atoms_of(desk, "bob")
    number = request_deposit(desk, "bob", "1000")
    assert atoms_of(desk, "bob") == before - 1_000 * 10**6
    books = desk.view("Exchange", "books")
    assert (books.escrow, books.funds.vault) == (wad("1000"), wad("100000"))
    asked = Request(ACTORS["bob"], True, 1_000 * 10**6, 1, START)
    assert desk.view("Vault", "request_of", number) == asked

    assert execute(desk, number, START + DELAY + 1) is None
    books = desk.view("Exchange", "books")
    assert (books.escrow, books.funds.vault) == (0, wad("101000"))
    assert shares_of(desk, "bob") == wad("1000000000")
    assert desk.view("Vault", "totalSupply") == wad("101000000000")
    assert desk.view("Vault", "request_of", number) == NO_REQUEST


def test_nothing_is_executed_before_its_time_nor_after_it() -> None:
    """Without positions only the time counts: from a second after the delay on."""
    desk = Desk("100000")
    numbers = [request_deposit(desk, "bob", "1") for _ in range(3)]
    early = errors.REQUEST_TOO_EARLY
    assert execute(desk, numbers[0], START) == early
    assert execute(desk, numbers[0], START + DELAY) == early
    assert execute(desk, numbers[0], START + DELAY + 1) is None
    assert execute(desk, numbers[0], START + DELAY + 1) == errors.REQUEST_UNKNOWN
    assert execute(desk, numbers[1], LAST) is None
    assert execute(desk, numbers[2], LAST + 1) == errors.REQUEST_TOO_LATE


def test_every_price_must_be_from_after_the_delay() -> None:
    """Ann has a position, and so the price of the market counts, not the time."""
    desk = opened()
    number = request_deposit(desk, "bob", "1000")
    desk.now = START + DELAY
    desk.published_at = desk.now - 1
    desk.quote("2000")
    assert execute(desk, number, START + DELAY + 1) == errors.REQUEST_TOO_EARLY
    assert execute(desk, number, START + DELAY + 1, "2000") is None


def test_while_prices_are_not_valid_nobody_enters_and_nobody_leaves() -> None:
    desk = opened()
    entering = request_deposit(desk, "bob", "1000")
    leaving = request_redeem(desk, "provider", wad("1"))
    later = START + DELAY + 60
    for number in (entering, leaving):
        assert execute(desk, number, later) == errors.PRICE_STALE
    for number in (entering, leaving):
        later += 1
        assert execute(desk, number, later, "3000") == errors.PRICE_TRIPPED


def test_what_was_not_executed_is_given_back_after_the_window() -> None:
    """By anyone, to the wei; before that it stays where it is."""
    desk = Desk("100000")
    atoms, shares = atoms_of(desk, "bob"), shares_of(desk, "provider")
    entering = request_deposit(desk, "bob", "1000")
    leaving = request_redeem(desk, "provider", shares // 2)
    assert shares_of(desk, "provider") == shares - shares // 2
    desk.now = LAST
    for number in (entering, leaving):
        refused = desk.call("keeper", "Vault", "return_request", number)
        assert refused.error == errors.REQUEST_STILL_OPEN
    desk.now = LAST + 1
    for number in (entering, leaving):
        desk.make("keeper", "Vault", "return_request", number)
        again = desk.call("keeper", "Vault", "return_request", number)
        assert again.error == errors.REQUEST_UNKNOWN
    assert (atoms_of(desk, "bob"), shares_of(desk, "provider")) == (atoms, shares)
    assert desk.view("Exchange", "books").escrow == 0


def test_a_minimum_is_met_or_all_is_given_back() -> None:
    """1000 buy 10**9 shares, not a wei more; these redeem 1000, not an atom more."""
    desk = Desk("100000")
    shares, atoms = wad("1000000000"), 1_000 * 10**6
    before = atoms_of(desk, "bob")
    numbers = [request_deposit(desk, "bob", "1000", shares + more) for more in (1, 0)]
    desk.now = START + DELAY + 1
    assert desk.make("bob", "Vault", "execute", numbers[0]) == 0
    assert (shares_of(desk, "bob"), atoms_of(desk, "bob")) == (0, before - atoms)
    assert desk.make("bob", "Vault", "execute", numbers[1]) == shares
    assert shares_of(desk, "bob") == shares

    number = request_redeem(desk, "bob", shares, atoms + 1)
    desk.now += DELAY + 1
    assert desk.make("bob", "Vault", "execute", number) == 0
    assert (shares_of(desk, "bob"), atoms_of(desk, "bob")) == (shares, before - atoms)
    number = request_redeem(desk, "bob", shares, atoms)
    desk.now += DELAY + 1
    assert desk.make("bob", "Vault", "execute", number) == atoms
    assert (shares_of(desk, "bob"), atoms_of(desk, "bob")) == (0, before)


def test_what_gives_nothing_is_given_back() -> None:
    """A wei of shares is worth no atom, whatever its owner asks for."""
    desk = Desk("100000")
    shares = shares_of(desk, "provider")
    number = request_redeem(desk, "provider", 1)
    assert execute(desk, number, START + DELAY + 1) is None
    assert shares_of(desk, "provider") == shares


def test_shares_that_wait_lose_like_all_others() -> None:
    """
    The provider asks to leave with half of the shares, and then Ann sells her ten at
    2101.05 (see `test_losses`). The vault has 100010.005 and half of a fee of 10.50525,
    and owes her 1000.5: 99014.757625, of which half is 49507.3788125.
    """
    desk = opened()
    shares = shares_of(desk, "provider") // 2
    number = request_redeem(desk, "provider", shares)
    desk.quote("2100")
    desk.trade("ann", "-10")
    before = atoms_of(desk, "provider")
    assert execute(desk, number, START + DELAY + 1) is None
    assert atoms_of(desk, "provider") - before == 49_507_378_812


def test_after_bad_debt_nobody_leaves_for_a_day() -> None:
    """A window is shorter, so what was asked for before it is given back."""
    desk = opened()
    number = request_redeem(desk, "provider", wad("1000000"))
    entering = request_deposit(desk, "bob", "1000")
    desk.quote("1600")
    desk.liquidate("ann")
    assert execute(desk, number, START + DELAY + 1) == errors.VAULT_QUARANTINED
    # Who brings money may come.
    assert execute(desk, entering, START + DELAY + 1) is None
    free = START + RISK.vault.quarantine
    desk.now = free - DELAY - 2
    number = request_redeem(desk, "provider", wad("1000000"))
    assert execute(desk, number, free - 1) == errors.VAULT_QUARANTINED
    assert execute(desk, number, free) is None


def test_nobody_leaves_with_what_the_vault_must_hold() -> None:
    """
    Half of 10 * 2000 is its reserve, and it owes 5 for the skew: of 100010.005 it can
    spare nine tenths, and funding and borrowing of a minute do not matter.
    """
    desk = opened()
    too_much = request_redeem(desk, "provider", wad("91000000000"))
    some = request_redeem(desk, "provider", wad("8900000000"))
    at = START + DELAY + 1
    assert execute(desk, too_much, at, "2000") == errors.RESERVE_TOO_SMALL
    # The one that has to wait keeps no other waiting.
    assert execute(desk, some, at) is None
    assert execute(desk, too_much, at) == errors.RESERVE_TOO_SMALL


def test_how_much_may_come_and_go_is_told_beforehand() -> None:
    """
    The vault has 100010.005 and owes Ann's side nothing but 1 for its skew of 10, at
    2000, while 10000 is its reserve: 90009.005 may leave, if the provider has as much.
    """
    desk = opened()
    provider, bob = ACTORS["provider"], ACTORS["bob"]
    nav = desk.view("Vault", "nav")
    assert (nav.low, nav.reserved) == (wad("100009.005") - wad("9"), wad("10000"))
    assert desk.view("Vault", "maxWithdraw", provider) == 90_000_005_000
    shares = desk.view("Vault", "maxRedeem", provider)
    assert desk.view("Vault", "convertToAssets", shares) == 90_000_005_000
    assert desk.view("Vault", "convertToAssets", shares + 1) == 90_000_005_001
    assert desk.view("Vault", "maxRedeem", bob) == 0
    most = desk.view("Vault", "maxDeposit", bob)
    assert desk.view("Vault", "convertToShares", most) == desk.view(
        "Vault", "maxMint", bob
    )
    supply = desk.view("Vault", "totalSupply")
    assert desk.view("Vault", "maxMint", bob) <= MOST_SUPPLY - supply
    assert desk.view("Vault", "convertToShares", most + 1) > MOST_SUPPLY - supply

    # Without a price nothing may come. A fifth of the vault of 100010.005 may have to
    # be paid then: 80008.004 are left, of which 10000 are held in reserve.
    desk.now += LIMITS.trade_age
    for function in ("maxDeposit", "maxMint"):
        assert desk.view("Vault", function, provider) == 0
    assert desk.view("Vault", "totalAssets") == 80_008_004_000
    assert desk.view("Vault", "maxWithdraw", provider) == 70_008_004_000
    assert not desk.view("Vault", "nav").is_priced


def test_without_a_price_only_who_goes_decides_and_pays_for_all_it_may_cost() -> None:
    """
    Of 100010.005 a fifth may have to be paid to the winners: 80008.004 are left for
    10**11 shares, of which half redeem half.
    """
    desk = opened()
    half = wad("50000000000")
    number = desk.make("provider", "Vault", "request_redeem", half, 0)
    desk.now += DELAY + 1
    for name in ("keeper", "bob"):
        asked = desk.call(name, "Vault", "execute", number)
        assert asked.error == errors.PRICE_STALE
    came = desk.make("bob", "Vault", "request_deposit", 10**9, 0)
    assert desk.make("provider", "Vault", "execute", number) == 40_004_002_000
    desk.now += DELAY + 1
    assert desk.call("bob", "Vault", "execute", came).error == errors.PRICE_STALE


def test_an_operator_asks_with_what_is_its_owners_and_nobody_else_does() -> None:
    """Bob's money, the keeper's call, and the shares are for Ann."""
    desk = Desk("100000")
    ann, bob, keeper = (ACTORS[name] for name in ("ann", "bob", "keeper"))
    atoms = 1_000 * 10**6
    asked = ("keeper", "Vault", "requestDeposit", atoms, ann, bob)
    assert desk.call(*asked).error == errors.NOT_OPERATOR
    desk.make("bob", "Vault", "setOperator", keeper, 1)
    assert desk.view("Vault", "isOperator", bob, keeper)
    before = atoms_of(desk, "bob")
    number = desk.make(*asked)
    assert atoms_of(desk, "bob") == before - atoms
    assert desk.view("Vault", "pendingDepositRequest", number, ann) == atoms
    for function, controller in (
        ("pendingDepositRequest", bob),
        ("pendingRedeemRequest", ann),
        ("claimableDepositRequest", ann),
    ):
        assert desk.view("Vault", function, number, controller) == 0
    assert execute(desk, number, START + DELAY + 1) is None
    assert shares_of(desk, "ann") == wad("1000000000")
    assert desk.view("Vault", "pendingDepositRequest", number, ann) == 0


def test_a_redemption_of_anothers_shares_is_refused_unless_he_allowed_it() -> None:
    desk = Desk("100000")
    provider, bob = ACTORS["provider"], ACTORS["bob"]
    asked = ("bob", "Vault", "requestRedeem", wad("1000000000"), bob, provider)
    assert desk.call(*asked).error == errors.ALLOWANCE_TOO_SMALL
    desk.make("provider", "Vault", "approve", bob, wad("1000000000"))
    number = desk.make(*asked)
    assert desk.view("Vault", "allowance", provider, bob) == 0
    assert desk.call(*asked).error == errors.ALLOWANCE_TOO_SMALL
    waiting = desk.view("Vault", "pendingRedeemRequest", number, bob)
    assert waiting == wad("1000000000")
    assert desk.view("Vault", "claimableRedeemRequest", number, bob) == 0
    before = atoms_of(desk, "bob")
    assert execute(desk, number, START + DELAY + 1) is None
    assert atoms_of(desk, "bob") == before + 1_000 * 10**6
    nobody = ("provider", "Vault", "requestRedeem", 1, 0, provider)
    assert desk.call(*nobody).error == errors.ZERO_RECEIVER


@pytest.mark.parametrize(
    ("function", "amount", "minimum", "error"),
    [
        ("request_deposit", 0, 0, errors.ZERO_AMOUNT),
        ("request_deposit", 2**120, 0, errors.OUT_OF_BOUNDS),
        ("request_deposit", 1, 2**120, errors.OUT_OF_BOUNDS),
        ("request_deposit", 2 * 10**15, 0, errors.BALANCE_TOO_SMALL),
        ("request_redeem", 0, 0, errors.ZERO_AMOUNT),
        ("request_redeem", 2**120, 0, errors.OUT_OF_BOUNDS),
        ("request_redeem", 1, 0, errors.BALANCE_TOO_SMALL),
    ],
)
def test_what_nobody_can_give_is_not_asked_for(function, amount, minimum, error):
    desk = Desk("100000")
    assert desk.call("bob", "Vault", function, amount, minimum).error == error
    assert desk.view("Vault", "request_count") == 1
