"""
Winners of a market that owes too much.
"""

from __future__ import annotations

from msgspec.structs import replace

from benchmarks.cases.listing import TRADER, case
from benchmarks.genesis import MARKET, PRICE
from benchmarks.stage import Stage
from protocol.deleveraging import DeleveragingParams
from protocol.fixed_point import WAD
from protocol.units import Ratio, Seconds, Size


def winning(stage: Stage) -> None:
    """A trader gains more than the market, as it is from now on, may owe."""
    stage.trader(10)
    stage.round(0, PRICE * 110 // 100)
    tight = DeleveragingParams(
        factor=Ratio(1), after_factor=Ratio(0), start=Ratio(0), duration=Seconds(600)
    )
    params = replace(MARKET, deleveraging=tight)
    stage.call("owner", "Governor", "set_market", 0, params)


def deleverage(stage: Stage, size: int = 1) -> int:
    """A stranger has so many whole units of the trader's closed."""
    call = ("stranger", "Exchange", "deleverage", TRADER, 0, Size(size * WAD))
    return stage.measure(*call)


@case("deleverage: opens")
def deleverage_opens(stage: Stage) -> int:
    winning(stage)
    return deleverage(stage)


@case("deleverage: part", 240_000)
def deleverage_part(stage: Stage) -> int:
    winning(stage)
    stage.call("stranger", "Exchange", "deleverage", TRADER, 0, Size(WAD))
    gas = deleverage(stage)
    assert stage.state.positions[TRADER, 0].size > 0
    return gas


@case("deleverage: whole", 240_000)
def deleverage_whole(stage: Stage) -> int:
    winning(stage)
    stage.call("stranger", "Exchange", "deleverage", TRADER, 0, Size(WAD))
    gas = deleverage(stage, 100)
    assert stage.state.claims[TRADER, 0] > 0
    return gas
