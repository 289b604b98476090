# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Governor
@notice The owner's hand: every parameter goes through it, and none against its law.
"""

from ethereum.ercs import IERC20Detailed

from . import access
from . import account
from . import collateral
from . import errors
from . import feed
from . import governance
from . import market
from . import parameters
from . import sides

initializes: access


interface Exchange:
    def market_of(market_id: uint256) -> sides.MarketState: view
    def params_of(market_id: uint256) -> address: view
    def books() -> market.Books: view
    def risk_params() -> address: view
    def set_market(market_id: uint256, code: address): nonpayable
    def set_risk(code: address): nonpayable
    def collateral_params_of(token_id: uint256) -> address: view
    def total_of(token_id: uint256) -> int256: view
    def set_collateral(token_id: uint256, code: address): nonpayable
    def withdraw_collateral(
        holder: uint256, token_id: uint256, atoms: uint256, receiver: address
    ): nonpayable
    def collect_treasury(atoms: uint256): nonpayable
    def claim_reward(atoms: uint256, receiver: address): nonpayable


interface Oracle:
    def params_of(feed_id: uint256) -> feed.FeedParams: view
    def set_feed(
        feed_id: uint256, code: address, reporters: address[feed.MAX_REPORTERS]
    ): nonpayable


# Code that returns all that follows it, so many words: the parameters. They begin with a
# zero byte, which as code is a stop.
FEED_CODE: constant(Bytes[10]) = x"6100e080600a3d393df3"
RISK_CODE: constant(Bytes[10]) = x"6101e080600a3d393df3"
COLLATERAL_CODE: constant(Bytes[10]) = x"61012080600a3d393df3"
MARKET_CODE: constant(Bytes[10]) = x"61050080600a3d393df3"

EXCHANGE: immutable(address)
ORACLE: immutable(address)


@deploy
def __init__(exchange: address, oracle: address, owner: address):
    access.__init__(owner)
    EXCHANGE = exchange
    ORACLE = oracle


@external
def set_feed(
    feed_id: uint256,
    params: feed.FeedParams,
    reporters: address[feed.MAX_REPORTERS],
):
    """
    @notice Give a feed its parameters and its reporters.
    """
    access.require_owner(msg.sender)
    governance.require_lawful_feed(params, reporters)
    used: address = staticcall Exchange(EXCHANGE).params_of(feed_id)
    if used != empty(address):
        governance.require_lawful_limits(
            parameters.params_in(used), 0, params.ceiling_price
        )
    if feed_id >= collateral.FIRST_FEED:
        priced: address = staticcall Exchange(EXCHANGE).collateral_params_of(
            feed_id - collateral.FIRST_FEED
        )
        if priced != empty(address):
            governance.require_lawful_cap(
                collateral.params_in(priced).cap, params.ceiling_price
            )
    code: address = raw_create(concat(FEED_CODE, abi_encode(params)))
    extcall Oracle(ORACLE).set_feed(feed_id, code, reporters)


@external
def set_market(market_id: uint256, params: parameters.MarketParams):
    """
    @notice Start the market of a feed, or change its parameters from now on.
    """
    access.require_owner(msg.sender)
    open_interest: int256 = 0
    if staticcall Exchange(EXCHANGE).params_of(market_id) != empty(address):
        state: sides.MarketState = staticcall Exchange(EXCHANGE).market_of(market_id)
        open_interest = sides.open_interest(state.book)
    used: feed.FeedParams = staticcall Oracle(ORACLE).params_of(market_id)
    governance.require_lawful_market(params, open_interest, used.ceiling_price)
    risk: address = staticcall Exchange(EXCHANGE).risk_params()
    if risk != empty(address):
        governance.require_lawful_call(
            params.margin, parameters.risk_in(risk).margin_call
        )
    code: address = raw_create(concat(MARKET_CODE, abi_encode(params)))
    extcall Exchange(EXCHANGE).set_market(market_id, code)


@external
def set_risk(params: parameters.RiskParams):
    """
    @notice Change the parameters of all accounts.
    """
    access.require_owner(msg.sender)
    governance.require_lawful_risk(params)
    market_count: uint256 = (staticcall Exchange(EXCHANGE).books()).market_count
    for market_id: uint256 in range(market_count, bound=account.MAX_MARKETS):
        used: address = staticcall Exchange(EXCHANGE).params_of(market_id)
        governance.require_lawful_call(
            parameters.params_in(used).margin, params.margin_call
        )
    code: address = raw_create(concat(RISK_CODE, abi_encode(params)))
    extcall Exchange(EXCHANGE).set_risk(code)


@external
def set_collateral(token_id: uint256, params: collateral.CollateralParams):
    """
    @notice Let a token be collateral, or change its parameters from now on.
    """
    access.require_owner(msg.sender)
    errors.require(token_id < collateral.MAX_TOKENS, errors.TOKEN_UNKNOWN)
    errors.require(params.token.codesize > 0, errors.NOT_A_TOKEN)
    decimals: uint256 = convert(
        staticcall IERC20Detailed(params.token).decimals(), uint256
    )
    errors.require(decimals <= 18, errors.TOO_MANY_DECIMALS)
    errors.require(decimals == params.decimals, errors.PARAMETER_OUT_OF_BOUNDS)
    used: address = staticcall Exchange(EXCHANGE).collateral_params_of(token_id)
    if used != empty(address):
        errors.require(
            collateral.params_in(used).token == params.token, errors.TOKEN_CHANGED
        )
    priced: feed.FeedParams = staticcall Oracle(ORACLE).params_of(
        collateral.FIRST_FEED + token_id
    )
    total: int256 = staticcall Exchange(EXCHANGE).total_of(token_id)
    governance.require_lawful_collateral(params, total, priced.ceiling_price)
    code: address = raw_create(concat(COLLATERAL_CODE, abi_encode(params)))
    extcall Exchange(EXCHANGE).set_collateral(token_id, code)


@external
def collect_collateral(token_id: uint256, receiver: address, atoms: uint256):
    """
    @notice Pay out atoms of a token that were seized.
    """
    access.require_owner(msg.sender)
    seized: uint256 = convert(self, uint256) << 96
    extcall Exchange(EXCHANGE).withdraw_collateral(seized, token_id, atoms, receiver)


@external
def collect_treasury(receiver: address, atoms: uint256):
    """
    @notice Pay `atoms` out of the treasury.
    """
    access.require_owner(msg.sender)
    extcall Exchange(EXCHANGE).collect_treasury(atoms)
    extcall Exchange(EXCHANGE).claim_reward(atoms, receiver)


@external
def offer_ownership(pending_owner: address):
    """
    @notice Name who may become the owner.
    """
    access.offer_ownership(pending_owner, msg.sender)


@external
def take_ownership():
    """
    @notice Become the owner, having been named.
    """
    access.take_ownership(msg.sender)


@external
@view
def owner() -> address:
    """
    @notice Who sets the parameters.
    """
    return access.owner
