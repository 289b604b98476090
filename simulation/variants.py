"""
Variants: one scenario played several times, under other rules each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from msgspec import Struct

from simulation.document import Document, set_value, settings_in, value_at
from simulation.errors import Problem, ScenarioError
from simulation.scenario import Scenario, read_scenario
from simulation.sections import VariantKeys


class Variant(Struct, frozen=True):
    """
    One of the ways to play a scenario: what it sets, and what becomes of the scenario.
    One that has no variants is played in one way, without a name.
    """

    name: str
    settings: dict[str, Any]
    scenario: Scenario


def variants_of(scenario: Scenario, overrides: Iterable[str]) -> list[Variant]:
    """
    The ways to play a scenario, the first one first. What an override has set, with
    which the scenario has been read, no variant sets again.
    """
    if not scenario.variants:
        return [Variant("", {}, scenario)]
    overridden = [each.partition("=")[0].strip() for each in overrides]
    return [
        variant_of(scenario, place, keys, overridden)
        for place, keys in enumerate(scenario.variants)
    ]


def variant_of(
    scenario: Scenario, place: int, keys: VariantKeys, overridden: Iterable[str]
) -> Variant:
    """One variant of a scenario, whose keys that were `overridden` stay."""
    settings = {
        name: value
        for name, value in settings_in(keys.set)
        if not any(f"{name}.".startswith(f"{key}.") for key in overridden)
    }
    document = deepcopy(scenario.document)
    del document["variant"]
    try:
        for name, value in settings.items():
            set_value(document, name, value, scenario.path)
    except ScenarioError as error:
        raise renamed(error, f"variant.{place}.set.") from None
    with naming(keys.name):
        varied = read_scenario(document, scenario.path, frozenset(overridden))
    return Variant(keys.name, settings, varied)


def moved(variant: Variant, scenario: Scenario) -> Variant:
    """A variant whose scenario has been moved, with what it sets there."""
    settings = {name: value_at(scenario.document, name) for name in variant.settings}
    return Variant(variant.name, settings, scenario)


def stated(document: Document, variants: Iterable[Variant]) -> Document:
    """A document with its variants as they are played: what each sets in the end."""
    named = [
        {"name": each.name} | ({"set": each.settings} if each.settings else {})
        for each in variants
        if each.name
    ]
    return document | ({"variant": named} if named else {})


def renamed(error: ScenarioError, prefix: str) -> ScenarioError:
    """The same faults, at keys that begin otherwise."""
    problems = [
        Problem(prefix + problem.key, problem.message) for problem in error.problems
    ]
    return ScenarioError(error.path, problems)


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Say of a fault in which variant it is."""
    try:
        yield
    except ScenarioError as error:
        if not name:
            raise
        problems = [
            Problem(problem.key, f"{problem.message} (in variant {name!r})")
            for problem in error.problems
        ]
        raise ScenarioError(error.path, problems) from None
