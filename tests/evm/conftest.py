"""
A small contract on each kind of chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from evm.actors import actor_address
from evm.chain import Chain, connect
from evm.compile import Contract, compile_contracts
from tests.node import running_anvil

CONTRACTS = Path(__file__).with_name("contracts")
START = 1_700_000_000
OWNER = actor_address("owner")
TRADER = actor_address("trader")
# The part of a genesis that a chain looks at.
GENESIS = SimpleNamespace(
    start=START, owner=OWNER, decimals=6, actors={"owner": OWNER, "trader": TRADER}
)


@pytest.fixture(scope="session")
def book() -> dict[str, Contract]:
    """The contract with storage of every shape."""
    return compile_contracts(CONTRACTS, names=["Book"])


@pytest.fixture(params=["revm", "eth-tester", "anvil"])
def chain(request: pytest.FixtureRequest, book: dict[str, Contract]) -> Iterator[Chain]:
    """That contract, deployed on each kind of chain in turn."""
    if request.param == "anvil":
        with running_anvil() as url:
            connected = connect(url, book)
            connected.deploy(GENESIS)
            yield connected
            connected.close()
    else:
        connected = connect(request.param, book)
        connected.deploy(GENESIS)
        yield connected
