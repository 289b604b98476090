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
                "profit_weight)\n    if held.has_line",
                "profit_weight)\n    charge_fee(state, holder, agreed)\n"
                "    if held.has_line",
            ),
        ),
        (
            Edit("self.charge_fee(holder, agreed)\n    opened", "opened"),
            Edit(
                "    )\n    if held.has_line",
                "    )\n    self.charge_fee(holder, agreed)\n    if held.has_line",
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
        "a portfolio has no floor",
        "B3",
        "portfolio",
        (
            "least = mul_wad_up(notional, floor_ratio)",
            "least = mul_wad_up(notional, Ratio(0))",
        ),
        (
            "least: int256 = fixed_point.mul_wad_up(notional, floor_ratio)",
            "least: int256 = fixed_point.mul_wad_up(notional, 0)",
        ),
    ),
    both(
        "a portfolio is told the least of its multipliers",
        "B3",
        "portfolio",
        (
            "max(sums.maintenance_multiplier, price.maintenance_multiplier)",
            "min(sums.maintenance_multiplier, price.maintenance_multiplier)",
        ),
    ),
    both(
        "a hedge is opened with what leaves it alone",
        "B3",
        "portfolio",
        ("max(initial, marked)", "max(initial, 0 * marked)"),
    ),
    Mutant(
        "a price that is known hedges",
        "B3",
        "parameters",
        "parameters",
        (Edit("if params.limits.mode == SETTLED:", "if False:"),),
        (
            Edit(
                "if record.params.limits.mode == SETTLED:\n        # A price",
                "if False:\n        # A price",
            ),
            Edit(
                "if record.params.limits.mode == SETTLED:\n        record",
                "if False:\n        record",
            ),
        ),
    ),
    each(
        "a portfolio is left out of a stress",
        "B3",
        "portfolio",
        (
            "for stress in range(STRESSES):\n        opened",
            "for stress in range(STRESSES - 14):\n        opened",
        ),
        (
            "for stress: uint256 in range(STRESSES):\n        # As",
            "for stress: uint256 in range(STRESSES - 14):\n        # As",
        ),
    ),
    each(
        "a position is opened by the ratio of quiet times",
        "B4",
        "margin",
        ("scaled(ratio, multiplier))", "ratio)"),
        ("self.scaled(ratio, multiplier)", "ratio"),
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
    both(
        "the ratio of a larger position is smaller",
        "B8",
        "margin",
        ("params.im_base + grown", "params.im_base - min(params.im_base, grown)"),
    ),
    both(
        "who opens needs the reserve only",
        "B9",
        "trading",
        ("after.initial + reserve", "reserve"),
    ),
)
