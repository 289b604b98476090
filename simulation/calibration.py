"""
Margins from recorded prices: what a market must ask for to outlast a liquidation.

A position is at risk for as long as its liquidation takes, the horizon. What it lost
over each stretch of that length in a file of prices, as a part of what it was worth at
the beginning, is the sample; longs lose when prices fall, shorts when they rise, and
the worse of the two decides.

- The value at risk is what a position must have left when its liquidation begins: the
  maintenance margin.
- The expected shortfall is the initial margin.
- The worst move from one price to the next is what the band must let through.

A parameter has four decimals and is rounded up. What the laws of the protocol do not
admit is moved to the nearest number that they do, and the law is named.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from protocol import errors, governance
from protocol.errors import Revert
from protocol.fixed_point import WAD, div_up, mul_div_up, mul_wad_up
from protocol.parameters import MarketParams, RiskParams
from protocol.units import Ratio
from simulation.backtest import SideTest, fared
from simulation.document import Document, set_value, settings_in, suggestion
from simulation.errors import (
    ArgumentError,
    PriceFileError,
    Problem,
    ScenarioError,
)
from simulation.output import toml_text
from simulation.prices import PriceSeries, read_prices
from simulation.quantities import format_duration, format_moment, format_wads
from simulation.refusals import LAWS, check_laws
from simulation.scenario import NAME, Scenario, read_scenario
from simulation.tails import Tail, tail, worse_of
from simulation.windows import SIDES, Sample, period_of, sample_of, split, worst_move

# What a parameter is a multiple of.
GRAIN = WAD // 10_000

MOST_RATIO = Ratio(WAD)
MOST_BAND = Ratio(WAD // 2)


class Margins(Struct, frozen=True):
    """What is calibrated of a market."""

    im_base: Ratio
    maintenance_fraction: Ratio
    band: Ratio

    @property
    def maintenance(self) -> Ratio:
        """The maintenance margin of a small position, for each quote of its value."""
        return mul_wad_up(self.im_base, self.maintenance_fraction)


class Bound(Struct, frozen=True):
    """A parameter that is not what the prices ask for, and why."""

    parameter: str
    asked: Ratio
    lawful: Ratio
    reason: str


class Calibration(Struct, frozen=True):
    """What a file of prices asks of a market, and what its laws admit."""

    path: Path
    market: str
    series: PriceSeries
    period: int
    horizon: int
    level: Ratio
    sample: Sample
    tails: tuple[Tail, ...]
    worse: Tail
    worst_round: Ratio
    asked: Margins
    lawful: Margins
    bounds: tuple[Bound, ...]
    scenario: Path | None
    held_out: PriceSeries | None
    tests: tuple[SideTest, ...]

    @property
    def is_rejected(self) -> bool:
        """Whether a side lost more than its value at risk too often to be chance."""
        return any(each.is_too_often for each in self.tests)

    @property
    def notes(self) -> list[str]:
        """What is to be known of the numbers."""
        notes = list(self.series.notes)
        if self.lawful.im_base < self.worse.expected_shortfall:
            notes.append("the initial margin is less than the expected shortfall")
        if self.lawful.maintenance < self.worse.value_at_risk:
            notes.append("the maintenance margin is less than the value at risk")
        if self.lawful.band < self.worst_round:
            notes.append("the band is less than the worst move")
        if self.sample.left_out:
            notes.append(f"windows left out that hold a gap: {self.sample.left_out}")
        if self.scenario is None:
            notes.append(
                "no scenario was given, so laws that tie a margin to other parameters, "
                "as what closing costs, were not asked"
            )
        return notes


def calibrate(
    path: Path,
    horizon: int,
    level: Ratio,
    *,
    column: str | None = None,
    market: str | None = None,
    scenario: Scenario | None = None,
    holdout: Ratio | None = None,
) -> Calibration:
    """
    What the prices at `path` ask of a market, held to the laws of its scenario, where
    there is one; and how it fares on the last of them, where a part is held out.
    """
    if holdout is not None and not 0 < int(holdout) < WAD:
        said = format_wads(int(holdout))
        raise ArgumentError("holdout", f"{said!r} is not between 0 and 1")
    if not WAD < 2 * int(level) < 2 * WAD:
        said = format_wads(int(level))
        raise ArgumentError("level", f"{said!r} is not between 0.5 and 1")
    name = market_name(market, scenario)
    if scenario is not None:
        check_laws(scenario)

    series = read_prices(path, column=column)
    period = period_of(series)
    span = format_duration(horizon)
    if horizon < period:
        message = f"has a price each {format_duration(period)}: no horizon of {span}"
        raise PriceFileError(path, None, message)
    held_out = None
    if holdout is not None:
        series, held_out = split(series, holdout)
    sample = sample_of(series, horizon)
    part = "" if held_out is None else " before what is held out"
    require_enough(path, sample, period, horizon, level, part)

    tails = tuple(tail(side, sample.windows, level) for side in SIDES)
    worse, worst_round = worse_of(tails), worst_move(series)
    if worse.value_at_risk <= 0:
        part = format_wads(int(level))
        message = f"loses nothing in {part} of all windows of {span}: no margin follows"
        raise PriceFileError(path, None, message)
    tests = []
    if held_out is not None:
        later = sample_of(held_out, horizon)
        require_enough(path, later, period, horizon, level, " in what is held out")
        tests = [
            fared(each.side, each.value_at_risk, later.apart, level) for each in tails
        ]
    asked = margins_for(worse.value_at_risk, worse.expected_shortfall, worst_round)
    lawful, bounds = held(asked, worse.value_at_risk, scenario, name)
    return Calibration(
        path=path,
        market=name,
        series=series,
        period=period,
        horizon=horizon,
        level=level,
        sample=sample,
        tails=tails,
        worse=worse,
        worst_round=worst_round,
        asked=asked,
        lawful=lawful,
        bounds=bounds,
        scenario=None if scenario is None else scenario.path,
        held_out=held_out,
        tests=tuple(tests),
    )


def market_name(wanted: str | None, scenario: Scenario | None) -> str:
    """The market that is calibrated: of a scenario the first, where none is named."""
    if scenario is not None:
        names = [each.name for each in scenario.markets]
        if wanted is not None and wanted not in names:
            message = f"no such market; {suggestion(wanted, names)}"
            raise ScenarioError(scenario.path, [Problem(f"market.{wanted}", message)])
        return wanted or names[0]
    name = wanted or "ETH"
    if NAME.fullmatch(name) is None:
        raise ArgumentError(
            "market",
            f"{name!r} is no name: a letter, then letters, digits, - and _",
        )
    return name


def require_enough(
    path: Path,
    sample: Sample,
    period: int,
    horizon: int,
    level: Ratio,
    where: str = "",
) -> None:
    """Refuse prices of which, at the level, not one window apart lies beyond."""
    needed, apart = int(mul_div_up(1, WAD, WAD - int(level))), len(sample.apart)
    if apart < needed:
        prices = needed * -(-horizon // period) + 1
        message = (
            f"is too short, {prices} prices without a gap are needed{where}: one in "
            f"{needed} windows is beyond the level {format_wads(int(level))}, and "
            f"{apart} of {format_duration(horizon)} lie apart"
        )
        raise PriceFileError(path, None, message)


def margins_for(
    value_at_risk: Ratio, expected_shortfall: Ratio, worst_round: Ratio
) -> Margins:
    """What is asked for by the prices alone."""
    im_base = in_grains(expected_shortfall)
    return Margins(
        im_base=im_base,
        maintenance_fraction=fraction(value_at_risk, im_base),
        band=in_grains(worst_round),
    )


def in_grains(ratio: Ratio) -> Ratio:
    """A ratio as a parameter, rounded up."""
    return Ratio(div_up(int(ratio), GRAIN) * GRAIN)


def fraction(part: Ratio, whole: Ratio) -> Ratio:
    """What of `whole` is at least `part`, as a parameter."""
    return in_grains(Ratio(mul_div_up(int(part), WAD, int(whole))))


def lowest(asked: Ratio, holds: Callable[[Ratio], bool]) -> Ratio:
    """The least parameter from `asked` on that a law admits, else `asked`."""
    return first_that(holds, range(int(asked), WAD + 1, GRAIN), asked)


def highest(asked: Ratio, holds: Callable[[Ratio], bool]) -> Ratio:
    """The greatest parameter up to `asked` that a law admits, else `asked`."""
    return first_that(holds, range(int(asked), 0, -GRAIN), asked)


def first_that(
    holds: Callable[[Ratio], bool], numbers: range, otherwise: Ratio
) -> Ratio:
    """The first number that a law admits, which then admits all after it."""
    place = bisect_left(numbers, True, key=lambda number: holds(Ratio(number)))
    return Ratio(numbers[place]) if place < len(numbers) else otherwise


class Rule(Struct, frozen=True):
    """A law that ties a margin to other parameters, and which way it is met."""

    parameter: str
    nearest: Callable[[Ratio, Callable[[Ratio], bool]], Ratio]
    error: str
    require: Callable[[MarketParams, RiskParams], None]

    @property
    def reason(self) -> str:
        """What is said where it moves a parameter."""
        return f"the law is {LAWS[self.error].text}"

    def admits(self, margins: Margins, market: MarketParams, risk: RiskParams) -> bool:
        """Whether a market with such margins is lawful in this."""
        margin = replace(
            market.margin,
            im_base=margins.im_base,
            maintenance_fraction=margins.maintenance_fraction,
        )
        try:
            self.require(replace(market, margin=margin), risk)
        except Revert:
            return False
        return True


def called(market: MarketParams, risk: RiskParams) -> None:
    """The law of margin calls."""
    governance.require_lawful_call(market.margin, risk.margin_call)


def kept(market: MarketParams, risk: RiskParams) -> None:
    """The law of what a portfolio keeps at least."""
    governance.require_lawful_floor(market, risk.portfolio)


def closed(market: MarketParams, _: RiskParams) -> None:
    """The law of closing costs."""
    governance.require_lawful_margin(market)


def stressed(market: MarketParams, _: RiskParams) -> None:
    """The law of shocks."""
    governance.require_lawful_shocks(market.margin)


# Where one of two factors is lowered, the other one makes up for it.
RULES = (
    Rule("im_base", highest, errors.SHOCKS_TOO_SMALL, stressed),
    Rule("maintenance_fraction", highest, errors.CALL_ABOVE_INITIAL, called),
    Rule("maintenance_fraction", lowest, errors.FLOOR_TOO_LOW, kept),
    Rule("im_base", lowest, errors.CLOSING_COSTS_TOO_MUCH, closed),
)
# What made up may be too much for the shocks, and then not be enough for closing.
LAST_RULES = (
    RULES[0],
    Rule("maintenance_fraction", lowest, errors.CLOSING_COSTS_TOO_MUCH, closed),
)


class Holding:
    """Moves margins within the laws, and keeps why each was moved last."""

    def __init__(self, asked: Margins, value_at_risk: Ratio) -> None:
        self.asked = asked
        self.value_at_risk = value_at_risk
        self.margins = asked
        self.reasons: dict[str, str] = {}

    def put(self, parameter: str, value: Ratio, reason: str) -> None:
        """Give a parameter a value."""
        if value != getattr(self.margins, parameter):
            self.margins = replace(self.margins, **{parameter: value})
            self.reasons[parameter] = reason

    def lower(self, parameter: str, value: Ratio, reason: str) -> None:
        """
        Give a factor of the maintenance margin a lower value, and let the other one
        make up for it, so that the product is the value at risk still.
        """
        if value < getattr(self.margins, parameter):
            self.put(parameter, value, reason)
            (other,) = {"im_base", "maintenance_fraction"} - {parameter}
            needed = min(fraction(self.value_at_risk, value), MOST_RATIO)
            most = max(needed, getattr(self.margins, other))
            self.put(other, most, f"it makes up for {parameter}")

    def nearest(self, rule: Rule, market: MarketParams, risk: RiskParams) -> Ratio:
        """The number nearest to a parameter that a law admits."""

        def holds(value: Ratio) -> bool:
            tried = replace(self.margins, **{rule.parameter: value})
            return rule.admits(tried, market, risk)

        return rule.nearest(getattr(self.margins, rule.parameter), holds)

    def bounds(self) -> tuple[Bound, ...]:
        """What was moved, and why."""
        return tuple(
            Bound(each, getattr(self.asked, each), getattr(self.margins, each), reason)
            for each, reason in self.reasons.items()
        )


def held(
    asked: Margins, value_at_risk: Ratio, scenario: Scenario | None, name: str
) -> tuple[Margins, tuple[Bound, ...]]:
    """Margins within the laws, and what was moved."""
    holding = Holding(asked, value_at_risk)
    holding.put("band", min(asked.band, MOST_BAND), "the law is 2 * band <= 1")
    holding.lower("im_base", MOST_RATIO, "the law is im_base <= 1")
    if scenario is not None:
        market = next(each for each in scenario.markets if each.name == name)
        for rule in RULES:
            found = holding.nearest(rule, market.params, scenario.risk)
            holding.lower(rule.parameter, found, rule.reason)
            holding.put(rule.parameter, found, rule.reason)
        for rule in LAST_RULES:
            found = holding.nearest(rule, market.params, scenario.risk)
            holding.put(rule.parameter, found, rule.reason)
        together = (RULES[1], closing := RULES[3])
        if not all(
            each.admits(holding.margins, market.params, scenario.risk)
            for each in together
        ):
            # Neither of two so small makes up for the other alone.
            holding.put("maintenance_fraction", MOST_RATIO, closing.reason)
            for rule in together:
                found = holding.nearest(rule, market.params, scenario.risk)
                holding.put(rule.parameter, found, closing.reason)
        # There are lawful margins, those it had; but perhaps none of four decimals.
        check_laws(with_margins(scenario, name, holding.margins))
    return holding.margins, holding.bounds()


def tables(market: str, margins: Margins) -> Document:
    """Margins in the tables of a scenario."""

    def text(ratio: Ratio) -> str:
        return format_wads(int(ratio))

    return {
        "market": {
            market: {
                "margin": {
                    "im_base": text(margins.im_base),
                    "maintenance_fraction": text(margins.maintenance_fraction),
                },
                "feed": {"band": text(margins.band)},
            }
        }
    }


def with_margins(scenario: Scenario, market: str, margins: Margins) -> Scenario:
    """A scenario with such margins in a market."""
    document = deepcopy(scenario.document)
    for key, value in settings_in(tables(market, margins)):
        set_value(document, key, value, scenario.path)
    return read_scenario(document, scenario.path)


def fragment(found: Calibration) -> str:
    """The part of a scenario that a calibration decides, as TOML."""
    horizon, level = format_duration(found.horizon), format_wads(int(found.level))
    return (
        f"# What {found.path.name} asks for: horizon {horizon}, level {level}.\n"
        f"{toml_text(tables(found.market, found.lawful))}"
    )


def told(found: Calibration) -> dict[str, Any]:
    """A calibration as `--json` prints it: ratios are texts, exactly; times seconds."""
    ticks = found.series.ticks

    def texts(struct: Struct) -> dict[str, str]:
        return {
            name: each if isinstance(each, str) else format_wads(int(each))
            for name, each in asdict(struct).items()
        }

    return {
        "prices": str(found.path),
        "rows": len(ticks),
        "start": format_moment(ticks[0].time),
        "end": format_moment(ticks[-1].time),
        "period": found.period,
        "horizon": found.horizon,
        "level": format_wads(int(found.level)),
        "windows": len(found.sample.windows),
        "windows_apart": len(found.sample.apart),
        "windows_left_out": found.sample.left_out,
        "sides": [texts(each) for each in found.tails],
        "worst_round": format_wads(int(found.worst_round)),
        "market": found.market,
        "scenario": None if found.scenario is None else str(found.scenario),
        "asked": texts(found.asked),
        "lawful": texts(found.lawful),
        "bounds": [texts(each) for each in found.bounds],
        "backtest": None
        if found.held_out is None
        else told_tests(found, found.held_out),
        "notes": found.notes,
        "fragment": fragment(found),
    }


def told_tests(found: Calibration, held_out: PriceSeries) -> dict[str, Any]:
    """A back-test as `--json` prints it: chances are numbers."""
    return {
        "start": format_moment(held_out.ticks[0].time),
        "end": format_moment(held_out.ticks[-1].time),
        "rejected": found.is_rejected,
        "sides": [
            asdict(each) | {"value_at_risk": format_wads(int(each.value_at_risk))}
            for each in found.tests
        ],
    }
