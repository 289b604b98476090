"""
C16, in lockstep and with every other law after each call; the machine and the soak ask
it of all the states in which they end.
"""

from __future__ import annotations

import pytest

from tests.laws.faults import Edit, Mutant, both, each, faulty_contracts, faulty_model
from tests.laws.invariants import Broken
from tests.stateful.choices import Seeded
from tests.stateful.configuration import genesis
from tests.stateful.exit import wind_down
from tests.stateful.run import Run
from tests.stateful.world import contracts

CALLS = 250
# Each keeps somebody in, whatever a law may say of a single call.
MUTANTS = (
    each(
        "the vault keeps as much as it pays",
        "C16",
        "ledger",
        (
            "vault >= load_holdings(state).debt",
            "vault >= load_holdings(state).debt + amount",
        ),
        (
            "vault >= self.load_holdings().debt",
            "vault >= self.load_holdings().debt + amount",
        ),
    ),
    each(
        "a redemption gives half of what its shares are worth",
        "C16",
        "share",
        (
            "shares, max(nav_low, Quote(0)) + Quote(1), supply + VIRTUAL_SHARES",
            "shares // 2, max(nav_low, Quote(0)) + Quote(1), supply + VIRTUAL_SHARES",
        ),
        (
            "shares, max(nav_low, 0) + 1, supply + VIRTUAL_SHARES",
            "shares // 2, max(nav_low, 0) + 1, supply + VIRTUAL_SHARES",
        ),
    ),
    both(
        "what has fallen of a line stays held",
        "C16",
        "credit",
        ("if line.limit != before.limit:", "if line.limit > before.limit:"),
    ),
    Mutant(
        "the last wei of a reward is never paid",
        "C16",
        "exchange",
        "Exchange",
        (Edit("amount <= earned", "amount < earned"),),
        (Edit("amount <= earned", "amount < earned"),),
    ),
)


def played(name: str, **options) -> Run:
    """Both worlds after random calls."""
    choose = Seeded(name)
    run = Run(genesis(choose), **options)
    run.act(choose, CALLS)
    return run


@pytest.mark.parametrize("seed", range(25))
def test_everybody_gets_out(seed) -> None:
    run = played(f"exit/{seed}")
    wind_down(run.world, lambda action: run.step(action).outcome)
    run.check_every_word()


def hunt(**options) -> None:
    """Let everybody out of one state after another."""
    for seed in range(60):
        played(f"exit/{seed}", laws_every=0, **options).check_exit()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_keeps_somebody_in(mutant: Mutant, tmp_path) -> None:
    compiled = contracts(faulty_contracts(mutant, tmp_path))
    with faulty_model(mutant), pytest.raises(Broken) as found:
        hunt(compiled=compiled)
    assert found.value.code == mutant.law


def test_what_was_tried_is_undone() -> None:
    run = played("undone")
    now, number = run.world.now, run.lockstep.number
    before = run.lockstep.every_word()
    run.check_exit()
    assert (run.world.now, run.lockstep.number) == (now, number)
    assert run.lockstep.every_word() == before
    run.check_every_word()
