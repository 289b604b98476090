"""
Where liquidity providers enter and leave. The assets lie in the exchange, the shares
are kept here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import errors, exchange, feed, oracle, parameters, share, sides
from protocol.errors import require
from protocol.fixed_point import mul_div_down, require_fits
from protocol.share import Entered, Left, Nav
from protocol.units import Address, Atoms, Call, Quote, Seconds, Shares, Size

if TYPE_CHECKING:
    from protocol.state import State

NAME = "Share of the vault"
SYMBOL = "SHARE"
DECIMALS = 18


def enter(state: State, call: Call, atoms: Atoms, min_shares: Shares) -> Shares:
    """Give `atoms` to the vault for shares, at its higher value."""
    require(atoms >> 120 == 0, errors.OUT_OF_BOUNDS)
    amount = Quote(atoms * state.scale)
    require_fits(amount, 120)
    nav = valid_nav(state, call.now)
    share.require_worth(state.supply[()], nav.high)
    minted = share.shares_for(amount, state.supply[()], nav.high)
    require(minted >= min_shares, errors.TOO_FEW_SHARES)
    share.mint(state, call.sender, minted)
    state.log(
        Entered(
            provider=call.sender, atoms=atoms, shares=minted, supply=state.supply[()]
        )
    )
    vault = Call(state.addresses.vault, call.now)
    exchange.enter_vault(state, vault, call.sender, atoms)
    return minted


def leave(state: State, call: Call, shares: Shares, min_atoms: Atoms) -> Atoms:
    """
    Give shares back for atoms, at the vault's lower value, as far as its reserve
    allows.
    """
    require(shares >> 120 == 0, errors.OUT_OF_BOUNDS)
    nav = valid_nav(state, call.now)
    amount = share.amount_for(shares, state.supply[()], nav.low)
    share.burn(state, call.sender, shares)
    atoms = int(mul_div_down(amount, 1, state.scale))
    require(atoms >= min_atoms, errors.TOO_FEW_ATOMS)
    require(nav.low - amount >= nav.reserved, errors.RESERVE_TOO_SMALL)
    state.log(
        Left(provider=call.sender, atoms=atoms, shares=shares, supply=state.supply[()])
    )
    vault = Call(state.addresses.vault, call.now)
    exchange.leave_vault(state, vault, call.sender, atoms)
    return atoms


def approve(state: State, call: Call, spender: Address, shares: Shares) -> bool:
    """Let `spender` take up to `shares` from the sender."""
    share.approve(state, call.sender, spender, shares)
    return True


def transfer(state: State, call: Call, receiver: Address, shares: Shares) -> bool:
    """Send `shares` to `receiver`."""
    share.move(state, call.sender, receiver, shares)
    return True


def transferFrom(
    state: State, call: Call, owner: Address, receiver: Address, shares: Shares
) -> bool:
    """Send `shares` of `owner` to `receiver`, having been allowed to."""
    share.use_allowance(state, owner, call.sender, shares)
    share.move(state, owner, receiver, shares)
    return True


def name(state: State, call: Call) -> str:
    """What the shares are called."""
    return NAME


def symbol(state: State, call: Call) -> str:
    """What the shares are called in short."""
    return SYMBOL


def decimals(state: State, call: Call) -> int:
    """How many decimals make one share."""
    return DECIMALS


def totalSupply(state: State, call: Call) -> Shares:
    """All shares there are."""
    return state.supply[()]


def balanceOf(state: State, call: Call, owner: Address) -> Shares:
    """The shares of `owner`."""
    return state.shares[owner]


def allowance(state: State, call: Call, owner: Address, spender: Address) -> Shares:
    """The shares that `spender` may take from `owner`."""
    return state.share_allowances[owner, spender]


def nav(state: State, call: Call) -> Nav:
    """
    The lower and the higher value of the vault, and what it must hold in reserve;
    refused while a market with positions has no valid price.
    """
    return valid_nav(state, call.now)


def valid_nav(state: State, now: Seconds) -> Nav:
    """The value of the vault at valid prices."""
    call = Call(state.addresses.vault, now)
    books = exchange.books(state, call)
    low = high = books.funds.vault
    reserved = Quote(0)
    for market_id in range(books.market_count):
        current = exchange.market_of(state, call, market_id)
        if sides.open_interest(current.book) == Size(0):
            low -= current.open_claims
            high -= current.open_claims
            continue
        params = parameters.params_in(state, exchange.params_of(state, call, market_id))
        price = oracle.price(state, call, market_id)
        feed.require_valid(
            price, params.limits.trade_age, params.limits.max_confidence, now
        )
        owed = share.liability(current, price, params, now)
        low -= owed.high
        high -= owed.low
        reserved += owed.reserved
    return Nav(low=low, high=high, reserved=reserved)
