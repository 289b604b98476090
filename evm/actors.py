"""
The keys of actors, derived from their names: everyone's, so for tests and devnets only.
"""

from __future__ import annotations

from functools import lru_cache

from eth_keys.datatypes import PrivateKey
from eth_utils import keccak


def private_key(name: str) -> bytes:
    """The key of the actor `name`, the same on every chain."""
    return bytes(keccak(text=f"perpspec/{name}"))


@lru_cache(maxsize=4096)
def actor_address(name: str) -> int:
    """The address of the actor `name`."""
    public = PrivateKey(private_key(name)).public_key
    return int.from_bytes(public.to_canonical_address(), "big")
