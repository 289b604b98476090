# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Market
@notice A market: its parameters, the exact sums of its positions, its funding.
"""

from . import account
from . import errors
from . import fee
from . import feed
from . import fixed_point
from . import funding
from . import insurance
from . import ledger
from . import liquidation
from . import margin
from . import pricing

uses: ledger


struct LimitParams:
    max_skew: int256
    max_open_interest: int256
    max_open_interest_value: int256
    max_size: int256
    least_value: int256
    trade_age: uint256
    risk_age: uint256
    max_confidence: int256


struct MarketParams:
    pricing: pricing.PricingParams
    limits: LimitParams
    fee: fee.FeeParams
    funding: funding.FundingParams
    borrowing: funding.BorrowingParams
    margin: margin.MarginParams
    liquidation: liquidation.LiquidationParams


struct RiskParams:
    profit_weight: int256
    reserve: int256
    rewards: liquidation.RewardParams
    insurance: insurance.InsuranceParams


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


struct Books:
    funds: ledger.Funds
    holdings: ledger.Holdings
    market_count: uint256
    risk_params: address


event MarketSet:
    market_id: indexed(uint256)
    code: address


event RiskSet:
    code: address


interface Oracle:
    def price(feed_id: uint256) -> feed.FeedPrice: view


ORACLE: immutable(address)

market_count: uint256
# Parameters lie in the code at an address, where the governor put them.
market_params: HashMap[uint256, address]
risk_params: address
books: HashMap[uint256, uint256]
# What the positions of a side hold of `Position.quote`; the longs under `True`.
side_quotes: HashMap[uint256, HashMap[bool, int256]]
# And of `Position.funding`.
side_fundings: HashMap[uint256, HashMap[bool, int256]]
open_claims: HashMap[uint256, int256]
fundings: HashMap[uint256, uint256[3]]
buckets: HashMap[uint256, uint256]


@deploy
def __init__(oracle: address):
    ORACLE = oracle


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
@view
def params_in(code: address) -> MarketParams:
    """
    @notice The parameters of a market that lie in the code at an address.
    """
    errors.require(code != empty(address), errors.MARKET_UNKNOWN)
    return abi_decode(slice(code.code, 0, 33 * 32), MarketParams)


@internal
@view
def load_params(market_id: uint256) -> MarketParams:
    """
    @notice The parameters of a market; there must be one.
    """
    return self.params_in(self.market_params[market_id])


@internal
@view
def risk_in(code: address) -> RiskParams:
    """
    @notice The parameters of all accounts that lie in the code at an address.
    """
    errors.require(code != empty(address), errors.RISK_UNKNOWN)
    return abi_decode(slice(code.code, 0, 7 * 32), RiskParams)


@internal
@view
def load_risk() -> RiskParams:
    """
    @notice The parameters of all accounts; they must have been set.
    """
    return self.risk_in(self.risk_params)


@internal
@view
def load_book(market_id: uint256) -> Book:
    """
    @notice The sum of the sizes of a market, a side each.
    """
    return self.unpacked_book(self.books[market_id])


@internal
def store_book(market_id: uint256, book: Book):
    """
    @notice Keep the book of a market.
    """
    self.books[market_id] = self.packed_book(book)


@internal
@view
def load_funding(market_id: uint256) -> funding.Funding:
    """
    @notice The funding of a market as it stood at its last accrual.
    """
    return funding.unpacked_funding(self.fundings[market_id])


@internal
@view
def price_of(market_id: uint256) -> feed.FeedPrice:
    """
    @notice What the oracle says of a market.
    """
    return staticcall Oracle(ORACLE).price(market_id)


@internal
@pure
def projected(
    last: funding.Funding,
    book: Book,
    index: int256,
    params: MarketParams,
    now: uint256,
) -> funding.Funding:
    """
    @notice The funding of a market as it will stand once it has accrued at `now`.
    """
    return funding.accrued(
        last, self.skew(book), params.pricing.skew_scale, index, params.funding, now
    )


@internal
@view
def state_of(market_id: uint256) -> MarketState:
    """
    @notice The sums of a market, with its funding as it stood at its last accrual.
    """
    return MarketState(
        book=self.load_book(market_id),
        long_quote=self.side_quotes[market_id][True],
        short_quote=self.side_quotes[market_id][False],
        long_paid=self.side_fundings[market_id][True],
        short_paid=self.side_fundings[market_id][False],
        open_claims=self.open_claims[market_id],
        funding=self.load_funding(market_id),
    )


@internal
def accrue(
    market_id: uint256, index: int256, params: MarketParams, now: uint256
) -> funding.Funding:
    """
    @notice Bring the funding of a market up to `now`, at the index price until then.
    """
    last: funding.Funding = self.load_funding(market_id)
    if last.accrued_at == now:
        return last
    current: funding.Funding = self.projected(
        last, self.load_book(market_id), index, params, now
    )
    self.fundings[market_id] = funding.packed_funding(current)
    log funding.FundingAccrued(
        market_id=market_id,
        fine_rate=current.fine_rate,
        long_index=current.long_index,
        short_index=current.short_index,
    )
    return current


@internal
def update_rates(market_id: uint256, index: int256, params: MarketParams):
    """
    @notice Let both sides borrow at what they use of the vault from now on.
    """
    book: Book = self.load_book(market_id)
    vault: int256 = ledger.load_funds().vault
    current: funding.Funding = self.load_funding(market_id)
    current.long_rate = funding.borrowing_rate(
        book.long_size, index, vault, params.borrowing
    )
    current.short_rate = funding.borrowing_rate(
        0 - book.short_size, index, vault, params.borrowing
    )
    self.fundings[market_id] = funding.packed_funding(current)


@internal
def add_to_side(
    market_id: uint256, is_long: bool, size: int256, quote: int256, paid: int256
):
    """
    @notice Add what a position gained in size, quote and funding to its side's sums.
    """
    if size != 0:
        book: Book = self.load_book(market_id)
        if is_long:
            book.long_size += size
        else:
            book.short_size += size
        self.store_book(market_id, book)
        self.side_fundings[market_id][is_long] += paid
    total: int256 = self.side_quotes[market_id][is_long] + quote
    fixed_point.require_fits(total, 126)
    self.side_quotes[market_id][is_long] = total


@internal
def set_bucket(market_id: uint256, level: int256, now: uint256):
    """
    @notice Keep what is left in the liquidation bucket of a market.
    """
    self.buckets[market_id] = liquidation.packed_bucket(
        liquidation.Bucket(level=max(0, level), filled_at=now)
    )


@internal
@view
def bucket_level(
    market_id: uint256, params: liquidation.LiquidationParams, now: uint256
) -> int256:
    """
    @notice What the liquidation bucket of a market allows now.
    """
    bucket: liquidation.Bucket = liquidation.unpacked_bucket(self.buckets[market_id])
    return liquidation.filled(bucket, params, now)


@internal
def set_market(market_id: uint256, code: address, now: uint256):
    """
    @notice Start a market, or change its parameters from now on to those in the code.
    """
    errors.require(
        market_id <= self.market_count and market_id < account.MAX_MARKETS,
        errors.MARKET_UNKNOWN,
    )
    if market_id == self.market_count:
        self.market_count = market_id + 1
        self.market_params[market_id] = code
    index: int256 = self.price_of(market_id).index
    self.accrue(market_id, index, self.load_params(market_id), now)
    self.market_params[market_id] = code
    self.update_rates(market_id, index, self.params_in(code))
    log MarketSet(market_id=market_id, code=code)


@internal
def set_risk(code: address):
    """
    @notice Change the parameters of all accounts to those in the code.
    """
    self.risk_params = code
    log RiskSet(code=code)
