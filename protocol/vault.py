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
    require_fits(shares, 120)
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


def nav(state: State, call: Call) -> Nav:
    """
    The lower and the higher value of the vault, and what it must hold in reserve;
    refused while a market with positions has no valid price.
    """
    return valid_nav(state, call.now)


def shares_of(state: State, call: Call, provider: Address) -> Shares:
    """The shares of a provider."""
    return state.shares[provider]


def supply(state: State, call: Call) -> Shares:
    """All shares there are."""
    return state.supply[()]


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
