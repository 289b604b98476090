"""
A market: its parameters, the exact sums of its positions, its funding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol import account, errors, feed, ledger, oracle, parameters, rules
from protocol.backing import Standing
from protocol.collateral import Asset
from protocol.deleveraging import Opening
from protocol.errors import require
from protocol.feed import FeedPrice, Round
from protocol.fixed_point import require_fits
from protocol.funding import Funding, FundingAccrued
from protocol.ledger import Funds, Holdings
from protocol.liquidation import Bucket
from protocol.parameters import MarketParams, RiskParams
from protocol.payout import Spent
from protocol.position import Position
from protocol.sides import Book, MarketState
from protocol.units import Address, Atoms, Call, Price, Quote, Seconds, Size, SizePrice

if TYPE_CHECKING:
    from protocol.state import State

# Who asks the rules does not matter to them.
ANYONE = Call(0, Seconds(0))


class Books(Struct, frozen=True):
    funds: Funds
    escrow: Quote
    holdings: Holdings
    bad_debt_at: Seconds
    market_count: int
    risk_params: Address


class MarketSet(Struct, frozen=True):
    market_id: int
    code: Address


class MarketSettled(Struct, frozen=True):
    market_id: int
    price: Price
    long_index: Price
    short_index: Price


class RiskSet(Struct, frozen=True):
    code: Address


def load_params(state: State, market_id: int, now: Seconds) -> MarketParams:
    """The parameters of a market; there must be one."""
    return parameters.params_in(state, state.market_params[market_id], now)


def load_code(state: State, market_id: int) -> Address:
    """Where the parameters of a market lie; there must be one."""
    code = state.market_params[market_id]
    require(code != 0, errors.MARKET_UNKNOWN)
    return code


def load_risk(state: State) -> RiskParams:
    """The parameters of all accounts; they must have been set."""
    return parameters.risk_in(state, state.risk_params[()])


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


def round_of(state: State, market_id: int, number: int) -> Round:
    """What the oracle said of a market in a round, of its last ones."""
    return oracle.round_of(state, ANYONE, market_id, number)


def load_spent(state: State, market_id: int) -> Spent:
    """What a market has paid its winners lately."""
    return state.payouts[market_id]


def store_spent(state: State, market_id: int, spent: Spent) -> None:
    """Keep what a market has paid its winners lately."""
    state.payouts[market_id] = spent


def load_opening(state: State, market_id: int) -> Opening:
    """What may be deleveraged of a market."""
    return state.openings[market_id]


def store_opening(state: State, market_id: int, opening: Opening) -> None:
    """Keep what may be deleveraged of a market."""
    state.openings[market_id] = opening


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
        spent=load_spent(state, market_id),
    )


def accrue(state: State, market_id: int, price: FeedPrice, now: Seconds) -> Funding:
    """Bring the funding of a market up to `now`."""
    last = load_funding(state, market_id)
    if last.accrued_at == now:
        return last
    current = rules.accrued(
        state,
        ANYONE,
        state.market_params[market_id],
        last,
        load_book(state, market_id),
        price,
        now,
    )
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


def update_rates(state: State, market_id: int, index: Price) -> None:
    """Let both sides borrow at what they use of the vault from now on."""
    state.fundings[market_id] = rules.lent(
        state,
        ANYONE,
        state.market_params[market_id],
        load_funding(state, market_id),
        load_book(state, market_id),
        index,
        ledger.load_funds(state).vault,
    )


def exposure(
    state: State,
    market_id: int,
    held: Position,
    price: FeedPrice,
    needs_valid: bool,
    now: Seconds,
) -> Standing:
    """What a position in the market adds to its account."""
    return rules.exposure(
        state,
        ANYONE,
        state.market_params[market_id],
        held,
        load_funding(state, market_id),
        load_book(state, market_id),
        price,
        needs_valid,
        now,
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


def asset(state: State, code: Address, atoms: Atoms) -> Asset:
    """What atoms of a token come to."""
    return rules.asset(state, ANYONE, code, atoms)


def load_bucket(state: State, market_id: int) -> Bucket:
    """The liquidation bucket of a market as it was left."""
    return state.buckets[market_id]


def store_bucket(state: State, market_id: int, bucket: Bucket) -> None:
    """Keep the liquidation bucket of a market."""
    state.buckets[market_id] = bucket


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
    price = price_of(state, market_id)
    accrue(state, market_id, price, now)
    state.market_params[market_id] = code
    update_rates(state, market_id, price.index)


def settle_market(state: State, market_id: int, code: Address, now: Seconds) -> None:
    """Let a market trade no more, and the premium fall to its heavier side."""
    price = price_of(state, market_id)
    current = rules.refunded(
        state,
        ANYONE,
        code,
        accrue(state, market_id, price, now),
        load_book(state, market_id),
        price.mark,
    )
    state.fundings[market_id] = current
    state.market_params[market_id] = code
    state.log(
        MarketSettled(
            market_id=market_id,
            price=price.mark,
            long_index=current.long_index,
            short_index=current.short_index,
        )
    )


def set_risk(state: State, code: Address) -> None:
    """Change the parameters of all accounts to those in the code."""
    state.risk_params[()] = code
