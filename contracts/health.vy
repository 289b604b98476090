# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Health
@notice What an account is worth and what it must hold, over all its markets.
"""

from . import account
from . import errors
from . import feed
from . import fixed_point
from . import funding
from . import margin
from . import market
from . import position

uses: account
uses: market
uses: position


struct Standing:
    equity: int256
    certain: int256
    gains: int256
    initial: int256
    maintenance: int256


@internal
@pure
def combined(a: Standing, b: Standing) -> Standing:
    """
    @notice Two parts of an account, together.
    """
    return Standing(
        equity=a.equity + b.equity,
        certain=a.certain + b.certain,
        gains=a.gains + b.gains,
        initial=a.initial + b.initial,
        maintenance=a.maintenance + b.maintenance,
    )


@internal
@pure
def strict_equity(standing: Standing, profit_weight: int256) -> int256:
    """
    @notice The equity that opens positions: gains count by their weight only.
    """
    return standing.certain + fixed_point.mul_wad_down(standing.gains, profit_weight)


@internal
@pure
def exposure(
    held: position.Position,
    price: feed.FeedPrice,
    current: funding.Funding,
    open_interest: int256,
    params: market.MarketParams,
) -> Standing:
    """
    @notice What one position adds to its account: profit at the mark, profit at the
            strict price, and what it must be backed by.
    """
    index: int256 = funding.side_index(current, held.size > 0)
    strict: int256 = position.profit(held, feed.strict_price(price, held.size), index)
    ratio: int256 = margin.size_ratio(
        held.size, params.pricing.skew_scale, params.margin
    )
    return Standing(
        equity=position.profit(held, price.mark, index),
        certain=min(strict, 0),
        gains=max(strict, 0),
        initial=margin.initial_margin(
            held.size,
            max(price.index, price.average),
            ratio,
            open_interest,
            params.margin,
        ),
        maintenance=margin.maintenance_margin(
            held.size, price.mark, ratio, params.margin
        ),
    )


@internal
@view
def wealth(holder: uint256, current: account.Account) -> Standing:
    """
    @notice What the cash and the claims of an account add to it.
    """
    claimed: int256 = 0
    if current.claims != 0:
        for market_id: uint256 in range(account.MAX_MARKETS):
            if (current.claims >> market_id) & 1 == 1:
                claimed += position.claims[holder][market_id]
    return Standing(
        equity=current.cash + claimed,
        certain=current.cash,
        gains=claimed,
        initial=0,
        maintenance=0,
    )


@internal
@view
def exposures(
    holder: uint256, positions: uint256, needs_valid: bool, now: uint256
) -> Standing:
    """
    @notice What the positions of an account in the markets of a bitmap add to it, each
            market as it will stand once it has accrued.
    """
    total: Standing = empty(Standing)
    if positions == 0:
        return total
    for market_id: uint256 in range(account.MAX_MARKETS):
        if (positions >> market_id) & 1 == 0:
            continue
        params: market.MarketParams = market.load_params(market_id)
        price: feed.FeedPrice = market.price_of(market_id)
        if needs_valid:
            feed.require_valid(
                price, params.limits.trade_age, params.limits.max_confidence, now
            )
        book: market.Book = market.load_book(market_id)
        current: funding.Funding = market.projected(
            market.load_funding(market_id), book, price.index, params, now
        )
        held: position.Position = position.load_position(holder, market_id)
        total = self.combined(
            total,
            self.exposure(held, price, current, market.open_interest(book), params),
        )
    return total


@internal
@view
def standing_of(holder: uint256, needs_valid: bool, now: uint256) -> Standing:
    """
    @notice The whole of an account.
    """
    current: account.Account = account.load_account(holder)
    return self.combined(
        self.wealth(holder, current),
        self.exposures(holder, current.positions, needs_valid, now),
    )


@internal
@view
def require_withdrawable(holder: uint256, risk: market.RiskParams, now: uint256):
    """
    @notice Refuse a withdrawal that has left an account with too little: in cash alone,
            and strictly.
    """
    current: account.Account = account.load_account(holder)
    errors.require(current.cash >= 0, errors.TOO_LITTLE_CASH)
    if current.positions == 0:
        return
    standing: Standing = self.standing_of(holder, True, now)
    least: int256 = min(current.cash, self.strict_equity(standing, risk.profit_weight))
    errors.require(
        least >= standing.initial + risk.reserve, errors.BELOW_INITIAL_MARGIN
    )
