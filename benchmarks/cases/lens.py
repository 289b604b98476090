"""
What clients read, of one account or of a crowd.
"""

from __future__ import annotations

from benchmarks.cases.listing import case
from benchmarks.genesis import holder
from benchmarks.stage import Stage
from evm.actors import actor_address
from evm.chain import GAS_LIMIT

# A keeper looks at so many accounts at once, with positions in so many markets each.
CROWD, CROWD_MARKETS = 500, 4
# What nodes let a view spend, unless they are told otherwise.
CALL_GAS = 50_000_000


@case("lens: statement, as a transaction")
def statement(stage: Stage) -> int:
    return stage.measure("long", "Lens", "statement_of", holder("long"))


def batch(stage: Stage, function: str) -> int:
    """A view of a crowd at once, with as much gas as a node lets a view spend."""
    holders = stage.crowd(CROWD, CROWD_MARKETS)
    stage.chain.gas_limit = CALL_GAS
    try:
        return stage.measure("stranger", "Lens", function, holders)
    finally:
        stage.chain.gas_limit = GAS_LIMIT


@case("lens: health of 500 accounts with 4 markets, as a transaction", CALL_GAS)
def health_batch(stage: Stage) -> int:
    return batch(stage, "health_batch")


@case("lens: state of 500 accounts with 4 markets, as a transaction", CALL_GAS)
def state_batch(stage: Stage) -> int:
    return batch(stage, "state_batch")


@case("lens: page of 500 accounts, as a transaction")
def accounts_page(stage: Stage) -> int:
    stage.crowd(CROWD, CROWD_MARKETS)
    crowd = actor_address("crowd")
    return stage.measure("stranger", "Lens", "accounts_page", crowd, 0, CROWD)
