# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Lens
@notice What clients read: the statement of an account. It holds no money.
"""

from . import account
from . import backing
from . import feed
from . import market
from . import parameters
from . import position
from . import sides
from . import statement


interface Exchange:
    def account_of(holder: uint256) -> account.Account: view
    def position_of(holder: uint256, market_id: uint256) -> position.Position: view
    def claim_of(holder: uint256, market_id: uint256) -> int256: view
    def standing_of(holder: uint256) -> backing.Standing: view
    def books() -> market.Books: view
    def market_of(market_id: uint256) -> sides.MarketState: view
    def params_of(market_id: uint256) -> address: view


interface Oracle:
    def price(feed_id: uint256) -> feed.FeedPrice: view


EXCHANGE: immutable(address)
ORACLE: immutable(address)


@deploy
def __init__(exchange: address, oracle: address):
    EXCHANGE = exchange
    ORACLE = oracle


@external
@view
def statement_of(holder: uint256) -> statement.Statement:
    """
    @notice The statement of an account: what it is worth, what it must hold, and each
            of its positions.
    """
    current: account.Account = staticcall Exchange(EXCHANGE).account_of(holder)
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    whole: statement.Totals = statement.totals(
        current,
        staticcall Exchange(EXCHANGE).standing_of(holder),
        parameters.risk_in(books.risk_params),
        block.timestamp,
    )
    critical: int256 = 0
    lines: statement.Line[account.MAX_MARKETS] = empty(
        statement.Line[account.MAX_MARKETS]
    )
    for market_id: uint256 in range(account.MAX_MARKETS):
        if ((current.positions | current.claims) >> market_id) & 1 == 0:
            continue
        held: position.Position = staticcall Exchange(EXCHANGE).position_of(
            holder, market_id
        )
        params: parameters.MarketParams = parameters.params_in(
            staticcall Exchange(EXCHANGE).params_of(market_id), block.timestamp
        )
        if held.size != 0:
            critical = max(critical, params.liquidation.critical_fraction)
        lines[market_id] = statement.line(
            held,
            staticcall Exchange(EXCHANGE).claim_of(holder, market_id),
            staticcall Exchange(EXCHANGE).market_of(market_id),
            staticcall Oracle(ORACLE).price(market_id),
            params,
            whole,
            block.timestamp,
        )
    return statement.statement(current, whole, critical, lines)
