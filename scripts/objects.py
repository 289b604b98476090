"""
What commands answer, as `--json` prints it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from simulation.document import override_parts
from simulation.output import settings_of
from simulation.quantities import format_moment

if TYPE_CHECKING:
    from evm.replay import Replay
    from simulation.run import Prepared


def replay_object(result: Replay) -> dict[str, Any]:
    """A replay as `--json` prints it, in the words of a run."""
    by_entry_point: dict[str, dict[str, Any]] = {}
    for (name, ended), count in sorted(result.outcomes.items()):
        row = by_entry_point.setdefault(name, {"ok": 0, "refused": {}})
        if ended == "ok":
            row["ok"] = count
        else:
            row["refused"][ended] = count
    return {
        "chain": result.evm,
        "calls": result.calls,
        "refused": result.refused,
        "by_entry_point": by_entry_point,
        "differences": len(result.differences),
        "difference": str(result.differences[0]) if result.differences else None,
        "storage_roots": "equal" if result.roots == "equal" else "not available",
        "digest": result.digest,
        "recorded_digest": result.recorded,
        "is_faithful": result.is_faithful,
        "gas": dict(sorted(result.gas.items())),
    }


def check_object(prepared: Prepared, overrides: list[str]) -> dict[str, Any]:
    """What was checked of a scenario, and what was set in it, times in seconds."""
    read = prepared.scenario
    run = read.run
    return {
        "scenario": str(read.path),
        "name": run.name,
        "markets": [each.name for each in read.markets],
        "tokens": [each.name for each in read.tokens],
        "accounts": sum(each.count for each in read.agents),
        "start": format_moment(run.start),
        "duration": run.duration,
        "step": run.step,
        "set": to_builtins(dict(map(override_parts, settings_of(overrides)))),
        "variants": [
            {"name": play.variant.name, "set": to_builtins(play.variant.settings)}
            for play in prepared.plays
            if read.variants
        ],
        "notes": prepared.notes,
    }
