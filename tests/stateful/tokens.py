"""
The tokens of a genesis, each of the kind that its name begins with.

On the chain a kind is the code of the token; in the model it is what `TokenState.kind`
says, which the functions of `protocol.token` are made to look at here.
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
from protocol import token
from protocol.state import State
from protocol.trace import Genesis, entry_point
from tests.evm.zoo import BLOCKED, BLOCKS, NO_RETURN, RETURNS_FALSE, TAKES_A_FEE
from tests.laws.faults import Mutant, edited_functions, faulty_contracts
from tests.stateful.configuration import BLOCKING, CHARGING, LYING, SILENT
from tests.stateful.world import contracts

# The kinds that are not plain.
KINDS: Mapping[str, Mutant] = {
    SILENT: NO_RETURN,
    BLOCKING: BLOCKS,
    CHARGING: TAKES_A_FEE,
    LYING: RETURNS_FALSE,
}


@cache
def token_of(kind: str) -> Contract:
    """The contract of a kind of token."""
    with TemporaryDirectory() as folder:
        edited = faulty_contracts(KINDS[kind], Path(folder))
        return compile_contracts(edited, names=["Token"])["Token"]


def kinds_of(genesis: Genesis) -> dict[str, str]:
    """The tokens that are not plain, each with its kind."""
    return {
        f"Token{number}": each.name.split()[0]
        for number, each in enumerate(genesis.collateral, start=1)
        if each.name.split()[0] in KINDS
    }


def with_kinds(
    compiled: Mapping[str, Contract], genesis: Genesis
) -> Mapping[str, Contract]:
    """The contracts, with each token of the kind that its name says."""
    if is_faulty(compiled):
        return compiled
    kinds = kinds_of(genesis)
    return {**compiled, **{name: token_of(kind) for name, kind in kinds.items()}}


def give_kinds(
    state: State, compiled: Mapping[str, Contract], genesis: Genesis
) -> None:
    """Let each token of the model be of the kind that its name says."""
    kinds = {} if is_faulty(compiled) else kinds_of(genesis)
    for each in state.tokens.values():
        vars(each)["kind"] = kinds.get(each.name, "")


def is_faulty(compiled: Mapping[str, Contract]) -> bool:
    """Whether the token has a fault in it, and is to be tried as it is."""
    return compiled["Token"] != contracts()["Token"]


@cache
def behaviour(kind: str) -> Mapping[str, Callable[..., Any]]:
    """The functions of a token that a kind has its own way with."""
    if kind not in KINDS or not KINDS[kind].in_python:
        return {}
    changed = edited_functions(KINDS[kind])
    return {name: function for (_, name), function in changed.items()}  # type: ignore[misc]


def by_kind(plain: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a token, done as the kind of the token does it."""

    @wraps(plain)
    def done(state: Any, *arguments: Any) -> Any:
        kind = getattr(state, "kind", "")
        return behaviour(kind).get(plain.__name__, plain)(state, *arguments)

    return done


for function in (token.transfer, token.transferFrom, token.move):
    setattr(token, function.__name__, by_kind(function))
entry_point.cache_clear()


def is_blocked(state: State, token_id: int, address: int) -> bool:
    """Whether a token neither takes from an address nor gives it anything."""
    each = list(state.tokens.values())[1 + token_id]
    return address == BLOCKED and getattr(each, "kind", "") == BLOCKING


def taken_for_true(
    call: Callable[..., Observed], genesis: Genesis
) -> Callable[..., Observed]:
    """The calls of a chain, by who takes silence for consent, as the exchange does."""
    silent = {name for name, kind in kinds_of(genesis).items() if kind == SILENT}
    if not silent:
        return call

    @wraps(call)
    def made(to: str, function: str, *rest: Any) -> Observed:
        observed = call(to, function, *rest)
        is_moved = to in silent and function in ("transfer", "transferFrom")
        if is_moved and observed.succeeded and not observed.output:
            return observed._replace(output=packed([True]))
        return observed

    return made
