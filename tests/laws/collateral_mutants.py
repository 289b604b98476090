"""
Faults in tokens that back accounts, and in their sale.
"""

from __future__ import annotations

from tests.laws.faults import both, each

COLLATERAL_MUTANTS = (
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
        ("is_reduction or left.cash", "True or left.cash"),
    ),
    each(
        "the haircut of risk grows ten times as fast",
        "B6",
        "collateral",
        ("mul_div_up(params.haircut_slope,", "mul_div_up(10 * params.haircut_slope,"),
        ("mul_div_up(params.haircut_slope,", "mul_div_up(10 * params.haircut_slope,"),
    ),
)
