"""
The twins of `quorum`, function by function.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import quorum
from protocol.quorum import MAX_REPORTERS, Report
from tests.twin.strategies import PRICES, REPORTS, WORDS
from tests.twin.twins import Functions, both, refusals


@st.composite
def rounds_of_reports(draw: st.DrawFn) -> tuple[object, ...]:
    """As many prices as confidences, and an index."""
    count = draw(st.integers(1, MAX_REPORTERS))
    same = st.lists(PRICES, min_size=count, max_size=count)
    return draw(same), draw(same), draw(PRICES)


FUNCTIONS: Functions = {
    "packed_report": (REPORTS,),
    "unpacked_report": (WORDS,),
    "in_order": (st.lists(PRICES, max_size=MAX_REPORTERS),),
    "median": (st.lists(PRICES, min_size=1, max_size=MAX_REPORTERS),),
    "round_confidence": rounds_of_reports(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_sides_compute_the_same(name: str) -> None:
    assert refusals(quorum, name, FUNCTIONS[name]) == set()


@given(report=REPORTS)
def test_what_was_packed_comes_out_again(report: Report) -> None:
    packed = both(quorum, "packed_report", report)
    assert both(quorum, "unpacked_report", packed) == report
