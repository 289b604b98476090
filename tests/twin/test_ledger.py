"""
The twins of `ledger`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evm.compile import CONTRACTS
from evm.words import create_address, selector
from protocol import errors, ledger
from protocol.errors import Revert
from protocol.state import Addresses, State
from tests.twin.facade import Facade, compile_facade
from tests.twin.strategies import (
    FUNDS,
    HOLDINGS,
    WORDS,
)
from tests.twin.twins import Functions, both, refusals

ADDRESSES = Addresses(*range(len(Addresses.__struct_fields__)))
FUNCTIONS: Functions = {
    "packed_funds": (FUNDS,),
    "unpacked_funds": (st.tuples(WORDS, WORDS),),
    "packed_holdings": (HOLDINGS,),
    "unpacked_holdings": (WORDS,),
}
PACKED = {"funds": FUNDS, "holdings": HOLDINGS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    seen = refusals(ledger, name, FUNCTIONS[name])
    assert seen == set()


@pytest.mark.parametrize("record", PACKED)
@given(data=st.data())
def test_what_was_packed_comes_out_again(record: str, data: st.DataObject) -> None:
    value = data.draw(PACKED[record])
    packed = both(ledger, f"packed_{record}", value)
    assert both(ledger, f"unpacked_{record}", packed) == value


def test_a_token_has_eighteen_decimals_at_most() -> None:
    compiled = compile_facade(CONTRACTS, "ledger")
    error = str(selector(f"{errors.TOO_MANY_DECIMALS}()").hex())
    for decimals in (0, 18):
        Facade(compiled, {"token": 1, "decimals": decimals})
        State(ADDRESSES, (decimals,), create_address)
    with pytest.raises(RuntimeError, match=error):
        Facade(compiled, {"token": 1, "decimals": 19})
    with pytest.raises(Revert, match=errors.TOO_MANY_DECIMALS):
        State(ADDRESSES, (19,), create_address)
