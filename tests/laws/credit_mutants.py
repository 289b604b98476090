"""
Faults in what lenders have, and in what lines are worth and cost.
"""

from __future__ import annotations

from tests.laws.faults import both, each

CREDIT_MUTANTS = (
    both(
        "a lender grants twice what it has",
        "N1",
        "credit",
        (
            "has.held <= has.money, errors.TOO_LITTLE_LENT",
            "has.held <= has.money + has.money, errors.TOO_LITTLE_LENT",
        ),
    ),
    each(
        "a line pays, and its lender does not",
        "N2",
        "credit",
        ("line.lender, -drawn, -drawn", "line.lender, Quote(0), -drawn"),
        ("line.lender, 0 - drawn, 0 - drawn", "line.lender, 0, 0 - drawn"),
    ),
    each(
        "a line pays half of what is missing",
        "N3",
        "settlement",
        (
            "credit.draw_line(state, holder, shortfall, now)",
            "credit.draw_line(state, holder, shortfall // 2, now)",
        ),
        (
            "credit.draw_line(holder, shortfall, now)",
            "credit.draw_line(holder, shortfall // 2, now)",
        ),
    ),
    both(
        "interest is twice as high",
        "N4",
        "credit",
        ("line.rate * elapsed", "line.rate * elapsed * 2"),
    ),
    each(
        "a recalled line never falls",
        "N5",
        "credit",
        ("line.ends_at - until,", "line.ends_at - line.accrued_at,"),
        (
            "convert(line.ends_at - until, int256)",
            "convert(line.ends_at - line.accrued_at, int256)",
        ),
    ),
    each(
        "an account uses half of what it needs",
        "N6",
        "credit",
        (
            "line = replace(line, used=clamp(needed, Quote(0), line.limit))",
            "line = replace(line, used=clamp(needed // 2, Quote(0), line.limit))",
        ),
        (
            "line.used = fixed_point.clamp(needed, 0, line.limit)\n"
            "self.store_line(holder, line)\nlog",
            "line.used = fixed_point.clamp(needed // 2, 0, line.limit)\n"
            "    self.store_line(holder, line)\n    log",
        ),
    ),
    both(
        "interest is paid whatever it leaves",
        "N7",
        "health",
        (
            "standing.equity - margin_call.required("
            "standing.maintenance, reserve, risk.margin_call)",
            "standing.equity",
        ),
    ),
    each(
        "who uses a line withdraws",
        "N8",
        "health",
        (
            "not current.has_line or credit.is_settled(state, holder)",
            "not current.has_line or current.has_line",
        ),
        (
            "not current.has_line or credit.is_settled(holder)",
            "not current.has_line or current.has_line",
        ),
    ),
    each(
        "who uses a line offers a keeper its money",
        "N8",
        "commitment",
        (
            "not had.has_line or credit.is_settled(state, holder)",
            "credit.is_settled(state, holder) or True",
        ),
        (
            "not had.has_line or credit.is_settled(holder)",
            "credit.is_settled(holder) or True",
        ),
    ),
    both(
        "who may be called at once opens on credit",
        "B1",
        "trading",
        (
            "if after.equity >= margin_call.required(",
            "if 2 * after.equity >= margin_call.required(",
        ),
    ),
    each(
        "a line delays a liquidation",
        "C2",
        "unwinding",
        (
            "now)\n    require_at_risk(standing, risk.reserve)\n\n    account",
            "now)\n    require_at_risk(\n"
            "        standing, risk.reserve - credit.load_line(state, holder).limit\n"
            "    )\n\n    account",
        ),
        (
            "now)\n    self.require_at_risk(standing, risk.reserve)\n\n    account",
            "now)\n    self.require_at_risk(\n"
            "        standing, risk.reserve - credit.load_line(holder).limit\n"
            "    )\n\n    account",
        ),
    ),
)
