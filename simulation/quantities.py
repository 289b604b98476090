"""
Numbers as people write them, read exactly: no float lies between a text and its wads.

Every parser raises `ValueError` with what is wrong and what would be right.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Context, Decimal, Inexact

from protocol.fixed_point import WAD

DECIMALS = 18
# A number of the protocol has fewer than 40 digits before its point; a longer text is
# refused before it becomes an integer of a million digits.
MOST_DIGITS = 60
EXACT = Context(prec=2_000, traps=[Inexact])

# Times that are told are before this one; later unix times are not in seconds.
MOMENT_BOUND = 10**11

SECONDS_IN = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
PLAIN = re.compile(r"[+-]?\d+(_\d+)*(\.\d+)?", re.ASCII)
QUANTITY = re.compile(r"\s*([+-]?[\d_]*\.?[\d_]*)\s*(\S.*?)?\s*", re.ASCII)
DURATION = re.compile(r"(\d+(?:_\d+)*)\s*([smhdw])\s*", re.ASCII)


def read_number(text: str) -> Decimal:
    """A decimal number as a program writes one, with or without an exponent."""
    if NUMBER.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a number")

    return Decimal(text)


def nearest_wads(number: Decimal) -> tuple[int, bool]:
    """`number` in wads, what lies beyond the 18th decimal cut off; and if none did."""
    if number and number.adjusted() > MOST_DIGITS:
        raise ValueError(f"{number} is too large")

    scaled = number.scaleb(DECIMALS, EXACT)
    whole = int(scaled)
    return whole, whole == scaled


def parse_wads(text: str) -> int:
    """A plain decimal number, `1_000.5`, in wads; refused if wads cannot hold it."""
    if PLAIN.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a plain decimal number such as 1_000.5")

    wads, exact = nearest_wads(Decimal(text))
    if not exact:
        raise ValueError(f"{text!r} has more than {DECIMALS} decimals")
    return wads


def format_wads(wads: int) -> str:
    """The shortest text that `parse_wads` reads as `wads`."""
    whole, rest = divmod(abs(wads), WAD)
    decimals = f".{rest:0{DECIMALS}}".rstrip("0") if rest else ""
    sign = "-" if wads < 0 else ""
    return f"{sign}{whole}{decimals}"


def split_unit(text: str) -> tuple[str, str]:
    """The number of a quantity and its unit, which may be empty."""
    match = QUANTITY.fullmatch(text)
    if match is None or not match[1]:
        raise ValueError(f"{text!r} does not begin with a number")

    return match[1], match[2] or ""


def parse_ratio(text: str) -> int:
    """A ratio or another bare number, in wads."""
    number, unit = split_unit(text)
    wads = parse_wads(number)
    parts = {"%": 100, "percent": 100, "bps": 10_000, "bp": 10_000}.get(unit.lower())
    if parts is not None and wads % parts == 0:
        meant = format_wads(wads // parts)
        raise ValueError(f"{text!r}: ratios have one scale, write {meant!r}")
    if unit:
        raise ValueError(f"{text!r} has the unit {unit!r}, a ratio has none")
    return wads


def parse_amount(text: str, unit: str) -> int:
    """An amount in wads, bare or followed by its unit: `12 ETH`, `0.1 / day`."""
    number, stated = split_unit(text)
    wads = parse_wads(number)
    if stated and "".join(stated.split()) != unit.replace(" ", ""):
        raise ValueError(f"{text!r} is in {stated!r}, not in {unit!r}")
    return wads


def parse_duration(text: str) -> int:
    """A time span, `30s`, `8h`, `1h 30m`, in seconds."""
    seconds, end = 0, 0
    while match := DURATION.match(text, end):
        seconds += int(match[1]) * SECONDS_IN[match[2]]
        end = match.end()
    if end == 0 or end < len(text):
        raise ValueError(
            f"{text!r} is not a time span such as '30s', '10m', '8h', '1h 30m', '2d'"
        )
    return seconds


def format_duration(seconds: int) -> str:
    """The text that `parse_duration` reads as `seconds`, largest units first."""
    parts = []
    for unit in "dhms":
        count, seconds = divmod(seconds, SECONDS_IN[unit])
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def parse_moment(value: object) -> int:
    """A time in unix seconds: an integer, an ISO 8601 text or a time of TOML; UTC."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < MOMENT_BOUND:
            raise ValueError(f"{value} is not a unix time in seconds")
        return value
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(
                f"{value!r} is neither a time such as '2026-01-31T12:00:00Z' nor "
                "unix seconds"
            ) from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise ValueError(f"{value!r} is not a time")

    micros = to_micros(value)
    if micros < 0 or micros % 10**6:
        raise ValueError(f"{value} is not a whole second since 1970")
    return micros // 10**6


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970; a time without a zone is in UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * 10**6 + elapsed.microseconds


def format_moment(seconds: int) -> str:
    """Unix seconds as ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
