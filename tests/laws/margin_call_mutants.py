"""
Faults in who is called, and for how long he is left alone.
"""

from __future__ import annotations

from tests.laws.faults import Edit, Mutant, both, each

MARGIN_CALL_MUTANTS = (
    both(
        "nobody waits for the grace",
        "L1",
        "margin_call",
        ("now >= called_at + params.grace", "now >= called_at"),
    ),
    both(
        "a call never runs out",
        "L1",
        "margin_call",
        (
            "now <= called_at + params.grace + params.window",
            "now <= called_at + params.grace + params.window * 100",
        ),
    ),
    each(
        "a reserve too much spares a call",
        "L2",
        "margin_call",
        ("WAD) + reserve", "WAD) + 2 * reserve"),
        ("fixed_point.WAD) + reserve", "fixed_point.WAD) + 2 * reserve"),
    ),
    both(
        "who brings enough is called still",
        "L3",
        "health",
        (
            "if standing.equity < margin_call.required(",
            "if standing.equity < 2 * margin_call.required(",
        ),
    ),
    both(
        "an order is used as often as one likes",
        "L4",
        "top_up",
        ("now >= order.moved_at + order.cooldown", "now >= order.moved_at"),
    ),
    Mutant(
        "what an order brought is not counted",
        "L4",
        "top_up",
        "top_up",
        (Edit("order.ceiling - atoms - order.fee", "order.ceiling - order.fee"),),
        (Edit("-= atoms + order.fee", "-= order.fee"),),
    ),
)
