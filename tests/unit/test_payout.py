"""
What winners are paid, worked by hand, on both sides and on deployed contracts.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol import errors, payout
from protocol.account import Account
from protocol.fixed_point import WAD
from protocol.payout import PayoutCut, PayoutParams, Spent
from protocol.trace import words_of
from tests.twin.twins import both
from tests.unit.desk import Desk
from tests.unit.test_losses import funds
from tests.unit.worked import MARKET, PAYOUT, START, UNSPENT, wad

DAY = 86_400
LATELY = Spent(wad("6000"), START, START + DAY)
UNLIMITED = PayoutParams(2**95 - 1, DAY)


def test_what_was_spent_counts_less_and_less() -> None:
    """Of 6000 in a day two thirds are left after eight hours, and none after it."""
    assert both(payout, "decayed", LATELY, START) == wad("6000")
    assert both(payout, "decayed", LATELY, START + 28_800) == wad("4000")
    # 6000 * 86399 / 86400, rounded up.
    almost = both(payout, "decayed", LATELY, START + 1)
    assert almost == -(-wad("6000") * 86_399 // DAY)
    assert both(payout, "decayed", LATELY, START + DAY) == 0
    assert both(payout, "decayed", UNSPENT, START) == 0


def test_a_payout_begins_a_window_and_a_loss_does_not() -> None:
    later = START + 28_800
    raised = both(payout, "raised", LATELY, wad("1000"), PAYOUT, later)
    assert raised == Spent(wad("5000"), later, later + DAY)
    assert both(payout, "raised", LATELY, 0, PAYOUT, later) == LATELY
    lowered = both(payout, "lowered", LATELY, wad("1000"), later)
    assert lowered == Spent(wad("3000"), later, START + DAY)
    lowered = both(payout, "lowered", LATELY, wad("4001"), later)
    assert lowered == Spent(0, later, START + DAY)
    most = Spent(payout.MOST, later, later + DAY)
    assert both(payout, "raised", most, payout.MOST, PAYOUT, later) == most


def test_the_cap_is_a_part_of_the_vault_as_it_was() -> None:
    """
    A fifth of 100000 is 20000, and when 5000 of them are paid, 15000 are left. Where
    the factor is one, it is what the vault has; where it is huge, there is no cap.
    """
    assert both(payout, "cap", wad("100000"), 0, PAYOUT) == wad("20000")
    assert both(payout, "cap", wad("95000"), wad("5000"), PAYOUT) == wad("15000")
    assert both(payout, "cap", wad("70000"), wad("30000"), PAYOUT) == 0
    whole = PayoutParams(WAD, DAY)
    assert both(payout, "cap", wad("95000"), wad("5000"), whole) == wad("95000")
    assert both(payout, "cap", wad("0.001"), 0, UNLIMITED) > wad("1000000")
    assert both(payout, "cap", 0, 0, UNLIMITED) == 0


def test_winners_share_what_there_is() -> None:
    """
    Of 40000 owed and a cap of 20000 half is paid. One of a side that has lost in all
    gains 30000 though nothing seems owed: two thirds of it are the cap.
    """
    owed, cap = wad("40000"), wad("20000")
    assert both(payout, "payment", cap, cap, wad("10000")) == wad("10000")
    assert both(payout, "payment", owed, cap, wad("10000")) == wad("5000")
    assert both(payout, "payment", 0, cap, wad("30000")) == cap
    assert both(payout, "payment", cap + 1, cap, 1) == 0


def test_a_claim_is_used_as_far_as_it_takes() -> None:
    """At half of it, 100 that are missing take 200 of a claim, if it has as many."""
    owed, cap = wad("40000"), wad("20000")
    assert both(payout, "used", owed, cap, wad("1000"), wad("100")) == wad("200")
    assert both(payout, "used", owed, cap, wad("150"), wad("100")) == wad("150")
    assert both(payout, "used", cap, cap, wad("1000"), wad("100")) == wad("100")
    # Of 3 owed 2 are paid: a wei that is missing takes two.
    assert both(payout, "used", 3, 2, 3, 1) == 2
    assert both(payout, "used", owed, 0, wad("1000"), wad("100")) == wad("1000")


STEPS = st.lists(
    st.tuples(st.integers(0, DAY), st.integers(1, 10**6), st.integers(1, 10**6)),
    min_size=1,
    max_size=30,
)


@given(STEPS, st.integers(1, 10**6), st.integers(1, WAD), st.integers(1, DAY))
def test_however_split_a_window_pays_twice_the_cap_at_most(
    steps: list[tuple[int, int, int]], vault: int, factor: int, window: int
) -> None:
    """
    With nothing coming in, whoever asks, when and for how much: at one moment no more
    than the cap is paid, and within any window less than twice as much.
    """
    params = PayoutParams(factor, window)
    first = payout.cap(vault, 0, params)
    spent, now = UNSPENT, START
    payments = []
    for wait, amount, others in steps:
        now += wait * window // DAY
        left = payout.decayed(spent, now)
        cap = payout.cap(vault, left, params)
        paid = payout.payment(amount + others, cap, amount)
        vault -= paid
        spent = payout.raised(spent, paid, params, now)
        payments.append((now, paid))
    for begin, _ in payments:
        at_once = sum(paid for when, paid in payments if when == begin)
        assert at_once <= first
        within = [paid for when, paid in payments if begin <= when < begin + window]
        assert sum(within) <= 2 * first


def two_winners() -> Desk:
    """
    Ann and Bob have each bought ten at 2000, from a vault of 1000, and sold them at
    2100: for 2001 and 2103.15, for 2003 and 2101.05. Claims of 1021.5 and 980.5. Half
    of the fees, 20.01, 20.03, 10.51575 and 10.50525, are the vault's: 1030.5305.
    """
    desk = Desk("1000")
    desk.quote("2000")
    desk.insure("50")
    for name in ("ann", "bob"):
        desk.deposit(name, "9000")
        desk.trade(name, "10")
    desk.quote("2100")
    for name in ("ann", "bob"):
        desk.trade(name, "-10")
    assert desk.view("Exchange", "claim_of", desk.holder("ann"), 0) == wad("1021.5")
    assert desk.view("Exchange", "claim_of", desk.holder("bob"), 0) == wad("980.5")
    assert funds(desk).vault == wad("1030.5305")
    return desk


def test_no_winner_gains_by_being_first() -> None:
    """
    A fifth of 1030.5305 is 206.1061, and 2002 are owed. Ann gets 1021.5 / 2002 of it,
    rounded down, and Bob, who comes later, all that is left, as if both had come at
    once; and neither gets more by asking again.
    """
    desk = two_winners()
    ann, bob = desk.holder("ann"), desk.holder("bob")
    outcome = desk.call("ann", "Exchange", "settle", ann, 0)
    share = wad("1021.5") * wad("206.1061") // wad("2002")
    assert outcome.returned == share
    cut = PayoutCut(ann, 0, wad("1021.5"), share)
    assert ("Exchange", cut) in outcome.logs
    assert desk.make("bob", "Exchange", "settle", bob, 0) == wad("206.1061") - share
    assert funds(desk).vault == wad("1030.5305") - wad("206.1061")
    spent = desk.view("Exchange", "market_of", 0).spent
    assert spent == Spent(wad("206.1061"), START, START + DAY)
    for name in ("ann", "bob"):
        again = desk.call(name, "Exchange", "settle", desk.holder(name), 0)
        assert again.error == errors.NOTHING_TO_SETTLE


def test_a_loss_that_comes_in_is_paid_out_again() -> None:
    """
    Ann is paid her part. She buys ten at 2100 once more and closes them at 2000, for a
    loss, which she has the cash for: the market has spent nothing then.
    """
    desk = two_winners()
    ann = desk.holder("ann")
    desk.make("ann", "Exchange", "settle", ann, 0)
    desk.trade("ann", "10")
    desk.quote("2000")
    desk.trade("ann", "-10")
    assert desk.view("Exchange", "market_of", 0).spent == Spent(0, START, START + DAY)


def test_a_claim_that_is_cut_covers_what_it_can() -> None:
    """
    As in `test_losses`, Ann has a claim of 1000.5 and loses 4002 of which 1099.01525
    are missing; but the vault has 100 only. With half of the fees and the loss it has
    4127.262625, a fifth of which is 825.452525: that much of the claim is paid, and the
    rest of it is gone. Of 273.562725 left insurance pays 42.10505 and the vault the
    rest.
    """
    desk = Desk("100")
    desk.quote("2000")
    desk.insure("50")
    desk.deposit("ann", "2953.51")
    desk.trade("ann", "10")
    desk.quote("2100")
    desk.trade("ann", "-10")
    desk.quote("2000")
    desk.trade("ann", "10")
    desk.quote("1600")
    ann = desk.holder("ann")
    outcome = desk.call("keeper", "Exchange", "liquidate", ann, 0)
    cut = PayoutCut(ann, 0, wad("1000.5"), wad("825.452525"))
    assert ("Exchange", cut) in outcome.logs
    assert desk.view("Exchange", "account_of", ann) == Account(
        0, 0, 0, 0, False, 0, 0, False, 0
    )
    assert desk.view("Exchange", "market_of", 0).open_claims == 0
    assert funds(desk).insurance == 0
    bad_debt = wad("1099.01525") - wad("825.452525") - wad("42.10505")
    expected = wad("4127.262625") - wad("825.452525") - bad_debt
    assert funds(desk).vault == expected


def test_nobody_gives_up_a_gain_for_nothing() -> None:
    """
    Ann is paid 105.16 before the owner lets the market pay a tenth only, 103.05. So
    nothing is left for Bob until that has been paid for longer: he keeps his claim.
    """
    desk = two_winners()
    bob = desk.holder("bob")
    desk.make("ann", "Exchange", "settle", desk.holder("ann"), 0)
    tenth = replace(MARKET, payout=PayoutParams(wad("0.1"), DAY))
    desk.make("owner", "Governor", "set_market", 0, *words_of(tenth))
    refused = desk.call("bob", "Exchange", "settle", bob, 0)
    assert refused.error == errors.VAULT_TOO_SMALL
    assert desk.view("Exchange", "claim_of", bob, 0) == wad("980.5")
