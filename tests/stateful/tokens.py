"""
The tokens of a genesis, each of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evm.chain import Observed
from evm.compile import Contract, compile_contracts
from evm.words import packed
from protocol.trace import Genesis
from tests.evm.zoo import NO_RETURN
from tests.laws.faults import faulty_contracts
from tests.stateful.configuration import SILENT
from tests.stateful.world import contracts


@cache
def silent_token() -> Contract:
    """The token that returns nothing of a transfer."""
    with TemporaryDirectory() as folder:
        edited = faulty_contracts(NO_RETURN, Path(folder))
        return compile_contracts(edited, names=["Token"])["Token"]


def with_kinds(
    compiled: Mapping[str, Contract], genesis: Genesis
) -> Mapping[str, Contract]:
    """The contracts, with each token of the kind that its name says."""
    if compiled["Token"] != contracts()["Token"]:
        # A token with a fault in it is to be tried as it is.
        return compiled
    return {**compiled, **dict.fromkeys(silent(genesis), silent_token())}


def silent(genesis: Genesis) -> list[str]:
    """The tokens that return nothing."""
    return [
        f"Token{number}"
        for number, token in enumerate(genesis.collateral, start=1)
        if token.name.startswith(SILENT)
    ]


def taken_for_true(
    call: Callable[..., Observed], genesis: Genesis
) -> Callable[..., Observed]:
    """The calls of a chain, by who takes silence for consent, as the exchange does."""
    names = silent(genesis)
    if not names:
        return call

    @wraps(call)
    def made(to: str, function: str, *rest: Any) -> Observed:
        observed = call(to, function, *rest)
        is_moved = to in names and function in ("transfer", "transferFrom")
        if is_moved and observed.succeeded and not observed.output:
            return observed._replace(output=packed([True]))
        return observed

    return made
