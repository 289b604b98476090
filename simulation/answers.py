"""
Answers: what a run says to the question of its scenario, in one sentence.

A scenario chooses the kind of answer. Each kind is a function of what all variants came
to, so a number in an answer is one of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from simulation.sections import WithPosition

if TYPE_CHECKING:
    from simulation.run import Played
    from simulation.scenario import Scenario


class Answer(Struct, frozen=True):
    """
    A kind of answer: its sentence, and what a scenario lacks that is asked for it,
    nothing if it can be answered.
    """

    sentence: Callable[[Sequence[Played]], str]
    lacks: Callable[[Scenario], str | None] = lambda _: None


def answer_to(kind: str | None, played: Sequence[Played]) -> str | None:
    """The answer of a run, if its scenario asks for one."""
    if kind is None:
        return None
    summaries = [each.summary for each in played]
    if any(each["differences"] for each in summaries):
        return "No answer: model and chain differ."
    if any(each["conservation_violations"] for each in summaries):
        return "No answer: the books did not add up."
    if not all(each["complete"] for each in summaries):
        return "No answer: the run was not played to its end."
    return ANSWERS[kind].sentence(played)


def amount(number: float) -> str:
    """An amount in whole units; never minus nothing."""
    return f"{round(number) + 0:,}"


def listed(parts: Iterable[str]) -> str:
    """Parts of a sentence, as people list them."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def by_variant(played: Sequence[Played], clause: Callable[[Played], str]) -> str:
    """A clause of each variant, said of which where there are several."""
    if not played[1:]:
        return clause(played[0])
    return "; ".join(f"with {each.name}, {clause(each)}" for each in played)


def unit_of(played: Sequence[Played]) -> str:
    """What amounts are counted in."""
    return played[0].play.scenario.quote


def crash(played: Sequence[Played]) -> str:
    """Whether the vault outlives it, and who paid."""
    unit = unit_of(played)

    def clause(each: Played) -> str:
        summary = each.summary
        unpaid = summary["insurance_drawn"] + summary["bad_debt"]
        outlives = "yes" if summary["vault_nav_end"] > 0 else "no"
        share = f"a share of it ends at {summary['share_value_end']:.3f} of its start"
        if not unpaid:
            return f"{outlives}, {share}, and nobody paid for another's loss"
        return (
            f"{outlives}, {share}, and of {amount(unpaid)} {unit} that accounts could "
            f"not pay the insurance fund paid {amount(summary['insurance_drawn'])} and "
            f"the vault {amount(summary['bad_debt'])}"
        )

    return sentence(by_variant(played, clause))


def depeg(played: Sequence[Played]) -> str:
    """Who paid the debts of accounts that a token backs."""
    unit = unit_of(played)
    tokens = played[0].summary["tokens"]
    fell = listed(
        f"{each['name']} fell from {each['price_start']:.4g} to "
        f"{each['price_lowest']:.4g} {unit}"
        for each in tokens
    )

    def clause(each: Played) -> str:
        groups = [one for one in each.summary["groups"] if one["backed_by"]]
        sold = sum(token["sold_for"] for token in each.summary["tokens"])
        drawn = sum(one["insurance_drawn"] for one in groups)
        left = sum(one["bad_debt"] for one in groups)
        keeper = each.summary["keeper_gain"]
        ended = "gained" if keeper >= 0 else "lost"
        return (
            f"who held it paid {amount(sold)} {unit} of what they owed, the insurance "
            f"fund {amount(drawn)}, the vault {amount(left)}, and who bought it "
            f"{ended} {amount(abs(keeper))}"
        )

    return sentence(f"when {fell}: {by_variant(played, clause)}")


def without_tokens(scenario: Scenario) -> str | None:
    """What a scenario lacks that asks about tokens."""
    backed = [
        each
        for each in scenario.agents
        if isinstance(each, WithPosition) and each.backed_by is not None
    ]
    return None if backed else "no agents are backed_by a token"


def sentence(text: str) -> str:
    """A text as a sentence."""
    return f"{text[0].upper()}{text[1:]}."


ANSWERS: dict[str, Answer] = {
    "crash": Answer(crash),
    "depeg": Answer(depeg, without_tokens),
}
