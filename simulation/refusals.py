"""
Parameters that the protocol's own laws refuse, explained in the keys of the scenario.

The laws are not written here again: they are asked, and where one refuses, the place in
`protocol.governance` that did so tells which number had to lie between which.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from msgspec import Struct

from protocol import errors, governance
from protocol.errors import Revert
from protocol.quorum import MAX_REPORTERS
from protocol.units import Size
from simulation.document import Document
from simulation.errors import Problem, ScenarioError
from simulation.quantities import format_duration, format_wads
from simulation.scenario import Market, Scenario


class Law(Struct, frozen=True):
    """What parameters must fulfil, and the keys it is about, from their table on."""

    text: str
    keys: tuple[str, ...]


# Other refusals are explained by the number that is out of its bounds.
LAWS = {
    errors.BAD_QUORUM: Law(
        "quorum is 1 of 1 reporter, or 3 or more and at most the number of reporters",
        ("feed.quorum", "feed.reporters"),
    ),
    errors.CALL_ABOVE_INITIAL: Law(
        "maintenance_fraction * protocol.margin_call.ratio <= 1",
        ("margin.maintenance_fraction",),
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
    errors.FLOOR_TOO_LOW: Law(
        "protocol.portfolio.floor * maintenance_fraction * critical_fraction > "
        "keeper_share + insurance_share + (max_size + 2 * max_open_interest) / (2 * "
        "skew_scale), where the market has shocks",
        (
            "margin.maintenance_fraction",
            "liquidation.critical_fraction",
            "liquidation.keeper_share",
            "liquidation.insurance_share",
            "limits.max_size",
            "limits.max_open_interest",
            "pricing.skew_scale",
        ),
    ),
    errors.SHOCKS_TOO_SMALL: Law(
        "of the shocks of a market one is -im_base or less, and one im_base or more",
        ("margin.im_base",),
    ),
    errors.OPEN_INTEREST_ABOVE_SCALE: Law(
        "max_open_interest <= skew_scale / 2",
        ("limits.max_open_interest", "pricing.skew_scale"),
    ),
    errors.COLLATERAL_ABOVE_VALUE: Law(
        "cap * ceiling_price < 2**120 wads", ("cap", "feed.ceiling_price")
    ),
    errors.OPEN_INTEREST_ABOVE_VALUE: Law(
        "max_open_interest * ceiling_price < 2**120 wads",
        ("limits.max_open_interest", "feed.ceiling_price"),
    ),
}


class Place(Struct, frozen=True):
    """The parameter that a law refused, by its key, and what it must lie within."""

    key: str
    bounds: str


def check_laws(scenario: Scenario) -> None:
    """Refuse a scenario with parameters that the governor would refuse."""
    with explaining(scenario, "protocol", scenario.risk):
        governance.require_lawful_risk(scenario.risk)
    for each in scenario.priced:
        count = each.reporters
        reporters = (*range(1, count + 1), *[0] * (MAX_REPORTERS - count))
        with explaining(scenario, each.key, each.feed, "feed."):
            governance.require_lawful_feed(each.feed, reporters)
        highest = each.feed.ceiling_price
        with explaining(scenario, each.key, each.params):
            if isinstance(each, Market):
                governance.require_lawful_market(each.params, Size(0), highest)
                warned = scenario.risk.margin_call
                governance.require_lawful_call(each.params.margin, warned)
                asked = scenario.risk.portfolio
                governance.require_lawful_floor(each.params, asked)
            else:
                governance.require_lawful_collateral(each.params, Size(0), highest)


@contextmanager
def explaining(
    scenario: Scenario, key: str, params: Struct, prefix: str = ""
) -> Iterator[None]:
    """Turn a refusal of the parameters at `key` into what their author can change."""
    try:
        yield
    except Revert as refusal:
        place = refused_place(refusal.__traceback__, params, prefix)
        raise explain_refusal(scenario, key, str(refusal), place) from None


def explain_refusal(
    scenario: Scenario, key: str, error_name: str, place: Place | None = None
) -> ScenarioError:
    """
    The governor refused the parameters at `key`, `market.ETH` or `protocol`: the law
    that its error is named after, and the values in the scenario that break it.
    """
    table: Any = scenario.document
    for part in key.split("."):
        table = table[part]
    values = dict(leaves(table, ""))

    message = f"refused with {error_name} by a law of the protocol"
    keys: tuple[str, ...] = ()
    if error_name in LAWS:
        law = LAWS[error_name]
        message = f"refused with {error_name}, the law is {law.text}"
        keys = law.keys
    elif place is not None:
        message = f"refused with {error_name}, the law is {place.bounds}"
        keys = (place.key,)
    given = [f"{name} = {values[name]!r}" for name in keys if name in values]
    if given:
        message += f"; given: {', '.join(given)}"
    if len(keys) == 1:
        key = f"{key}.{keys[0]}"
    return ScenarioError(scenario.path, [Problem(key, message)])


def leaves(table: Document, prefix: str) -> Iterator[tuple[str, Any]]:
    """Every value in a table, under its keys from there on, dotted."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def refused_place(
    trace: TracebackType | None, params: Struct, prefix: str
) -> Place | None:
    """Which of `params` the law that raised asked about, and its bounds."""
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code.co_name.startswith("require_lawful_"):
            found = place_in(called_at(trace), frame, params, prefix)
            if found is not None:
                return found
        trace = trace.tb_next
    return None


def called_at(trace: TracebackType) -> ast.expr:
    """The call that was being made in a frame when it raised."""
    code = trace.tb_frame.f_code
    positions = list(code.co_positions())[trace.tb_lasti // 2]
    first, last, start, end = positions
    lines = Path(inspect.getfile(code)).read_text().splitlines()
    if first is None or last is None:
        return ast.Constant(None)
    lines = lines[first - 1 : last]
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    return ast.parse("\n".join(lines), mode="eval").body


def place_in(
    call: ast.expr, frame: FrameType, params: Struct, prefix: str
) -> Place | None:
    """What a call of a law's requirement was about."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return None

    def value(expression: ast.expr) -> Any:
        text = ast.unparse(expression)
        return eval(text, frame.f_globals, frame.f_locals)

    asked, *bounds = call.args
    found = value(asked)
    field, unit = field_of(asked, found, params, value)
    if field is None:
        return None
    name = field.rpartition(".")[2]
    # An expression such as `2 * params.band` is told as it stands.
    said = name
    if not isinstance(asked, ast.Attribute | ast.Name):
        said = re.sub(rf"[\w.]+\.{name}\b", name, ast.unparse(asked))
    if call.func.id == "require_duration":
        return Place(prefix + field, f"0s < {name} <= {2**32 - 1}s")
    if call.func.id == "require_wait":
        most = format_duration(int(governance.MOST_WAIT))
        return Place(prefix + field, f"{name} <= {most}")
    if call.func.id != "require_between":
        return None
    low, high = (shown(value(bound), unit) for bound in bounds)
    return Place(prefix + field, f"{low} <= {said} <= {high}")


def field_of(
    asked: ast.expr, found: Any, params: Struct, value: Any
) -> tuple[str | None, str]:
    """The field that an expression names, dotted, and the unit it is declared in."""
    attributes = [node for node in ast.walk(asked) if isinstance(node, ast.Attribute)]
    for path, owner, name in fields_within(params, ""):
        unit = type(owner).__annotations__[name]
        for attribute in attributes:
            if attribute.attr == name and value(attribute.value) is owner:
                return path, unit
        # A local name for one of the fields.
        is_named = isinstance(asked, ast.Name) and asked.id in name
        if is_named and getattr(owner, name) == found:
            return path, unit
    return None, ""


def fields_within(struct: Struct, prefix: str) -> Iterator[tuple[str, Struct, str]]:
    """Every number within a struct: its dotted name, what holds it, its own name."""
    for name in struct.__struct_fields__:
        held = getattr(struct, name)
        if isinstance(held, Struct):
            yield from fields_within(held, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", struct, name


def shown(number: int, unit: str) -> str:
    """A number as a scenario writes it."""
    if unit == "int":
        return str(number)
    return format_duration(number) if unit == "Seconds" else format_wads(number)
