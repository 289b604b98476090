"""
Tables remember what they held, and read as empty where nothing was written.
"""

from __future__ import annotations

import pytest

from evm.words import create_address
from protocol.account import Account
from protocol.liquidation import Bucket
from protocol.state import Addresses, State

ADDRESSES = Addresses(*range(1, len(Addresses.__struct_fields__) + 1))
OLD = Bucket(level=1, filled_at=1)
NEW = Bucket(level=2, filled_at=2)


@pytest.fixture
def state() -> State:
    return State(ADDRESSES, (6,), create_address)


def test_a_table_reads_empty_where_nothing_was_written(state: State) -> None:
    assert state.accounts[7] == Account(0, 0, 0, 0, False, 0, 0, False, 0)
    assert state.operators[7, 8] is False
    assert 7 not in state.accounts
    assert state.journal == []


def test_a_write_leaves_what_was_there_in_the_journal(state: State) -> None:
    state.buckets[0] = OLD
    state.buckets[0] = NEW
    expected = [(state.buckets, 0, None), (state.buckets, 0, OLD)]
    assert state.journal == expected


def test_a_restored_table_is_as_it_was(state: State) -> None:
    state.buckets[0] = OLD
    state.buckets[1] = NEW
    written = list(state.journal)
    state.buckets.restore(0, NEW)
    state.buckets.restore(1, None)
    assert state.buckets == {0: NEW}
    assert state.journal == written


def test_tables_are_told_apart_by_what_they_are(state: State) -> None:
    """Two that hold the same are two keys of a set of writes."""
    assert len({(state.claims, 0), (state.open_claims, 0)}) == 2


def test_every_empty_record_is_all_zero_on_the_chain(state: State) -> None:
    """Else a slot that nobody has written would not read as the model says."""
    tables = [table for table in state.tables() if not table.is_code]
    assert len(tables) > 20
    for table in tables:
        assert not any(table.pack(table.empty)), table.name


def test_the_governor_makes_code_at_one_address_after_the_other(state: State) -> None:
    first, second = state.create_code(OLD), state.create_code(NEW)
    assert first == create_address(ADDRESSES.governor, 1)
    assert second == create_address(ADDRESSES.governor, 2)
    assert state.codes == {first: OLD, second: NEW}
