"""
A run: time goes along the prices, and whoever has something to do makes a call.

At each look the reporters speak first, then the agents act, then the keepers. Every
call goes through `Run.make`: into the trace, to the model, to the chain if there is
one, and into the counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from msgspec import Struct

from evm.actors import actor_address
from evm.compile import Contract
from evm.lockstep import Difference
from keepers.executor import executions
from keepers.liquidator import liquidations
from keepers.reporter import reports
from keepers.settler import settlements
from keepers.watch import Watch
from protocol import exchange, share, vault
from protocol.fixed_point import WAD
from protocol.model import Outcome
from protocol.trace import (
    VERSION,
    Action,
    Genesis,
    MarketGenesis,
    TraceWriter,
    genesis_actions,
)
from protocol.units import Call, Quote, Seconds
from simulation.agents import Agent, Life, World, make_agents
from simulation.prices import PriceSeries
from simulation.scenario import Scenario
from simulation.stage import Ending, Stage, open_stage
from simulation.tally import Conservation, Event, Tally

OWNER = "owner"
FOUNDER = "founder"
KEEPER = "keeper"
# What a chart can show; more looks than that are thinned out.
MOST_SAMPLES = 1_500
QUANTILES = (5, 25, 50, 75, 95)


class MarketSample(Struct, frozen=True):
    """A market at one look; prices and sizes in wads."""

    price: int
    index: int
    mark: int
    long_size: int
    short_size: int


class Sample(Struct, frozen=True):
    """
    The protocol at one look; amounts in wads.

    `equities` are quantiles, over the accounts with a position, of their equity as a
    part of the money they came with.
    """

    time: int
    markets: tuple[MarketSample, ...]
    insurance: int
    vault: int
    nav: int
    share_value: int
    total_equity: int
    accounts: int
    equities: tuple[int, ...]
    liquidations: int
    bad_debt: int


class Progress(Struct, frozen=True):
    """What a progress bar shows."""

    elapsed: int
    calls: int
    total_equity: int
    liquidations: int


class Result(Struct):
    """All that a run leaves."""

    genesis: Genesis
    chain: str
    tally: Tally
    samples: list[Sample]
    names: dict[int, str]
    accounts: int
    violations: int
    setup_calls: int
    nav_start: int
    nav_end: int
    insurance_start: int
    insurance_end: int
    wall_seconds: float
    scenario_seconds: int
    difference: Difference | None = None
    ending: Ending | None = None
    is_interrupted: bool = False
    is_cut: bool = False

    @property
    def events(self) -> list[Event]:
        return self.tally.events


class Ended(Exception):
    """The run is over before its time."""


class Feed(Struct):
    """The prices of a market, read along."""

    series: PriceSeries
    gap: int = 0

    def is_silent(self, now: int) -> bool:
        """Whether `now` lies in a gap, in which nobody reports."""
        gaps = self.series.gaps
        while self.gap < len(gaps) and gaps[self.gap].end <= now:
            self.gap += 1
        return self.gap < len(gaps) and gaps[self.gap].start < now


def reporter_name(market_name: str, number: int) -> str:
    """The actor that is a reporter of a market."""
    return f"reporter-{market_name}-{number}"


def genesis_of(scenario: Scenario, agents: Mapping[str, int]) -> Genesis:
    """What is decided before the first call; agents bring their money themselves."""
    actors = {name: actor_address(name) for name in (OWNER, FOUNDER, KEEPER)}
    markets = []
    for each in scenario.markets:
        names = [reporter_name(each.name, number) for number in range(each.reporters)]
        reporters = {name: actor_address(name) for name in names}
        actors |= reporters
        markets.append(
            MarketGenesis(each.name, each.feed, tuple(reporters.values()), each.params)
        )
    scale = int(10 ** (18 - scenario.decimals))
    return Genesis(
        version=VERSION,
        # The founder's request has waited when the run begins.
        start=scenario.run.start - int(scenario.risk.vault.delay) - 1,
        decimals=scenario.decimals,
        owner=actors[OWNER],
        risk=scenario.risk,
        markets=tuple(markets),
        collateral=(),
        actors=actors | dict(agents),
        balances={
            name: deposit // scale
            for name, deposit in (
                (FOUNDER, scenario.vault),
                (OWNER, scenario.insurance),
            )
            if deposit >= scale
        },
    )


def agent_names(scenario: Scenario) -> dict[str, int]:
    """The addresses of the agents by their names."""
    return {
        name: actor_address(name)
        for place, group in enumerate(scenario.agents)
        for name in (f"{group.kind}-{place}-{number}" for number in range(group.count))
    }


class Run:
    """A scenario on a stage."""

    def __init__(
        self,
        scenario: Scenario,
        series: list[PriceSeries],
        stage: Stage,
        genesis: Genesis,
        writer: TraceWriter,
        *,
        max_calls: int | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self.scenario = scenario
        self.feeds = [Feed(each) for each in series]
        self.stage = stage
        self.genesis = genesis
        self.writer = writer
        self.max_calls = max_calls
        self.is_stopped = is_stopped
        self.progress = progress
        self.state = stage.model.state
        self.tally = Tally()
        self.conservation = Conservation(self.state)
        self.watch = Watch(self.state)
        exchange_address = stage.addresses["Exchange"]
        self.world = World(self.state, self.watch, exchange_address, scenario.run.start)
        self.agents: list[Agent] = list(make_agents(scenario, self.world))
        self.brought = {
            agent.holder: agent.stay.atoms * self.state.scale for agent in self.agents
        }
        self.samples: list[Sample] = []
        self.nav_start = 0
        self.setup_calls = 0

    def make(self, action: Action, is_recorded: bool = True) -> Outcome:
        """
        Make a call, and take in what it did; into the trace it goes first, so that one
        that ends the run is there.
        """
        if self.max_calls is not None and self.tally.calls >= self.max_calls:
            raise Ended
        if self.is_stopped():
            raise KeyboardInterrupt
        if is_recorded:
            self.writer.write(action)
        outcome, gas = self.stage.make(action)
        self.conservation.check(outcome)
        self.watch.note(outcome)
        self.tally.count(action, outcome, gas)
        return outcome

    def go(self) -> None:
        """Make every call from genesis to the end."""
        for action in genesis_actions(self.genesis, self.stage.addresses):
            # A trace has them in its genesis.
            self.make(action, is_recorded=False)
            self.setup_calls += 1
        self.start()
        living = [agent.live() for agent in self.agents]
        run = self.scenario.run
        steps = run.duration // run.step
        thinned = -(-steps // MOST_SAMPLES)
        for step in range(steps + 1):
            now = run.start + step * run.step
            self.world.now = now
            self.report(now)
            self.watch.look(now)
            living = [life for life in living if self.live(life)]
            self.keep(now)
            if step % thinned == 0 or step == steps:
                self.sample(now)
        self.finish(run.start + steps * run.step)

    def start(self) -> None:
        """Fund the vault and the insurance before anybody comes."""
        now = self.scenario.run.start
        founder, owner = self.genesis.actors[FOUNDER], self.genesis.owner
        given = self.genesis.balances
        if FOUNDER in given:
            asked = (given[FOUNDER], 1)
            before = self.genesis.start
            self.make(Action("Vault", "request_deposit", founder, before, asked))
            self.watch.look(now)
            for action in executions(self.watch, founder):
                self.make(action)
        if OWNER in given:
            atoms = (given[OWNER],)
            self.make(Action("Exchange", "fund_insurance", owner, now, atoms))
        self.watch.look(now)
        self.nav_start = self.nav(now)

    def report(self, now: int) -> None:
        """Let the reporters of each market speak, unless their source stands still."""
        for market_id, (each, feed) in enumerate(
            zip(self.scenario.markets, self.feeds, strict=True)
        ):
            if feed.is_silent(now):
                continue
            reporters = self.genesis.markets[market_id].reporters
            price = feed.series.at(now)
            for action in reports(market_id, reporters, price, each.confidence, now):
                self.make(action)

    def live(self, life: Life) -> bool:
        """Let an agent make its calls of this look; whether it lives on."""
        try:
            action = next(life)
            while action is not None:
                action = life.send(self.make(action))
        except StopIteration:
            return False
        return True

    def keep(self, now: int) -> None:
        """Let the keepers work, when it is time."""
        keepers = self.scenario.keepers
        elapsed = now - self.scenario.run.start
        if keepers.every is not None and elapsed % keepers.every:
            return
        keeper = self.genesis.actors[KEEPER]
        if keepers.liquidator:
            for action in liquidations(self.watch, keeper):
                self.make(action)
        if keepers.settler:
            for action in settlements(self.watch, keeper):
                self.make(action)
        if keepers.executor:
            for action in executions(self.watch, keeper):
                self.make(action)

    def finish(self, now: int) -> None:
        """Pay the keeper and the treasury what they have earned."""
        keeper, owner = self.genesis.actors[KEEPER], self.genesis.owner
        earned = int(self.state.keeper_rewards[keeper]) // self.state.scale
        if earned:
            self.make(Action("Exchange", "claim_reward", keeper, now, (earned, keeper)))
        treasury = int(self.state.funds[()].treasury) // self.state.scale
        if treasury:
            arguments = (owner, treasury)
            self.make(Action("Governor", "collect_treasury", owner, now, arguments))

    def nav(self, now: int) -> int:
        """The lower value of the vault, whether or not its prices are valid."""
        moment = Seconds(now)
        books = exchange.books(self.state, Call(0, moment))
        nav = vault.nav_of(self.state, books, False, moment).low
        return int(nav)

    def sample(self, now: int) -> None:
        """Keep what the charts show."""
        self.watch.look(now)
        if len(self.watch.markets) < len(self.feeds):
            # Cut off before all markets were set up.
            return
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
        share_value = share.amount_for(bundle, self.state.supply[()], Quote(nav))
        self.samples.append(
            Sample(
                time=now,
                markets=tuple(self.market_samples(now)),
                insurance=int(funds.insurance),
                vault=int(funds.vault),
                nav=nav,
                share_value=int(share_value),
                total_equity=total,
                accounts=len(parts),
                equities=quantiles(sorted(parts)),
                liquidations=self.tally.liquidations,
                bad_debt=self.tally.bad_debt,
            )
        )
        elapsed = now - self.scenario.run.start
        self.progress(
            Progress(elapsed, self.tally.calls, total, self.tally.liquidations)
        )

    def market_samples(self, now: int) -> Iterator[MarketSample]:
        """Each market now."""
        for market_id, feed in enumerate(self.feeds):
            price = self.watch.markets[market_id].price
            book = self.state.books[market_id]
            yield MarketSample(
                price=feed.series.at(now),
                index=int(price.index),
                mark=int(price.mark),
                long_size=int(book.long_size),
                short_size=int(book.short_size),
            )

    def result(self, wall_seconds: float, **ended: Any) -> Result:
        """What the run leaves, as it stands."""
        return Result(
            genesis=self.genesis,
            chain=self.stage.name,
            tally=self.tally,
            samples=self.samples,
            names={agent.holder: agent.name for agent in self.agents}
            | {self.genesis.actors[FOUNDER] << 96: FOUNDER},
            accounts=len(self.agents),
            violations=self.conservation.violations,
            setup_calls=self.setup_calls,
            nav_start=self.nav_start,
            nav_end=self.samples[-1].nav if self.samples else self.nav_start,
            insurance_start=self.scenario.insurance,
            insurance_end=int(self.state.funds[()].insurance),
            wall_seconds=wall_seconds,
            scenario_seconds=self.world.now - self.scenario.run.start,
            **ended,
        )


def quantiles(ordered: list[int]) -> tuple[int, ...]:
    """The quantiles of ordered numbers, by the nearest rank; none of none."""
    if not ordered:
        return ()
    last = len(ordered) - 1
    return tuple(ordered[(last * percent + 50) // 100] for percent in QUANTILES)


def run_scenario(
    scenario: Scenario,
    series: list[PriceSeries],
    contracts: Mapping[str, Contract],
    trace: Path,
    *,
    evm: str,
    shown_trace: str | None = None,
    max_calls: int | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[Progress], None] = lambda _: None,
    clock: Callable[[], float] = perf_counter,
) -> Result:
    """
    Run a scenario and write its trace to `trace`, which will be known as `shown_trace`.

    A difference between model and chain, or an interruption, ends it; what ran is kept.
    """
    genesis = genesis_of(scenario, agent_names(scenario))
    stage = open_stage(evm, contracts, genesis, shown_trace or str(trace))
    begun = clock()
    ended: dict[str, Any] = {}
    try:
        with TraceWriter(trace, genesis) as writer:
            run = Run(
                scenario,
                series,
                stage,
                genesis,
                writer,
                max_calls=max_calls,
                is_stopped=is_stopped,
                progress=progress,
            )
            try:
                try:
                    run.go()
                except Ended:
                    ended["is_cut"] = True
                    run.sample(run.world.now)
                ended["ending"] = stage.end()
                writer.finish(ended["ending"].digest)
            except Difference as difference:
                ended["difference"] = difference
            except KeyboardInterrupt:
                ended["is_interrupted"] = True
                run.sample(run.world.now)
        return run.result(clock() - begun, **ended)
    finally:
        stage.close()
