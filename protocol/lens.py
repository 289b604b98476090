"""
What clients read: the statement of an account, and many accounts at once. It holds no
money.

What tells of many is a flat array: its place, its length, and rows of so many words
each. No library is needed to read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import (
    account,
    backing,
    collateral,
    errors,
    exchange,
    oracle,
    orders,
    parameters,
    portfolio,
    sides,
    statement,
)
from protocol.account import PORTFOLIO, Account
from protocol.backing import Standing
from protocol.collateral import MAX_TOKENS, CollateralParams
from protocol.errors import require
from protocol.feed import FeedPrice
from protocol.funding import Funding
from protocol.order import MAX_ORDERS
from protocol.parameters import MarketParams
from protocol.portfolio import NO_SUMS, Leg, Sums
from protocol.position import Position
from protocol.statement import Line, Statement
from protocol.units import (
    Address,
    Call,
    Holder,
    Price,
    Quote,
    Ratio,
    Seconds,
    Size,
    SizePrice,
)

if TYPE_CHECKING:
    from protocol.state import State

# How many accounts are asked for at once, at most.
MAX_BATCH = 512

# An account on its page: its number among those of its owner, cash, the bitmaps of
# positions, claims and tokens, mode, whether the flat reward was paid, when it was
# called, whether it has a line, and the bitmap of its pending orders.
PAGE_WORDS = 10
# Its health: equity, collateral, strict equity, initial margin, maintenance margin,
# reserve, what it must have not to be called, and status.
HEALTH_WORDS = 8
# Its state: what its page has from cash on, and the amount of each token; then so many
# words for each market that there is: size, quote and funding of its position, claim.
STATE_WORDS = 9 + MAX_TOKENS
MARKET_WORDS = 4
# What an answer has room for, all accounts in eight markets or fewer in more: it costs
# what it has room for, however short it is.
MAX_WORDS = MAX_BATCH * (STATE_WORDS + 8 * MARKET_WORDS)

# How many accounts are asked for their orders at once, at most.
MAX_OWNERS = 64
# An order: the number of its account, its place, what it is, and whether it is pending.
ORDER_WORDS = 12
MAX_ORDER_WORDS = MAX_OWNERS * MAX_ORDERS * ORDER_WORDS

NO_LINE = Line(Size(0), Quote(0), Quote(0), Quote(0), Quote(0), Price(0))
NO_POSITION = Position(Size(0), Quote(0), SizePrice(0))


class MarketLook(Struct, frozen=True):
    price: FeedPrice
    current: Funding
    open_interest: Size
    params: MarketParams


class TokenLook(Struct, frozen=True):
    price: FeedPrice
    total: Size
    params: CollateralParams


class Together(Struct, frozen=True):
    sums: Sums
    legs: list[Leg]


def statement_of(state: State, call: Call, holder: Holder) -> Statement:
    """
    The statement of an account: what it is worth, what it must hold, and each of its
    positions.
    """
    lens = Call(state.addresses.lens, call.now)
    current = exchange.account_of(state, lens, holder)
    books = exchange.books(state, lens)
    risk = parameters.risk_in(state, books.risk_params)
    whole = statement.totals(
        current, exchange.standing_of(state, lens, holder), risk, call.now
    )
    joined = together(state, holder, current, call.now)
    critical = Ratio(0)
    lines = [NO_LINE] * account.MAX_MARKETS
    for market_id in range(account.MAX_MARKETS):
        if ((current.positions | current.claims) >> market_id) & 1 == 0:
            continue
        held = exchange.position_of(state, lens, holder, market_id)
        code = exchange.params_of(state, lens, market_id)
        params = parameters.params_in(state, code, call.now)
        if held.size != Size(0):
            critical = max(critical, params.liquidation.critical_fraction)
        price = oracle.price(state, lens, market_id)
        lines[market_id] = statement.line(
            held,
            exchange.claim_of(state, lens, holder, market_id),
            exchange.market_of(state, lens, market_id),
            price,
            params,
            whole,
            call.now,
        )
        if current.mode == PORTFOLIO:
            liquidation_price = statement.portfolio_price(
                held.size,
                price.mark,
                params.pricing.skew_scale,
                params.margin,
                joined.sums,
                joined.legs,
                risk.portfolio.floor,
                whole,
            )
            lines[market_id] = replace(
                lines[market_id], liquidation_price=liquidation_price
            )
    is_line_settled = True
    if current.has_line:
        lent = exchange.line_of(state, lens, holder)
        is_line_settled = lent.used == Quote(0) and lent.owed == Quote(0)
    return statement.statement(current, whole, critical, is_line_settled, tuple(lines))


def accounts_page(
    state: State, call: Call, owner: Address, first: int, count: int
) -> list[int]:
    """
    Those accounts of an owner that are in use, of the `count` from number `first` on: a
    row of `PAGE_WORDS` each.
    """
    lens = Call(state.addresses.lens, call.now)
    rows: list[int] = []
    if first >= 2**96:
        return rows
    end = min(first + min(count, MAX_BATCH), 2**96)
    for sub in range(first, end):
        current = exchange.account_of(state, lens, owner << 96 | sub)
        # Nothing is kept of an account but this word, so it tells whether there is one.
        if account.packed_account(current) == 0:
            continue
        rows += [
            sub,
            int(current.cash),
            current.positions,
            current.claims,
            current.tokens,
            current.mode,
            int(current.is_flat_paid),
            int(current.called_at),
            int(current.has_line),
            current.orders,
        ]
    return rows


def orders_page(
    state: State, call: Call, owner: Address, first: int, count: int
) -> list[int]:
    """
    The orders of an owner, committed or waiting for a price, in the `count` accounts
    from number `first` on: a row of `ORDER_WORDS` each.
    """
    rows: list[int] = []
    if first >= 2**96:
        return rows
    end = min(first + min(count, MAX_OWNERS), 2**96)
    for sub in range(first, end):
        holder = owner << 96 | sub
        pending = exchange.account_of(state, call, holder).orders
        for number in range(MAX_ORDERS):
            kept = orders.order_of(state, call, holder, number)
            if kept.size_delta == Size(0):
                continue
            rows += [
                sub,
                number,
                kept.market_id,
                int(kept.size_delta),
                int(kept.limit),
                int(kept.fee),
                int(kept.due_at),
                int(kept.expires_at),
                int(kept.is_reduce_only),
                int(kept.trigger),
                int(kept.is_above),
                (pending >> number) & 1,
            ]
    return rows


def health_batch(state: State, call: Call, holders: list[Holder]) -> list[int]:
    """
    What accounts are worth and must hold, as their statements say: a row of
    `HEALTH_WORDS` each.
    """
    lens = Call(state.addresses.lens, call.now)
    books = exchange.books(state, lens)
    risk = parameters.risk_in(state, books.risk_params)
    markets = market_looks(state, books.market_count, call.now)
    tokens = token_looks(state, call.now)
    rows: list[int] = []
    for holder in holders:
        current = exchange.account_of(state, lens, holder)
        standing = wealth(state, holder, current, tokens, call.now)
        sums = NO_SUMS
        legs: list[Leg] = []
        critical = Ratio(0)
        for market_id in range(account.MAX_MARKETS):
            if current.positions >> market_id == 0:
                break
            if (current.positions >> market_id) & 1 == 0:
                continue
            held = exchange.position_of(state, lens, holder, market_id)
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
            if current.mode == PORTFOLIO:
                leg = portfolio.leg(
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
        if current.mode == PORTFOLIO:
            asked = portfolio.requirement(
                sums, portfolio.worst(legs), risk.portfolio.floor
            )
            standing = replace(
                standing, initial=asked.initial, maintenance=asked.maintenance
            )
        whole = statement.totals(current, standing, risk, call.now)
        rows += [
            int(whole.equity),
            int(whole.collateral),
            int(whole.strict_equity),
            int(whole.initial),
            int(whole.maintenance),
            int(whole.reserve),
            int(whole.required),
            statement.status_of(whole, critical),
        ]
    return rows


def state_batch(state: State, call: Call, holders: list[Holder]) -> list[int]:
    """
    All that is kept of accounts: a row of `STATE_WORDS` each, and `MARKET_WORDS` more
    for each market that there is.
    """
    lens = Call(state.addresses.lens, call.now)
    count = exchange.books(state, lens).market_count
    require(
        len(holders) * (STATE_WORDS + count * MARKET_WORDS) <= MAX_WORDS,
        errors.BATCH_TOO_LARGE,
    )
    rows: list[int] = []
    for holder in holders:
        current = exchange.account_of(state, lens, holder)
        rows += [
            int(current.cash),
            current.positions,
            current.claims,
            current.tokens,
            current.mode,
            int(current.is_flat_paid),
            int(current.called_at),
            int(current.has_line),
            current.orders,
        ]
        for token_id in range(MAX_TOKENS):
            amount = Size(0)
            if (current.tokens >> token_id) & 1 == 1:
                amount = exchange.collateral_of(state, lens, holder, token_id)
            rows.append(int(amount))
        for market_id in range(count):
            held, claim = NO_POSITION, Quote(0)
            if (current.positions >> market_id) & 1 == 1:
                held = exchange.position_of(state, lens, holder, market_id)
            if (current.claims >> market_id) & 1 == 1:
                claim = exchange.claim_of(state, lens, holder, market_id)
            rows += [int(held.size), int(held.quote), int(held.funding), int(claim)]
    return rows


def together(state: State, holder: Holder, current: Account, now: Seconds) -> Together:
    """The positions of an account together, where it is a portfolio."""
    lens = Call(state.addresses.lens, now)
    sums = NO_SUMS
    legs: list[Leg] = []
    if current.mode != PORTFOLIO:
        return Together(sums, legs)
    for market_id in range(account.MAX_MARKETS):
        if (current.positions >> market_id) & 1 == 0:
            continue
        code = exchange.params_of(state, lens, market_id)
        params = parameters.params_in(state, code, now)
        book = exchange.market_of(state, lens, market_id).book
        size = exchange.position_of(state, lens, holder, market_id).size
        price = oracle.price(state, lens, market_id)
        leg = portfolio.leg(size, price, params.margin.shocks)
        legs.append(leg)
        sums = portfolio.joined(
            sums,
            leg,
            size,
            price,
            sides.open_interest(book),
            params.pricing.skew_scale,
            params.margin,
        )
    return Together(sums, legs)


def market_looks(state: State, count: int, now: Seconds) -> list[MarketLook]:
    """Every market at the moment, its funding as it will stand once it has accrued."""
    lens = Call(state.addresses.lens, now)
    looks = []
    for market_id in range(count):
        sums = exchange.market_of(state, lens, market_id)
        price = oracle.price(state, lens, market_id)
        code = exchange.params_of(state, lens, market_id)
        params = parameters.params_in(state, code, now)
        looks.append(
            MarketLook(
                price=price,
                current=sides.projected(
                    sums.funding,
                    sums.book,
                    price,
                    params.pricing.skew_scale,
                    params.funding,
                    now,
                ),
                open_interest=sides.open_interest(sums.book),
                params=params,
            )
        )
    return looks


def token_looks(state: State, now: Seconds) -> dict[int, TokenLook]:
    """Every token that is collateral, at the moment."""
    lens = Call(state.addresses.lens, now)
    looks = {}
    for token_id in range(MAX_TOKENS):
        code = exchange.collateral_params_of(state, lens, token_id)
        if code == 0:
            continue
        looks[token_id] = TokenLook(
            price=oracle.price(state, lens, collateral.FIRST_FEED + token_id),
            total=exchange.total_of(state, lens, token_id),
            params=collateral.params_in(state, code),
        )
    return looks


def wealth(
    state: State,
    holder: Holder,
    current: Account,
    tokens: dict[int, TokenLook],
    now: Seconds,
) -> Standing:
    """What the cash, the claims and the tokens of an account add to it."""
    lens = Call(state.addresses.lens, now)
    claimed = Quote(0)
    for market_id in range(account.MAX_MARKETS):
        if current.claims >> market_id == 0:
            break
        if (current.claims >> market_id) & 1 == 1:
            claimed += exchange.claim_of(state, lens, holder, market_id)
    total = Standing(
        equity=current.cash + claimed,
        collateral=current.cash,
        certain=current.cash,
        gains=claimed,
        initial=Quote(0),
        maintenance=Quote(0),
    )
    for token_id in range(MAX_TOKENS):
        if current.tokens >> token_id == 0:
            break
        if (current.tokens >> token_id) & 1 == 0:
            continue
        total = backing.combined(
            total,
            backing.token_worth(
                exchange.collateral_of(state, lens, holder, token_id),
                tokens[token_id].total,
                tokens[token_id].price,
                tokens[token_id].params,
            ),
        )
    return total
