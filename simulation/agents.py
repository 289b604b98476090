"""
Who acts in a run: traders, those of them who are careless, and liquidity providers.

Each lives as a generator. It yields a call and is given what came of it, or yields
nothing and is woken at the next look at the market. It reads what anyone can read of
the protocol; all its numbers are exact integers.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from msgspec import Struct
from numpy.random import Generator as Randomness

from evm.actors import actor_address
from keepers.watch import Watch
from protocol import errors, market, top_ups
from protocol.account import CROSS, PORTFOLIO
from protocol.fixed_point import WAD
from protocol.model import Outcome
from protocol.order import OrderExpired, OrderFilled, OrderRefused
from protocol.state import TOKENS, State
from protocol.trace import UNLIMITED, Action
from protocol.units import Holder, Seconds
from simulation.genesis import LENDER
from simulation.parameters import Range
from simulation.paths import random_stream
from simulation.prices import PriceSeries
from simulation.scenario import Scenario
from simulation.sections import (
    AnyTraders,
    CarelessTraders,
    Hedgers,
    InformedTraders,
    Providers,
    StopLossTraders,
    TakeProfitTraders,
)

# A call, or nothing until the next look; and what came of the call.
Life = Generator[Action | None, Outcome | None, None]
Try = Generator[Action | None, Outcome | None, bool]
# The same, and in the end the error with which a trade was refused, if it was.
Deal = Generator[Action | None, Outcome | None, str | None]

# What is drawn has so many bits: as many as a float, and no float is involved.
DRAWN_BITS = 53
# A trade may cost so much of the price, in or out of a position.
TOLERANCE_IN = WAD // 100
TOLERANCE_OUT = WAD // 10
# Who is refused tries again after so long, and so many times.
PATIENCE = 600
TRIES = 6
# In how many steps both sides of a hedge are opened, so that neither waits for long.
STEPS = 40
# The place of the one order to trade that somebody has at a time.
PLACE = 0
# An order to top up is used so often at most, and not twice within so long.
TOP_UPS = 8
COOLDOWN = 60
# How long a line takes to fall that is recalled.
NOTICE = 86_400


class World:
    """What an agent can see."""

    def __init__(self, state: State, watch: Watch, exchange: int, start: int) -> None:
        self.state = state
        self.watch = watch
        self.exchange = exchange
        self.start = start
        self.now = start
        # What refused the last order of each account, nothing if it was filled.
        self.refusals: dict[int, str | None] = {}

    def note(self, outcome: Outcome) -> None:
        """See how orders end."""
        for _, event in outcome.logs:
            if isinstance(event, OrderFilled):
                self.refusals[event.holder] = None
            elif isinstance(event, OrderRefused):
                self.refusals[event.holder] = event.reason
            elif isinstance(event, OrderExpired):
                self.refusals[event.holder] = errors.ORDER_TOO_LATE

    def index(self, market_id: int) -> int:
        """The index price of a market, zero before its first round."""
        return int(self.watch.markets[market_id].price.index)

    def dealt(self, market_id: int, size_delta: int) -> int:
        """The price of a trade before spread and premium: the worse of the two."""
        price = self.watch.markets[market_id].price
        worse = max if size_delta > 0 else min
        return worse(int(price.index), int(price.mark))


class Purse(Struct, frozen=True):
    """
    What somebody brings: atoms of the quote token, or of the collateral with a number;
    and what they are worth in quote then.
    """

    atoms: int
    worth: int
    token_id: int | None = None

    @property
    def contract(self) -> str:
        """The contract of the token."""
        return TOKENS[0] if self.token_id is None else TOKENS[1 + self.token_id]


class Stay(Struct, frozen=True):
    """When somebody comes, with what, and when he leaves, if he does."""

    entry: int
    purse: Purse
    leaves_at: int | None


class Caution(Struct, frozen=True):
    """
    Atoms of quote that somebody has beside what backs his position; how long he takes
    to answer a call out of them, and what he pays a keeper, in atoms, to top him up.
    And the line that he is granted, in atoms, with its interest a day.
    """

    savings: int = 0
    reaction: int | None = None
    order_fee: int | None = None
    line: int = 0
    interest: int = 0


class Agent:
    """Somebody with a name, an address and money of his own."""

    def __init__(self, world: World, name: str, stay: Stay) -> None:
        self.world = world
        self.name = name
        self.stay = stay
        self.address = actor_address(name)
        self.holder = self.address << 96
        self.has_come = False
        self.life = self.live()

    @property
    def holders(self) -> tuple[int, ...]:
        """The accounts that the agent may have."""
        return (self.holder,)

    @property
    def brought(self) -> int:
        """What the agent has brought was worth in quote then."""
        return self.stay.purse.worth

    def live(self) -> Life:
        """All that the agent does, from the first look to the last."""
        raise NotImplementedError

    def call(self, to: str, function: str, *arguments: int) -> Action:
        """A call of the agent's, now."""
        return Action(to, function, self.address, self.world.now, arguments)

    def wait(self, seconds: int) -> Life:
        """Do nothing for some time."""
        until = self.world.now + seconds
        while self.world.now < until:
            yield None

    def bring_money(self) -> Life:
        """Come to the protocol at the time of entry, with money."""
        yield from self.wait(self.stay.entry)
        purse = self.stay.purse
        yield self.call(purse.contract, "mint", self.address, purse.atoms)
        self.has_come = True
        yield self.call(purse.contract, "approve", self.world.exchange, UNLIMITED)

    def is_leaving(self) -> bool:
        """Whether the time to leave has come."""
        leaves_at = self.stay.leaves_at
        return leaves_at is not None and self.world.now >= self.world.start + leaves_at


class Trader(Agent):
    """One position in one market, opened once, closed when it is time."""

    def __init__(
        self,
        world: World,
        name: str,
        stay: Stay,
        market_id: int,
        side: int,
        leverage: int,
        stop: int | None,
        target: int | None,
        caution: Caution,
    ) -> None:
        super().__init__(world, name, stay)
        self.market_id = market_id
        self.side = side
        self.leverage = leverage
        self.stop = stop
        self.target = target
        self.caution = caution
        # Where savings lie that an order tops up from.
        self.aside = self.holder | 1

    @property
    def holders(self) -> tuple[int, ...]:
        return self.holder, self.aside

    @property
    def brought(self) -> int:
        return self.stay.purse.worth + self.caution.savings * self.world.state.scale

    def bring_money(self) -> Life:
        yield from super().bring_money()
        yield from self.save()
        yield from self.borrow()

    def save(self) -> Life:
        """Bring savings, and order to be topped up of them."""
        savings, fee = self.caution.savings, self.caution.order_fee
        if not savings:
            return
        yield self.call(TOKENS[0], "mint", self.address, savings)
        yield self.call(TOKENS[0], "approve", self.world.exchange, UNLIMITED)
        if fee is None:
            return
        yield self.call("Exchange", "deposit", self.aside, savings)
        # So that the savings pay each fee too.
        brought = max(0, savings - TOP_UPS * fee)
        terms = (savings, -(-brought // TOP_UPS), fee, COOLDOWN, 0)
        yield self.call("TopUps", "set_order", self.holder, self.aside, *terms)
        operator = self.world.state.addresses.top_ups
        yield self.call("Exchange", "set_operator", operator, 1)

    def borrow(self) -> Life:
        """Ask for a line, which a lender grants out of money that he brings for it."""
        line, terms = self.caution.line, (self.caution.interest, NOTICE)
        if not line:
            return
        lender = actor_address(LENDER)
        yield self.call("Exchange", "ask_line", self.holder, lender, *terms)
        limit = line * self.world.state.scale
        for to, function, arguments in (
            (TOKENS[0], "mint", (lender, line)),
            (TOKENS[0], "approve", (self.world.exchange, UNLIMITED)),
            ("Exchange", "lend", (line,)),
            ("Exchange", "grant_line", (self.holder, limit, *terms)),
        ):
            yield Action(to, function, lender, self.world.now, arguments)

    def live(self) -> Life:
        yield from self.bring_money()
        yield self.put_in(self.holder, self.stay.purse.atoms)
        if (yield from self.open()):
            yield from self.hold()
            yield from self.close()
        yield from self.go()

    def put_in(self, holder: int, atoms: int) -> Action:
        """A deposit of what the trader has brought."""
        token_id = self.stay.purse.token_id
        if token_id is None:
            return self.call("Exchange", "deposit", holder, atoms)
        return self.call("Exchange", "deposit_collateral", holder, token_id, atoms)

    def take_out(self, atoms: int) -> Action:
        """A withdrawal of what the trader has brought."""
        token_id = self.stay.purse.token_id
        what = (atoms, self.address)
        if token_id is None:
            return self.call("Exchange", "withdraw", self.holder, *what)
        return self.call(
            "Exchange", "withdraw_collateral", self.holder, token_id, *what
        )

    def size(self) -> int:
        """The size of the position."""
        return int(self.world.state.positions[self.holder, self.market_id].size)

    def wanted_size(self) -> int:
        """The size that the money is worth, times the leverage."""
        index = self.world.index(self.market_id)
        worth = self.stay.purse.worth * self.leverage // WAD
        return self.side * (worth * WAD // index) if index else 0

    def trade(self, size_delta: int, tolerance: int) -> Deal:
        """Trade at the price of the moment or worse by no more than `tolerance`."""
        price = self.world.dealt(self.market_id, size_delta)
        worse = tolerance if size_delta > 0 else -tolerance
        return self.deal(size_delta, price + price * worse // WAD)

    def deal(self, size_delta: int, limit: int) -> Deal:
        """Trade at `limit` or better: at once, or by an order where trades wait."""
        waiting = market.load_risk(self.world.state).order
        if waiting.delay:
            return (yield from self.commit(size_delta, limit, int(waiting.least_fee)))
        words = (self.holder, self.market_id, size_delta, limit)
        outcome = yield self.call("Exchange", "trade", *words)
        assert outcome is not None
        return outcome.error

    def commit(self, size_delta: int, limit: int, fee: int) -> Deal:
        """Commit to a trade, and wait until that order has ended."""
        state, only_reduces = self.world.state, int(self.size() * size_delta < 0)
        words = (self.market_id, size_delta, limit, only_reduces, fee)
        outcome = yield self.call("Orders", "commit", self.holder, PLACE, *words)
        assert outcome is not None
        if outcome.error is not None:
            return outcome.error
        while state.accounts[self.holder].orders >> PLACE & 1:
            yield None
        if not state.orders[self.holder, PLACE].size_delta:
            return self.world.refusals[self.holder]
        # It died with a liquidation, and the fee is there still.
        yield self.call("Orders", "cancel", self.holder, PLACE)
        return errors.ORDER_DEAD

    def open(self) -> Try:
        """Open the position, smaller where less is allowed; whether it was."""
        size = self.wanted_size()
        for _ in range(TRIES):
            error = yield from self.trade(size, TOLERANCE_IN)
            if error is None:
                return True
            if error == errors.BELOW_INITIAL_MARGIN:
                size = size * 3 // 4
            else:
                yield from self.wait(PATIENCE)
                size = self.wanted_size()
        return False

    def hold(self) -> Life:
        """Keep the position until it is time, or until it was liquidated."""
        entered_at = self.world.index(self.market_id)
        while self.size() and not self.is_leaving() and not self.is_done(entered_at):
            yield from self.answer()
            yield None

    def answer(self) -> Life:
        """Bring what is missing, once a call has stood for the time of reaction."""
        state, now = self.world.state, self.world.now
        called_at = int(state.accounts[self.holder].called_at)
        reaction = self.caution.reaction
        if reaction is None or not called_at or now < called_at + reaction:
            return
        missing = top_ups.missing(state, Holder(self.holder), Seconds(now))
        left = int(state.quote.balances[self.address])
        atoms = min(-(-int(missing) // state.scale), left)
        if atoms > 0:
            yield self.call("Exchange", "deposit", self.holder, atoms)

    def is_done(self, entered_at: int) -> bool:
        """Whether the price is worse than at the entry by the stop, or on target."""
        moved = self.world.index(self.market_id) - entered_at
        gained = self.side * moved * WAD
        is_stopped = self.stop is not None and gained <= -self.stop * entered_at
        return is_stopped or (
            self.target is not None and gained >= self.target * entered_at
        )

    def close(self) -> Life:
        """Close what is left of the position."""
        for _ in range(TRIES):
            size = self.size()
            if size == 0:
                return
            error = yield from self.trade(-size, TOLERANCE_OUT)
            if error is not None:
                yield from self.wait(PATIENCE)

    def go(self) -> Life:
        """Take everything that is free."""
        state = self.world.state
        for _ in range(TRIES):
            if not state.accounts[self.holder].claims:
                break
            outcome = yield self.call("Exchange", "settle", self.holder, self.market_id)
            assert outcome is not None
            if outcome.error is not None:
                yield from self.wait(PATIENCE)
        if state.accounts[self.holder].has_line:
            yield self.call("Exchange", "settle_line", self.holder)
        for holder in self.holders:
            atoms = int(state.accounts[holder].cash) // state.scale
            if atoms > 0 and self.size() == 0:
                yield self.call("Exchange", "withdraw", holder, atoms, self.address)
        yield from self.take_tokens()

    def take_tokens(self) -> Life:
        """Take back the token that was brought, once no debt is left."""
        state, token_id = self.world.state, self.stay.purse.token_id
        if token_id is None:
            return
        for _ in range(TRIES):
            amount = int(state.collaterals[self.holder, token_id])
            if amount == 0 or self.size():
                return
            decimals = self.world.watch.token_params(token_id).decimals
            outcome = yield self.take_out(amount // 10 ** (18 - decimals))
            assert outcome is not None
            if outcome.error is not None:
                yield from self.wait(PATIENCE)


class Hedger(Trader):
    """Two positions of one value and opposite sides, opened step by step."""

    main_id: int
    against_id: int
    mode: int

    def hedge(self, against_id: int, mode: int) -> None:
        """Be told in which other market, and in which margin mode."""
        self.main_id, self.against_id, self.mode = self.market_id, against_id, mode

    def open(self) -> Try:
        """Open as much of both as is asked for, or allowed; whether anything was."""
        if self.mode != CROSS:
            yield self.call("Exchange", "set_margin_mode", self.holder, self.mode)
        wanted, side = self.wanted_size(), self.side
        value = abs(wanted) * self.world.index(self.main_id) // WAD
        index = self.world.index(self.against_id)
        other = -side * value * WAD // index if index else 0
        for _ in range(STEPS):
            for market_id, size in ((self.main_id, wanted), (self.against_id, other)):
                self.market_id = market_id
                error = yield from self.trade(size // STEPS, TOLERANCE_IN)
                if error is not None:
                    self.market_id = self.main_id
                    return self.size() != 0
        self.market_id = self.main_id
        return True

    def close(self) -> Life:
        for market_id in (self.against_id, self.main_id):
            self.market_id = market_id
            yield from super().close()

    def go(self) -> Life:
        for market_id in (self.against_id, self.main_id):
            self.market_id = market_id
            yield from super().go()


class InformedTrader(Trader):
    """Knows prices before they are reported, and trades on nothing else."""

    series: PriceSeries
    foresight: int

    def know(self, series: PriceSeries, foresight: int) -> None:
        """Be told what will be reported, so many seconds ahead."""
        self.series, self.foresight = series, foresight

    def live(self) -> Life:
        yield from self.bring_money()
        yield self.put_in(self.holder, self.stay.purse.atoms)
        while not self.is_leaving():
            known = self.series.at(self.world.now + self.foresight)
            yield from self.close_at(known) if self.size() else self.open_at(known)
            yield from self.answer()
            yield None
        yield from self.close()
        yield from self.go()

    def open_at(self, known: int) -> Life:
        """Open, at a limit that leaves a gain to who closes at what is known."""
        world, price = self.world, self.world.index(self.market_id)
        params = market.load_params(world.state, self.market_id, Seconds(world.now))
        fees = 2 * price * int(params.fee.taker) // WAD
        spread = int(world.watch.markets[self.market_id].price.confidence)
        self.side = 1 if known > price else -1
        limit = known - self.side * (fees + spread)
        if self.side * (limit - price) > spread:
            yield from self.deal(self.wanted_size(), limit)

    def close_at(self, known: int) -> Life:
        """Close where what is known is no better than the last price, and be paid."""
        size = self.size()
        if size * (known - self.world.index(self.market_id)) > 0:
            return
        yield from self.trade(-size, TOLERANCE_OUT)
        if self.world.state.accounts[self.holder].claims:
            yield self.call("Exchange", "settle", self.holder, self.market_id)


class CarelessTrader(Trader):
    """A trader who learns the limits by running into them."""

    def live(self) -> Life:
        yield from self.bring_money()
        # The account of somebody else.
        yield self.put_in(self.holder + (1 << 96), 1)
        yield self.put_in(self.holder, self.stay.purse.atoms)
        yield from self.ask_too_much()
        if (yield from self.open()):
            yield self.take_out(self.stay.purse.atoms)
            yield from self.hold()
            yield from self.close()
        yield from self.go()

    def ask_too_much(self) -> Life:
        """A size above the limit, a price that nobody fills, a wrong address."""
        state = self.world.state
        now = Seconds(self.world.now)
        limits = market.load_params(state, self.market_id, now).limits
        too_much = self.side * (int(limits.max_size) + 1)
        yield from self.trade(too_much, TOLERANCE_IN)
        yield from self.trade(self.wanted_size(), -TOLERANCE_IN)
        yield self.call("Exchange", "liquidate", self.holder, self.market_id)


class Provider(Agent):
    """Lends to the vault, and may want its money back."""

    def __init__(self, world: World, name: str, stay: Stay, fraction: int) -> None:
        super().__init__(world, name, stay)
        self.fraction = fraction

    def live(self) -> Life:
        yield from self.bring_money()
        for _ in range(TRIES):
            if (yield from self.ask("request_deposit", self.stay.purse.atoms)):
                break
        while self.stay.leaves_at is not None and not self.is_leaving():
            yield None
        if self.stay.leaves_at is not None:
            yield from self.leave()

    def shares(self) -> int:
        """The shares of the provider."""
        return int(self.world.state.shares[self.address])

    def ask(self, function: str, amount: int) -> Try:
        """Make a request and wait for its end; whether it was executed."""
        before = self.shares()
        outcome = yield self.call("Vault", function, amount, 1)
        assert outcome is not None
        if outcome.error is not None:
            yield from self.wait(PATIENCE)
            return False
        requests = self.world.state.requests
        while requests[outcome.returned].amount:
            yield None
        return self.shares() != before

    def leave(self) -> Life:
        """Leave, with ever less as long as the vault cannot spare it."""
        shares = self.shares() * self.fraction // WAD
        for _ in range(TRIES):
            if shares == 0 or (yield from self.ask("request_redeem", shares)):
                return
            shares = shares * 3 // 4


# Who does more than open a position and close it.
KINDS: dict[type[AnyTraders], type[Trader]] = {
    CarelessTraders: CarelessTrader,
    Hedgers: Hedger,
    InformedTraders: InformedTrader,
}
MODES = {"cross": CROSS, "portfolio": PORTFOLIO}


def drawn(ends: Range, rng: Randomness) -> int:
    """A whole number between two, both included, each as likely."""
    span = ends.high - ends.low + 1
    return ends.low + (span * int(rng.integers(0, 2**DRAWN_BITS)) >> DRAWN_BITS)


def quote_purse(capital: int, scale: int) -> Purse:
    """So much quote, of which an atom is `scale` wads."""
    atoms = max(1, capital // scale)
    return Purse(atoms, atoms * scale)


def token_purse(capital: int, token_id: int, scale: int, price: int) -> Purse:
    """As much of a token, of which an atom is `scale` wads, as the capital buys."""
    atoms = max(1, capital * WAD // price // scale)
    return Purse(atoms, atoms * scale * price // WAD, token_id)


def make_agents(
    scenario: Scenario, world: World, series: Sequence[PriceSeries]
) -> Iterator[Agent]:
    """
    Everybody in a scenario, each group drawn from a stream of its own. `series` are the
    prices of the markets, then those of the tokens, at whose first they are brought.
    """
    markets = [market.name for market in scenario.markets]
    tokens = [token.name for token in scenario.tokens]
    for place, group in enumerate(scenario.agents):
        rng = random_stream(scenario.run.seed, f"agents.{place}")
        habits = random_stream(scenario.run.seed, f"agents.{place}.habits")
        for number in range(group.count):
            name = f"{group.kind}-{place}-{number}"
            entry, capital = drawn(group.entry, rng), drawn(group.capital, rng)
            purse = quote_purse(capital, world.state.scale)
            if not isinstance(group, Providers) and group.backed_by is not None:
                token_id = tokens.index(group.backed_by)
                scale = scenario.tokens[token_id].scale
                price = series[len(markets) + token_id].ticks[0].price
                purse = token_purse(capital, token_id, scale, price)
            stay = Stay(entry, purse, group.leaves_at)
            if isinstance(group, Providers):
                yield Provider(world, name, stay, group.fraction)
            else:
                market_id = markets.index(group.market)
                caution = caution_of(group, capital, world.state.scale, habits)
                trader = make_trader(group, world, name, stay, market_id, rng, caution)
                if isinstance(trader, Hedger) and isinstance(group, Hedgers):
                    trader.hedge(markets.index(group.against), MODES[group.mode])
                if isinstance(trader, InformedTrader) and isinstance(
                    group, InformedTraders
                ):
                    trader.know(series[market_id], group.foresight)
                yield trader


def caution_of(group: AnyTraders, capital: int, scale: int, rng: Randomness) -> Caution:
    """How one trader of a group is prepared for a call."""
    fee = group.order_fee
    return Caution(
        savings=capital * group.savings // WAD // scale,
        reaction=None if group.reaction is None else drawn(group.reaction, rng),
        order_fee=None if fee is None else fee // scale,
        line=capital * group.line // WAD // scale,
        interest=group.interest,
    )


def make_trader(
    group: AnyTraders,
    world: World,
    name: str,
    stay: Stay,
    market_id: int,
    rng: Randomness,
    caution: Caution,
) -> Trader:
    """One trader of a group."""
    side = 1 if getattr(group, "side", group.kind) == "long" else -1
    kind = KINDS.get(type(group), Trader)
    stop = group.stop if isinstance(group, StopLossTraders) else None
    target = group.target if isinstance(group, TakeProfitTraders) else None
    leverage = drawn(group.leverage, rng)
    return kind(world, name, stay, market_id, side, leverage, stop, target, caution)
