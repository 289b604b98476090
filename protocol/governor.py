"""
The owner's hand: every parameter goes through it, and none against its law.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import (
    access,
    collateral,
    errors,
    exchange,
    expiry,
    governance,
    oracle,
    parameters,
    ramp,
    sides,
    token,
)
from protocol.collateral import FIRST_FEED, MAX_TOKENS, CollateralParams, CollateralSet
from protocol.errors import require
from protocol.expiry import NO_EXPIRY
from protocol.feed import FeedParams
from protocol.market import MarketSet, RiskSet
from protocol.parameters import (
    SETTLED,
    Interim,
    MarketParams,
    MarketRecord,
    RiskParams,
)
from protocol.ramp import NO_RAMP
from protocol.units import Address, Atoms, Call, Holder, Seconds, Size

if TYPE_CHECKING:
    from protocol.state import State


class MarketPaused(Struct, frozen=True):
    market_id: int
    paused_until: Seconds


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
        before = oracle.params_of(state, governor, feed_id)
        governance.require_same_expiry(before.expiry, params.expiry)
        limits = parameters.record_in(state, used).params
        held = exchange.market_of(state, governor, feed_id)
        governance.require_lawful_limits(
            limits, sides.open_interest(held.book), params.ceiling_price
        )
    if feed_id >= FIRST_FEED:
        # A token does not expire.
        governance.require_same_expiry(NO_EXPIRY, params.expiry)
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
    change_market(state, market_id, params, call.now)


def tighten_market(
    state: State, call: Call, market_id: int, params: MarketParams
) -> None:
    """
    Let the risk council change the parameters of a market, none to a looser one.
    """
    access.require_council(state, call.sender)
    governor = Call(state.addresses.governor, call.now)
    used = exchange.params_of(state, governor, market_id)
    record = parameters.record_in(state, used)
    governance.require_tighter(record.params, params)
    # Else who may tighten holds off for ever what the owner has raised.
    require(
        not ramp.is_rising(record.interim.ramp, call.now)
        or parameters.has_same_margins(record.params, params),
        errors.MARGINS_RISING,
    )
    change_market(state, market_id, params, call.now)


def pause_market(state: State, call: Call, market_id: int) -> None:
    """Let the guardian keep a market for a day from anything but reductions."""
    access.require_guardian(state, call.sender)
    governor = Call(state.addresses.governor, call.now)
    used = exchange.params_of(state, governor, market_id)
    record = parameters.record_in(state, used)
    parameters.require_unsettled(record.params.limits)
    governance.require_rested(record.interim.paused_until, call.now)
    paused_until = call.now + governance.PAUSE
    interim = replace(record.interim, paused_until=paused_until)
    put_market(state, market_id, replace(record, interim=interim), call.now)
    state.log(MarketPaused(market_id=market_id, paused_until=paused_until))


def settle_market(state: State, call: Call, market_id: int) -> None:
    """
    Let a market trade no more, and everybody be paid there at its last mark: the owner
    at any time, anybody once it has expired, or no price was heard for a week.
    """
    governor = Call(state.addresses.governor, call.now)
    used = exchange.params_of(state, governor, market_id)
    record = parameters.record_in(state, used)
    parameters.require_unsettled(record.params.limits)
    if call.sender != state.owner[()]:
        price = oracle.price(state, governor, market_id)
        params = oracle.params_of(state, governor, market_id)
        governance.require_ended(price, params, call.now)
    limits = replace(record.params.limits, mode=SETTLED)
    settled = replace(record, params=replace(record.params, limits=limits))
    code = state.create_code(settled)
    exchange.settle_market(state, governor, market_id, code)
    # What has accrued has, and the price stands still from now on.
    oracle.close_feed(state, governor, market_id)
    state.log(MarketSet(market_id=market_id, code=code))


def set_risk(state: State, call: Call, params: RiskParams) -> None:
    """Change the parameters of all accounts."""
    access.require_owner(state, call.sender)
    governance.require_lawful_risk(params)
    governor = Call(state.addresses.governor, call.now)
    market_count = exchange.books(state, governor).market_count
    for market_id in range(market_count):
        used = exchange.params_of(state, governor, market_id)
        asked = parameters.record_in(state, used).params
        if asked.limits.mode == parameters.SETTLED:
            continue
        governance.require_lawful_call(asked.margin, params.margin_call)
        governance.require_lawful_floor(
            parameters.params_in(state, used, call.now), params.portfolio
        )
    code = state.create_code(params)
    exchange.set_risk(state, governor, code)
    state.log(RiskSet(code=code))


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
    state.log(CollateralSet(token_id=token_id, code=code))


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


def appoint_council(state: State, call: Call, council: Address) -> None:
    """Name who may tighten the parameters of a market; nobody, where it is zero."""
    access.appoint_council(state, council, call.sender)


def appoint_guardian(state: State, call: Call, guardian: Address) -> None:
    """Name who may pause a market; nobody, where it is zero."""
    access.appoint_guardian(state, guardian, call.sender)


def offer_ownership(state: State, call: Call, pending_owner: Address) -> None:
    """Name who may become the owner."""
    access.offer_ownership(state, pending_owner, call.sender)


def take_ownership(state: State, call: Call) -> None:
    """Become the owner, having been named."""
    access.take_ownership(state, call.sender)


def owner(state: State, call: Call) -> Address:
    """Who sets the parameters."""
    return state.owner[()]


def council(state: State, call: Call) -> Address:
    """Who may tighten the parameters of a market."""
    return state.council[()]


def guardian(state: State, call: Call) -> Address:
    """Who may pause a market."""
    return state.guardian[()]


def change_market(
    state: State, market_id: int, params: MarketParams, now: Seconds
) -> None:
    """
    Start a market, or change its parameters; what is raised of its margins rises, and a
    pause goes on.
    """
    governor = Call(state.addresses.governor, now)
    open_interest = Size(0)
    used = exchange.params_of(state, governor, market_id)
    if used != 0:
        sums = exchange.market_of(state, governor, market_id)
        open_interest = sides.open_interest(sums.book)
    priced = oracle.params_of(state, governor, market_id)
    governance.require_lawful_market(params, open_interest, priced.ceiling_price)
    governance.require_lawful_future(priced.expiry, params.funding)
    risk = exchange.risk_params(state, governor)
    if risk != 0:
        governance.require_lawful_call(
            params.margin, parameters.risk_in(state, risk).margin_call
        )
    paused_until = Seconds(0)
    rising = NO_RAMP
    if used != 0:
        record = parameters.record_in(state, used)
        current = parameters.params_in(state, used, now)
        parameters.require_unsettled(current.limits)
        paused_until = record.interim.paused_until
        rising = record.interim.ramp
        if not parameters.has_same_margins(record.params, params):
            rising = ramp.begun(
                current.margin,
                current.pricing.skew_scale,
                params.margin,
                params.pricing.skew_scale,
                now,
            )
        # Whose positions are margined together would lose what they are margined by.
        require(
            record.params.margin.shocks == 0 or params.margin.shocks != 0,
            errors.NO_SHOCKS,
        )
    # The margins that it begins with are to cover what closing costs as well.
    first = replace(params, margin=ramp.ramped(rising, params.margin, now))
    governance.require_lawful_margin(first)
    if risk != 0:
        governance.require_lawful_floor(
            first, parameters.risk_in(state, risk).portfolio
        )
    interim = Interim(paused_until, expiry.begins_at(priced.expiry), rising)
    record = MarketRecord(interim, params)
    put_market(state, market_id, record, now)


def put_market(
    state: State, market_id: int, record: MarketRecord, now: Seconds
) -> None:
    """Put the parameters of a market into the code of a new address."""
    code = state.create_code(record)
    governor = Call(state.addresses.governor, now)
    exchange.set_market(state, governor, market_id, code)
    state.log(MarketSet(market_id=market_id, code=code))
