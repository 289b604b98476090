# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Share
@notice Shares of the vault, and what a share is worth.

        Who enters pays the higher value of the vault, who leaves is paid the lower.
        Virtual shares and a virtual asset stand beside the real ones, so that the
        first provider cannot inflate the price of a share.
"""

from . import errors
from . import feed
from . import fixed_point
from . import funding
from . import market
from . import parameters
from . import pricing
from . import sides

VIRTUAL_SHARES: constant(int256) = 10**6
# The most shares for a wei of the vault: a million times those that the first bought.
MOST_SHARES: constant(int256) = 10**12


struct Liability:
    low: int256
    high: int256
    reserved: int256


struct Nav:
    low: int256
    high: int256
    reserved: int256


event Entered:
    provider: indexed(address)
    atoms: uint256
    shares: int256
    supply: int256


event Left:
    provider: indexed(address)
    atoms: uint256
    shares: int256
    supply: int256


shares: HashMap[address, int256]
supply: int256


@internal
@pure
def side_profit(
    size: int256, quote: int256, paid: int256, price: int256, index: int256
) -> int256:
    """
    @notice What all positions of a side have gained together, rounded up.
    """
    owed: int256 = size * (price - index) + paid
    return fixed_point.mul_wad_up(owed, 1) + quote


@internal
@pure
def liability(
    state: market.MarketState,
    price: feed.FeedPrice,
    params: parameters.MarketParams,
    now: uint256,
) -> Liability:
    """
    @notice What the vault owes to the traders of a market: the least and the most of
            it, and what it must hold in reserve for the heavier side.
    """
    current: funding.Funding = sides.projected(
        state.funding, state.book, price, params, now
    )
    longs: int256 = self.side_profit(
        state.book.long_size,
        state.long_quote,
        state.long_paid,
        price.mark,
        current.long_index,
    )
    shorts: int256 = self.side_profit(
        state.book.short_size,
        state.short_quote,
        state.short_paid,
        price.mark,
        current.short_index,
    )
    refund: int256 = pricing.premium(
        price.index, sides.skew(state.book), params.pricing.skew_scale
    )
    heavier: int256 = fixed_point.mul_wad_up(
        sides.open_interest(state.book), price.index
    )
    return Liability(
        low=longs + shorts + state.open_claims,
        high=max(longs, 0) + max(shorts, 0) + state.open_claims + refund,
        reserved=fixed_point.mul_wad_up(heavier, params.borrowing.reserve_factor),
    )


@internal
@pure
def shares_for(amount: int256, supply: int256, nav_high: int256) -> int256:
    """
    @notice The shares that `amount` buys, rounded down.
    """
    return fixed_point.mul_div_down(
        amount, supply + VIRTUAL_SHARES, max(nav_high, 0) + 1
    )


@internal
@pure
def require_worth(supply: int256, nav_high: int256):
    """
    @notice Refuse to sell shares for next to nothing, while the vault owes all it has.
    """
    errors.require(nav_high * MOST_SHARES >= supply, errors.VAULT_UNDERWATER)


@internal
@pure
def amount_for(shares: int256, supply: int256, nav_low: int256) -> int256:
    """
    @notice The amount that `shares` redeem, rounded down.
    """
    return fixed_point.mul_div_down(
        shares, max(nav_low, 0) + 1, supply + VIRTUAL_SHARES
    )


@internal
def mint(provider: address, shares: int256):
    """
    @notice Give new shares to a provider.
    """
    errors.require(shares > 0, errors.ZERO_SHARES)
    self.supply += shares
    fixed_point.require_fits(self.supply, 120)
    self.shares[provider] += shares


@internal
def burn(provider: address, shares: int256):
    """
    @notice Take shares from a provider.
    """
    errors.require(shares > 0, errors.ZERO_SHARES)
    errors.require(shares <= self.shares[provider], errors.TOO_FEW_SHARES)
    self.shares[provider] -= shares
    self.supply -= shares
