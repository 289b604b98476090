"""
Faults in what an account must have, for a trade and to withdraw.
"""

from __future__ import annotations

from tests.laws.faults import Edit, Mutant, both, each

MARGIN_MUTANTS = (
    both(
        "a withdrawal leaves the maintenance margin only",
        "B1",
        "health",
        (
            "least >= standing.initial + risk.reserve",
            "least >= standing.maintenance + risk.reserve",
        ),
    ),
    Mutant(
        "the margin of a trade is checked before its fee",
        "B1",
        "trading",
        "trading",
        (
            Edit("charge_fee(state, holder, agreed)\n    opened", "opened"),
            Edit(
                "reserve, risk.profit_weight)\n",
                "reserve, risk.profit_weight)\n    charge_fee(state, holder, agreed)\n",
            ),
        ),
        (
            Edit("self.charge_fee(holder, agreed)\n    opened", "opened"),
            Edit(
                "reserve, risk.profit_weight)\n",
                "reserve, risk.profit_weight)\n    self.charge_fee(holder, agreed)\n",
            ),
        ),
    ),
    both(
        "a reduction may leave more risk",
        "B2",
        "trading",
        (
            "after.equity * before.maintenance >= before.equity * after.maintenance",
            "after.equity * before.maintenance >= 0",
        ),
    ),
    each(
        "a gain is settled and stays",
        "B5",
        "settlement",
        (
            "take_result(state, holder, market_id, result)",
            "take_result(state, holder, market_id, min(result, NOTHING))",
        ),
        (
            "self.take_result(holder, market_id, result)",
            "self.take_result(holder, market_id, min(result, 0))",
        ),
    ),
)
