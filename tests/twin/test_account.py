"""
The twins of `account`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import account
from tests.twin.strategies import (
    ACCOUNTS,
    WORD,
)
from tests.twin.twins import Functions, both, refusals

FUNCTIONS: Functions = {
    "packed_account": (ACCOUNTS,),
    "unpacked_account": (st.integers(0, WORD),),
}
PACKED = {"account": ACCOUNTS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(account, name, FUNCTIONS[name])
    assert seen == set()


@pytest.mark.parametrize("record", PACKED)
@given(data=st.data())
def test_what_was_packed_comes_out_again(record: str, data: st.DataObject) -> None:
    value = data.draw(PACKED[record])
    packed = both(account, f"packed_{record}", value)
    assert both(account, f"unpacked_{record}", packed) == value
