# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Market
@notice A market: its parameters, the exact sums of its positions, its funding.
"""

from . import Rules
from . import account
from . import backing
from . import collateral
from . import deleveraging
from . import errors
from . import feed
from . import fixed_point
from . import funding
from . import ledger
from . import liquidation
from . import parameters
from . import payout
from . import position
from . import sides

uses: ledger


struct Books:
    funds: ledger.Funds
    escrow: int256
    holdings: ledger.Holdings
    bad_debt_at: uint256
    market_count: uint256
    risk_params: address


event MarketSet:
    market_id: indexed(uint256)
    code: address


event MarketSettled:
    market_id: indexed(uint256)
    price: int256
    long_index: int256
    short_index: int256


event RiskSet:
    code: address


interface Oracle:
    def price(feed_id: uint256) -> feed.FeedPrice: view
    def round_of(feed_id: uint256, number: uint256) -> feed.Round: view


ORACLE: immutable(address)
RULES: immutable(address)

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
payouts: HashMap[uint256, uint256]
openings: HashMap[uint256, uint256]


@deploy
def __init__(oracle: address, rules: address):
    ORACLE = oracle
    RULES = rules


@internal
@view
def load_code(market_id: uint256) -> address:
    """
    @notice Where the parameters of a market lie; there must be one.
    """
    code: address = self.market_params[market_id]
    errors.require(code != empty(address), errors.MARKET_UNKNOWN)
    return code


@internal
@view
def load_risk() -> parameters.RiskParams:
    """
    @notice The parameters of all accounts; they must have been set.
    """
    return parameters.risk_in(self.risk_params)


@internal
@view
def load_book(market_id: uint256) -> sides.Book:
    """
    @notice The sum of the sizes of a market, a side each.
    """
    return sides.unpacked_book(self.books[market_id])


@internal
def store_book(market_id: uint256, book: sides.Book):
    """
    @notice Keep the book of a market.
    """
    self.books[market_id] = sides.packed_book(book)


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
@view
def round_of(market_id: uint256, number: uint256) -> feed.Round:
    """
    @notice What the oracle said of a market in a round, of its last ones.
    """
    return staticcall Oracle(ORACLE).round_of(market_id, number)


@internal
@view
def load_spent(market_id: uint256) -> payout.Spent:
    """
    @notice What a market has paid its winners lately.
    """
    return payout.unpacked_spent(self.payouts[market_id])


@internal
def store_spent(market_id: uint256, spent: payout.Spent):
    """
    @notice Keep what a market has paid its winners lately.
    """
    self.payouts[market_id] = payout.packed_spent(spent)


@internal
@view
def load_opening(market_id: uint256) -> deleveraging.Opening:
    """
    @notice What may be deleveraged of a market.
    """
    return deleveraging.unpacked_opening(self.openings[market_id])


@internal
def store_opening(market_id: uint256, opening: deleveraging.Opening):
    """
    @notice Keep what may be deleveraged of a market.
    """
    self.openings[market_id] = deleveraging.packed_opening(opening)


@internal
@view
def state_of(market_id: uint256) -> sides.MarketState:
    """
    @notice The sums of a market, with its funding as it stood at its last accrual.
    """
    return sides.MarketState(
        book=self.load_book(market_id),
        long_quote=self.side_quotes[market_id][True],
        short_quote=self.side_quotes[market_id][False],
        long_paid=self.side_fundings[market_id][True],
        short_paid=self.side_fundings[market_id][False],
        open_claims=self.open_claims[market_id],
        funding=self.load_funding(market_id),
        spent=self.load_spent(market_id),
    )


@internal
def accrue(market_id: uint256, price: feed.FeedPrice, now: uint256) -> funding.Funding:
    """
    @notice Bring the funding of a market up to `now`.
    """
    last: funding.Funding = self.load_funding(market_id)
    if last.accrued_at == now:
        return last
    current: funding.Funding = staticcall Rules.__interface__(RULES).accrued(
        self.market_params[market_id], last, self.load_book(market_id), price, now
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
def update_rates(market_id: uint256, index: int256):
    """
    @notice Let both sides borrow at what they use of the vault from now on.
    """
    self.fundings[market_id] = funding.packed_funding(
        staticcall Rules.__interface__(RULES).lent(
            self.market_params[market_id],
            self.load_funding(market_id),
            self.load_book(market_id),
            index,
            ledger.load_funds().vault,
        )
    )


@internal
@view
def exposure(
    market_id: uint256,
    held: position.Position,
    price: feed.FeedPrice,
    needs_valid: bool,
    now: uint256,
) -> backing.Standing:
    """
    @notice What a position in the market adds to its account.
    """
    return staticcall Rules.__interface__(RULES).exposure(
        self.market_params[market_id],
        held,
        self.load_funding(market_id),
        self.load_book(market_id),
        price,
        needs_valid,
        now,
    )


@internal
def add_to_side(
    market_id: uint256, is_long: bool, size: int256, quote: int256, paid: int256
):
    """
    @notice Add what a position gained in size, quote and funding to its side's sums.
    """
    if size != 0:
        book: sides.Book = self.load_book(market_id)
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
@view
def asset(code: address, atoms: uint256) -> collateral.Asset:
    """
    @notice What atoms of a token come to.
    """
    return staticcall Rules.__interface__(RULES).asset(code, atoms)


@internal
@view
def load_bucket(market_id: uint256) -> liquidation.Bucket:
    """
    @notice The liquidation bucket of a market as it was left.
    """
    return liquidation.unpacked_bucket(self.buckets[market_id])


@internal
def store_bucket(market_id: uint256, bucket: liquidation.Bucket):
    """
    @notice Keep the liquidation bucket of a market.
    """
    self.buckets[market_id] = liquidation.packed_bucket(bucket)


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
    price: feed.FeedPrice = self.price_of(market_id)
    self.accrue(market_id, price, now)
    self.market_params[market_id] = code
    self.update_rates(market_id, price.index)


@internal
def settle_market(market_id: uint256, code: address, now: uint256):
    """
    @notice Let a market trade no more, and the premium fall to its heavier side.
    """
    price: feed.FeedPrice = self.price_of(market_id)
    current: funding.Funding = staticcall Rules.__interface__(RULES).refunded(
        code, self.accrue(market_id, price, now), self.load_book(market_id), price.mark
    )
    self.fundings[market_id] = funding.packed_funding(current)
    self.market_params[market_id] = code
    log MarketSettled(
        market_id=market_id,
        price=price.mark,
        long_index=current.long_index,
        short_index=current.short_index,
    )


@internal
def set_risk(code: address):
    """
    @notice Change the parameters of all accounts to those in the code.
    """
    self.risk_params = code
