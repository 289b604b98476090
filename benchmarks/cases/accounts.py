"""
What comes to an account and leaves it, and who acts for it.
"""

from __future__ import annotations

from benchmarks.cases.listing import TRADER, case
from benchmarks.genesis import TOKEN
from benchmarks.stage import Stage
from evm.actors import actor_address
from protocol.account import ISOLATED


@case("deposit: first", 80_000)
def deposit_first(stage: Stage) -> int:
    return stage.measure("trader", "Exchange", "deposit", TRADER, 1_000 * TOKEN)


@case("deposit: again", 63_000)
def deposit_again(stage: Stage) -> int:
    stage.deposit("trader")
    return deposit_first(stage)


def withdraw(stage: Stage) -> int:
    """Some of a trader's collateral goes back to its owner."""
    amount, receiver = 1_000 * TOKEN, actor_address("trader")
    return stage.measure("trader", "Exchange", "withdraw", TRADER, amount, receiver)


@case("withdraw: without positions")
def withdraw_flat(stage: Stage) -> int:
    stage.deposit("trader")
    return withdraw(stage)


@case("withdraw: with a position")
def withdraw_with_position(stage: Stage) -> int:
    stage.trader()
    return withdraw(stage)


@case("withdraw: with 4 open markets")
def withdraw_with_positions(stage: Stage) -> int:
    stage.trader()
    for market_id in range(1, 4):
        stage.trade("trader", market_id, 10)
    return withdraw(stage)


@case("account: set operator")
def set_operator(stage: Stage) -> int:
    keeper = actor_address("keeper")
    return stage.measure("trader", "Exchange", "set_operator", keeper, 1)


@case("account: set margin mode")
def set_margin_mode(stage: Stage) -> int:
    stage.deposit("trader")
    return stage.measure("trader", "Exchange", "set_margin_mode", TRADER, ISOLATED)
