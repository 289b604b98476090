# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Top-ups
@notice Where owners leave orders to top up their accounts, and keepers carry them out.
        It acts for who has named it an operator, and keeps no money.
"""

from ethereum.ercs import IERC20

from . import backing
from . import errors
from . import margin_call
from . import parameters
from . import top_up

initializes: top_up


interface Exchange:
    def standing_of(holder: uint256) -> backing.Standing: view
    def risk_params() -> address: view
    def withdraw(holder: uint256, atoms: uint256, receiver: address): nonpayable
    def deposit(holder: uint256, atoms: uint256): nonpayable


TOKEN: immutable(address)
SCALE: immutable(int256)
EXCHANGE: immutable(address)


@deploy
def __init__(token: address, decimals: uint256, exchange: address):
    TOKEN = token
    SCALE = convert(10**(18 - decimals), int256)
    EXCHANGE = exchange
    extcall IERC20(token).approve(
        exchange, max_value(uint256), default_return_value=True
    )


@external
def set_order(target: uint256, order: top_up.TopUp):
    """
    @notice Let an account be brought what it lacks out of another of the sender.
    """
    top_up.set_top_up(target, order, msg.sender)


@external
def execute(target: uint256) -> uint256:
    """
    @notice Bring an account whose margin may be called what it lacks, as its owner has
            ordered, for a fee; give the atoms brought.
    """
    order: top_up.TopUp = top_up.load_top_up(target)
    atoms: uint256 = top_up.take_top_up(
        target, self.missing(target), SCALE, msg.sender, block.timestamp
    )
    extcall Exchange(EXCHANGE).withdraw(order.source, atoms + order.fee, self)
    extcall Exchange(EXCHANGE).deposit(target, atoms)
    if order.fee != 0:
        is_moved: bool = extcall IERC20(TOKEN).transfer(
            msg.sender, order.fee, default_return_value=True
        )
        errors.require(is_moved, errors.TRANSFER_FAILED)
    return atoms


@external
@view
def order_of(target: uint256) -> top_up.TopUp:
    """
    @notice The order for an account.
    """
    return top_up.load_top_up(target)


@internal
@view
def missing(target: uint256) -> int256:
    """
    @notice What an account lacks to be called no more.
    """
    standing: backing.Standing = staticcall Exchange(EXCHANGE).standing_of(target)
    risk: parameters.RiskParams = parameters.risk_in(
        staticcall Exchange(EXCHANGE).risk_params()
    )
    # A position has a margin of a wei at least.
    reserve: int256 = risk.reserve if standing.maintenance != 0 else 0
    return (
        margin_call.required(standing.maintenance, reserve, risk.margin_call)
        - standing.equity
    )
