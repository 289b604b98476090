"""
Faults in claims, and in what a market pays its winners.
"""

from __future__ import annotations

from tests.laws.faults import Edit, Mutant, both, each

PAYOUT_MUTANTS = (
    each(
        "a claim that makes an account whole is no more than is missing",
        "C10",
        "payout",
        (
            "if payment(owed, cap, claim) <= missing:\n        return claim",
            "if claim <= missing:\n        return claim",
        ),
        (
            "if self.payment(owed, cap, claim) <= missing:\n        return claim",
            "if claim <= missing:\n        return claim",
        ),
    ),
    each(
        "who is short of a wei has whole claims paid",
        "C14",
        "settlement",
        (
            "wanted - cash,\n            now,",
            "state.claims[holder, market_id],\n            now,",
        ),
        (
            "wanted - cash,\n            now,",
            "position.claims[holder][market_id],\n            now,",
        ),
    ),
    both(
        "the insurance fund pays before the claims",
        "C14",
        "settlement",
        (
            "(current.claims >> market_id) & 1 == 0",
            "(current.claims >> market_id) & 1 <= 1",
        ),
    ),
    each(
        "a claim is paid out of what others owe",
        "C14",
        "ledger",
        ("vault >= load_holdings(state).debt", "vault >= 0"),
        ("vault >= self.load_holdings().debt", "vault >= 0"),
    ),
    both(
        "a gain is paid its part of what is owed, though it may be more than that",
        "C15",
        "payout",
        ("max(owed, amount)", "owed"),
    ),
    each(
        "what is not paid stays a claim",
        "C17",
        "settlement",
        (
            "add_claim(state, holder, market_id, -claim)",
            "add_claim(state, holder, market_id, claimed - amount - claim)",
        ),
        (
            "self.add_claim(holder, market_id, 0 - claim)",
            "self.add_claim(holder, market_id, claimed - amount - claim)",
        ),
    ),
    Mutant(
        "the cap is a part of what the vault has left",
        "C17",
        "rules",
        "Rules",
        (Edit("payout.decayed(sums.spent, now)", "Quote(0)"),),
        (Edit("payout.decayed(sums.spent, now)", "0"),),
    ),
    both(
        "what was paid counts in full until its window ends",
        "C18",
        "payout",
        ("spent.ends_at - now", "spent.ends_at - spent.spent_at"),
    ),
    both(
        "a loss that nobody had the cash for is paid out again",
        "C18",
        "settlement",
        ("min(amount, had)", "amount"),
    ),
)
