"""
Faults in what orders wait for, what they are settled at, and what is held for them.
"""

from __future__ import annotations

from tests.laws.faults import Edit, Mutant, both, each


def deployed(name: str, law: str, python: str, vyper: str, new: str) -> Mutant:
    """A fault in the contract itself: a condition, with a minute more in it."""
    old = (Edit(python, python + new), Edit(vyper, vyper + new))
    return Mutant(name, law, "orders", "Orders", old[:1], old[1:])


ORDER_MUTANTS = (
    both(
        "an order takes a later round as well",
        "O1",
        "order",
        (
            "before.published_at < order.due_at",
            "before.published_at < order.due_at + 60",
        ),
    ),
    each(
        "an order is filled at the newest index",
        "O1",
        "feed",
        ("index=settled_at.index", "index=price.index"),
        ("priced.index = settled_at.index", "priced.index = price.index"),
    ),
    both(
        "a keeper may take an earlier round",
        "O2",
        "order",
        (
            "chosen.published_at >= order.due_at",
            "chosen.published_at + 600 >= order.due_at",
        ),
    ),
    deployed(
        "an order is settled after its window",
        "O3",
        "call.now <= kept.expires_at",
        "block.timestamp <= kept.expires_at",
        " + 600",
    ),
    deployed(
        "an order is taken back when it is due",
        "O3",
        "call.now < kept.due_at",
        "block.timestamp < kept.due_at",
        " + 60",
    ),
    Mutant(
        "what is armed is taken back",
        "O3",
        "orders",
        "Orders",
        (Edit("kept.trigger == Price(0)", "kept.trigger >= Price(0)"),),
        (Edit("kept.trigger == 0", "kept.trigger >= 0"),),
    ),
    both(
        "whoever expires it has the fee of a dead order",
        "O4",
        "commitment",
        ("if is_returned or not is_pending:", "if is_returned:"),
    ),
    both(
        "an account commits to an order while one is pending",
        "O5",
        "commitment",
        ("had.orders == 0", "had.orders >= 0"),
    ),
    both(
        "another margin mode is chosen while an order is pending",
        "O5",
        "account",
        ("account.orders == 0", "account.orders >= 0"),
    ),
    each(
        "a keeper earns an order's fee twice",
        "O4",
        "commitment",
        ("keeper_rewards[keeper] += fee", "keeper_rewards[keeper] += 2 * fee"),
        ("keeper_rewards[keeper] += fee", "keeper_rewards[keeper] += 2 * fee"),
    ),
    both(
        "money leaves while an order is pending",
        "O5",
        "health",
        ("current.orders == 0", "current.orders >= 0"),
    ),
    each(
        "a liquidation leaves orders pending",
        "O5",
        "unwinding",
        ("account.set_orders(state, holder, 0)\n    closed", "closed"),
        ("account.set_orders(holder, 0)\n    closed", "closed"),
    ),
    each(
        "nobody has to wait",
        "O6",
        "trading",
        ("risk.order.delay == Seconds(0)", "risk.order.delay >= Seconds(0)"),
        ("risk.order.delay == 0", "risk.order.delay >= 0"),
    ),
    both(
        "nobody asks for margin when an order is committed",
        "O7",
        "commitment",
        ("is_reduction or spare >= 0", "is_reduction or spare >= spare"),
    ),
    both(
        "what an order costs leaves the margin of its account",
        "O7",
        "commitment",
        ("and spare >= owed", "and spare >= spare"),
    ),
    both(
        "an order may take all the cash of its account",
        "O7",
        "commitment",
        ("and spare >= owed", "and spare >= spare"),
        (
            "and whole.collateral - whole.initial - risk.reserve >= owed",
            "and whole.collateral >= whole.collateral",
        ),
    ),
    both(
        "an order is paid for with cash that is not there",
        "O7",
        "commitment",
        ("had.cash >= owed", "had.cash >= had.cash"),
    ),
    each(
        "an order offers what has not been settled yet",
        "O7",
        "commitment",
        ("and whole.collateral - whole", "and strict - whole"),
        ("and whole.collateral - whole", "and strict - whole"),
    ),
    both(
        "a trigger is armed on the way to it",
        "O8",
        "order",
        ("index >= order.trigger", "2 * index >= order.trigger"),
    ),
    both(
        "a price that is not valid pays for an order",
        "O7",
        "commitment",
        ("and (not is_reduction or health", "and (is_reduction or health"),
    ),
    each(
        "an order brings its account what it costs",
        "O7",
        "commitment",
        (
            "ledger.book_in(state, atoms) - owed",
            "ledger.book_in(state, atoms)",
        ),
        ("ledger.book_in(atoms) - owed", "ledger.book_in(atoms)"),
    ),
    each(
        "a token that is not sure pays for an order",
        "O7",
        "health",
        ("if not rules.is_sure(", "if False and not rules.is_sure("),
        (
            "if not staticcall Rules.__interface__(market.RULES).is_sure(",
            "if False and not staticcall Rules.__interface__(market.RULES).is_sure(",
        ),
    ),
)
