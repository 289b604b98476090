"""
What the parameters of a market say of a trade, a position or a liquidation. It keeps
nothing; the book asks it, and stays small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import (
    backing,
    collateral,
    deleveraging,
    errors,
    fee,
    feed,
    funding,
    liquidation,
    margin,
    margin_call,
    parameters,
    payout,
    portfolio,
    position,
    pricing,
    sides,
)
from protocol.account import Account
from protocol.backing import NO_WORTH, Standing, Worth
from protocol.collateral import Asset
from protocol.deleveraging import Deleverage, Opening
from protocol.errors import require
from protocol.feed import FeedPrice
from protocol.fixed_point import mul_wad_down, mul_wad_up
from protocol.funding import Funding
from protocol.liquidation import NO_CASE, Bucket, Case, Closing, Whole
from protocol.parameters import RiskParams
from protocol.payout import Payout
from protocol.portfolio import NO_SUMS, Leg, Sums
from protocol.position import Position
from protocol.sides import Book, MarketState
from protocol.units import Address, Atoms, Call, Price, Quote, Ratio, Seconds, Size

if TYPE_CHECKING:
    from protocol.state import State


class Terms(Struct, frozen=True):
    fill: Price
    fee: Quote
    to_vault: Quote
    to_insurance: Quote


class Portfolio(Struct, frozen=True):
    worth: Worth
    sums: Sums


class Joined(Struct, frozen=True):
    whole: Portfolio
    leg: Leg


NO_PORTFOLIO = Portfolio(NO_WORTH, NO_SUMS)


def accrued(
    state: State,
    call: Call,
    code: Address,
    last: Funding,
    book: Book,
    price: FeedPrice,
    now: Seconds,
) -> Funding:
    """The funding of a market as it will stand once it has accrued at `now`."""
    params = parameters.accrual_in(state, code)
    return sides.projected(
        last, book, price, params.pricing.skew_scale, params.funding, now
    )


def lent(
    state: State,
    call: Call,
    code: Address,
    last: Funding,
    book: Book,
    index: Price,
    vault: Quote,
) -> Funding:
    """
    The funding of a market whose sides borrow, from now on, at what they use of the
    vault.
    """
    borrowing = parameters.borrowing_in(state, code)
    return sides.lent(last, book, index, vault, borrowing)


def refunded(
    state: State, call: Call, code: Address, last: Funding, book: Book, mark: Price
) -> Funding:
    """
    The funding of a market that trades no more: the premium falls to the heavier side.
    """
    params = parameters.accrual_in(state, code)
    return sides.refunded(last, book, mark, params.pricing.skew_scale)


def final_price(
    state: State, call: Call, code: Address, price: FeedPrice, now: Seconds
) -> Price:
    """The price at which all positions of a settled market are closed."""
    limits = parameters.exposure_in(state, code, now).limits
    require(limits.mode == parameters.SETTLED, errors.MARKET_NOT_SETTLED)
    return price.mark


def is_valid(
    state: State, call: Call, code: Address, price: FeedPrice, now: Seconds
) -> bool:
    """Whether the price of a market is valid for what takes risk."""
    limits = parameters.exposure_in(state, code, now).limits
    return parameters.is_valid(price, limits, now)


def exposure(
    state: State,
    call: Call,
    code: Address,
    held: Position,
    last: Funding,
    book: Book,
    price: FeedPrice,
    needs_valid: bool,
    now: Seconds,
) -> Standing:
    """
    What one position adds to its account, its market as it will stand once it has
    accrued.
    """
    params = parameters.exposure_in(state, code, now)
    if needs_valid:
        parameters.require_valid(price, params.limits, now)
    current = sides.projected(
        last, book, price, params.pricing.skew_scale, params.funding, now
    )
    return backing.exposure(
        held,
        price,
        current,
        sides.open_interest(book),
        params.pricing.skew_scale,
        params.margin,
    )


def joined(
    state: State,
    call: Call,
    code: Address,
    held: Position,
    last: Funding,
    book: Book,
    price: FeedPrice,
    needs_valid: bool,
    now: Seconds,
    others: Portfolio,
) -> Joined:
    """
    Positions of a portfolio, with one more, its market as it will stand once it has
    accrued; and that one as the stresses see it.
    """
    params = parameters.exposure_in(state, code, now)
    if needs_valid:
        parameters.require_valid(price, params.limits, now)
    current = sides.projected(
        last, book, price, params.pricing.skew_scale, params.funding, now
    )
    worth = backing.valued(held, price, current)
    leg = portfolio.leg(held.size, price, params.margin.shocks)
    return Joined(
        whole=Portfolio(
            worth=Worth(
                equity=others.worth.equity + worth.equity,
                certain=others.worth.certain + worth.certain,
                gains=others.worth.gains + worth.gains,
            ),
            sums=portfolio.joined(
                others.sums,
                leg,
                held.size,
                price,
                sides.open_interest(book),
                params.pricing.skew_scale,
                params.margin,
            ),
        ),
        leg=leg,
    )


def margined(
    state: State, call: Call, code: Address, whole: Portfolio, legs: list[Leg]
) -> Standing:
    """
    What the positions of a portfolio add to their account: what they are worth, and
    what they must be backed by together.
    """
    asked = portfolio.requirement(
        whole.sums, portfolio.worst(legs), parameters.portfolio_in(state, code).floor
    )
    return Standing(
        equity=whole.worth.equity,
        collateral=Quote(0),
        certain=whole.worth.certain,
        gains=whole.worth.gains,
        initial=asked.initial,
        maintenance=asked.maintenance,
    )


def terms(
    state: State,
    call: Call,
    code: Address,
    book: Book,
    price: FeedPrice,
    size_before: Size,
    size_delta: Size,
    limit: Price,
    is_portfolio: bool,
    now: Seconds,
) -> Terms:
    """
    The price and the fee of a trade, and who gets the fee; refused where the market
    does not allow it, or has no shocks for a portfolio.
    """
    params = parameters.params_in(state, code, now)
    parameters.require_unsettled(params.limits)
    require(params.limits.mode != parameters.HALTED, errors.MARKET_HALTED)
    size = size_before + size_delta
    if position.is_reduced(size_before, size):
        feed.require_fresh_enough(price, params.limits.trade_age, now)
    else:
        require(
            params.limits.mode != parameters.REDUCE_ONLY, errors.MARKET_ONLY_REDUCES
        )
        require(not is_portfolio or params.margin.shocks != 0, errors.NO_SHOCKS)
        parameters.require_valid(price, params.limits, now)
        require(abs(size) <= params.limits.max_size, errors.POSITION_TOO_LARGE)
        sides.require_within_limits(book, size_before, size, price.index, params.limits)
    require(
        size == Size(0)
        or margin.notional(size, price.index) >= params.limits.least_value,
        errors.POSITION_TOO_SMALL,
    )
    skew = sides.skew(book)
    fill = pricing.fill_price(
        pricing.execution_price(
            price.index, price.mark, price.confidence, size_delta, params.pricing
        ),
        skew,
        size_delta,
        params.pricing.skew_scale,
    )
    require(fill <= limit if size_delta > 0 else fill >= limit, errors.LIMIT_EXCEEDED)
    charged = fee.trade_fee(fill, skew, size_delta, params.fee)
    return Terms(
        fill=fill,
        fee=charged,
        to_vault=mul_wad_down(charged, params.fee.vault_share),
        to_insurance=mul_wad_down(charged, params.fee.insurance_share),
    )


def extended(
    state: State,
    call: Call,
    code: Address,
    held: Position,
    last: Funding,
    book: Book,
    price: FeedPrice,
    size_delta: Size,
    agreed: Terms,
    now: Seconds,
) -> Standing:
    """
    What one position would add to its account if it grew at these terms, the fee paid.
    """
    params = parameters.exposure_in(state, code, now)
    current = sides.projected(
        last, book, price, params.pricing.skew_scale, params.funding, now
    )
    grown = position.traded(
        held,
        size_delta,
        agreed.fill,
        funding.side_index(current, size_delta > 0),
    )
    standing = backing.exposure(
        grown,
        price,
        current,
        sides.open_interest(sides.traded(book, held.size, grown.size)),
        params.pricing.skew_scale,
        params.margin,
    )
    return replace(
        standing,
        equity=standing.equity - agreed.fee,
        certain=standing.certain - agreed.fee,
    )


def result(
    state: State,
    call: Call,
    code: Address,
    held: Position,
    index: Price,
    price: FeedPrice,
    now: Seconds,
) -> Quote:
    """
    What a position has lost at the mark, which must be fresh enough; or gained at the
    strict price, which must be valid.
    """
    limits = parameters.exposure_in(state, code, now).limits
    lost = position.profit(held, price.mark, index)
    if lost < 0:
        feed.require_fresh_enough(price, limits.risk_age, now)
        return lost
    parameters.require_valid(price, limits, now)
    strict = feed.strict_price(price, held.size)
    return max(Quote(0), position.profit(held, strict, index))


def settled(
    state: State,
    call: Call,
    code: Address,
    sums: MarketState,
    price: FeedPrice,
    vault: Quote,
    claimed: Quote,
    missing: Quote,
    now: Seconds,
) -> Payout:
    """
    What of a gain is paid, up to what is missing, how much of it that takes, and what
    its market has spent then.
    """
    params = parameters.params_in(state, code, now)
    current = sides.projected(
        sums.funding, sums.book, price, params.pricing.skew_scale, params.funding, now
    )
    gained = sides.profits(sums, price.mark, current)
    owed = payout.owed(gained.longs, gained.shorts, sums.open_claims)
    cap = payout.cap(vault, payout.decayed(sums.spent, now), params.payout)
    used = payout.used(owed, cap, claimed, missing)
    paid = payout.payment(owed, cap, used)
    return Payout(
        claimed=used,
        paid=paid,
        spent=payout.raised(sums.spent, paid, params.payout, now),
    )


def deleveraged(
    state: State,
    call: Call,
    code: Address,
    sums: MarketState,
    held: Position,
    equity: Quote,
    price: FeedPrice,
    vault: Quote,
    opening: Opening,
    size: Size,
    now: Seconds,
) -> Deleverage:
    """
    How much of a winning position is closed, up to `size`, and at which price; nothing
    where deleveraging opens or ends. Its market has accrued.
    """
    params = parameters.params_in(state, code, now)
    asked = params.deleveraging
    parameters.require_unsettled(params.limits)
    parameters.require_valid(price, params.limits, now)
    gained = sides.profits(sums, price.mark, sums.funding)
    owed = payout.owed(gained.longs, gained.shorts, sums.open_claims)
    nothing = Deleverage(
        size_delta=Size(0),
        fill=Price(0),
        opening=Opening(Size(0), Size(0), Seconds(0)),
    )
    if opening.opened_at == Seconds(0):
        require(deleveraging.is_due(owed, vault, asked), errors.DELEVERAGING_NOT_OPEN)
        first = deleveraging.begun(
            sums.book.long_size, sums.book.short_size, owed, vault, asked, now
        )
        return replace(nothing, opening=first)
    if deleveraging.is_over(opening, owed, vault, asked, now):
        return nothing

    require(held.size != Size(0), errors.NO_POSITION)
    require(size > Size(0), errors.ZERO_SIZE)
    is_long = held.size > 0
    index = funding.side_index(sums.funding, is_long)
    profit = position.profit(held, price.mark, index)
    require(profit > 0, errors.NOTHING_GAINED)
    least = deleveraging.score_floor(opening, asked, now)
    require(deleveraging.score(profit, equity) >= least, errors.SCORE_TOO_LOW)
    left = opening.long_left if is_long else opening.short_left
    closed = min(size, abs(held.size), left)
    require(closed > 0, errors.NOTHING_LEFT_TO_CLOSE)
    rest = abs(held.size) - closed
    if rest == Size(0):
        # As a claim it would count in full, with nobody's loss against it.
        side = gained.longs if is_long else gained.shorts
        require(profit <= side, errors.OWED_WOULD_RISE)
    else:
        require(
            margin.notional(rest, price.mark) >= params.limits.least_value,
            errors.POSITION_TOO_SMALL,
        )
    size_delta = -closed if is_long else closed
    fill = pricing.fill_price(
        price.mark, sides.skew(sums.book), size_delta, params.pricing.skew_scale
    )
    # Nobody is closed at a loss.
    require(position.profit(held, fill, index) > 0, errors.NOTHING_GAINED)
    cost = mul_wad_up(size_delta, fill - price.mark)
    require(cost <= max(equity, Quote(0)), errors.EQUITY_NEGATIVE)
    return Deleverage(
        size_delta=size_delta,
        fill=fill,
        opening=deleveraging.taken(opening, size_delta),
    )


def closing(
    state: State,
    call: Call,
    code: Address,
    size: Size,
    standing: Standing,
    risk: RiskParams,
    current: Account,
    book: Book,
    price: FeedPrice,
    bucket: Bucket,
    part: Ratio,
    now: Seconds,
) -> Closing:
    """
    How much of a position is closed for an account at risk, at which price, and what
    the keeper and the insurance fund earn by it. Of a portfolio that is a part that was
    decided before, and the keeper's share only.
    """
    params = parameters.params_in(state, code, now)
    parameters.require_unsettled(params.limits)
    feed.require_fresh_enough(price, params.limits.risk_age, now)
    ratio = margin.scaled(
        margin.size_ratio(size, params.pricing.skew_scale, params.margin),
        price.maintenance_multiplier,
    )
    case = Case(
        equity=standing.equity,
        maintenance=standing.maintenance,
        reserve=risk.reserve,
        size=size,
        value=margin.notional(size, price.mark),
        position_maintenance=margin.maintenance_margin(
            size, price.mark, ratio, params.margin
        ),
        mark=price.mark,
        skew=sides.skew(book),
        bucket=liquidation.filled(bucket, params.liquidation, now),
    )
    closed = mul_wad_up(abs(size), part)
    if part == Ratio(0):
        require(
            margin_call.is_grace_over(current.called_at, risk.margin_call, now)
            or liquidation.is_critical(case, params.liquidation),
            errors.GRACE_NOT_OVER,
        )
        closed = liquidation.closed_size(
            case,
            params.pricing.skew_scale,
            params.limits.least_value,
            params.liquidation,
        )
    amount = mul_wad_up(closed, price.mark)
    reward = mul_wad_down(amount, params.liquidation.keeper_share)
    if part == Ratio(0):
        reward = liquidation.keeper_reward(
            amount, not current.is_flat_paid, risk.rewards, params.liquidation
        )
    size_delta = -closed if size > 0 else closed
    return Closing(
        size_delta=size_delta,
        fill=pricing.fill_price(
            price.mark, case.skew, size_delta, params.pricing.skew_scale
        ),
        bucket=max(Quote(0), case.bucket - amount),
        reward=reward,
        insurance_fee=mul_wad_down(amount, params.liquidation.insurance_share),
    )


def gathered(
    state: State,
    call: Call,
    code: Address,
    size: Size,
    book: Book,
    price: FeedPrice,
    bucket: Bucket,
    whole: Whole,
    now: Seconds,
) -> Whole:
    """
    Positions that are closed by the same part of each, with one more, whose price must
    be fresh enough.
    """
    params = parameters.params_in(state, code, now)
    parameters.require_unsettled(params.limits)
    feed.require_fresh_enough(price, params.limits.risk_age, now)
    case = replace(
        NO_CASE,
        size=size,
        value=margin.notional(size, price.mark),
        mark=price.mark,
        skew=sides.skew(book),
        bucket=liquidation.filled(bucket, params.liquidation, now),
    )
    return liquidation.gathered(
        whole,
        case,
        params.pricing.skew_scale,
        params.limits.least_value,
        params.liquidation,
    )


def closing_part(
    state: State,
    call: Call,
    whole: Whole,
    standing: Standing,
    risk: RiskParams,
    current: Account,
    now: Seconds,
) -> Ratio:
    """The part that is closed of every position of a portfolio at risk."""
    critical = mul_wad_up(standing.maintenance, whole.critical_fraction)
    require(
        margin_call.is_grace_over(current.called_at, risk.margin_call, now)
        or standing.equity < critical,
        errors.GRACE_NOT_OVER,
    )
    return liquidation.closed_part(
        whole, standing.equity, standing.maintenance, risk.reserve
    )


def called(
    state: State,
    call: Call,
    code: Address,
    size: Size,
    standing: Standing,
    risk: RiskParams,
    current: Account,
    price: FeedPrice,
    now: Seconds,
) -> Quote:
    """
    The equity below which an account with a position may be called; refused where it
    has that, or where a call stands.
    """
    limits = parameters.exposure_in(state, code, now).limits
    require(size != Size(0), errors.NO_POSITION)
    feed.require_fresh_enough(price, limits.risk_age, now)
    required = margin_call.required(
        standing.maintenance, risk.reserve, risk.margin_call
    )
    require(standing.equity < required, errors.HEALTHY)
    require(
        not margin_call.is_open(current.called_at, risk.margin_call, now),
        errors.ALREADY_CALLED,
    )
    return required


def asset(state: State, call: Call, code: Address, atoms: Atoms) -> Asset:
    """What atoms of a token come to."""
    return collateral.asset(atoms, collateral.params_in(state, code))


def worth(
    state: State,
    call: Call,
    code: Address,
    amount: Size,
    total: Size,
    price: FeedPrice,
    needs_valid: bool,
    now: Seconds,
) -> Standing:
    """
    What a token adds to its account: at the mark and its own haircut, and at the strict
    price and the haircut that has grown.
    """
    params = collateral.params_in(state, code)
    if needs_valid:
        feed.require_valid(price, params.max_age, params.max_confidence, now)
    return backing.token_worth(amount, total, price, params)


def is_sure(
    state: State, call: Call, code: Address, price: FeedPrice, now: Seconds
) -> bool:
    """Whether the price of a token is valid for what is taken out."""
    params = collateral.params_in(state, code)
    return feed.is_valid(price, params.max_age, params.max_confidence, now)


def is_saleable(
    state: State, call: Call, code: Address, amount: Size, mark: Price
) -> bool:
    """Whether somebody may be expected to buy so much of a token."""
    params = collateral.params_in(state, code)
    return mul_wad_down(amount, mark) >= params.least_value


def sale_price(
    state: State,
    call: Call,
    code: Address,
    amount: Size,
    price: FeedPrice,
    now: Seconds,
) -> Quote:
    """
    What a buyer pays for an amount of a token, whose price must be fresh enough.
    """
    params = collateral.params_in(state, code)
    feed.require_fresh_enough(price, params.max_age, now)
    return collateral.sale_price(amount, price.mark, params.discount)
