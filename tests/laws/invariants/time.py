"""
D: funding, borrowing, and time.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from protocol.fixed_point import WAD
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
        held = call.held(number, then.accrued_at)
        index = -(-sum(index * seconds for index, seconds in held) // elapsed)
        longs = up(index, then.long_rate) * elapsed + then.long_carry
        shorts = up(index, then.short_rate) * elapsed + then.short_carry
        long_growth = event.long_index - then.long_index - longs // DAY
        short_growth = event.short_index - then.short_index + shorts // DAY
        assert long_growth == short_growth, (event, long_growth, short_growth)
        bound = call.params_before(number).funding.max_rate * DAY
        assert abs(event.fine_rate) <= bound, (event, bound)


def area(start: int, velocity: int, bound: int, elapsed: int) -> tuple[Fraction, int]:
    """What a rate adds up to on its way to its bound, and where it ends."""
    end = start + velocity * elapsed
    if abs(end) <= bound:
        return Fraction((start + end) * elapsed, 2), end
    end = bound if velocity > 0 else -bound
    moving = Fraction(end - start, velocity)
    return (start + end) * moving / 2 + end * (elapsed - moving), end


@law
def exact_integral(call: Call) -> None:
    """
    D10: a side's index grows by the integral over time of the index price and the rates
    at it: but for roundings of a few wei, and for a quarter of all that price and
    funding rate moved by meanwhile, for the time.
    """
    for event in call.events(FundingAccrued):
        number = event.market_id
        then, book = call.row("fundings", number), call.row("books", number)
        params = call.params_before(number)
        bound = params.funding.max_rate * DAY
        skew, scale = book.long_size + book.short_size, params.pricing.skew_scale
        velocity = 0
        if abs(skew) > params.funding.dead_zone:
            drawn = params.funding.max_velocity * min(abs(skew), scale) // scale
            velocity = drawn if skew > 0 else -drawn
        rate = start = max(-bound, min(then.fine_rate, bound))
        elapsed, longs, shorts = Fraction(0), Fraction(0), Fraction(0)
        held = call.held(number, then.accrued_at)
        for index, seconds in held:
            added, rate = area(rate, velocity, bound, seconds)
            paid = index * added / (WAD * DAY * DAY)
            longs += paid + Fraction(index * then.long_rate * seconds, WAD * DAY)
            shorts += paid - Fraction(index * then.short_rate * seconds, WAD * DAY)
            elapsed += Fraction(seconds, DAY)
        assert event.fine_rate == rate, (event, rate)
        indices = [index for index, _ in held]
        moved = (max(indices) - min(indices)) * abs(rate - start)
        steepest = max(abs(start), abs(rate)) // DAY
        for grown, exact, borrowing in (
            (event.long_index - then.long_index, longs, then.long_rate),
            (event.short_index - then.short_index, shorts, then.short_rate),
        ):
            rounded = 2 + elapsed * (1 + Fraction(steepest + borrowing, WAD))
            rounded += Fraction(max(indices), WAD * DAY * DAY)
            most = rounded + elapsed * moved / (4 * WAD * DAY)
            assert abs(grown - exact) <= most, (event, grown, exact, most)


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
def accrual_splits(call: Call) -> None:
    """
    D3: while the index stands still, to accrue in several steps is to accrue in one, to
    the last digit of what is carried.
    """
    model = call.world.model

    def after(*waits: int) -> Tables:
        put_back(model.state, now)
        actions = [
            replace(action, now=action.now + seconds)
            for seconds in waits
            for action in accrual(call)
        ]
        return tables_after(model, actions)

    try:
        now = tables_after(model, accrual(call))
        differences = tables_differ(after(DAY), after(1, 12, 7_777, DAY))
    finally:
        put_back(model.state, call.after.tables)
    assert not differences, differences


@trial
def accrual_commutes(call: Call) -> None:
    """
    D6: a call does the same whether funding accrues just before it or not; so nothing
    forgets to accrue, not even a new parameter, and a new price says nothing of before.
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
