"""
Parameters that the protocol's own laws refuse, explained in the keys of the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from protocol import errors
from simulation.document import Document
from simulation.errors import Problem, ScenarioError
from simulation.scenario import Scenario


class Law(Struct, frozen=True):
    """What parameters must fulfil, and the keys it is about, from their table on."""

    text: str
    keys: tuple[str, ...]


# Other refusals are explained by their name and the keys that it holds.
LAWS = {
    errors.BAD_QUORUM: Law(
        "quorum is 1, or 3 or more, and at most the number of reporters",
        ("feed.quorum", "feed.reporters"),
    ),
    errors.CLOSING_COSTS_TOO_MUCH: Law(
        "im_base * maintenance_fraction * critical_fraction > keeper_share + "
        "insurance_share + (max_size + 2 * max_open_interest) / (2 * skew_scale)",
        (
            "margin.im_base",
            "margin.maintenance_fraction",
            "liquidation.critical_fraction",
            "liquidation.keeper_share",
            "liquidation.insurance_share",
            "limits.max_size",
            "limits.max_open_interest",
            "pricing.skew_scale",
        ),
    ),
    errors.OPEN_INTEREST_ABOVE_SCALE: Law(
        "max_open_interest <= skew_scale / 2",
        ("limits.max_open_interest", "pricing.skew_scale"),
    ),
    errors.OPEN_INTEREST_ABOVE_VALUE: Law(
        "max_open_interest * ceiling < 2**120 wads",
        ("limits.max_open_interest", "feed.ceiling"),
    ),
    errors.RESERVE_TOO_SMALL: Law(
        "reserve >= flat_reward and reserve >= least_reward",
        ("reserve", "flat_reward", "least_reward"),
    ),
}


def explain_refusal(scenario: Scenario, key: str, error_name: str) -> ScenarioError:
    """
    The governor refused the parameters at `key`, `market.ETH` or `protocol`: the law
    that its error is named after, and the values in the scenario that break it.
    """
    table: Any = scenario.document
    for part in key.split("."):
        table = table[part]
    values = dict(leaves(table, ""))

    if error_name in LAWS:
        law = LAWS[error_name]
        message = f"refused with {error_name}, the law is {law.text}"
        keys = law.keys
    else:
        message = f"refused with {error_name} by a law of the protocol"
        keys = tuple(name for name in values if is_named_in(name, error_name))
    if keys:
        given = ", ".join(f"{name} = {values[name]!r}" for name in keys)
        message += f"; given: {given}"
    return ScenarioError(scenario.path, [Problem(key, message)])


def leaves(table: Document, prefix: str) -> Iterator[tuple[str, Any]]:
    """Every value in a table, under its keys from there on, dotted."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def is_named_in(key: str, error_name: str) -> bool:
    """Whether an error such as `SkewScaleTooSmall` names the last part of a key."""
    words = key.rpartition(".")[2].split("_")
    return "".join(word.capitalize() for word in words) in error_name
