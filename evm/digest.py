"""
One hash over everything a run did, the same on the model and on every chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256

from evm.chain import Log
from evm.words import WORD


class Digest:
    """
    Every call's success, output and logs in order, and at the end all that is kept.

    Each part is preceded by its length, so that no two runs give the same bytes.
    """

    def __init__(self, addresses: Mapping[str, int]) -> None:
        self.hash = sha256()
        self.names = {where: name.encode() for name, where in addresses.items()}

    def add(self, *parts: bytes) -> None:
        """Add these parts."""
        told = [
            piece for part in parts for piece in (len(part).to_bytes(4, "big"), part)
        ]
        self.hash.update(b"".join(told))

    def add_call(self, succeeded: bool, output: bytes, logs: Iterable[Log]) -> None:
        """Add what a call did."""
        parts = [b"\1" if succeeded else b"\0", output]
        for address, topics, payload in logs:
            name = self.names.get(address) or address.to_bytes(20, "big")
            parts += (name, b"".join(topics), payload)
        self.add(*parts)

    def add_word(self, contract: str, slot: int, word: int) -> None:
        """Add what is kept at a slot; zeros are left out, since they are not kept."""
        if word:
            place = slot.to_bytes(WORD, "big")
            self.add(contract.encode(), place + word.to_bytes(WORD, "big"))

    def add_code(self, address: int, code: bytes) -> None:
        """Add the code at an address that a contract chose."""
        self.add(address.to_bytes(20, "big"), code)

    def hexdigest(self) -> str:
        """The hash of everything so far."""
        return self.hash.hexdigest()
