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
from . import expiry
from . import feed
from . import governance
from . import market
from . import parameters
from . import quorum
from . import ramp
from . import sides

initializes: access


interface Exchange:
    def market_of(market_id: uint256) -> sides.MarketState: view
    def params_of(market_id: uint256) -> address: view
    def books() -> market.Books: view
    def risk_params() -> address: view
    def set_market(market_id: uint256, code: address): nonpayable
    def settle_market(market_id: uint256, code: address): nonpayable
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
    def price(feed_id: uint256) -> feed.FeedPrice: view
    def close_feed(feed_id: uint256): nonpayable
    def set_feed(
        feed_id: uint256, code: address, reporters: address[quorum.MAX_REPORTERS]
    ): nonpayable


event MarketPaused:
    market_id: indexed(uint256)
    paused_until: uint256


# Code that returns all that follows it, so many words: the parameters. They begin with a
# zero byte, which as code is a stop.
FEED_CODE: constant(Bytes[10]) = x"6101a080600a3d393df3"
RISK_CODE: constant(Bytes[10]) = x"61026080600a3d393df3"
COLLATERAL_CODE: constant(Bytes[10]) = x"61012080600a3d393df3"
MARKET_CODE: constant(Bytes[10]) = x"61060080600a3d393df3"

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
    reporters: address[quorum.MAX_REPORTERS],
):
    """
    @notice Give a feed its parameters and its reporters.
    """
    access.require_owner(msg.sender)
    governance.require_lawful_feed(params, reporters)
    used: address = staticcall Exchange(EXCHANGE).params_of(feed_id)
    if used != empty(address):
        before: feed.FeedParams = staticcall Oracle(ORACLE).params_of(feed_id)
        governance.require_same_expiry(before.expiry, params.expiry)
        held: sides.MarketState = staticcall Exchange(EXCHANGE).market_of(feed_id)
        governance.require_lawful_limits(
            parameters.record_in(used).params,
            sides.open_interest(held.book),
            params.ceiling_price,
        )
    if feed_id >= collateral.FIRST_FEED:
        # A token does not expire.
        governance.require_same_expiry(empty(expiry.ExpiryParams), params.expiry)
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
    self.change_market(market_id, params)


@external
def tighten_market(market_id: uint256, params: parameters.MarketParams):
    """
    @notice Let the risk council change the parameters of a market, none to a looser
            one.
    """
    access.require_council(msg.sender)
    used: address = staticcall Exchange(EXCHANGE).params_of(market_id)
    record: parameters.MarketRecord = parameters.record_in(used)
    governance.require_tighter(record.params, params)
    # Else who may tighten holds off for ever what the owner has raised.
    errors.require(
        not ramp.is_rising(record.interim.ramp, block.timestamp)
        or parameters.has_same_margins(record.params, params),
        errors.MARGINS_RISING,
    )
    self.change_market(market_id, params)


@external
def pause_market(market_id: uint256):
    """
    @notice Let the guardian keep a market for a day from anything but reductions.
    """
    access.require_guardian(msg.sender)
    used: address = staticcall Exchange(EXCHANGE).params_of(market_id)
    record: parameters.MarketRecord = parameters.record_in(used)
    parameters.require_unsettled(record.params.limits)
    governance.require_rested(record.interim.paused_until, block.timestamp)
    paused_until: uint256 = block.timestamp + governance.PAUSE
    record.interim.paused_until = paused_until
    self.put_market(market_id, record)
    log MarketPaused(market_id=market_id, paused_until=paused_until)


@external
def settle_market(market_id: uint256):
    """
    @notice Let a market trade no more, and everybody be paid there at its last mark:
            the owner at any time, anybody once it has expired, or no price was heard
            for a week.
    """
    used: address = staticcall Exchange(EXCHANGE).params_of(market_id)
    record: parameters.MarketRecord = parameters.record_in(used)
    parameters.require_unsettled(record.params.limits)
    if msg.sender != access.owner:
        price: feed.FeedPrice = staticcall Oracle(ORACLE).price(market_id)
        governance.require_ended(
            price, staticcall Oracle(ORACLE).params_of(market_id), block.timestamp
        )
    record.params.limits.mode = parameters.SETTLED
    code: address = raw_create(concat(MARKET_CODE, abi_encode(record)))
    extcall Exchange(EXCHANGE).settle_market(market_id, code)
    # What has accrued has, and the price stands still from now on.
    extcall Oracle(ORACLE).close_feed(market_id)
    log market.MarketSet(market_id=market_id, code=code)


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
        asked: parameters.MarketParams = parameters.record_in(used).params
        if asked.limits.mode == parameters.SETTLED:
            continue
        governance.require_lawful_call(asked.margin, params.margin_call)
        governance.require_lawful_floor(
            parameters.params_in(used, block.timestamp), params.portfolio
        )
    code: address = raw_create(concat(RISK_CODE, abi_encode(params)))
    extcall Exchange(EXCHANGE).set_risk(code)
    log market.RiskSet(code=code)


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
    log collateral.CollateralSet(token_id=token_id, code=code)


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
def appoint_council(council: address):
    """
    @notice Name who may tighten the parameters of a market; nobody, where it is zero.
    """
    access.appoint_council(council, msg.sender)


@external
def appoint_guardian(guardian: address):
    """
    @notice Name who may pause a market; nobody, where it is zero.
    """
    access.appoint_guardian(guardian, msg.sender)


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


@external
@view
def council() -> address:
    """
    @notice Who may tighten the parameters of a market.
    """
    return access.council


@external
@view
def guardian() -> address:
    """
    @notice Who may pause a market.
    """
    return access.guardian


@internal
def change_market(market_id: uint256, params: parameters.MarketParams):
    """
    @notice Start a market, or change its parameters; what is raised of its margins
            rises, and a pause goes on.
    """
    open_interest: int256 = 0
    used: address = staticcall Exchange(EXCHANGE).params_of(market_id)
    if used != empty(address):
        state: sides.MarketState = staticcall Exchange(EXCHANGE).market_of(market_id)
        open_interest = sides.open_interest(state.book)
    priced: feed.FeedParams = staticcall Oracle(ORACLE).params_of(market_id)
    governance.require_lawful_market(params, open_interest, priced.ceiling_price)
    governance.require_lawful_future(priced.expiry, params.funding)
    risk: address = staticcall Exchange(EXCHANGE).risk_params()
    if risk != empty(address):
        governance.require_lawful_call(
            params.margin, parameters.risk_in(risk).margin_call
        )
    paused_until: uint256 = 0
    rising: ramp.Ramp = empty(ramp.Ramp)
    if used != empty(address):
        record: parameters.MarketRecord = parameters.record_in(used)
        current: parameters.MarketParams = parameters.params_in(used, block.timestamp)
        parameters.require_unsettled(current.limits)
        paused_until = record.interim.paused_until
        rising = record.interim.ramp
        if not parameters.has_same_margins(record.params, params):
            rising = ramp.begun(
                current.margin,
                current.pricing.skew_scale,
                params.margin,
                params.pricing.skew_scale,
                block.timestamp,
            )
        # Whose positions are margined together would lose what they are margined by.
        errors.require(
            record.params.margin.shocks == 0 or params.margin.shocks != 0,
            errors.NO_SHOCKS,
        )
    # The margins that it begins with are to cover what closing costs as well.
    first: parameters.MarketParams = params
    first.margin = ramp.ramped(rising, params.margin, block.timestamp)
    governance.require_lawful_margin(first)
    if risk != empty(address):
        governance.require_lawful_floor(first, parameters.risk_in(risk).portfolio)
    self.put_market(
        market_id,
        parameters.MarketRecord(
            interim=parameters.Interim(
                paused_until=paused_until,
                reduces_from=expiry.begins_at(priced.expiry),
                ramp=rising,
            ),
            params=params,
        ),
    )


@internal
def put_market(market_id: uint256, record: parameters.MarketRecord):
    """
    @notice Put the parameters of a market into the code of a new address.
    """
    code: address = raw_create(concat(MARKET_CODE, abi_encode(record)))
    extcall Exchange(EXCHANGE).set_market(market_id, code)
    log market.MarketSet(market_id=market_id, code=code)
