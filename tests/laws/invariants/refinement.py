"""
I and J: every refusal has a name, and changes nothing.
"""

from __future__ import annotations

from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import tables_differ
from tests.laws.invariants.registry import law


@law
def named_refusals(call: Call) -> None:
    """I5: no refusal is without a name, and no call halts."""
    if call.observed is not None and not call.observed.succeeded:
        assert not call.observed.halt, call.observed
        assert len(call.observed.output) == 4, call.observed


@law
def refusals_change_nothing(call: Call) -> None:
    """J7: a refused call changes nothing and logs nothing."""
    if call.ok:
        return
    assert not call.outcome.writes
    assert not call.outcome.logs
    differences = tables_differ(call.before.tables, call.after.tables)
    assert not differences, differences
