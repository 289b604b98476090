"""
Faults in who is deleveraged, when, and by how much.
"""

from __future__ import annotations

from tests.laws.faults import Edit, Mutant, both, each

DELEVERAGING_MUTANTS = (
    both(
        "nobody's turn has to come",
        "C12",
        "deleveraging",
        ("params.start,", "0 * params.start,"),
    ),
    Mutant(
        "who has lost is deleveraged too",
        "C12",
        "rules",
        "Rules",
        (
            Edit("require(profit > 0,", "require(True,"),
            Edit(
                "score(profit, equity) >= least", "score(abs(profit), equity) >= least"
            ),
        ),
        (
            Edit("require(profit > 0,", "require(True,"),
            Edit(
                "score(profit, equity) >= least",
                "score(fixed_point.magnitude(profit), equity) >= least",
            ),
        ),
    ),
    both(
        "who is deleveraged pays for the skew",
        "C12",
        "deleveraging",
        (
            "return min(mark, traded) if size_delta > 0 else max(mark, traded)",
            "return traded",
        ),
    ),
    each(
        "what was closed may be closed again",
        "C11",
        "deleveraging",
        ("opening.long_left + min(size_delta, nothing)", "opening.long_left"),
        ("opening.long_left + min(size_delta, 0)", "opening.long_left"),
    ),
    both(
        "it ends at what it opened at",
        "C11",
        "deleveraging",
        (
            "(vault, params.after_factor)\n        or now",
            "(vault, params.factor)\n        or now",
        ),
    ),
    Mutant(
        "a whole position leaves the losses of others behind",
        "C13",
        "rules",
        "Rules",
        (Edit("require(profit <= side,", "require(True,"),),
        (Edit("require(profit <= side,", "require(True,"),),
    ),
)
