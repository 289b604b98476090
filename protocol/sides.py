"""
The two sides of a market: the size of each, what each has gained, and the funding that
flows between them.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from protocol import errors, feed, margin, pricing
from protocol.errors import require
from protocol.feed import FeedPrice
from protocol.fixed_point import WAD, div_up
from protocol.funding import (
    BorrowingParams,
    Funding,
    FundingParams,
    accrued,
    borrowing_rate,
)
from protocol.parameters import LimitParams
from protocol.payout import Spent
from protocol.units import Price, Quote, Seconds, Size, SizePrice
from protocol.word import placed, signed


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
    spent: Spent


class Profits(Struct, frozen=True):
    longs: Quote
    shorts: Quote


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


def traded(book: Book, size_before: Size, size: Size) -> Book:
    """The book once a position of `size_before` has become one of `size`."""
    nothing = Size(0)
    return Book(
        long_size=book.long_size + max(size, nothing) - max(size_before, nothing),
        short_size=book.short_size + min(size, nothing) - min(size_before, nothing),
    )


def require_within_limits(
    book: Book, size_before: Size, size: Size, index: Price, limits: LimitParams
) -> None:
    """Refuse an increase that leads beyond the limits of its market."""
    after = traded(book, size_before, size)
    skew_after = abs(skew(after))
    require(
        skew_after <= limits.max_skew or skew_after < abs(skew(book)),
        errors.SKEW_TOO_LARGE,
    )
    side = after.long_size if size > 0 else -after.short_size
    require(
        side <= limits.max_open_interest
        and margin.notional(side, index) <= limits.max_open_interest_value,
        errors.OPEN_INTEREST_TOO_LARGE,
    )


def projected(
    last: Funding,
    book: Book,
    price: FeedPrice,
    skew_scale: Size,
    params: FundingParams,
    now: Seconds,
) -> Funding:
    """The funding of a market as it will stand once it has accrued at `now`."""
    return accrued(
        last,
        skew(book),
        skew_scale,
        feed.cumulative_price(price, now),
        params,
        now,
    )


def lent(
    last: Funding, book: Book, index: Price, vault: Quote, params: BorrowingParams
) -> Funding:
    """
    The funding of a market whose sides borrow, from now on, at what they use of the
    vault.
    """
    return replace(
        last,
        long_rate=borrowing_rate(book.long_size, index, vault, params),
        short_rate=borrowing_rate(-book.short_size, index, vault, params),
    )


def refunded(last: Funding, book: Book, mark: Price, skew_scale: Size) -> Funding:
    """
    The funding of a market that trades no more: the premium, which the next trades
    would have given back, falls to the heavier side.
    """
    net = skew(book)
    each = pricing.refund(mark, net, open_interest(book), skew_scale)
    if net > 0:
        return replace(last, long_index=last.long_index - each)
    return replace(last, short_index=last.short_index + each)


def side_profit(
    size: Size, quote: Quote, paid: SizePrice, price: Price, index: Price
) -> Quote:
    """What all positions of a side have gained together, rounded up."""
    owed = size * (price - index) + paid
    return div_up(owed, WAD) + quote


def profits(state: MarketState, mark: Price, current: Funding) -> Profits:
    """What each side of a market has gained at the mark."""
    return Profits(
        longs=side_profit(
            state.book.long_size,
            state.long_quote,
            state.long_paid,
            mark,
            current.long_index,
        ),
        shorts=side_profit(
            state.book.short_size,
            state.short_quote,
            state.short_paid,
            mark,
            current.short_index,
        ),
    )
