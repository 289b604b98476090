# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Commitment
@notice What the book knows of orders: who may commit to one, what is held for it, and
        that nothing is taken out of an account while one is pending.

        What is held leaves an account for good, to a keeper whom its owner may know. So
        it comes out of an account only where that could withdraw as much; else whoever
        commits brings it.
"""

from . import Rules
from . import account
from . import backing
from . import credit
from . import errors
from . import feed
from . import fixed_point
from . import health
from . import ledger
from . import market
from . import order
from . import parameters
from . import position
from . import settlement
from . import sides

uses: account
uses: credit
uses: health
uses: ledger
uses: market
uses: position
uses: settlement


@internal
def hold(
    holder: uint256,
    number: uint256,
    market_id: uint256,
    size_delta: int256,
    is_reduce_only: bool,
    fee: int256,
    sender: address,
    armer: address,
    now: uint256,
) -> order.OrderParams:
    """
    @notice Let an account without a pending order commit to one that it could trade
            now, but for its limit, hold its fee, and pay as much to who has armed it,
            if anybody has; give how long it waits. What the account could not withdraw
            of that, `sender` pays.
    """
    account.require_operator(holder, sender)
    errors.require(size_delta != 0, errors.ZERO_SIZE)
    fixed_point.require_fits(size_delta, 95)
    code: address = market.load_code(market_id)
    risk: parameters.RiskParams = market.load_risk()
    errors.require(fee >= risk.order.least_fee, errors.FEE_TOO_SMALL)
    errors.require(
        number < order.MAX_ORDERS and fee >> order.ORDER_BITS == 0, errors.OUT_OF_BOUNDS
    )
    held: position.Position = position.load_position(holder, market_id)
    size: int256 = held.size + size_delta
    is_reduction: bool = position.is_reduced(held.size, size)
    errors.require(is_reduction or not is_reduce_only, errors.ORDER_ONLY_REDUCES)
    errors.require(held.size * size >= 0, errors.ORDER_THROUGH_ZERO)

    had: account.Account = account.load_account(holder)
    errors.require(had.orders == 0, errors.ORDER_PENDING)
    others: uint256 = had.positions & ~(1 << market_id)
    errors.require(
        is_reduction or had.mode != account.ISOLATED or others == 0,
        errors.ISOLATED_ACCOUNT,
    )
    is_portfolio: bool = had.mode == account.PORTFOLIO
    price: feed.FeedPrice = market.price_of(market_id)
    book: sides.Book = market.load_book(market_id)
    agreed: Rules.Terms = staticcall Rules.__interface__(market.RULES).terms(
        code,
        book,
        price,
        held.size,
        size_delta,
        0 if size_delta < 0 else max_value(int256),
        is_portfolio,
        now,
    )
    own: backing.Standing = empty(backing.Standing)
    # What only grows is looked at as it would be.
    if is_portfolio or is_reduction:
        own = market.exposure(market_id, held, price, False, now)
    whole: backing.Standing = empty(backing.Standing)
    if is_portfolio:
        whole = health.standing_of(holder, not is_reduction, now)
    else:
        whole = backing.combined(
            own,
            backing.combined(
                health.wealth(holder, had, not is_reduction, now),
                health.exposures(holder, others, not is_reduction, now),
            ),
        )
    if not is_reduction:
        grown: backing.Standing = staticcall Rules.__interface__(market.RULES).extended(
            code,
            held,
            market.load_funding(market_id),
            book,
            price,
            size_delta,
            agreed,
            now,
        )
        whole.certain += grown.certain - own.certain
        whole.gains += grown.gains - own.gains
        whole.initial += grown.initial - own.initial
    strict: int256 = backing.strict_equity(whole, risk.profit_weight)
    spare: int256 = strict - whole.initial - risk.reserve
    errors.require(is_reduction or spare >= 0, errors.BELOW_INITIAL_MARGIN)
    owed: int256 = fee
    if armer != empty(address):
        owed += fee
        self.reward(armer, fee)
    ledger.add_escrow(fee)
    account.set_orders(holder, 1 << number)
    if (
        had.cash >= owed
        and spare >= owed
        and whole.collateral - whole.initial - risk.reserve >= owed
        and (not had.has_line or credit.is_settled(holder))
        and (not is_reduction or health.has_valid_prices(had, now))
    ):
        settlement.add_cash(holder, 0 - owed)
    else:
        self.bring(holder, sender, owed)
    return risk.order


@internal
def bring(holder: uint256, payer: address, owed: int256):
    """
    @notice Take what is owed for an order from who commits to it, in whole atoms; what
            is beyond it is cash of the account.
    """
    if owed == 0:
        return
    atoms: uint256 = convert(fixed_point.div_up(owed, ledger.SCALE), uint256)
    settlement.add_cash(holder, ledger.book_in(atoms) - owed)
    ledger.pull(ledger.TOKEN, payer, atoms)


@internal
def reward(keeper: address, fee: int256):
    """
    @notice Let a keeper have earned a fee.
    """
    ledger.keeper_rewards[keeper] += fee
    ledger.add_funds(0, 0, 0, fee)


@internal
def release(
    holder: uint256, number: uint256, fee: int256, sender: address, is_returned: bool
) -> bool:
    """
    @notice Give the fee of an order to who asks for it as a keeper, or back to its
            account, which has that of a dead one always; tell whether the order was
            pending still. One that is, only those who operate the account take back.
    """
    current: account.Account = account.load_account(holder)
    is_pending: bool = (current.orders >> number) & 1 == 1
    account.set_orders(holder, current.orders & ~(1 << number))
    ledger.add_escrow(0 - fee)
    if is_returned or not is_pending:
        if is_pending:
            account.require_operator(holder, sender)
        settlement.add_cash(holder, fee)
    else:
        self.reward(sender, fee)
    return is_pending
