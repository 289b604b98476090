"""
The contracts on a node, through web3.py: anvil, or any that lets a client set time.

Each call is a transaction in a block of its own. anvil lets a block have the time of
its parent when it is told so, hence calls of one second need not share a block. It must
not mine by itself: `--no-mining`, or this client says so.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from eth_account import Account
from web3 import Web3
from web3.types import RPCEndpoint

from evm.actors import actor_address, private_key
from evm.chain import DEPLOYER, GAS_LIMIT, Chain, ChainError, Observed
from evm.roots import storage_root
from evm.words import WORD, address_text, unhexed

if TYPE_CHECKING:
    from evm.compile import Contract
    from protocol.trace import Genesis

# A node that runs answers within this; one that does not is reported soon.
TIMEOUT_SECONDS = 10
# How many calls that take the whole limit an actor is given the price of; none takes
# it, and fees only fall where a block holds one call: it pays for thousands of calls.
PAID_CALLS = 50
# What it takes to send ether to an account.
PAYMENT_GAS = 21_000
ETHER = 10**18
# Nodes refuse a batch that is too long.
BATCH = 500
# The empty string in RLP.
ANVIL_ZERO = b"\x80"


class NodeChain(Chain):
    """A JSON-RPC node; only actors of the genesis call, since they sign."""

    def __init__(self, url: str, contracts: Mapping[str, Contract]) -> None:
        super().__init__(contracts)
        self.name = url
        provider = Web3.HTTPProvider(
            url,
            request_kwargs={"timeout": TIMEOUT_SECONDS},
            exception_retry_configuration=None,
        )
        self.provider = provider
        self.web3 = Web3(provider)

    def ask(self, method: str, *parameters: Any) -> Any:
        """One request; a failure of the node or of the way to it is a `ChainError`."""
        return self.result(method, self.respond(method, parameters))

    def respond(self, method: str, parameters: Sequence[Any]) -> Any:
        """The node's whole response, which may be an error."""
        try:
            return self.provider.make_request(RPCEndpoint(method), list(parameters))
        except Exception as error:
            # Whatever the library below raises: no route, no answer, no JSON.
            raise self.unreachable(method, error) from error

    def unreachable(self, method: str, error: Exception) -> ChainError:
        """The node did not answer, or not as a node does."""
        return ChainError(f"{self.name}: {method}: no node answers: {error}")

    def result(self, method: str, response: Any) -> Any:
        """The result in a response."""
        if not isinstance(response, dict):
            raise ChainError(f"{self.name}: {method}: not a response: {response!r}")
        if "error" in response:
            raise ChainError(f"{self.name}: {method}: {said(response['error'])}")
        return response.get("result")

    def prepare(self, genesis: Genesis) -> None:
        names = {*genesis.actors, DEPLOYER}
        self.keys = {actor_address(name): private_key(name) for name in names}
        self.chain_id = int(self.ask("eth_chainId"), 16)
        if self.nonce(self.deployer) != 0:
            raise ChainError(
                f"{self.name}: the deployer {address_text(self.deployer)} has made "
                "transactions on this chain already: start it afresh"
            )
        self.ask("evm_setAutomine", False)
        latest = self.ask("eth_getBlockByNumber", "latest", False)
        self.now = int(latest["timestamp"], 16)
        # A block is far from full, so that no later one asks for more.
        self.fee = 2 * int(latest["baseFeePerGas"], 16)
        self.advance(genesis.start)
        self.nonces = {address: self.nonce(address) for address in self.keys}
        self.fund()

    def nonce(self, address: int) -> int:
        """How many transactions an account has made."""
        return int(self.ask("eth_getTransactionCount", hexed(address), "latest"), 16)

    def fund(self) -> None:
        """Give every actor what pays for its transactions, or nobody anything."""
        accounts = self.ask("eth_accounts")
        if not accounts:
            raise ChainError(f"{self.name}: the node has no account that could pay")
        payer = accounts[0]
        most = GAS_LIMIT * self.fee
        purse = PAID_CALLS * most
        needed = len(self.keys) * (purse + PAYMENT_GAS * self.fee)
        has = int(self.ask("eth_getBalance", payer, "latest"), 16)
        if has < needed:
            raise ChainError(
                f"{self.name}: {len(self.keys)} accounts need {ether_text(needed)} "
                f"ether, {PAID_CALLS} calls of {ether_text(most)} at most each, and "
                f"{payer} has {ether_text(has)}: start the node with more"
            )
        payment = {
            "from": payer,
            "value": hex(purse),
            "gas": hex(PAYMENT_GAS),
            "maxFeePerGas": hex(self.fee),
            "maxPriorityFeePerGas": "0x0",
        }
        for address in self.keys:
            to = {"to": hexed(address)}
            self.mined(self.ask("eth_sendTransaction", payment | to))

    def mined(self, transaction: str) -> Any:
        """Mine a block of now; the receipt of a transaction in it."""
        self.ask("evm_setNextBlockTimestamp", self.now)
        self.ask("evm_mine")
        receipt = self.ask("eth_getTransactionReceipt", transaction)
        if receipt is None:
            raise ChainError(f"{self.name}: {transaction} was not mined")
        return receipt

    def create(self, name: str, initcode: bytes) -> None:
        transaction = self.send(self.deployer, None, initcode)
        receipt = self.mined(transaction)
        if int(receipt["status"], 16) != 1:
            why = self.frame(transaction).get("error")
            raise ChainError(f"{self.name}: {name} was not deployed: {why}")

    def frame(self, transaction: str) -> Any:
        """What a mined transaction returned, or how it ended."""
        top = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        return self.ask("debug_traceTransaction", transaction, top)

    def send(self, sender: int, to: int | None, payload: bytes) -> str:
        """Send a signed transaction; its hash."""
        if sender not in self.keys:
            raise ChainError(f"{self.name}: no actor of the genesis is {hexed(sender)}")
        fields = {
            "type": 2,
            "chainId": self.chain_id,
            "nonce": self.nonces[sender],
            "maxPriorityFeePerGas": 0,
            "maxFeePerGas": self.fee,
            "gas": GAS_LIMIT,
            "value": 0,
            "data": payload,
        }
        if to is not None:
            fields["to"] = address_text(to)
        signed = Account.sign_transaction(fields, self.keys[sender])
        sent = self.ask("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
        self.nonces[sender] += 1
        return str(sent)

    def call(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        self.advance(now)
        payload = self.calldata(to, function, arguments)
        transaction = self.send(sender, self.addresses[to], payload)
        receipt = self.mined(transaction)
        frame = self.frame(transaction)
        logs = [
            (
                int(log["address"], 16),
                tuple(unhexed(topic) for topic in log["topics"]),
                unhexed(log["data"]),
            )
            for log in receipt["logs"]
        ]
        gas = int(receipt["gasUsed"], 16)
        output = unhexed(frame.get("output", "0x"))
        if int(receipt["status"], 16) == 1:
            return Observed(True, output, logs, gas)
        halt = frame.get("error", "")
        return Observed(False, output, [], gas, "" if "revert" in halt else halt)

    def view(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        message = {
            "from": hexed(sender),
            "to": hexed(self.addresses[to]),
            "data": "0x" + self.calldata(to, function, arguments).hex(),
            "gas": hex(GAS_LIMIT),
        }
        parameters: tuple[Any, ...] = (message, "latest", {}, {"time": hex(now)})
        response = self.respond("eth_call", parameters)
        error = response.get("error")
        if error is None:
            return Observed(True, unhexed(self.result("eth_call", response)), [], None)
        if "revert" not in error["message"]:
            return Observed(False, b"", [], None, halt=error["message"])
        return Observed(False, unhexed(error.get("data") or "0x"), [], None)

    def storage(self, address: int, slot: int) -> int:
        return int(self.ask("eth_getStorageAt", *place(address, slot)), 16)

    def words(self, places: Sequence[tuple[int, int]]) -> list[int]:
        found: list[int] = []
        for start in range(0, len(places), BATCH):
            requests = [
                (RPCEndpoint("eth_getStorageAt"), list(place(address, slot)))
                for address, slot in places[start : start + BATCH]
            ]
            try:
                responses = self.provider.make_batch_request(requests)
            except Exception as error:
                raise self.unreachable("eth_getStorageAt", error) from error
            found += [
                int(self.result("eth_getStorageAt", response), 16)
                for response in responses
            ]
        return found

    def code(self, address: int) -> bytes:
        return unhexed(self.ask("eth_getCode", hexed(address), "latest"))

    def storage_root(self, address: int) -> bytes | None:
        proof = self.ask("eth_getProof", hexed(address), [], "latest")
        root = unhexed(proof["storageHash"])
        if not self.ask("web3_clientVersion").startswith("anvil/"):
            return root
        # anvil's trie keeps words that became zero, which no other chain's does. What
        # it says is checked against all its words, and they are hashed without zeros.
        words = self.dumped(address)
        if storage_root(words, zero=ANVIL_ZERO) != root:
            raise ChainError(f"{self.name}: its words and its storage root disagree")
        return storage_root(words)

    def dumped(self, address: int) -> dict[int, int]:
        """Every word that anvil keeps for an account, those of zero included."""
        dump = msgspec.json.decode(
            gzip.decompress(unhexed(self.ask("anvil_dumpState")))
        )
        words = dump["accounts"][hexed(address)]["storage"]
        return {int(slot, 16): int(word, 16) for slot, word in words.items()}

    def snapshot(self) -> Any:
        return self.ask("evm_snapshot"), self.nonces.copy(), self.now

    def revert(self, snapshot: Any) -> None:
        identifier, self.nonces, self.now = snapshot
        if self.ask("evm_revert", identifier) is not True:
            raise ChainError(f"{self.name}: the snapshot {identifier} is used up")

    def close(self) -> None:
        """Let go of the connections that web3.py keeps open."""
        self.provider._request_session_manager.session_cache.clear()


def place(address: int, slot: int) -> tuple[str, str, str]:
    """A slot, as a node is asked for it."""
    return hexed(address), "0x" + slot.to_bytes(WORD, "big").hex(), "latest"


def hexed(address: int) -> str:
    """An address as nodes write it."""
    return f"{address:#042x}"


def ether_text(wei: int) -> str:
    """A sum as people read it, rounded up to thousandths."""
    thousandths = -(-wei * 1_000 // ETHER)
    return f"{thousandths / 1_000:,.3f}"


def said(error: Any) -> str:
    """What a node says went wrong, whatever shape it gave it."""
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)
