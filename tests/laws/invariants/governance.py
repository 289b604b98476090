"""
G: what may change about a market, by whom, and how fast.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from protocol.funding import DAY
from protocol.units import Size
from tests.laws.invariants.call import Call
from tests.laws.invariants.registry import law

SETTERS = ("Governor.set_market", "Governor.tighten_market", "Governor.pause_market")
WEEK = 7 * DAY
# What the council may move, and which way.
LOWER = {
    "limits": (
        "max_skew",
        "max_open_interest",
        "max_open_interest_value",
        "max_size",
        "max_confidence",
    ),
    "margin": ("oi_lower", "oi_upper"),
}
HIGHER = {
    "limits": ("mode",),
    "margin": ("im_base", "im_slope", "maintenance_fraction"),
}


def records(call: Call) -> tuple[Any, Any]:
    """What lay in the code of a market before the call, and what lies there now."""
    state, number = call.world.state, call.action.arguments[0]
    used = call.row("market_params", number)
    return state.codes[used], state.codes[state.market_params[number]]


def asked_of(record: Any) -> Any:
    """The margins that are asked of a size; those of open interest rise at once."""
    asked = record.params.margin
    scale = record.params.pricing.skew_scale
    return replace(asked, oi_lower=Size(0), oi_upper=Size(0)), scale


@law
def nobody_is_surprised(call: Call) -> None:
    """
    G3: when parameters of a market change, every account is worth what it was, and must
    hold no more to be left alone; a day later, what they ask. Who asks again for the
    same margins lets them rise as they did.
    """
    if call.name not in SETTERS or not call.ok:
        return
    for holder, then in call.before.worths.items():
        now = call.after.worths[holder]
        assert now.equity == then.equity, (holder, then, now)
        assert now.maintenance <= then.maintenance, (holder, then, now)
    before, after = records(call)
    if before is not None and asked_of(before) == asked_of(after):
        assert after.interim.ramp == before.interim.ramp, (before, after)
    else:
        assert after.interim.ramp.raised_at in (0, call.action.now), after.interim


@law
def pauses(call: Call) -> None:
    """
    G9: a guardian's pause lasts a day, comes no sooner than a week after the last has
    ended, and leaves all else as it was; no other change ends or lengthens it.
    """
    if call.name not in SETTERS or not call.ok:
        return
    before, after = records(call)
    paused = after.interim.paused_until
    if call.name != "Governor.pause_market":
        assert paused == (before.interim.paused_until if before else 0), after
        return
    now = call.action.now
    assert paused == now + DAY, (paused, now)
    assert now - before.interim.paused_until >= WEEK, (before, now)
    assert after.params == before.params, (before, after)
    assert after.interim.ramp == before.interim.ramp, (before, after)


@law
def only_tighter(call: Call) -> None:
    """
    G10: what the risk council changes is a limit that falls, a margin that rises, or a
    mode that allows less; and no margin while some are rising.
    """
    if call.name != "Governor.tighten_market" or not call.ok:
        return
    first, last = records(call)
    is_rising = call.action.now < first.interim.ramp.raised_at + DAY
    assert not is_rising or asked_of(first) == asked_of(last), (first, last)
    before, after = first.params, last.params
    for group in before.__struct_fields__:
        was, now = getattr(before, group), getattr(after, group)
        for name in was.__struct_fields__:
            change = getattr(now, name) - getattr(was, name)
            assert change <= 0 or name in HIGHER.get(group, ()), (group, name)
            assert change >= 0 or name in LOWER.get(group, ()), (group, name)
