"""
Recorded prices, read from a file: exchange klines or a time and a price a row.

What a file says is used or refused, never dropped in silence. A fault is an error that
names its line; what cannot be carried over is counted in the notes of the series.

- A row of `open, high, low, close` is a bar and its time the one at which it opens. Its
  close is known when it ends, which is when it is reported: one bar, one price. What
  the extremes would have added is a note; `bar="ohlc"` reports all four, at the
  quarters of the bar, the extreme that lies behind the close first (the low of a bar
  that rose). A row with one price is reported at its own time.
- A price counts from the first whole second at which it is known, so no second knows
  its future. Where several rows meet in a second the last one counts.
- Rows further apart than the file's spacing explains are a gap: the feed stood still,
  and nobody reports inside it. Missing bars are always a gap. Rows with one price at
  regular times may be half a spacing late; at irregular times, a hundred times the
  median. Bars that are there but did not move are no gap: BitMEX wrote flat ones
  through its outage of 2020-03-13, and a replay of that file reports them.
"""

from __future__ import annotations

import csv
import gzip
import io
import statistics
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from protocol.fixed_point import WAD
from simulation.errors import PriceFileError
from simulation.quantities import (
    format_duration,
    format_moment,
    format_wads,
    nearest_wads,
    read_number,
    to_micros,
)

Bar = Literal["close", "ohlc"]

GZIP_MAGIC = b"\x1f\x8b"
SECOND = 10**6

# What some programs write in the place of a comma.
OTHER_SEPARATORS = ";\t|"

# As `plain_name` writes them, the preferred one first.
TIME_NAMES = (
    "tsms",
    "ts",
    "time",
    "timestamp",
    "timestampms",
    "opentime",
    "unix",
    "unixtime",
    "datetime",
    "date",
    "updatedat",
)
PRICE_NAMES = ("price", "oracleprice", "indexprice", "markprice", "index", "value")
BAR_NAMES = ("open", "high", "low", "close")

# Numbers below these are seconds, milliseconds, microseconds: each a span from 1973 on
# that does not meet the next.
SCALES = (
    ("seconds", 10**11, SECOND),
    ("milliseconds", 10**14, 1_000),
    ("microseconds", 10**17, 1),
)
ISO = "ISO 8601"

# What the protocol stores a price in.
PRICE_BOUND = 2**95

# How many of the rows' distances are equal in a file that is regular.
REGULAR = 0.9
IRREGULAR_FACTOR = 100


class Tick(Struct, frozen=True):
    """A price in wads, known from `time` on, in unix seconds."""

    time: int
    price: int


class Gap(Struct, frozen=True):
    """The feed stands still from the tick at `start` to the one at `end`."""

    start: int
    end: int


class PriceSeries(Struct, frozen=True):
    """
    The prices of one market, their times strictly increasing, and where they miss.

    `notes` say what of the source is not in the ticks, for the reader of a report.
    """

    ticks: tuple[Tick, ...]
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()

    def covers(self, start: int, end: int) -> bool:
        """Whether there is a price at every second from `start` to `end`."""
        return self.ticks[0].time <= start and end <= self.ticks[-1].time

    def at(self, time: int) -> int:
        """The last price known at `time`, which the series covers."""
        return self.ticks[bisect_right(self.ticks, time, key=tick_time) - 1].price

    def between(self, start: int, end: int) -> PriceSeries:
        """The part from `start` to `end`, which it covers; it has a tick at `start`."""
        first = Tick(start, self.at(start))
        inside = (tick for tick in self.ticks if start < tick.time <= end)
        gaps = (
            Gap(max(gap.start, start), min(gap.end, end))
            for gap in self.gaps
            if gap.start < end and start < gap.end
        )
        return PriceSeries((first, *inside), tuple(gaps), self.notes)


def tick_time(tick: Tick) -> int:
    return tick.time


def glitched(series: PriceSeries, start: int, end: int, move: int) -> PriceSeries:
    """
    A series that is off by `move`, a ratio in wads, from `start` until before `end`;
    it covers `start`.
    """
    off, last = Tick(start, series.at(start)), series.ticks[-1].time
    inside = [off, *(tick for tick in series.ticks if start < tick.time < end)]
    after = [tick for tick in series.ticks if end <= tick.time]
    if end <= last and after[0].time > end:
        after.insert(0, Tick(end, series.at(end)))
    ticks = [
        *(tick for tick in series.ticks if tick.time < start),
        *(Tick(each.time, each.price * (WAD + move) // WAD) for each in inside),
        *after,
    ]
    return replace(series, ticks=tuple(ticks))


class Columns(Struct, frozen=True):
    """Where a row keeps its time and its price, or its four prices."""

    width: int
    time: int
    prices: tuple[int, ...]

    @property
    def are_bars(self) -> bool:
        return len(self.prices) == len(BAR_NAMES)


class Row(Struct, frozen=True):
    """One line as read: its time in microseconds, one price or four."""

    line: int
    micros: int
    prices: tuple[int, ...]


class Reader:
    """Reads one file, keeping what it learns on the way: its unit of time, notes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.time_unit: str | None = None
        self.cut = 0

    def error(self, line: int | None, message: str) -> PriceFileError:
        return PriceFileError(self.path, line, message)

    def text(self) -> str:
        """What the file says, unpacked if it begins as gzip does."""
        try:
            content = self.path.read_bytes()
            if content.startswith(GZIP_MAGIC):
                content = gzip.decompress(content)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self.error(None, f"is damaged gzip: {error}") from None
        except OSError as error:
            raise self.error(None, f"cannot be read: {error.strerror}") from None
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise self.error(line, "is neither UTF-8 nor gzip") from None

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Every line with its number; empty ones only where they end the file."""
        lines = csv.reader(io.StringIO(self.text(), newline=""), strict=True)
        empty = None
        try:
            for cells in lines:
                if not cells:
                    empty = empty or lines.line_num
                elif empty:
                    raise self.error(empty, "is an empty line between rows")
                else:
                    yield lines.line_num, [cell.strip() for cell in cells]
        except csv.Error as error:
            raise self.error(lines.line_num, f"is no row: {error}") from None

    def rows(self, column: str | None) -> tuple[Columns, list[Row]]:
        """Every row, their times strictly increasing."""
        lines = self.lines()
        line, header = next(lines, (None, []))
        if not header:
            raise self.error(line, "is empty")

        columns = self.columns(header, column)
        rows: list[Row] = []
        for line, cells in lines:
            row = self.row(line, cells, columns)
            if rows and row.micros <= rows[-1].micros:
                direction = "repeats" if row.micros == rows[-1].micros else "precedes"
                time = cells[columns.time]
                raise self.error(
                    line, f"time {time!r} {direction} the one of line {rows[-1].line}"
                )
            rows.append(row)
        if len(rows) < 2:
            found = "one row" if rows else "no row"
            raise self.error(None, f"has {found} of prices, two are needed")
        return columns, rows

    def columns(self, header: list[str], wanted: str | None) -> Columns:
        names = [plain_name(name) for name in header]
        for name, times in Counter(name for name in names if name).items():
            if times > 1:
                raise self.error(1, f"has {times} columns named {name!r}")

        found = ", ".join(header)
        other = next((each for each in OTHER_SEPARATORS if each in found), None)
        if len(header) == 1 and other is not None:
            raise self.error(1, f"has cells apart by {other!r}: put ',' between them")
        time = next((names.index(name) for name in TIME_NAMES if name in names), None)
        if time is None:
            raise self.error(
                1, f"no column of times: has {found}; accepts {', '.join(TIME_NAMES)}"
            )

        price = plain_name(wanted or "close")
        suffix = price.removeprefix("close")
        bar = [f"{name}{suffix}" for name in BAR_NAMES]
        if price.startswith("close") and all(name in names for name in bar):
            prices = tuple(names.index(name) for name in bar)
            return Columns(len(names), time, prices)

        accepted = (*PRICE_NAMES, "close") if wanted is None else (price,)
        choices = [header[names.index(name)] for name in accepted if name in names]
        if len(choices) > 1:
            raise self.error(
                1, f"several columns of prices: {', '.join(choices)}; name one of them"
            )
        if not choices:
            if wanted is not None:
                raise self.error(1, f"no column {wanted!r}: has {found}")
            allowed = f"{', '.join(accepted)} or {', '.join(BAR_NAMES)}"
            raise self.error(
                1,
                f"no column of prices: has {found}; accepts {allowed}; or name one of "
                "its columns",
            )
        return Columns(len(names), time, (header.index(choices[0]),))

    def row(self, line: int, cells: list[str], columns: Columns) -> Row:
        if len(cells) != columns.width:
            raise self.error(
                line, f"has {len(cells)} cells where the header has {columns.width}"
            )

        try:
            micros = self.micros(cells[columns.time])
            prices = tuple(self.price(cells[place]) for place in columns.prices)
        except ValueError as error:
            raise self.error(line, str(error)) from None

        if columns.are_bars and prices[1] < prices[2]:
            high, low = cells[columns.prices[1]], cells[columns.prices[2]]
            raise self.error(line, f"high {high!r} is below low {low!r}")
        return Row(line, micros, prices)

    def micros(self, text: str) -> int:
        """A time, in the unit of the first one."""
        try:
            unit, micros = read_time(text)
        except ValueError:
            raise ValueError(
                f"time {text!r} is not a number of seconds, milliseconds or "
                "microseconds since 1970 and not ISO 8601"
            ) from None
        if self.time_unit is None:
            self.time_unit = unit
        if unit != self.time_unit:
            raise ValueError(
                f"time {text!r} is in {unit}, the rows before in {self.time_unit}"
            )
        return micros

    def price(self, text: str) -> int:
        """A price in wads."""
        try:
            wads, exact = nearest_wads(read_number(text))
        except ValueError as error:
            raise ValueError(f"price {error}") from None
        if wads <= 0:
            raise ValueError(f"price {text!r} is not positive")
        if wads >= PRICE_BOUND:
            raise ValueError(f"price {text!r} is not below 2**95 wads")
        self.cut += not exact
        return wads


def read_prices(
    path: Path,
    *,
    column: str | None = None,
    bar: Bar = "close",
    longest_wait: int | None = None,
) -> PriceSeries:
    """
    The prices in the file at `path`.

    `column` names the price where the header has several; `close_spot` means bars if
    `open_spot` and its like are there too. Rows more than `longest_wait` seconds apart
    are a gap, in place of what the file's spacing tells.
    """
    reader = Reader(path)
    columns, rows = reader.rows(column)
    distances = [after.micros - before.micros for before, after in pairwise(rows)]
    spacing = statistics.median_low(distances)
    notes = []
    if reader.cut:
        notes.append(f"prices cut at the 18th decimal: {reader.cut}")

    if columns.are_bars:
        refuse_overlap(reader, rows, spacing)
        limit = spacing
        points = [bar_points(row, spacing, bar) for row in rows]
        notes += bar_notes(rows, bar)
    else:
        limit = point_limit(distances, spacing)
        points = [[(row.micros, row.prices[0])] for row in rows]
    if longest_wait is not None:
        limit = longest_wait * SECOND

    series = in_seconds([point for row_points in points for point in row_points])
    gaps = tuple(
        Gap(whole_second(before[-1][0]), whole_second(after[0][0]))
        for before, after, distance in zip(points, points[1:], distances, strict=False)
        if distance > max(limit, SECOND)
    )
    return replace(series, gaps=gaps, notes=(*notes, *series.notes, *gap_notes(gaps)))


def plain_name(name: str) -> str:
    """A column's name without what its authors differ in: `Open Time`, `open_time`."""
    return "".join(character for character in name.lower() if character.isalnum())


def read_time(text: str) -> tuple[str, int]:
    """The unit that a time is written in, and the time in microseconds."""
    try:
        number = read_number(text)
    except ValueError:
        micros = to_micros(datetime.fromisoformat(text))
        if micros < 0:
            raise
        return ISO, micros

    for unit, bound, micros_in_one in SCALES:
        if 0 <= number < bound:
            return unit, int(number * micros_in_one)
    raise ValueError(f"{text!r} is no time")


def whole_second(micros: int) -> int:
    """The first whole second at which that time has come."""
    return -(-micros // SECOND)


def in_seconds(points: list[tuple[int, int]]) -> PriceSeries:
    """The ticks of the points; of those that meet in a second the last one counts."""
    last = {whole_second(micros): price for micros, price in points}
    merged = len(points) - len(last)
    notes = (f"prices followed by another in the same second: {merged}",)
    ticks = tuple(Tick(time, price) for time, price in last.items())
    return PriceSeries(ticks, notes=notes if merged else ())


def refuse_overlap(reader: Reader, rows: list[Row], spacing: int) -> None:
    """Bars last as long as most are apart, and none opens while another lasts."""
    for before, after in pairwise(rows):
        distance = after.micros - before.micros
        if distance < spacing:
            raise reader.error(
                after.line,
                f"opens {distance / SECOND:g} s after line {before.line} while bars "
                f"last {spacing / SECOND:g} s",
            )


def bar_points(row: Row, spacing: int, bar: Bar) -> list[tuple[int, int]]:
    """When a bar reports which prices."""
    opened, high, low, close = row.prices
    if bar == "close":
        return [(row.micros + spacing, close)]

    path = (opened, low, high, close) if close > opened else (opened, high, low, close)
    return [
        (row.micros + spacing * quarter // 4, price)
        for quarter, price in enumerate(path, start=1)
    ]


def bar_notes(rows: list[Row], bar: Bar) -> list[str]:
    """What the bars hold that their ticks do not, and what is odd in them."""
    notes = []
    if bar == "close":
        lowest, lowest_close = (min(row.prices[k] for row in rows) for k in (2, 3))
        highest, highest_close = (max(row.prices[k] for row in rows) for k in (1, 3))
        notes.append(
            f"a bar reports its close only: closes lie within "
            f"{format_wads(lowest_close)} and {format_wads(highest_close)}, "
            f"extremes within {format_wads(lowest)} and {format_wads(highest)}"
        )
    for place, name in ((0, "open"), (3, "close")):
        outside = sum(
            not row.prices[2] <= row.prices[place] <= row.prices[1] for row in rows
        )
        if outside:
            notes.append(f"bars that {name} outside their low and high: {outside}")
    return notes


def point_limit(distances: list[int], spacing: int) -> int:
    """The distance beyond which single prices show a feed that stood still."""
    if distances.count(spacing) >= REGULAR * len(distances):
        return spacing * 3 // 2
    return spacing * IRREGULAR_FACTOR


def gap_notes(gaps: tuple[Gap, ...]) -> list[str]:
    if not gaps:
        return []
    longest = max(gaps, key=lambda gap: gap.end - gap.start)
    span = format_duration(longest.end - longest.start)
    start = format_moment(longest.start)
    return [f"gaps: {len(gaps)}, the longest {span} from {start}"]
