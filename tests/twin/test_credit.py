"""
The twins of `credit`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import credit
from protocol.credit import CreditLine, Lender
from tests.twin.strategies import CREDIT_LINES, LENDERS, TIMES, WORDS
from tests.twin.twins import Functions, both, refusals

FUNCTIONS: Functions = {
    "packed_line": (CREDIT_LINES,),
    "unpacked_line": (st.tuples(WORDS, WORDS, WORDS),),
    "packed_lender": (LENDERS,),
    "unpacked_lender": (WORDS,),
    "line_at": (CREDIT_LINES, TIMES),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    assert refusals(credit, name, FUNCTIONS[name]) == set()


@given(CREDIT_LINES, LENDERS)
def test_what_was_packed_comes_out_again(line: CreditLine, lender: Lender) -> None:
    words = both(credit, "packed_line", line)
    assert both(credit, "unpacked_line", words) == line
    word = both(credit, "packed_lender", lender)
    assert both(credit, "unpacked_lender", word) == lender
