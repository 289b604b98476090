"""
Tokens of every kind are drawn: some return nothing, and the exchange takes that for
consent; one blocks an address; and of some no deposit gets in.
"""

from __future__ import annotations

from collections import Counter

import pytest
from rich.console import Console

from evm.lockstep import Difference
from protocol.trace import write_trace
from tests.laws.faults import Edit, Mutant, faulty_contracts
from tests.stateful.choices import Seeded
from tests.stateful.configuration import (
    BLOCKING,
    CHARGING,
    LYING,
    PLAIN,
    SILENT,
    genesis,
)
from tests.stateful.run import Run
from tests.stateful.soak import replayed
from tests.stateful.tokens import KINDS, kinds_of, token_of
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


def seeds(kind: str) -> list[int]:
    """Seeds whose genesis has a token of that kind."""
    return [
        seed for seed in range(200) if kind in kinds_of(genesis(Seeded(seed))).values()
    ]


def play(seed: int, **options) -> Run:
    """Everybody takes their places, and some tokens move."""
    choose = Seeded(seed)
    run = Run(genesis(choose), laws_every=0, **options)
    run.act(choose, 200)
    return run


def test_tokens_of_every_kind_are_drawn() -> None:
    drawn = Counter(
        token.name.split()[0]
        for seed in range(600)
        for token in genesis(Seeded(seed)).collateral
    )
    shares = {kind: count / drawn.total() for kind, count in drawn.items()}
    assert 0.2 < shares.pop(SILENT) < 0.4
    assert shares.pop(PLAIN) > 0.4
    assert shares.keys() == {BLOCKING, CHARGING, LYING}
    assert min(shares.values()) > 0.03


@pytest.mark.parametrize("kind", KINDS)
def test_both_worlds_have_the_kind(kind, tmp_path) -> None:
    run = play(seeds(kind)[0])
    names = [each for each, is_of in kinds_of(run.genesis).items() if is_of == kind]
    assert names
    for name in names:
        assert run.chain.contracts[name] == token_of(kind) != contracts()["Token"]
    run.check_at_end()
    # What the name of a token says is in the trace too.
    path = tmp_path / "trace.jsonl"
    write_trace(path, run.genesis, run.calls(), None)
    assert replayed(path, "revm", Console()) == 0


def taken(kind: str) -> Counter[str]:
    """How deposits of a kind of token ended, where it is the only one."""
    ended: Counter[str] = Counter()
    alone = [seed for seed in seeds(kind) if len(genesis(Seeded(seed)).collateral) == 1]
    for seed in alone[:4]:
        for (name, error), count in play(seed).outcomes.items():
            if name == "Exchange.deposit_collateral":
                ended[error] += count
    return ended


@pytest.mark.parametrize("kind", [SILENT, BLOCKING])
def test_what_arrives_is_taken(kind) -> None:
    ended = taken(kind)
    assert ended["ok"] > 0
    assert ended["TransferFailed"] == 0


@pytest.mark.parametrize("kind", [CHARGING, LYING])
def test_what_does_not_arrive_never_gets_in(kind) -> None:
    ended = taken(kind)
    assert ended["TransferFailed"] > 0
    assert ended["ok"] == 0


def test_the_blocked_are_kept_out() -> None:
    assert taken(BLOCKING)["BalanceTooSmall"] > 0


def test_who_asks_a_token_for_an_answer_is_found(tmp_path) -> None:
    compiled = contracts(faulty_contracts(STRICT, tmp_path))
    with pytest.raises(Difference) as found:
        play(seeds(SILENT)[0], compiled=compiled)
    assert found.value.layer == "outcome"
    assert found.value.chain == "refused without an error"
