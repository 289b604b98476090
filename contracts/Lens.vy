# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Lens
@notice What clients read: the statement of an account, and many accounts at once. It
        holds no money.

        What tells of many is a flat array: its place, its length, and rows of so many
        words each. No library is needed to read it.
"""

from . import account
from . import backing
from . import collateral
from . import credit
from . import errors
from . import feed
from . import funding
from . import market
from . import order
from . import parameters
from . import portfolio
from . import position
from . import sides
from . import statement


# How many accounts are asked for at once, at most.
MAX_BATCH: constant(uint256) = 512

# An account on its page: its number among those of its owner, cash, the bitmaps of
# positions, claims and tokens, mode, whether the flat reward was paid, when it was
# called, whether it has a line, and the bitmap of its pending orders.
PAGE_WORDS: constant(uint256) = 10
# Its health: equity, collateral, strict equity, initial margin, maintenance margin,
# reserve, what it must have not to be called, and status.
HEALTH_WORDS: constant(uint256) = 8
# Its state: what its page has from cash on, and the amount of each token; then so many
# words for each market that there is: size, quote and funding of its position, claim.
STATE_WORDS: constant(uint256) = 9 + collateral.MAX_TOKENS
MARKET_WORDS: constant(uint256) = 4
# What an answer has room for, all accounts in eight markets or fewer in more: it costs
# what it has room for, however short it is.
MAX_WORDS: constant(uint256) = MAX_BATCH * (STATE_WORDS + 8 * MARKET_WORDS)

# How many accounts are asked for their orders at once, at most.
MAX_OWNERS: constant(uint256) = 64
# An order: the number of its account, its place, what it is, and whether it is pending.
ORDER_WORDS: constant(uint256) = 12
MAX_ORDER_WORDS: constant(uint256) = MAX_OWNERS * order.MAX_ORDERS * ORDER_WORDS


struct MarketLook:
    price: feed.FeedPrice
    current: funding.Funding
    open_interest: int256
    params: parameters.MarketParams


struct TokenLook:
    price: feed.FeedPrice
    total: int256
    params: collateral.CollateralParams


struct Together:
    sums: portfolio.Sums
    legs: DynArray[portfolio.Leg, account.MAX_MARKETS]


interface Exchange:
    def account_of(holder: uint256) -> account.Account: view
    def position_of(holder: uint256, market_id: uint256) -> position.Position: view
    def claim_of(holder: uint256, market_id: uint256) -> int256: view
    def collateral_of(holder: uint256, token_id: uint256) -> int256: view
    def collateral_params_of(token_id: uint256) -> address: view
    def total_of(token_id: uint256) -> int256: view
    def standing_of(holder: uint256) -> backing.Standing: view
    def line_of(holder: uint256) -> credit.CreditLine: view
    def books() -> market.Books: view
    def market_of(market_id: uint256) -> sides.MarketState: view
    def params_of(market_id: uint256) -> address: view


interface Oracle:
    def price(feed_id: uint256) -> feed.FeedPrice: view


interface Orders:
    def order_of(holder: uint256, number: uint256) -> order.Order: view


EXCHANGE: immutable(address)
ORACLE: immutable(address)
ORDERS: immutable(address)


@deploy
def __init__(exchange: address, oracle: address, orders: address):
    EXCHANGE = exchange
    ORACLE = oracle
    ORDERS = orders


@external
@view
def statement_of(holder: uint256) -> statement.Statement:
    """
    @notice The statement of an account: what it is worth, what it must hold, and each
            of its positions.
    """
    current: account.Account = staticcall Exchange(EXCHANGE).account_of(holder)
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    risk: parameters.RiskParams = parameters.risk_in(books.risk_params)
    whole: statement.Totals = statement.totals(
        current,
        staticcall Exchange(EXCHANGE).standing_of(holder),
        risk,
        block.timestamp,
    )
    joined: Together = self.together(holder, current)
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
        price: feed.FeedPrice = staticcall Oracle(ORACLE).price(market_id)
        lines[market_id] = statement.line(
            held,
            staticcall Exchange(EXCHANGE).claim_of(holder, market_id),
            staticcall Exchange(EXCHANGE).market_of(market_id),
            price,
            params,
            whole,
            block.timestamp,
        )
        if current.mode == account.PORTFOLIO:
            lines[market_id].liquidation_price = statement.portfolio_price(
                held.size,
                price.mark,
                params.pricing.skew_scale,
                params.margin,
                joined.sums,
                joined.legs,
                risk.portfolio.floor,
                whole,
            )
    is_line_settled: bool = True
    if current.has_line:
        lent: credit.CreditLine = staticcall Exchange(EXCHANGE).line_of(holder)
        is_line_settled = lent.used == 0 and lent.owed == 0
    return statement.statement(current, whole, critical, is_line_settled, lines)


@external
@view
def accounts_page(
    owner: address, first: uint256, count: uint256
) -> DynArray[int256, MAX_BATCH * PAGE_WORDS]:
    """
    @notice Those accounts of an owner that are in use, of the `count` from number `first`
            on: a row of `PAGE_WORDS` each.
    """
    rows: DynArray[int256, MAX_BATCH * PAGE_WORDS] = []
    if first >= 2**96:
        return rows
    end: uint256 = min(first + min(count, MAX_BATCH), 2**96)
    for sub: uint256 in range(first, end, bound=MAX_BATCH):
        current: account.Account = staticcall Exchange(EXCHANGE).account_of(
            (convert(owner, uint256) << 96) | sub
        )
        # Nothing is kept of an account but this word, so it tells whether there is one.
        if account.packed_account(current) == 0:
            continue
        for word: int256 in [
            convert(sub, int256),
            current.cash,
            convert(current.positions, int256),
            convert(current.claims, int256),
            convert(current.tokens, int256),
            convert(current.mode, int256),
            convert(current.is_flat_paid, int256),
            convert(current.called_at, int256),
            convert(current.has_line, int256),
            convert(current.orders, int256),
        ]:
            rows.append(word)
    return rows


@external
@view
def orders_page(
    owner: address, first: uint256, count: uint256
) -> DynArray[int256, MAX_ORDER_WORDS]:
    """
    @notice The orders of an owner, committed or waiting for a price, in the `count`
            accounts from number `first` on: a row of `ORDER_WORDS` each.
    """
    rows: DynArray[int256, MAX_ORDER_WORDS] = []
    if first >= 2**96:
        return rows
    end: uint256 = min(first + min(count, MAX_OWNERS), 2**96)
    for sub: uint256 in range(first, end, bound=MAX_OWNERS):
        holder: uint256 = (convert(owner, uint256) << 96) | sub
        pending: uint256 = (staticcall Exchange(EXCHANGE).account_of(holder)).orders
        for number: uint256 in range(order.MAX_ORDERS):
            kept: order.Order = staticcall Orders(ORDERS).order_of(holder, number)
            if kept.size_delta == 0:
                continue
            for word: int256 in [
                convert(sub, int256),
                convert(number, int256),
                convert(kept.market_id, int256),
                kept.size_delta,
                kept.limit,
                kept.fee,
                convert(kept.due_at, int256),
                convert(kept.expires_at, int256),
                convert(kept.is_reduce_only, int256),
                kept.trigger,
                convert(kept.is_above, int256),
                convert((pending >> number) & 1, int256),
            ]:
                rows.append(word)
    return rows


@external
@view
def health_batch(
    holders: DynArray[uint256, MAX_BATCH]
) -> DynArray[int256, MAX_BATCH * HEALTH_WORDS]:
    """
    @notice What accounts are worth and must hold, as their statements say: a row of
            `HEALTH_WORDS` each.
    """
    books: market.Books = staticcall Exchange(EXCHANGE).books()
    risk: parameters.RiskParams = parameters.risk_in(books.risk_params)
    markets: MarketLook[account.MAX_MARKETS] = self.market_looks(books.market_count)
    tokens: TokenLook[collateral.MAX_TOKENS] = self.token_looks()
    rows: DynArray[int256, MAX_BATCH * HEALTH_WORDS] = []
    for holder: uint256 in holders:
        current: account.Account = staticcall Exchange(EXCHANGE).account_of(holder)
        standing: backing.Standing = self.wealth(holder, current, tokens)
        sums: portfolio.Sums = empty(portfolio.Sums)
        legs: DynArray[portfolio.Leg, account.MAX_MARKETS] = []
        critical: int256 = 0
        for market_id: uint256 in range(account.MAX_MARKETS):
            if current.positions >> market_id == 0:
                break
            if (current.positions >> market_id) & 1 == 0:
                continue
            held: position.Position = staticcall Exchange(EXCHANGE).position_of(
                holder, market_id
            )
            standing = backing.combined(
                standing,
                backing.exposure(
                    held,
                    markets[market_id].price,
                    markets[market_id].current,
                    markets[market_id].open_interest,
                    markets[market_id].params.pricing.skew_scale,
                    markets[market_id].params.margin,
                ),
            )
            critical = max(
                critical, markets[market_id].params.liquidation.critical_fraction
            )
            if current.mode == account.PORTFOLIO:
                leg: portfolio.Leg = portfolio.leg(
                    held.size,
                    markets[market_id].price,
                    markets[market_id].params.margin.shocks,
                )
                legs.append(leg)
                sums = portfolio.joined(
                    sums,
                    leg,
                    held.size,
                    markets[market_id].price,
                    markets[market_id].open_interest,
                    markets[market_id].params.pricing.skew_scale,
                    markets[market_id].params.margin,
                )
        if current.mode == account.PORTFOLIO:
            asked: portfolio.Requirement = portfolio.requirement(
                sums, portfolio.worst(legs), risk.portfolio.floor
            )
            standing.initial = asked.initial
            standing.maintenance = asked.maintenance
        whole: statement.Totals = statement.totals(
            current, standing, risk, block.timestamp
        )
        for word: int256 in [
            whole.equity,
            whole.collateral,
            whole.strict_equity,
            whole.initial,
            whole.maintenance,
            whole.reserve,
            whole.required,
            convert(statement.status_of(whole, critical), int256),
        ]:
            rows.append(word)
    return rows


@external
@view
def state_batch(holders: DynArray[uint256, MAX_BATCH]) -> DynArray[int256, MAX_WORDS]:
    """
    @notice All that is kept of accounts: a row of `STATE_WORDS` each, and `MARKET_WORDS`
            more for each market that there is.
    """
    count: uint256 = (staticcall Exchange(EXCHANGE).books()).market_count
    errors.require(
        len(holders) * (STATE_WORDS + count * MARKET_WORDS) <= MAX_WORDS,
        errors.BATCH_TOO_LARGE,
    )
    rows: DynArray[int256, MAX_WORDS] = []
    for holder: uint256 in holders:
        current: account.Account = staticcall Exchange(EXCHANGE).account_of(holder)
        for word: int256 in [
            current.cash,
            convert(current.positions, int256),
            convert(current.claims, int256),
            convert(current.tokens, int256),
            convert(current.mode, int256),
            convert(current.is_flat_paid, int256),
            convert(current.called_at, int256),
            convert(current.has_line, int256),
            convert(current.orders, int256),
        ]:
            rows.append(word)
        for token_id: uint256 in range(collateral.MAX_TOKENS):
            amount: int256 = 0
            if (current.tokens >> token_id) & 1 == 1:
                amount = staticcall Exchange(EXCHANGE).collateral_of(holder, token_id)
            rows.append(amount)
        for market_id: uint256 in range(count, bound=account.MAX_MARKETS):
            held: position.Position = empty(position.Position)
            claim: int256 = 0
            if (current.positions >> market_id) & 1 == 1:
                held = staticcall Exchange(EXCHANGE).position_of(holder, market_id)
            if (current.claims >> market_id) & 1 == 1:
                claim = staticcall Exchange(EXCHANGE).claim_of(holder, market_id)
            for word: int256 in [held.size, held.quote, held.funding, claim]:
                rows.append(word)
    return rows


@internal
@view
def together(holder: uint256, current: account.Account) -> Together:
    """
    @notice The positions of an account together, where it is a portfolio.
    """
    joined: Together = empty(Together)
    if current.mode != account.PORTFOLIO:
        return joined
    for market_id: uint256 in range(account.MAX_MARKETS):
        if (current.positions >> market_id) & 1 == 0:
            continue
        params: parameters.MarketParams = parameters.params_in(
            staticcall Exchange(EXCHANGE).params_of(market_id), block.timestamp
        )
        state: sides.MarketState = staticcall Exchange(EXCHANGE).market_of(market_id)
        held: position.Position = staticcall Exchange(EXCHANGE).position_of(
            holder, market_id
        )
        price: feed.FeedPrice = staticcall Oracle(ORACLE).price(market_id)
        leg: portfolio.Leg = portfolio.leg(held.size, price, params.margin.shocks)
        joined.legs.append(leg)
        joined.sums = portfolio.joined(
            joined.sums,
            leg,
            held.size,
            price,
            sides.open_interest(state.book),
            params.pricing.skew_scale,
            params.margin,
        )
    return joined


@internal
@view
def market_looks(count: uint256) -> MarketLook[account.MAX_MARKETS]:
    """
    @notice Every market at the moment, its funding as it will stand once it has accrued.
    """
    looks: MarketLook[account.MAX_MARKETS] = empty(MarketLook[account.MAX_MARKETS])
    for market_id: uint256 in range(count, bound=account.MAX_MARKETS):
        sums: sides.MarketState = staticcall Exchange(EXCHANGE).market_of(market_id)
        price: feed.FeedPrice = staticcall Oracle(ORACLE).price(market_id)
        params: parameters.MarketParams = parameters.params_in(
            staticcall Exchange(EXCHANGE).params_of(market_id), block.timestamp
        )
        looks[market_id] = MarketLook(
            price=price,
            current=sides.projected(
                sums.funding,
                sums.book,
                price,
                params.pricing.skew_scale,
                params.funding,
                block.timestamp,
            ),
            open_interest=sides.open_interest(sums.book),
            params=params,
        )
    return looks


@internal
@view
def token_looks() -> TokenLook[collateral.MAX_TOKENS]:
    """
    @notice Every token that is collateral, at the moment.
    """
    looks: TokenLook[collateral.MAX_TOKENS] = empty(TokenLook[collateral.MAX_TOKENS])
    for token_id: uint256 in range(collateral.MAX_TOKENS):
        code: address = staticcall Exchange(EXCHANGE).collateral_params_of(token_id)
        if code == empty(address):
            continue
        looks[token_id] = TokenLook(
            price=staticcall Oracle(ORACLE).price(collateral.FIRST_FEED + token_id),
            total=staticcall Exchange(EXCHANGE).total_of(token_id),
            params=collateral.params_in(code),
        )
    return looks


@internal
@view
def wealth(
    holder: uint256,
    current: account.Account,
    tokens: TokenLook[collateral.MAX_TOKENS],
) -> backing.Standing:
    """
    @notice What the cash, the claims and the tokens of an account add to it.
    """
    claimed: int256 = 0
    for market_id: uint256 in range(account.MAX_MARKETS):
        if current.claims >> market_id == 0:
            break
        if (current.claims >> market_id) & 1 == 1:
            claimed += staticcall Exchange(EXCHANGE).claim_of(holder, market_id)
    total: backing.Standing = backing.Standing(
        equity=current.cash + claimed,
        collateral=current.cash,
        certain=current.cash,
        gains=claimed,
        initial=0,
        maintenance=0,
    )
    for token_id: uint256 in range(collateral.MAX_TOKENS):
        if current.tokens >> token_id == 0:
            break
        if (current.tokens >> token_id) & 1 == 0:
            continue
        total = backing.combined(
            total,
            backing.token_worth(
                staticcall Exchange(EXCHANGE).collateral_of(holder, token_id),
                tokens[token_id].total,
                tokens[token_id].price,
                tokens[token_id].params,
            ),
        )
    return total
