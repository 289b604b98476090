# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Ledger
@notice What the exchange holds and whose it is; the only gate for tokens.

        sum(cash) + vault + insurance + treasury + rewards + escrow + lenders ==
        held_atoms * scale, exactly, after every call. What the exchange holds is its own record and
        not its token balance: a donation changes nothing.
"""

from ethereum.ercs import IERC20

from . import errors
from . import fixed_point


struct Funds:
    vault: int256
    insurance: int256
    treasury: int256
    rewards: int256


struct Holdings:
    held_atoms: uint256
    debt: int256


TOKEN: immutable(address)
# Wads in an atom of the token.
SCALE: immutable(int256)

funds: uint256[2]
# What waits to be let into the vault, and the fees held for orders; apart from the
# funds, which every trade writes.
escrow: int256
holdings: uint256
keeper_rewards: HashMap[address, int256]


@deploy
def __init__(token: address, decimals: uint256):
    errors.require(decimals <= 18, errors.TOO_MANY_DECIMALS)
    TOKEN = token
    SCALE = convert(10**(18 - decimals), int256)


@internal
@pure
def packed_funds(funds: Funds) -> uint256[2]:
    """
    @notice The words of the funds.
    """
    return [
        (convert(convert(funds.vault, bytes32), uint256) << 128 >> 128)
        | (convert(convert(funds.insurance, bytes32), uint256) << 128),
        (convert(convert(funds.treasury, bytes32), uint256) << 128 >> 128)
        | (convert(convert(funds.rewards, bytes32), uint256) << 128),
    ]


@internal
@pure
def unpacked_funds(packed: uint256[2]) -> Funds:
    """
    @notice The funds that `packed_funds` packed.
    """
    return Funds(
        vault=convert(convert(packed[0] << 128, bytes32), int256) >> 128,
        insurance=convert(convert(packed[0], bytes32), int256) >> 128,
        treasury=convert(convert(packed[1] << 128, bytes32), int256) >> 128,
        rewards=convert(convert(packed[1], bytes32), int256) >> 128,
    )


@internal
@pure
def packed_holdings(holdings: Holdings) -> uint256:
    """
    @notice The word of the holdings.
    """
    return holdings.held_atoms | (
        convert(convert(holdings.debt, bytes32), uint256) << 128
    )


@internal
@pure
def unpacked_holdings(packed: uint256) -> Holdings:
    """
    @notice The holdings that `packed_holdings` packed.
    """
    return Holdings(
        held_atoms=(packed << 128) >> 128,
        debt=convert(convert(packed, bytes32), int256) >> 128,
    )


@internal
@view
def load_funds() -> Funds:
    """
    @notice What the vault, the insurance fund, the treasury and all keepers own.
    """
    return self.unpacked_funds(self.funds)


@internal
def add_funds(
    vault: int256, insurance: int256, treasury: int256, rewards: int256
) -> Funds:
    """
    @notice Change what the funds own, each by its amount, and give what that is then.
    """
    funds: Funds = self.load_funds()
    funds.vault += vault
    funds.insurance += insurance
    funds.treasury += treasury
    funds.rewards += rewards
    self.funds = self.packed_funds(funds)
    return funds


@internal
def add_escrow(amount: int256):
    """
    @notice Change what waits to be let into the vault, or is held for orders.
    """
    waiting: int256 = self.escrow + amount
    errors.require(waiting >= 0, errors.ESCROW_TOO_SMALL)
    self.escrow = waiting


@internal
@view
def load_holdings() -> Holdings:
    """
    @notice The atoms held for all, and what accounts with negative cash owe.
    """
    return self.unpacked_holdings(self.holdings)


@internal
def store_holdings(holdings: Holdings):
    """
    @notice Keep the holdings.
    """
    self.holdings = self.packed_holdings(holdings)


@internal
def record_debt(cash_before: int256, cash_after: int256):
    """
    @notice Keep the sum of all negative cash as an account's cash changes.
    """
    growth: int256 = min(cash_before, 0) - min(cash_after, 0)
    if growth == 0:
        return
    holdings: Holdings = self.load_holdings()
    holdings.debt += growth
    self.store_holdings(holdings)


@internal
def take_from_vault(amount: int256) -> int256:
    """
    @notice Take `amount` from the vault, which must go on covering what accounts owe,
            and give what is left.
    """
    vault: int256 = self.add_funds(0 - amount, 0, 0, 0).vault
    errors.require(vault >= self.load_holdings().debt, errors.VAULT_TOO_SMALL)
    return vault


@internal
@view
def value_of(atoms: uint256) -> int256:
    """
    @notice The value of `atoms` of the token.
    """
    errors.require(atoms > 0, errors.ZERO_AMOUNT)
    errors.require(atoms >> 120 == 0, errors.OUT_OF_BOUNDS)
    return convert(atoms, int256) * SCALE


@internal
def book_in(atoms: uint256) -> int256:
    """
    @notice Count `atoms` as held, and give their value.
    """
    amount: int256 = self.value_of(atoms)
    holdings: Holdings = self.load_holdings()
    holdings.held_atoms += atoms
    fixed_point.require_fits(convert(holdings.held_atoms, int256) * SCALE, 120)
    self.store_holdings(holdings)
    return amount


@internal
def book_out(atoms: uint256) -> int256:
    """
    @notice Count `atoms` as no longer held, and give their value.
    """
    amount: int256 = self.value_of(atoms)
    holdings: Holdings = self.load_holdings()
    errors.require(atoms <= holdings.held_atoms, errors.TOO_LITTLE_HELD)
    holdings.held_atoms -= atoms
    self.store_holdings(holdings)
    return amount


@internal
def pull(asset: address, payer: address, atoms: uint256):
    """
    @notice Take `atoms` of a token from `payer`; all of them must arrive.
    """
    before: uint256 = staticcall IERC20(asset).balanceOf(self)
    is_moved: bool = extcall IERC20(asset).transferFrom(
        payer, self, atoms, default_return_value=True
    )
    after: uint256 = staticcall IERC20(asset).balanceOf(self)
    errors.require(is_moved and after == before + atoms, errors.TRANSFER_FAILED)


@internal
def push(asset: address, receiver: address, atoms: uint256):
    """
    @notice Send `atoms` of a token to `receiver`.
    """
    is_moved: bool = extcall IERC20(asset).transfer(
        receiver, atoms, default_return_value=True
    )
    errors.require(is_moved, errors.TRANSFER_FAILED)
