"""
The scenarios that come along: each asks a question, and its run answers it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from evm.compile import compile_contracts
from protocol.fixed_point import WAD
from protocol.trace import Action, read_trace
from simulation.agents import TOP_UPS
from simulation.answers import ANSWERS, closed_early, most_held
from simulation.comparison import side_by_side
from simulation.engine import run_scenario
from simulation.errors import InputError
from simulation.output import TRACE, variant_folder
from simulation.run import Finished, Played, prepare, run
from simulation.scenario import load_scenario
from simulation.summary import summary_of
from tests.simulation.small import (
    CALLS,
    CRASH,
    CREDIT,
    DEPEG,
    FLIGHT,
    FUTURE,
    GLITCH,
    HEDGE,
    ORDERS,
    SAFETIES,
    SCENARIOS,
    SMALL,
    SMALL_CALLS,
    SMALL_CREDIT,
    SMALL_DEPEG,
    SMALL_FLIGHT,
    SMALL_FUTURE,
    SMALL_GLITCH,
    SMALL_HEDGE,
    SMALL_ORDERS,
    SMALL_SAFETIES,
    SMALL_STORM,
    SMALL_THIN,
    STORM,
    THIN,
)

ALL = {
    CALLS: SMALL_CALLS,
    CRASH: SMALL,
    CREDIT: SMALL_CREDIT,
    DEPEG: SMALL_DEPEG,
    FLIGHT: SMALL_FLIGHT,
    FUTURE: SMALL_FUTURE,
    GLITCH: SMALL_GLITCH,
    HEDGE: SMALL_HEDGE,
    ORDERS: SMALL_ORDERS,
    SAFETIES: SMALL_SAFETIES,
    STORM: SMALL_STORM,
    THIN: SMALL_THIN,
}
SAID = {
    "bank-run": "When ETH goes from 3,000 to 3,888 and then to 3,876 USDC, of what ",
    "crash": "Yes, a share of it ends at 1.",
    "dated-future": "When JUN goes from 0.01 to 0.01",
    "credit": "When ETH goes from 3,000 to 2,",
    "depeg": "When sUSD fell from 1 to 0.58",
    "margin-call": "When ETH goes from 3,000 to 2,608 and then to 2,963 USDC and SOL ",
    "oracle-glitch": "When ETH is read 40 % too low for 30s: with usual (band ",
    "orders": "When ETH goes from 3,000 to 2,945 and then to 2,981 USDC and some know ",
    "portfolio-hedge": "When ETH goes from 3,000 to ",
    "three-safeties": "When ETH goes from 3,000 to 4,175 and then to 3,338 USDC: ",
    "thin-market": "When JELLY goes from 0.01 to 0.03987 and then to 0.03985 USDC: ",
    "volatility": "When ETH goes from 3,000 to ",
}
CONTRACTS = compile_contracts()


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    """The variants of a small crash after a small storm."""
    place = tmp_path_factory.mktemp("s") / "run"
    return by_name(run(prepare(STORM, SMALL_STORM), place))


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    """The variants of a small crash of who has borrowed."""
    place = tmp_path_factory.mktemp("l") / "run"
    return by_name(run(prepare(CREDIT, SMALL_CREDIT), place))


@pytest.fixture(scope="module")
def thin(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    """The variants of a small attack on a thin market."""
    return by_name(run(prepare(THIN, SMALL_THIN), tmp_path_factory.mktemp("t") / "run"))


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    """The variants of a small flight from the vault."""
    place = tmp_path_factory.mktemp("f") / "run"
    return by_name(run(prepare(FLIGHT, SMALL_FLIGHT), place))


@pytest.fixture(scope="module")
def safeties(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    """The variants of a small vault that traders win too much from."""
    place = tmp_path_factory.mktemp("s") / "run"
    return by_name(run(prepare(SAFETIES, SMALL_SAFETIES), place))


@pytest.fixture(scope="module")
def calls_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a small run with margin calls is written."""
    return tmp_path_factory.mktemp("c") / "run"


@pytest.fixture(scope="module")
def warned(calls_place) -> dict[str, Played]:
    """The variants of a small dip and a small crash, with calls and orders."""
    return by_name(run(prepare(CALLS, SMALL_CALLS), calls_place))


@pytest.fixture(scope="module")
def ordered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    """The variants of a few minutes in which some know the next prices."""
    place = tmp_path_factory.mktemp("o") / "run"
    return by_name(run(prepare(ORDERS, SMALL_ORDERS), place))


def actions_of(place: Path, variant: str) -> Iterable[Action]:
    """The calls of a variant of the run that was written there."""
    return read_trace(place / variant_folder(variant) / TRACE).actions


def by_name(finished: Finished) -> dict[str, Played]:
    return {each.name: each for each in finished.played}


def gains(played: Played) -> list[float]:
    """What each group has won."""
    return [group["gain"] for group in played.summary["groups"]]


def kept(played: Played) -> list[float]:
    """What part of their money each group of providers ends with."""
    groups = played.summary["groups"][:4]
    return [group["worth"] / group["brought"] for group in groups]


def test_every_scenario_is_here() -> None:
    assert sorted(ALL) == sorted(SCENARIOS.glob("*.toml"))


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_it_answers_its_question_in_a_sentence(path, tmp_path) -> None:
    asked = load_scenario(path).run
    assert asked.name == asked.answer == path.stem
    assert asked.question.endswith("?")
    done = run(prepare(path, ALL[path]), tmp_path / "run", evm="revm")
    assert (done.summary["differences"], done.summary["complete"]) == (0, True)
    assert done.summary["conservation_violations"] == 0
    answer = done.summary["answer"]
    assert answer.startswith(SAID[path.stem])
    assert answer.endswith(".")
    assert all(f"with {each.name}" in answer for each in done.played[:-1] if each.name)


def test_every_kind_of_answer_is_asked_for() -> None:
    assert sorted(ANSWERS) == sorted(SAID)


def test_who_moves_a_thin_price_takes_what_the_rules_leave_him(thin) -> None:
    taken = {name: sum(gains(each)[2:]) for name, each in thin.items()}
    assert taken["capped"] < 0 < taken["more-margin"] < taken["less-interest"]
    assert taken["less-interest"] < taken["uncapped"] < taken["more-impact"]
    for name, each in thin.items():
        lost = each.summary["vault_nav_start"] - each.summary["vault_nav_end"]
        others = each.summary["insurance_end"] - each.summary["insurance_start"]
        assert lost == pytest.approx(
            taken[name] + sum(gains(each)[:2]) + others, rel=0.1
        )


def test_an_average_leaves_little_to_who_moves_the_last_minutes(tmp_path) -> None:
    """He holds the price up for four minutes, of one sample or of twenty minutes."""
    future = by_name(run(prepare(FUTURE, SMALL_FUTURE), tmp_path / "run"))
    taken = {name: gains(each)[2] for name, each in future.items()}
    assert taken["sixty-samples"] < taken["one-last-price"] / 4
    assert 0 < taken["six-samples"] <= taken["one-last-price"]
    for each in future.values():
        ended = each.summary["by_entry_point"]
        assert ended["Governor.settle_market"] == {"ok": 1, "refused": {}}
        # Of ten who held it to the end, but for shorts that were liquidated before.
        closed = ended["Exchange.close_settled"]
        assert 7 <= closed["ok"] <= 10
        assert not closed["refused"]
        assert "FeedClosed" not in ended["Oracle.report"]["refused"]


def test_it_is_the_limit_of_skew_that_he_gets_around(thin) -> None:
    limits = thin["uncapped"].play.scenario.markets[0].params.limits
    sides = [each.markets[0] for each in thin["uncapped"].result.samples]
    skews = [each.long_size + each.short_size for each in sides]
    assert max(skews) > 2 * limits.max_skew


def test_a_cut_is_what_winners_miss(thin) -> None:
    """The same trades at the same prices, paid in full and not."""
    full, capped = thin["uncapped"], thin["capped"]
    assert full.summary["payout_cuts"] == full.summary["payout_cut"] == 0
    missed = sum(gains(full)) - sum(gains(capped))
    assert capped.summary["payout_cut"] == pytest.approx(missed, rel=1e-3)
    cuts = [each for each in capped.result.events if each.kind == "cut"]
    assert len(cuts) == capped.summary["payout_cuts"] == 7
    assert sum(each.amount for each in cuts) == capped.result.samples[-1].cut
    (market,) = capped.summary["markets"]
    assert market["payout_cut"] == capped.summary["payout_cut"]
    assert market["payout_cuts"] == 7
    # The cap of its window is a part of the vault, and of what shorts have lost to it.
    assert 0 < market["spent"] <= 0.05 * (600_000 - sum(gains(capped)[1::2]))


def test_a_claim_that_is_not_settled_is_told(tmp_path) -> None:
    """While the mark lags behind the index nobody is paid."""
    lagging = [*SMALL_THIN, "market.JELLY.feed.averaging_time=1h", "variant=[]"]
    prepared = prepare(THIN, lagging)
    result = run_scenario(
        prepared.scenario, prepared.series, CONTRACTS, tmp_path / "t", evm="none"
    )
    summary = summary_of(prepared.scenario, result, [])
    longs = summary["groups"][2]
    assert summary["refusals"]["PriceTripped"] > 0
    assert longs["taken"] == 0
    assert 0 < summary["claims"] == summary["markets"][0]["claims"]
    assert 0 < longs["gain"] < summary["claims"]


def test_the_table_sums_up_a_party(thin) -> None:
    told = [each.summary | {"name": name} for name, each in thin.items()]
    rows = {row.label: row for row in side_by_side(told, "USDC")}
    attack = rows["In all, the attacker"].values
    assert attack == pytest.approx([sum(gains(each)[2:]) for each in thin.values()])
    assert rows["Cut from gains, USDC"].values[:4] == (0,) * 4
    assert rows["Cut from gains, USDC"].values[4] > 0
    assert "Claims not settled, USDC" not in rows
    assert "4 short JELLY of the attacker" in rows


def test_who_asks_first_gets_most_and_who_stays_holds_the_loss(flight) -> None:
    for each in flight.values():
        first, second, third, stayed = kept(each)
        assert first > second > max(third, stayed)
    reserve, usual = flight["more-reserve"], flight["usual"]
    assert kept(reserve)[1] < kept(usual)[1]
    assert kept(reserve)[3] > kept(usual)[3]
    capped = flight["capped"]
    assert kept(capped)[3] > kept(usual)[3]
    assert gains(capped)[4] < gains(usual)[4]
    third = flight["quarantine"].summary["groups"][2]
    assert third["taken"] == 0
    assert third["worth"] == pytest.approx(
        flight["quarantine"].summary["groups"][3]["worth"]
    )


def test_each_safety_has_others_pay(safeties) -> None:
    """Who takes profit in time would rather share, and who holds on be deleveraged."""
    deleveraged, capped, shared = (
        safeties[name] for name in ("deleveraged", "capped", "shared")
    )
    ends = [each.summary["share_value_end"] for each in (shared, deleveraged, capped)]
    assert ends == sorted(ends)
    early, late, _ = zip(*map(gains, (capped, deleveraged, shared)), strict=True)
    assert early[0] < early[1] < early[2]
    assert late[0] < late[2] < late[1]
    cuts = [each.summary["payout_cut"] for each in (deleveraged, shared, capped)]
    assert 0 == cuts[0] < cuts[1] < cuts[2]


def test_whoever_is_deleveraged_is_counted(safeties) -> None:
    each = safeties["deleveraged"]
    summary, last = each.summary, each.result.samples[-1]
    found = [one for one in each.result.events if one.kind == "deleveraged"]
    accepted = summary["by_entry_point"]["Exchange.deleverage"]["ok"]
    assert summary["deleveraging_openings"] == 3
    assert summary["deleveraged"] == len(found)
    assert accepted == len(found) + 2 * summary["deleveraging_openings"]
    assert summary["deleveraged_accounts"] == len({one.holder for one in found})
    assert sum(one.amount for one in found) == last.deleveraged > 0
    for one in found:
        assert one.size < 0
        assert one.amount == -one.size * one.price // WAD
    (market,) = summary["markets"]
    for name in ("deleveraging_openings", "deleveraged", "deleveraged_value"):
        assert market[name] == summary[name]
    of_groups = [group["deleveraged_value"] for group in summary["groups"]]
    assert sum(of_groups) == pytest.approx(summary["deleveraged_value"])
    assert of_groups[2] == 0 < min(of_groups[:2])
    for name in ("capped", "shared"):
        assert safeties[name].summary["deleveraging_openings"] == 0
        assert safeties[name].summary["deleveraged_value"] == 0


def test_what_was_closed_early_is_a_part_of_its_side(safeties) -> None:
    each = safeties["deleveraged"]
    closed = -sum(one.size for one in each.result.events if one.kind == "deleveraged")
    held = max(one.markets[0].long_size for one in each.result.samples)
    assert closed_early(each) == pytest.approx(closed / held)
    assert closed_early(safeties["shared"]) == 0


def test_the_table_tells_who_was_deleveraged(safeties, thin) -> None:
    labels = ("Accounts deleveraged", "Closed of their positions, USDC")
    told = [each.summary | {"name": name} for name, each in safeties.items()]
    rows = {row.label: row.values for row in side_by_side(told, "USDC")}
    for label in labels:
        assert rows[label][0] > 0 == rows[label][1] == rows[label][2]
    told = [each.summary | {"name": name} for name, each in thin.items()]
    assert not any(row.label in labels for row in side_by_side(told, "USDC"))


def test_a_warning_helps_who_answers_it_where_the_price_comes_back(warned) -> None:
    names = ("grace-15m", "grace-5m", "at-once")
    dip, _, crash, away = zip(*(gains(warned[name]) for name in names), strict=True)
    assert dip[0] > dip[1] > dip[2]
    assert max(crash[:2]) < crash[2]
    assert away[0] > away[1] == pytest.approx(away[2])
    ordered = gains(warned["orders"])
    assert ordered[0] > dip[1]
    assert ordered[2] < min(crash)
    assert ordered[3] < min(away)
    spared = [warned[name].summary["liquidated_accounts"] for name in names]
    assert warned["orders"].summary["liquidated_accounts"] < spared[0]
    assert spared == sorted(set(spared))


def test_calls_and_top_ups_are_counted(warned) -> None:
    for name, each in warned.items():
        summary, ended = each.summary, each.summary["by_entry_point"]
        made = ended.get("Exchange.call_margin", {"ok": 0, "refused": {}})
        brought = ended.get("TopUps.execute", {"ok": 0, "refused": {}})
        called = [one for one in each.result.events if one.kind == "called"]
        assert made["ok"] == summary["margin_calls"] == len(called)
        assert summary["called_accounts"] == len({one.holder for one in called})
        assert brought["ok"] == summary["top_ups"]
        assert not made["refused"]
        assert not brought["refused"]
        answered = summary["margin_calls_answered"]
        assert answered <= summary["margin_calls_ended"] <= summary["margin_calls"]
        closed = {
            one.holder for one in each.result.events if one.kind in ("partial", "full")
        }
        assert summary["liquidated_accounts"] == len(closed)
        assert bool(called) is (name != "at-once")
        assert (summary["topped_up"] > 0) is (name == "orders")
    assert warned["grace-15m"].summary["margin_calls_answered"] == 7


def test_who_answers_a_call_takes_his_time_and_who_is_away_does_not(
    warned, calls_place
) -> None:
    """After the first deposit each is an answer, by as much as was missing or left."""
    each = warned["grace-15m"]
    called_at: dict[int, int] = {}
    deposited, answers = set(), 0
    for action in actions_of(calls_place, "grace-15m"):
        holder = action.arguments[0] if action.arguments else 0
        if action.function == "call_margin":
            called_at[holder] = action.now
        elif action.function == "deposit" and holder in deposited:
            assert each.result.names[holder].startswith(("long-0-", "long-2-"))
            assert action.now - called_at[holder] >= 60
            answers += 1
        elif action.function == "deposit":
            deposited.add(holder)
    assert answers >= each.summary["margin_calls_answered"]


def test_an_order_is_used_as_often_as_its_owner_has_paid_for(
    warned, calls_place
) -> None:
    each = warned["orders"]
    savings = sum(group["brought"] for group in each.summary["groups"]) / 3
    assert each.summary["topped_up"] < savings
    used = Counter(
        action.arguments[0]
        for action in actions_of(calls_place, "orders")
        if action.function == "execute" and action.to == "TopUps"
    )
    assert max(used.values()) <= TOP_UPS
    assert sum(used.values()) == each.summary["top_ups"]


def test_nobody_calls_or_tops_up_who_is_not_told_to(tmp_path) -> None:
    orders = [f"agents.{place}.order_fee=1 USDC" for place in range(4)]
    silent = ["variant=[]", "run.answer=crash", *orders]
    silent += ["keepers.caller=false", "keepers.topper=false"]
    prepared = prepare(CALLS, [*SMALL_CALLS, *silent])
    result = run_scenario(
        prepared.scenario, prepared.series, CONTRACTS, tmp_path / "t", evm="none"
    )
    assert "TopUps.set_order" in result.tally.outcomes
    assert "TopUps.execute" not in result.tally.outcomes
    assert "Exchange.call_margin" not in result.tally.outcomes


def test_the_table_tells_of_calls_and_top_ups(warned, thin) -> None:
    labels = ("Margin calls", "Of them answered", "Topped up by orders, USDC")
    told = [each.summary | {"name": name} for name, each in warned.items()]
    rows = {row.label: row.values for row in side_by_side(told, "USDC")}
    assert rows[labels[0]][0] > rows[labels[1]][0] > rows[labels[2]][0] == 0
    assert rows[labels[2]][2] > 0
    assert all(rows[label][3] == 0 for label in labels)
    told = [each.summary | {"name": name} for name, each in thin.items()]
    assert not any(row.label in labels for row in side_by_side(told, "USDC"))


def test_what_is_asked_back_is_the_provider_s_until_it_is_paid(tmp_path) -> None:
    """At the end two redemptions wait, in quarantine."""
    early = [*SMALL_FLIGHT, "variant=[]", "run.duration=30m", "agents.4.leaves_at=30m"]
    early += ["market.ETH.prices.shocks=[{at='22m', move='0.2'}]"]
    prepared = prepare(FLIGHT, early)
    result = run_scenario(
        prepared.scenario, prepared.series, CONTRACTS, tmp_path / "t", evm="none"
    )
    last = result.samples[-1]
    waiting = result.groups[2]
    assert waiting.taken == 0
    assert last.asked_back == pytest.approx(waiting.worth)
    inside = sum(group.worth - group.taken for group in result.groups[:4])
    founded = prepared.scenario.vault * last.share_value // WAD
    assert inside + founded == pytest.approx(last.nav)


@pytest.mark.parametrize("max_calls", [20, 28, 35, 42])
def test_what_waits_to_enter_is_the_provider_s(max_calls, tmp_path) -> None:
    prepared = prepare(FLIGHT, SMALL_FLIGHT)
    result = run_scenario(
        prepared.scenario,
        prepared.series,
        CONTRACTS,
        tmp_path / "t",
        evm="none",
        max_calls=max_calls,
    )
    lending = [group for group in result.groups[:4] if group.count]
    assert lending
    assert all(group.worth == group.brought for group in lending)


@pytest.mark.parametrize(
    ("path", "overrides", "lack"),
    [
        (CRASH, ["run.answer=thin-market"], "no agents are of a party"),
        (FLIGHT, ["run.answer=thin-market", "agents.4.party=some"], "providers move"),
        (FLIGHT, ["agents.1.leaves_at=2h 30m", "agents.2.leaves_at=2h 30m"], "no two"),
        (CRASH, ["run.answer=three-safeties"], "there is more than one market"),
        (SAFETIES, ["keepers.deleverager=false"], "nobody is ever deleveraged"),
        (SAFETIES, ["market.ETH.deleveraging.duration=0s"], "nobody is ever delever"),
        (FLIGHT, ["run.answer=margin-call"], "providers are never called"),
        (CALLS, ["keepers.caller=false"], "nobody is called"),
        (CALLS, ["variant=[]"], "no variant liquidates without a call"),
        (STORM, ["variant=[]"], "no variant leaves margins as they are"),
        (CREDIT, ["agents.0.line=0", "variant=[]"], "nobody lends"),
        (CREDIT, ["variant=[]"], "every variant lends"),
        (CALLS, ["run.answer=credit"], "there is more than one market"),
        (
            CALLS,
            ["run.answer=volatility"],
            "the margins of no market grow with volatility",
        ),
        (CRASH, ["run.answer=portfolio-hedge"], "not everybody hedges"),
        (HEDGE, ["variant=[]"], "all hedges are margined in one mode"),
        (THIN, ["run.answer=dated-future"], "a market never ends"),
        (CRASH, ["run.answer=orders"], "providers move what the vault holds"),
        (STORM, ["run.answer=orders"], "nobody knows the next price"),
        (ORDERS, ["protocol.order.delay=0s"], "no trade waits"),
        (ORDERS, ["protocol.order.delay=1s"], "trades wait in every variant"),
        (FUTURE, ["variant=[]"], "all variants end at as many samples"),
        (THIN, ["run.answer=bank-run"], "no two groups of providers leave one after"),
    ],
)
def test_an_answer_that_it_cannot_give_is_refused(path: Path, overrides, lack):
    with pytest.raises(InputError, match=f"cannot be answered: {lack}"):
        prepare(path, overrides)


def test_growing_margins_let_less_in_and_leave_less_to_others(storm) -> None:
    refused = {
        name: each.summary["refusals"].get("BelowInitialMargin", 0)
        for name, each in storm.items()
    }
    assert refused["fixed"] == 0 < refused["growing"]
    debts = {
        name: each.summary["insurance_drawn"] + each.summary["bad_debt"]
        for name, each in storm.items()
    }
    assert 0 < debts["growing"] < debts["fixed"]


def test_a_hedge_margined_together_carries_more_and_leaves_more_to_others(
    tmp_path,
) -> None:
    played = by_name(run(prepare(HEDGE, SMALL_HEDGE), tmp_path / "h"))
    held = {name: most_held(each) for name, each in played.items()}
    assert held["together"] > held["each"] * 3 / 2
    unpaid = {
        name: each.summary["insurance_drawn"] + each.summary["bad_debt"]
        for name, each in played.items()
    }
    assert unpaid["together"] > unpaid["each"]


def test_a_line_pays_before_others_and_a_small_one_too_little(lent) -> None:
    """What it lets in costs more than without it; only a large line pays for that."""
    others = {
        name: each.summary["insurance_drawn"] + each.summary["bad_debt"]
        for name, each in lent.items()
    }
    assert others["lines"] < others["no-lines"] < others["small-lines"]
    lost = {name: each.summary["lines_drawn"] for name, each in lent.items()}
    assert lost["lines"] > lost["small-lines"] > lost["no-lines"] == 0
    earned = {name: each.summary["interest"] for name, each in lent.items()}
    assert earned["lines"] > earned["small-lines"] > earned["no-lines"] == 0


def test_a_delay_as_long_as_what_is_known_ahead_leaves_nothing_to_know(ordered) -> None:
    """A shorter one leaves some of it, and takes as much for each order."""
    taken = {name: gains(each)[0] for name, each in ordered.items()}
    assert taken["at-once"] > taken["one-round"] > 1_000
    lost = {
        name: each.summary["vault_nav_start"] - each.summary["vault_nav_end"]
        for name, each in ordered.items()
    }
    assert lost["at-once"] > lost["one-round"] > max(lost["three-rounds"], 0)
    # Each of their orders is refused: by then its price is the one that they knew.
    three = ordered["three-rounds"].summary
    assert taken["three-rounds"] == -three["orders_refused"] < 0
    assert taken["three-rounds"] == -three["groups"][0]["order_fees"]
    for name in ("one-round", "three-rounds", "six-rounds"):
        paid = [group["order_fees"] for group in ordered[name].summary["groups"]]
        assert paid[1:] == [8, 6, 4]
        assert ordered[name].summary["keeper_gain"] == sum(paid)


def test_its_answer_tells_who_knows_from_who_does_not(ordered) -> None:
    answer = ANSWERS["orders"].sentence([*ordered.values()])
    clauses = answer.split("; ")
    assert "who knows wins 8,752 USDC and the vault loses 8,236 USDC" in clauses[0]
    for clause, each in zip(clauses[1:], [*ordered.values()][1:], strict=True):
        assert "the others paid keepers 18 USDC for theirs" in clause
        filled, refused = (
            each.summary[f"orders_{end}"] for end in ("filled", "refused")
        )
        assert (
            f"{filled} of {filled + refused} orders were filled ({refused} " in clause
        )


def test_the_table_tells_of_orders(ordered, thin) -> None:
    counts = [f"Orders {end}" for end in ("filled", "refused", "expired")]
    labels = (*counts, "Paid to keepers for orders, USDC")
    told = [each.summary | {"name": name} for name, each in ordered.items()]
    rows = {row.label: row.values for row in side_by_side(told, "USDC")}
    assert all(rows[label][0] == 0 for label in labels)
    # Each pays its keeper one USDC.
    assert [
        sum(ends) for ends in zip(*(rows[each] for each in counts), strict=True)
    ] == [*rows[labels[-1]]]
    assert rows["Orders expired"] == (0,) * 4
    told = [each.summary | {"name": name} for name, each in thin.items()]
    assert not any(row.label in labels for row in side_by_side(told, "USDC"))
