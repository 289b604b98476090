"""
Gains and losses become cash, funding accrues, insurance and rewards are paid.
"""

from __future__ import annotations

from benchmarks.cases.listing import TRADER, case
from benchmarks.genesis import PRICE, TOKEN, holder
from benchmarks.stage import Stage
from evm.actors import actor_address


@case("settle: loss, by a stranger")
def settle_loss(stage: Stage) -> int:
    stage.trader()
    stage.round(0, PRICE * 95 // 100)
    return stage.measure("stranger", "Exchange", "settle", TRADER, 0)


@case("settle: gain")
def settle_gain(stage: Stage) -> int:
    stage.trader()
    stage.round(0, PRICE * 105 // 100)
    return stage.measure("trader", "Exchange", "settle", TRADER, 0)


@case("settle: claim of a closed position")
def settle_claim(stage: Stage) -> int:
    return stage.measure("gainer", "Exchange", "settle", holder("gainer"), 0)


@case("accrue")
def accrue(stage: Stage) -> int:
    return stage.measure("stranger", "Exchange", "accrue", 0)


@case("fund insurance")
def fund_insurance(stage: Stage) -> int:
    return stage.measure("stranger", "Exchange", "fund_insurance", 100 * TOKEN)


@case("claim reward")
def claim_reward(stage: Stage) -> int:
    receiver = actor_address("keeper")
    return stage.measure("keeper", "Exchange", "claim_reward", 10 * TOKEN, receiver)


@case("close settled: a loss")
def close_settled_loss(stage: Stage) -> int:
    stage.trader()
    stage.round(0, PRICE * 95 // 100)
    stage.call("owner", "Governor", "settle_market", 0)
    return stage.measure("stranger", "Exchange", "close_settled", TRADER, 0)


@case("close settled: a gain")
def close_settled_gain(stage: Stage) -> int:
    stage.trader()
    stage.round(0, PRICE * 105 // 100)
    stage.call("owner", "Governor", "settle_market", 0)
    return stage.measure("stranger", "Exchange", "close_settled", TRADER, 0)
