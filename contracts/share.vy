# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Share
@notice Shares of the vault, a token, and what a share is worth.

        Who enters pays the higher value of the vault, who leaves is paid the lower.
        Virtual shares and a virtual asset stand beside the real ones, so that the
        first provider cannot inflate the price of a share.
"""

from . import errors
from . import feed
from . import fixed_point
from . import funding
from . import parameters
from . import payout
from . import pricing
from . import sides

VIRTUAL_SHARES: constant(int256) = 10**6
# The most shares for a wei of the vault: a million times those that the first bought.
MOST_SHARES: constant(int256) = 10**12
MOST_SUPPLY: constant(int256) = 2**120 - 1


struct Liability:
    low: int256
    high: int256
    reserved: int256
    # Whether it is more than the market pays.
    is_capped: bool


struct Nav:
    low: int256
    high: int256
    reserved: int256
    # The time of the oldest valid price in it, or now, where there is none.
    priced_at: uint256
    # Whether the price of every market with positions is valid.
    is_priced: bool
    # Whether a market owes more than it pays.
    is_shut: bool


event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256


event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256


event Deposit:
    sender: indexed(address)
    owner: indexed(address)
    assets: uint256
    shares: uint256


event Withdraw:
    sender: indexed(address)
    receiver: indexed(address)
    owner: indexed(address)
    assets: uint256
    shares: uint256


shares: HashMap[address, uint256]
share_allowances: HashMap[address, HashMap[address, uint256]]
supply: uint256


@internal
@pure
def liability(
    state: sides.MarketState,
    price: feed.FeedPrice,
    params: parameters.MarketParams,
    vault: int256,
    is_priced: bool,
    now: uint256,
) -> Liability:
    """
    @notice What the vault owes to the traders of a market: the least and the most of
            it, and what it must hold in reserve for the heavier side. While its price
            is not valid, the most is all that it would pay at any price.
    """
    current: funding.Funding = sides.projected(
        state.funding,
        state.book,
        price,
        params.pricing.skew_scale,
        params.funding,
        now,
    )
    gained: sides.Profits = sides.profits(state, price.mark, current)
    refund: int256 = 0
    # Once a market is settled its premium is among what the sides have gained.
    if params.limits.mode != parameters.SETTLED:
        refund = pricing.premium(
            price.index, sides.skew(state.book), params.pricing.skew_scale
        )
    heavier: int256 = fixed_point.mul_wad_up(
        sides.open_interest(state.book), price.index
    )
    owed: int256 = payout.owed(gained.longs, gained.shorts, state.open_claims)
    cap: int256 = payout.cap(vault, payout.decayed(state.spent, now), params.payout)
    return Liability(
        low=min(gained.longs + gained.shorts + state.open_claims, cap),
        high=owed + refund if is_priced else max(owed + refund, cap),
        reserved=fixed_point.mul_wad_up(heavier, params.borrowing.reserve_factor),
        is_capped=owed > cap,
    )


@internal
@pure
def priced(nav: Nav, published_at: uint256, is_valid: bool) -> Nav:
    """
    @notice What a vault is worth once one more price counts, valid or not.
    """
    after: Nav = nav
    if not is_valid:
        after.is_priced = False
        return after
    after.priced_at = min(nav.priced_at, published_at)
    return after


@internal
@pure
def charged(nav: Nav, owed: Liability) -> Nav:
    """
    @notice What a vault is worth that owes in one more market.
    """
    after: Nav = nav
    after.low -= owed.high
    after.high -= owed.low
    after.reserved += owed.reserved
    after.is_shut = nav.is_shut or owed.is_capped
    return after


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
def is_saleable(supply: int256, nav_high: int256) -> bool:
    """
    @notice Whether shares are worth something: they are not sold for next to nothing,
            while the vault owes all it has.
    """
    return nav_high * MOST_SHARES >= supply


@internal
@pure
def most_amount(supply: int256, nav_high: int256) -> int256:
    """
    @notice The most that can be paid for shares before there are too many of them.
    """
    room: int256 = MOST_SUPPLY + 1 - supply
    return (
        fixed_point.mul_div_up(room, max(nav_high, 0) + 1, supply + VIRTUAL_SHARES) - 1
    )


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
@pure
def most_shares(amount: int256, supply: int256, nav_low: int256) -> int256:
    """
    @notice The most shares that redeem `amount` or less.
    """
    return (
        fixed_point.mul_div_up(amount + 1, supply + VIRTUAL_SHARES, max(nav_low, 0) + 1)
        - 1
    )


@internal
def approve(owner: address, spender: address, shares: uint256):
    """
    @notice Let `spender` take up to `shares` from the owner.
    """
    self.share_allowances[owner][spender] = shares
    log Approval(owner=owner, spender=spender, value=shares)


@internal
def use_allowance(owner: address, spender: address, shares: uint256):
    """
    @notice Refuse the call unless the spender may take `shares` of the owner, and let
            it take so many less from now on; an allowance of all there can be does not
            run out.
    """
    allowed: uint256 = self.share_allowances[owner][spender]
    errors.require(shares <= allowed, errors.ALLOWANCE_TOO_SMALL)
    if allowed != max_value(uint256):
        self.share_allowances[owner][spender] = allowed - shares


@internal
def move(sender: address, receiver: address, shares: uint256):
    """
    @notice Move shares from `sender` to `receiver`.
    """
    errors.require(receiver != empty(address), errors.ZERO_RECEIVER)
    errors.require(shares <= self.shares[sender], errors.BALANCE_TOO_SMALL)
    self.shares[sender] -= shares
    self.shares[receiver] += shares
    log Transfer(sender=sender, receiver=receiver, value=shares)


@internal
def mint(receiver: address, shares: uint256):
    """
    @notice Give new shares to `receiver`.
    """
    self.supply += shares
    errors.require(convert(self.supply, int256) <= MOST_SUPPLY, errors.OUT_OF_BOUNDS)
    self.shares[receiver] += shares
    log Transfer(sender=empty(address), receiver=receiver, value=shares)


@internal
def burn(owner: address, shares: uint256):
    """
    @notice Take shares from their owner, and out of the world.
    """
    self.shares[owner] -= shares
    self.supply -= shares
    log Transfer(sender=owner, receiver=empty(address), value=shares)
