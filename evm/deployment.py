"""
Where the contracts lie on a chain, as a file that people and programs write.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from evm.chain import ChainError
from evm.compile import compile_contracts, write_file
from evm.node import NodeChain
from evm.words import address_number, address_text
from protocol.trace import Genesis, plain


class Deployment(Struct, frozen=True, forbid_unknown_fields=True):
    """
    The addresses of the contracts on a chain, and from which block on they are there.
    Markets have their names in the order of their numbers; actors are whom names stand
    for.
    """

    chain_id: int
    contracts: dict[str, str]
    block: int = 0
    markets: tuple[str, ...] = ()
    actors: dict[str, str] = {}


def deployment_on(url: str, genesis: Genesis) -> Deployment:
    """What this client has deployed for a genesis on a node."""
    chain = NodeChain(url, compile_contracts())
    try:
        return Deployment(
            chain_id=int(chain.ask("eth_chainId"), 16),
            contracts=texts(chain.addresses),
            markets=tuple(market.name for market in genesis.markets),
            actors=texts(genesis.actors),
        )
    finally:
        chain.close()


def texts(addresses: dict[str, int]) -> dict[str, str]:
    """Addresses as people read them."""
    return {name: address_text(where) for name, where in addresses.items()}


def write_deployment(path: Path, deployment: Deployment) -> None:
    """Write where the contracts lie."""
    encoded = msgspec.json.format(msgspec.json.encode(plain(deployment)), indent=2)
    try:
        write_file(path, encoded + b"\n")
    except OSError as error:
        raise ChainError(f"{path}: cannot be written: {error.strerror}") from None


def read_deployment(path: Path) -> Deployment:
    """Read where the contracts lie."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Deployment, strict=False)
    except OSError as error:
        raise ChainError(f"{path}: cannot be read: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise ChainError(f"{path}: not a deployment: {error}") from None


def located(
    path: Path, contracts: dict[str, str], names: Iterable[str]
) -> dict[str, int]:
    """The addresses of those contracts; the file must name each."""
    found = {}
    for name in names:
        text = contracts.get(name)
        if text is None:
            raise ChainError(f"{path}: says no address of {name}")
        try:
            found[name] = address_number(text)
        except ValueError as error:
            raise ChainError(f"{path}: {name}: {error}") from None
    return found
