"""
Each law has a fault that it finds, planted in both worlds; without the fault it holds.
"""

from __future__ import annotations

import pytest

from tests.laws.invariants import LAWS, TRIALS, Broken
from tests.laws.mutants import MUTANTS, faulty_contracts, faulty_model
from tests.stateful import vocabulary
from tests.stateful.choices import Seeded
from tests.stateful.configuration import genesis
from tests.stateful.run import Run
from tests.stateful.world import contracts

# How long a genesis is tried, and how many are.
CALLS = 400
SEEDS = 60


def play(seeds: int, law: str, compiled) -> None:
    """Random calls from so many geneses, and one law after each call."""
    for seed in range(seeds):
        choose = Seeded(seed)
        run = Run(genesis(choose), only_law=law, compiled=compiled)
        for action in vocabulary.opening(run.world, choose):
            run.step(action)
        while len(run.actions) < CALLS:
            for action in vocabulary.burst(run.world, choose):
                run.step(action)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_law_finds_the_fault(mutant, tmp_path) -> None:
    compiled = contracts(faulty_contracts(mutant, tmp_path))
    with faulty_model(mutant), pytest.raises(Broken) as found:
        play(SEEDS, mutant.law, compiled)
    assert found.value.code == mutant.law


@pytest.mark.parametrize("law", sorted({mutant.law for mutant in MUTANTS}))
def test_without_a_fault_the_law_holds(law) -> None:
    play(3, law, contracts())


def test_what_no_fault_is_needed_for() -> None:
    """A law without a mutant is one that lockstep itself stands for."""
    killed = {mutant.law for mutant in MUTANTS}
    assert (LAWS | TRIALS).keys() - killed == {"I5", "J7"}
