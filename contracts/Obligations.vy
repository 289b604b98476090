# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Obligations
@notice What accounts bind themselves to: orders that wait for a price, and lines that
        others grant them. It is run by the exchange, in its storage and under its lock,
        and keeps nothing itself.
"""

from . import account
from . import collateral
from . import commitment
from . import credit
from . import errors
from . import health
from . import insurance
from . import ledger
from . import market
from . import order
from . import position
from . import settlement

initializes: account
initializes: collateral[account := account]
initializes: credit[account := account]
initializes: ledger
initializes: insurance[ledger := ledger]
initializes: position
initializes: market[ledger := ledger]
initializes: health[
    account := account,
    collateral := collateral,
    credit := credit,
    market := market,
    position := position,
]
initializes: settlement[
    account := account,
    collateral := collateral,
    credit := credit,
    insurance := insurance,
    ledger := ledger,
    market := market,
    position := position,
]
initializes: commitment[
    account := account,
    credit := credit,
    health := health,
    ledger := ledger,
    market := market,
    position := position,
    settlement := settlement,
]


@deploy
def __init__(
    token: address,
    decimals: uint256,
    oracle: address,
    rules: address,
    governor: address,
):
    collateral.__init__(governor)
    ledger.__init__(token, decimals)
    market.__init__(oracle, rules)


@external
def ask_line(holder: uint256, lender: address, rate: int256, notice: uint256):
    """
    @notice Behind `Exchange.ask_line`.
    """
    # Before there are rules of risk nothing is lent, and nothing here itself.
    errors.require(market.risk_params != empty(address), errors.RISK_UNKNOWN)
    account.require_operator(holder, msg.sender)
    credit.ask_line(holder, lender, rate, notice, block.timestamp)


@external
def grant_line(holder: uint256, limit: int256, rate: int256, notice: uint256):
    """
    @notice Behind `Exchange.grant_line`.
    """
    credit.grant_line(holder, limit, rate, notice, msg.sender, block.timestamp)


@external
def recall_line(holder: uint256):
    """
    @notice Behind `Exchange.recall_line`.
    """
    credit.recall_line(holder, msg.sender, block.timestamp)


@external
def settle_line(holder: uint256) -> int256:
    """
    @notice Behind `Exchange.settle_line`.
    """
    return health.settle_line(holder, block.timestamp)


@external
def use_line(holder: uint256, needed: int256) -> int256:
    """
    @notice Let an account that trades use what it needs of its line; give what the line
            is worth to it, less what it owes for it.
    """
    errors.require(account.load_account(holder).has_line, errors.LINE_UNKNOWN)
    return credit.use_line(holder, needed, block.timestamp)


@external
def hold_order(
    holder: uint256,
    number: uint256,
    market_id: uint256,
    size_delta: int256,
    is_reduce_only: bool,
    fee: int256,
    sender: address,
    armer: address,
) -> order.OrderParams:
    """
    @notice Behind `Exchange.hold_order`.
    """
    return commitment.hold(
        holder,
        number,
        market_id,
        size_delta,
        is_reduce_only,
        fee,
        sender,
        armer,
        block.timestamp,
    )


@external
def release_order(
    holder: uint256, number: uint256, fee: int256, sender: address, is_returned: bool
) -> bool:
    """
    @notice Behind `Exchange.release_order`.
    """
    return commitment.release(holder, number, fee, sender, is_returned)
