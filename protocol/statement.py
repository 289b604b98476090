"""
What an account is told: its equity against its requirements, its status, and a line for
each market.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from protocol import (
    backing,
    funding,
    margin,
    margin_call,
    portfolio,
    position,
    sides,
)
from protocol.account import Account
from protocol.backing import Standing
from protocol.feed import FeedPrice
from protocol.fixed_point import (
    WAD,
    div_down,
    div_up,
    mul_div_down,
    mul_div_up,
    mul_wad_down,
    mul_wad_up,
)
from protocol.margin import MarginParams
from protocol.parameters import MarketParams, RiskParams
from protocol.portfolio import Leg, Sums
from protocol.position import Position
from protocol.sides import MarketState
from protocol.units import Price, Quote, Ratio, Seconds, Size, SizePrice

# The status of an account.
HEALTHY = 0
CALLED = 1
LIQUIDATABLE = 2
BANKRUPT = 3
# Farther than any price can go.
NO_END = 2**127


class Totals(Struct, frozen=True):
    equity: Quote
    collateral: Quote
    strict_equity: Quote
    initial: Quote
    maintenance: Quote
    reserve: Quote
    required: Quote
    is_grace_over: bool


class Line(Struct, frozen=True):
    size: Size
    profit: Quote
    funding: Quote
    claim: Quote
    maintenance: Quote
    liquidation_price: Price


class Statement(Struct, frozen=True):
    cash: Quote
    collateral: Quote
    equity: Quote
    strict_equity: Quote
    initial: Quote
    maintenance: Quote
    reserve: Quote
    required: Quote
    called_at: Seconds
    free_collateral: Quote
    status: int
    lines: tuple[Line, ...]


def totals(
    current: Account, standing: Standing, risk: RiskParams, now: Seconds
) -> Totals:
    """What an account is worth at the mark and strictly, and what it must hold."""
    reserve = risk.reserve if current.positions != 0 else Quote(0)
    return Totals(
        equity=standing.equity,
        collateral=standing.collateral,
        strict_equity=backing.strict_equity(standing, risk.profit_weight),
        initial=standing.initial,
        maintenance=standing.maintenance,
        reserve=reserve,
        required=margin_call.required(standing.maintenance, reserve, risk.margin_call),
        is_grace_over=margin_call.is_grace_over(
            current.called_at, risk.margin_call, now
        ),
    )


def status_of(whole: Totals, critical: Ratio) -> int:
    """
    Whether an account is left alone, may be called or is, may be liquidated, below the
    critical part of its margin even in its grace, or is worth less than nothing.
    """
    if whole.equity < 0:
        return BANKRUPT
    if whole.equity < whole.maintenance + whole.reserve and (
        whole.is_grace_over or whole.equity < mul_wad_up(whole.maintenance, critical)
    ):
        return LIQUIDATABLE
    if whole.equity < whole.required:
        return CALLED
    return HEALTHY


def free_collateral(current: Account, whole: Totals, is_line_settled: bool) -> Quote:
    """
    What the account could withdraw of its cash: nothing while an order of it is
    pending, or while it uses or owes any of its line.
    """
    if current.orders != 0 or not is_line_settled:
        return Quote(0)
    least = current.cash
    if current.positions != 0:
        least = min(whole.collateral, whole.strict_equity)
    return max(Quote(0), min(current.cash, least - whole.initial - whole.reserve))


def liquidation_price(
    size: Size,
    mark: Price,
    maintenance: Quote,
    own_ratio: Ratio,
    params: MarginParams,
    whole: Totals,
) -> Price:
    """
    The mark at which the account may be liquidated, its other markets standing still;
    zero when no price does it.
    """
    if size == Size(0):
        return Price(0)
    # Of a quote of value, what a fall of the price takes, and what it asks less.
    ratio = mul_wad_up(own_ratio, params.maintenance_fraction)
    others = whole.maintenance - maintenance + whole.reserve
    worth = mul_wad_down(size, mark)
    owed = worth - whole.equity + others
    slope = Ratio(WAD) - ratio
    if size < 0:
        owed = -owed
        slope = Ratio(WAD) + ratio
    if owed <= 0 or slope <= 0:
        return Price(0)
    notional = mul_div_down(owed, WAD, slope)
    return mul_div_down(notional, WAD, abs(size))


def room(
    size: Size,
    lost: Quote,
    loss_ratio: Ratio,
    added_ratio: Ratio,
    sums: Sums,
    whole: Totals,
) -> Price:
    """
    How far a price may go against a position until what its portfolio loses in one
    stress is all that it has beside its reserve.
    """
    asked = mul_wad_up(
        mul_wad_up(lost, sums.maintenance_multiplier) + sums.maintenance_addition,
        sums.maintenance_fraction,
    )
    # What a quote of value asks for, which a falling price asks less of.
    ratio = mul_wad_up(
        mul_wad_up(loss_ratio, sums.maintenance_multiplier) + added_ratio,
        sums.maintenance_fraction,
    )
    slope = Ratio(WAD) - ratio if size > 0 else Ratio(WAD) + ratio
    if slope <= 0:
        return Price(NO_END)
    amount = mul_div_down(whole.equity - asked - whole.reserve, WAD, slope)
    return mul_div_down(amount, WAD, abs(size))


def portfolio_price(
    size: Size,
    mark: Price,
    skew_scale: Size,
    params: MarginParams,
    sums: Sums,
    legs: Sequence[Leg],
    floor_ratio: Ratio,
    whole: Totals,
) -> Price:
    """
    The mark at which a portfolio may be liquidated, the price of one of its positions
    going against it and all others standing still; zero when no price does it.
    """
    if size == Size(0):
        return Price(0)
    added_ratio = portfolio.added_ratio(size, skew_scale, params)
    # The floor is a stress in which every position loses the same part of its value.
    nearest = room(
        size,
        mul_wad_up(sums.maintenance_value, floor_ratio),
        floor_ratio,
        added_ratio,
        sums,
        whole,
    )
    for stress in range(portfolio.STRESSES):
        moved = portfolio.shock(params.shocks, stress)
        lost = SizePrice(0)
        for each in legs:
            lost -= portfolio.shock(each.shocks, stress) * each.marked
        against = -moved if size > 0 else moved
        nearest = min(
            nearest,
            room(
                size,
                div_up(lost, portfolio.WHOLE * WAD),
                Ratio(mul_div_up(against, WAD, portfolio.WHOLE)),
                added_ratio,
                sums,
                whole,
            ),
        )
    return max(Price(0), mark - nearest) if size > 0 else mark + nearest


def line(
    held: Position,
    claim: Quote,
    state: MarketState,
    price: FeedPrice,
    params: MarketParams,
    whole: Totals,
    now: Seconds,
) -> Line:
    """What the account has in one market."""
    current = sides.projected(
        state.funding, state.book, price, params.pricing.skew_scale, params.funding, now
    )
    index = funding.side_index(current, held.size > 0)
    ratio = margin.scaled(
        margin.size_ratio(held.size, params.pricing.skew_scale, params.margin),
        price.maintenance_multiplier,
    )
    maintenance = margin.maintenance_margin(held.size, price.mark, ratio, params.margin)
    return Line(
        size=held.size,
        profit=position.profit(held, price.mark, index),
        funding=div_down(held.funding - held.size * index, WAD),
        claim=claim,
        maintenance=maintenance,
        liquidation_price=liquidation_price(
            held.size, price.mark, maintenance, ratio, params.margin, whole
        ),
    )


def statement(
    current: Account,
    whole: Totals,
    critical: Ratio,
    is_line_settled: bool,
    lines: tuple[Line, ...],
) -> Statement:
    """The lines of an account under what they come to."""
    return Statement(
        cash=current.cash,
        collateral=whole.collateral,
        equity=whole.equity,
        strict_equity=whole.strict_equity,
        initial=whole.initial,
        maintenance=whole.maintenance,
        reserve=whole.reserve,
        required=whole.required,
        called_at=current.called_at,
        free_collateral=free_collateral(current, whole, is_line_settled),
        status=status_of(whole, critical),
        lines=lines,
    )
