"""
The code that the exchange runs as its own fits it, and does nothing by itself.
"""

from __future__ import annotations

import pytest

from evm.chain import connect
from evm.compile import DELEGATES, compile_contracts
from evm.replay import every_action
from evm.roots import storage_root
from tests.evm.story import story
from tests.genesis import GENESIS

CONTRACTS = compile_contracts()
ENTRIES = sorted(
    (name, signature.partition("(")[0])
    for name in DELEGATES
    for signature in CONTRACTS[name].method_identifiers
)
# What a trade needs, which nobody may ask the exchange for.
INNER = {"use_line"}


def words_of(name: str, function: str) -> int:
    """How many words an entry point takes; all of its are plain."""
    [entry] = [each for each in CONTRACTS[name].abi if each.get("name") == function]
    return len(entry["inputs"])


@pytest.mark.parametrize(("other", "name"), DELEGATES.items())
def test_both_keep_everything_at_the_same_place(name, other) -> None:
    here, there = CONTRACTS[name].layout, CONTRACTS[other].layout
    assert here["storage_layout"] == there["storage_layout"]
    # The lock is the exchange's, so the other neither takes nor moves one.
    assert "$.nonreentrant_key" in here["transient_storage_layout"]
    assert "transient_storage_layout" not in there


def test_the_rules_keep_nothing_so_they_need_no_lock() -> None:
    rules = CONTRACTS["Rules"]
    assert rules.layout == {}
    assert {each["stateMutability"] for each in rules.abi} == {"view"}


@pytest.mark.parametrize(("other", "name"), DELEGATES.items())
def test_an_entry_point_is_the_same_in_both(name, other) -> None:
    here = CONTRACTS[name].method_identifiers.items()
    there = CONTRACTS[other].method_identifiers.items()
    assert {signature.partition("(")[0] for signature, _ in there - here} <= INNER


def test_the_exchange_tells_its_events_too() -> None:
    told = {each["name"] for each in CONTRACTS["Exchange"].abi if "name" in each}
    assert {"Liquidated", "CollateralBought", "MarginCalled", "Deleveraged"} <= told


@pytest.mark.parametrize(("name", "function"), ENTRIES)
def test_called_by_itself_it_changes_nothing(name, function) -> None:
    """Here in the middle of a story with positions, debts and open claims."""
    chain = connect("eth-tester", CONTRACTS)
    addresses = chain.deploy(GENESIS)
    for action in every_action(GENESIS, story(), addresses):
        observed = chain.call(
            action.to, action.function, action.sender, action.now, action.arguments
        )
    roots = {each: chain.storage_root(where) for each, where in addresses.items()}
    account = GENESIS.owner << 96
    words = (account, 0, 0, 3_600, 0, 0, 0, 0)[: words_of(name, function)]
    observed = chain.call(name, function, GENESIS.owner, chain.now + 1, words)
    assert observed.logs == []
    assert roots == {each: chain.storage_root(at) for each, at in addresses.items()}
    assert roots[name] == storage_root({})
