# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Vault
@notice Where liquidity providers enter and leave, by requests. The assets lie in the
        exchange, the shares are kept here.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from . import account
from . import errors
from . import feed
from . import fixed_point
from . import market
from . import parameters
from . import request
from . import share
from . import sides

initializes: request
initializes: share

implements: IERC20
implements: IERC20Detailed


interface Exchange:
    def market_of(market_id: uint256) -> market.MarketState: view
    def params_of(market_id: uint256) -> address: view
    def books() -> market.Books: view
    def escrow_deposit(provider: address, atoms: uint256): nonpayable
    def return_deposit(provider: address, atoms: uint256): nonpayable
    def enter_vault(atoms: uint256): nonpayable
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
def request_deposit(atoms: uint256, min_shares: uint256) -> uint256:
    """
    @notice Ask to give `atoms` to the vault for `min_shares` or more, and give the
            number of the request.
    """
    return self.ask_deposit(msg.sender, msg.sender, msg.sender, atoms, min_shares)


@external
def request_redeem(shares: uint256, min_atoms: uint256) -> uint256:
    """
    @notice Ask to give `shares` back for `min_atoms` or more, and give the number of
            the request.
    """
    return self.ask_redeem(msg.sender, msg.sender, msg.sender, shares, min_atoms)


@external
def execute(request_id: uint256) -> uint256:
    """
    @notice Execute a request at what the vault is worth now, by anyone; where that
            gives less than its minimum, return it. Give the shares or the atoms that
            came of it.
    """
    pending: request.Request = request.take_request(request_id)
    given: uint256 = self.given_for(pending)
    controller: address = pending.controller
    if given < pending.minimum:
        self.give_back(request_id, pending)
        return 0
    if pending.is_deposit:
        share.mint(controller, given)
        log share.Deposit(
            sender=msg.sender, owner=controller, assets=pending.amount, shares=given
        )
        extcall Exchange(EXCHANGE).enter_vault(pending.amount)
        return given
    share.burn(self, pending.amount)
    log share.Withdraw(
        sender=msg.sender,
        receiver=controller,
        owner=controller,
        assets=given,
        shares=pending.amount,
    )
    extcall Exchange(EXCHANGE).leave_vault(controller, given)
    return given


@external
def return_request(request_id: uint256):
    """
    @notice Return a request that was not executed within its window, by anyone.
    """
    pending: request.Request = request.take_request(request_id)
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    params: request.VaultParams = parameters.risk_in(books.risk_params).vault
    errors.require(
        block.timestamp > request.closes_at(pending, params), errors.REQUEST_STILL_OPEN
    )
    self.give_back(request_id, pending)


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
    return self.valid_nav(staticcall Exchange(EXCHANGE).books())


@external
@view
def request_of(request_id: uint256) -> request.Request:
    """
    @notice The request of that number, empty where none waits.
    """
    return request.load_request(request_id)


@external
@view
def request_count() -> uint256:
    """
    @notice How many requests there ever were: the number of the last one.
    """
    return request.request_count


@internal
def ask_deposit(
    controller: address,
    owner: address,
    sender: address,
    atoms: uint256,
    min_shares: uint256,
) -> uint256:
    """
    @notice Take the atoms of an owner, to wait until the deposit is executed for who
            controls it.
    """
    request_id: uint256 = request.add_request(
        request.Request(
            controller=controller,
            is_deposit=True,
            amount=atoms,
            minimum=min_shares,
            requested_at=block.timestamp,
        )
    )
    log request.DepositRequest(
        controller=controller,
        owner=owner,
        request_id=request_id,
        sender=sender,
        assets=atoms,
    )
    extcall Exchange(EXCHANGE).escrow_deposit(owner, atoms)
    return request_id


@internal
def ask_redeem(
    controller: address,
    owner: address,
    sender: address,
    shares: uint256,
    min_atoms: uint256,
) -> uint256:
    """
    @notice Take the shares of an owner, to wait until the redemption is executed for
            who controls it; until then they gain and lose like all others.
    """
    request_id: uint256 = request.add_request(
        request.Request(
            controller=controller,
            is_deposit=False,
            amount=shares,
            minimum=min_atoms,
            requested_at=block.timestamp,
        )
    )
    log request.RedeemRequest(
        controller=controller,
        owner=owner,
        request_id=request_id,
        sender=sender,
        shares=shares,
    )
    share.move(owner, self, shares)
    return request_id


@internal
def give_back(request_id: uint256, pending: request.Request):
    """
    @notice Give what a request held to who controls it.
    """
    log request.RequestReturned(
        request_id=request_id, controller=pending.controller, amount=pending.amount
    )
    if pending.is_deposit:
        extcall Exchange(EXCHANGE).return_deposit(pending.controller, pending.amount)
    else:
        share.move(self, pending.controller, pending.amount)


@internal
@view
def given_for(pending: request.Request) -> uint256:
    """
    @notice The shares or the atoms that a request gives now; refused while it may not
            be executed.
    """
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    params: request.VaultParams = parameters.risk_in(books.risk_params).vault
    errors.require(
        block.timestamp <= request.closes_at(pending, params), errors.REQUEST_TOO_LATE
    )
    nav: share.Nav = self.valid_nav(books)
    errors.require(
        nav.priced_at > request.waits_until(pending, params), errors.REQUEST_TOO_EARLY
    )
    amount: int256 = convert(pending.amount, int256)
    supply: int256 = convert(share.supply, int256)
    if pending.is_deposit:
        share.require_worth(supply, nav.high)
        bought: int256 = share.shares_for(amount * SCALE, supply, nav.high)
        return convert(bought, uint256)

    errors.require(
        block.timestamp >= books.bad_debt_at + params.quarantine,
        errors.VAULT_QUARANTINED,
    )
    value: int256 = share.amount_for(amount, supply, nav.low)
    atoms: uint256 = convert(fixed_point.mul_div_down(value, 1, SCALE), uint256)
    # What is returned anyway leaves the vault as it is.
    if atoms >= pending.minimum:
        errors.require(nav.low - value >= nav.reserved, errors.RESERVE_TOO_SMALL)
        errors.require(
            books.funds.vault - value >= books.holdings.debt, errors.VAULT_TOO_SMALL
        )
    return atoms


@internal
@view
def valid_nav(books: market.Books) -> share.Nav:
    """
    @notice The value of the vault at valid prices.
    """
    vault: int256 = books.funds.vault
    nav: share.Nav = share.Nav(
        low=vault, high=vault, reserved=0, priced_at=block.timestamp
    )
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
        nav.priced_at = min(nav.priced_at, price.published_at)
    return nav
