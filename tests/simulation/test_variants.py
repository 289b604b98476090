"""
Variants: the same prices under other rules, side by side, and what is said of them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from evm.replay import replay
from protocol.fixed_point import WAD
from simulation.answers import beside
from simulation.comparison import side_by_side
from simulation.document import read_document
from simulation.errors import InputError
from simulation.output import toml_text
from simulation.report import tone_of
from simulation.run import Finished, prepare, run
from simulation.scenario import load_scenario
from simulation.stage import ModelStage
from simulation.summary import lockstep_verdict, verdict
from simulation.variants import variants_of
from tests.simulation.small import (
    CRASH,
    DEPEG,
    GLITCH,
    SAFETIES,
    SMALL,
    SMALL_DEPEG,
    SMALL_GLITCH,
    SMALL_SAFETIES,
)

NAMES = ["haircut-0.05", "haircut-0.20"]


def refused(*overrides: str, path: Path = DEPEG) -> str:
    with pytest.raises(InputError) as refusal:
        prepare(path, overrides)
    return str(refusal.value).replace(str(path), path.name)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A small run of two variants, on revm."""
    place = tmp_path_factory.mktemp("variants") / "run"
    return run(prepare(DEPEG, SMALL_DEPEG), place, evm="revm")


def test_all_variants_have_the_same_prices_and_their_own_rules() -> None:
    first, second = prepare(DEPEG, SMALL_DEPEG).plays
    assert first.series == second.series
    haircuts = [each.scenario.tokens[0].params.haircut for each in (first, second)]
    assert haircuts == [WAD // 20, WAD // 5]
    assert first.scenario.agents == second.scenario.agents


def test_a_scenario_without_variants_is_played_once() -> None:
    (play,) = prepare(CRASH, SMALL).plays
    assert play.variant.name == ""
    assert prepare(DEPEG, ["variant=[]"]).plays[0].variant.settings == {}


@pytest.mark.parametrize(
    "written",
    [
        '"collateral.sUSD.haircut"="0.1", "agents.0.count"=3',
        'collateral.sUSD.haircut="0.1", agents.0.count=3',
        'collateral={sUSD={haircut="0.1"}}, agents={0={count=3}}',
    ],
)
def test_a_key_is_written_in_quotes_or_as_tables(written) -> None:
    (play,) = prepare(DEPEG, [f"variant=[{{name='one', set={{{written}}}}}]"]).plays
    assert play.variant.settings == {"collateral.sUSD.haircut": "0.1"} | {
        "agents.0.count": 3
    }
    assert play.scenario.tokens[0].params.haircut == WAD // 10
    assert play.scenario.agents[0].count == 3


def test_an_override_has_the_last_word_in_all_variants() -> None:
    for play in prepare(DEPEG, ["collateral.sUSD.haircut=0.1", "run.seed=3"]).plays:
        assert play.scenario.tokens[0].params.haircut == WAD // 10
        assert play.scenario.run.seed == 3


def test_a_file_sets_all_that_is_in_it(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        "[market.ETH.margin]\nim_base = 0.06\n"
        "[market.ETH]\nprices.shocks = [{ at = '1h', move = '-0.2' }]\n"
        "[keepers]\nliquidator = false\n"
    )
    (play,) = prepare(CRASH, ["run.seed=3", f"@{path}", "keepers.every=1m"]).plays
    market = play.scenario.markets[0]
    assert market.params.margin.im_base == 6 * WAD // 100
    assert [(each.at, each.move) for each in market.prices.shocks] == [
        (3_600, -WAD // 5)
    ]
    assert (play.scenario.run.seed, play.scenario.keepers.every) == (3, 60)
    assert not play.scenario.keepers.liquidator


def test_what_a_file_sets_no_variant_sets_again(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[collateral.sUSD]\nhaircut = '0.1'\n")
    for play in prepare(DEPEG, [*SMALL_DEPEG, f"@{path}"]).plays:
        assert play.scenario.tokens[0].params.haircut == WAD // 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "mine.toml: cannot be read: No such file"),
        ("[market.ETH", "mine.toml:1: "),
        (
            "[market.ETC.margin]\nim_base = 1",
            "crash.toml: market.ETC: no such key; did",
        ),
        (
            "[market.ETH.margin]\nim_bas = 1",
            "crash.toml: market.ETH.margin.im_bas: unk",
        ),
    ],
)
def test_a_file_that_sets_nothing_that_can_be_is_told(text, said, tmp_path) -> None:
    path = tmp_path / "mine.toml"
    if text is not None:
        path.write_text(text)
    assert said in refused(f"@{path}", path=CRASH)


def test_what_a_variant_takes_away_an_override_does_not_bring_back() -> None:
    override = "market.ETH.feed.glitches.0.lasts=5m"
    *bands, quiet = prepare(GLITCH, [override]).plays
    assert {each.scenario.markets[0].glitches[0].lasts for each in bands} == {300}
    assert quiet.scenario.markets[0].glitches == ()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("variant=3", "depeg.toml: variant: is no list of tables: write [[variant]]"),
        ("variant.0.nme=1", "depeg.toml: variant.0.nme: unknown key; did you mean"),
        ("variant=[{set={}}]", "variant.0.name: is missing"),
        ("variant.1.name=a/b", "variant.1.name: allowed: letters, digits, '.', '_'"),
        ("variant.1.name=haircut-0.05", "variant.1.name: 'haircut-0.05' is another's"),
        ("variant.1.set=3", "variant.1.set: 3 is no table"),
        (
            "variant.1.set={collateral.sUSD.haircutt=1}",
            "depeg.toml: collateral.sUSD.haircutt: unknown key; did you mean 'haircut'",
        ),
        (
            "variant.1.set={collateral.sUSDC.haircut=1}",
            "depeg.toml: variant.1.set.collateral.sUSDC: no such key; did you mean 'sU",
        ),
        (
            "variant.1.set={agents.9.count=1}",
            "variant.1.set.agents.9: no such entry, agents has 3, counted from 0",
        ),
        (
            "variant.1.set={collateral.sUSD.haircut='2 ETH'}",
            "haircut: '2 ETH' has the unit 'ETH', a ratio has none",
        ),
        ("variant.1.set={keepers.every='7s'}", "every: '7s' is no multiple of the run"),
        (
            "variant.1.set={collateral.sUSD.discount='0.06'}",
            "collateral.sUSD.discount: refused with ParameterOutOfBounds, the law is 0 "
            "<= discount <= 0.05; given: discount = '0.06'",
        ),
        (
            "variant.1.set={run.seed=8}",
            "variant.1.set.run.seed: 8 varies what all variants share: run, seed and",
        ),
        (
            "variant.1.set={market.ETH.prices.volatility=8}",
            "variant.1.set.market.ETH.prices.volatility: 8 varies what all variants",
        ),
        (
            "variant.1.set={collateral.sUSD.prices.shocks=[]}",
            "variant.1.set.collateral.sUSD.prices.shocks: [] varies what all",
        ),
        ("run.answer=depge", "run.answer: unknown 'depge'; did you mean 'depeg'? allo"),
        ("variant.1.set={agents=[]}", "run.answer: 'depeg' cannot be answered: no age"),
    ],
)
def test_a_fault_of_a_variant_is_named(override, message) -> None:
    assert message in refused(override)


@pytest.mark.parametrize(
    "setting", ["collateral.sUSD.cap=-1", "collateral.sUSD.discount='0.06'"]
)
def test_a_fault_says_in_which_variant_it_is(setting) -> None:
    said = refused(f"variant.1.set={{{setting}}}")
    assert said.endswith("(in variant 'haircut-0.20')")


@pytest.mark.parametrize(
    ("path", "overrides", "lack"),
    [
        (CRASH, ["run.answer=depeg"], "'depeg' cannot be answered: no agents are bac"),
        (CRASH, ["run.answer=oracle-glitch"], "cannot be answered: no feed has glitc"),
        (GLITCH, ["variant=[]"], "no variant is without glitches, to compare with"),
    ],
)
def test_an_answer_that_a_scenario_cannot_give_is_refused(path, overrides, lack):
    said = refused(*overrides, path=path)
    assert f"{path.name}: run.answer: " in said
    assert lack in said


def test_each_variant_leaves_what_a_run_of_it_needs(finished, tmp_path) -> None:
    for played in finished.played:
        folder = finished.directory / "variants" / played.name
        assert {path.name for path in folder.iterdir()} == {
            "scenario.toml",
            "summary.json",
            "trace.jsonl.gz",
        }
        summary = json.loads((folder / "summary.json").read_text())
        assert summary["digest"] == played.result.ending.digest
        replayed = replay(folder / "trace.jsonl.gz")
        assert replayed.is_faithful
        alone = run(prepare(folder / "scenario.toml"), tmp_path / played.name)
        assert alone.summary["digest"] == summary["digest"]
    assert not (finished.directory / "trace.jsonl.gz").exists()


def test_the_scenario_it_leaves_has_its_variants(finished) -> None:
    document = read_document(finished.directory / "scenario.toml")
    assert document == finished.scenario.document
    assert [each["name"] for each in document["variant"]] == NAMES
    again = load_scenario(finished.directory / "scenario.toml")
    assert [each.name for each in variants_of(again, [])] == NAMES


def test_the_scenario_it_leaves_sets_what_was_played(tmp_path) -> None:
    settings = [*SMALL_DEPEG, "collateral.sUSD.haircut=0.1"]
    done = run(prepare(DEPEG, settings), tmp_path / "run", max_calls=30)
    for play in prepare(done.directory / "scenario.toml").plays:
        assert play.scenario.tokens[0].params.haircut == WAD // 10


def test_a_key_is_quoted_where_it_has_to_be() -> None:
    text = toml_text({"a": {"b.c": "d", "e-f": 1}})
    assert text == '[a]\n"b.c" = "d"\ne-f = 1\n'


def test_the_summary_is_the_first_ones_with_all_side_by_side(finished) -> None:
    summary, told = finished.summary, finished.summary["variants"]
    assert summary["digest"] == told[0]["digest"] != told[1]["digest"]
    assert summary["variant"] == NAMES[0]
    assert [each["name"] for each in told] == NAMES
    assert told[1]["set"] == {"collateral.sUSD.haircut": "0.20"}
    assert told[1]["trace"] == "variants/haircut-0.20/trace.jsonl.gz"
    assert json.loads((finished.directory / "summary.json").read_text()) == summary
    calls = sum(each["calls"] for each in told)
    assert f"agree on {calls:,} calls in 2 variants" in lockstep_verdict(summary)


@pytest.mark.parametrize("place", [0, 1])
def test_the_verdict_is_that_of_the_worst_variant(finished, place) -> None:
    summary = finished.summary
    worse = [dict(each) for each in summary["variants"]]
    worse[place] |= {"share_value_end": 0.5}
    said = verdict(summary | {"variants": worse}, "USDC")
    worst = f"With {NAMES[place]}, the worst of 2 variants: "
    assert said.startswith(f"{worst}Solvent, but a share of the vault lost 50 %")
    worse[1 - place] |= {"solvent": False, "vault_nav_end": -0.22}
    said = verdict(summary | {"variants": worse}, "USDC")
    worst = f"With {NAMES[1 - place]}, the worst of 2 variants: "
    assert said == f"{worst}Insolvent: the vault is worth less than nothing."
    assert tone_of(summary | {"variants": worse}) == "bad"


def test_a_vault_that_one_variant_empties_is_not_solvent(tmp_path) -> None:
    settings = [
        *SMALL_SAFETIES,
        "vault.deposit=20_000 USDC",
        "market.ETH.prices.shocks.1.move=0",
    ]
    done = run(prepare(SAFETIES, settings), tmp_path / "run")
    kept = json.loads((tmp_path / "run" / "summary.json").read_text())
    told = {each["name"]: each for each in kept["variants"]}
    assert [each["solvent"] for each in told.values()] == [True, True, False]
    assert kept["solvent"] is False
    assert kept["verdict"].startswith("With shared, the worst of 3 variants: Insolv")
    assert kept["verdict"] == verdict(kept, "USDC") == done.summary["verdict"]
    for played in done.played:
        name = played.name
        assert told[name]["solvent"] == (played.result.nav_end >= 0)
        assert told[name]["verdict"] == played.summary["verdict"]


def test_the_table_has_a_column_for_each_variant(finished) -> None:
    rows = {
        row.label: row.shown()
        for row in side_by_side(finished.summary["variants"], "USDC")
    }
    for played, *shown in zip(
        finished.played,
        rows["Bad debt, USDC"],
        rows["Liquidations"],
        rows["9 long ETH, backed by sUSD"],
        strict=True,
    ):
        summary = played.summary
        gain = summary["groups"][0]["gain"]
        assert shown == [
            f"{summary['bad_debt']:,.0f}",
            f"{summary['liquidations']:,}",
            f"{gain:+,.0f}",
        ]
    assert "Differences" not in rows
    one, other = (dict(each) for each in finished.summary["variants"])
    other |= {"conservation_violations": 3, "groups": other["groups"][:1]}
    rows = {row.label: row.shown() for row in side_by_side([one, other], "USDC")}
    assert rows["Books that did not add up"] == ["0", "3"]
    assert rows["2 long ETH"][1] == ""


def test_the_answer_has_the_numbers_of_all_variants(finished) -> None:
    answer = finished.summary["answer"]
    assert answer.startswith("When sUSD fell from 1 to 0.58")
    assert re.findall(r"\.(?!\d)", answer) == ["."]
    for played in finished.played:
        assert f"with {played.name}, who held it paid" in answer
        for name in ("insurance_drawn", "bad_debt"):
            backed = [each for each in played.summary["groups"] if each["backed_by"]]
            told = sum(each[name] for each in backed)
            others = played.summary[name] - told
            said = f" {told:,.0f}"
            if round(others):
                said += f" (and {others:,.0f} for others)"
            assert f"{said}, " in answer
    assert finished.summary["question"].startswith("Who pays when a token")


def test_what_is_paid_for_others_is_told_beside_it() -> None:
    assert beside(15_000, 14_567) == " (and 433 for others)"
    assert beside(14_567.2, 14_567) == beside(0, 0) == ""


def test_a_glitch_costs_what_it_changes(tmp_path) -> None:
    settings = [*SMALL_GLITCH, "market.ETH.payout.factor=0.01"]
    done = run(prepare(GLITCH, settings), tmp_path / "run")
    *bands, quiet = done.played
    answer = done.summary["answer"]
    assert answer.startswith("When ETH is read 40 % too low for 30s: with usual (band ")
    assert "no-glitch" not in answer
    for each in bands:
        before, after = (
            [one["gain"] for one in played.summary["groups"]]
            for played in (quiet, each)
        )
        changes = [now - then for now, then in zip(after, before, strict=True)]
        lost = -sum(change for change in changes if change < 0)
        band = f"{each.name} (band "
        clause = answer[answer.index(band) :].partition(";")[0]
        assert f"some traders lose {lost:,.0f} USDC" in clause
        cut = each.summary["payout_cut"]
        assert (f"({cut:,.0f} was cut)" in clause) == (cut > 0)
        vault = each.summary["vault_nav_end"] - quiet.summary["vault_nav_end"]
        said = "higher" if vault > 0 else "lower"
        assert f"the vault {abs(vault):,.0f} {said}" in clause
    usual, narrow, wide = (
        each.summary["insurance_drawn"] + each.summary["bad_debt"] for each in bands
    )
    assert narrow < usual < wide


def test_a_glitch_comes_as_late_as_a_shock(tmp_path) -> None:
    prices = tmp_path / "prices.csv"
    rows = "".join(f"{1_000_000 + 60 * step},{50 - step / 100}\n" for step in range(81))
    prices.write_text(f"time,price\n{rows}")
    prepared = prepare(GLITCH, SMALL_GLITCH, prices)
    usual, *_, quiet = prepared.plays
    (glitch,) = usual.scenario.markets[0].glitches
    assert glitch.at == 4 * 600
    said, true = (play.series[0].at(1_000_000 + 4 * 600) for play in (usual, quiet))
    assert said == true * 6 // 10


def test_a_variant_that_breaks_a_law_of_the_books_is_told(tmp_path, monkeypatch):
    make = ModelStage.make

    def losing(self, action):
        """With a haircut of a fifth, a settlement loses an atom that nobody wrote."""
        done = make(self, action)
        state = self.model.state
        params = state.codes[state.collateral_params[0]]
        if action.function == "settle" and params.haircut == WAD // 5:
            kept = state.holdings[()]
            broken = type(kept)(kept.held_atoms - 1, kept.debt)
            dict.__setitem__(state.holdings, (), broken)
        return done

    monkeypatch.setattr(ModelStage, "make", losing)
    done = run(prepare(DEPEG, SMALL_DEPEG), tmp_path / "run")
    first, second = done.summary["variants"]
    assert first["conservation_violations"] == 0 < second["conservation_violations"]
    assert verdict(done.summary, "USDC").startswith("The books did not add up")
    assert done.summary["answer"] == "No answer: the books did not add up."


def test_a_run_that_is_stopped_plays_no_other_variant(tmp_path) -> None:
    looks = iter([False] * 100)
    done = run(
        prepare(DEPEG, SMALL_DEPEG),
        tmp_path / "run",
        is_stopped=lambda: next(looks, True),
    )
    assert done.is_interrupted
    assert len(done.played) == len(done.summary["variants"]) == 1
    assert not done.summary["complete"]
    assert done.summary["answer"] == "No answer: the run was not played to its end."


def test_progress_goes_on_from_one_variant_to_the_next(tmp_path) -> None:
    shown = []
    done = run(prepare(DEPEG, SMALL_DEPEG), tmp_path / "run", progress=shown.append)
    elapsed = [now.elapsed for now in shown]
    assert elapsed == sorted(elapsed)
    assert elapsed[-1] == 2 * 20 * 60
    calls = sum(each["calls"] for each in done.summary["variants"])
    assert shown[-1].calls == pytest.approx(calls, abs=5)
