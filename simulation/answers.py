"""
Answers: what a run says to the question of its scenario, in one sentence.

A scenario chooses the kind of answer. Each kind is a function of what all variants came
to, so a number in an answer is one of the run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from protocol.errors import BELOW_INITIAL_MARGIN
from protocol.fixed_point import WAD
from simulation.errors import Problem, ScenarioError
from simulation.quantities import format_duration
from simulation.sections import Hedgers, InformedTraders, Providers, WithPosition

if TYPE_CHECKING:
    from simulation.run import Played
    from simulation.scenario import Scenario


# What rounds to nothing in percent.
LEAST_PART = 0.005


class Answer(Struct, frozen=True):
    """
    A kind of answer: its sentence, and what the variants lack to be asked for it,
    nothing if it can be given.
    """

    sentence: Callable[[Sequence[Played]], str]
    lacks: Callable[[Sequence[Scenario]], str | None] = lambda _: None


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


def lack_of(scenarios: Sequence[Scenario]) -> str | None:
    """What variants lack for the answer they are asked for."""
    kind = scenarios[0].run.answer
    return None if kind is None else ANSWERS[kind].lacks(scenarios)


def require_answerable(scenarios: Sequence[Scenario]) -> None:
    """Refuse variants that the answer they are asked for cannot be made from."""
    first = scenarios[0]
    lack = lack_of(scenarios)
    if lack is not None:
        kind = first.run.answer
        problem = Problem("run.answer", f"{kind!r} cannot be answered: {lack}")
        raise ScenarioError(first.path, [problem])


def amount(number: float) -> str:
    """An amount in whole units; never minus nothing."""
    return f"{round(number) + 0:,}"


def digits(number: float, many: int = 4) -> str:
    """
    A number in so many digits, or all of those before the point; no powers of ten.
    """
    if abs(number) >= 10 ** (many - 1):
        return f"{number:,.0f}"
    return format(Decimal(f"{number:.{many}g}"), ",f")


def percent(part: float) -> str:
    """A part of something; with decimals where it is small, none only of nothing."""
    if part == 0 or abs(part) >= LEAST_PART:
        return f"{100 * part:.0f} %"
    return f"{100 * part:.2f} %" if abs(part) >= 0.0001 else "less than 0.01 %"


def listed(parts: Iterable[str]) -> str:
    """Parts of a sentence, as people list them."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def higher(number: float) -> str:
    """By how much something is higher or lower."""
    if not round(number):
        return "as high"
    return f"{amount(abs(number))} {'higher' if number > 0 else 'lower'}"


def by_variant(
    played: Sequence[Played],
    clause: Callable[[Played], str],
    detail: Callable[[Played], str] = lambda _: "",
) -> str:
    """A clause of each variant, said of which where there are several."""
    if not played[1:]:
        return clause(played[0])
    return "; ".join(
        f"with {each.name}{detail(each)}, {clause(each)}" for each in played
    )


def lines_of(answer: str) -> list[str]:
    """An answer with what it says of each variant on a line of its own."""
    return re.split(r"(?<=[:;] )(?=with )", answer)


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
            return f"{outlives}, {share}, and no account left a debt"
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
        f"{each['name']} fell from {digits(each['price_start'])} to "
        f"{digits(each['price_lowest'])} {unit}"
        for each in tokens
    )

    def clause(each: Played) -> str:
        groups = [one for one in each.summary["groups"] if one["backed_by"]]
        sold = sum(token["sold_for"] for token in each.summary["tokens"])
        drawn = sum(one["insurance_drawn"] for one in groups)
        left = sum(one["bad_debt"] for one in groups)
        keeper = each.summary["keeper_gain"]
        ended = "gained" if keeper >= 0 else "lost"
        insured = f"{amount(drawn)}{beside(each.summary['insurance_drawn'], drawn)}"
        borne = f"{amount(left)}{beside(each.summary['bad_debt'], left)}"
        return (
            f"who held it paid {amount(sold)} {unit} of what they owed, the insurance "
            f"fund {insured}, the vault {borne}, and who bought it "
            f"{ended} {amount(abs(keeper))}"
        )

    return sentence(f"when {fell}: {by_variant(played, clause)}")


def beside(paid: float, part: float) -> str:
    """What was paid for others than those of whom a part is told."""
    others = amount(paid - part)
    return "" if others == "0" else f" (and {others} for others)"


def lack_of_tokens(scenarios: Sequence[Scenario]) -> str | None:
    """What is missing where somebody asks about tokens."""
    is_backed = all(
        any(isinstance(each, WithPosition) and each.backed_by for each in one.agents)
        for one in scenarios
    )
    return None if is_backed else "no agents are backed_by a token"


def oracle_glitch(played: Sequence[Played]) -> str:
    """What a glitch changed for each party, against a variant that has none."""
    unit = unit_of(played)
    quiet = next(each for each in played if not glitches_in(each.play.scenario))
    others = [each for each in played if glitches_in(each.play.scenario)]
    said = listed(glitches_in(others[0].play.scenario))

    def clause(each: Played) -> str:
        gains = [
            one["gain"] - before["gain"]
            for one, before in zip(
                each.summary["groups"], quiet.summary["groups"], strict=False
            )
        ]
        lost = -sum(gain for gain in gains if gain < 0)
        won = sum(gain for gain in gains if gain > 0)
        insurance, vault = (
            each.summary[name] - quiet.summary[name]
            for name in ("insurance_end", "vault_nav_end")
        )
        cut = each.summary["payout_cut"]
        after = f" ({amount(cut)} was cut)" if cut else ""
        return (
            f"some traders lose {amount(lost)} {unit} and others win {amount(won)}"
            f"{after}, the insurance fund ends {higher(insurance)} and the vault "
            f"{higher(vault)}"
        )

    def band(each: Played) -> str:
        market = each.play.scenario.markets[0]
        return f" (band {int(market.feed.band) / WAD:g})"

    return sentence(f"when {said}: {by_variant(others, clause, band)}")


def glitches_in(scenario: Scenario) -> list[str]:
    """What is wrong with which price, and for how long."""
    return [
        f"{priced.name} is read {digits(100 * abs(glitch.move) / WAD, 3)} % too "
        f"{'low' if glitch.move < 0 else 'high'} for "
        f"{format_duration(glitch.lasts or scenario.run.step)}"
        for priced in scenario.priced
        for glitch in priced.glitches
    ]


def lack_of_glitches(scenarios: Sequence[Scenario]) -> str | None:
    """What is missing where somebody asks about a glitch."""
    found = [bool(glitches_in(each)) for each in scenarios]
    if not any(found):
        return "no feed has glitches"
    return "no variant is without glitches, to compare with" if all(found) else None


def thin_market(played: Sequence[Played]) -> str:
    """What a party that moves a price takes, and from whom."""
    unit = unit_of(played)

    def clause(each: Played) -> str:
        summary = each.summary
        lost = summary["vault_nav_start"] - summary["vault_nav_end"]
        parts = [
            f"the vault {lost_or_won(-lost, unit)} "
            f"({percent(abs(lost) / summary['vault_nav_start'])} of it)"
        ]
        parts += [
            f"{party} {lost_or_won(party_gain(summary, party), unit)}"
            for party in parties_of(summary)
        ]
        if summary["insurance_drawn"]:
            drawn = amount(summary["insurance_drawn"])
            parts.append(f"the insurance fund pays {drawn}")
        if summary["payout_cuts"]:
            parts.append(f"{amount(summary['payout_cut'])} is cut from gains")
        return listed(parts)

    went = listed(way_of(each, unit) for each in played[0].summary["markets"])
    return sentence(f"when {went}: {by_variant(played, clause)}")


def lack_of_expiry(scenarios: Sequence[Scenario]) -> str | None:
    """What is missing where somebody asks what the end of a future may be moved by."""
    samples = {
        one.markets[0].feed.expiry.samples if one.markets else 0 for one in scenarios
    }
    if 0 in samples:
        return "a market never ends"
    if len(samples) < 2:
        return "all variants end at as many samples"
    return lack_of_parties(scenarios)


def parties_of(summary: dict[str, Any]) -> list[str]:
    """The parties of a run, in the order of their groups."""
    named = [each["party"] for each in summary["groups"] if each["party"]]
    return list(dict.fromkeys(named))


def party_gain(summary: dict[str, Any], party: str) -> float:
    """What the groups of a party have won together."""
    gains = [each["gain"] for each in summary["groups"] if each["party"] == party]
    return float(sum(gains))


def lost_or_won(gain: float, unit: str) -> str:
    """What a gain is for who has it."""
    if not round(gain):
        return "wins nothing"
    return f"{'wins' if gain > 0 else 'loses'} {amount(abs(gain))} {unit}"


def way_of(market: dict[str, Any], unit: str) -> str:
    """Where a price came from, how far it went and where it ended."""
    start, end = market["price_start"], market["price_end"]
    furthest = max(
        (market["price_lowest"], market["price_highest"]),
        key=lambda price: max(price / start, start / price),
    )
    over = "" if furthest == end else f"{digits(furthest)} and then to "
    went = f"from {digits(start)} to {over}{digits(end)} {unit}"
    return f"{market['name']} goes {went}"


def lack_of_parties(scenarios: Sequence[Scenario]) -> str | None:
    """What is missing where somebody asks who takes what from whom."""
    if not all(any(each.party for each in one.agents) for one in scenarios):
        return "no agents are of a party"
    if any(isinstance(each, Providers) for one in scenarios for each in one.agents):
        return "providers move what the vault holds"
    return None


def bank_run(played: Sequence[Played]) -> str:
    """What is left to who asks first, to who asks later, and to who stays."""
    unit = unit_of(played)

    def clause(each: Played) -> str:
        left = [
            f"{percent(group['worth'] / group['brought'])} to who {fled(agents, group)}"
            for agents, group in zip(
                each.play.scenario.agents, each.summary["groups"], strict=True
            )
            if isinstance(agents, Providers) and group["brought"]
        ]
        cut = each.summary["payout_cut"]
        after = f", and {amount(cut)} {unit} is cut from gains" if cut else ""
        return listed(left) + after

    went = listed(way_of(each, unit) for each in played[0].summary["markets"])
    have = f"when {went}, of what providers lent there is left"
    return sentence(f"{have}: {by_variant(played, clause)}")


def fled(agents: Providers, group: dict[str, Any]) -> str:
    """When a group asked for its money, and what of the rest it has not got."""
    if agents.leaves_at is None:
        return "stayed"
    asked = f"asked at {format_duration(agents.leaves_at)}"
    held = 1 - group["taken"] / group["worth"] if group["worth"] else 0.0
    return f"{asked} ({percent(held)} of it held back)" if held > LEAST_PART else asked


def lack_of_flight(scenarios: Sequence[Scenario]) -> str | None:
    """What is missing where somebody asks who flees first."""
    leaving = [
        {
            each.leaves_at
            for each in one.agents
            if isinstance(each, Providers) and each.leaves_at is not None
        }
        for one in scenarios
    ]
    if all(len(each) > 1 for each in leaving):
        return None
    return "no two groups of providers leave one after the other"


def three_safeties(played: Sequence[Played]) -> str:
    """What winners and who lent are left with, and who was closed for it."""
    unit = unit_of(played)

    def clause(each: Played) -> str:
        summary = each.summary
        gains = [group["gain"] for group in summary["groups"]]
        won = sum(gain for gain in gains if gain > 0)
        cut = amount(summary["payout_cut"]) if summary["payout_cut"] else "nothing"
        early = closed_early(each)
        closed = f"{percent(early)} of the most" if early else "nothing"
        return (
            f"the winners gain {amount(won)} {unit} ({cut} was cut), {closed} they "
            "held was closed early, and a share of the vault ends at "
            f"{summary['share_value_end']:.3f} of its start"
        )

    went = listed(way_of(each, unit) for each in played[0].summary["markets"])
    return sentence(f"when {went}: {by_variant(played, clause)}")


def closed_early(played: Played) -> float:
    """What was deleveraged, as a part of the most that was held on its side."""
    sizes = [each.size for each in played.result.events if each.kind == "deleveraged"]
    looks = [each.markets[0] for each in played.result.samples]
    held = 0
    if min(sizes, default=0) < 0:
        held += max(each.long_size for each in looks)
    if max(sizes, default=0) > 0:
        held -= min(each.short_size for each in looks)
    return sum(map(abs, sizes)) / held if held else 0.0


def lack_of_safeties(scenarios: Sequence[Scenario]) -> str | None:
    """What is missing where somebody asks who is closed for a market's sake."""
    if any(len(one.markets) > 1 for one in scenarios):
        return "there is more than one market"
    is_open = any(
        one.keepers.deleverager and one.markets[0].params.deleveraging.duration
        for one in scenarios
    )
    return None if is_open else "nobody is ever deleveraged"


def margin_call(played: Sequence[Played]) -> str:
    """What warned traders keep, whom it spared, and what the waiting cost others."""
    unit = unit_of(played)

    def clause(each: Played) -> str:
        summary = each.summary
        kept = listed(
            f"{percent(kept_in(each, market.name))} in {market.name}"
            for market in each.play.scenario.markets
        )
        calls, answered = summary["margin_calls"], summary["margin_calls_answered"]
        parts = [f"traders keep {kept}"]
        if summary["top_ups"]:
            parts.append(f"orders brought {amount(summary['topped_up'])} {unit}")
        if calls:
            parts.append(f"{answered:,} of {calls:,} calls were answered")
        count = sum(agents.count for agents in each.play.scenario.agents)
        parts += [
            f"{summary['liquidated_accounts']:,} of {count:,} were liquidated",
            f"the insurance fund paid {amount(summary['insurance_drawn'])}",
            f"the vault {amount(summary['bad_debt'])} {unit} of what they owed",
        ]
        return listed(parts)

    went = listed(way_of(each, unit) for each in played[0].summary["markets"])
    return sentence(f"when {went}: {by_variant(played, clause)}")


def kept_in(played: Played, market: str) -> float:
    """What who traded in a market has left, as a part of what he brought."""
    groups = [
        group
        for agents, group in zip(
            played.play.scenario.agents, played.summary["groups"], strict=True
        )
        if isinstance(agents, WithPosition) and agents.market == market
    ]
    brought = sum(group["brought"] for group in groups)
    return float(sum(group["worth"] for group in groups) / brought) if brought else 1.0


def lack_of_grace(scenarios: Sequence[Scenario]) -> str | None:
    """What is missing where somebody asks what a warning is worth."""
    if any(isinstance(each, Providers) for one in scenarios for each in one.agents):
        return "providers are never called"
    waits = {one.keepers.caller and one.risk.margin_call.grace > 0 for one in scenarios}
    if True not in waits:
        return "nobody is called"
    return None if False in waits else "no variant liquidates without a call"


def volatility(played: Sequence[Played]) -> str:
    """Who was let in, who was liquidated, and what the crash cost others."""
    unit = unit_of(played)

    def clause(each: Played) -> str:
        summary = each.summary
        count = sum(agents.count for agents in each.play.scenario.agents)
        smaller = summary["refusals"].get(BELOW_INITIAL_MARGIN, 0)
        return listed(
            [
                f"{smaller:,} of {count:,} had to open less than they would",
                f"{summary['liquidated_accounts']:,} were liquidated",
                *what_others_paid(summary, unit),
            ]
        )

    went = listed(way_of(each, unit) for each in played[0].summary["markets"])
    return sentence(f"when {went}: {by_variant(played, clause)}")


def lack_of_volatility(scenarios: Sequence[Scenario]) -> str | None:
    """What is missing where somebody asks what growing margins are worth."""
    grows = {
        any(int(each.feed.volatility.max_multiplier) > WAD for each in one.markets)
        for one in scenarios
    }
    if True not in grows:
        return "the margins of no market grow with volatility"
    return None if False in grows else "no variant leaves margins as they are"


def portfolio_hedge(played: Sequence[Played]) -> str:
    """What a hedge is let hold, and who loses when its markets come apart."""
    unit = unit_of(played)

    def clause(each: Played) -> str:
        summary = each.summary
        count = sum(agents.count for agents in each.play.scenario.agents)
        brought = sum(group["brought"] for group in summary["groups"])
        left = min(group["worth"] / group["brought"] for group in summary["groups"])
        return listed(
            [
                f"hedged traders hold {most_held(each) / brought:.1f} times what they "
                f"brought on each side, who loses keeps {percent(left)} of it",
                f"{summary['liquidated_accounts']:,} of {count:,} were liquidated",
                *what_others_paid(summary, unit),
            ]
        )

    went = listed(way_of(each, unit) for each in played[0].summary["markets"])
    return sentence(f"when {went}: {by_variant(played, clause)}")


def most_held(played: Played) -> float:
    """The most that the long positions of all markets were worth at once."""
    worth = (
        sum(each.long_size * each.index for each in sample.markets)
        for sample in played.result.samples
    )
    return max(worth) / WAD / WAD


def lack_of_hedges(scenarios: Sequence[Scenario]) -> str | None:
    """What is missing where somebody asks what margining together is worth."""
    hedgers = [each for one in scenarios for each in one.agents]
    modes = {each.mode for each in hedgers if isinstance(each, Hedgers)}
    if not all(isinstance(each, Hedgers) for each in hedgers):
        return "not everybody hedges"
    return None if len(modes) > 1 else "all hedges are margined in one mode"


def credit(played: Sequence[Played]) -> str:
    """What lenders earn and lose, what traders keep, and what others pay."""
    unit = unit_of(played)

    def clause(each: Played) -> str:
        summary = each.summary
        lent = summary["lent"]
        return listed(
            [
                f"lenders earn {amount(summary['interest'])} and lose "
                f"{amount(summary['lines_drawn'])} of {amount(lent)} {unit}"
                if lent
                else "nobody lends",
                f"traders keep {percent(kept_in(each, market_of(each)))}",
                *what_others_paid(summary, unit),
            ]
        )

    went = listed(way_of(each, unit) for each in played[0].summary["markets"])
    return sentence(f"when {went}: {by_variant(played, clause)}")


def market_of(played: Played) -> str:
    """The name of the only market."""
    return played.play.scenario.markets[0].name


def lack_of_credit(scenarios: Sequence[Scenario]) -> str | None:
    """What is missing where somebody asks what lines are worth."""
    if any(len(one.markets) > 1 for one in scenarios):
        return "there is more than one market"
    lends = {
        any(isinstance(each, WithPosition) and each.line for each in one.agents)
        for one in scenarios
    }
    if True not in lends:
        return "nobody lends"
    return None if False in lends else "every variant lends"


def orders(played: Sequence[Played]) -> str:
    """What who knows the next price takes, and what orders cost who does not."""
    unit = unit_of(played)

    def clause(each: Played) -> str:
        summary = each.summary
        lost = summary["vault_nav_start"] - summary["vault_nav_end"]
        parts = [
            f"who knows {lost_or_won(sum_of(each, 'gain', True), unit)}",
            f"the vault {lost_or_won(-lost, unit)}",
        ]
        filled, refused, expired = (
            summary[f"orders_{end}"] for end in ("filled", "refused", "expired")
        )
        if count := filled + refused + expired:
            parts += [
                f"{filled:,} of {count:,} orders were filled ({refused:,} refused, "
                f"{expired:,} expired)",
                "the others paid keepers "
                f"{amount(sum_of(each, 'order_fees', False))} {unit} for theirs",
            ]
        return listed(parts)

    def wait(each: Played) -> str:
        delay = int(each.play.scenario.risk.order.delay)
        return f" (delay {format_duration(delay)})" if delay else ""

    went = listed(way_of(each, unit) for each in played[0].summary["markets"])
    ahead = format_duration(
        max(
            each.foresight
            for each in played[0].play.scenario.agents
            if isinstance(each, InformedTraders)
        )
    )
    have = f"when {went} and some know it {ahead} ahead"
    return sentence(f"{have}: {by_variant(played, clause, wait)}")


def sum_of(played: Played, name: str, is_informed: bool) -> float:
    """A number of all who know the next price, or of all who do not."""
    return sum(
        float(group[name])
        for agents, group in zip(
            played.play.scenario.agents, played.summary["groups"], strict=True
        )
        if isinstance(agents, InformedTraders) is is_informed
    )


def lack_of_waiting(scenarios: Sequence[Scenario]) -> str | None:
    """What is missing where somebody asks what a delay costs."""
    if any(isinstance(each, Providers) for one in scenarios for each in one.agents):
        return "providers move what the vault holds"
    for one in scenarios:
        if not any(isinstance(each, InformedTraders) for each in one.agents):
            return "nobody knows the next price"
    waits = {bool(one.risk.order.delay) for one in scenarios}
    if True not in waits:
        return "no trade waits"
    return None if False in waits else "trades wait in every variant"


def what_others_paid(summary: Mapping[str, Any], unit: str) -> list[str]:
    """What insurance and vault bore of what accounts owed."""
    return [
        f"the insurance fund paid {amount(summary['insurance_drawn'])}",
        f"the vault {amount(summary['bad_debt'])} {unit} of what they owed",
    ]


def sentence(text: str) -> str:
    """A text as a sentence."""
    return f"{text[0].upper()}{text[1:]}."


ANSWERS: dict[str, Answer] = {
    "crash": Answer(crash),
    "depeg": Answer(depeg, lack_of_tokens),
    "oracle-glitch": Answer(oracle_glitch, lack_of_glitches),
    "thin-market": Answer(thin_market, lack_of_parties),
    "dated-future": Answer(thin_market, lack_of_expiry),
    "bank-run": Answer(bank_run, lack_of_flight),
    "three-safeties": Answer(three_safeties, lack_of_safeties),
    "margin-call": Answer(margin_call, lack_of_grace),
    "portfolio-hedge": Answer(portfolio_hedge, lack_of_hedges),
    "volatility": Answer(volatility, lack_of_volatility),
    "credit": Answer(credit, lack_of_credit),
    "orders": Answer(orders, lack_of_waiting),
}
