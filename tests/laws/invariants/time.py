"""
D: funding, borrowing, and time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from protocol.funding import DAY, FundingAccrued
from tests.laws.invariants.call import Call, Tables
from tests.laws.invariants.measures import put_back, tables_differ, tables_of, up
from tests.laws.invariants.registry import law, trial

if TYPE_CHECKING:
    from protocol.trace import Action


@law
def same_funding(call: Call) -> None:
    """
    D4: but for what each side borrows, both sides' indices grow by the same, so that
    what one side pays the other and the vault receive.
    """
    for event in call.events(FundingAccrued):
        number = event.market_id
        then = call.row("fundings", number)
        elapsed = call.action.now - then.accrued_at
        index = call.index_before(number)
        longs = up(index, then.long_rate) * elapsed + then.long_carry
        shorts = up(index, then.short_rate) * elapsed + then.short_carry
        long_growth = event.long_index - then.long_index - longs // DAY
        short_growth = event.short_index - then.short_index + shorts // DAY
        assert long_growth == short_growth, (event, long_growth, short_growth)
        bound = call.params_before(number).funding.max_rate * DAY
        assert abs(event.fine_rate) <= bound, (event, bound)


def accrual(call: Call) -> list[Action]:
    """The calls that bring every market up to now."""
    return [
        replace(call.action, to="Exchange", function="accrue", arguments=(number,))
        for number in range(call.world.state.market_count[()])
    ]


@trial
def accrual_is_idempotent(call: Call) -> None:
    """D2: accruing twice in a second is accruing once: no word, no log."""
    model = call.world.model
    try:
        for action in accrual(call):
            model.apply(action)
            again = model.apply(action)
            assert not again.writes, again.writes
            assert not again.logs, again.logs
    finally:
        put_back(model.state, call.after.tables)


@trial
def accrual_commutes(call: Call) -> None:
    """
    D6: a call does the same whether funding accrues just before it or not; so nothing
    forgets to accrue, not even a new price or a new parameter.
    """
    model = call.world.model
    mutating = {"Exchange", "Vault", "Governor", "Oracle"}
    if call.action.to not in mutating or not call.outcome.writes:
        return
    try:
        late = tables_after(model, [*accrual(call)])
        put_back(model.state, call.before.tables)
        early = tables_after(model, [*accrual(call), call.action, *accrual(call)])
    finally:
        put_back(model.state, call.after.tables)
    differences = tables_differ(late, early)
    assert not differences, differences


def tables_after(model: Any, actions: list[Action]) -> Tables:
    """The state after some calls."""
    for action in actions:
        model.apply(action)
    return tables_of(model.state)
