"""
Words, hashes and addresses, as the EVM writes them.

A word is 32 bytes; a negative number stands in two's complement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import rlp
from eth_utils import keccak, to_checksum_address
from msgspec import Struct
from msgspec.structs import astuple

WORD = 32
LARGEST = 2**256 - 1
# What `flat` spreads; a union of them would be made anew at every look.
SPREAD = (tuple, list, Struct)


def packed(words: Iterable[int]) -> bytes:
    """The bytes of `words`, one after the other."""
    return b"".join([(word & LARGEST).to_bytes(WORD, "big") for word in words])


def unpacked(encoded: bytes) -> list[int]:
    """The words of `encoded`; what is short of a last word counts as zeros."""
    starts = range(0, len(encoded), WORD)
    return [
        int.from_bytes(encoded[start : start + WORD].ljust(WORD, b"\0"), "big")
        for start in starts
    ]


def unhexed(text: str) -> bytes:
    """The bytes that a text is in hexadecimal, with `0x` before them or not."""
    return bytes.fromhex(text.removeprefix("0x"))


def flat(value: Any) -> list[int]:
    """The words of a value, records and tuples spread in order; None has none."""
    words: list[int] = []
    spread(value, words)
    return words


def output(value: Any) -> bytes:
    """What a function returns; a text and a list stand behind place and length."""
    if isinstance(value, str):
        text = value.encode()
        padding = b"\0" * (-len(text) % WORD)
        return packed([WORD, len(text)]) + text + padding
    if isinstance(value, list):
        return packed([WORD, len(value), *flat(value)])
    return packed(flat(value))


def spread(value: Any, words: list[int]) -> None:
    """Append the words of `value` to `words`."""
    if isinstance(value, int):
        words.append(value)
    elif isinstance(value, SPREAD):
        for item in astuple(value) if isinstance(value, Struct) else value:
            # Most are words already: a call for each would be most of the work.
            if type(item) is int:
                words.append(item)
            else:
                spread(item, words)
    elif isinstance(value, str):
        # In an event an error is the number that its selector is.
        words.append(int.from_bytes(selector(f"{value}()"), "big"))
    elif value is not None:
        raise TypeError(f"no words for {value!r}")


@lru_cache(maxsize=4096)
def selector(signature: str) -> bytes:
    """The four bytes that name a function or an error."""
    return bytes(keccak(text=signature)[:4])


@lru_cache(maxsize=65_536)
def create_address(creator: int, nonce: int) -> int:
    """Where the contract lies that `creator` makes with its nonce at `nonce`."""
    made = keccak(rlp.encode([creator.to_bytes(20, "big"), nonce]))
    return int.from_bytes(made[12:], "big")


def is_address(text: str) -> bool:
    """Whether a text is an address, in hexadecimal of full length."""
    return re.fullmatch(r"0x[0-9a-fA-F]{40}", text) is not None


def address_number(text: str) -> int:
    """The address that a text is; `ValueError` where it is none."""
    if not is_address(text):
        raise ValueError(f"{text} is not an address")
    return int(text, 16)


@lru_cache(maxsize=65_536)
def address_text(address: int) -> str:
    """`address` in hexadecimal, with the checksum that libraries insist on."""
    return str(to_checksum_address(address.to_bytes(20, "big")))
