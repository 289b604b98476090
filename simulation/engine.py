"""
A run: time goes along the prices, and whoever has something to do makes a call.

At each look the reporters speak first, then the agents act, then the keepers. Every
call goes through `Run.make`: into the trace, to the model, to the chain if there is
one, and into the counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from msgspec import Struct

from evm.compile import Contract
from evm.lockstep import Difference
from keepers.buyer import purchases
from keepers.caller import calls
from keepers.closer import endings
from keepers.deleverager import deleverages
from keepers.executor import executions
from keepers.filler import order_calls
from keepers.liquidator import liquidations
from keepers.reporter import reports
from keepers.settler import interest, settlements
from keepers.topper import top_up_calls
from keepers.watch import Watch
from protocol import market
from protocol.collateral import FIRST_FEED
from protocol.feed import FOREVER
from protocol.model import Outcome
from protocol.trace import Action, Genesis, TraceWriter, genesis_actions
from simulation.agents import Life, World, make_agents
from simulation.genesis import (
    FOUNDER,
    KEEPER,
    agent_names,
    funding_calls,
    genesis_of,
    reporters_of,
)
from simulation.measures import Group, MarketEnd, Measures, Sample, TokenEnd
from simulation.prices import PriceSeries
from simulation.scenario import Scenario
from simulation.stage import Ending, Stage, open_stage
from simulation.tally import Conservation, Event, Tally

# What a chart can show; more looks than that are thinned out.
MOST_SAMPLES = 1_500


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
    groups: list[Group]
    keeper_gain: int
    markets: list[MarketEnd]
    tokens: list[TokenEnd]
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
    """What reporters say of a market or token, read along its prices."""

    feed_id: int
    reporters: tuple[int, ...]
    confidence: int
    series: PriceSeries
    gap: int = 0

    def is_silent(self, now: int) -> bool:
        """Whether `now` lies in a gap, in which nobody reports."""
        gaps = self.series.gaps
        while self.gap < len(gaps) and gaps[self.gap].end <= now:
            self.gap += 1
        return self.gap < len(gaps) and gaps[self.gap].start < now


def feeds_of(scenario: Scenario, series: Sequence[PriceSeries]) -> list[Feed]:
    """The feeds of the markets, then those of the tokens."""
    ids = [*range(len(scenario.markets))]
    ids += [FIRST_FEED + token_id for token_id in range(len(scenario.tokens))]
    return [
        Feed(feed_id, tuple(reporters_of(each).values()), each.confidence, prices)
        for feed_id, each, prices in zip(ids, scenario.priced, series, strict=True)
    ]


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
        self.feeds = feeds_of(scenario, series)
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
        self.agents = list(make_agents(scenario, self.world, series))
        self.measures = Measures(scenario, series, self.watch, self.agents, self.tally)
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
        self.world.note(outcome)
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
        for action in funding_calls(self.genesis, now):
            self.make(action)
        self.watch.look(now)
        self.nav_start = self.measures.nav(now)

    def report(self, now: int) -> None:
        """Let all reporters speak, unless their source stands still or has ended."""
        for feed in self.feeds:
            price_now = market.price_of(self.state, feed.feed_id)
            if feed.is_silent(now) or price_now.valid_until == FOREVER:
                continue
            price = feed.series.at(now)
            for action in reports(
                feed.feed_id, feed.reporters, price, feed.confidence, now
            ):
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
        if keepers.filler:
            for action in order_calls(self.watch, keeper):
                self.make(action)
        # Who is topped up need not be called.
        if keepers.topper:
            for action in top_up_calls(self.watch, keeper):
                self.make(action)
        if keepers.caller:
            for action in calls(self.watch, keeper):
                self.make(action)
        if keepers.liquidator:
            for action in liquidations(self.watch, keeper):
                self.make(action)
        if keepers.deleverager:
            for action in deleverages(self.watch, keeper):
                self.make(action)
        if keepers.settler:
            for action in endings(self.watch, keeper):
                self.make(action)
            for action in settlements(self.watch, keeper):
                self.make(action)
            for action in interest(self.watch, keeper):
                self.make(action)
        if keepers.buyer:
            for action in purchases(self.watch, keeper):
                self.make(action)
        if keepers.executor:
            for action in executions(self.watch, keeper):
                self.make(action)

    def finish(self, now: int) -> None:
        """Pay the keeper and the treasury what they have earned or seized."""
        keeper, owner = self.genesis.actors[KEEPER], self.genesis.owner
        earned = int(self.state.keeper_rewards[keeper]) // self.state.scale
        if earned:
            self.make(Action("Exchange", "claim_reward", keeper, now, (earned, keeper)))
        treasury = int(self.state.funds[()].treasury) // self.state.scale
        if treasury:
            arguments = (owner, treasury)
            self.make(Action("Governor", "collect_treasury", owner, now, arguments))
        for token_id, token in enumerate(self.scenario.tokens):
            governor = self.state.addresses.governor
            seized = int(self.state.collaterals[governor << 96, token_id])
            if seized:
                which = (token_id, owner, seized // token.scale)
                self.make(Action("Governor", "collect_collateral", owner, now, which))

    def sample(self, now: int) -> None:
        """Keep what the charts show."""
        self.watch.look(now)
        if not self.measures.is_set_up():
            return
        sample = self.measures.sample(now)
        self.samples.append(sample)
        self.progress(
            Progress(
                now - self.scenario.run.start,
                self.tally.calls,
                sample.total_equity,
                self.tally.liquidations,
            )
        )

    def keeper_gain(self) -> int:
        """What the keeper has earned, of which some may be tokens."""
        keeper = self.genesis.actors[KEEPER]
        brought = self.genesis.balances.get(KEEPER, 0) * self.state.scale
        earned = int(self.state.keeper_rewards[keeper])
        return self.measures.wallet(keeper) + earned - int(brought)

    def result(self, wall_seconds: float, **ended: Any) -> Result:
        """What the run leaves, as it stands."""
        now, measures = self.world.now, self.measures
        is_set_up = measures.is_set_up()
        return Result(
            genesis=self.genesis,
            chain=self.stage.name,
            tally=self.tally,
            samples=self.samples,
            names={agent.holder: agent.name for agent in self.agents}
            | {self.genesis.actors[FOUNDER] << 96: FOUNDER},
            accounts=len(self.agents),
            groups=list(measures.groups(now)) if is_set_up else [],
            keeper_gain=self.keeper_gain() if is_set_up else 0,
            markets=list(measures.market_ends(now)) if is_set_up else [],
            tokens=list(measures.token_ends(now)) if is_set_up else [],
            violations=self.conservation.violations,
            setup_calls=self.setup_calls,
            nav_start=self.nav_start,
            nav_end=self.samples[-1].nav if self.samples else self.nav_start,
            insurance_start=self.scenario.insurance,
            insurance_end=int(self.state.funds[()].insurance),
            wall_seconds=wall_seconds,
            scenario_seconds=now - self.scenario.run.start,
            **ended,
        )


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
