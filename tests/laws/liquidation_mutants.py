"""
Faults in liquidations, in their rewards, and in who bears a loss.
"""

from __future__ import annotations

from tests.laws.faults import both, each

LIQUIDATION_MUTANTS = (
    both(
        "a keeper may come below the initial margin",
        "C1",
        "unwinding",
        (
            "standing.equity < standing.maintenance + reserve,",
            "standing.equity < standing.initial + reserve,",
        ),
    ),
    each(
        "funding is not in the equity",
        "C2",
        "backing",
        (
            "equity=position.profit(held, price.mark, index)",
            "equity=position.profit(Position(held.size, held.quote, 0), price.mark, 0)",
        ),
        (
            "equity=position.profit(held, price.mark, index)",
            "equity=position.profit(position.Position(size=held.size, "
            "quote=held.quote, funding=0), price.mark, 0)",
        ),
    ),
    both(
        "no bucket limits a liquidation",
        "C3",
        "liquidation",
        ("return case.equity < critical", "return case.equity < critical + critical"),
    ),
    both(
        "a liquidation forgets what its keeper takes",
        "C4",
        "liquidation",
        ("target + 2 * case.reserve", "target"),
    ),
    both(
        "a portfolio forgets what closing costs",
        "C4",
        "liquidation",
        ("target_ratio) - whole.cost", "target_ratio)"),
    ),
    each(
        "only the position that was named is closed of a portfolio",
        "C7",
        "unwinding",
        (
            "part,\n            market.price_of(state, each)",
            "Ratio(1),\n            market.price_of(state, each)",
        ),
        (
            "part,\n            market.price_of(each)",
            "1,\n            market.price_of(each)",
        ),
    ),
    each(
        "the insurance fee is taken from who cannot pay it",
        "C5",
        "unwinding",
        (
            "insurance_fee = clamp(left, Quote(0), closed.insurance_fee)",
            "insurance_fee = closed.insurance_fee",
        ),
        (
            "insurance_fee: int256 = fixed_point.clamp(left, 0, closed.insurance_fee)",
            "insurance_fee: int256 = closed.insurance_fee",
        ),
    ),
    each(
        "what may be seized or cut pays the keeper",
        "C5",
        "unwinding",
        (
            "worth = settlement.use_claims(state, holder, asked, now)",
            "settlement.use_claims(state, holder, asked, now)",
        ),
        (
            "worth = settlement.use_claims(holder, asked, now)",
            "settlement.use_claims(holder, asked, now)",
        ),
    ),
    both(
        "the reward has no cap",
        "C6",
        "liquidation",
        (
            "rewards.flat + scaled, rewards.least, rewards.most",
            "rewards.flat + scaled, rewards.least, rewards.most + scaled",
        ),
    ),
    each(
        "the vault pays before the insurance fund",
        "C8",
        "settlement",
        (
            "insurance.draw(state, holder, shortfall - drawn, params, now)",
            "insurance.draw(state, holder, NOTHING, params, now)",
        ),
        (
            "insurance.draw(holder, shortfall - drawn, params, now)",
            "insurance.draw(holder, 0, params, now)",
        ),
    ),
    each(
        "the insurance fund has no window",
        "C9",
        "insurance",
        (
            "min(ledger.load_funds(state).insurance, left)",
            "ledger.load_funds(state).insurance",
        ),
        (
            "min(ledger.load_funds().insurance, left)",
            "ledger.load_funds().insurance",
        ),
    ),
)
