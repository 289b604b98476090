# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Payout
@notice How much of their gains the winners of a market are paid: all of it, or each the
        same part.

        What a market owes at most is what its winning sides have gained, and its
        claims. What it pays is a part of the vault at most, in one piece or in a
        thousand: what was paid lately counts as if the vault had it still, and as
        paid. So nobody gains by being first, nor by asking twice.
"""

from . import fixed_point

# More than there is of anything: what reaches it is without a limit.
MOST: constant(int256) = 2**126 - 1


struct PayoutParams:
    factor: int256
    window: uint256


struct Spent:
    amount: int256
    spent_at: uint256
    ends_at: uint256


struct Payout:
    claimed: int256
    paid: int256
    spent: Spent


event PayoutCut:
    holder: indexed(uint256)
    market_id: indexed(uint256)
    claimed: int256
    paid: int256


@internal
@pure
def packed_spent(spent: Spent) -> uint256:
    """
    @notice The word of what a market has spent.
    """
    return (
        (convert(convert(spent.amount, bytes32), uint256) << 128 >> 128)
        | (spent.spent_at << 128)
        | (spent.ends_at << 168)
    )


@internal
@pure
def unpacked_spent(packed: uint256) -> Spent:
    """
    @notice What `packed_spent` packed.
    """
    return Spent(
        amount=convert(convert(packed << 128, bytes32), int256) >> 128,
        spent_at=(packed << 88) >> 216,
        ends_at=(packed << 48) >> 216,
    )


@internal
@pure
def decayed(spent: Spent, now: uint256) -> int256:
    """
    @notice What of it still counts: it falls evenly and is nothing when its window
            ends. Rounded up, which keeps the cap low.
    """
    if now >= spent.ends_at:
        return 0
    return fixed_point.mul_div_up(
        spent.amount,
        convert(spent.ends_at - now, int256),
        convert(spent.ends_at - spent.spent_at, int256),
    )


@internal
@pure
def raised(spent: Spent, paid: int256, params: PayoutParams, now: uint256) -> Spent:
    """
    @notice What a market has spent once it has paid more, over a window from now on.
    """
    if paid == 0:
        return spent
    return Spent(
        amount=min(self.decayed(spent, now) + paid, MOST),
        spent_at=now,
        ends_at=now + params.window,
    )


@internal
@pure
def lowered(spent: Spent, lost: int256, now: uint256) -> Spent:
    """
    @notice What a market has spent once a loss has come in; its window goes on.
    """
    return Spent(
        amount=max(0, self.decayed(spent, now) - lost),
        spent_at=now,
        ends_at=spent.ends_at,
    )


@internal
@pure
def cap(vault: int256, spent: int256, params: PayoutParams) -> int256:
    """
    @notice The most that a market pays now: a part of the vault as it was before, less
            what is paid already.
    """
    whole: int256 = fixed_point.mul_wad_down(vault + spent, params.factor)
    return fixed_point.clamp(whole - spent, 0, MOST)


@internal
@pure
def owed(longs: int256, shorts: int256, claims: int256) -> int256:
    """
    @notice What a market owes if no side that has lost pays: the gains of the others,
            and the claims.
    """
    return min(max(longs, 0) + max(shorts, 0) + claims, MOST)


@internal
@pure
def payment(owed: int256, cap: int256, amount: int256) -> int256:
    """
    @notice What of a gain is paid: all of it, or where more is owed than the cap, its
            part of the cap, rounded down.
    """
    # Of a side that has lost, one alone may have gained more than is owed.
    whole: int256 = max(owed, amount)
    if whole <= cap:
        return amount
    return fixed_point.mul_div_down(amount, cap, whole)


@internal
@pure
def used(owed: int256, cap: int256, claim: int256, missing: int256) -> int256:
    """
    @notice How much of a claim it takes to pay what is missing, rounded up, and all of
            it where it does not suffice.
    """
    if self.payment(owed, cap, claim) <= missing:
        return claim
    whole: int256 = max(owed, claim)
    if whole <= cap:
        return missing
    return fixed_point.mul_div_up(missing, whole, cap)
