"""
Orders, worked by hand on deployed contracts.

Ann has 3000 and commits to buy ten at 2010 or better, for a fee of 1 to who settles it;
the price is 2000. An order waits for ten seconds, and may be settled for a minute then.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from protocol import errors
from protocol.account import PORTFOLIO
from protocol.order import (
    NO_ORDER,
    Order,
    OrderArmed,
    OrderCancelled,
    OrderExpired,
    OrderFilled,
    OrderParams,
    OrderRefused,
)
from protocol.parameters import HALTED
from protocol.trace import words_of
from tests.unit.desk import ACTORS, ATOM, Desk
from tests.unit.worked import MARKET, RISK, START, wad

DELAY, WINDOW = 10, 60
DUE_AT = START + DELAY
EXPIRES_AT = DUE_AT + WINDOW
FEE = wad("1")
ANN, KEEPER = ACTORS["ann"] << 96, ACTORS["keeper"]
BUY = (0, wad("10"), wad("2010"), 0, FEE)
PENDING = Order(0, wad("10"), wad("2010"), FEE, DUE_AT, EXPIRES_AT, False, 0, False)


def set_delay(desk: Desk, delay: int) -> None:
    """The owner lets orders wait for so long."""
    asked = OrderParams(delay=delay, window=WINDOW, least_fee=FEE)
    risk = words_of(replace(RISK, order=asked))
    desk.make("owner", "Governor", "set_risk", *risk)


@pytest.fixture
def desk() -> Desk:
    desk = Desk("100000")
    set_delay(desk, DELAY)
    desk.quote("2000")
    desk.insure("50")
    desk.deposit("ann", "3000")
    return desk


@pytest.fixture
def committed(desk) -> Desk:
    desk.make("ann", "Orders", "commit", ANN, 3, *BUY)
    return desk


def round_at(desk: Desk, now: int, price: str) -> int:
    """A round is published at that time; its number."""
    desk.now = max(desk.now, now)
    desk.published_at = now - 1
    desk.quote(price)
    return desk.model.state.heads[0].rounds - 1


def refused(desk: Desk, sender: str, function: str, *words: int) -> str | None:
    """Why a call of the orders is refused."""
    return desk.call(sender, "Orders", function, *words).error


def cash(desk: Desk) -> int:
    """What Ann has."""
    return desk.view("Exchange", "account_of", ANN).cash


def balance(desk: Desk, name: str = "ann") -> int:
    """What somebody has of the token, in atoms."""
    return desk.view("Token", "balanceOf", ACTORS[name])


def earned(desk: Desk) -> int:
    """What the keeper has earned."""
    return desk.view("Exchange", "reward_of", KEEPER)


def test_an_order_holds_its_fee_and_its_place(committed) -> None:
    assert committed.view("Orders", "order_of", ANN, 3) == PENDING
    account = committed.view("Exchange", "account_of", ANN)
    assert (account.cash, account.orders) == (wad("2999"), 1 << 3)
    assert committed.view("Exchange", "books").escrow == FEE


def test_it_is_filled_at_the_first_round_published_once_it_is_due(committed) -> None:
    """At 2003 ten cost 2003 * 20010 / 20000 each, and a thousandth of that."""
    round_at(committed, DUE_AT - 1, "1990")
    number = round_at(committed, DUE_AT, "2003")
    round_at(committed, DUE_AT + 1, "2020")
    outcome = committed.call("keeper", "Orders", "settle", ANN, 3, number)
    assert (outcome.error, outcome.returned) == (None, True)
    filled = OrderFilled(ANN, 3, KEEPER, wad("2004.0015"))
    assert outcome.logs[-1] == ("Orders", filled)
    assert committed.view("Exchange", "position_of", ANN, 0).size == wad("10")
    assert cash(committed) == wad("2999") - wad("20.040015")
    assert earned(committed) == FEE
    assert committed.view("Exchange", "books").escrow == 0
    assert committed.view("Orders", "order_of", ANN, 3) == NO_ORDER
    assert refused(committed, "keeper", "settle", ANN, 3, number) == (
        errors.ORDER_UNKNOWN
    )


def test_of_all_rounds_in_its_window_one_settles_it(committed) -> None:
    for second in range(1, DELAY + 8):
        round_at(committed, START + second, str(2_000 + second))
    rounds = committed.model.state.heads[0].rounds
    endings = {
        number: refused(committed, "keeper", "settle", ANN, 3, number)
        for number in sorted(range(rounds), key=lambda each: (each == DELAY, each))
    }
    assert endings.pop(DELAY) is None
    assert endings == {
        number: errors.ROUND_TOO_EARLY if number < DELAY else errors.ROUND_TOO_LATE
        for number in endings
    }
    assert refused(committed, "keeper", "settle", ANN, 3, rounds) == (
        errors.ORDER_UNKNOWN
    )


def test_a_round_that_the_oracle_has_not_is_none(committed) -> None:
    round_at(committed, DUE_AT, "2003")
    for number in (2, 3, 2**256 - 1):
        assert refused(committed, "keeper", "settle", ANN, 3, number) == (
            errors.ROUND_UNKNOWN
        )


def test_an_order_that_fails_is_used_up_and_pays_its_keeper(committed) -> None:
    """At 2009 ten cost 2010.0045 each."""
    number = round_at(committed, DUE_AT, "2009")
    outcome = committed.call("keeper", "Orders", "settle", ANN, 3, number)
    assert (outcome.error, outcome.returned) == (None, False)
    reason = OrderRefused(ANN, 3, KEEPER, errors.LIMIT_EXCEEDED)
    assert outcome.logs == [("Orders", reason)]
    account = committed.view("Exchange", "account_of", ANN)
    assert (account.cash, account.orders, account.positions) == (wad("2999"), 0, 0)
    assert earned(committed) == FEE
    assert committed.view("Orders", "order_of", ANN, 3) == NO_ORDER


def test_margin_is_asked_at_the_newest_price_too(committed) -> None:
    """
    At 2003 ten cost 20040.015; at 1990 now they have lost 140, and at 1900 so much
    that no margin is left for them.
    """
    number = round_at(committed, DUE_AT, "2003")
    round_at(committed, DUE_AT + 1, "1900")
    outcome = committed.call("keeper", "Orders", "settle", ANN, 3, number)
    reason = OrderRefused(ANN, 3, KEEPER, errors.BELOW_INITIAL_MARGIN)
    assert outcome.logs == [("Orders", reason)]


def test_an_order_is_settled_or_expires_and_never_both(committed) -> None:
    number = round_at(committed, DUE_AT, "2003")
    committed.now = EXPIRES_AT
    assert refused(committed, "keeper", "expire", ANN, 3) == errors.ORDER_STILL_OPEN
    committed.now = EXPIRES_AT + 1
    assert refused(committed, "keeper", "settle", ANN, 3, number) == (
        errors.ORDER_TOO_LATE
    )
    outcome = committed.call("keeper", "Orders", "expire", ANN, 3)
    assert outcome.logs == [("Orders", OrderExpired(ANN, 3, KEEPER))]
    assert earned(committed) == FEE
    assert refused(committed, "keeper", "expire", ANN, 3) == errors.ORDER_UNKNOWN


def test_it_is_taken_back_until_it_is_due(committed) -> None:
    committed.now = DUE_AT - 1
    assert refused(committed, "bob", "cancel", ANN, 3) == errors.NOT_OPERATOR
    outcome = committed.call("ann", "Orders", "cancel", ANN, 3)
    assert outcome.logs == [("Orders", OrderCancelled(ANN, 3))]
    account = committed.view("Exchange", "account_of", ANN)
    assert (account.cash, account.orders) == (wad("3000"), 0)


def test_it_is_not_taken_back_once_its_price_may_be_known(committed) -> None:
    committed.now = DUE_AT
    assert refused(committed, "ann", "cancel", ANN, 3) == errors.ORDER_DUE


def test_nothing_is_taken_out_while_an_order_is_pending(committed) -> None:
    words = (ANN, 1, ACTORS["ann"])
    assert committed.call("ann", "Exchange", "withdraw", *words).error == (
        errors.ORDER_PENDING
    )
    committed.make("ann", "Exchange", "deposit", ANN, 1)
    committed.make("ann", "Orders", "cancel", ANN, 3)
    committed.make("ann", "Exchange", "withdraw", *words)


def test_who_has_to_wait_does_not_trade_at_once(desk) -> None:
    words = (ANN, 0, wad("1"), wad("2010"))
    assert desk.call("ann", "Exchange", "trade", *words).error == (errors.ONLY_BY_ORDER)
    set_delay(desk, 0)
    desk.make("ann", "Exchange", "trade", *words)


def test_without_a_delay_an_order_takes_the_round_of_this_second(desk) -> None:
    set_delay(desk, 0)
    desk.make("ann", "Orders", "commit", ANN, 0, *BUY)
    assert refused(desk, "keeper", "settle", ANN, 0, 0) == errors.ROUND_TOO_EARLY
    number = round_at(desk, START, "2003")
    assert desk.make("keeper", "Orders", "settle", ANN, 0, number) is True


@pytest.mark.parametrize(
    ("sender", "number", "words", "error"),
    [
        ("bob", 0, BUY, errors.NOT_OPERATOR),
        ("ann", 16, BUY, errors.OUT_OF_BOUNDS),
        ("ann", 0, (1, *BUY[1:]), errors.MARKET_UNKNOWN),
        ("ann", 0, (0, 0, *BUY[2:]), errors.ZERO_SIZE),
        ("ann", 0, (*BUY[:4], FEE - 1), errors.FEE_TOO_SMALL),
        ("ann", 0, (*BUY[:4], 2**96), errors.OUT_OF_BOUNDS),
        ("ann", 0, (*BUY[:2], 2**96, 0, FEE), errors.OUT_OF_BOUNDS),
        ("ann", 0, (*BUY[:2], -1, 0, FEE), errors.OUT_OF_BOUNDS),
        ("ann", 0, (*BUY[:3], 1, FEE), errors.ORDER_ONLY_REDUCES),
        ("ann", 0, (0, wad("14"), *BUY[2:]), errors.BELOW_INITIAL_MARGIN),
    ],
)
def test_what_may_not_be_committed(desk, sender, number, words, error) -> None:
    assert refused(desk, sender, "commit", ANN, number, *words) == error


def test_an_account_has_one_pending_order(committed) -> None:
    """Or what the second holds would be the margin of the first."""
    assert refused(committed, "ann", "commit", ANN, 3, *BUY) == errors.ORDER_EXISTS
    assert refused(committed, "ann", "commit", ANN, 0, *BUY) == errors.ORDER_PENDING
    committed.make("ann", "Orders", "place", ANN, 0, *BUY, wad("1999"), 1)
    assert refused(committed, "keeper", "arm", ANN, 0) == errors.ORDER_PENDING
    committed.make("ann", "Orders", "cancel", ANN, 3)
    committed.make("keeper", "Orders", "arm", ANN, 0)


def test_the_margin_mode_stays_while_an_order_is_pending(committed) -> None:
    words = (ANN, PORTFOLIO)
    assert committed.call("ann", "Exchange", "set_margin_mode", *words).error == (
        errors.ORDER_PENDING
    )
    committed.make("ann", "Orders", "cancel", ANN, 3)
    committed.make("ann", "Exchange", "set_margin_mode", *words)
    # A portfolio takes no part in a market that has no shocks.
    assert refused(committed, "ann", "commit", ANN, 3, *BUY) == errors.NO_SHOCKS


def test_margin_is_asked_when_an_order_is_committed(desk) -> None:
    """Ten need 2000 * 10 * 0.11, 5, and the 30.01 that opening them costs: 2235.01."""
    desk.make("ann", "Exchange", "withdraw", ANN, wad("765") // ATOM, ACTORS["ann"])
    assert refused(desk, "ann", "commit", ANN, 0, *BUY) == errors.BELOW_INITIAL_MARGIN
    desk.deposit("ann", "0.02")
    desk.make("ann", "Orders", "commit", ANN, 0, *BUY)


def test_what_leaves_too_little_margin_is_brought(desk) -> None:
    """
    Of the 3000 of Ann 2235.01 stay. What is brought is whole atoms: it leaves her cash
    what is beyond the fee.
    """
    had = balance(desk)
    most = wad("764.99")
    desk.make("ann", "Orders", "commit", ANN, 3, *BUY[:4], most)
    assert (cash(desk), balance(desk)) == (wad("3000") - most, had)
    desk.make("ann", "Orders", "cancel", ANN, 3)
    more = most + 1
    desk.make("ann", "Orders", "commit", ANN, 3, *BUY[:4], more)
    assert balance(desk) == had - (more // ATOM + 1)
    assert cash(desk) == wad("3000") + ATOM - 1
    assert desk.view("Exchange", "books").escrow == more
    desk.make("ann", "Orders", "cancel", ANN, 3)
    assert cash(desk) == wad("3000") + most + ATOM


def test_an_operator_brings_the_fee_of_what_he_commits(desk) -> None:
    desk.make("ann", "Exchange", "set_operator", ACTORS["bob"], 1)
    had, bobs = balance(desk), balance(desk, "bob")
    desk.make("bob", "Orders", "commit", ANN, 3, *BUY[:4], wad("1000"))
    assert cash(desk) == wad("3000")
    assert (balance(desk), bobs - balance(desk, "bob")) == (had, wad("1000") // ATOM)


def test_who_has_not_what_it_costs_commits_to_nothing(desk) -> None:
    exchange = desk.pair.chain.addresses["Exchange"]
    words = ("ann", "commit", ANN, 3, *BUY[:4], wad("1000"))
    desk.make("ann", "Token", "approve", exchange, 10**9 - 1)
    assert refused(desk, *words) == errors.ALLOWANCE_TOO_SMALL
    desk.make("ann", "Token", "approve", exchange, 10**9)
    desk.make("ann", "Token", "transfer", KEEPER, balance(desk) - 10**9 + 1)
    assert refused(desk, *words) == errors.BALANCE_TOO_SMALL
    desk.make("keeper", "Token", "transfer", ACTORS["ann"], 1)
    desk.make("ann", "Orders", "commit", ANN, 3, *BUY[:4], wad("1000"))


def test_nothing_is_committed_in_a_market_that_is_halted(committed) -> None:
    halted = replace(MARKET, limits=replace(MARKET.limits, mode=HALTED))
    committed.make("owner", "Governor", "set_market", 0, *words_of(halted))
    number = round_at(committed, DUE_AT, "2003")
    outcome = committed.call("keeper", "Orders", "settle", ANN, 3, number)
    reason = OrderRefused(ANN, 3, KEEPER, errors.MARKET_HALTED)
    assert outcome.logs == [("Orders", reason)]
    assert refused(committed, "ann", "commit", ANN, 0, *BUY) == errors.MARKET_HALTED


@pytest.fixture
def bought(committed) -> Desk:
    """Ann has ten, and the price is 2003."""
    number = round_at(committed, DUE_AT, "2003")
    committed.make("keeper", "Orders", "settle", ANN, 3, number)
    return committed


def test_an_order_only_reduces_what_is_there(bought) -> None:
    """It would close six of ten, of which four are left, as six were sold at once."""
    words = (0, -wad("6"), 0, 1, FEE)
    bought.make("ann", "Orders", "commit", ANN, 0, *words)
    set_delay(bought, 0)
    bought.make("ann", "Exchange", "trade", ANN, *words[:3])
    number = round_at(bought, DUE_AT + DELAY, "2003")
    bought.make("keeper", "Orders", "settle", ANN, 0, number)
    assert bought.view("Exchange", "position_of", ANN, 0).size == 0
    assert refused(bought, "ann", "commit", ANN, 0, *words) == (
        errors.ORDER_ONLY_REDUCES
    )


def test_an_order_does_not_go_through_zero(bought) -> None:
    words = (0, -wad("11"), 0, 0, FEE)
    assert refused(bought, "ann", "commit", ANN, 0, *words) == (
        errors.ORDER_THROUGH_ZERO
    )


@pytest.mark.parametrize("price", ["1890", "1780"])
def test_who_has_too_little_margin_brings_what_less_risk_costs(bought, price) -> None:
    """
    At 1890 there is less than 0.11 * 18900, and at 1780 less than 17800 / 20: Ann may
    be liquidated, and asks for less risk all the same.
    """
    round_at(bought, DUE_AT + 1, price)
    had, before = cash(bought), balance(bought)
    bought.make("ann", "Orders", "commit", ANN, 0, 0, -wad("6"), 0, 1, FEE)
    assert (cash(bought), balance(bought)) == (had, before - FEE // ATOM)


def test_no_fee_is_paid_out_of_a_gain(bought) -> None:
    """
    At 2400 ten have gained 3970, of which half counts as margin. But what is there is
    2978.96 in cash: 300.35 less would be 2673.61, the initial margin after such a move,
    and a reserve of 5.
    """
    round_at(bought, DUE_AT + 1, "2400")
    words, had = (0, -wad("6"), 0, 1), cash(bought)
    bought.make("ann", "Orders", "commit", ANN, 0, *words, wad("301"))
    assert cash(bought) == had
    bought.make("ann", "Orders", "cancel", ANN, 0)
    bought.make("ann", "Exchange", "withdraw", ANN, 301 * 10**6, ACTORS["ann"])
    bought.make("ann", "Orders", "commit", ANN, 0, *words, wad("300"))
    assert cash(bought) == had - wad("300")


def test_no_fee_is_paid_at_a_price_that_no_withdrawal_is_let_at(bought) -> None:
    """2505 is out of the band of 2003, of a quarter of it."""
    round_at(bought, DUE_AT + 1, "2505")
    words, had, before = (0, -wad("1"), 0, 1, FEE), cash(bought), balance(bought)
    withdraw = ("Exchange", "withdraw", ANN, 1, ACTORS["ann"])
    assert bought.call("ann", *withdraw).error == errors.PRICE_TRIPPED
    bought.make("ann", "Orders", "commit", ANN, 0, *words)
    assert (cash(bought), balance(bought)) == (had, before - FEE // ATOM)


def test_no_fee_is_paid_while_a_token_has_no_valid_price(bought) -> None:
    """A token of Ann jumps from 2000 to 2600, out of its band."""
    bought.now += 1
    bought.quote_token("2000")
    bought.make("ann", "Exchange", "deposit_collateral", ANN, 0, 10**8)
    words, had, before = (0, -wad("1"), 0, 1, FEE), cash(bought), balance(bought)
    bought.make("ann", "Orders", "commit", ANN, 0, *words)
    assert (cash(bought), balance(bought)) == (had - FEE, before)
    bought.make("ann", "Orders", "cancel", ANN, 0)
    bought.now += 1
    bought.quote_token("2600")
    withdraw = ("Exchange", "withdraw", ANN, 1, ACTORS["ann"])
    assert bought.call("ann", *withdraw).error == errors.PRICE_TRIPPED
    bought.make("ann", "Orders", "commit", ANN, 0, *words)
    assert (cash(bought), balance(bought)) == (had, before - FEE // ATOM)


def test_a_liquidation_cancels_orders(bought) -> None:
    bought.make("ann", "Orders", "commit", ANN, 0, 0, -wad("1"), 0, 1, FEE)
    due_at = bought.now + DELAY
    round_at(bought, due_at - 1, "1750")
    bought.liquidate("ann")
    account = bought.view("Exchange", "account_of", ANN)
    assert account.orders == 0
    number = round_at(bought, due_at, "1750")
    assert refused(bought, "keeper", "settle", ANN, 0, number) == errors.ORDER_DEAD
    had = cash(bought)
    bought.make("bob", "Orders", "cancel", ANN, 0)
    assert cash(bought) == had + FEE
    assert bought.view("Exchange", "books").escrow == 0


def test_nobody_earns_the_fee_of_a_dead_order(bought) -> None:
    bought.make("ann", "Orders", "commit", ANN, 0, 0, -wad("1"), 0, 1, FEE)
    round_at(bought, bought.now + DELAY, "1750")
    bought.liquidate("ann")
    had, before = cash(bought), earned(bought)
    bought.now += DELAY + WINDOW
    bought.make("keeper", "Orders", "expire", ANN, 0)
    assert (cash(bought), earned(bought)) == (had + FEE, before)
    assert bought.view("Exchange", "books").escrow == 0


STOP = (0, -wad("10"), 0, 1, FEE, wad("1950"), 0)


@pytest.fixture
def stopped(bought) -> Desk:
    """Ann sells her ten once the price is 1950 or less."""
    bought.make("ann", "Orders", "place", ANN, 5, *STOP)
    return bought


def test_what_is_placed_holds_nothing(stopped) -> None:
    account = stopped.view("Exchange", "account_of", ANN)
    assert account.orders == 0
    stopped.make("ann", "Exchange", "withdraw", ANN, 1, ACTORS["ann"])
    assert stopped.view("Exchange", "books").escrow == 0


def test_a_round_that_crosses_arms_an_order(stopped) -> None:
    """Who arms it earns the fee, and who settles it, at the next round, as well."""
    round_at(stopped, DUE_AT + 1, "1950.01")
    assert refused(stopped, "keeper", "arm", ANN, 5) == errors.TRIGGER_NOT_CROSSED
    assert refused(stopped, "keeper", "settle", ANN, 5, 1) == errors.ORDER_NOT_ARMED
    assert refused(stopped, "keeper", "expire", ANN, 5) == errors.ORDER_NOT_ARMED
    crossing = round_at(stopped, DUE_AT + 2, "1950")
    had, before = cash(stopped), earned(stopped)
    outcome = stopped.call("keeper", "Orders", "arm", ANN, 5)
    due_at = DUE_AT + 2 + DELAY
    armed = OrderArmed(ANN, 5, KEEPER, due_at, due_at + WINDOW)
    assert outcome.logs == [("Orders", armed)]
    assert (cash(stopped) - had, earned(stopped) - before) == (-2 * FEE, FEE)
    assert refused(stopped, "keeper", "arm", ANN, 5) == errors.ORDER_ARMED
    assert refused(stopped, "keeper", "settle", ANN, 5, crossing) == (
        errors.ROUND_TOO_EARLY
    )
    number = round_at(stopped, due_at, "1940")
    assert stopped.make("keeper", "Orders", "settle", ANN, 5, number) is True
    assert stopped.view("Exchange", "position_of", ANN, 0).size == 0
    assert earned(stopped) - before == 2 * FEE


def test_a_trigger_above_waits_for_a_higher_price(bought) -> None:
    bought.make("ann", "Orders", "place", ANN, 5, *STOP[:5], wad("2050"), 1)
    round_at(bought, DUE_AT + 1, "2049")
    assert refused(bought, "keeper", "arm", ANN, 5) == errors.TRIGGER_NOT_CROSSED
    round_at(bought, DUE_AT + 2, "2050")
    assert refused(bought, "keeper", "arm", ANN, 5) is None


def test_what_only_reduces_dies_with_its_position(stopped) -> None:
    assert refused(stopped, "bob", "cancel", ANN, 5) == errors.NOT_OPERATOR
    stopped.make("ann", "Orders", "commit", ANN, 0, *STOP[:5])
    number = round_at(stopped, DUE_AT + DELAY, "1949")
    stopped.make("keeper", "Orders", "settle", ANN, 0, number)
    assert refused(stopped, "keeper", "arm", ANN, 5) == errors.ORDER_ONLY_REDUCES
    had = cash(stopped)
    stopped.make("bob", "Orders", "cancel", ANN, 5)
    assert cash(stopped) == had
    assert refused(stopped, "keeper", "arm", ANN, 5) == errors.ORDER_UNKNOWN


def test_its_owner_takes_it_back_until_it_is_armed(stopped) -> None:
    """Or he would arm it himself, again and again, and be paid for it each time."""
    round_at(stopped, DUE_AT + 1, "1900")
    stopped.make("ann", "Orders", "cancel", ANN, 5)
    stopped.make("ann", "Orders", "place", ANN, 5, *STOP)
    stopped.make("ann", "Orders", "arm", ANN, 5)
    assert refused(stopped, "ann", "cancel", ANN, 5) == errors.ORDER_ARMED


def test_an_operator_commits_and_leaves_alone_what_waits_for_a_price(stopped) -> None:
    stopped.make("ann", "Exchange", "set_operator", ACTORS["bob"], 1)
    stopped.make("bob", "Orders", "commit", ANN, 0, *STOP[:5])
    stopped.make("bob", "Orders", "cancel", ANN, 0)
    assert refused(stopped, "bob", "place", ANN, 0, *STOP) == errors.NOT_OPERATOR
    assert refused(stopped, "bob", "cancel", ANN, 5) == errors.NOT_OPERATOR


def test_a_stop_is_not_armed_once_its_fee_is_below_the_least(stopped) -> None:
    asked = OrderParams(delay=DELAY, window=WINDOW, least_fee=2 * FEE)
    risk = words_of(replace(RISK, order=asked))
    stopped.make("owner", "Governor", "set_risk", *risk)
    round_at(stopped, DUE_AT + 1, "1900")
    assert refused(stopped, "keeper", "arm", ANN, 5) == errors.FEE_TOO_SMALL
    stopped.make("ann", "Orders", "place", ANN, 6, *STOP)
    assert refused(stopped, "keeper", "arm", ANN, 6) == errors.FEE_TOO_SMALL


@pytest.mark.parametrize(
    ("sender", "number", "words", "error"),
    [
        ("bob", 0, STOP, errors.NOT_OPERATOR),
        ("ann", 5, STOP, errors.ORDER_EXISTS),
        ("ann", 16, STOP, errors.OUT_OF_BOUNDS),
        ("ann", 0, (16, *STOP[1:]), errors.OUT_OF_BOUNDS),
        ("ann", 0, (0, 0, *STOP[2:]), errors.ZERO_SIZE),
        ("ann", 0, (0, 2**95, *STOP[2:]), errors.OUT_OF_BOUNDS),
        ("ann", 0, (*STOP[:2], 2**96, *STOP[3:]), errors.OUT_OF_BOUNDS),
        ("ann", 0, (*STOP[:4], -1, *STOP[5:]), errors.OUT_OF_BOUNDS),
        ("ann", 0, (*STOP[:5], 0, 0), errors.OUT_OF_BOUNDS),
        ("ann", 0, (*STOP[:5], 2**95, 0), errors.OUT_OF_BOUNDS),
    ],
)
def test_what_may_not_be_placed(stopped, sender, number, words, error) -> None:
    assert refused(stopped, sender, "place", ANN, number, *words) == error
