"""
Numbers side by side in a storage word.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from protocol.word import placed, signed, unsigned


def test_a_negative_number_stands_in_twos_complement() -> None:
    """-2 in eight bits is 0xfe; eight bits further on, 0xfe00."""
    assert placed(-2, 8, 8) == 0xFE00
    assert signed(0xAAFE01, 8, 8) == -2
    assert unsigned(0xAAFE01, 8, 8) == 0xFE


@given(st.integers(0, 128), st.integers(1, 128), st.data())
def test_what_was_placed_is_read_again(
    offset: int, bits: int, data: st.DataObject
) -> None:
    x = data.draw(st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    around = (1 << offset + bits) | (1 << offset) - 1
    packed = placed(x, offset, bits) | around
    assert signed(packed, offset, bits) == x
    assert unsigned(packed, offset, bits) == x % 2**bits
