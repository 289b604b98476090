# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Vault
@notice Where liquidity providers enter and leave. The assets lie in the exchange, the
        shares are kept here.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from . import account
from . import errors
from . import feed
from . import fixed_point
from . import market
from . import parameters
from . import share
from . import sides

initializes: share

implements: IERC20
implements: IERC20Detailed


interface Exchange:
    def market_of(market_id: uint256) -> market.MarketState: view
    def params_of(market_id: uint256) -> address: view
    def books() -> market.Books: view
    def enter_vault(provider: address, atoms: uint256): nonpayable
    def leave_vault(provider: address, atoms: uint256): nonpayable


interface Oracle:
    def price(feed_id: uint256) -> feed.FeedPrice: view


NAME: constant(String[18]) = "Share of the vault"
SYMBOL: constant(String[5]) = "SHARE"
DECIMALS: constant(uint8) = 18

EXCHANGE: immutable(address)
ORACLE: immutable(address)
# Wads in an atom of the token.
SCALE: immutable(int256)


@deploy
def __init__(exchange: address, oracle: address, decimals: uint256):
    EXCHANGE = exchange
    ORACLE = oracle
    SCALE = convert(10**(18 - decimals), int256)


@external
def enter(atoms: uint256, min_shares: uint256) -> uint256:
    """
    @notice Give `atoms` to the vault for shares, at its higher value.
    """
    errors.require(atoms >> 120 == 0, errors.OUT_OF_BOUNDS)
    amount: int256 = convert(atoms, int256) * SCALE
    fixed_point.require_fits(amount, 120)
    nav: share.Nav = self.valid_nav()
    supply: int256 = convert(share.supply, int256)
    share.require_worth(supply, nav.high)
    minted: uint256 = convert(share.shares_for(amount, supply, nav.high), uint256)
    errors.require(minted >= min_shares, errors.TOO_FEW_SHARES)
    share.mint(msg.sender, minted)
    log share.Entered(
        provider=msg.sender, atoms=atoms, shares=minted, supply=share.supply
    )
    extcall Exchange(EXCHANGE).enter_vault(msg.sender, atoms)
    return minted


@external
def leave(shares: uint256, min_atoms: uint256) -> uint256:
    """
    @notice Give shares back for atoms, at the vault's lower value, as far as its
            reserve allows.
    """
    errors.require(shares >> 120 == 0, errors.OUT_OF_BOUNDS)
    nav: share.Nav = self.valid_nav()
    amount: int256 = share.amount_for(
        convert(shares, int256), convert(share.supply, int256), nav.low
    )
    share.burn(msg.sender, shares)
    atoms: uint256 = convert(fixed_point.mul_div_down(amount, 1, SCALE), uint256)
    errors.require(atoms >= min_atoms, errors.TOO_FEW_ATOMS)
    errors.require(nav.low - amount >= nav.reserved, errors.RESERVE_TOO_SMALL)
    log share.Left(provider=msg.sender, atoms=atoms, shares=shares, supply=share.supply)
    extcall Exchange(EXCHANGE).leave_vault(msg.sender, atoms)
    return atoms


@external
def approve(spender: address, shares: uint256) -> bool:
    """
    @notice Let `spender` take up to `shares` from the sender.
    """
    share.approve(msg.sender, spender, shares)
    return True


@external
def transfer(receiver: address, shares: uint256) -> bool:
    """
    @notice Send `shares` to `receiver`.
    """
    share.move(msg.sender, receiver, shares)
    return True


@external
def transferFrom(owner: address, receiver: address, shares: uint256) -> bool:
    """
    @notice Send `shares` of `owner` to `receiver`, having been allowed to.
    """
    share.use_allowance(owner, msg.sender, shares)
    share.move(owner, receiver, shares)
    return True


@external
@view
def name() -> String[18]:
    """
    @notice What the shares are called.
    """
    return NAME


@external
@view
def symbol() -> String[5]:
    """
    @notice What the shares are called in short.
    """
    return SYMBOL


@external
@view
def decimals() -> uint8:
    """
    @notice How many decimals make one share.
    """
    return DECIMALS


@external
@view
def totalSupply() -> uint256:
    """
    @notice All shares there are.
    """
    return share.supply


@external
@view
def balanceOf(owner: address) -> uint256:
    """
    @notice The shares of `owner`.
    """
    return share.shares[owner]


@external
@view
def allowance(owner: address, spender: address) -> uint256:
    """
    @notice The shares that `spender` may take from `owner`.
    """
    return share.share_allowances[owner][spender]


@external
@view
def nav() -> share.Nav:
    """
    @notice The lower and the higher value of the vault, and what it must hold in
            reserve; refused while a market with positions has no valid price.
    """
    return self.valid_nav()


@internal
@view
def valid_nav() -> share.Nav:
    """
    @notice The value of the vault at valid prices.
    """
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    vault: int256 = books.funds.vault
    nav: share.Nav = share.Nav(low=vault, high=vault, reserved=0)
    for market_id: uint256 in range(books.market_count, bound=account.MAX_MARKETS):
        state: market.MarketState = staticcall Exchange(EXCHANGE).market_of(market_id)
        if sides.open_interest(state.book) == 0:
            nav.low -= state.open_claims
            nav.high -= state.open_claims
            continue
        params: parameters.MarketParams = parameters.params_in(
            staticcall Exchange(EXCHANGE).params_of(market_id)
        )
        price: feed.FeedPrice = staticcall Oracle(ORACLE).price(market_id)
        feed.require_valid(
            price,
            params.limits.trade_age,
            params.limits.max_confidence,
            block.timestamp,
        )
        owed: share.Liability = share.liability(state, price, params, block.timestamp)
        nav.low -= owed.high
        nav.high -= owed.low
        nav.reserved += owed.reserved
    return nav
