"""
A scenario: what happens in a run, read from a TOML file and checked.

Every fault of the file is found in one pass and named by its key. Numbers are read
exactly, written as text with or without their unit or bare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from protocol.feed import FeedParams
from protocol.fixed_point import WAD
from protocol.parameters import MarketParams, RiskParams
from simulation.checker import Checker
from simulation.document import (
    Document,
    override_document,
    read_document,
    suggestion,
)
from simulation.errors import InputError, PriceFileError, Problem, ScenarioError
from simulation.parameters import Section, Units, filled, section_of
from simulation.paths import JumpDiffusion, Shock, jump_diffusion, random_stream
from simulation.prices import PriceSeries, read_prices
from simulation.quantities import format_duration, format_moment
from simulation.sections import (
    AGENTS,
    PRICES,
    AnyAgents,
    Deposit,
    DrawnPrices,
    FeedKeys,
    Keepers,
    Prices,
    ProtocolKeys,
    Providers,
    RecordedPrices,
    Run,
)

SECTIONS = (
    "run",
    "protocol",
    "vault",
    "insurance",
    "market",
    "prices",
    "agents",
    "keepers",
)
MARKET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)

ProtocolSection = section_of(RiskParams, ProtocolKeys)
FeedSection = section_of(FeedParams, FeedKeys)
MarketSection = section_of(MarketParams, Section)


class Market(Struct, frozen=True):
    """A market and its feed; its place in the scenario is its id."""

    name: str
    params: MarketParams
    feed: FeedParams
    reporters: int
    confidence: int
    prices: Prices


class Scenario(Struct, frozen=True):
    """
    All of a scenario, amounts in wads and times in seconds.

    `document` is what it was read from, overrides included.
    """

    path: Path
    document: Document
    run: Run
    decimals: int
    quote: str
    risk: RiskParams
    vault: int
    insurance: int
    markets: tuple[Market, ...]
    agents: tuple[AnyAgents, ...]
    keepers: Keepers


def load_scenario(path: Path, overrides: Iterable[str] = ()) -> Scenario:
    """The scenario at `path`; an override, `run.seed=7`, takes the place of a key."""
    document = read_document(path)
    keys = [
        override_document(document, override, SECTIONS, path) for override in overrides
    ]
    return read_scenario(document, path, frozenset(keys))


def read_scenario(
    document: Document, path: Path, overridden: frozenset[str] = frozenset()
) -> Scenario:
    """The scenario that a document describes; `path` is named where it is wrong."""
    checker = Checker(path, overridden)
    checker.known_keys(document, SECTIONS, "")
    units = Units(quote=quote_name(document))

    run = checker.section(Run, "run", document.get("run", {}), units)
    protocol = checker.section(
        ProtocolSection, "protocol", document.get("protocol", {}), units
    )
    vault = checker.section(Deposit, "vault", document.get("vault", {}), units)
    insurance = checker.section(
        Deposit, "insurance", document.get("insurance", {}), units
    )
    keepers = checker.section(Keepers, "keepers", document.get("keepers", {}), units)
    markets = read_markets(checker, document, units)
    agents = read_agents(checker, document, units)
    if (
        checker.problems
        or run is None
        or protocol is None
        or vault is None
        or insurance is None
        or keepers is None
    ):
        raise checker.error()

    scenario = Scenario(
        path=path,
        document=document,
        run=run,
        decimals=protocol.decimals,
        quote=protocol.quote,
        risk=filled(RiskParams, protocol),
        vault=vault.deposit,
        insurance=insurance.deposit,
        markets=markets,
        agents=agents,
        keepers=keepers,
    )
    check_together(checker, scenario)
    if checker.problems:
        raise checker.error()
    return scenario


def quote_name(document: Document) -> str:
    """The unit of quote amounts, needed before the section it stands in is read."""
    protocol = document.get("protocol")
    name = protocol.get("quote") if isinstance(protocol, dict) else None
    default: str = ProtocolKeys.model_fields["quote"].default
    return name if isinstance(name, str) else default


def read_markets(
    checker: Checker, document: Document, units: Units
) -> tuple[Market, ...]:
    tables = document.get("market", {})
    if not checker.is_table("market", tables):
        return ()
    if not tables:
        checker.fault("market", "is missing; allowed: one table or more, [market.ETH]")

    shared = document.get("prices")
    markets = []
    for name, table in tables.items():
        key = f"market.{name}"
        if MARKET_NAME.fullmatch(name) is None:
            checker.fault(key, "is no name: a letter, then letters, digits, - and _")
        elif checker.is_table(key, table):
            in_base = Units(units.quote, name)
            markets.append(read_market(checker, name, table, shared, in_base))
    if shared is not None and all(
        isinstance(table, dict) and "prices" in table for table in tables.values()
    ):
        checker.fault("prices", "is used by no market: each has prices of its own")
    return tuple(market for market in markets if market is not None)


def read_market(
    checker: Checker, name: str, table: Document, shared: object, units: Units
) -> Market | None:
    """A market; its prices are the `shared` ones where it has none of its own."""
    key = f"market.{name}"
    params_keys = tuple(MarketSection.model_fields)
    checker.known_keys(table, (*params_keys, "feed", "prices"), key)
    params_table = {part: table[part] for part in params_keys if part in table}
    params = checker.section(MarketSection, key, params_table, units)
    feed = checker.section(FeedSection, f"{key}.feed", table.get("feed", {}), units)

    if "prices" in table or shared is None:
        prices = read_prices_section(
            checker, f"{key}.prices", table.get("prices", {}), units
        )
    else:
        prices = read_prices_section(checker, "prices", shared, units)
    if params is None or feed is None or prices is None:
        return None

    return Market(
        name=name,
        params=filled(MarketParams, params),
        feed=filled(FeedParams, feed),
        reporters=feed.reporters,
        confidence=feed.confidence,
        prices=prices,
    )


def read_prices_section(
    checker: Checker, key: str, table: object, units: Units
) -> Prices | None:
    model = checker.choice(PRICES, "source", key, table)
    return None if model is None else checker.section(model, key, table, units)


def read_agents(
    checker: Checker, document: Document, units: Units
) -> tuple[AnyAgents, ...]:
    tables = document.get("agents", [])
    if not isinstance(tables, list):
        checker.fault("agents", "is no list of tables: write [[agents]]")
        return ()

    agents: list[AnyAgents] = []
    for place, table in enumerate(tables):
        key = f"agents.{place}"
        model = checker.choice(AGENTS, "kind", key, table)
        section = None if model is None else checker.section(model, key, table, units)
        if section is not None:
            agents.append(section)
    return tuple(agents)


def check_together(checker: Checker, scenario: Scenario) -> None:
    """What no section can tell alone."""
    run = scenario.run
    if run.duration % run.step:
        length = format_duration(run.duration)
        checker.fault(
            "run.step",
            f"{format_duration(run.step)!r} does not divide the duration, {length!r}",
        )
    every = scenario.keepers.every
    if every is not None and every % run.step:
        checker.fault(
            "keepers.every",
            f"{format_duration(every)!r} is no multiple of the run's step, "
            f"{format_duration(run.step)!r}",
        )

    tables = scenario.document["market"]
    for market in scenario.markets:
        key = f"market.{market.name}"
        if market.feed.quorum > market.reporters:
            checker.fault(
                f"{key}.feed.quorum",
                f"{market.feed.quorum} is above the number of reporters, "
                f"{market.reporters}",
            )
        place = f"{key}.prices" if "prices" in tables[market.name] else "prices"
        if isinstance(market.prices, DrawnPrices):
            for number, shock in enumerate(market.prices.shocks):
                within_run(checker, f"{place}.shocks.{number}.at", shock.at, run)

    for number, agents in enumerate(scenario.agents):
        check_agents(checker, f"agents.{number}", agents, scenario)


def check_agents(
    checker: Checker, key: str, agents: AnyAgents, scenario: Scenario
) -> None:
    names = [market.name for market in scenario.markets]
    if not isinstance(agents, Providers) and agents.market not in names:
        checker.fault(
            f"{key}.market",
            f"unknown market {agents.market!r}; {suggestion(agents.market, names)}",
        )
    within_run(checker, f"{key}.entry", agents.entry.high, scenario.run)
    if agents.leaves_at is None:
        return

    within_run(checker, f"{key}.leaves_at", agents.leaves_at, scenario.run)
    if agents.leaves_at < agents.entry.high:
        checker.fault(
            f"{key}.leaves_at",
            f"{format_duration(agents.leaves_at)!r} is before the last of them enters, "
            f"{format_duration(agents.entry.high)!r}",
        )


def within_run(checker: Checker, key: str, elapsed: int, run: Run) -> None:
    if elapsed > run.duration:
        checker.fault(
            key,
            f"{format_duration(elapsed)!r} is after the end of the run, "
            f"{format_duration(run.duration)!r}",
        )


def price_series(scenario: Scenario, market: Market) -> PriceSeries:
    """The prices of a market from the start of the run to its end."""
    source = market.prices
    if isinstance(source, RecordedPrices):
        return recorded_series(scenario, source)

    run = scenario.run
    model, shocks = drawn_model(source)
    rng = random_stream(run.seed, f"prices.{market.name}")
    try:
        return jump_diffusion(model, shocks, run.start, run.duration, run.step, rng)
    except InputError as error:
        problem = Problem(f"market.{market.name}.prices", str(error))
        raise ScenarioError(scenario.path, [problem]) from None


def drawn_model(source: DrawnPrices) -> tuple[JumpDiffusion, tuple[Shock, ...]]:
    """The model behind drawn prices, whose numbers are floats from here on."""
    model = JumpDiffusion(
        start_price=source.start_price,
        drift=source.drift / WAD,
        volatility=source.volatility / WAD,
        jump_rate=source.jump_rate / WAD,
        jump_mean=source.jump_mean / WAD,
        jump_deviation=source.jump_deviation / WAD,
    )
    shocks = (Shock(shock.at, shock.move, shock.over) for shock in source.shocks)
    return model, tuple(shocks)


def recorded_series(scenario: Scenario, source: RecordedPrices) -> PriceSeries:
    """The part of a price file in which the run lies."""
    run, path = scenario.run, scenario.path.parent / source.path
    series = read_prices(
        path, column=source.column, bar=source.bar, longest_wait=source.longest_wait
    )
    if not series.covers(run.start, run.end):
        span = format_span(series.ticks[0].time, series.ticks[-1].time)
        message = f"has prices {span}, the run lasts {format_span(run.start, run.end)}"
        raise PriceFileError(path, None, message)
    # The first provider asks a delay before the run, and a chain has no time before 1.
    earliest = int(scenario.risk.vault.delay) + 2
    if run.start < earliest:
        message = f"begins {run.start} s after 1970, a run {earliest} s or later"
        raise PriceFileError(path, None, message)
    for gap in series.gaps:
        if gap.start < run.start < gap.end:
            span = format_span(gap.start, gap.end)
            message = f"has a gap {span}, in which the run would start"
            raise PriceFileError(path, None, message)
    return series.between(run.start, run.end)


def format_span(start: int, end: int) -> str:
    return f"from {format_moment(start)} to {format_moment(end)}"
