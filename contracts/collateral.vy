# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Collateral
@notice Tokens that back an account beside its cash, each at a haircut.

        What an account must hold to be left alone counts the token at its own haircut,
        and what it must hold to take risk at one that grows with all that the exchange
        holds of the token. So nobody's deposit brings somebody else nearer to
        liquidation, and nobody can lean on more of a token than can be sold.
"""

from . import account
from . import errors
from . import fixed_point

uses: account

# The feed of a token bears its number, after those of the markets.
FIRST_FEED: constant(uint256) = account.MAX_MARKETS
MAX_TOKENS: constant(uint256) = 4


struct CollateralParams:
    token: address
    decimals: uint256
    cap: int256
    haircut: int256
    haircut_slope: int256
    discount: int256
    least_value: int256
    max_age: uint256
    max_confidence: int256


struct DebtParams:
    floor: int256
    most: int256


struct Asset:
    token: address
    amount: int256
    cap: int256


event CollateralSet:
    token_id: indexed(uint256)
    code: address


event CollateralSeized:
    holder: indexed(uint256)
    token_id: indexed(uint256)
    amount: int256


GOVERNOR: immutable(address)

# Parameters lie in the code at an address, where the governor put them.
collateral_params: HashMap[uint256, address]
collaterals: HashMap[uint256, HashMap[uint256, int256]]
# What all accounts have of a token is what the exchange holds of it.
totals: HashMap[uint256, int256]


@deploy
def __init__(governor: address):
    GOVERNOR = governor


@internal
@view
def params_in(code: address) -> CollateralParams:
    """
    @notice The parameters of a token that lie in the code at an address.
    """
    errors.require(code != empty(address), errors.TOKEN_UNKNOWN)
    return abi_decode(slice(code.code, 0, 9 * 32), CollateralParams)


@internal
@pure
def asset(atoms: uint256, params: CollateralParams) -> Asset:
    """
    @notice What atoms of the token come to.
    """
    errors.require(atoms > 0, errors.ZERO_AMOUNT)
    errors.require(atoms >> 120 == 0, errors.OUT_OF_BOUNDS)
    scale: int256 = convert(10**(18 - params.decimals), int256)
    return Asset(
        token=params.token,
        amount=convert(atoms, int256) * scale,
        cap=params.cap,
    )


@internal
@pure
def grown_haircut(total: int256, params: CollateralParams) -> int256:
    """
    @notice The haircut that all the exchange holds of the token asks for.
    """
    grown: int256 = fixed_point.mul_div_up(params.haircut_slope, total, params.cap)
    return min(fixed_point.WAD, params.haircut + grown)


@internal
@pure
def worth(amount: int256, price: int256, haircut: int256) -> int256:
    """
    @notice What an amount of a token counts for, rounded down.
    """
    whole: int256 = fixed_point.mul_wad_down(amount, price)
    return fixed_point.mul_wad_down(whole, fixed_point.WAD - haircut)


@internal
@pure
def sale_price(amount: int256, mark: int256, discount: int256) -> int256:
    """
    @notice What a buyer pays for an amount of a token, rounded up.
    """
    whole: int256 = fixed_point.mul_wad_up(amount, mark)
    return fixed_point.mul_wad_up(whole, fixed_point.WAD - discount)


@internal
def add_collateral(holder: uint256, token_id: uint256, amount: int256) -> int256:
    """
    @notice Change what an account has of a token, and give what that is then.
    """
    had: int256 = self.collaterals[holder][token_id] + amount
    errors.require(had >= 0, errors.TOO_LITTLE_COLLATERAL)
    self.collaterals[holder][token_id] = had
    current: account.Account = account.load_account(holder)
    bit: uint256 = 1 << token_id
    current.tokens |= bit
    if had == 0:
        current.tokens ^= bit
    account.store_account(holder, current)
    return had


@internal
def put_in(holder: uint256, token_id: uint256, added: Asset) -> int256:
    """
    @notice Count what came of a token as an account's, up to the token's cap; give what
            it has of it then.
    """
    total: int256 = self.totals[token_id] + added.amount
    errors.require(total <= added.cap, errors.CAP_EXCEEDED)
    self.totals[token_id] = total
    return self.add_collateral(holder, token_id, added.amount)


@internal
def take_out(holder: uint256, token_id: uint256, taken: Asset) -> int256:
    """
    @notice Count what goes of a token as no longer an account's; give what is left to
            it.
    """
    self.totals[token_id] -= taken.amount
    return self.add_collateral(holder, token_id, 0 - taken.amount)


@internal
def seize(holder: uint256, tokens: uint256):
    """
    @notice Give what an account has of each token of a bitmap to the governor's
            account.
    """
    for token_id: uint256 in range(MAX_TOKENS):
        if (tokens >> token_id) & 1 == 0:
            continue
        amount: int256 = self.collaterals[holder][token_id]
        self.add_collateral(holder, token_id, 0 - amount)
        self.add_collateral(convert(GOVERNOR, uint256) << 96, token_id, amount)
        log CollateralSeized(holder=holder, token_id=token_id, amount=amount)


@internal
def set_collateral(token_id: uint256, code: address):
    """
    @notice Let a token be collateral, or change its parameters to those in the code.
    """
    errors.require(token_id < MAX_TOKENS, errors.TOKEN_UNKNOWN)
    self.collateral_params[token_id] = code
