"""
Faults in who may hold up a market, and in what stops then.
"""

from __future__ import annotations

from tests.laws.faults import Edit, Mutant, both


def rules(name: str, law: str, old: str, new: str) -> Mutant:
    """A fault in the rules that both languages write alike."""
    edits = (Edit(old, new),)
    return Mutant(name, law, "rules", "Rules", edits, edits)


GOVERNANCE_MUTANTS = (
    rules(
        "a market that only reduces takes more",
        "G5",
        "params.limits.mode != parameters.REDUCE_ONLY",
        "True",
    ),
    rules(
        "a halted market lets positions be closed",
        "G5",
        "params.limits.mode != parameters.HALTED",
        "True",
    ),
    both(
        "a halted market pays its winners",
        "G5",
        "parameters",
        ("require(limits.mode != HALTED,", "require(True,"),
    ),
    rules(
        "a halted market liquidates nobody",
        "G6",
        "feed.require_fresh_enough(price, params.limits.risk_age, now)\n    ratio",
        "parameters.require_valid(price, params.limits, now)\n    ratio",
    ),
)
