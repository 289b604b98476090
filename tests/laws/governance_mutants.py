"""
Faults in who may hold up a market or change it, and in what happens then.
"""

from __future__ import annotations

from tests.laws.faults import Edit, Mutant, both, each


def rules(name: str, law: str, old: str, new: str) -> Mutant:
    """A fault in the rules that both languages write alike."""
    edits = (Edit(old, new),)
    return Mutant(name, law, "rules", "Rules", edits, edits)


GOVERNANCE_MUTANTS = (
    rules(
        "a market that only reduces takes more",
        "G5",
        "params.limits.mode != parameters.REDUCE_ONLY",
        "True",
    ),
    rules(
        "a halted market lets positions be closed",
        "G5",
        "params.limits.mode != parameters.HALTED",
        "True",
    ),
    both(
        "a halted market pays its winners",
        "G5",
        "parameters",
        ("require(limits.mode != HALTED,", "require(True,"),
    ),
    rules(
        "a halted market liquidates nobody",
        "G6",
        "feed.require_fresh_enough(price, params.limits.risk_age, now)\n    ratio",
        "parameters.require_valid(price, params.limits, now)\n    ratio",
    ),
    both(
        "a settled market is traded in",
        "P1",
        "parameters",
        ("require(limits.mode != SETTLED,", "require(True,"),
    ),
    both(
        "what a closed feed says goes on adding up",
        "P1",
        "feed",
        ("if price.valid_until == FOREVER:", "if False:"),
    ),
    rules(
        "whoever holds a position is closed as if its market were settled",
        "P2",
        "limits.mode == parameters.SETTLED, errors",
        "True, errors",
    ),
    each(
        "a position is closed at a price a little below the last",
        "P2",
        "unwinding",
        ("-size, last_price, current", "-size, last_price - Price(1), current"),
        ("0 - size, last_price, current", "0 - size, last_price - 1, current"),
    ),
    both(
        "anybody settles a market as soon as it has no price",
        "P3",
        "governance",
        ("now > heard_at + SILENCE", "now > heard_at"),
    ),
    both(
        "anybody settles a future in the second in which it expires",
        "P3",
        "expiry",
        ("published_at >= params.expires_at or", "now >= params.expires_at or"),
    ),
    both(
        "what was sampled counts again with each round",
        "P5",
        "expiry",
        ("taken - last.taken", "taken"),
    ),
    each(
        "what was sampled for one end counts for the next",
        "P5",
        "feed",
        (
            "state.samplings[feed_id] = NO_SAMPLING",
            "state.samplings[feed_id] = state.samplings[feed_id]",
        ),
        (
            "self.samplings[feed_id] = 0",
            "self.samplings[feed_id] = self.samplings[feed_id]",
        ),
    ),
    each(
        "a sample is not held in the band",
        "P5",
        "feed",
        (
            "expiry.sampled(last, latest.mark,",
            "expiry.sampled(last, latest.index,",
        ),
        (
            "expiry.sampled(last, latest.mark,",
            "expiry.sampled(last, latest.index,",
        ),
    ),
    each(
        "a future takes more in its window",
        "P6",
        "parameters",
        ("(ends != Seconds(0) and now >= ends)", "False"),
        ("(ends != 0 and now >= ends)", "False"),
    ),
    both(
        "the premium falls to the lighter side",
        "P4",
        "sides",
        ("if net > 0:", "if net < 0:"),
    ),
    both(
        "a margin is raised at once",
        "G3",
        "ramp",
        ("im_base=min(before.im_base, asked.im_base)", "im_base=asked.im_base"),
    ),
    each(
        "a smaller scale makes the slope steeper at once",
        "G3",
        "ramp",
        ("mul_div_down(before.im_slope, scale, scale_before)", "before.im_slope"),
        (
            "fixed_point.mul_div_down(before.im_slope, scale, scale_before)",
            "before.im_slope",
        ),
    ),
    Mutant(
        "margins that are asked again begin to rise anew",
        "G3",
        "governor",
        "Governor",
        (Edit("if not parameters.has_same_margins(record.params, params)", "if True"),),
        (Edit("if not parameters.has_same_margins(record.params, params)", "if True"),),
    ),
    Mutant(
        "the council raises margins that are rising",
        "G10",
        "governor",
        "Governor",
        (Edit("not ramp.is_rising(record.interim.ramp, call.now)", "True"),),
        (Edit("not ramp.is_rising(record.interim.ramp, block.timestamp)", "True"),),
    ),
    Mutant(
        "a pause lasts two days",
        "G9",
        "governor",
        "Governor",
        (Edit("call.now + governance.PAUSE", "call.now + 2 * governance.PAUSE"),),
        (
            Edit(
                "block.timestamp + governance.PAUSE",
                "block.timestamp + 2 * governance.PAUSE",
            ),
        ),
    ),
    both(
        "a guardian pauses again the day after",
        "G9",
        "governance",
        ("paused_until + REST", "paused_until"),
    ),
    both(
        "a council raises the largest size",
        "G10",
        "governance",
        (
            "max_size=min(a.limits.max_size, b.limits.max_size)",
            "max_size=max(a.limits.max_size, b.limits.max_size)",
        ),
    ),
)
