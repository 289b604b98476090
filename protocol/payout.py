"""
How much of their gains the winners of a market are paid: all of it, or each the same
part.

What a market owes at most is what its winning sides have gained, and its claims. What
it pays is a part of the vault at most, in one piece or in a thousand: what was paid
lately counts as if the vault had it still, and as paid. So nobody gains by being first,
nor by asking twice.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.fixed_point import clamp, mul_div_down, mul_div_up, mul_wad_down
from protocol.units import Holder, Quote, Ratio, Seconds
from protocol.word import placed, signed, unsigned

# More than there is of anything: what reaches it is without a limit.
MOST = Quote(2**126 - 1)


class PayoutParams(Struct, frozen=True):
    factor: Ratio
    window: Seconds


class Spent(Struct, frozen=True):
    amount: Quote
    spent_at: Seconds
    ends_at: Seconds


class Payout(Struct, frozen=True):
    claimed: Quote
    paid: Quote
    spent: Spent


class PayoutCut(Struct, frozen=True):
    holder: Holder
    market_id: int
    claimed: Quote
    paid: Quote


def packed_spent(spent: Spent) -> int:
    """The word of what a market has spent."""
    return (
        placed(int(spent.amount), 0, 128)
        | (int(spent.spent_at) << 128)
        | (int(spent.ends_at) << 168)
    )


def unpacked_spent(packed: int) -> Spent:
    """What `packed_spent` packed."""
    return Spent(
        amount=Quote(signed(packed, 0, 128)),
        spent_at=Seconds(unsigned(packed, 128, 40)),
        ends_at=Seconds(unsigned(packed, 168, 40)),
    )


def decayed(spent: Spent, now: Seconds) -> Quote:
    """
    What of it still counts: it falls evenly and is nothing when its window ends.
    Rounded up, which keeps the cap low.
    """
    if now >= spent.ends_at:
        return Quote(0)
    return mul_div_up(spent.amount, spent.ends_at - now, spent.ends_at - spent.spent_at)


def raised(spent: Spent, paid: Quote, params: PayoutParams, now: Seconds) -> Spent:
    """
    What a market has spent once it has paid more, over a window from now on.
    """
    if paid == Quote(0):
        return spent
    return Spent(
        amount=min(decayed(spent, now) + paid, MOST),
        spent_at=now,
        ends_at=now + params.window,
    )


def lowered(spent: Spent, lost: Quote, now: Seconds) -> Spent:
    """What a market has spent once a loss has come in; its window goes on."""
    return Spent(
        amount=max(Quote(0), decayed(spent, now) - lost),
        spent_at=now,
        ends_at=spent.ends_at,
    )


def cap(vault: Quote, spent: Quote, params: PayoutParams) -> Quote:
    """
    The most that a market pays now: a part of the vault as it was before, less what is
    paid already.
    """
    whole = mul_wad_down(vault + spent, params.factor)
    return clamp(whole - spent, Quote(0), MOST)


def owed(longs: Quote, shorts: Quote, claims: Quote) -> Quote:
    """
    What a market owes if no side that has lost pays: the gains of the others, and the
    claims.
    """
    return min(max(longs, Quote(0)) + max(shorts, Quote(0)) + claims, MOST)


def payment(owed: Quote, cap: Quote, amount: Quote) -> Quote:
    """
    What of a gain is paid: all of it, or where more is owed than the cap, its part of
    the cap, rounded down.
    """
    # Of a side that has lost, one alone may have gained more than is owed.
    whole = max(owed, amount)
    if whole <= cap:
        return amount
    return mul_div_down(amount, cap, whole)


def used(owed: Quote, cap: Quote, claim: Quote, missing: Quote) -> Quote:
    """
    How much of a claim it takes to pay what is missing, rounded up, and all of it where
    it does not suffice.
    """
    if payment(owed, cap, claim) <= missing:
        return claim
    whole = max(owed, claim)
    if whole <= cap:
        return missing
    return mul_div_up(missing, whole, cap)
