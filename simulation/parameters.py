"""
The parameters of the protocol as a scenario writes them.

A section of a scenario is made from the struct it fills: its keys are the fields, and
how a value is written follows from the unit the field is declared in. A parameter
added to `protocol/` can be set in a scenario at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_type_hints

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, create_model
from pydantic_core import CoreSchema
from pydantic_core.core_schema import (
    ValidationInfo,
    with_info_plain_validator_function,
)

from protocol.fixed_point import WAD
from protocol.parameters import ACTIVE, HALTED, REDUCE_ONLY
from protocol.portfolio import STRESSES, WHOLE, packed_shocks
from simulation.quantities import parse_amount, parse_duration, parse_ratio

Params = TypeVar("Params", bound=Struct)
Base = TypeVar("Base", bound="Section")


class Units(Struct, frozen=True):
    """What amounts are counted in where a value stands."""

    quote: str
    base: str = "base"

    def named(self, text: str) -> str:
        """`text` with the names in the places that it leaves for them."""
        return text.format(quote=self.quote, base=self.base)


class Section(BaseModel):
    """A table of a scenario: no key beside its own, no change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reader(Struct, frozen=True):
    """
    How pydantic reads a value: the parser, which is given the `unit` if there is one;
    in words what is allowed; and a test of what was parsed.
    """

    parse: Callable[..., Any]
    allowed: str
    unit: str = ""
    holds: Callable[[Any], bool] | None = None

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return with_info_plain_validator_function(self.read)

    def allowed_in(self, units: Units) -> str:
        return units.named(self.allowed)

    def parsed(self, value: object, units: Units) -> Any:
        return (
            self.parse(value, units.named(self.unit))
            if self.unit
            else self.parse(value)
        )

    def read(self, value: object, info: ValidationInfo[Units]) -> Any:
        units = info.context
        allowed = self.allowed_in(units)
        try:
            parsed = self.parsed(value, units)
        except ValueError as error:
            raise ValueError(f"{error}; allowed: {allowed}") from None
        if self.holds is not None and not self.holds(parsed):
            raise ValueError(f"{value!r} is out of range; allowed: {allowed}")
        return parsed


class Range(Struct, frozen=True):
    """Between two numbers, both included; they may be one."""

    low: int
    high: int


class RangeReader(Reader, frozen=True):
    """Reads one value, or a list of the least and the greatest."""

    def parsed(self, value: object, units: Units) -> Range:
        ends = value if isinstance(value, list) else [value, value]
        if len(ends) != 2:
            raise ValueError(f"{value!r} does not have two ends")
        low, high = (super(RangeReader, self).parsed(end, units) for end in ends)
        if low > high:
            raise ValueError(f"{value!r} begins above its end")
        return Range(low, high)


def as_text(value: object) -> str:
    """A number as it was written; the integers of TOML are numbers too."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no number")
    return value


def as_amount(value: object, unit: str) -> int:
    return parse_amount(as_text(value), unit)


def as_ratio(value: object) -> int:
    return parse_ratio(as_text(value))


def as_duration(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} has no unit of time")
    return parse_duration(value)


def as_count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no whole number")
    return value


def as_mode(value: object) -> int:
    if not isinstance(value, str) or value not in MODES:
        raise ValueError(f"{value!r} is no mode")
    return MODES[value]


def as_shocks(value: object) -> int:
    """The word of a list of ratios, a shock in each stress."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no list")
    if len(value) > STRESSES:
        raise ValueError(f"{len(value)} shocks are more than {STRESSES}")
    grain = WAD // WHOLE
    shocks = []
    for each in value:
        shock, rest = divmod(as_ratio(each), grain)
        if rest != 0 or not -WHOLE <= shock < 2**15:
            raise ValueError(f"{each!r} is no shock")
        shocks.append(shock)
    return packed_shocks(shocks)


def not_negative(value: int) -> bool:
    return value >= 0


def amount(unit: str, example: str) -> Reader:
    """Reads an amount in that unit."""
    allowed = f"such as '{example} {unit}' or '{example}', not negative"
    return Reader(as_amount, allowed, unit, not_negative)


BASE = amount("{base}", "12.5")
QUOTE = amount("{quote}", "1_000")
QUOTE_PER_SECOND = amount("{quote} / s", "100")
DAILY = amount("/ day", "0.1")
VELOCITY = amount("/ day / day", "0.5")
RATIO = Reader(as_ratio, "a ratio such as '0.05', not negative", holds=not_negative)
DURATION = Reader(as_duration, "a time span such as '30s', '10m', '8h', '2d'")
COUNT = Reader(as_count, "a whole number such as 3", holds=not_negative)

MODES = {"active": ACTIVE, "reduce_only": REDUCE_ONLY, "halted": HALTED}
MODE = Reader(as_mode, " or ".join(map(repr, MODES)))

SHOCKS = Reader(
    as_shocks,
    f"a list of up to {STRESSES} ratios of four decimals, from -1 to 3.2767",
)

# How the units of `protocol.units` are written.
READERS = {
    "Ratio": RATIO,
    "Rate": DAILY,
    "Quote": QUOTE,
    "Price": QUOTE,
    "Size": BASE,
    "Seconds": DURATION,
    "int": COUNT,
}

# Fields for which the protocol has no unit of its own.
OTHERS = {
    ("FundingParams", "max_velocity"): VELOCITY,
    ("LiquidationParams", "bucket_rate"): QUOTE_PER_SECOND,
    ("LimitParams", "mode"): MODE,
    ("MarginParams", "shocks"): SHOCKS,
}
# What a field is that a scenario leaves out; a table of such fields may be left out.
USUAL = {
    ("LimitParams", "mode"): ACTIVE,
    ("MarginParams", "shocks"): 0,
    ("PortfolioParams", "floor"): WAD,
    ("ExpiryParams", "expires_at"): 0,
    ("ExpiryParams", "samples"): 0,
    ("ExpiryParams", "spacing"): 0,
}


def section_of(struct: type[Struct], base: type[Base]) -> type[Base]:
    """
    The section that fills `struct`, with the keys of `base` beside its fields, or in
    the place of those that it reads in its own way or knows without being told.
    """
    # The units are classes for mypy only: at run time their names are left.
    types = get_type_hints(struct)
    keys: dict[str, Any] = {}
    for name in struct.__struct_fields__:
        if name in base.model_fields or hasattr(base, name):
            continue
        if isinstance(types[name], type) and issubclass(types[name], Struct):
            inner = section_of(types[name], Section)
            needed = any(each.is_required() for each in inner.model_fields.values())
            keys[name] = (inner, ... if needed else inner())
        else:
            field = struct.__name__, name
            reader = OTHERS.get(field) or READERS[struct.__annotations__[name]]
            keys[name] = (Annotated[int, reader], USUAL.get(field, ...))
    return create_model(f"{struct.__name__}Section", __base__=base, **keys)


def filled(struct: type[Params], section: BaseModel) -> Params:
    """The struct with the values of its section."""
    values: dict[str, Any] = {}
    for name, hint in get_type_hints(struct).items():
        value = getattr(section, name)
        values[name] = filled(hint, value) if isinstance(value, BaseModel) else value
    return struct(**values)
