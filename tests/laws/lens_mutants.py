"""
Faults in what is told of many accounts at once.
"""

from __future__ import annotations

from tests.laws.faults import Edit, Mutant, both


def in_lens(
    name: str, law: str, python: tuple[str, str], vyper: tuple[str, str]
) -> Mutant:
    """A fault in the lens, each world in its own words."""
    return Mutant(name, law, "lens", "Lens", (Edit(*python),), (Edit(*vyper),))


LENS_MUTANTS = (
    in_lens(
        "a batch counts no claims as gains",
        "M1",
        ("gains=claimed", "gains=0 * claimed"),
        ("gains=claimed", "gains=0 * claimed"),
    ),
    in_lens(
        "a batch counts a token as if nobody else had any",
        "M1",
        ("tokens[token_id].total", "0 * tokens[token_id].total"),
        ("tokens[token_id].total", "0 * tokens[token_id].total"),
    ),
    in_lens(
        "a batch knows nobody critical",
        "M1",
        ("status_of(whole, critical)", "status_of(whole, 0 * critical)"),
        ("status_of(whole, critical)", "status_of(whole, 0 * critical)"),
    ),
    in_lens(
        "a batch shows no claims",
        "M2",
        (
            "claim = exchange.claim_of(state, lens, holder, market_id)",
            "claim = 0 * exchange.claim_of(state, lens, holder, market_id)",
        ),
        (
            "claim = staticcall Exchange(EXCHANGE).claim_of(holder, market_id)",
            "claim = 0 * staticcall Exchange(EXCHANGE).claim_of(holder, market_id)",
        ),
    ),
    in_lens(
        "no order is told to be pending",
        "M4",
        ("(pending >> number) & 1", "(pending >> number) & 0"),
        ("(pending >> number) & 1", "(pending >> number) & 0"),
    ),
    in_lens(
        "the last account of all is on no page",
        "M3",
        ("MAX_BATCH), 2**96)", "MAX_BATCH), 2**96 - 1)"),
        ("MAX_BATCH), 2**96)", "MAX_BATCH), 2**96 - 1)"),
    ),
    both(
        "cash is told to be free that a pending order holds",
        "M5",
        "statement",
        ("if current.orders != 0 or not", "if not"),
    ),
    both(
        "cash is told to be free while a line is used",
        "M5",
        "statement",
        ("if current.orders != 0 or not is_line_settled:", "if current.orders != 0:"),
    ),
)
