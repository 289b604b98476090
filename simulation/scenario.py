"""
A scenario: what happens in a run, read from a TOML file and checked.

Every fault of the file is found in one pass and named by its key. Numbers are read
exactly, written as text with or without their unit or bare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from protocol.collateral import MAX_TOKENS, CollateralParams
from protocol.feed import FeedParams
from protocol.fixed_point import WAD
from protocol.parameters import MarketParams, RiskParams
from protocol.share import most_amount
from protocol.units import Quote, Seconds, Shares
from protocol.vault import MOST_HELD
from simulation.answers import ANSWERS
from simulation.checker import Checker
from simulation.document import (
    Document,
    override_document,
    read_document,
    settings_in,
    suggestion,
)
from simulation.errors import InputError, PriceFileError, Problem, ScenarioError
from simulation.parameters import Base, Section, Units, filled, section_of
from simulation.paths import JumpDiffusion, Shock, jump_diffusion, random_stream
from simulation.prices import PriceSeries, glitched, read_prices
from simulation.quantities import (
    MOMENT_BOUND,
    format_duration,
    format_moment,
    format_wads,
)
from simulation.sections import (
    AGENTS,
    PRICES,
    AnyAgents,
    CollateralKeys,
    Deposit,
    DrawnPrices,
    FeedKeys,
    GlitchKeys,
    InformedTraders,
    Keepers,
    Prices,
    ProtocolKeys,
    Providers,
    RecordedPrices,
    Run,
    VariantKeys,
)

SECTIONS = (
    "run",
    "protocol",
    "vault",
    "insurance",
    "market",
    "collateral",
    "prices",
    "agents",
    "keepers",
    "variant",
)
# How often a run looks at the market; all prices are drawn before the first look.
MAX_LOOKS = 1_000_000
# Variants are told apart by nothing but their rules.
SHARED = re.compile(r"(run|prices|variant|(market|collateral)\.[^.]+\.prices)(\.|$)")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)

ProtocolSection = section_of(RiskParams, ProtocolKeys)
FeedSection = section_of(FeedParams, FeedKeys)
MarketSection = section_of(MarketParams, Section)
CollateralSection = section_of(CollateralParams, CollateralKeys)


class Quoted(Struct, frozen=True, kw_only=True):
    """Something that has a feed; its place is its id."""

    name: str
    feed: FeedParams
    reporters: int
    confidence: int
    glitches: tuple[GlitchKeys, ...]
    prices: Prices


class Market(Quoted, frozen=True, kw_only=True):
    """A market."""

    params: MarketParams

    @property
    def key(self) -> str:
        """Its table in the scenario."""
        return f"market.{self.name}"

    @property
    def title(self) -> str:
        """What tells its prices and its reporters from those of anything else."""
        return self.name


class Token(Quoted, frozen=True, kw_only=True):
    """A token that is collateral."""

    params: CollateralParams

    @property
    def key(self) -> str:
        """Its table in the scenario."""
        return f"collateral.{self.name}"

    @property
    def title(self) -> str:
        """What tells its prices and its reporters from those of anything else."""
        return f"collateral-{self.name}"

    @property
    def scale(self) -> int:
        """Wads in an atom of it."""
        return int(10 ** (18 - self.params.decimals))


Priced = Market | Token


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
    tokens: tuple[Token, ...]
    agents: tuple[AnyAgents, ...]
    keepers: Keepers
    variants: tuple[VariantKeys, ...]

    @property
    def priced(self) -> tuple[Priced, ...]:
        """Whatever has prices: the markets, then the tokens."""
        return self.markets + self.tokens


def load_scenario(path: Path, overrides: Iterable[str] = ()) -> Scenario:
    """The scenario at `path`; an override, `run.seed=7`, takes the place of a key."""
    document = read_document(path)
    keys = [override_document(document, override, path) for override in overrides]
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
    tokens = read_tokens(checker, document, units)
    agents = read_agents(checker, document, units)
    variants = read_variants(checker, document, units)
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
        markets=tuple(ending(market, run.start) for market in markets),
        tokens=tokens,
        agents=agents,
        keepers=keepers,
        variants=variants,
    )
    check_together(checker, scenario)
    if checker.problems:
        raise checker.error()
    return scenario


def ending(market: Market, start: int) -> Market:
    """A market that may expire, by a clock; a scenario counts from its start."""
    expiry = market.feed.expiry
    if not int(expiry.expires_at):
        return market
    expiry = replace(expiry, expires_at=Seconds(start + int(expiry.expires_at)))
    return replace(market, feed=replace(market.feed, expiry=expiry))


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
        if is_named_table(checker, f"market.{name}", name, table):
            in_base = Units(units.quote, name)
            markets.append(read_market(checker, name, table, shared, in_base))
    if shared is not None and all(
        isinstance(table, dict) and "prices" in table for table in tables.values()
    ):
        checker.fault("prices", "is used by no market: each has prices of its own")
    return tuple(market for market in markets if market is not None)


def is_named_table(checker: Checker, key: str, name: str, table: object) -> bool:
    """Whether something is a table under a name that others may be made from."""
    if NAME.fullmatch(name) is None:
        checker.fault(key, "is no name: a letter, then letters, digits, - and _")
        return False
    return checker.is_table(key, table)


def read_market(
    checker: Checker, name: str, table: Document, shared: object, units: Units
) -> Market | None:
    """A market; its prices are the `shared` ones where it has none of its own."""
    key = f"market.{name}"
    params = read_params(checker, MarketSection, key, table, units)
    quotes = read_quotes(checker, key, table, shared, units)
    if params is None or quotes is None:
        return None
    return Market(name=name, params=filled(MarketParams, params), **quotes)


def read_params(
    checker: Checker, model: type[Base], key: str, table: Document, units: Units
) -> Base | None:
    """The parameters of something that has a feed and prices beside them."""
    names = tuple(model.model_fields)
    checker.known_keys(table, (*names, "feed", "prices"), key)
    params = {name: table[name] for name in names if name in table}
    return checker.section(model, key, params, units)


def read_quotes(
    checker: Checker, key: str, table: Document, shared: object, units: Units
) -> dict[str, Any] | None:
    """What is `Quoted` of a table; its prices are the `shared` ones without its own."""
    feed = checker.section(FeedSection, f"{key}.feed", table.get("feed", {}), units)
    if "prices" in table or shared is None:
        prices = read_prices_section(
            checker, f"{key}.prices", table.get("prices", {}), units
        )
    else:
        prices = read_prices_section(checker, "prices", shared, units)
    if feed is None or prices is None:
        return None
    return {
        "feed": filled(FeedParams, feed),
        "reporters": feed.reporters,
        "confidence": feed.confidence,
        "glitches": feed.glitches,
        "prices": prices,
    }


def read_tokens(
    checker: Checker, document: Document, units: Units
) -> tuple[Token, ...]:
    tables = document.get("collateral", {})
    if not checker.is_table("collateral", tables):
        return ()
    if len(tables) > MAX_TOKENS:
        checker.fault("collateral", f"has {len(tables)} tokens; at most {MAX_TOKENS}")

    tokens = []
    for name, table in tables.items():
        if is_named_table(checker, f"collateral.{name}", name, table):
            tokens.append(read_token(checker, name, table, Units(units.quote, name)))
    return tuple(token for token in tokens if token is not None)


def read_token(
    checker: Checker, name: str, table: Document, units: Units
) -> Token | None:
    key = f"collateral.{name}"
    params = read_params(checker, CollateralSection, key, table, units)
    quotes = read_quotes(checker, key, table, None, units)
    if params is None or quotes is None:
        return None
    return Token(name=name, params=filled(CollateralParams, params), **quotes)


def read_prices_section(
    checker: Checker, key: str, table: object, units: Units
) -> Prices | None:
    model = checker.choice(PRICES, "source", key, table)
    return None if model is None else checker.section(model, key, table, units)


def read_variants(
    checker: Checker, document: Document, units: Units
) -> tuple[VariantKeys, ...]:
    tables = document.get("variant", [])
    if not isinstance(tables, list):
        checker.fault("variant", "is no list of tables: write [[variant]]")
        return ()

    variants: list[VariantKeys] = []
    for place, table in enumerate(tables):
        key = f"variant.{place}"
        section = checker.section(VariantKeys, key, table, units)
        if section is None:
            continue
        if section.name in [each.name for each in variants]:
            checker.fault(f"{key}.name", f"{section.name!r} is another's name too")
        for name, value in settings_in(section.set):
            if SHARED.match(name):
                checker.fault(
                    f"{key}.set.{name}",
                    f"{value!r} varies what all variants share: run, seed and prices",
                )
        variants.append(section)
    return tuple(variants)


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
    if run.answer is not None and run.answer not in ANSWERS:
        checker.fault(
            "run.answer", f"unknown {run.answer!r}; {suggestion(run.answer, ANSWERS)}"
        )
    length = format_duration(run.duration)
    if run.duration // run.step > MAX_LOOKS:
        checker.fault(
            "run.duration",
            f"{length!r} is {run.duration // run.step:,} looks, one each "
            f"{format_duration(run.step)}; at most {MAX_LOOKS:,}",
        )
    if run.end >= MOMENT_BOUND:
        checker.fault(
            "run.duration",
            f"{length!r} ends the run after {format_moment(MOMENT_BOUND - 1)}, the "
            "last second that can be told",
        )
    if run.duration % run.step:
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

    if scenario.keepers.buyer and not scenario.keepers.capital:
        checker.fault("keepers.capital", "is missing: a buyer pays with it")
    delay = int(scenario.risk.order.delay)
    if delay and not scenario.keepers.filler:
        checker.fault(
            "keepers.filler",
            f"false settles no order, and every trade waits {format_duration(delay)!r}",
        )

    tables = scenario.document["market"]
    for each in scenario.priced:
        if each.feed.quorum > each.reporters:
            checker.fault(
                f"{each.key}.feed.quorum",
                f"{each.feed.quorum} is above the number of reporters, "
                f"{each.reporters}",
            )
        is_shared = isinstance(each, Market) and "prices" not in tables[each.name]
        place = "prices" if is_shared else f"{each.key}.prices"
        if isinstance(each.prices, DrawnPrices):
            for number, shock in enumerate(each.prices.shocks):
                within_run(checker, f"{place}.shocks.{number}.at", shock.at, run)
        for number, glitch in enumerate(each.glitches):
            place = f"{each.key}.feed.glitches.{number}.at"
            within_run(checker, place, glitch.at, run)

    for number, agents in enumerate(scenario.agents):
        check_agents(checker, f"agents.{number}", agents, scenario)
    check_amounts(checker, scenario)


def check_amounts(checker: Checker, scenario: Scenario) -> None:
    """That the protocol can hold all that is brought, and has shares for what lends."""
    holdable, lendable = int(MOST_HELD), int(most_amount(Shares(0), Quote(0)))
    held, lent = 0, 0
    for key, amount, lends in brought(scenario):
        if held + amount > holdable:
            bound = f"{format_wads(holdable)} {scenario.quote}"
            checker.fault(key, f"is more than the protocol can hold, {bound} in all")
        elif lends and lent + amount > lendable:
            bound = f"{format_wads(lendable)} {scenario.quote}"
            checker.fault(key, f"is more than the vault has shares for, {bound} in all")
        else:
            held += amount
            lent += amount if lends else 0


def brought(scenario: Scenario) -> Iterator[tuple[str, int, bool]]:
    """What is brought at most, by its key, and whether it is lent to the vault."""
    yield "vault.deposit", scenario.vault, True
    yield "insurance.deposit", scenario.insurance, False
    yield "keepers.capital", scenario.keepers.capital, False
    for number, agents in enumerate(scenario.agents):
        parts = WAD
        if not isinstance(agents, Providers):
            parts += agents.savings + agents.line
        amount = agents.count * agents.capital.high * parts // WAD
        yield f"agents.{number}.capital", amount, isinstance(agents, Providers)


def check_agents(
    checker: Checker, key: str, agents: AnyAgents, scenario: Scenario
) -> None:
    if not isinstance(agents, Providers):
        for kind, name, known in (
            ("market", agents.market, scenario.markets),
            ("backed_by", agents.backed_by, scenario.tokens),
            ("against", getattr(agents, "against", None), scenario.markets),
        ):
            names = [each.name for each in known]
            if name is not None and name not in names:
                wanted = "token" if kind == "backed_by" else "market"
                checker.fault(
                    f"{key}.{kind}",
                    f"unknown {wanted} {name!r}; {suggestion(name, names)}",
                )
        for name in ("reaction", "order_fee"):
            if getattr(agents, name) is not None and not agents.savings:
                checker.fault(f"{key}.{name}", "there are no savings to bring")
    step = scenario.run.step
    if isinstance(agents, InformedTraders) and agents.foresight < step:
        checker.fault(
            f"{key}.foresight",
            f"{format_duration(agents.foresight)!r} is before the next price, after "
            f"{format_duration(step)!r}",
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


def price_series(scenario: Scenario, priced: Priced) -> PriceSeries:
    """The prices of a market or token from the start of the run to its end."""
    source = priced.prices
    if isinstance(source, RecordedPrices):
        return recorded_series(scenario, source)

    run = scenario.run
    model, shocks = drawn_model(source)
    rng = random_stream(run.seed, f"prices.{priced.title}")
    try:
        return jump_diffusion(model, shocks, run.start, run.duration, run.step, rng)
    except InputError as error:
        problem = Problem(f"{priced.key}.prices", str(error))
        raise ScenarioError(scenario.path, [problem]) from None


def told_series(scenario: Scenario, priced: Priced) -> PriceSeries:
    """What is said of a market or token: its prices, under the glitches of its feed."""
    run, series = scenario.run, price_series(scenario, priced)
    for glitch in priced.glitches:
        start = run.start + glitch.at
        end = start + (glitch.lasts or run.step)
        series = glitched(series, start, end, glitch.move)
    return series


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
