"""
Some tokens return nothing, and the exchange takes that for consent.
"""

from __future__ import annotations

import pytest
from rich.console import Console

from evm.lockstep import Difference
from protocol.trace import write_trace
from tests.laws.faults import Edit, Mutant, faulty_contracts
from tests.stateful import vocabulary
from tests.stateful.choices import Seeded
from tests.stateful.configuration import SILENT, genesis
from tests.stateful.run import Run
from tests.stateful.soak import replayed
from tests.stateful.tokens import silent, silent_token
from tests.stateful.world import contracts

# An exchange that takes silence for a refusal.
STRICT = Mutant(
    "",
    "",
    "",
    "ledger",
    (),
    (
        Edit("payer, self, atoms, default_return_value=True", "payer, self, atoms"),
        Edit("receiver, atoms, default_return_value=True", "receiver, atoms"),
    ),
)


def seeds() -> list[int]:
    """Seeds whose genesis has a token that returns nothing."""
    return [seed for seed in range(60) if silent(genesis(Seeded(seed)))]


def play(seed: int, **options) -> Run:
    """Everybody takes their places, and some tokens move."""
    choose = Seeded(seed)
    run = Run(genesis(choose), laws_every=0, **options)
    for action in vocabulary.opening(run.world, choose):
        run.step(action)
    while len(run.actions) < 200:
        for action in vocabulary.burst(run.world, choose):
            run.step(action)
    return run


def test_some_tokens_return_nothing() -> None:
    drawn = [
        token.name.startswith(SILENT)
        for seed in range(300)
        for token in genesis(Seeded(seed)).collateral
    ]
    assert 0.2 < sum(drawn) / len(drawn) < 0.5


def test_what_returns_nothing_is_taken(tmp_path) -> None:
    run = play(seeds()[0])
    (name, *_) = silent(run.genesis)
    assert run.chain.contracts[name] == silent_token() != contracts()["Token"]
    assert run.outcomes["Exchange.deposit_collateral", "ok"] > 0
    run.check_at_end()
    # What the name of a token says is in the trace too.
    path = tmp_path / "trace.jsonl"
    write_trace(path, run.genesis, run.calls(), None)
    assert replayed(path, "revm", Console()) == 0


def test_who_asks_a_token_for_an_answer_is_found(tmp_path) -> None:
    compiled = contracts(faulty_contracts(STRICT, tmp_path))
    with pytest.raises(Difference) as found:
        play(seeds()[0], compiled=compiled)
    assert found.value.layer == "outcome"
    assert found.value.chain == "refused without an error"
