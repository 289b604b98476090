"""
Orders.
"""

from __future__ import annotations

from msgspec.structs import replace

from benchmarks.cases.listing import TRADER, case
from benchmarks.genesis import PRICE, RISK, holder
from benchmarks.stage import BLOCK_TIME, Stage
from protocol.fixed_point import WAD
from protocol.units import Seconds

FEE = int(RISK.order.least_fee)
BUY = (0, 5 * WAD, 2 * PRICE, 0, FEE)
# At the price that there is.
STOP = (0, -5 * WAD, 0, 1, FEE, PRICE, 0)
# As long as a block, so that the next round counts.
WAITING = replace(RISK.order, delay=Seconds(BLOCK_TIME))


def commit(stage: Stage, *words: int) -> None:
    """Who waits commits, beside somebody else, and a round comes when that is due."""
    stage.call("owner", "Governor", "set_risk", replace(RISK, order=WAITING))
    other(stage)
    stage.call("trader", "Orders", "commit", TRADER, 0, *words)
    stage.round(0)


def other(stage: Stage) -> None:
    """Somebody else has committed, so that there is escrow."""
    stage.call("long", "Orders", "commit", holder("long"), 1, *STOP[:5])


def settled(stage: Stage) -> int:
    """The keeper settles the order at the newest round."""
    number = stage.state.heads[0].rounds - 1
    return stage.measure("keeper", "Orders", "settle", TRADER, 0, number)


@case("order: commit, an increase", 130_000)
def commit_increase(stage: Stage) -> int:
    stage.trader()
    other(stage)
    return stage.measure("trader", "Orders", "commit", TRADER, 0, *BUY)


@case("order: commit, a reduction")
def commit_reduction(stage: Stage) -> int:
    stage.trader()
    other(stage)
    return stage.measure("trader", "Orders", "commit", TRADER, 0, *STOP[:5])


@case("order: commit, a reduction, its fee brought along")
def commit_brought(stage: Stage) -> int:
    """More than the account could withdraw."""
    stage.trader()
    other(stage)
    words = (*STOP[:4], 20_000 * WAD)
    return stage.measure("trader", "Orders", "commit", TRADER, 0, *words)


@case("order: settle, an increase", 260_000)
def settle_increase(stage: Stage) -> int:
    stage.trader()
    commit(stage, *BUY)
    return settled(stage)


@case("order: settle, first open")
def settle_first(stage: Stage) -> int:
    stage.deposit("trader")
    commit(stage, *BUY)
    return settled(stage)


@case("order: settle, beyond its limit")
def settle_refused(stage: Stage) -> int:
    stage.trader()
    commit(stage, 0, 5 * WAD, WAD, 0, FEE)
    return settled(stage)


@case("order: expire")
def expire(stage: Stage) -> int:
    stage.trader()
    commit(stage, *BUY)
    stage.now += int(WAITING.window)
    return stage.measure("keeper", "Orders", "expire", TRADER, 0)


@case("order: cancel")
def cancel(stage: Stage) -> int:
    stage.trader()
    asked = replace(WAITING, delay=Seconds(10 * BLOCK_TIME))
    stage.call("owner", "Governor", "set_risk", replace(RISK, order=asked))
    other(stage)
    stage.call("trader", "Orders", "commit", TRADER, 0, *BUY)
    return stage.measure("trader", "Orders", "cancel", TRADER, 0)


@case("order: place")
def place(stage: Stage) -> int:
    stage.trader()
    return stage.measure("trader", "Orders", "place", TRADER, 0, *STOP)


@case("order: arm", 90_000)
def arm(stage: Stage) -> int:
    stage.trader()
    other(stage)
    stage.call("trader", "Orders", "place", TRADER, 0, *STOP)
    return stage.measure("keeper", "Orders", "arm", TRADER, 0)
