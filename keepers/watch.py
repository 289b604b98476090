"""
What keepers know of every account, without asking the protocol about each at each look.

Between two changes of an account its equity and its maintenance margin are linear in
the marks and the funding indices of its markets, and in the marks of its tokens. So an
account is examined once, by the protocol's own functions, and from then on a
multiplication tells whether it can be at risk; only then the protocol is asked again.
Of a portfolio it is asked at each look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from protocol import (
    collateral,
    errors,
    feed,
    funding,
    health,
    margin,
    margin_call,
    market,
    position,
    sides,
)
from protocol.account import MAX_MARKETS, PORTFOLIO
from protocol.backing import Standing
from protocol.collateral import FIRST_FEED, MAX_TOKENS, CollateralParams
from protocol.feed import FeedPrice
from protocol.fixed_point import WAD, mul_wad_up
from protocol.model import Outcome
from protocol.state import State
from protocol.units import Holder, Quote, Seconds, Size

# What roundings can come to between two looks, in wads of quote.
ROUNDING = 1_000


class Line(Struct, frozen=True):
    """
    A position when it was examined. `worth` is what a unit of it had gained since an
    index of zero: the mark less the index of its side.
    """

    market_id: int
    size: int
    profit: int
    worth: int
    mark: int
    ratio: int


class Asset(Struct, frozen=True):
    """
    A token of an account when it was examined; `haircut` is the part of it that does
    not count.
    """

    token_id: int
    amount: int
    mark: int
    haircut: int


class Seen(Struct, frozen=True):
    """
    An account when it was examined; `spare` is its equity above that below which its
    margin may be called.
    """

    cash: int
    equity: int
    spare: int
    lines: tuple[Line, ...]
    assets: tuple[Asset, ...]


class Look(Struct, frozen=True):
    """A market at the moment: its price, and what a unit of each side has gained."""

    price: FeedPrice
    is_fresh: bool
    long_worth: int
    short_worth: int


class TokenLook(Struct, frozen=True):
    """A token at the moment."""

    price: FeedPrice
    is_fresh: bool


class Watch:
    """The accounts of a protocol, as far as keepers have to know them."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.now = Seconds(0)
        self.markets: list[Look] = []
        self.tokens: list[TokenLook] = []
        self.seen: dict[Holder, Seen] = {}
        self.holders: dict[Holder, None] = {}
        # The numbers of the requests that wait.
        self.requests: dict[int, None] = {}
        # The accounts that an order may still bring something.
        self.orders: dict[Holder, None] = {}
        # The accounts and places with an order, committed or waiting for a price.
        self.pending: dict[tuple[Holder, int], None] = {}

    def note(self, outcome: Outcome) -> None:
        """Take in what a call has changed."""
        state = self.state
        for (table, key), record in outcome.writes.items():
            if table is state.accounts:
                self.seen.pop(key, None)
                self.holders[key] = None
            elif table is state.positions or table is state.claims:
                self.seen.pop(key[0], None)
            elif (
                table is state.market_params
                or table is state.risk_params
                or table is state.collateral_params
            ):
                self.seen.clear()
            elif table is state.requests and record.amount:
                self.requests[key] = None
            elif table is state.requests:
                del self.requests[key]
            elif table is state.top_ups and record.ceiling:
                self.orders[key] = None
            elif table is state.top_ups:
                self.orders.pop(key, None)
            elif table is state.orders and record.size_delta != Size(0):
                self.pending[key] = None
            elif table is state.orders:
                self.pending.pop(key, None)

    def look(self, now: int) -> None:
        """Look at every market and every token at `now`."""
        self.now = Seconds(now)
        count = self.state.market_count[()]
        before = [seen.price.maintenance_multiplier for seen in self.markets]
        self.markets = [self.look_at(market_id) for market_id in range(count)]
        if before != [seen.price.maintenance_multiplier for seen in self.markets]:
            # What an account must hold was told by the margins of before.
            self.seen.clear()
        used = self.state.collateral_params
        self.tokens = [
            self.look_at_token(token_id)
            for token_id in range(MAX_TOKENS)
            if used[token_id] != 0
        ]

    def look_at(self, market_id: int) -> Look:
        """Look at one market."""
        state, now = self.state, self.now
        params = market.load_params(state, market_id, now)
        price = market.price_of(state, market_id)
        book = market.load_book(state, market_id)
        last = market.load_funding(state, market_id)
        current = sides.projected(
            last, book, price, params.pricing.skew_scale, params.funding, now
        )
        return Look(
            price=price,
            is_fresh=is_fresh(price, params.limits.risk_age, now),
            long_worth=int(price.mark - funding.side_index(current, True)),
            short_worth=int(price.mark - funding.side_index(current, False)),
        )

    def look_at_token(self, token_id: int) -> TokenLook:
        """Look at one token."""
        params = self.token_params(token_id)
        price = market.price_of(self.state, FIRST_FEED + token_id)
        return TokenLook(price, is_fresh(price, params.max_age, self.now))

    def token_params(self, token_id: int) -> CollateralParams:
        """The parameters of a token."""
        return collateral.params_in(self.state, self.state.collateral_params[token_id])

    def account(self, holder: Holder) -> Seen:
        """The account as it was last examined, which is now if it has changed."""
        known = self.seen.get(holder)
        if known is None:
            known = self.seen[holder] = self.examined(holder)
        return known

    def examined(self, holder: Holder) -> Seen:
        """Ask the protocol about an account."""
        held = self.state.accounts[holder]
        standing = self.standing(holder)
        lines = tuple(self.lines(holder, held.positions))
        assets = tuple(self.assets(holder, held.tokens))
        risk = market.load_risk(self.state)
        reserve = risk.reserve if held.positions else Quote(0)
        must_hold = int(
            margin_call.required(standing.maintenance, reserve, risk.margin_call)
        )
        equity = int(standing.equity)
        return Seen(int(held.cash), equity, equity - must_hold, lines, assets)

    def standing(self, holder: Holder) -> Standing:
        """What the protocol says an account is worth and must hold."""
        return health.standing_of(self.state, holder, False, self.now)

    def lines(self, holder: Holder, positions: int) -> Iterator[Line]:
        """The positions of an account in the markets of a bitmap."""
        warned = market.load_risk(self.state).margin_call
        for market_id in range(MAX_MARKETS):
            if not positions >> market_id & 1:
                continue
            held = position.load_position(self.state, holder, market_id)
            params = market.load_params(self.state, market_id, self.now)
            seen = self.markets[market_id]
            worth = seen.long_worth if held.size > 0 else seen.short_worth
            index = type(seen.price.mark)(int(seen.price.mark) - worth)
            ratio = margin.scaled(
                margin.size_ratio(held.size, params.pricing.skew_scale, params.margin),
                seen.price.maintenance_multiplier,
            )
            ratio = mul_wad_up(ratio, params.margin.maintenance_fraction)
            ratio = mul_wad_up(ratio, warned.ratio)
            yield Line(
                market_id=market_id,
                size=int(held.size),
                profit=int(position.profit(held, seen.price.mark, index)),
                worth=worth,
                mark=int(seen.price.mark),
                ratio=int(ratio),
            )

    def assets(self, holder: Holder, tokens: int) -> Iterator[Asset]:
        """The tokens of an account, of those in a bitmap."""
        for token_id, seen in enumerate(self.tokens):
            if tokens >> token_id & 1:
                yield Asset(
                    token_id=token_id,
                    amount=int(self.state.collaterals[holder, token_id]),
                    mark=int(seen.price.mark),
                    haircut=int(self.token_params(token_id).haircut),
                )

    def gain(self, line: Line) -> int:
        """What a position has gained since it was examined."""
        seen = self.markets[line.market_id]
        worth = seen.long_worth if line.size > 0 else seen.short_worth
        return line.size * (worth - line.worth) // WAD

    def risen(self, known: Seen) -> int:
        """By how much an account's tokens count for more since it was examined."""
        return sum(
            each.amount
            * (int(self.tokens[each.token_id].price.mark) - each.mark)
            // WAD
            * (WAD - each.haircut)
            // WAD
            for each in known.assets
        )

    def equity(self, holder: Holder) -> int:
        """What an account is worth now to the protocol, to a few wads."""
        known = self.account(holder)
        gains = sum(self.gain(line) for line in known.lines)
        return known.equity + gains + self.risen(known)

    def worth(self, holder: Holder) -> int:
        """What an account is worth now to who has it: its tokens without a haircut."""
        return self.equity(holder) + sum(
            each.amount
            * int(self.tokens[each.token_id].price.mark)
            // WAD
            * each.haircut
            // WAD
            for each in self.account(holder).assets
        )

    def token_worth(self, known: Seen) -> int:
        """What the tokens of an account are worth now, without a haircut."""
        return sum(
            each.amount * int(self.tokens[each.token_id].price.mark) // WAD
            for each in known.assets
        )

    def spare(self, holder: Holder) -> int:
        """How far an account is from a margin call, to a few wads."""
        known = self.account(holder)
        if self.state.accounts[holder].mode == PORTFOLIO:
            # What it must hold is bent where another stress becomes the worst.
            return self.examined(holder).spare
        spare = known.spare + self.risen(known)
        for line in known.lines:
            risen = int(self.markets[line.market_id].price.mark) - line.mark
            spare += self.gain(line)
            spare -= abs(line.size) * risen // WAD * line.ratio // WAD
        return spare

    def may_be_near(self, holder: Holder) -> bool:
        """Whether an account may be near its liquidation, or beyond."""
        known = self.account(holder)
        return bool(known.lines) and self.spare(holder) < ROUNDING

    def with_positions(self) -> Iterable[Holder]:
        """The accounts that have a position."""
        accounts = self.state.accounts
        return [holder for holder in self.holders if accounts[holder].positions]


def is_fresh(price: FeedPrice, max_age: Seconds, now: Seconds) -> bool:
    """Whether a price is young enough for what is asked."""
    try:
        feed.require_fresh_enough(price, max_age, now)
    except errors.Revert:
        return False
    return True
