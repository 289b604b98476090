"""
Units: kept apart by mypy, and nothing but `int` when the program runs.
"""

from __future__ import annotations

import os

from mypy import api

from protocol.units import (
    Area,
    FineRate,
    Flow,
    Price,
    PriceArea,
    PriceSeconds,
    Quote,
    Rate,
    Ratio,
    Seconds,
    Shares,
    Size,
    SizePrice,
)

PREAMBLE = """
from protocol.fixed_point import (
    WAD, clamp, div_down, mul_div_down, mul_div_up, mul_wad_down, mul_wad_up
)
from protocol.units import (
    Area, FineRate, Flow, Price, PriceArea, PriceSeconds, Quote, Rate, Ratio, Seconds,
    Shares, Size, SizePrice
)
price, size, quote, ratio = Price(1), Size(1), Quote(1), Ratio(1)
rate, time, flow, shares = Rate(1), Seconds(1), Flow(1), Shares(1)
"""
ACCEPTED = """
spread: Price = price - price
notional: Quote = mul_wad_up(size, price)
fee: Quote = mul_wad_up(notional, ratio)
paid: SizePrice = size * price
profit: Quote = div_down(paid, WAD) + quote
fine_rate: FineRate = rate * time
area: Area = mul_div_up(2 * fine_rate, fine_rate, rate)
growth: Price = div_down(price * area + price * area, area)
owed: Price = div_down(mul_wad_up(price, rate) * time, time)
used: Ratio = mul_div_up(quote, WAD, quote)
filled: Quote = quote + flow * time
closed: Size = mul_div_up(quote, WAD, price)
held: Ratio = clamp(ratio, Ratio(0), ratio + ratio)
minted: Shares = mul_div_down(quote, shares + shares, quote)
redeemed: Quote = mul_div_down(shares, quote, shares)
is_short: bool = size < 0
"""
MISTAKES = """
price + size
price < size
price == size
price + 1
price // 2
price * price
size * quote
rate + rate * time
rate + ratio
shares + quote
flow + quote
size * price + quote
mul_div_up(rate, time, size)
mul_wad_up(size, size)
mul_wad_up(size, rate)
wrong: Price = mul_wad_up(size, price)
flat: Quote = mul_div_up(quote, WAD, price)
cheap: Quote = mul_div_down(quote, shares, quote)
"""


def complaints(*arguments: str) -> list[str]:
    """The lines in which mypy finds an error."""
    # The project's own configuration names files, beside which no text is allowed.
    nothing = [f"--cache-dir={os.devnull}", "--config-file="]
    report, _, status = api.run(
        ["--strict", *nothing, "--no-error-summary", *arguments]
    )
    # 2 is that of a program that could not even begin.
    assert status < 2
    return [line for line in report.splitlines() if ": error:" in line]


def faulty_lines(source: str) -> set[int]:
    """The numbers of the lines of `source` in which mypy finds an error."""
    return {int(line.split(":")[1]) for line in complaints("-c", source)}


def test_the_protocol_is_strictly_typed() -> None:
    assert complaints("-p", "protocol") == []


def test_units_combine_as_they_do_on_paper() -> None:
    assert complaints("-c", PREAMBLE + ACCEPTED) == []


def test_every_mistake_in_units_is_a_type_error() -> None:
    source = PREAMBLE + MISTAKES
    lines = source.splitlines()
    first = lines.index(MISTAKES.split("\n")[1]) + 1
    assert faulty_lines(source) == set(range(first, len(lines) + 1))


def test_units_cost_nothing() -> None:
    for unit in (
        Area,
        FineRate,
        Flow,
        Price,
        PriceArea,
        PriceSeconds,
        Quote,
        Rate,
        Ratio,
        Seconds,
        Shares,
        Size,
        SizePrice,
    ):
        assert unit is int
