"""
Each law has a fault that it finds, planted in both worlds; without the fault it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from evm.lockstep import LAYERS, Difference
from tests.laws.faults import Mutant, faulty_contracts, faulty_model
from tests.laws.invariants import LAWS, TRIALS, Broken
from tests.laws.mutants import MUTANTS
from tests.stateful.choices import Seeded
from tests.stateful.configuration import genesis
from tests.stateful.run import Run
from tests.stateful.world import contracts

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

# How long a genesis is tried, and how many are.
CALLS = 400
SEEDS = 1_000


def hunt(mutant, compiled, **options) -> None:
    """Play with a fault until something is found."""
    for seed in range(SEEDS):
        choose = Seeded(seed)
        run = Run(genesis(choose), compiled=compiled, **options)
        if mutant.in_chain is not None:
            mutant.in_chain(run.lockstep)
        try:
            run.act(choose, CALLS)
        except Broken:
            if not mutant.seen_by:
                # Both worlds are the same still: nothing but the law could tell.
                run.check_every_word()
            raise


def some(mutants: Sequence[Mutant]) -> list[ParameterSet]:
    """The faults, of which every run tries one in sixteen, and `make mutants` all."""
    return [
        pytest.param(
            mutant,
            id=mutant.name,
            marks=[pytest.mark.mutants] if number % 16 else [],
        )
        for number, mutant in enumerate(mutants)
    ]


@pytest.mark.parametrize("mutant", some(MUTANTS))
def test_a_law_finds_the_fault(mutant, tmp_path) -> None:
    compiled = contracts(faulty_contracts(mutant, tmp_path))
    layers = LAYERS - mutant.seen_by
    with faulty_model(mutant), pytest.raises(Broken) as found:
        hunt(mutant, compiled, only_law=mutant.law, layers=layers)
    assert found.value.code == mutant.law


@pytest.mark.parametrize(
    "mutant", some([mutant for mutant in MUTANTS if mutant.seen_by])
)
def test_a_fault_in_one_world_is_a_difference(mutant, tmp_path) -> None:
    compiled = contracts(faulty_contracts(mutant, tmp_path))
    with faulty_model(mutant), pytest.raises(Difference) as found:
        hunt(mutant, compiled, laws_every=0)
    assert found.value.layer in mutant.seen_by


@pytest.mark.parametrize("law", sorted({mutant.law for mutant in MUTANTS}))
def test_without_a_fault_the_law_holds(law) -> None:
    for seed in range(3):
        choose = Seeded(seed)
        Run(genesis(choose), only_law=law).act(choose, CALLS)


def test_every_law_has_a_fault_in_both_worlds() -> None:
    killed = {mutant.law for mutant in MUTANTS if not mutant.seen_by}
    assert killed == (LAWS | TRIALS).keys()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_fault_still_has_its_place(mutant, tmp_path) -> None:
    """What it changes stands in the sources, once."""
    faulty_contracts(mutant, tmp_path)
    with faulty_model(mutant):
        pass
