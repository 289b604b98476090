"""
Every number of `docs/mechanism.md` is what both sides say.
"""

from __future__ import annotations

import re
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from protocol.answer import Answer
from protocol.backing import Standing
from protocol.expiry import Sampling
from protocol.feed import Head
from protocol.fixed_point import WAD
from protocol.insurance import InsuranceWindow
from protocol.liquidation import Bucket
from protocol.position import Position
from protocol.request import NO_REQUEST
from protocol.top_up import TopUp
from tests.twin.twins import both
from tests.unit.desk import Desk
from tests.unit.test_backing import RISEN
from tests.unit.test_credit import LINE
from tests.unit.test_deleveraging import OPENING
from tests.unit.test_feed import LAST
from tests.unit.test_losses import funds, opened
from tests.unit.test_margin_call import PARAMS
from tests.unit.test_orders import PENDING
from tests.unit.test_payout import LATELY
from tests.unit.test_portfolio import BTC, ETH, HEDGE, MUST_HOLD, asked, hedged
from tests.unit.test_sides import TRADED
from tests.unit.test_statement import OPEN, WHOLE
from tests.unit.worked import (
    BORROWING,
    CASE,
    DELEVERAGING,
    EXPIRY,
    FEE,
    FEED,
    FUNDING,
    LIQUIDATION,
    MARGIN,
    MARKET,
    PAYOUT,
    PRICE,
    PRICING,
    REWARDS,
    RISK,
    START,
    TOKEN,
    UNFUNDED,
    VOLATILE,
    wad,
)

PAGE = Path(__file__).parents[2] / "docs" / "mechanism.md"
MARKED = re.compile(r"<!-- (\w+(?:\.\w+)?) -->\n((?:\|.*\n)+)")
LOSSES = "losses"
HEDGE_TABLE = "hedge"
SCALE = PRICING.skew_scale
PART_OF_A_HEDGE = {
    "whole": HEDGE,
    "maintenance": MUST_HOLD,
    "reserve": RISK.reserve,
}
# What a function is given that its table does not say, by its parameter.
GIVEN: dict[str, dict[str, Any]] = {
    "answer.price_of": {"said": Answer(0, 8, START)},
    "pricing.execution_price": {"params": PRICING},
    "fee.trade_fee": {"params": FEE},
    "funding.funding_velocity": {"params": FUNDING},
    "funding.accrued": {
        "last": replace(UNFUNDED, cumulative_price=0),
        "params": FUNDING,
    },
    "funding.borrowing_rate": {"index": wad("2000"), "params": BORROWING},
    "feed.next_round": {
        "last": LAST,
        "confidence": 0,
        "known": 0,
        "variance": 0,
        "params": FEED,
    },
    "volatility.next_variance": {"last_index": wad("2000"), "span": 900},
    "volatility.target": {"params": VOLATILE},
    "volatility.ramped": {"params": VOLATILE},
    "feed.next_head": {"head": Head(7, START, 0), "last": LAST, "latest": LAST},
    "feed.cumulative_price": {"price": PRICE},
    "expiry.average": {"sampling": Sampling(0, 0, 0)},
    "expiry.is_over": {"max_age": FEED.max_age},
    "feed.final_round": {"last": LAST},
    "governance.require_silent": {"price": PRICE},
    "feed.require_valid": {
        "price": PRICE,
        "max_age": 60,
        "max_confidence": wad("0.01"),
    },
    "position.traded": {"position": Position(0, 0, 0)},
    "position.profit": {"position": Position(0, 0, 0)},
    "insurance.current_window": {
        "last": InsuranceWindow(0, START, 0),
        "params": RISK.insurance,
    },
    "payout.decayed": {"spent": LATELY},
    "deleveraging.is_due": {"params": DELEVERAGING},
    "deleveraging.begun": {"params": DELEVERAGING, "now": START},
    "deleveraging.score_floor": {"opening": OPENING, "params": DELEVERAGING},
    "payout.cap": {"params": PAYOUT},
    "backing.exposure": {
        "held": Position(0, 0, 0),
        "price": RISEN,
        "current": UNFUNDED,
        "open_interest": wad("50"),
        "skew_scale": SCALE,
        "params": MARGIN,
    },
    "backing.strict_equity": {
        "standing": Standing(0, 0, 0, 0, 0, 0),
        "profit_weight": RISK.profit_weight,
    },
    "trading.require_margin": {
        "before": Standing(
            wad("900"), wad("900"), wad("900"), 0, wad("1980"), wad("990")
        ),
        "after": Standing(0, 0, 0, 0, 0, 0),
    },
    "credit.line_at": {"line": LINE},
    "share.liability": {
        "state": TRADED,
        "price": PRICE,
        "params": MARKET,
        "vault": wad("100000"),
        "is_priced": True,
        "now": START,
    },
    "order.require_first": {"order": PENDING, "chosen": LAST, "before": LAST},
    "order.is_crossed": {"order": PENDING},
    "request.waits_until": {"pending": NO_REQUEST, "params": RISK.vault},
    "request.closes_at": {"pending": NO_REQUEST, "params": RISK.vault},
    "statement.liquidation_price": {
        "mark": wad("2000"),
        "maintenance": wad("1100"),
        "own_ratio": wad("0.11"),
        "params": MARGIN,
        "whole": WHOLE,
    },
    "statement.free_collateral": {
        "current": OPEN,
        "whole": WHOLE,
        "is_line_settled": True,
    },
    "statement.status_of": {"whole": WHOLE, "critical": LIQUIDATION.critical_fraction},
    "liquidation.needed_part": PART_OF_A_HEDGE,
    "liquidation.closed_part": PART_OF_A_HEDGE,
    "liquidation.keeper_reward": {"rewards": REWARDS, "params": LIQUIDATION},
}
# And what any function of a module is given.
BY_MODULE: dict[str, dict[str, Any]] = {
    "expiry": {"params": EXPIRY},
    "margin_call": {"params": PARAMS},
    "top_up": {
        # A token of eighteen decimals: an atom is a wei.
        "order": TopUp(0, wad("500"), wad("10"), wad("2"), 60, 0),
        "scale": 1,
    },
    "collateral": {"params": TOKEN},
    "pricing": {"skew_scale": SCALE},
    "funding": {"skew_scale": SCALE},
    "margin": {"skew_scale": SCALE, "multiplier": wad("1"), "params": MARGIN},
    "liquidation": {
        "case": CASE,
        "skew_scale": SCALE,
        "least_value": wad("100"),
        "bucket": Bucket(0, START),
        "params": LIQUIDATION,
    },
}


class Row(NamedTuple):
    """A row of a table: what it is about, the arguments, and what comes out."""

    function: str
    case: str
    arguments: dict[str, str]
    results: dict[str, str]


def tables() -> list[tuple[str, list[dict[str, str]]]]:
    """The tables of the page, each with the mark before it and its rows."""
    found = []
    for mark, text in MARKED.findall(PAGE.read_text()):
        lines = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines()
        ]
        head, _, *rows = lines
        found.append((mark, [dict(zip(head, row, strict=True)) for row in rows]))
    return found


def rows() -> list[Row]:
    """Every row that is a call of a function."""
    return [
        Row(
            mark,
            row["case"],
            {k: v for k, v in row.items() if k != "case" and not k.startswith("=")},
            {k[1:]: v for k, v in row.items() if k.startswith("=")},
        )
        for mark, table in tables()
        if mark not in (LOSSES, HEDGE_TABLE)
        for row in table
    ]


def value(cell: str) -> Any:
    """What a cell says."""
    if " · " in cell:
        return [value(part) for part in cell.split(" · ")]
    if cell in ("yes", "no"):
        return cell == "yes"
    if cell == "ok":
        return None
    if cell.startswith("`"):
        return cell.strip("`")
    if cell.endswith(" s") and not cell.startswith("+"):
        return int(cell.removesuffix(" s"))
    if cell.startswith("+"):
        return START + int(cell.strip("+ s"))
    if " + " in cell:
        return sum(value(part) for part in cell.split(" + "))
    if cell.endswith(" wei"):
        return int(cell.removesuffix(" wei"))
    return wad(cell)


def put(known: dict[str, Any], path: str, given: Any) -> None:
    """Set an argument, or a field of one."""
    name, _, field = path.partition(".")
    known[name] = replace(known[name], **{field: given}) if field else given


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.function}: {row.case}")
def test_a_row_is_what_both_sides_say(row: Row) -> None:
    noun, _, name = row.function.partition(".")
    module = import_module(f"protocol.{noun}")
    known = BY_MODULE.get(noun, {}) | GIVEN.get(row.function, {})
    for path, cell in row.arguments.items():
        put(known, path, value(cell))
    parameters = list(signature(getattr(module, name)).parameters)
    returned = both(module, name, *(known[each] for each in parameters))
    for field, cell in row.results.items():
        said = getattr(returned, field) if field else returned
        assert said == value(cell), field or row.function


def test_the_losses_are_borne_as_the_page_says() -> None:
    (losses,) = [table for mark, table in tables() if mark == LOSSES]
    assert losses
    for row in losses:
        desk: Desk = opened(row["insurance fund given"])
        before = funds(desk)
        desk.quote("1600")
        desk.liquidate("ann")
        after = funds(desk)
        assert before.insurance - after.insurance == value(row["insurance fund pays"])
        gained = after.vault - before.vault
        assert wad("4002") - gained == value(row["vault bears"])


def test_a_hedge_needs_what_the_page_says() -> None:
    (hedges,) = [table for mark, table in tables() if mark == HEDGE_TABLE]
    assert hedges
    for row in hedges:
        desk = hedged(int(row["mode"]))
        for market_id, size in ((ETH, row["first"]), (BTC, row["second"])):
            if size != "0":
                desk.trade("ann", size, market_id)
        assert asked(desk) == (value(row["initial"]), value(row["maintenance"]))


def test_the_page_speaks_of_every_formula() -> None:
    """What is not in a table would not be noticed when it changes."""
    marks = {mark for mark, _ in tables()}
    text = PAGE.read_text()
    assert len(marks) == text.count("<!-- ")
    assert len(marks) >= 29
    assert len(rows()) >= 95


def test_a_cell_is_read_as_it_is_meant() -> None:
    assert value("1,053.78") == 105_378 * WAD // 100
    assert value("2.5 + 1 wei") == 25 * WAD // 10 + 1
    assert value("-7 wei") == -7
    assert value("+60 s") == START + 60
    assert value("1 · 2 wei") == [WAD, 2]
    assert (value("yes"), value("no"), value("ok")) == (True, False, None)
    assert value("`PriceStale`") == "PriceStale"
