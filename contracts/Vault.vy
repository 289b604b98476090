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
    def market_of(market_id: uint256) -> sides.MarketState: view
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
# What the exchange holds at most.
MOST_HELD: constant(int256) = 2**120 - 1

TOKEN: immutable(address)
EXCHANGE: immutable(address)
ORACLE: immutable(address)
# Wads in an atom of the token.
SCALE: immutable(int256)


@deploy
def __init__(token: address, exchange: address, oracle: address, decimals: uint256):
    TOKEN = token
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
def setOperator(operator: address, approved: bool) -> bool:
    """
    @notice Let `operator` ask on behalf of the sender, or no longer.
    """
    request.set_operator(msg.sender, operator, approved)
    return True


@external
def requestDeposit(assets: uint256, controller: address, owner: address) -> uint256:
    """
    @notice Ask on behalf of an owner, for whatever shares its assets will buy.
    """
    errors.require(request.may_ask(owner, msg.sender), errors.NOT_OPERATOR)
    return self.ask_deposit(controller, owner, msg.sender, assets, 0)


@external
def requestRedeem(shares: uint256, controller: address, owner: address) -> uint256:
    """
    @notice Ask on behalf of an owner, or having been allowed to take its shares, for
            whatever these will redeem.
    """
    if not request.may_ask(owner, msg.sender):
        share.use_allowance(owner, msg.sender, shares)
    return self.ask_redeem(controller, owner, msg.sender, shares, 0)


@external
def execute(request_id: uint256) -> uint256:
    """
    @notice Execute a request at what the vault is worth now, by anyone; where that
            gives less than its minimum, return it. Give the shares or the atoms that
            came of it. While the price of a market is not valid, only who controls a
            redemption may execute it, and pays for all that this market could cost.
    """
    pending: request.Request = request.take_request(request_id)
    controller: address = pending.controller
    needs_valid: bool = pending.is_deposit or msg.sender != controller
    given: uint256 = self.given_for(pending, needs_valid)
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
    @notice The lower and the higher value of the vault, what it must hold in reserve,
            how old its prices are, and whether it is shut.
    """
    return self.nav_of(staticcall Exchange(EXCHANGE).books(), False)


@external
@view
def asset() -> address:
    """
    @notice The token that providers give and get.
    """
    return TOKEN


@external
@view
def totalAssets() -> uint256:
    """
    @notice What the vault is worth in atoms, at its lower value and the last prices.
    """
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    low: int256 = self.nav_of(books, False).low
    return convert(fixed_point.div_down(max(low, 0), SCALE), uint256)


@external
@view
def convertToShares(assets: uint256) -> uint256:
    """
    @notice The shares that `assets` buy, at the higher value and the last prices.
    """
    errors.require(assets >> 120 == 0, errors.OUT_OF_BOUNDS)
    amount: int256 = convert(assets, int256) * SCALE
    fixed_point.require_fits(amount, 120)
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    high: int256 = self.nav_of(books, False).high
    supply: int256 = convert(share.supply, int256)
    return convert(share.shares_for(amount, supply, high), uint256)


@external
@view
def convertToAssets(shares: uint256) -> uint256:
    """
    @notice The atoms that `shares` redeem, at the lower value and the last prices.
    """
    errors.require(shares >> 120 == 0, errors.OUT_OF_BOUNDS)
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    return self.atoms_for(convert(shares, int256), self.nav_of(books, False).low)


@external
@view
def maxDeposit(receiver: address) -> uint256:
    """
    @notice The most atoms for which a request would be executed now; none while a
            price is not valid.
    """
    return self.most_deposit()


@external
@view
def maxMint(receiver: address) -> uint256:
    """
    @notice The most shares that a request would give now.
    """
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    high: int256 = self.nav_of(books, False).high
    supply: int256 = convert(share.supply, int256)
    amount: int256 = convert(self.most_deposit(), int256) * SCALE
    return convert(share.shares_for(amount, supply, high), uint256)


@external
@view
def maxWithdraw(owner: address) -> uint256:
    """
    @notice The most atoms that a request would give its owner now.
    """
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    shares: int256 = convert(self.most_redemption(owner), int256)
    return self.atoms_for(shares, self.nav_of(books, False).low)


@external
@view
def maxRedeem(owner: address) -> uint256:
    """
    @notice The most shares of an owner for which a request would be executed now, by
            the owner.
    """
    return self.most_redemption(owner)


@external
@view
def previewDeposit(assets: uint256) -> uint256:
    """
    @notice Nobody knows it: a request is executed at a later price.
    """
    errors.require(False, errors.NO_PREVIEW)
    return 0


@external
@view
def previewMint(shares: uint256) -> uint256:
    """
    @notice Nobody knows it: a request is executed at a later price.
    """
    errors.require(False, errors.NO_PREVIEW)
    return 0


@external
@view
def previewWithdraw(assets: uint256) -> uint256:
    """
    @notice Nobody knows it: a request is executed at a later price.
    """
    errors.require(False, errors.NO_PREVIEW)
    return 0


@external
@view
def previewRedeem(shares: uint256) -> uint256:
    """
    @notice Nobody knows it: a request is executed at a later price.
    """
    errors.require(False, errors.NO_PREVIEW)
    return 0


@external
@view
def isOperator(controller: address, operator: address) -> bool:
    """
    @notice Whether `operator` may ask on behalf of `controller`.
    """
    return request.request_operators[controller][operator]


@external
@view
def pendingDepositRequest(request_id: uint256, controller: address) -> uint256:
    """
    @notice The assets of a deposit that waits.
    """
    pending: request.Request = request.load_request(request_id)
    if pending.controller == controller and pending.is_deposit:
        return pending.amount
    return 0


@external
@view
def pendingRedeemRequest(request_id: uint256, controller: address) -> uint256:
    """
    @notice The shares of a redemption that waits.
    """
    pending: request.Request = request.load_request(request_id)
    if pending.controller == controller and not pending.is_deposit:
        return pending.amount
    return 0


@external
@view
def claimableDepositRequest(request_id: uint256, controller: address) -> uint256:
    """
    @notice Nothing ever is: what is executed is paid out at once.
    """
    return 0


@external
@view
def claimableRedeemRequest(request_id: uint256, controller: address) -> uint256:
    """
    @notice Nothing ever is: what is executed is paid out at once.
    """
    return 0


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
def given_for(pending: request.Request, needs_valid: bool) -> uint256:
    """
    @notice The shares or the atoms that a request gives now; refused while it may not
            be executed.
    """
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    params: request.VaultParams = parameters.risk_in(books.risk_params).vault
    errors.require(
        block.timestamp <= request.closes_at(pending, params), errors.REQUEST_TOO_LATE
    )
    nav: share.Nav = self.nav_of(books, needs_valid)
    errors.require(
        nav.priced_at > request.waits_until(pending, params), errors.REQUEST_TOO_EARLY
    )
    # Who leaves would leave a shortage to the others, who enters would pay theirs.
    errors.require(not nav.is_shut, errors.VAULT_SHUT)
    amount: int256 = convert(pending.amount, int256)
    supply: int256 = convert(share.supply, int256)
    if pending.is_deposit:
        errors.require(share.is_saleable(supply, nav.high), errors.VAULT_UNDERWATER)
        bought: int256 = share.shares_for(amount * SCALE, supply, nav.high)
        return convert(bought, uint256)

    errors.require(not self.is_quarantined(books), errors.VAULT_QUARANTINED)
    atoms: uint256 = self.atoms_for(amount, nav.low)
    # What is returned anyway leaves the vault as it is.
    if atoms >= pending.minimum:
        left: int256 = nav.low - convert(atoms, int256) * SCALE
        errors.require(left >= nav.reserved, errors.RESERVE_TOO_SMALL)
    return atoms


@internal
@view
def atoms_for(shares: int256, low: int256) -> uint256:
    """
    @notice The atoms that `shares` redeem at a lower value.
    """
    value: int256 = share.amount_for(shares, convert(share.supply, int256), low)
    return convert(fixed_point.div_down(value, SCALE), uint256)


@internal
@view
def most_deposit() -> uint256:
    """
    @notice The most atoms that the vault would let in now.
    """
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    nav: share.Nav = self.nav_of(books, False)
    supply: int256 = convert(share.supply, int256)
    if nav.is_shut or not nav.is_priced or not share.is_saleable(supply, nav.high):
        return 0
    held: int256 = convert(books.holdings.held_atoms, int256) * SCALE
    most: int256 = min(share.most_amount(supply, nav.high), MOST_HELD - held)
    return convert(fixed_point.div_down(most, SCALE), uint256)


@internal
@view
def most_redemption(owner: address) -> uint256:
    """
    @notice The most shares of an owner that the vault would pay out now.
    """
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    nav: share.Nav = self.nav_of(books, False)
    if nav.is_shut or self.is_quarantined(books):
        return 0
    spare: int256 = min(nav.low - nav.reserved, books.funds.vault - books.holdings.debt)
    if spare < 0:
        return 0
    # An atom that is not whole is not paid out.
    spare = fixed_point.div_down(spare, SCALE) * SCALE + SCALE - 1
    supply: int256 = convert(share.supply, int256)
    most: int256 = share.most_shares(spare, supply, nav.low)
    shares: int256 = min(convert(share.shares[owner], int256), most)
    if self.atoms_for(shares, nav.low) == 0:
        return 0
    return convert(shares, uint256)


@internal
@view
def is_quarantined(books: market.Books) -> bool:
    """
    @notice Whether the vault has borne a bad debt so lately that nobody leaves it.
    """
    if books.risk_params == empty(address):
        return True
    quarantine: uint256 = parameters.risk_in(books.risk_params).vault.quarantine
    return block.timestamp < books.bad_debt_at + quarantine


@internal
@view
def nav_of(books: market.Books, needs_valid: bool) -> share.Nav:
    """
    @notice The value of the vault; a market with positions whose price is not valid is
            refused, or counts with all that it could cost.
    """
    vault: int256 = books.funds.vault
    nav: share.Nav = share.Nav(
        low=vault,
        high=vault,
        reserved=0,
        priced_at=block.timestamp,
        is_priced=True,
        is_shut=False,
    )
    for market_id: uint256 in range(books.market_count, bound=account.MAX_MARKETS):
        state: sides.MarketState = staticcall Exchange(EXCHANGE).market_of(market_id)
        has_positions: bool = sides.open_interest(state.book) != 0
        if not has_positions and state.open_claims == 0:
            continue
        params: parameters.MarketParams = parameters.params_in(
            staticcall Exchange(EXCHANGE).params_of(market_id), block.timestamp
        )
        price: feed.FeedPrice = staticcall Oracle(ORACLE).price(market_id)
        is_priced: bool = True
        if has_positions:
            if needs_valid:
                parameters.require_valid(price, params.limits, block.timestamp)
            is_priced = parameters.is_valid(price, params.limits, block.timestamp)
            nav = share.priced(nav, price.published_at, is_priced)
        owed: share.Liability = share.liability(
            state, price, params, vault, is_priced, block.timestamp
        )
        nav = share.charged(nav, owed)
    return nav
