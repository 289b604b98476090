"""
The owner's hand: every parameter goes through it, and none against its law.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import (
    access,
    collateral,
    errors,
    exchange,
    governance,
    oracle,
    parameters,
    sides,
    token,
)
from protocol.collateral import FIRST_FEED, MAX_TOKENS, CollateralParams
from protocol.errors import require
from protocol.feed import FeedParams
from protocol.parameters import MarketParams, RiskParams
from protocol.units import Address, Atoms, Call, Holder, Size

if TYPE_CHECKING:
    from protocol.state import State


def set_feed(
    state: State,
    call: Call,
    feed_id: int,
    params: FeedParams,
    reporters: tuple[Address, ...],
) -> None:
    """Give a feed its parameters and its reporters."""
    access.require_owner(state, call.sender)
    governance.require_lawful_feed(params, reporters)
    governor = Call(state.addresses.governor, call.now)
    used = exchange.params_of(state, governor, feed_id)
    if used != 0:
        limits = parameters.params_in(state, used)
        governance.require_lawful_limits(limits, Size(0), params.ceiling_price)
    if feed_id >= FIRST_FEED:
        priced = exchange.collateral_params_of(state, governor, feed_id - FIRST_FEED)
        if priced != 0:
            cap = collateral.params_in(state, priced).cap
            governance.require_lawful_cap(cap, params.ceiling_price)
    code = state.create_code(params)
    oracle.set_feed(state, governor, feed_id, code, reporters)


def set_market(state: State, call: Call, market_id: int, params: MarketParams) -> None:
    """
    Start the market of a feed, or change its parameters from now on.
    """
    access.require_owner(state, call.sender)
    governor = Call(state.addresses.governor, call.now)
    open_interest = Size(0)
    if exchange.params_of(state, governor, market_id) != 0:
        current = exchange.market_of(state, governor, market_id)
        open_interest = sides.open_interest(current.book)
    used = oracle.params_of(state, governor, market_id)
    governance.require_lawful_market(params, open_interest, used.ceiling_price)
    risk = exchange.risk_params(state, governor)
    if risk != 0:
        governance.require_lawful_call(
            params.margin, parameters.risk_in(state, risk).margin_call
        )
    code = state.create_code(params)
    exchange.set_market(state, governor, market_id, code)


def set_risk(state: State, call: Call, params: RiskParams) -> None:
    """Change the parameters of all accounts."""
    access.require_owner(state, call.sender)
    governance.require_lawful_risk(params)
    governor = Call(state.addresses.governor, call.now)
    market_count = exchange.books(state, governor).market_count
    for market_id in range(market_count):
        used = exchange.params_of(state, governor, market_id)
        governance.require_lawful_call(
            parameters.params_in(state, used).margin, params.margin_call
        )
    code = state.create_code(params)
    exchange.set_risk(state, governor, code)


def set_collateral(
    state: State, call: Call, token_id: int, params: CollateralParams
) -> None:
    """
    Let a token be collateral, or change its parameters from now on.
    """
    access.require_owner(state, call.sender)
    require(token_id < MAX_TOKENS, errors.TOKEN_UNKNOWN)
    require(params.token in state.tokens, errors.NOT_A_TOKEN)
    governor = Call(state.addresses.governor, call.now)
    decimals = token.decimals(state.tokens[params.token], governor)
    require(decimals <= 18, errors.TOO_MANY_DECIMALS)
    require(decimals == params.decimals, errors.PARAMETER_OUT_OF_BOUNDS)
    used = exchange.collateral_params_of(state, governor, token_id)
    if used != 0:
        require(
            collateral.params_in(state, used).token == params.token,
            errors.TOKEN_CHANGED,
        )
    priced = oracle.params_of(state, governor, FIRST_FEED + token_id)
    total = exchange.total_of(state, governor, token_id)
    governance.require_lawful_collateral(params, total, priced.ceiling_price)
    code = state.create_code(params)
    exchange.set_collateral(state, governor, token_id, code)


def collect_collateral(
    state: State, call: Call, token_id: int, receiver: Address, atoms: Atoms
) -> None:
    """Pay out atoms of a token that were seized."""
    access.require_owner(state, call.sender)
    governor = Call(state.addresses.governor, call.now)
    seized = Holder(governor.sender << 96)
    exchange.withdraw_collateral(state, governor, seized, token_id, atoms, receiver)


def collect_treasury(state: State, call: Call, receiver: Address, atoms: Atoms) -> None:
    """Pay `atoms` out of the treasury."""
    access.require_owner(state, call.sender)
    governor = Call(state.addresses.governor, call.now)
    exchange.collect_treasury(state, governor, atoms)
    exchange.claim_reward(state, governor, atoms, receiver)


def offer_ownership(state: State, call: Call, pending_owner: Address) -> None:
    """Name who may become the owner."""
    access.offer_ownership(state, pending_owner, call.sender)


def take_ownership(state: State, call: Call) -> None:
    """Become the owner, having been named."""
    access.take_ownership(state, call.sender)


def owner(state: State, call: Call) -> Address:
    """Who sets the parameters."""
    return state.owner[()]
