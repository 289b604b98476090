"""
Tokens that back an account beside its cash, each at a haircut.

What an account must hold to be left alone counts the token at its own haircut, and what
it must hold to take risk at one that grows with all that the exchange holds of the
token. So nobody's deposit brings somebody else nearer to liquidation, and nobody can
lean on more of a token than can be sold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import account, errors
from protocol.account import MAX_MARKETS
from protocol.errors import require
from protocol.fixed_point import WAD, mul_div_up, mul_wad_down, mul_wad_up
from protocol.units import Address, Atoms, Holder, Price, Quote, Ratio, Seconds, Size

if TYPE_CHECKING:
    from protocol.state import State

# The feed of a token bears its number, after those of the markets.
FIRST_FEED = MAX_MARKETS
MAX_TOKENS = 4


class CollateralParams(Struct, frozen=True):
    token: Address
    decimals: int
    cap: Size
    haircut: Ratio
    haircut_slope: Ratio
    discount: Ratio
    least_value: Quote
    max_age: Seconds
    max_confidence: Ratio


class DebtParams(Struct, frozen=True):
    floor: Quote
    most: Quote


class Asset(Struct, frozen=True):
    token: Address
    amount: Size
    cap: Size


class CollateralSet(Struct, frozen=True):
    token_id: int
    code: Address


class CollateralSeized(Struct, frozen=True):
    holder: Holder
    token_id: int
    amount: Size


def params_in(state: State, code: Address) -> CollateralParams:
    """The parameters of a token that lie in the code at an address."""
    require(code != 0, errors.TOKEN_UNKNOWN)
    params: CollateralParams = state.codes[code]
    return params


def asset(atoms: Atoms, params: CollateralParams) -> Asset:
    """What atoms of the token come to."""
    require(atoms > 0, errors.ZERO_AMOUNT)
    require(atoms >> 120 == 0, errors.OUT_OF_BOUNDS)
    scale = int(10 ** (18 - params.decimals))
    return Asset(token=params.token, amount=Size(atoms * scale), cap=params.cap)


def grown_haircut(total: Size, params: CollateralParams) -> Ratio:
    """The haircut that all the exchange holds of the token asks for."""
    grown = mul_div_up(params.haircut_slope, total, params.cap)
    return min(Ratio(WAD), params.haircut + grown)


def worth(amount: Size, price: Price, haircut: Ratio) -> Quote:
    """What an amount of a token counts for, rounded down."""
    whole = mul_wad_down(amount, price)
    return mul_wad_down(whole, Ratio(WAD) - haircut)


def sale_price(amount: Size, mark: Price, discount: Ratio) -> Quote:
    """What a buyer pays for an amount of a token, rounded up."""
    whole = mul_wad_up(amount, mark)
    return mul_wad_up(whole, Ratio(WAD) - discount)


def add_collateral(state: State, holder: Holder, token_id: int, amount: Size) -> Size:
    """Change what an account has of a token, and give what that is then."""
    had = state.collaterals[holder, token_id] + amount
    require(had >= 0, errors.TOO_LITTLE_COLLATERAL)
    state.collaterals[holder, token_id] = had
    current = account.load_account(state, holder)
    bit = 1 << token_id
    tokens = current.tokens | bit
    if had == Size(0):
        tokens ^= bit
    account.store_account(state, holder, replace(current, tokens=tokens))
    return had


def put_in(state: State, holder: Holder, token_id: int, added: Asset) -> Size:
    """
    Count what came of a token as an account's, up to the token's cap; give what it has
    of it then.
    """
    total = state.totals[token_id] + added.amount
    require(total <= added.cap, errors.CAP_EXCEEDED)
    state.totals[token_id] = total
    return add_collateral(state, holder, token_id, added.amount)


def take_out(state: State, holder: Holder, token_id: int, taken: Asset) -> Size:
    """
    Count what goes of a token as no longer an account's; give what is left to it.
    """
    state.totals[token_id] -= taken.amount
    return add_collateral(state, holder, token_id, -taken.amount)


def seize(state: State, holder: Holder, tokens: int) -> None:
    """
    Give what an account has of each token of a bitmap to the governor's account.
    """
    governor = Holder(state.addresses.governor << 96)
    for token_id in range(MAX_TOKENS):
        if (tokens >> token_id) & 1 == 0:
            continue
        amount = state.collaterals[holder, token_id]
        add_collateral(state, holder, token_id, -amount)
        add_collateral(state, governor, token_id, amount)
        state.log(CollateralSeized(holder=holder, token_id=token_id, amount=amount))


def set_collateral(state: State, token_id: int, code: Address) -> None:
    """
    Let a token be collateral, or change its parameters to those in the code.
    """
    require(token_id < MAX_TOKENS, errors.TOKEN_UNKNOWN)
    state.collateral_params[token_id] = code
