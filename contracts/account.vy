# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Account
@notice An account: signed cash, the markets in which it has a position or a claim, the
        tokens that back it, its margin mode, and the places of its pending orders. Its
        number says who owns it: `owner << 96 | sub`.
"""

from . import errors
from . import fixed_point

# Margin modes: all markets back each other; the account has one market only; or all are
# margined together, see `portfolio`.
CROSS: constant(uint256) = 0
ISOLATED: constant(uint256) = 1
PORTFOLIO: constant(uint256) = 2

MAX_MARKETS: constant(uint256) = 16


struct Account:
    cash: int256
    positions: uint256
    claims: uint256
    mode: uint256
    is_flat_paid: bool
    tokens: uint256
    called_at: uint256
    has_line: bool
    orders: uint256


event OperatorSet:
    owner: indexed(address)
    operator: indexed(address)
    is_allowed: bool


event MarginModeSet:
    holder: indexed(uint256)
    mode: uint256


accounts: HashMap[uint256, uint256]
operators: HashMap[address, HashMap[address, bool]]


@internal
@pure
def packed_account(account: Account) -> uint256:
    """
    @notice The word of an account.
    """
    return (
        (convert(convert(account.cash, bytes32), uint256) << 128 >> 128)
        | (account.positions << 128)
        | (account.claims << 144)
        | (account.mode << 160)
        | (convert(account.is_flat_paid, uint256) << 168)
        | (convert(account.has_line, uint256) << 169)
        | (account.tokens << 176)
        | (account.called_at << 184)
        | (account.orders << 224)
    )


@internal
@pure
def unpacked_account(packed: uint256) -> Account:
    """
    @notice The account that `packed_account` packed.
    """
    return Account(
        cash=convert(convert(packed << 128, bytes32), int256) >> 128,
        positions=(packed << 112) >> 240,
        claims=(packed << 96) >> 240,
        mode=(packed << 88) >> 248,
        is_flat_paid=(packed << 87) >> 255 == 1,
        tokens=(packed << 72) >> 248,
        called_at=(packed << 32) >> 216,
        has_line=(packed << 86) >> 255 == 1,
        orders=(packed << 16) >> 240,
    )


@internal
@view
def load_account(holder: uint256) -> Account:
    """
    @notice The account of `holder`, empty before its first use.
    """
    return self.unpacked_account(self.accounts[holder])


@internal
def store_account(holder: uint256, account: Account):
    """
    @notice Keep the account of `holder`.
    """
    fixed_point.require_fits(account.cash, 126)
    self.accounts[holder] = self.packed_account(account)


@internal
def set_called_at(holder: uint256, called_at: uint256):
    """
    @notice Remember when the margin of an account was called; zero is never.
    """
    current: Account = self.load_account(holder)
    current.called_at = called_at
    self.store_account(holder, current)


@internal
def set_orders(holder: uint256, orders: uint256):
    """
    @notice Remember at which places an account has pending orders.
    """
    current: Account = self.load_account(holder)
    if current.orders != orders:
        current.orders = orders
        self.store_account(holder, current)


@internal
def set_flat_paid(holder: uint256, is_flat_paid: bool):
    """
    @notice Remember whether a keeper was paid the flat reward for an account that may
            be liquidated still.
    """
    current: Account = self.load_account(holder)
    if current.is_flat_paid != is_flat_paid:
        current.is_flat_paid = is_flat_paid
        self.store_account(holder, current)


@internal
def set_has_line(holder: uint256, has_line: bool):
    """
    @notice Remember whether a lender grants an account a line.
    """
    current: Account = self.load_account(holder)
    if current.has_line != has_line:
        current.has_line = has_line
        self.store_account(holder, current)


@internal
@view
def require_operator(holder: uint256, sender: address):
    """
    @notice Refuse the call unless `sender` owns the account or operates for its owner.
    """
    owner: address = convert(holder >> 96, address)
    errors.require(
        sender == owner or self.operators[owner][sender], errors.NOT_OPERATOR
    )


@internal
def set_operator(owner: address, operator: address, is_allowed: bool):
    """
    @notice Let `operator` act on all accounts of `owner`, or no longer.
    """
    self.operators[owner][operator] = is_allowed
    log OperatorSet(owner=owner, operator=operator, is_allowed=is_allowed)


@internal
def set_margin_mode(holder: uint256, mode: uint256):
    """
    @notice Choose how the positions of the account back each other, while it has none
            and has committed to none.
    """
    errors.require(mode <= PORTFOLIO, errors.MODE_UNKNOWN)
    account: Account = self.load_account(holder)
    errors.require(account.positions == 0, errors.HAS_POSITIONS)
    errors.require(account.orders == 0, errors.ORDER_PENDING)

    account.mode = mode
    self.store_account(holder, account)
    log MarginModeSet(holder=holder, mode=mode)
