"""
What a run is measured by: the protocol at each look, and what everybody ends with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from keepers.watch import Watch
from protocol import exchange, market, payout, share
from protocol.fixed_point import WAD
from protocol.request import Request
from protocol.units import Call, Holder, Quote, Seconds, Shares
from simulation.agents import Agent
from simulation.prices import PriceSeries
from simulation.scenario import Scenario
from simulation.tally import Tally

QUANTILES = (5, 25, 50, 75, 95)


class MarketSample(Struct, frozen=True):
    """A market at one look; prices and sizes in wads."""

    price: int
    index: int
    mark: int
    long_size: int
    short_size: int


class TokenSample(Struct, frozen=True):
    """A token at one look: its prices, and what all accounts have of it; in wads."""

    price: int
    mark: int
    total: int


class Sample(Struct, frozen=True):
    """
    The protocol at one look; amounts in wads.

    `equities` are quantiles, over the accounts with a position, of their equity as a
    part of the money they came with; tokens count in it less their haircut. `cut` is
    what gains were cut by so far, `deleveraged` the value that was closed for its
    market's sake, `asked_back` what waiting redemptions are worth.
    """

    time: int
    markets: tuple[MarketSample, ...]
    tokens: tuple[TokenSample, ...]
    insurance: int
    vault: int
    nav: int
    share_value: int
    total_equity: int
    accounts: int
    equities: tuple[int, ...]
    liquidations: int
    bad_debt: int
    cut: int
    deleveraged: int
    asked_back: int


class Group(Struct, frozen=True):
    """
    What those of a group who came have brought and what they end with, in wads of
    quote: their wallets, accounts, shares and requests, tokens at the mark; of it
    `taken` is in their wallets. And what the insurance fund and the vault have paid for
    them, the value of their positions that was closed for a market's sake, and what
    their orders have paid keepers.
    """

    count: int
    brought: int
    worth: int
    taken: int
    insurance_drawn: int
    bad_debt: int
    deleveraged: int
    order_fees: int


class PriceRange(Struct, frozen=True):
    """The prices of a run, in wads."""

    first: int
    lowest: int
    highest: int
    last: int


class MarketEnd(Struct, frozen=True):
    """
    What a market's prices were, and what it has left its winners, in wads: claims that
    nobody has settled, what it counts as paid lately, what of their gains was cut, in
    how many times; and how often it opened deleveraging, how often something was closed
    by it, and the value closed.
    """

    prices: PriceRange
    claims: int
    spent: int
    cut: int
    cuts: int
    openings: int
    deleveragings: int
    deleveraged: int


class TokenEnd(Struct, frozen=True):
    """
    What a token's prices were and where it went, in wads; `paid` is what its buyers
    paid, in quote.
    """

    prices: PriceRange
    total: int
    sold: int
    paid: int
    seized: int


class Measures:
    """
    Measures what a run has come to. `series` are the prices of its markets, then those
    of its tokens; `agents` are everybody, in the order of their groups.
    """

    def __init__(
        self,
        scenario: Scenario,
        series: Sequence[PriceSeries],
        watch: Watch,
        agents: Sequence[Agent],
        tally: Tally,
    ) -> None:
        self.scenario = scenario
        self.market_prices = series[: len(scenario.markets)]
        self.token_prices = series[len(scenario.markets) :]
        self.watch = watch
        self.state = watch.state
        self.agents = agents
        self.brought = {agent.holder: agent.stay.purse.worth for agent in agents}
        self.tally = tally

    def is_set_up(self) -> bool:
        """Whether the run was not cut off before all markets and tokens were there."""
        return len(self.watch.markets) == len(self.market_prices) and len(
            self.watch.tokens
        ) == len(self.token_prices)

    def sample(self, now: int) -> Sample:
        """What the charts show of a look."""
        parts, total = [], 0
        for holder in self.watch.with_positions():
            equity = self.watch.equity(holder)
            total += equity
            brought = self.brought.get(holder)
            if brought:
                parts.append(equity * WAD // brought)
        funds = self.state.funds[()]
        nav = self.nav(now)
        # As many shares as the first unit of quote has bought.
        bundle = WAD * share.VIRTUAL_SHARES
        return Sample(
            time=now,
            markets=tuple(self.market_samples(now)),
            tokens=tuple(self.token_samples(now)),
            insurance=int(funds.insurance),
            vault=int(funds.vault),
            nav=nav,
            share_value=self.shares_worth(bundle, nav),
            total_equity=total,
            accounts=len(parts),
            equities=quantiles(sorted(parts)),
            liquidations=self.tally.liquidations,
            bad_debt=self.tally.bad_debt,
            cut=self.tally.cut.total(),
            deleveraged=self.tally.deleveraged.total(),
            asked_back=sum(
                self.request_worth(pending, nav)
                for pending in self.pending()
                if not pending.is_deposit
            ),
        )

    def market_samples(self, now: int) -> Iterator[MarketSample]:
        """Each market now."""
        for market_id, seen in enumerate(self.watch.markets):
            book = self.state.books[market_id]
            yield MarketSample(
                price=self.market_prices[market_id].at(now),
                index=int(seen.price.index),
                mark=int(seen.price.mark),
                long_size=int(book.long_size),
                short_size=int(book.short_size),
            )

    def token_samples(self, now: int) -> Iterator[TokenSample]:
        """Each token now."""
        for token_id, seen in enumerate(self.watch.tokens):
            yield TokenSample(
                price=self.token_prices[token_id].at(now),
                mark=int(seen.price.mark),
                total=int(self.state.totals[token_id]),
            )

    def nav(self, now: int) -> int:
        """The lower value of the vault at the last prices, valid or not."""
        call = Call(0, Seconds(now))
        worth = self.state.funds[()].vault
        for market_id in range(self.state.market_count[()]):
            owed = share.liability(
                exchange.market_of(self.state, call, market_id),
                market.price_of(self.state, market_id),
                market.load_params(self.state, market_id, call.now),
                self.state.funds[()].vault,
                True,
                call.now,
            )
            worth -= owed.high
        return int(worth)

    def shares_worth(self, shares: Shares, nav: int) -> int:
        """What shares of the vault are worth while it is worth `nav`."""
        return int(share.amount_for(shares, self.state.supply[()], Quote(nav)))

    def wallet(self, address: int) -> int:
        """What an actor has outside of the protocol, tokens at the mark."""
        worth = int(self.state.quote.balances[address] * self.state.scale)
        _, *tokens = self.state.tokens.values()
        for token_id, seen in enumerate(self.watch.tokens):
            scale = self.scenario.tokens[token_id].scale
            amount = tokens[token_id].balances[address] * scale
            worth += int(amount * int(seen.price.mark) // WAD)
        return worth

    def groups(self, now: int) -> Iterator[Group]:
        """What each group of agents has brought, and what it ends with."""
        nav = self.nav(now)
        waiting = self.waiting(nav)
        agents = iter(self.agents)
        for each in self.scenario.agents:
            came = [agent for agent in islice(agents, each.count) if agent.has_come]
            tally = self.tally
            yield Group(
                count=len(came),
                brought=sum(agent.brought for agent in came),
                worth=sum(self.belongings(agent, nav, waiting) for agent in came),
                taken=sum(self.wallet(agent.address) for agent in came),
                insurance_drawn=sum(tally.drawn_for[each.holder] for each in came),
                bad_debt=sum(tally.bad_debt_of[each.holder] for each in came),
                deleveraged=sum(tally.deleveraged_of[each.holder] for each in came),
                order_fees=sum(tally.order_fees[each.holder] for each in came),
            )

    def belongings(self, agent: Agent, nav: int, waiting: Counter[int]) -> int:
        """What an agent has: wallet, accounts, shares, and what is `waiting` for it."""
        shares = self.shares_worth(self.state.shares[agent.address], nav)
        inside = sum(self.watch.worth(Holder(each)) for each in agent.holders)
        return self.wallet(agent.address) + inside + shares + waiting[agent.address]

    def waiting(self, nav: int) -> Counter[int]:
        """What the requests that wait are worth, by who made them."""
        worth: Counter[int] = Counter()
        for pending in self.pending():
            worth[pending.controller] += self.request_worth(pending, nav)
        return worth

    def pending(self) -> Iterator[Request]:
        """The requests that wait."""
        return (self.state.requests[request_id] for request_id in self.watch.requests)

    def request_worth(self, pending: Request, nav: int) -> int:
        """What a request holds."""
        if pending.is_deposit:
            return pending.amount * self.state.scale
        return self.shares_worth(Shares(pending.amount), nav)

    def market_ends(self, now: int) -> Iterator[MarketEnd]:
        """What each market has left its winners."""
        for market_id, series in enumerate(self.market_prices):
            spent = market.load_spent(self.state, market_id)
            yield MarketEnd(
                prices=price_range(series, now),
                claims=int(self.state.open_claims[market_id]),
                spent=int(payout.decayed(spent, Seconds(now))),
                cut=self.tally.cut[market_id],
                cuts=self.tally.cuts[market_id],
                openings=self.tally.openings[market_id],
                deleveragings=self.tally.deleveragings[market_id],
                deleveraged=self.tally.deleveraged[market_id],
            )

    def token_ends(self, now: int) -> Iterator[TokenEnd]:
        """Where each token went."""
        for token_id, series in enumerate(self.token_prices):
            yield TokenEnd(
                prices=price_range(series, now),
                total=int(self.state.totals[token_id]),
                sold=self.tally.sold[token_id] * self.scenario.tokens[token_id].scale,
                paid=self.tally.paid[token_id] * self.state.scale,
                seized=self.tally.seized[token_id],
            )


def price_range(series: PriceSeries, now: int) -> PriceRange:
    """The prices of a series until now."""
    prices = [tick.price for tick in series.ticks if tick.time <= now]
    return PriceRange(prices[0], min(prices), max(prices), prices[-1])


def quantiles(ordered: list[int]) -> tuple[int, ...]:
    """The quantiles of ordered numbers, by the nearest rank; none of none."""
    if not ordered:
        return ()
    last = len(ordered) - 1
    return tuple(ordered[(last * percent + 50) // 100] for percent in QUANTILES)
