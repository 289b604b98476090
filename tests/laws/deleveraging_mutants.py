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
            Edit("require(position.profit(held, fill, index) > 0,", "require(True,"),
            Edit(
                "score(profit, equity) >= least", "score(abs(profit), equity) >= least"
            ),
        ),
        (
            Edit("require(profit > 0,", "require(True,"),
            Edit("require(position.profit(held, fill, index) > 0,", "require(True,"),
            Edit(
                "score(profit, equity) >= least",
                "score(fixed_point.magnitude(profit), equity) >= least",
            ),
        ),
    ),
    Mutant(
        "who is deleveraged is paid the mark",
        "C12",
        "rules",
        "Rules",
        (Edit("        fill=fill,\n        opening", "fill=price.mark, opening"),),
        (Edit("        fill=fill,\n        opening", "fill=price.mark, opening"),),
    ),
    Mutant(
        "an old price is good enough to deleverage",
        "F4",
        "rules",
        "Rules",
        (
            Edit(
                "parameters.require_valid(price, params.limits, now)\n    gained",
                "pass\n    gained",
            ),
        ),
        (
            Edit(
                "parameters.require_valid(price, params.limits, now)\n    gained",
                "pass\n    gained",
            ),
        ),
    ),
    Mutant(
        "nobody's turn ever comes",
        "C19",
        "rules",
        "Rules",
        (Edit("score(profit, equity) >= least,", "score(profit, equity) > 10**40,"),),
        (Edit("score(profit, equity) >= least,", "score(profit, equity) > 10**40,"),),
    ),
    both(
        "who owes is closed whole",
        "A12",
        "unwinding",
        ("require(left.positions != 0 or left.cash >= 0,", "require(True,"),
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
