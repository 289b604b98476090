"""
The storage root of a contract, from nothing but the words that should be there.
"""

from __future__ import annotations

from collections.abc import Mapping

import rlp
from eth_utils import int_to_big_endian, keccak
from trie import HexaryTrie

from evm.words import WORD


def storage_root(words: Mapping[int, int], zero: bytes = b"") -> bytes:
    """
    The root of the trie in which an account keeps `words`, by their slots.

    A word of zero is the same as none, unless a node is known to keep it as `zero`.
    """
    tree = HexaryTrie({})
    with tree.squash_changes() as changes:
        for slot, word in words.items():
            value = rlp.encode(int_to_big_endian(word)) if word else zero
            if value:
                changes[keccak(slot.to_bytes(WORD, "big"))] = value
    return bytes(tree.root_hash)
