# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Statement
@notice What an account is told: its equity against its requirements, its status, and a
        line for each market.
"""

from . import account
from . import backing
from . import feed
from . import fixed_point
from . import funding
from . import margin
from . import margin_call
from . import parameters
from . import portfolio
from . import position
from . import sides

# The status of an account.
HEALTHY: constant(uint256) = 0
CALLED: constant(uint256) = 1
LIQUIDATABLE: constant(uint256) = 2
BANKRUPT: constant(uint256) = 3
# Farther than any price can go.
NO_END: constant(int256) = 2**127


struct Totals:
    equity: int256
    collateral: int256
    strict_equity: int256
    initial: int256
    maintenance: int256
    reserve: int256
    required: int256
    is_grace_over: bool


struct Line:
    size: int256
    profit: int256
    funding: int256
    claim: int256
    maintenance: int256
    liquidation_price: int256


struct Statement:
    cash: int256
    collateral: int256
    equity: int256
    strict_equity: int256
    initial: int256
    maintenance: int256
    reserve: int256
    required: int256
    called_at: uint256
    free_collateral: int256
    status: uint256
    lines: Line[account.MAX_MARKETS]


@internal
@pure
def totals(
    current: account.Account,
    standing: backing.Standing,
    risk: parameters.RiskParams,
    now: uint256,
) -> Totals:
    """
    @notice What an account is worth at the mark and strictly, and what it must hold.
    """
    reserve: int256 = risk.reserve if current.positions != 0 else 0
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


@internal
@pure
def status_of(whole: Totals, critical: int256) -> uint256:
    """
    @notice Whether an account is left alone, may be called or is, may be liquidated,
            below the critical part of its margin even in its grace, or is worth less
            than nothing.
    """
    if whole.equity < 0:
        return BANKRUPT
    if whole.equity < whole.maintenance + whole.reserve and (
        whole.is_grace_over
        or whole.equity < fixed_point.mul_wad_up(whole.maintenance, critical)
    ):
        return LIQUIDATABLE
    if whole.equity < whole.required:
        return CALLED
    return HEALTHY


@internal
@pure
def free_collateral(
    current: account.Account, whole: Totals, is_line_settled: bool
) -> int256:
    """
    @notice What the account could withdraw of its cash: nothing while an order of it is
            pending, or while it uses or owes any of its line.
    """
    if current.orders != 0 or not is_line_settled:
        return 0
    least: int256 = current.cash
    if current.positions != 0:
        least = min(whole.collateral, whole.strict_equity)
    return max(0, min(current.cash, least - whole.initial - whole.reserve))


@internal
@pure
def liquidation_price(
    size: int256,
    mark: int256,
    maintenance: int256,
    own_ratio: int256,
    params: margin.MarginParams,
    whole: Totals,
) -> int256:
    """
    @notice The mark at which the account may be liquidated, its other markets standing
            still; zero when no price does it.
    """
    if size == 0:
        return 0
    # Of a quote of value, what a fall of the price takes, and what it asks less.
    ratio: int256 = fixed_point.mul_wad_up(own_ratio, params.maintenance_fraction)
    others: int256 = whole.maintenance - maintenance + whole.reserve
    worth: int256 = fixed_point.mul_wad_down(size, mark)
    owed: int256 = worth - whole.equity + others
    slope: int256 = fixed_point.WAD - ratio
    if size < 0:
        owed = -owed
        slope = fixed_point.WAD + ratio
    if owed <= 0 or slope <= 0:
        return 0
    notional: int256 = fixed_point.mul_div_down(owed, fixed_point.WAD, slope)
    return fixed_point.mul_div_down(
        notional, fixed_point.WAD, fixed_point.magnitude(size)
    )


@internal
@pure
def room(
    size: int256,
    lost: int256,
    loss_ratio: int256,
    added_ratio: int256,
    sums: portfolio.Sums,
    whole: Totals,
) -> int256:
    """
    @notice How far a price may go against a position until what its portfolio loses in
            one stress is all that it has beside its reserve.
    """
    asked: int256 = fixed_point.mul_wad_up(
        fixed_point.mul_wad_up(lost, sums.maintenance_multiplier)
        + sums.maintenance_addition,
        sums.maintenance_fraction,
    )
    # What a quote of value asks for, which a falling price asks less of.
    ratio: int256 = fixed_point.mul_wad_up(
        fixed_point.mul_wad_up(loss_ratio, sums.maintenance_multiplier) + added_ratio,
        sums.maintenance_fraction,
    )
    slope: int256 = fixed_point.WAD - ratio if size > 0 else fixed_point.WAD + ratio
    if slope <= 0:
        return NO_END
    amount: int256 = fixed_point.mul_div_down(
        whole.equity - asked - whole.reserve, fixed_point.WAD, slope
    )
    return fixed_point.mul_div_down(
        amount, fixed_point.WAD, fixed_point.magnitude(size)
    )


@internal
@pure
def portfolio_price(
    size: int256,
    mark: int256,
    skew_scale: int256,
    params: margin.MarginParams,
    sums: portfolio.Sums,
    legs: DynArray[portfolio.Leg, account.MAX_MARKETS],
    floor_ratio: int256,
    whole: Totals,
) -> int256:
    """
    @notice The mark at which a portfolio may be liquidated, the price of one of its
            positions going against it and all others standing still; zero when no price
            does it.
    """
    if size == 0:
        return 0
    added_ratio: int256 = (portfolio.added_ratio(size, skew_scale, params))
    # The floor is a stress in which every position loses the same part of its value.
    nearest: int256 = self.room(
        size,
        fixed_point.mul_wad_up(sums.maintenance_value, floor_ratio),
        floor_ratio,
        added_ratio,
        sums,
        whole,
    )
    for stress: uint256 in range(portfolio.STRESSES):
        moved: int256 = portfolio.shock(params.shocks, stress)
        lost: int256 = 0
        for each: portfolio.Leg in legs:
            lost -= each.marked * portfolio.shock(each.shocks, stress)
        against: int256 = 0 - moved if size > 0 else moved
        nearest = min(
            nearest,
            self.room(
                size,
                fixed_point.div_up(lost, portfolio.WHOLE * fixed_point.WAD),
                fixed_point.mul_div_up(against, fixed_point.WAD, portfolio.WHOLE),
                added_ratio,
                sums,
                whole,
            ),
        )
    return max(0, mark - nearest) if size > 0 else mark + nearest


@internal
@pure
def line(
    held: position.Position,
    claim: int256,
    state: sides.MarketState,
    price: feed.FeedPrice,
    params: parameters.MarketParams,
    whole: Totals,
    now: uint256,
) -> Line:
    """
    @notice What the account has in one market.
    """
    current: funding.Funding = sides.projected(
        state.funding,
        state.book,
        price,
        params.pricing.skew_scale,
        params.funding,
        now,
    )
    index: int256 = funding.side_index(current, held.size > 0)
    ratio: int256 = margin.scaled(
        margin.size_ratio(held.size, params.pricing.skew_scale, params.margin),
        price.maintenance_multiplier,
    )
    maintenance: int256 = margin.maintenance_margin(
        held.size, price.mark, ratio, params.margin
    )
    return Line(
        size=held.size,
        profit=position.profit(held, price.mark, index),
        funding=fixed_point.div_down(held.funding - held.size * index, fixed_point.WAD),
        claim=claim,
        maintenance=maintenance,
        liquidation_price=self.liquidation_price(
            held.size, price.mark, maintenance, ratio, params.margin, whole
        ),
    )


@internal
@pure
def statement(
    current: account.Account,
    whole: Totals,
    critical: int256,
    is_line_settled: bool,
    lines: Line[account.MAX_MARKETS],
) -> Statement:
    """
    @notice The lines of an account under what they come to.
    """
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
        free_collateral=self.free_collateral(current, whole, is_line_settled),
        status=self.status_of(whole, critical),
        lines=lines,
    )
