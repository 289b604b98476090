"""
Lenders, their lines, and what is opened with them.
"""

from __future__ import annotations

from benchmarks.cases.listing import TRADER, case
from benchmarks.genesis import PRICE, TOKEN
from benchmarks.stage import Stage, trade_of
from evm.actors import actor_address
from protocol.fixed_point import WAD
from protocol.units import Quote

LENDER = actor_address("stranger")
# A thousandth a day, and a day.
TERMS = (WAD // 1_000, 86_400)
LIMIT = 10_000 * WAD
# More than the trader opens by itself.
SIZE = 220


def granted(stage: Stage) -> None:
    """The trader has a line."""
    stage.call("stranger", "Exchange", "lend", 20_000 * TOKEN)
    stage.call("trader", "Exchange", "ask_line", TRADER, LENDER, *TERMS)
    stage.call("stranger", "Exchange", "grant_line", TRADER, LIMIT, *TERMS)


def used(stage: Stage) -> None:
    """And uses a part of it."""
    granted(stage)
    stage.deposit("trader")
    stage.trade("trader", 0, SIZE)
    assert stage.state.lines[TRADER].used > Quote(0)


@case("lend: first of a lender")
def lend(stage: Stage) -> int:
    return stage.measure("stranger", "Exchange", "lend", 100 * TOKEN)


@case("withdraw lent")
def withdraw_lent(stage: Stage) -> int:
    granted(stage)
    words = (100 * TOKEN, LENDER)
    return stage.measure("stranger", "Exchange", "withdraw_lent", *words)


@case("line: ask")
def ask_line(stage: Stage) -> int:
    return stage.measure("trader", "Exchange", "ask_line", TRADER, LENDER, *TERMS)


@case("line: grant")
def grant_line(stage: Stage) -> int:
    stage.call("stranger", "Exchange", "lend", 20_000 * TOKEN)
    stage.call("trader", "Exchange", "ask_line", TRADER, LENDER, *TERMS)
    words = (TRADER, LIMIT, *TERMS)
    return stage.measure("stranger", "Exchange", "grant_line", *words)


@case("line: recall")
def recall_line(stage: Stage) -> int:
    used(stage)
    return stage.measure("stranger", "Exchange", "recall_line", TRADER)


@case("line: settle, interest is paid")
def settle_line(stage: Stage) -> int:
    used(stage)
    stage.now += 3_600
    stage.round(0)
    return stage.measure("keeper", "Exchange", "settle_line", TRADER)


@case("trade: first open, on credit")
def trade_on_credit(stage: Stage) -> int:
    granted(stage)
    stage.deposit("trader")
    return stage.measure(*trade_of("trader", 0, SIZE))


@case("liquidate: whole, a line pays first")
def liquidate_on_credit(stage: Stage) -> int:
    used(stage)
    stage.round(0, PRICE * 80 // 100)
    gas = stage.measure("keeper", "Exchange", "liquidate", TRADER, 0)
    assert stage.state.lines[TRADER].limit == Quote(0)
    return gas
