# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Sides
@notice The two sides of a market: the size of each, what each has gained, and the
        funding that flows between them.
"""

from . import errors
from . import feed
from . import fixed_point
from . import funding
from . import margin
from . import parameters
from . import payout
from . import pricing


struct Book:
    long_size: int256
    short_size: int256


struct MarketState:
    book: Book
    long_quote: int256
    short_quote: int256
    long_paid: int256
    short_paid: int256
    open_claims: int256
    funding: funding.Funding
    spent: payout.Spent


struct Profits:
    longs: int256
    shorts: int256


@internal
@pure
def packed_book(book: Book) -> uint256:
    """
    @notice The word of a book.
    """
    return (convert(convert(book.long_size, bytes32), uint256) << 160 >> 160) | (
        convert(convert(book.short_size, bytes32), uint256) << 160 >> 64
    )


@internal
@pure
def unpacked_book(packed: uint256) -> Book:
    """
    @notice The book that `packed_book` packed.
    """
    return Book(
        long_size=convert(convert(packed << 160, bytes32), int256) >> 160,
        short_size=convert(convert(packed << 64, bytes32), int256) >> 160,
    )


@internal
@pure
def skew(book: Book) -> int256:
    """
    @notice What all positions of the market add up to; shorts are negative.
    """
    return book.long_size + book.short_size


@internal
@pure
def open_interest(book: Book) -> int256:
    """
    @notice The size of the heavier side.
    """
    return max(book.long_size, 0 - book.short_size)


@internal
@pure
def traded(book: Book, size_before: int256, size: int256) -> Book:
    """
    @notice The book once a position of `size_before` has become one of `size`.
    """
    return Book(
        long_size=book.long_size + max(size, 0) - max(size_before, 0),
        short_size=book.short_size + min(size, 0) - min(size_before, 0),
    )


@internal
@pure
def require_within_limits(
    book: Book,
    size_before: int256,
    size: int256,
    index: int256,
    limits: parameters.LimitParams,
):
    """
    @notice Refuse an increase that leads beyond the limits of its market.
    """
    after: Book = self.traded(book, size_before, size)
    skew_after: int256 = fixed_point.magnitude(self.skew(after))
    errors.require(
        skew_after <= limits.max_skew
        or skew_after < fixed_point.magnitude(self.skew(book)),
        errors.SKEW_TOO_LARGE,
    )
    side: int256 = after.long_size if size > 0 else 0 - after.short_size
    errors.require(
        side <= limits.max_open_interest
        and margin.notional(side, index) <= limits.max_open_interest_value,
        errors.OPEN_INTEREST_TOO_LARGE,
    )


@internal
@pure
def projected(
    last: funding.Funding,
    book: Book,
    price: feed.FeedPrice,
    skew_scale: int256,
    params: funding.FundingParams,
    now: uint256,
) -> funding.Funding:
    """
    @notice The funding of a market as it will stand once it has accrued at `now`.
    """
    return funding.accrued(
        last,
        self.skew(book),
        skew_scale,
        feed.cumulative_price(price, now),
        params,
        now,
    )


@internal
@pure
def lent(
    last: funding.Funding,
    book: Book,
    index: int256,
    vault: int256,
    params: funding.BorrowingParams,
) -> funding.Funding:
    """
    @notice The funding of a market whose sides borrow, from now on, at what they use of
            the vault.
    """
    current: funding.Funding = last
    current.long_rate = funding.borrowing_rate(book.long_size, index, vault, params)
    current.short_rate = funding.borrowing_rate(
        0 - book.short_size, index, vault, params
    )
    return current


@internal
@pure
def refunded(
    last: funding.Funding, book: Book, mark: int256, skew_scale: int256
) -> funding.Funding:
    """
    @notice The funding of a market that trades no more: the premium, which the next
            trades would have given back, falls to the heavier side.
    """
    net: int256 = self.skew(book)
    each: int256 = pricing.refund(mark, net, self.open_interest(book), skew_scale)
    current: funding.Funding = last
    if net > 0:
        current.long_index -= each
    else:
        current.short_index += each
    return current


@internal
@pure
def side_profit(
    size: int256, quote: int256, paid: int256, price: int256, index: int256
) -> int256:
    """
    @notice What all positions of a side have gained together, rounded up.
    """
    owed: int256 = size * (price - index) + paid
    return fixed_point.div_up(owed, fixed_point.WAD) + quote


@internal
@pure
def profits(state: MarketState, mark: int256, current: funding.Funding) -> Profits:
    """
    @notice What each side of a market has gained at the mark.
    """
    return Profits(
        longs=self.side_profit(
            state.book.long_size,
            state.long_quote,
            state.long_paid,
            mark,
            current.long_index,
        ),
        shorts=self.side_profit(
            state.book.short_size,
            state.short_quote,
            state.short_paid,
            mark,
            current.short_index,
        ),
    )
