"""
One interface over every chain the contracts run on.

`revm` is for volume, `eth-tester` for real transactions, blocks, gas and the storage
root in process, a JSON-RPC node for all of that over a wire. The same call does the
same on each; what differs is what they can say of it afterwards.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from evm.actors import actor_address
from evm.words import create_address, packed, unhexed
from protocol.state import TOKENS

if TYPE_CHECKING:
    from evm.compile import Contract
    from protocol.trace import Genesis

DEPLOYER = "deployer"
# They know each other's addresses from this order, which is that of the nonces.
DEPLOY_ORDER = (
    "Token",
    "Exchange",
    "Resolution",
    "Obligations",
    "Oracle",
    "Rules",
    "Vault",
    "Governor",
    "Lens",
    "TopUps",
    "Orders",
    *TOKENS[1:],
    "Aggregator",
)
# Enough for any call, and below what a transaction may ask for on mainnet.
GAS_LIMIT = 16_000_000

# The contract that logged it, the topics, the data.
Log = tuple[int, tuple[bytes, ...], bytes]


class ChainError(Exception):
    """The chain could not be reached or used; it says nothing of the contracts."""


class Observed(NamedTuple):
    """
    What a call did on the chain.

    `output` is what it returned, or the data it reverted with. `gas` is None where the
    chain cannot tell it, and `halt` says why a call ended that did not revert.
    """

    succeeded: bool
    output: bytes
    logs: list[Log]
    gas: int | None
    halt: str = ""


class Chain(ABC):
    """The contracts on one chain, called by words and answering with bytes."""

    name: str

    def __init__(self, contracts: Mapping[str, Contract]) -> None:
        self.contracts = dict(contracts)
        self.selectors = {
            (name, signature.partition("(")[0]): int(identifier, 16).to_bytes(4, "big")
            for name, contract in contracts.items()
            for signature, identifier in contract.method_identifiers.items()
        }
        self.deployer = actor_address(DEPLOYER)
        self.order = deploy_order(contracts)
        self.addresses = predicted_addresses(contracts)
        self.now = 0

    def deploy(self, genesis: Genesis) -> dict[str, int]:
        """Deploy every contract at the genesis' start; where each one lies."""
        self.prepare(genesis)
        for name in self.order:
            self.create(name, self.initcode(name, genesis))
            if not self.code(self.addresses[name]):
                raise ChainError(f"{self.name}: {name} was not deployed")
        return self.addresses

    def initcode(self, name: str, genesis: Genesis) -> bytes:
        """What deploys a contract: its code, and the arguments by their names."""
        known = {each.lower(): where for each, where in self.addresses.items()}
        known |= {"owner": genesis.owner, "decimals": genesis.decimals}
        if name in TOKENS:
            known["decimals"] = genesis.token_decimals()[TOKENS.index(name)]
        contract = self.contracts[name]
        try:
            words = [known[field["name"]] for field in constructor_inputs(contract)]
        except KeyError as missing:
            raise ChainError(f"{name}: nothing fills its argument {missing}") from None
        return unhexed(contract.bytecode) + packed(words)

    def calldata(self, to: str, function: str, arguments: Iterable[int]) -> bytes:
        """The selector and the words of a call."""
        return self.selectors[to, function] + packed(arguments)

    def advance(self, now: int) -> None:
        """Let the next calls happen at `now`; time does not go back on a chain."""
        if now < self.now:
            raise ChainError(f"{self.name}: time goes back from {self.now} to {now}")
        self.now = now

    @abstractmethod
    def prepare(self, genesis: Genesis) -> None:
        """Make the actors able to call, from the genesis' start on."""

    @abstractmethod
    def create(self, name: str, initcode: bytes) -> None:
        """Deploy one contract with the next nonce of the deployer."""

    @abstractmethod
    def call(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        """Make a call that changes the chain, unless it is refused."""

    @abstractmethod
    def view(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        """Make a call that leaves no trace; its logs are not reported."""

    @abstractmethod
    def storage(self, address: int, slot: int) -> int:
        """The word at a slot."""

    @abstractmethod
    def code(self, address: int) -> bytes:
        """The code that lies at an address."""

    @abstractmethod
    def storage_root(self, address: int) -> bytes | None:
        """The root of the whole storage, where the chain knows one."""

    @abstractmethod
    def snapshot(self) -> Any:
        """A point to return to."""

    @abstractmethod
    def revert(self, snapshot: Any) -> None:
        """Return to a point; it and those after it are used up."""

    def words(self, places: Sequence[tuple[int, int]]) -> list[int]:
        """The words at many (address, slot); a node is asked for all at once."""
        return [self.storage(address, slot) for address, slot in places]

    def rebuild(  # noqa: B027 - most chains have no need of it
        self, storage: Mapping[int, Mapping[int, int]]
    ) -> None:
        """Begin anew from these words, where a chain grows with every call."""

    def close(self) -> None:  # noqa: B027 - most chains hold nothing open
        """Let go of what the chain holds open."""


def deploy_order(contracts: Iterable[str]) -> list[str]:
    """The contracts in the order of their deployment; ones of one's own come last."""
    known = [name for name in DEPLOY_ORDER if name in contracts]
    return [*known, *sorted(set(contracts) - set(known))]


def predicted_addresses(contracts: Iterable[str]) -> dict[str, int]:
    """Where each contract will lie, from the deployer's nonces, the first being 0."""
    deployer = actor_address(DEPLOYER)
    order = deploy_order(contracts)
    return {name: create_address(deployer, nonce) for nonce, name in enumerate(order)}


def constructor_inputs(contract: Contract) -> list[dict[str, Any]]:
    """The parameters of a constructor; none where there is none."""
    for entry in contract.abi:
        if entry["type"] == "constructor":
            inputs: list[dict[str, Any]] = entry["inputs"]
            return inputs
    return []


def is_url(kind: str) -> bool:
    """Whether a chain is a node."""
    return kind.startswith(("http://", "https://"))


def connect(kind: str, contracts: Mapping[str, Contract]) -> Chain:
    """The chain that `kind` names: `revm`, `eth-tester`, or the URL of a node."""
    # Each brings its own libraries, which take a second to load.
    if kind == "revm":
        from evm.revm import RevmChain

        return RevmChain(contracts)
    if kind == "eth-tester":
        from evm.tester import TesterChain

        return TesterChain(contracts)
    if is_url(kind):
        from evm.node import NodeChain

        return NodeChain(kind, contracts)
    # Who may choose a chain may choose none, and then does not come here.
    raise ChainError(f"{kind}: not none, revm, eth-tester or the URL of a node")
