"""
The storage root of a contract, from nothing but the words that should be there.

A trie to which word after word is added hashes the nodes near its root again for each.
Here all words are known, so every node is hashed once, from the leaves up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import rlp
from eth_utils import int_to_big_endian, keccak

from evm.words import WORD

# A path through the trie, a hexadecimal digit a step, and the value at its end.
Entry = tuple[str, bytes]


def storage_root(words: Mapping[int, int], zero: bytes = b"") -> bytes:
    """
    The root of the trie in which an account keeps `words`, by their slots.

    A word of zero is the same as none, unless a node is known to keep it as `zero`.
    """
    entries = []
    for slot, word in words.items():
        value = rlp.encode(int_to_big_endian(word)) if word else zero
        if value:
            entries.append((keccak(slot.to_bytes(WORD, "big")).hex(), value))
    return bytes(keccak(rlp.encode(node(sorted(entries), 0))))


def node(entries: Sequence[Entry], depth: int) -> Any:
    """The node over sorted entries whose paths are the same up to `depth`."""
    if not entries:
        return b""
    first, last = entries[0][0], entries[-1][0]
    if len(entries) == 1:
        return [compact(first[depth:], is_leaf=True), entries[0][1]]
    shared = depth
    while first[shared] == last[shared]:
        shared += 1
    if shared > depth:
        inside = reference(node(entries, shared))
        return [compact(first[depth:shared], is_leaf=False), inside]
    branches: dict[str, list[Entry]] = {digit: [] for digit in "0123456789abcdef"}
    for entry in entries:
        branches[entry[0][depth]].append(entry)
    inside = [reference(node(branch, depth + 1)) for branch in branches.values()]
    # Paths are of one length, so none ends in a branch.
    return [*inside, b""]


def reference(inside: Any) -> Any:
    """How a node stands in the one above it: as its hash, or itself where short."""
    encoded = rlp.encode(inside)
    return inside if len(encoded) < WORD else keccak(encoded)


def compact(path: str, *, is_leaf: bool) -> bytes:
    """
    A part of a path in bytes, its first digit saying what node it is of.

    >>> compact("123", is_leaf=False).hex()
    '1123'
    >>> compact("0f1c", is_leaf=True).hex()
    '200f1c'
    """
    kind = 2 * is_leaf + len(path) % 2
    padding = "" if len(path) % 2 else "0"
    return bytes.fromhex(f"{kind}{padding}{path}")
