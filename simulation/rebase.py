"""
A scenario moved to the prices of a file: its span, its sizes and its limits follow.

What a scenario says in units of base was meant at its own price, so it is carried over
at the ratio of the first prices; what it says of times was meant for its own length, so
it is stretched. What is a ratio or in quote stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from statistics import median_low
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BaseModel

from protocol.feed import FeedParams
from protocol.units import Seconds
from simulation.errors import PriceFileError
from simulation.parameters import Range
from simulation.prices import PriceSeries, read_prices
from simulation.quantities import format_duration, format_moment, format_wads
from simulation.rewriting import rewritten
from simulation.scenario import (
    MAX_LOOKS,
    Market,
    Priced,
    Scenario,
    Token,
    price_series,
    read_scenario,
)
from simulation.sections import AnyAgents, DrawnPrices, RecordedPrices

Section = TypeVar("Section", bound=BaseModel)
Params = TypeVar("Params", bound=Struct)
AnyPriced = TypeVar("AnyPriced", Market, Token)

# More digits of a ratio than anybody reads.
SHOWN_DIGITS = 6


class Ratio(Struct, frozen=True):
    """By how much something is multiplied, exactly."""

    above: int
    below: int

    def of(self, number: int) -> int:
        """The number times the ratio, rounded down."""
        return number * self.above // self.below

    def __str__(self) -> str:
        return f"{self.above / self.below:.{SHOWN_DIGITS}g}"


def with_prices(scenario: Scenario, path: Path) -> tuple[Scenario, list[str]]:
    """The scenario with the prices of a file in its first market; what has changed."""
    series = read_prices(path.resolve())
    times = [tick.time for tick in series.ticks]
    spacing = median_low([after - before for before, after in pairwise(times)])
    step = max(scenario.run.step, spacing)
    steps = (times[-1] - times[0]) // step
    if steps == 0:
        message = f"is shorter than a step of the run, {format_duration(step)}"
        raise PriceFileError(path, None, message)
    if steps > MAX_LOOKS:
        message = (
            f"is {steps:,} looks long, one each {format_duration(step)}; at most "
            f"{MAX_LOOKS:,}: make run.step longer"
        )
        raise PriceFileError(path, None, message)
    length = Ratio(steps * step, scenario.run.duration)

    first, *others = scenario.markets
    was = price_series(scenario, first).ticks[0].price
    now = series.ticks[0].price
    run = changed(scenario.run, start=times[0], duration=steps * step, step=step)
    market = rebased(first, Ratio(was, now))
    prices = RecordedPrices.model_construct(source="file", path=str(path.resolve()))
    every = scenario.keepers.every
    moved = replace(
        scenario,
        run=run,
        markets=tuple(
            expiring(stretched(each, length), scenario.run.start, times[0], length)
            for each in (replace(market, prices=prices), *others)
        ),
        tokens=tuple(stretched(token, length) for token in scenario.tokens),
        agents=tuple(stretched_agents(each, length) for each in scenario.agents),
        keepers=changed(
            scenario.keepers, every=None if every is None else -(-every // step) * step
        ),
    )
    # What cannot be written as a scenario cannot be made again.
    moved = read_scenario(rewritten(moved, path.resolve()), scenario.path)
    notes = [
        f"{first.name} has the prices of {path.name}: from "
        f"{format_moment(times[0])}, {format_duration(steps * step)} in steps of "
        f"{format_duration(step)}",
        f"{first.name}'s limits in base are times {Ratio(was, now)}, its floor and "
        f"ceiling times {Ratio(now, was)}: it begins at {format_wads(now)} and was "
        f"meant for {format_wads(was)}",
        f"entries, departures and shocks come {length} times as late",
    ]
    drawn: list[Priced] = [*others, *scenario.tokens]
    if drawn:
        names = ", ".join(each.name for each in drawn)
        notes.append(f"{names}: drawn over the same span, with shocks stretched along")
    return moved, notes


def rebased(market: Market, ratio: Ratio) -> Market:
    """A market whose unit of base is worth so many times less."""
    price = Ratio(ratio.below, ratio.above)
    return replace(
        market,
        params=rescaled(market.params, ratio, price),
        feed=rescaled(market.feed, ratio, price),
    )


def rescaled(params: Params, size: Ratio, price: Ratio) -> Params:
    """Parameters with their sizes and their prices multiplied."""
    values: dict[str, Any] = {}
    for name, unit in type(params).__annotations__.items():
        value = getattr(params, name)
        if isinstance(value, Struct):
            values[name] = rescaled(value, size, price)
        elif unit == "Size":
            values[name] = size.of(value)
        elif unit == "Price":
            values[name] = max(1, price.of(value))
        else:
            values[name] = value
    return type(params)(**values)


def changed(section: Section, **values: Any) -> Section:
    """A section with other values, which are its own kind already."""
    return section.model_copy(update=values)


def stretched(priced: AnyPriced, length: Ratio) -> AnyPriced:
    """
    A market or token whose shocks and glitches come later; how long each lasts stays.
    """
    glitches = (changed(each, at=length.of(each.at)) for each in priced.glitches)
    priced = replace(priced, glitches=tuple(glitches))
    prices = priced.prices
    if not isinstance(prices, DrawnPrices):
        return priced
    shocks = tuple(changed(shock, at=length.of(shock.at)) for shock in prices.shocks)
    return replace(priced, prices=changed(prices, shocks=shocks))


def expiring(market: Market, began: int, begins: int, length: Ratio) -> Market:
    """A market that expires, if it does, as much later after the new start."""
    expiry = market.feed.expiry
    if not expiry.expires_at:
        return market
    end = Seconds(begins + length.of(int(expiry.expires_at) - began))
    feed = replace(market.feed, expiry=replace(expiry, expires_at=end))
    return replace(market, feed=feed)


def stretched_agents(agents: AnyAgents, length: Ratio) -> AnyAgents:
    """Agents who come and leave later."""
    entry = Range(length.of(agents.entry.low), length.of(agents.entry.high))
    leaves_at = agents.leaves_at
    return changed(
        agents,
        entry=entry,
        leaves_at=None if leaves_at is None else length.of(leaves_at),
    )


def check_admitted(
    path: Path, series: Iterable[tuple[Priced, PriceSeries]]
) -> list[str]:
    """
    Refuse a first price that its feed takes for none; note the later ones.
    """
    notes = []
    for priced, prices in series:
        feed: FeedParams = priced.feed
        outside = sum(not is_admitted(tick.price, feed) for tick in prices.ticks)
        if not is_admitted(prices.ticks[0].price, feed):
            raise PriceFileError(
                path,
                None,
                f"{priced.key}.feed: the first price, "
                f"{format_wads(prices.ticks[0].price)}, does not lie between "
                f"floor_price, {format_wads(int(feed.floor_price))}, and "
                f"ceiling_price, {format_wads(int(feed.ceiling_price))}",
            )
        if outside:
            notes.append(
                f"{priced.name}: {outside} prices lie outside its floor and ceiling, "
                "where its feed has no round"
            )
    return notes


def is_admitted(price: int, feed: FeedParams) -> bool:
    """Whether the feed takes a price for one."""
    return int(feed.floor_price) < price < int(feed.ceiling_price)
