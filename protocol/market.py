"""
A market: its parameters, the exact sums of its positions, its funding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import account, errors, feed, ledger, liquidation
from protocol.errors import require
from protocol.fee import FeeParams
from protocol.feed import FeedPrice
from protocol.fixed_point import require_fits
from protocol.funding import (
    BorrowingParams,
    Funding,
    FundingAccrued,
    FundingParams,
    accrued,
    borrowing_rate,
)
from protocol.insurance import InsuranceParams
from protocol.ledger import Funds, Holdings
from protocol.liquidation import Bucket, LiquidationParams, RewardParams
from protocol.margin import MarginParams
from protocol.pricing import PricingParams
from protocol.units import (
    Address,
    Price,
    Quote,
    Ratio,
    Seconds,
    Size,
    SizePrice,
)
from protocol.word import placed, signed

if TYPE_CHECKING:
    from protocol.state import State


class LimitParams(Struct, frozen=True):
    max_skew: Size
    max_open_interest: Size
    max_open_interest_value: Quote
    max_size: Size
    least_value: Quote
    trade_age: Seconds
    risk_age: Seconds
    max_confidence: Ratio


class MarketParams(Struct, frozen=True):
    pricing: PricingParams
    limits: LimitParams
    fee: FeeParams
    funding: FundingParams
    borrowing: BorrowingParams
    margin: MarginParams
    liquidation: LiquidationParams


class RiskParams(Struct, frozen=True):
    profit_weight: Ratio
    reserve: Quote
    rewards: RewardParams
    insurance: InsuranceParams


class Book(Struct, frozen=True):
    long_size: Size
    short_size: Size


class MarketState(Struct, frozen=True):
    book: Book
    long_quote: Quote
    short_quote: Quote
    long_paid: SizePrice
    short_paid: SizePrice
    open_claims: Quote
    funding: Funding


class Books(Struct, frozen=True):
    funds: Funds
    holdings: Holdings
    market_count: int
    risk_params: Address


class MarketSet(Struct, frozen=True):
    market_id: int
    code: Address


class RiskSet(Struct, frozen=True):
    code: Address


def packed_book(book: Book) -> int:
    """The word of a book."""
    return placed(int(book.long_size), 0, 96) | placed(int(book.short_size), 96, 96)


def unpacked_book(packed: int) -> Book:
    """The book that `packed_book` packed."""
    return Book(
        long_size=Size(signed(packed, 0, 96)), short_size=Size(signed(packed, 96, 96))
    )


def skew(book: Book) -> Size:
    """What all positions of the market add up to; shorts are negative."""
    return book.long_size + book.short_size


def open_interest(book: Book) -> Size:
    """The size of the heavier side."""
    return max(book.long_size, -book.short_size)


def params_in(state: State, code: Address) -> MarketParams:
    """The parameters of a market that lie in the code at an address."""
    require(code != 0, errors.MARKET_UNKNOWN)
    params: MarketParams = state.codes[code]
    return params


def load_params(state: State, market_id: int) -> MarketParams:
    """The parameters of a market; there must be one."""
    return params_in(state, state.market_params[market_id])


def risk_in(state: State, code: Address) -> RiskParams:
    """The parameters of all accounts that lie in the code at an address."""
    require(code != 0, errors.RISK_UNKNOWN)
    params: RiskParams = state.codes[code]
    return params


def load_risk(state: State) -> RiskParams:
    """The parameters of all accounts; they must have been set."""
    return risk_in(state, state.risk_params[()])


def load_book(state: State, market_id: int) -> Book:
    """The sum of the sizes of a market, a side each."""
    return state.books[market_id]


def store_book(state: State, market_id: int, book: Book) -> None:
    """Keep the book of a market."""
    state.books[market_id] = book


def load_funding(state: State, market_id: int) -> Funding:
    """The funding of a market as it stood at its last accrual."""
    return state.fundings[market_id]


def price_of(state: State, market_id: int) -> FeedPrice:
    """What the oracle says of a market."""
    return feed.latest_price(state, market_id)


def projected(
    last: Funding, book: Book, index: Price, params: MarketParams, now: Seconds
) -> Funding:
    """The funding of a market as it will stand once it has accrued at `now`."""
    return accrued(
        last, skew(book), params.pricing.skew_scale, index, params.funding, now
    )


def state_of(state: State, market_id: int) -> MarketState:
    """The sums of a market, with its funding as it stood at its last accrual."""
    return MarketState(
        book=load_book(state, market_id),
        long_quote=state.side_quotes[market_id, True],
        short_quote=state.side_quotes[market_id, False],
        long_paid=state.side_fundings[market_id, True],
        short_paid=state.side_fundings[market_id, False],
        open_claims=state.open_claims[market_id],
        funding=load_funding(state, market_id),
    )


def accrue(
    state: State, market_id: int, index: Price, params: MarketParams, now: Seconds
) -> Funding:
    """Bring the funding of a market up to `now`, at the index price until then."""
    last = load_funding(state, market_id)
    if last.accrued_at == now:
        return last
    current = projected(last, load_book(state, market_id), index, params, now)
    state.fundings[market_id] = current
    state.log(
        FundingAccrued(
            market_id=market_id,
            fine_rate=current.fine_rate,
            long_index=current.long_index,
            short_index=current.short_index,
        )
    )
    return current


def update_rates(
    state: State, market_id: int, index: Price, params: MarketParams
) -> None:
    """Let both sides borrow at what they use of the vault from now on."""
    book = load_book(state, market_id)
    vault = ledger.load_funds(state).vault
    current = load_funding(state, market_id)
    state.fundings[market_id] = replace(
        current,
        long_rate=borrowing_rate(book.long_size, index, vault, params.borrowing),
        short_rate=borrowing_rate(-book.short_size, index, vault, params.borrowing),
    )


def add_to_side(
    state: State,
    market_id: int,
    is_long: bool,
    size: Size,
    quote: Quote,
    paid: SizePrice,
) -> None:
    """Add what a position gained in size, quote and funding to its side's sums."""
    if size != Size(0):
        book = load_book(state, market_id)
        if is_long:
            book = Book(book.long_size + size, book.short_size)
        else:
            book = Book(book.long_size, book.short_size + size)
        store_book(state, market_id, book)
        state.side_fundings[market_id, is_long] += paid
    total = state.side_quotes[market_id, is_long] + quote
    require_fits(total, 126)
    state.side_quotes[market_id, is_long] = total


def set_bucket(state: State, market_id: int, level: Quote, now: Seconds) -> None:
    """Keep what is left in the liquidation bucket of a market."""
    state.buckets[market_id] = Bucket(level=max(Quote(0), level), filled_at=now)


def bucket_level(
    state: State, market_id: int, params: LiquidationParams, now: Seconds
) -> Quote:
    """What the liquidation bucket of a market allows now."""
    bucket = state.buckets[market_id]
    return liquidation.filled(bucket, params, now)


def set_market(state: State, market_id: int, code: Address, now: Seconds) -> None:
    """
    Start a market, or change its parameters from now on to those in the code.
    """
    require(
        market_id <= state.market_count[()] and market_id < account.MAX_MARKETS,
        errors.MARKET_UNKNOWN,
    )
    if market_id == state.market_count[()]:
        state.market_count[()] = market_id + 1
        state.market_params[market_id] = code
    index = price_of(state, market_id).index
    accrue(state, market_id, index, load_params(state, market_id), now)
    state.market_params[market_id] = code
    update_rates(state, market_id, index, params_in(state, code))
    state.log(MarketSet(market_id=market_id, code=code))


def set_risk(state: State, code: Address) -> None:
    """Change the parameters of all accounts to those in the code."""
    state.risk_params[()] = code
    state.log(RiskSet(code=code))
