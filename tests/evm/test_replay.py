"""
One trace on the model and on every chain: the same outcomes, words and digest.
"""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace

from evm.chain import ChainError
from evm.compile import compile_contracts
from evm.replay import NONE, Replay, replay
from protocol.trace import Trace, TraceError, read_trace, write_trace
from tests.evm.story import story
from tests.genesis import GENESIS
from tests.node import running_anvil

STORY = Trace(GENESIS, list(story()), None, True)


@pytest.fixture(scope="module")
def alone() -> Replay:
    """What the model says by itself."""
    return replay(STORY, NONE)


def test_the_story_has_refusals_and_touches_every_contract(alone) -> None:
    ended = Counter(error for _, error in alone.outcomes.elements())
    assert alone.refused == ended.total() - ended["ok"] == 6
    reached = {name.partition(".")[0] for name, _ in alone.outcomes}
    # The exchange asks the rules and runs the resolution, nobody needs the lens; two
    # tokens are collateral.
    others = {"Lens", "Obligations", "Resolution", "Rules", "Token3", "Token4"}
    assert reached == set(compile_contracts()) - others
    assert ("Exchange.liquidate", "ok") in alone.outcomes


@pytest.mark.parametrize(
    ("evm", "roots"), [("revm", "unknown"), ("eth-tester", "equal"), ("anvil", "equal")]
)
def test_every_chain_does_what_the_model_says(alone, evm, roots) -> None:
    if evm == "anvil":
        with running_anvil() as url:
            result = replay(STORY, url)
    else:
        result = replay(STORY, evm)
    assert result.differences == []
    assert result.roots == roots
    assert result.digest == alone.digest
    assert result.outcomes == alone.outcomes
    assert bool(result.gas) == (evm != "revm")


@pytest.mark.filterwarnings("ignore:Length of compiled bytecode")
@pytest.mark.parametrize("optimize", ["gas", "none"])
def test_the_compiler_s_modes_differ_in_nothing_else(alone, optimize) -> None:
    contracts = compile_contracts(optimize=optimize)
    result = replay(STORY, "revm", contracts=contracts)
    assert result.differences == []
    assert result.digest == alone.digest


def test_a_chain_that_begins_anew_goes_on_the_same(alone) -> None:
    result = replay(STORY, "revm", rebuild_every=7)
    assert result.differences == []
    assert result.digest == alone.digest


def test_a_replay_is_held_to_the_digest_of_its_trace(alone, tmp_path) -> None:
    path = tmp_path / "story.jsonl.gz"
    write_trace(path, GENESIS, STORY.actions, alone.digest)
    assert replay(path).is_faithful
    write_trace(path, GENESIS, STORY.actions[:-1], alone.digest)
    assert not replay(path).is_faithful
    assert read_trace(path).digest == alone.digest


def test_a_difference_ends_a_replay_and_says_how_to_see_it(tmp_path) -> None:
    contracts = compile_contracts()
    exchange = contracts["Exchange"]
    layout = exchange.layout["storage_layout"]
    accounts = layout["account"]["accounts"]
    moved = {**layout, "account": {**layout["account"]}}
    moved["account"]["accounts"] = {**accounts, "slot": accounts["slot"] + 1}
    broken = replace(exchange, layout={"storage_layout": moved})
    path = tmp_path / "story.jsonl"
    write_trace(path, GENESIS, STORY.actions, None)
    result = replay(path, "revm", contracts={**contracts, "Exchange": broken})
    (difference,) = result.differences
    assert not result.is_faithful
    assert result.digest is None
    assert difference.layer == "slots"
    assert difference.place.startswith("Exchange.accounts[0x")
    assert difference.command == f"perpspec replay {path} --evm revm"


def test_what_cannot_be_replayed_is_named(tmp_path) -> None:
    with pytest.raises(TraceError, match="cannot be read"):
        replay(tmp_path / "missing", NONE)
    with pytest.raises(ChainError, match="not none, revm"):
        replay(STORY, "geth")
