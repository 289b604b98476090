"""
Faults in whose the money is, and in what the vault owes.
"""

from __future__ import annotations

from tests.laws.faults import Edit, Mutant, both, each

ACCOUNTING_MUTANTS = (
    each(
        "a wei of the fee is nobody's",
        "A1",
        "trading",
        (
            "to_treasury = agreed.fee - agreed.to_vault - agreed.to_insurance",
            "to_treasury = agreed.fee - agreed.to_vault - agreed.to_insurance"
            " - min(agreed.fee, 1)",
        ),
        (
            "agreed.fee - agreed.to_vault - agreed.to_insurance",
            "agreed.fee - agreed.to_vault - agreed.to_insurance - min(agreed.fee, 1)",
        ),
    ),
    Mutant(
        "a transfer makes a little of its own",
        "A2",
        "token",
        "Token",
        (
            Edit(
                "state.balances[sender] -= atoms\n"
                "    state.balances[receiver] += atoms",
                "state.balances[sender] -= atoms\n"
                "    state.balances[receiver] += atoms + 1",
            ),
        ),
        (
            Edit(
                "self.balances[sender] -= atoms\n    self.balances[receiver] += atoms",
                "self.balances[sender] -= atoms\n"
                "    self.balances[receiver] += atoms + 1",
            ),
        ),
    ),
    each(
        "a settled result stays in the sums of its side",
        "A3",
        "settlement",
        (
            "market.add_to_side(state, market_id, is_long, Size(0), -result,",
            "market.add_to_side(state, market_id, is_long, Size(0), Quote(0),",
        ),
        ("held.size > 0, 0, 0 - result, 0)", "held.size > 0, 0, 0, 0)"),
    ),
    each(
        "a closed position keeps what it was bought for",
        "A5",
        "trading",
        (
            "after = Position(Size(0), Quote(0), SizePrice(0))",
            "after = replace(after, funding=SizePrice(0))",
        ),
        ("after = empty(position.Position)", "after.funding = 0"),
    ),
    Mutant(
        "an increase realizes a unit of what was gained",
        "A8",
        "trading",
        "trading",
        (
            Edit(
                "move(state, holder, market_id, opened, agreed.fill, current)\n\n"
                "    after =",
                "move(state, holder, market_id, opened, agreed.fill, current)\n"
                "    if size * size_before > 0 and not is_reduction:\n"
                "        settlement.take_result(state, holder, market_id, 10**18)\n"
                "        settlement.pay_from_vault(state, holder, 10**18)\n\n"
                "    after =",
            ),
        ),
        (
            Edit(
                "self.move(holder, market_id, opened, agreed.fill, current)\n\n"
                "    after:",
                "self.move(holder, market_id, opened, agreed.fill, current)\n"
                "    if size * size_before > 0 and not is_reduction:\n"
                "        settlement.take_result(holder, market_id, 10**18)\n"
                "        settlement.pay_from_vault(holder, 10**18)\n\n"
                "    after:",
            ),
        ),
    ),
    each(
        "what a trade gains is paid without its market",
        "A8",
        "settlement",
        (
            "add_claim(state, holder, market_id, result)",
            "pay_from_vault(state, holder, result)",
        ),
        (
            "self.add_claim(holder, market_id, result)",
            "self.pay_from_vault(holder, result)",
        ),
    ),
    both(
        "claims are no liability at the vault's higher value",
        "A6",
        "share",
        (
            "low=min(gained.longs + gained.shorts + state.open_claims, cap)",
            "low=min(gained.longs + gained.shorts, cap)",
        ),
    ),
    both(
        "a market is owed for beyond its cap",
        "A6",
        "share",
        ("state.open_claims, cap)", "state.open_claims, owed)"),
    ),
    both(
        "a market without a price costs what it seemed to owe",
        "A7",
        "share",
        ("max(owed + refund, cap)", "owed + refund"),
    ),
    both(
        "the premium is no liability",
        "A7",
        "share",
        ("high=owed + refund if", "high=owed if"),
    ),
    each(
        "who is liquidated keeps the debt",
        "A12",
        "unwinding",
        (
            "settlement.cover_shortfall(state, holder, risk.insurance, now)\n"
            "    market.update_rates",
            "market.update_rates",
        ),
        (
            "settlement.cover_shortfall(holder, risk.insurance, now)\n"
            "    market.update_rates",
            "market.update_rates",
        ),
    ),
)
