# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Token
@notice A plain ERC-20 that anyone may mint: for tests, demonstrations and devnets.
"""

from ethereum.ercs import IERC20

from . import errors

implements: IERC20


event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256


event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256


DECIMALS: immutable(uint256)

balances: HashMap[address, uint256]
allowances: HashMap[address, HashMap[address, uint256]]
total_supply: uint256


@deploy
def __init__(decimals: uint256):
    DECIMALS = decimals


@external
def mint(receiver: address, atoms: uint256):
    """
    @notice Make `atoms` for `receiver`.
    """
    errors.require(atoms >> 128 == 0, errors.OUT_OF_BOUNDS)
    errors.require(self.total_supply + atoms < 2**128, errors.OUT_OF_BOUNDS)
    self.total_supply += atoms
    self.balances[receiver] += atoms
    log Transfer(sender=empty(address), receiver=receiver, value=atoms)


@external
def approve(spender: address, atoms: uint256) -> bool:
    """
    @notice Let `spender` take up to `atoms` from the sender.
    """
    self.allowances[msg.sender][spender] = atoms
    log Approval(owner=msg.sender, spender=spender, value=atoms)
    return True


@external
def transfer(receiver: address, atoms: uint256) -> bool:
    """
    @notice Send `atoms` to `receiver`.
    """
    self.move(msg.sender, receiver, atoms)
    return True


@external
def transferFrom(owner: address, receiver: address, atoms: uint256) -> bool:
    """
    @notice Send `atoms` of `owner` to `receiver`, having been allowed to; an allowance
            of all there can be does not run out.
    """
    allowed: uint256 = self.allowances[owner][msg.sender]
    errors.require(atoms <= allowed, errors.ALLOWANCE_TOO_SMALL)
    if allowed != max_value(uint256):
        self.allowances[owner][msg.sender] = allowed - atoms
    self.move(owner, receiver, atoms)
    return True


@internal
def move(sender: address, receiver: address, atoms: uint256):
    """
    @notice Move `atoms` from `sender` to `receiver`.
    """
    errors.require(atoms <= self.balances[sender], errors.BALANCE_TOO_SMALL)
    self.balances[sender] -= atoms
    self.balances[receiver] += atoms
    log Transfer(sender=sender, receiver=receiver, value=atoms)


@external
@view
def balanceOf(owner: address) -> uint256:
    """
    @notice The atoms of `owner`.
    """
    return self.balances[owner]


@external
@view
def allowance(owner: address, spender: address) -> uint256:
    """
    @notice The atoms that `spender` may take from `owner`.
    """
    return self.allowances[owner][spender]


@external
@view
def totalSupply() -> uint256:
    """
    @notice All atoms there are.
    """
    return self.total_supply


@external
@view
def decimals() -> uint256:
    """
    @notice How many decimals make one token.
    """
    return DECIMALS
