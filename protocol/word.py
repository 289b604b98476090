"""
Several numbers in one storage word, each at an offset and some bits wide.

It has no twin: the EVM shifts and extends signs by itself.
"""

from __future__ import annotations


def placed(x: int, offset: int, bits: int) -> int:
    """`x` in two's complement, `bits` wide, at `offset` of an empty word."""
    return (x & ((1 << bits) - 1)) << offset


def signed(packed: int, offset: int, bits: int) -> int:
    """The signed number that `placed` put into `packed`."""
    found = unsigned(packed, offset, bits)
    return found - (found >> (bits - 1) << bits)


def unsigned(packed: int, offset: int, bits: int) -> int:
    """The `bits` at `offset` of `packed`, read as a natural number."""
    return (packed >> offset) & ((1 << bits) - 1)
