"""
The contracts on revm, in process: tens of thousands of calls a second.

Nothing is ever committed, since a commit makes the next call halt. So the journal
grows with every call, slots stay warm and gas is not what a block would say: it is
not reported. A long run calls `rebuild` now and then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from eth_utils import keccak
from pyrevm import EVM, BlockEnv, CfgEnv, Env, JournalCheckpoint

from evm.chain import GAS_LIMIT, Chain, ChainError, Observed
from evm.words import address_text, create_address

if TYPE_CHECKING:
    from protocol.trace import Genesis

# How many zeros revm puts behind code that it has analysed.
PADDING = 33
# Above what mainnet allows: the compiler's other modes make larger code, which runs
# here for comparison and nowhere else.
CODE_LIMIT = 2**18
REVERTED = re.compile(r"Revert \{.*output: 0x([0-9a-f]*)")


class RevmChain(Chain):
    """revm; anybody may call, whether a key of theirs is known or not."""

    name = "revm"

    def prepare(self, genesis: Genesis) -> None:
        self.evm = new_evm()
        self.set_time(genesis.start)
        self.now = genesis.start

    def set_time(self, now: int) -> None:
        """Let the block of the next message be of `now`."""
        self.evm.set_block_env(BlockEnv(number=1, timestamp=now, gas_limit=2**63))
        self.block_time = now

    def create(self, name: str, initcode: bytes) -> None:
        try:
            where = self.evm.deploy(address_text(self.deployer), initcode)
        except RuntimeError as error:
            raise ChainError(f"revm: {name} was not deployed: {error}") from error
        assert int(where, 16) == self.addresses[name]

    def call(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        self.advance(now)
        return self.message(to, function, sender, now, arguments)

    def message(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        """Send one message at `now`."""
        if now != self.block_time:
            self.set_time(now)
        evm = self.evm
        # Transient storage outlives a message here, and the reentrancy lock is in it.
        evm.reset_transient_storage()
        try:
            output = evm.message_call(
                address_text(sender),
                address_text(self.addresses[to]),
                self.calldata(to, function, arguments),
                gas=GAS_LIMIT,
            )
        except RuntimeError as error:
            return refusal(str(error))
        logs = []
        result = evm.result
        assert result is not None
        for log in result.logs:
            topics, data = log.data
            logs.append((int(log.address, 16), tuple(topics), data))
        return Observed(True, output, logs, None)

    def view(
        self, to: str, function: str, sender: int, now: int, arguments: Sequence[int]
    ) -> Observed:
        before = self.evm.snapshot()
        observed = self.message(to, function, sender, now, arguments)
        self.evm.revert(before)
        return observed._replace(logs=[])

    def storage(self, address: int, slot: int) -> int:
        return self.evm.storage(address_text(address), slot)

    def code(self, address: int) -> bytes:
        return code_of(self.evm, address_text(address))

    def storage_root(self, address: int) -> bytes | None:  # noqa: ARG002 - has none
        return None

    def snapshot(self) -> tuple[JournalCheckpoint, int]:
        return self.evm.snapshot(), self.now

    def revert(self, snapshot: tuple[JournalCheckpoint, int]) -> None:
        checkpoint, self.now = snapshot
        self.evm.revert(checkpoint)

    def rebuild(self, storage: Mapping[int, Mapping[int, int]]) -> None:
        """Begin a new EVM from these words; code and nonces come from the old one."""
        old, self.evm = self.evm, new_evm()
        self.set_time(self.block_time)
        # The contracts, and what they deployed: their nonces begin at 1.
        for address in self.addresses.values():
            nonce = self.copy_account(old, address)
            for made in range(1, nonce):
                self.copy_account(old, create_address(address, made))
        for address, words in storage.items():
            for slot, word in words.items():
                self.evm.insert_account_storage(address_text(address), slot, word)

    def copy_account(self, old: EVM, address: int) -> int:
        """
        Put an account where it was, and give its nonce. Its code stays analysed, which
        bare bytes are not: revm would look through them in every call.
        """
        text = address_text(address)
        account = old.basic(text)
        self.evm.insert_account_info(text, account)
        return account.nonce


def new_evm() -> EVM:
    """An EVM with nothing in it."""
    settings = CfgEnv(chain_id=1, limit_contract_code_size=CODE_LIMIT)
    return EVM(env=Env(cfg=settings), spec_id="CANCUN")


def code_of(evm: EVM, address: str) -> bytes:
    """The code of an account, without the zeros that revm pads it with to run it."""
    padded = bytes(evm.get_code(address) or b"")
    if not padded or keccak(padded) == evm.basic(address).code_hash:
        return padded
    return padded[:-PADDING]


def refusal(text: str) -> Observed:
    """What the text of pyrevm's exception says of a call that failed."""
    reverted = REVERTED.search(text)
    if reverted is None:
        return Observed(False, b"", [], None, halt=text)
    return Observed(False, bytes.fromhex(reverted[1]), [], None)
