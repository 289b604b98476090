"""
Shares of the vault, a token, and what a share is worth.

Who enters pays the higher value of the vault, who leaves is paid the lower. Virtual
shares and a virtual asset stand beside the real ones, so that the first provider cannot
inflate the price of a share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import errors, parameters, payout, pricing, sides
from protocol.errors import require
from protocol.feed import FeedPrice
from protocol.fixed_point import mul_div_down, mul_div_up, mul_wad_up
from protocol.parameters import MarketParams
from protocol.sides import MarketState
from protocol.units import (
    Address,
    Atoms,
    Quote,
    Seconds,
    Shares,
)

if TYPE_CHECKING:
    from protocol.state import State

VIRTUAL_SHARES = Shares(10**6)
# The most shares for a wei of the vault: a million times those that the first bought.
MOST_SHARES = Shares(10**12)
MOST_SUPPLY = Shares(2**120 - 1)


class Liability(Struct, frozen=True):
    low: Quote
    high: Quote
    reserved: Quote
    # Whether it is more than the market pays.
    is_capped: bool


class Nav(Struct, frozen=True):
    low: Quote
    high: Quote
    reserved: Quote
    # The time of the oldest valid price in it, or now, where there is none.
    priced_at: Seconds
    # Whether the price of every market with positions is valid.
    is_priced: bool
    # Whether a market owes more than it pays.
    is_shut: bool


class Transfer(Struct, frozen=True):
    sender: Address
    receiver: Address
    value: Shares


class Approval(Struct, frozen=True):
    owner: Address
    spender: Address
    value: Shares


class Deposit(Struct, frozen=True):
    sender: Address
    owner: Address
    assets: Atoms
    shares: Shares


class Withdraw(Struct, frozen=True):
    sender: Address
    receiver: Address
    owner: Address
    assets: Atoms
    shares: Shares


def liability(
    state: MarketState,
    price: FeedPrice,
    params: MarketParams,
    vault: Quote,
    is_priced: bool,
    now: Seconds,
) -> Liability:
    """
    What the vault owes to the traders of a market: the least and the most of it, and
    what it must hold in reserve for the heavier side. While its price is not valid, the
    most is all that it would pay at any price.
    """
    current = sides.projected(
        state.funding, state.book, price, params.pricing.skew_scale, params.funding, now
    )
    gained = sides.profits(state, price.mark, current)
    refund = Quote(0)
    # Once a market is settled its premium is among what the sides have gained.
    if params.limits.mode != parameters.SETTLED:
        refund = pricing.premium(
            price.index, sides.skew(state.book), params.pricing.skew_scale
        )
    heavier = mul_wad_up(sides.open_interest(state.book), price.index)
    owed = payout.owed(gained.longs, gained.shorts, state.open_claims)
    cap = payout.cap(vault, payout.decayed(state.spent, now), params.payout)
    return Liability(
        low=min(gained.longs + gained.shorts + state.open_claims, cap),
        high=owed + refund if is_priced else max(owed + refund, cap),
        reserved=mul_wad_up(heavier, params.borrowing.reserve_factor),
        is_capped=owed > cap,
    )


def priced(nav: Nav, published_at: Seconds, is_valid: bool) -> Nav:
    """What a vault is worth once one more price counts, valid or not."""
    if not is_valid:
        return replace(nav, is_priced=False)
    return replace(nav, priced_at=min(nav.priced_at, published_at))


def charged(nav: Nav, owed: Liability) -> Nav:
    """What a vault is worth that owes in one more market."""
    return replace(
        nav,
        low=nav.low - owed.high,
        high=nav.high - owed.low,
        reserved=nav.reserved + owed.reserved,
        is_shut=nav.is_shut or owed.is_capped,
    )


def shares_for(amount: Quote, supply: Shares, nav_high: Quote) -> Shares:
    """The shares that `amount` buys, rounded down."""
    return mul_div_down(
        amount, supply + VIRTUAL_SHARES, max(nav_high, Quote(0)) + Quote(1)
    )


def is_saleable(supply: Shares, nav_high: Quote) -> bool:
    """
    Whether shares are worth something: they are not sold for next to nothing, while the
    vault owes all it has.
    """
    return mul_div_down(nav_high, MOST_SHARES, Quote(1)) >= supply


def most_amount(supply: Shares, nav_high: Quote) -> Quote:
    """The most that can be paid for shares before there are too many of them."""
    room = MOST_SUPPLY + Shares(1) - supply
    worth = max(nav_high, Quote(0)) + Quote(1)
    return mul_div_up(room, worth, supply + VIRTUAL_SHARES) - Quote(1)


def amount_for(shares: Shares, supply: Shares, nav_low: Quote) -> Quote:
    """The amount that `shares` redeem, rounded down."""
    return mul_div_down(
        shares, max(nav_low, Quote(0)) + Quote(1), supply + VIRTUAL_SHARES
    )


def most_shares(amount: Quote, supply: Shares, nav_low: Quote) -> Shares:
    """The most shares that redeem `amount` or less."""
    worth = max(nav_low, Quote(0)) + Quote(1)
    above = mul_div_up(amount + Quote(1), supply + VIRTUAL_SHARES, worth)
    return above - Shares(1)


def approve(state: State, owner: Address, spender: Address, shares: Shares) -> None:
    """Let `spender` take up to `shares` from the owner."""
    state.share_allowances[owner, spender] = shares
    state.log(Approval(owner=owner, spender=spender, value=shares))


def use_allowance(
    state: State, owner: Address, spender: Address, shares: Shares
) -> None:
    """
    Refuse the call unless the spender may take `shares` of the owner, and let it take
    so many less from now on; an allowance of all there can be does not run out.
    """
    allowed = state.share_allowances[owner, spender]
    require(shares <= allowed, errors.ALLOWANCE_TOO_SMALL)
    if int(allowed) != 2**256 - 1:
        state.share_allowances[owner, spender] = allowed - shares


def move(state: State, sender: Address, receiver: Address, shares: Shares) -> None:
    """Move shares from `sender` to `receiver`."""
    require(receiver != 0, errors.ZERO_RECEIVER)
    require(shares <= state.shares[sender], errors.BALANCE_TOO_SMALL)
    state.shares[sender] -= shares
    state.shares[receiver] += shares
    state.log(Transfer(sender=sender, receiver=receiver, value=shares))


def mint(state: State, receiver: Address, shares: Shares) -> None:
    """Give new shares to `receiver`."""
    state.supply[()] += shares
    require(state.supply[()] <= MOST_SUPPLY, errors.OUT_OF_BOUNDS)
    state.shares[receiver] += shares
    state.log(Transfer(sender=0, receiver=receiver, value=shares))


def burn(state: State, owner: Address, shares: Shares) -> None:
    """Take shares from their owner, and out of the world."""
    state.shares[owner] -= shares
    state.supply[()] -= shares
    state.log(Transfer(sender=owner, receiver=0, value=shares))
