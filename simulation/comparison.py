"""
Variants side by side: what each of them came to, on the same prices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from simulation.answers import answer_to, parties_of, party_gain
from simulation.output import TRACE, variant_folder
from simulation.scenario import Scenario
from simulation.summary import verdict

if TYPE_CHECKING:
    from simulation.run import Played

# What of a summary is told of each variant.
TOLD = (
    "complete",
    "cut",
    "differences",
    "difference",
    "conservation_violations",
    "calls",
    "digest",
    "margin_calls",
    "margin_calls_ended",
    "margin_calls_answered",
    "called_accounts",
    "top_ups",
    "topped_up",
    "orders_committed",
    "orders_filled",
    "orders_refused",
    "orders_expired",
    "order_fees",
    "lent",
    "interest",
    "lines_drawn",
    "liquidations",
    "partial_liquidations",
    "liquidated_accounts",
    "bankruptcies",
    "bad_debt",
    "insurance_drawn",
    "insurance_start",
    "insurance_end",
    "payout_cuts",
    "payout_cut",
    "deleveraging_openings",
    "deleveraged",
    "deleveraged_accounts",
    "deleveraged_value",
    "claims",
    "verdict",
    "solvent",
    "vault_nav_start",
    "vault_nav_end",
    "share_value_end",
    "groups",
    "keeper_gain",
    "markets",
    "tokens",
)


class Row(Struct, frozen=True):
    """
    A number that all variants have; `form` is how Python writes it. One that a variant
    does not have is missing.
    """

    label: str
    values: tuple[float | None, ...]
    form: str = ",.0f"

    def shown(self) -> list[str]:
        """The values as a table shows them."""
        return ["" if each is None else self.written(each) for each in self.values]

    def written(self, value: float) -> str:
        """A value; what rounds to nothing has no sign."""
        text = format(value, self.form)
        return "0" if text in ("-0", "+0") else text


def summary_of_all(scenario: Scenario, played: Sequence[Played]) -> dict[str, Any]:
    """
    The summary of a run: the first variant's, which is named, what is told of each
    where there are several, and whether all of them are faithful and complete.
    """
    variants = [told(each) for each in played] if scenario.variants else []
    summaries = [each.summary for each in played]
    found = [
        f"in variant {each.name!r}: {each.summary['difference']}"
        if each.name
        else each.summary["difference"]
        for each in played
        if each.summary["difference"] is not None
    ]
    everywhere: dict[str, Any] = {
        "complete": all(each["complete"] for each in summaries)
        and len(played) == max(1, len(scenario.variants)),
        "cut": any(each["cut"] for each in summaries),
        "solvent": all(each["solvent"] for each in summaries),
        "differences": sum(each["differences"] for each in summaries),
        "difference": next(iter(found), None),
        "conservation_violations": sum(
            each["conservation_violations"] for each in summaries
        ),
    }
    said = {
        "question": scenario.run.question or None,
        "answer": answer_to(scenario.run.answer, played),
        "variant": played[0].name or None,
        "variants": variants,
    }
    summary = summaries[0] | everywhere | said
    return summary | {"verdict": verdict(summary, scenario.quote)}


def told(played: Played) -> dict[str, Any]:
    """What is told of a variant."""
    variant = played.play.variant
    return {
        "name": variant.name,
        "set": variant.settings,
        "trace": str(variant_folder(variant.name) / TRACE),
    } | {name: played.summary[name] for name in TOLD}


def side_by_side(variants: Sequence[dict[str, Any]], unit: str) -> Iterator[Row]:
    """The rows of a table with a column for each variant; amounts are in `unit`."""

    def row(label: str, name: str, form: str = ",.0f") -> Row:
        return Row(label, tuple(each[name] for each in variants), form)

    def rows(*named: tuple[str, str]) -> Iterator[Row]:
        """Rows of what some variant has."""
        for label, name in named:
            if any(each[name] for each in variants):
                yield row(label, name)

    yield from rows(
        ("Differences", "differences"),
        ("Books that did not add up", "conservation_violations"),
    )
    yield from rows(
        ("Margin calls", "margin_calls"),
        ("Of them answered", "margin_calls_answered"),
        (f"Topped up by orders, {unit}", "topped_up"),
    )
    if any(each["orders_committed"] for each in variants):
        for end in ("filled", "refused", "expired"):
            yield row(f"Orders {end}", f"orders_{end}")
        yield row(f"Paid to keepers for orders, {unit}", "order_fees")
    yield row("Liquidations", "liquidations")
    yield row("Accounts liquidated", "liquidated_accounts")
    yield row("Accounts that left a debt", "bankruptcies")
    yield row(f"Bad debt, {unit}", "bad_debt")
    yield row(f"Paid by insurance, {unit}", "insurance_drawn")
    yield row("Insurance fund at the end", "insurance_end")
    yield from rows(
        (f"Cut from gains, {unit}", "payout_cut"),
        ("Accounts deleveraged", "deleveraged_accounts"),
        (f"Closed of their positions, {unit}", "deleveraged_value"),
        (f"Claims not settled, {unit}", "claims"),
    )
    yield row("Vault at the start", "vault_nav_start")
    yield row("Vault at the end", "vault_nav_end")
    yield row("A share at the end", "share_value_end", ".4f")
    for place, token in enumerate(variants[0]["tokens"]):
        yield nested(
            variants,
            "tokens",
            place,
            "sold_for",
            f"Paid for {token['name']} of who owed",
        )
    for place, group in enumerate(variants[0]["groups"]):
        label = f"{group['count']:,} {group['label']}"
        yield nested(variants, "groups", place, "gain", label, "+,.0f")
    for party in parties_of(variants[0]):
        gains = tuple(party_gain(each, party) for each in variants)
        yield Row(f"In all, {party}", gains, "+,.0f")
    yield row("The keeper", "keeper_gain", "+,.0f")


def nested(
    variants: Sequence[dict[str, Any]],
    table: str,
    place: int,
    name: str,
    label: str,
    form: str = ",.0f",
) -> Row:
    """A number of a group or token, by its place."""
    return Row(
        label,
        tuple(
            each[table][place][name] if place < len(each[table]) else None
            for each in variants
        ),
        form,
    )
