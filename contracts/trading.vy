# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Trading
@notice A position changes against the vault, by a trade of its owner.
"""

from . import Rules
from . import account
from . import backing
from . import errors
from . import feed
from . import fixed_point
from . import funding
from . import health
from . import ledger
from . import margin_call
from . import market
from . import parameters
from . import position
from . import settlement
from . import sides

uses: account
uses: health
uses: ledger
uses: market
uses: position
uses: settlement


struct Fill:
    price: int256
    fee: int256


event Traded:
    holder: indexed(uint256)
    market_id: indexed(uint256)
    size_delta: int256
    price: int256
    fee: int256
    size: int256
    cash: int256


# Where the code lies that trades need seldom and run in the storage of the exchange.
RESOLUTION: immutable(address)
OBLIGATIONS: immutable(address)


@deploy
def __init__(resolution: address, obligations: address):
    RESOLUTION = resolution
    OBLIGATIONS = obligations


@internal
def move(
    holder: uint256,
    market_id: uint256,
    size_delta: int256,
    fill: int256,
    current: funding.Funding,
):
    """
    @notice Change a position by `size_delta` at the price `fill`, on one side; what a
            closed one leaves is realized.
    """
    before: position.Position = position.load_position(holder, market_id)
    is_long: bool = before.size + size_delta > 0 or before.size > 0
    index: int256 = funding.side_index(current, is_long)
    after: position.Position = position.traded(before, size_delta, fill, index)
    result: int256 = 0
    bit: uint256 = 1 << market_id
    held: account.Account = account.load_account(holder)
    held.positions |= bit
    if after.size == 0:
        result = position.profit(after, 0, 0)
        after = empty(position.Position)
        held.positions ^= bit

    position.store_position(holder, market_id, after)
    account.store_account(holder, held)
    market.add_to_side(
        market_id,
        is_long,
        size_delta,
        after.quote - before.quote,
        after.funding - before.funding,
    )
    settlement.realize(holder, market_id, result, current.accrued_at)


@internal
def charge_fee(holder: uint256, agreed: Rules.Terms):
    """
    @notice Take the fee of a trade from an account and share it out; what rounding
            leaves is the treasury's.
    """
    to_treasury: int256 = agreed.fee - agreed.to_vault - agreed.to_insurance
    ledger.add_funds(agreed.to_vault, agreed.to_insurance, to_treasury, 0)
    settlement.add_cash(holder, 0 - agreed.fee)


@internal
@view
def standing_in(
    holder: uint256,
    market_id: uint256,
    rest: backing.Standing,
    price: feed.FeedPrice,
    needs_valid: bool,
    now: uint256,
) -> backing.Standing:
    """
    @notice The whole of an account: what it has without positions, its position in one
            market, and the rest. Of a portfolio there is no rest.
    """
    current: account.Account = account.load_account(holder)
    if current.mode == account.PORTFOLIO:
        return health.standing_of(holder, needs_valid, now)
    standing: backing.Standing = backing.combined(
        health.wealth(holder, current, needs_valid, now),
        market.exposure(
            market_id,
            position.load_position(holder, market_id),
            price,
            needs_valid,
            now,
        ),
    )
    return backing.combined(standing, rest)


@internal
@pure
def require_margin(
    before: backing.Standing,
    after: backing.Standing,
    missing: int256,
    is_reduction: bool,
):
    """
    @notice Refuse a trade that leaves too little margin, unless all it did was to
            reduce the risk of an account that is still worth something.
    """
    if missing <= 0:
        return
    errors.require(is_reduction, errors.BELOW_INITIAL_MARGIN)
    errors.require(after.equity >= 0, errors.EQUITY_NEGATIVE)
    errors.require(
        after.equity * before.maintenance >= before.equity * after.maintenance,
        errors.RISK_NOT_REDUCED,
    )


@internal
def trade(
    holder: uint256,
    market_id: uint256,
    size_delta: int256,
    limit: int256,
    settled_at: feed.Round,
    now: uint256,
) -> Fill:
    """
    @notice Trade `size_delta` for an account at `limit` or better: as an order at the
            price of a round, or where nobody has to wait at the newest.
    """
    errors.require(size_delta != 0, errors.ZERO_SIZE)
    fixed_point.require_fits(size_delta, 95)
    code: address = market.load_code(market_id)
    risk: parameters.RiskParams = market.load_risk()
    price: feed.FeedPrice = market.price_of(market_id)
    errors.require(
        settled_at.published_at != 0 or risk.order.delay == 0, errors.ONLY_BY_ORDER
    )
    book: sides.Book = market.load_book(market_id)
    held: account.Account = account.load_account(holder)
    size_before: int256 = position.load_position(holder, market_id).size
    size: int256 = size_before + size_delta
    is_reduction: bool = position.is_reduced(size_before, size)
    others: uint256 = held.positions & ~(1 << market_id)
    errors.require(
        is_reduction or held.mode != account.ISOLATED or others == 0,
        errors.ISOLATED_ACCOUNT,
    )
    agreed: Rules.Terms = staticcall Rules.__interface__(market.RULES).terms(
        code,
        book,
        feed.priced_at(price, settled_at),
        size_before,
        size_delta,
        limit,
        held.mode == account.PORTFOLIO,
        now,
    )

    current: funding.Funding = market.accrue(market_id, price, now)
    rest: backing.Standing = empty(backing.Standing)
    if held.mode != account.PORTFOLIO:
        rest = health.exposures(holder, others, not is_reduction, now)
    before: backing.Standing = empty(backing.Standing)
    if is_reduction:
        before = self.standing_in(holder, market_id, rest, price, False, now)

    self.charge_fee(holder, agreed)
    opened: int256 = size_delta
    if size * size_before < 0:
        # Through zero: all of the position is closed, and then the rest is opened.
        self.move(holder, market_id, 0 - size_before, agreed.fill, current)
        opened = size
    self.move(holder, market_id, opened, agreed.fill, current)

    after: backing.Standing = self.standing_in(
        holder, market_id, rest, price, not is_reduction, now
    )
    reserve: int256 = 0
    if others != 0 or size != 0:
        reserve = risk.reserve
    missing: int256 = (
        after.initial + reserve - backing.strict_equity(after, risk.profit_weight)
    )
    if held.has_line:
        worth: int256 = abi_decode(
            raw_call(
                OBLIGATIONS,
                abi_encode(
                    holder, missing, method_id=method_id("use_line(uint256,int256)")
                ),
                max_outsize=32,
                is_delegate_call=True,
            ),
            int256,
        )
        # Whose margin could be called at once opens nothing on credit.
        if after.equity >= margin_call.required(
            after.maintenance, reserve, risk.margin_call
        ):
            missing -= worth
    self.require_margin(before, after, missing, is_reduction)
    left: account.Account = account.load_account(holder)
    errors.require(
        is_reduction or left.cash >= 0 - risk.debt.most, errors.DEBT_TOO_LARGE
    )
    if left.positions == 0 and left.cash < 0:
        raw_call(
            RESOLUTION,
            abi_encode(holder, method_id=method_id("cover_shortfall(uint256)")),
            is_delegate_call=True,
        )
        left = account.load_account(holder)
    if left.is_flat_paid and after.equity >= after.maintenance + reserve:
        account.set_flat_paid(holder, False)
    health.recover(holder, now)
    market.update_rates(market_id, price.index)
    log Traded(
        holder=holder,
        market_id=market_id,
        size_delta=size_delta,
        price=agreed.fill,
        fee=agreed.fee,
        size=size,
        cash=left.cash,
    )
    return Fill(price=agreed.fill, fee=agreed.fee)


@internal
def fill_order(
    holder: uint256,
    market_id: uint256,
    size_delta: int256,
    limit: int256,
    is_reduce_only: bool,
    round_number: uint256,
    now: uint256,
) -> Fill:
    """
    @notice Trade what an account has committed to, at the price of a round; no more
            than its position where it only reduces that.
    """
    traded: int256 = size_delta
    if is_reduce_only:
        size: int256 = position.load_position(holder, market_id).size
        errors.require(size * size_delta < 0, errors.ORDER_ONLY_REDUCES)
        if fixed_point.magnitude(size_delta) > fixed_point.magnitude(size):
            traded = 0 - size
    return self.trade(
        holder,
        market_id,
        traded,
        limit,
        market.round_of(market_id, round_number),
        now,
    )
