"""
Faults in both worlds, the same in each: lockstep cannot see them, a law must. A few can
be in one world only, and say so.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from evm.chain import Observed
from evm.lockstep import Lockstep
from evm.words import selector
from tests.laws.deleveraging_mutants import DELEVERAGING_MUTANTS
from tests.laws.faults import Edit, Mutant, both, each
from tests.laws.margin_call_mutants import MARGIN_CALL_MUTANTS
from tests.laws.vault_mutants import VAULT_MUTANTS


def keep_what_the_model_keeps(pair: Lockstep) -> None:
    """Let the chain have in its storage what the model has, after a refusal too."""
    call = pair.call

    def kept(*arguments: Any) -> Observed:
        observed = call(*arguments)
        if not observed.succeeded:
            pair.rebuild()
        return observed

    pair.call = kept


NO_NAME = ""
MUTANTS = (
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
    both(
        "a token is taken above its cap",
        "A15",
        "collateral",
        ("total <= added.cap", "total <= 2 * added.cap"),
    ),
    each(
        "what is seized is nobody's",
        "A15",
        "collateral",
        (
            "add_collateral(state, governor, token_id, amount)",
            "add_collateral(state, governor, token_id, 0)",
        ),
        ("<< 96, token_id, amount)", "<< 96, token_id, 0)"),
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
        "trading",
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
    both(
        "a keeper may come below the initial margin",
        "C1",
        "trading",
        (
            "standing.equity < standing.maintenance + risk.reserve",
            "standing.equity < standing.initial + risk.reserve",
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
    each(
        "the insurance fee is taken from who cannot pay it",
        "C5",
        "trading",
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
        "trading",
        (
            "worth = settlement.use_claims(state, holder, asked, now)",
            "settlement.use_claims(state, holder, asked, now)",
        ),
        (
            "worth = settlement.use_claims(holder, asked, now)",
            "settlement.use_claims(holder, asked, now)",
        ),
    ),
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
            "drawn = insurance.draw(state, holder, shortfall, params, now)",
            "drawn = insurance.draw(state, holder, Quote(0), params, now)",
        ),
        (
            "drawn: int256 = insurance.draw(holder, shortfall, params, now)",
            "drawn: int256 = insurance.draw(holder, 0, params, now)",
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
    both(
        "funding accrues again in the same second",
        "D2",
        "market",
        ("if last.accrued_at == now:", "if last.accrued_at > now:"),
    ),
    both(
        "what is too little for an index is lost",
        "D3",
        "funding",
        ("carry=due - growth * TWICE_A_DAY", "carry=0"),
    ),
    both(
        "shorts pay funding where they should receive it",
        "D4",
        "funding",
        (
            "last.short_index + growth - short_growth",
            "last.short_index - growth - short_growth",
        ),
    ),
    both(
        "a new price holds for the time before it",
        "D6",
        "feed",
        ("intercept=head.intercept + bend", "intercept=head.intercept"),
    ),
    both(
        "an accrual averages over time that was accrued before",
        "D10",
        "funding",
        ("cumulative_price=cumulative_price", "cumulative_price=last.cumulative_price"),
    ),
    both(
        "a report is stale at its age limit",
        "F3",
        "feed",
        (
            "report.published_at + params.max_age < now",
            "report.published_at + params.max_age <= now",
        ),
    ),
    both(
        "a price is stale at its age limit",
        "F4",
        "feed",
        (
            "now - price.published_at <= max_age, errors.PRICE_STALE",
            "now - price.published_at < max_age, errors.PRICE_STALE",
        ),
    ),
    Mutant(
        "anybody sets what holds for all accounts",
        "G1",
        "governor",
        "Governor",
        (
            Edit(
                "access.require_owner(state, call.sender)\n"
                "    governance.require_lawful_risk",
                "governance.require_lawful_risk",
            ),
        ),
        (
            Edit(
                "access.require_owner(msg.sender)\n    governance.require_lawful_risk",
                "governance.require_lawful_risk",
            ),
        ),
    ),
    both(
        "a fill is at the price before it",
        "H1",
        "pricing",
        ("twice_scale + 2 * skew + size_delta", "twice_scale + 2 * skew"),
    ),
    each(
        "the fee is rounded down",
        "H11",
        "fee",
        ("return mul_wad_up(amount, rate)", "return -mul_wad_up(-amount, rate)"),
        (
            "return fixed_point.mul_wad_up(amount, rate)",
            "return 0 - fixed_point.mul_wad_up(0 - amount, rate)",
        ),
    ),
    Mutant(
        "a refusal has a name that is none of the protocol's",
        "I5",
        "rules",
        "Rules",
        (Edit("errors.LIMIT_EXCEEDED", repr(NO_NAME)),),
        (
            Edit(
                "errors.LIMIT_EXCEEDED",
                str(int.from_bytes(selector(f"{NO_NAME}()"))),
            ),
        ),
    ),
    # Python's integers have no bounds to run over.
    replace(
        both(
            "a size is not bounded",
            "I5",
            "trading",
            ("require_fits(size_delta, 95)", "require_fits(size_delta, 255)"),
        ),
        seen_by=frozenset({"outcome"}),
    ),
    Mutant(
        "a size of zero burns all gas",
        "I5",
        "trading",
        "trading",
        (),
        (
            Edit(
                "errors.require(size_delta != 0, errors.ZERO_SIZE)",
                "assert size_delta != 0, UNREACHABLE",
            ),
        ),
        seen_by=frozenset({"outcome"}),
    ),
    each(
        "a token is sold at twice its discount",
        "K1",
        "collateral",
        ("Ratio(WAD) - discount", "Ratio(WAD) - 2 * discount"),
        ("fixed_point.WAD - discount", "fixed_point.WAD - 2 * discount"),
    ),
    both(
        "more of a token is sold than is owed",
        "K1",
        "settlement",
        ("require(cost <= ", "require(cost <= 1 + cost or cost <= "),
    ),
    each(
        "what somebody would buy is seized",
        "K2",
        "settlement",
        (
            "or current.cash >= 0\n"
            "        or has_saleable(state, holder, current.tokens)",
            "or current.cash >= 0",
        ),
        (
            "or current.cash >= 0\n"
            "        or self.has_saleable(holder, current.tokens)",
            "or current.cash >= 0",
        ),
    ),
    each(
        "others pay before what can be sold is sold",
        "K3",
        "settlement",
        (
            "if (\n        current.positions != 0\n        or current.cash >= 0",
            "if current.positions == 0 and current.cash < 0:\n"
            "        part = insurance.draw(state, holder, -current.cash, params, now)\n"
            "        add_cash(state, holder, part)\n"
            "        current = account.load_account(state, holder)\n"
            "    if (\n        current.positions != 0\n        or current.cash >= 0",
        ),
        (
            "if (\n        current.positions != 0\n        or current.cash >= 0",
            "if current.positions == 0 and current.cash < 0:\n"
            "        owed: int256 = 0 - current.cash\n"
            "        part: int256 = insurance.draw(holder, owed, params, now)\n"
            "        self.add_cash(holder, part)\n"
            "        current = account.load_account(holder)\n"
            "    if (\n        current.positions != 0\n        or current.cash >= 0",
        ),
    ),
    both(
        "debt has no limit",
        "K4",
        "trading",
        (
            "require(\n        is_reduction or account.",
            "require(\n        True or account.",
        ),
    ),
    each(
        "the haircut of risk grows ten times as fast",
        "B6",
        "collateral",
        ("mul_div_up(params.haircut_slope,", "mul_div_up(10 * params.haircut_slope,"),
        ("mul_div_up(params.haircut_slope,", "mul_div_up(10 * params.haircut_slope,"),
    ),
    # The EVM undoes whatever it refuses, so the chain's part is no contract's.
    Mutant(
        "the first word that a refused call wrote stays",
        "J7",
        "model",
        "",
        (Edit("reversed(journal)", "reversed(journal[1:])"),),
        (),
        in_chain=keep_what_the_model_keeps,
    ),
    Mutant(
        "a refused call is undone from its beginning on",
        "J7",
        "model",
        "",
        (Edit("reversed(journal)", "journal"),),
        (),
        in_chain=keep_what_the_model_keeps,
    ),
    Mutant(
        "the next call tells what a refused one would have",
        "J7",
        "model",
        "",
        (
            Edit(
                "state.logs.clear()\n            return Outcome(str(refusal)",
                "return Outcome(str(refusal)",
            ),
        ),
        (),
        seen_by=frozenset({"logs"}),
    ),
    *DELEVERAGING_MUTANTS,
    *MARGIN_CALL_MUTANTS,
    *VAULT_MUTANTS,
)
