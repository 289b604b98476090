"""
The contracts on py-evm, behind eth-tester: real transactions, blocks and receipts.

Blocks on py-evm must be later than their parents, and many calls share a second. So
the calls of one second are the transactions of one block: each is applied to the
pending block at once, which yields its receipt and its computation, and the block is
mined when time moves on. `web3` sees mined blocks; `seal` mines what is pending.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth.constants import GENESIS_PARENT_HASH
from eth_keys.datatypes import PrivateKey
from eth_tester import EthereumTester, PyEVMBackend
from web3 import EthereumTesterProvider, Web3

from evm.actors import private_key
from evm.chain import DEPLOYER, GAS_LIMIT, Chain, ChainError, Observed
from evm.words import WORD

if TYPE_CHECKING:
    from protocol.trace import Genesis

# Room for all the calls of one second.
BLOCK_GAS_LIMIT = 2**40
# More than any actor will spend: 10**12 ether.
BALANCE = 10**30
MAX_FEE = 10**11


class TesterChain(Chain):
    """py-evm; only actors of the genesis call, since transactions are signed."""

    name = "eth-tester"
    # What a transaction may spend.
    gas_limit = GAS_LIMIT

    def prepare(self, genesis: Genesis) -> None:
        names = {*genesis.actors, DEPLOYER}
        self.keys = {
            int.from_bytes(key.public_key.to_canonical_address(), "big"): key
            for key in (PrivateKey(private_key(name)) for name in names)
        }
        accounts = PyEVMBackend.generate_genesis_state() | {
            address.to_bytes(20, "big"): {
                "balance": BALANCE,
                "nonce": 0,
                "code": b"",
                "storage": {},
            }
            for address in self.keys
        }
        first = {"gas_limit": BLOCK_GAS_LIMIT, "timestamp": genesis.start - 1}
        backend = PyEVMBackend(
            genesis_parameters=PyEVMBackend.generate_genesis_params(first),
            genesis_state=accounts,
        )
        self.tester = EthereumTester(backend)
        self.nonces = dict.fromkeys(self.keys, 0)
        # Whether the pending block has its time.
        self.is_open = False
        self.advance(genesis.start)

    @cached_property
    def web3(self) -> Web3:
        """web3.py on this chain, for those who bring their own transactions."""
        return Web3(EthereumTesterProvider(self.tester))

    @property
    def evm(self) -> Any:
        """py-evm's chain; eth-tester makes another one when it reverts to genesis."""
        return self.tester.backend.chain

    def seal(self) -> None:
        """Mine the pending block, so that its transactions are there for everyone."""
        self.tester.mine_block()
        self.is_open = False

    def advance(self, now: int) -> None:
        if self.is_open and now == self.now:
            return
        super().advance(now)
        if self.evm.header.gas_used:
            self.seal()
        if now <= self.evm.get_canonical_head().timestamp:
            raise ChainError(f"eth-tester: the block of {now} is mined already")
        self.evm.set_header_timestamp(now)
        self.is_open = True

    def create(self, name: str, initcode: bytes) -> None:
        observed = self.send(self.deployer, b"", initcode)
        if not observed.succeeded:
            raise ChainError(f"eth-tester: {name} was not deployed: {observed.halt}")

    def call(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        self.advance(now)
        target = self.addresses[to].to_bytes(20, "big")
        return self.send(sender, target, self.calldata(to, function, arguments))

    def send(self, sender: int, to: bytes, payload: bytes) -> Observed:
        """Apply a signed transaction to the pending block."""
        if sender not in self.keys:
            raise ChainError(f"eth-tester: no actor of the genesis is {sender:#042x}")
        transaction = (
            self.evm.get_transaction_builder().new_unsigned_dynamic_fee_transaction(
                chain_id=self.evm.chain_id,
                nonce=self.nonces[sender],
                max_priority_fee_per_gas=0,
                max_fee_per_gas=MAX_FEE,
                gas=self.gas_limit,
                to=to,
                value=0,
                data=payload,
                access_list=(),
            )
        )
        signed = transaction.as_signed_transaction(self.keys[sender])
        before = self.evm.header.gas_used
        _, receipt, computation = self.evm.apply_transaction(signed)
        self.nonces[sender] += 1
        self.__dict__.pop("pending", None)
        logs = [
            (
                int.from_bytes(log.address, "big"),
                tuple(topic.to_bytes(WORD, "big") for topic in log.topics),
                log.data,
            )
            for log in receipt.logs
        ]
        return observed(computation, logs, receipt.gas_used - before)

    def view(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        target = self.addresses[to].to_bytes(20, "big")
        vm = self.evm.get_vm(self.evm.header.copy(timestamp=now))
        computation = vm.execute_bytecode(
            origin=sender.to_bytes(20, "big"),
            gas_price=0,
            gas=GAS_LIMIT,
            to=target,
            sender=sender.to_bytes(20, "big"),
            value=0,
            data=self.calldata(to, function, arguments),
            code=vm.state.get_code(target),
        )
        return observed(computation, [], None)

    @cached_property
    def pending(self) -> Any:
        """The state after the last transaction; forgotten with the next one."""
        return self.evm.get_vm(self.evm.header).state

    def storage(self, address: int, slot: int) -> int:
        return int(self.pending.get_storage(address.to_bytes(20, "big"), slot))

    def code(self, address: int) -> bytes:
        return bytes(self.pending.get_code(address.to_bytes(20, "big")))

    def storage_root(self, address: int) -> bytes | None:
        account = self.pending._account_db._get_account(address.to_bytes(20, "big"))
        return bytes(account.storage_root)

    def snapshot(self) -> Any:
        return self.evm.header, self.nonces.copy(), self.now

    def revert(self, snapshot: Any) -> None:
        header, self.nonces, self.now = snapshot
        chain = self.evm
        if chain.header.parent_hash != header.parent_hash:
            parent = chain.chaindb.get_block_header_by_hash(header.parent_hash)
            chain.chaindb._set_as_canonical_chain_head(
                chain.chaindb.db, parent, GENESIS_PARENT_HASH
            )
        chain.header = header
        self.is_open = True
        self.__dict__.pop("pending", None)


def observed(computation: Any, logs: Any, gas: int | None) -> Observed:
    """What py-evm's computation did."""
    if computation.is_success:
        return Observed(True, computation.output, logs, gas)
    halt = (
        "" if computation.error.erases_return_data is False else repr(computation.error)
    )
    return Observed(False, computation.output, [], gas, halt)
