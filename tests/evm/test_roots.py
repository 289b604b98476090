"""
Storage roots, against a trie that was made by others.
"""

from __future__ import annotations

from random import Random

import pytest
import rlp
from eth_utils import int_to_big_endian, keccak
from trie import HexaryTrie

from evm.roots import compact, storage_root
from evm.words import WORD


def by_the_trie(words: dict[int, int]) -> bytes:
    """The root, word after word."""
    tree = HexaryTrie({})
    for slot, word in words.items():
        if word:
            value = rlp.encode(int_to_big_endian(word))
            tree[keccak(slot.to_bytes(WORD, "big"))] = value
    return tree.root_hash


@pytest.mark.parametrize("count", [0, 1, 2, 3, 17, 300, 2_000])
def test_a_root_is_that_of_the_trie(count) -> None:
    random = Random(count)
    slots = [*range(count // 2), *(random.getrandbits(256) for _ in range(count))]
    words = {
        slot: random.getrandbits(random.choice((0, 1, 7, 8, 256))) for slot in slots
    }
    assert storage_root(words) == by_the_trie(words)


def test_no_words_have_the_root_that_everyone_knows() -> None:
    empty = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert storage_root({}).hex() == storage_root({5: 0}).hex() == empty


@pytest.mark.parametrize(
    ("path", "is_leaf", "expected"),
    [
        ("", True, "20"),
        ("f", True, "3f"),
        ("0f1c", True, "200f1c"),
        ("1", False, "11"),
        ("12", False, "0012"),
    ],
)
def test_a_path_says_its_kind_and_whether_it_is_odd(path, is_leaf, expected) -> None:
    assert compact(path, is_leaf=is_leaf).hex() == expected
