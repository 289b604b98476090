"""
I and J: every refusal has a name, and changes nothing.
"""

from __future__ import annotations

from evm.encoding import ERRORS
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import tables_differ
from tests.laws.invariants.registry import law


@law
def named_refusals(call: Call) -> None:
    """
    I5: no refusal is without a name of the protocol, so nothing overflows and nothing
    is out of range; and no call halts.
    """
    assert call.ok or call.outcome.error in ERRORS.values(), call.outcome.error
    if call.observed is not None and not call.observed.succeeded:
        assert not call.observed.halt, call.observed
        assert call.observed.output in ERRORS, call.observed


@law
def refusals_change_nothing(call: Call) -> None:
    """
    J7: a refused call changes nothing and logs nothing, nor does it leave anything for
    the next call to do so.
    """
    if call.ok:
        return
    state = call.world.state
    assert not call.outcome.writes
    assert not call.outcome.logs
    assert not state.journal
    assert not state.logs
    differences = tables_differ(call.before.tables, call.after.tables)
    assert not differences, differences
