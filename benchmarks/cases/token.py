"""
The token itself.
"""

from __future__ import annotations

from benchmarks.cases.listing import case
from benchmarks.genesis import TOKEN
from benchmarks.stage import Stage
from evm.actors import actor_address


@case("token: mint")
def mint(stage: Stage) -> int:
    receiver = actor_address("stranger")
    return stage.measure("stranger", "Token", "mint", receiver, TOKEN)


@case("token: approve")
def approve(stage: Stage) -> int:
    spender = actor_address("keeper")
    return stage.measure("stranger", "Token", "approve", spender, TOKEN)


@case("token: transfer")
def transfer(stage: Stage) -> int:
    receiver = actor_address("trader")
    return stage.measure("stranger", "Token", "transfer", receiver, TOKEN)


@case("token: transfer, first to a receiver")
def transfer_first(stage: Stage) -> int:
    receiver = actor_address("nobody")
    return stage.measure("stranger", "Token", "transfer", receiver, TOKEN)


@case("token: transfer by a spender")
def transfer_from(stage: Stage) -> int:
    owner, spender = actor_address("stranger"), actor_address("keeper")
    stage.call("stranger", "Token", "approve", spender, 2 * TOKEN)
    receiver = actor_address("trader")
    return stage.measure("keeper", "Token", "transferFrom", owner, receiver, TOKEN)
