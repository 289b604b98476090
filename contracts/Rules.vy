# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Rules
@notice What the parameters of a market say of a trade, a position or a liquidation. It
        keeps nothing; the book asks it, and stays small.
"""

from . import account
from . import backing
from . import collateral
from . import deleveraging
from . import errors
from . import fee
from . import feed
from . import fixed_point
from . import funding
from . import liquidation
from . import margin
from . import margin_call
from . import parameters
from . import payout
from . import portfolio
from . import position
from . import pricing
from . import sides


struct Terms:
    fill: int256
    fee: int256
    to_vault: int256
    to_insurance: int256


struct Portfolio:
    worth: backing.Worth
    sums: portfolio.Sums


struct Joined:
    whole: Portfolio
    leg: portfolio.Leg


@external
@view
def accrued(
    code: address,
    last: funding.Funding,
    book: sides.Book,
    price: feed.FeedPrice,
    now: uint256,
) -> funding.Funding:
    """
    @notice The funding of a market as it will stand once it has accrued at `now`.
    """
    params: parameters.AccrualParams = parameters.accrual_in(code)
    return sides.projected(
        last, book, price, params.pricing.skew_scale, params.funding, now
    )


@external
@view
def lent(
    code: address, last: funding.Funding, book: sides.Book, index: int256, vault: int256
) -> funding.Funding:
    """
    @notice The funding of a market whose sides borrow, from now on, at what they use of
            the vault.
    """
    return sides.lent(last, book, index, vault, parameters.borrowing_in(code))


@external
@view
def refunded(
    code: address, last: funding.Funding, book: sides.Book, mark: int256
) -> funding.Funding:
    """
    @notice The funding of a market that trades no more: the premium falls to the
            heavier side.
    """
    params: parameters.AccrualParams = parameters.accrual_in(code)
    return sides.refunded(last, book, mark, params.pricing.skew_scale)


@external
@view
def final_price(code: address, price: feed.FeedPrice, now: uint256) -> int256:
    """
    @notice The price at which all positions of a settled market are closed.
    """
    limits: parameters.LimitParams = parameters.exposure_in(code, now).limits
    errors.require(limits.mode == parameters.SETTLED, errors.MARKET_NOT_SETTLED)
    return price.mark


@external
@view
def is_valid(code: address, price: feed.FeedPrice, now: uint256) -> bool:
    """
    @notice Whether the price of a market is valid for what takes risk.
    """
    return parameters.is_valid(price, parameters.exposure_in(code, now).limits, now)


@external
@view
def exposure(
    code: address,
    held: position.Position,
    last: funding.Funding,
    book: sides.Book,
    price: feed.FeedPrice,
    needs_valid: bool,
    now: uint256,
) -> backing.Standing:
    """
    @notice What one position adds to its account, its market as it will stand once it
            has accrued.
    """
    params: parameters.ExposureParams = parameters.exposure_in(code, now)
    if needs_valid:
        parameters.require_valid(price, params.limits, now)
    current: funding.Funding = sides.projected(
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


@external
@view
def joined(
    code: address,
    held: position.Position,
    last: funding.Funding,
    book: sides.Book,
    price: feed.FeedPrice,
    needs_valid: bool,
    now: uint256,
    others: Portfolio,
) -> Joined:
    """
    @notice Positions of a portfolio, with one more, its market as it will stand once it
            has accrued; and that one as the stresses see it.
    """
    params: parameters.ExposureParams = parameters.exposure_in(code, now)
    if needs_valid:
        parameters.require_valid(price, params.limits, now)
    current: funding.Funding = sides.projected(
        last, book, price, params.pricing.skew_scale, params.funding, now
    )
    worth: backing.Worth = backing.valued(held, price, current)
    leg: portfolio.Leg = portfolio.leg(held.size, price, params.margin.shocks)
    return Joined(
        whole=Portfolio(
            worth=backing.Worth(
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


@external
@view
def margined(
    code: address, whole: Portfolio, legs: DynArray[portfolio.Leg, account.MAX_MARKETS]
) -> backing.Standing:
    """
    @notice What the positions of a portfolio add to their account: what they are worth,
            and what they must be backed by together.
    """
    asked: portfolio.Requirement = portfolio.requirement(
        whole.sums, portfolio.worst(legs), parameters.portfolio_in(code).floor
    )
    return backing.Standing(
        equity=whole.worth.equity,
        collateral=0,
        certain=whole.worth.certain,
        gains=whole.worth.gains,
        initial=asked.initial,
        maintenance=asked.maintenance,
    )


@external
@view
def terms(
    code: address,
    book: sides.Book,
    price: feed.FeedPrice,
    size_before: int256,
    size_delta: int256,
    limit: int256,
    is_portfolio: bool,
    now: uint256,
) -> Terms:
    """
    @notice The price and the fee of a trade, and who gets the fee; refused where the
            market does not allow it, or has no shocks for a portfolio.
    """
    params: parameters.MarketParams = parameters.params_in(code, now)
    parameters.require_unsettled(params.limits)
    errors.require(params.limits.mode != parameters.HALTED, errors.MARKET_HALTED)
    size: int256 = size_before + size_delta
    if position.is_reduced(size_before, size):
        feed.require_fresh_enough(price, params.limits.trade_age, now)
    else:
        errors.require(
            params.limits.mode != parameters.REDUCE_ONLY, errors.MARKET_ONLY_REDUCES
        )
        errors.require(not is_portfolio or params.margin.shocks != 0, errors.NO_SHOCKS)
        parameters.require_valid(price, params.limits, now)
        errors.require(
            fixed_point.magnitude(size) <= params.limits.max_size,
            errors.POSITION_TOO_LARGE,
        )
        sides.require_within_limits(book, size_before, size, price.index, params.limits)
    errors.require(
        size == 0 or margin.notional(size, price.index) >= params.limits.least_value,
        errors.POSITION_TOO_SMALL,
    )
    skew: int256 = sides.skew(book)
    fill: int256 = pricing.fill_price(
        pricing.execution_price(
            price.index, price.mark, price.confidence, size_delta, params.pricing
        ),
        skew,
        size_delta,
        params.pricing.skew_scale,
    )
    errors.require(
        fill <= limit if size_delta > 0 else fill >= limit, errors.LIMIT_EXCEEDED
    )
    charged: int256 = fee.trade_fee(fill, skew, size_delta, params.fee)
    return Terms(
        fill=fill,
        fee=charged,
        to_vault=fixed_point.mul_wad_down(charged, params.fee.vault_share),
        to_insurance=fixed_point.mul_wad_down(charged, params.fee.insurance_share),
    )


@external
@view
def extended(
    code: address,
    held: position.Position,
    last: funding.Funding,
    book: sides.Book,
    price: feed.FeedPrice,
    size_delta: int256,
    agreed: Terms,
    now: uint256,
) -> backing.Standing:
    """
    @notice What one position would add to its account if it grew at these terms, the
            fee paid.
    """
    params: parameters.ExposureParams = parameters.exposure_in(code, now)
    current: funding.Funding = sides.projected(
        last, book, price, params.pricing.skew_scale, params.funding, now
    )
    grown: position.Position = position.traded(
        held,
        size_delta,
        agreed.fill,
        funding.side_index(current, size_delta > 0),
    )
    standing: backing.Standing = backing.exposure(
        grown,
        price,
        current,
        sides.open_interest(sides.traded(book, held.size, grown.size)),
        params.pricing.skew_scale,
        params.margin,
    )
    standing.equity -= agreed.fee
    standing.certain -= agreed.fee
    return standing


@external
@view
def result(
    code: address,
    held: position.Position,
    index: int256,
    price: feed.FeedPrice,
    now: uint256,
) -> int256:
    """
    @notice What a position has lost at the mark, which must be fresh enough; or gained
            at the strict price, which must be valid.
    """
    limits: parameters.LimitParams = parameters.exposure_in(code, now).limits
    lost: int256 = position.profit(held, price.mark, index)
    if lost < 0:
        feed.require_fresh_enough(price, limits.risk_age, now)
        return lost
    parameters.require_valid(price, limits, now)
    return max(0, position.profit(held, feed.strict_price(price, held.size), index))


@external
@view
def settled(
    code: address,
    sums: sides.MarketState,
    price: feed.FeedPrice,
    vault: int256,
    claimed: int256,
    missing: int256,
    now: uint256,
) -> payout.Payout:
    """
    @notice What of a gain is paid, up to what is missing, how much of it that takes,
            and what its market has spent then.
    """
    params: parameters.MarketParams = parameters.params_in(code, now)
    current: funding.Funding = sides.projected(
        sums.funding, sums.book, price, params.pricing.skew_scale, params.funding, now
    )
    gained: sides.Profits = sides.profits(sums, price.mark, current)
    owed: int256 = payout.owed(gained.longs, gained.shorts, sums.open_claims)
    cap: int256 = payout.cap(vault, payout.decayed(sums.spent, now), params.payout)
    used: int256 = payout.used(owed, cap, claimed, missing)
    paid: int256 = payout.payment(owed, cap, used)
    return payout.Payout(
        claimed=used,
        paid=paid,
        spent=payout.raised(sums.spent, paid, params.payout, now),
    )


@external
@view
def deleveraged(
    code: address,
    sums: sides.MarketState,
    held: position.Position,
    equity: int256,
    price: feed.FeedPrice,
    vault: int256,
    opening: deleveraging.Opening,
    size: int256,
    now: uint256,
) -> deleveraging.Deleverage:
    """
    @notice How much of a winning position is closed, up to `size`, and at which price;
            nothing where deleveraging opens or ends. Its market has accrued.
    """
    params: parameters.MarketParams = parameters.params_in(code, now)
    asked: deleveraging.DeleveragingParams = params.deleveraging
    parameters.require_unsettled(params.limits)
    parameters.require_valid(price, params.limits, now)
    gained: sides.Profits = sides.profits(sums, price.mark, sums.funding)
    owed: int256 = payout.owed(gained.longs, gained.shorts, sums.open_claims)
    done: deleveraging.Deleverage = empty(deleveraging.Deleverage)
    if opening.opened_at == 0:
        errors.require(
            deleveraging.is_due(owed, vault, asked), errors.DELEVERAGING_NOT_OPEN
        )
        done.opening = deleveraging.begun(
            sums.book.long_size, sums.book.short_size, owed, vault, asked, now
        )
        return done
    if deleveraging.is_over(opening, owed, vault, asked, now):
        return done

    errors.require(held.size != 0, errors.NO_POSITION)
    errors.require(size > 0, errors.ZERO_SIZE)
    is_long: bool = held.size > 0
    index: int256 = funding.side_index(sums.funding, is_long)
    profit: int256 = position.profit(held, price.mark, index)
    errors.require(profit > 0, errors.NOTHING_GAINED)
    least: int256 = deleveraging.score_floor(opening, asked, now)
    errors.require(deleveraging.score(profit, equity) >= least, errors.SCORE_TOO_LOW)
    left: int256 = opening.long_left if is_long else opening.short_left
    whole: int256 = fixed_point.magnitude(held.size)
    closed: int256 = min(min(size, whole), left)
    errors.require(closed > 0, errors.NOTHING_LEFT_TO_CLOSE)
    rest: int256 = whole - closed
    if rest == 0:
        # As a claim it would count in full, with nobody's loss against it.
        side: int256 = gained.longs if is_long else gained.shorts
        errors.require(profit <= side, errors.OWED_WOULD_RISE)
    else:
        errors.require(
            margin.notional(rest, price.mark) >= params.limits.least_value,
            errors.POSITION_TOO_SMALL,
        )
    size_delta: int256 = 0 - closed if is_long else closed
    fill: int256 = pricing.fill_price(
        price.mark, sides.skew(sums.book), size_delta, params.pricing.skew_scale
    )
    # Nobody is closed at a loss.
    errors.require(position.profit(held, fill, index) > 0, errors.NOTHING_GAINED)
    cost: int256 = fixed_point.mul_wad_up(size_delta, fill - price.mark)
    errors.require(cost <= max(equity, 0), errors.EQUITY_NEGATIVE)
    return deleveraging.Deleverage(
        size_delta=size_delta,
        fill=fill,
        opening=deleveraging.taken(opening, size_delta),
    )


@external
@view
def closing(
    code: address,
    size: int256,
    standing: backing.Standing,
    risk: parameters.RiskParams,
    current: account.Account,
    book: sides.Book,
    price: feed.FeedPrice,
    bucket: liquidation.Bucket,
    part: int256,
    now: uint256,
) -> liquidation.Closing:
    """
    @notice How much of a position is closed for an account at risk, at which price, and
            what the keeper and the insurance fund earn by it. Of a portfolio that is a
            part that was decided before, and the keeper's share only.
    """
    params: parameters.MarketParams = parameters.params_in(code, now)
    parameters.require_unsettled(params.limits)
    feed.require_fresh_enough(price, params.limits.risk_age, now)
    ratio: int256 = margin.scaled(
        margin.size_ratio(size, params.pricing.skew_scale, params.margin),
        price.maintenance_multiplier,
    )
    case: liquidation.Case = liquidation.Case(
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
    closed: int256 = fixed_point.mul_wad_up(fixed_point.magnitude(size), part)
    if part == 0:
        errors.require(
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
    amount: int256 = fixed_point.mul_wad_up(closed, price.mark)
    reward: int256 = fixed_point.mul_wad_down(amount, params.liquidation.keeper_share)
    if part == 0:
        reward = liquidation.keeper_reward(
            amount, not current.is_flat_paid, risk.rewards, params.liquidation
        )
    size_delta: int256 = 0 - closed if size > 0 else closed
    return liquidation.Closing(
        size_delta=size_delta,
        fill=pricing.fill_price(
            price.mark, case.skew, size_delta, params.pricing.skew_scale
        ),
        bucket=max(0, case.bucket - amount),
        reward=reward,
        insurance_fee=fixed_point.mul_wad_down(
            amount, params.liquidation.insurance_share
        ),
    )


@external
@view
def gathered(
    code: address,
    size: int256,
    book: sides.Book,
    price: feed.FeedPrice,
    bucket: liquidation.Bucket,
    whole: liquidation.Whole,
    now: uint256,
) -> liquidation.Whole:
    """
    @notice Positions that are closed by the same part of each, with one more, whose
            price must be fresh enough.
    """
    params: parameters.MarketParams = parameters.params_in(code, now)
    parameters.require_unsettled(params.limits)
    feed.require_fresh_enough(price, params.limits.risk_age, now)
    case: liquidation.Case = empty(liquidation.Case)
    case.size = size
    case.value = margin.notional(size, price.mark)
    case.mark = price.mark
    case.skew = sides.skew(book)
    case.bucket = liquidation.filled(bucket, params.liquidation, now)
    return liquidation.gathered(
        whole,
        case,
        params.pricing.skew_scale,
        params.limits.least_value,
        params.liquidation,
    )


@external
@view
def closing_part(
    whole: liquidation.Whole,
    standing: backing.Standing,
    risk: parameters.RiskParams,
    current: account.Account,
    now: uint256,
) -> int256:
    """
    @notice The part that is closed of every position of a portfolio at risk.
    """
    critical: int256 = fixed_point.mul_wad_up(
        standing.maintenance, whole.critical_fraction
    )
    errors.require(
        margin_call.is_grace_over(current.called_at, risk.margin_call, now)
        or standing.equity < critical,
        errors.GRACE_NOT_OVER,
    )
    return liquidation.closed_part(
        whole, standing.equity, standing.maintenance, risk.reserve
    )


@external
@view
def called(
    code: address,
    size: int256,
    standing: backing.Standing,
    risk: parameters.RiskParams,
    current: account.Account,
    price: feed.FeedPrice,
    now: uint256,
) -> int256:
    """
    @notice The equity below which an account with a position may be called; refused
            where it has that, or where a call stands.
    """
    limits: parameters.LimitParams = parameters.exposure_in(code, now).limits
    errors.require(size != 0, errors.NO_POSITION)
    feed.require_fresh_enough(price, limits.risk_age, now)
    required: int256 = margin_call.required(
        standing.maintenance, risk.reserve, risk.margin_call
    )
    errors.require(standing.equity < required, errors.HEALTHY)
    errors.require(
        not margin_call.is_open(current.called_at, risk.margin_call, now),
        errors.ALREADY_CALLED,
    )
    return required


@external
@view
def asset(code: address, atoms: uint256) -> collateral.Asset:
    """
    @notice What atoms of a token come to.
    """
    return collateral.asset(atoms, collateral.params_in(code))


@external
@view
def worth(
    code: address,
    amount: int256,
    total: int256,
    price: feed.FeedPrice,
    needs_valid: bool,
    now: uint256,
) -> backing.Standing:
    """
    @notice What a token adds to its account: at the mark and its own haircut, and at the
            strict price and the haircut that has grown.
    """
    params: collateral.CollateralParams = collateral.params_in(code)
    if needs_valid:
        feed.require_valid(price, params.max_age, params.max_confidence, now)
    return backing.token_worth(amount, total, price, params)


@external
@view
def is_sure(code: address, price: feed.FeedPrice, now: uint256) -> bool:
    """
    @notice Whether the price of a token is valid for what is taken out.
    """
    params: collateral.CollateralParams = collateral.params_in(code)
    return feed.is_valid(price, params.max_age, params.max_confidence, now)


@external
@view
def is_saleable(code: address, amount: int256, mark: int256) -> bool:
    """
    @notice Whether somebody may be expected to buy so much of a token.
    """
    params: collateral.CollateralParams = collateral.params_in(code)
    return fixed_point.mul_wad_down(amount, mark) >= params.least_value


@external
@view
def sale_price(
    code: address, amount: int256, price: feed.FeedPrice, now: uint256
) -> int256:
    """
    @notice What a buyer pays for an amount of a token, whose price must be fresh enough.
    """
    params: collateral.CollateralParams = collateral.params_in(code)
    feed.require_fresh_enough(price, params.max_age, now)
    return collateral.sale_price(amount, price.mark, params.discount)
