"""
What a run comes to: one object for programs, a verdict in a line for people.

Amounts are in quote as JSON numbers, for reading; what is exact is in the trace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from protocol.fixed_point import WAD
from simulation.answers import amount, percent
from simulation.engine import Result
from simulation.measures import PriceRange
from simulation.quantities import format_duration, format_moment
from simulation.scenario import Scenario
from simulation.sections import AnyAgents, WithPosition
from simulation.stage import NO_ROOTS

NOT_COMPARED = "not compared"
# Decimals of quote that are shown.
CENTS = 6


def quote(wads: int) -> float:
    """An amount in quote."""
    return round(wads / WAD, CENTS)


def summary_of(scenario: Scenario, result: Result, notes: list[str]) -> dict[str, Any]:
    """The object that `--json` prints and `summary.json` holds."""
    tally, ending = result.tally, result.ending
    wall = result.wall_seconds
    summary = {
        "scenario": scenario.run.name,
        "seed": scenario.run.seed,
        "complete": is_complete(result),
        "cut": result.is_cut,
        "start": format_moment(scenario.run.start),
        "scenario_time": format_duration(result.scenario_seconds),
        "accounts": result.accounts,
        "chain": result.chain,
        "calls": tally.calls,
        "setup_calls": result.setup_calls,
        "refused": tally.refused,
        "by_entry_point": tally.by_entry_point(),
        "refusals": tally.refusals(),
        "differences": int(result.difference is not None),
        "difference": None if result.difference is None else str(result.difference),
        "storage_roots": NOT_COMPARED if ending is None else ending.roots,
        "digest": None if ending is None else ending.digest,
        "conservation_violations": result.violations,
        "rounds": tally.logs["RoundStored"],
        "trades": tally.logs["Traded"],
        "settlements": tally.logs["Settled"],
        "margin_calls": tally.logs["MarginCalled"],
        "margin_calls_ended": tally.logs["MarginCallEnded"],
        "margin_calls_answered": tally.answered,
        "called_accounts": len(tally.called),
        "top_ups": tally.logs["ToppedUp"],
        "topped_up": quote(tally.topped_up * 10 ** (18 - scenario.decimals)),
        "orders_committed": tally.logs["OrderCommitted"],
        "orders_filled": tally.logs["OrderFilled"],
        "orders_refused": tally.logs["OrderRefused"],
        "orders_expired": tally.logs["OrderExpired"],
        "order_fees": quote(tally.order_fees.total()),
        "lent": quote(tally.lent * 10 ** (18 - scenario.decimals)),
        "interest": quote(tally.interest),
        "lines_drawn": quote(tally.lines_drawn),
        "liquidations": tally.liquidations,
        "partial_liquidations": tally.partial_liquidations,
        "liquidated_accounts": len(tally.liquidated),
        "bankruptcies": tally.logs["BadDebt"],
        "bad_debt": quote(tally.bad_debt),
        "insurance_drawn": quote(tally.insurance_drawn),
        "payout_cuts": tally.cuts.total(),
        "payout_cut": quote(tally.cut.total()),
        "deleveraging_openings": tally.openings.total(),
        "deleveraged": tally.deleveragings.total(),
        "deleveraged_accounts": len(tally.deleveraged_of),
        "deleveraged_value": quote(tally.deleveraged.total()),
        "claims": quote(sum(each.claims for each in result.markets)),
        "insurance_start": quote(result.insurance_start),
        "insurance_end": quote(result.insurance_end),
        "solvent": result.nav_end >= 0,
        "vault_nav_start": quote(result.nav_start),
        "vault_nav_end": quote(result.nav_end),
        "share_value_lowest": quote(
            min((each.share_value for each in result.samples), default=WAD)
        ),
        "share_value_end": quote(
            result.samples[-1].share_value if result.samples else WAD
        ),
        "groups": groups_of(scenario, result),
        "keeper_gain": quote(result.keeper_gain),
        "markets": markets_of(scenario, result),
        "tokens": tokens_of(scenario, result),
        "providers_entered": tally.logs["Deposit"],
        "providers_left": tally.logs["Withdraw"],
        "gas": dict(sorted(tally.gas.items())),
        "notes": notes,
        "question": None,
        "answer": None,
        "variant": None,
        "variants": [],
        "wall_seconds": round(wall, 3),
        "calls_per_second": round(tally.calls / wall) if wall > 0 else 0,
    }
    return summary | {"verdict": verdict(summary, scenario.quote)}


def groups_of(scenario: Scenario, result: Result) -> list[dict[str, Any]]:
    """What each group of agents brought and ended with, and who paid for it."""
    return [
        {
            "label": label,
            "party": agents.party or None,
            "count": group.count,
            "backed_by": (
                agents.backed_by if isinstance(agents, WithPosition) else None
            ),
            "brought": quote(group.brought),
            "worth": quote(group.worth),
            "gain": quote(group.worth - group.brought),
            "taken": quote(group.taken),
            "insurance_drawn": quote(group.insurance_drawn),
            "bad_debt": quote(group.bad_debt),
            "deleveraged_value": quote(group.deleveraged),
            "order_fees": quote(group.order_fees),
        }
        for agents, group, label in zip(
            scenario.agents, result.groups, labels_of(scenario.agents), strict=False
        )
    ]


def labels_of(groups: Sequence[AnyAgents]) -> list[str]:
    """What groups are called; those of one name are told apart by when they enter."""
    labels = [each.label for each in groups]
    for tell in (entry_of, lambda place, _: f"agents.{place}"):
        shared = {each for each, times in Counter(labels).items() if times > 1}
        labels = [
            f"{label}, {tell(place, agents)}" if label in shared else label
            for place, (label, agents) in enumerate(zip(labels, groups, strict=True))
        ]
    return labels


def entry_of(_: int, agents: AnyAgents) -> str:
    """When a group enters."""
    low, high = map(format_duration, (agents.entry.low, agents.entry.high))
    return f"entering at {low}" if low == high else f"entering {low} to {high}"


def markets_of(scenario: Scenario, result: Result) -> list[dict[str, Any]]:
    """What each market has left its winners."""
    return [
        {
            "name": market.name,
            **prices_of(end.prices),
            "claims": quote(end.claims),
            "spent": quote(end.spent),
            "payout_cut": quote(end.cut),
            "payout_cuts": end.cuts,
            "deleveraging_openings": end.openings,
            "deleveraged": end.deleveragings,
            "deleveraged_value": quote(end.deleveraged),
        }
        for market, end in zip(scenario.markets, result.markets, strict=False)
    ]


def tokens_of(scenario: Scenario, result: Result) -> list[dict[str, Any]]:
    """What each token was worth, and where it went."""
    return [
        {
            "name": token.name,
            **prices_of(end.prices),
            "held": quote(end.total),
            "sold": quote(end.sold),
            "sold_for": quote(end.paid),
            "seized": quote(end.seized),
        }
        for token, end in zip(scenario.tokens, result.tokens, strict=False)
    ]


def prices_of(prices: PriceRange) -> dict[str, float]:
    """What prices were."""
    return {
        "price_start": quote(prices.first),
        "price_lowest": quote(prices.lowest),
        "price_highest": quote(prices.highest),
        "price_end": quote(prices.last),
    }


def is_complete(result: Result) -> bool:
    """Whether everything that was asked for was run."""
    return result.difference is None and not result.is_interrupted and not result.is_cut


def is_faithful(summary: dict[str, Any]) -> bool:
    """Whether no law and no comparison failed."""
    return not summary["differences"] and not summary["conservation_violations"]


def worst_of(summary: dict[str, Any]) -> dict[str, Any]:
    """What a run came to where it came to the worst: in one of its variants, or all."""
    return min(
        summary["variants"] or [summary],
        key=lambda one: (one["solvent"], one["share_value_end"], one["vault_nav_end"]),
    )


def verdict(summary: dict[str, Any], unit: str) -> str:
    """
    What became of the protocol, in a sentence; in the worst of several variants. Of a
    run that was not played to its end there is none, only what it had come to.
    """
    if summary["differences"]:
        return "Model and chain differ: the run stopped there."
    if summary["conservation_violations"]:
        times = summary["conservation_violations"]
        return f"The books did not add up after {times} calls."
    worst = worst_of(summary)
    said = fate_of(worst, unit)
    if worst["solvent"]:
        ends = "ends" if summary["complete"] else "stood"
        said += f" A share {ends} at {worst['share_value_end']:.4f}."
    if summary["variants"]:
        count = len(summary["variants"])
        rank = f", the worst of {count} variants" if count > 1 else ""
        said = f"With {worst['name']}{rank}: {said}"
    if not summary["complete"]:
        stopped = "cut off" if summary["cut"] else "interrupted"
        said = (
            f"No verdict: {stopped} after {summary['scenario_time']}. Until then "
            f"{said[0].lower()}{said[1:]}"
        )
    return said


def fate_of(summary: dict[str, Any], unit: str) -> str:
    """Whether the vault can pay, what a share of it lost, and who bore which debts."""
    if not summary["solvent"]:
        nav = summary["vault_nav_end"]
        worth = f"{amount(nav)} {unit}" if round(nav) else "less than nothing"
        return f"Insolvent: the vault is worth {worth}."
    drawn = f"{summary['insurance_drawn']:,.0f} {unit}"
    lost = 1 - summary["share_value_end"]
    # What four decimals of a share show.
    is_less = lost >= 0.00005
    head = "Solvent"
    if is_less:
        head += f", but a share of the vault lost {percent(lost)}"
    if summary["bad_debt"]:
        return (
            f"{head}; the vault bore a loss: {summary['bankruptcies']} times an "
            f"account left a debt, {summary['bad_debt']:,.0f} {unit} in all after "
            f"{drawn} from the insurance fund."
        )
    if summary["insurance_drawn"]:
        return (
            f"{head}: of what accounts could not pay, the insurance fund paid {drawn}, "
            "the vault nothing."
        )
    return f"{head}{', though' if is_less else ':'} no account left a debt."


def lockstep_verdict(summary: dict[str, Any]) -> str:
    """What the comparison with a chain found, in a sentence."""
    # A replay is of one trace.
    variants = summary.get("variants")
    calls = f"{summary['calls']:,} calls"
    if variants:
        total = sum(each["calls"] for each in variants)
        calls = f"{total:,} calls in {len(variants)} variants"
    if summary["chain"] == "none":
        return f"{calls} on the model alone; no chain was asked."
    if summary["differences"]:
        return f"Model and {summary['chain']} differ after {calls}."
    roots = {
        NO_ROOTS: "every word written compared, storage roots only on eth-tester",
        NOT_COMPARED: "storage roots not compared, the run was interrupted",
    }.get(summary["storage_roots"], "storage roots equal")
    return f"Model and {summary['chain']} agree on {calls}: 0 differences, {roots}."
