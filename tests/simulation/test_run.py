"""
Runs: what they count, that they can be made again, and what they leave behind.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evm.compile import compile_contracts
from evm.lockstep import Lockstep
from evm.replay import replay
from protocol.errors import Revert
from protocol.fixed_point import WAD
from protocol.model import Outcome
from protocol.trace import read_trace
from simulation.engine import Result, run_scenario
from simulation.errors import InputError, PriceFileError
from simulation.output import OutputError, toml_text, writing
from simulation.run import Prepared, prepare, run
from simulation.scenario import load_scenario
from simulation.stage import ModelStage
from simulation.summary import lockstep_verdict, summary_of, verdict
from tests.simulation.small import (
    CRASH,
    DEPEG,
    FUTURE,
    GLITCH,
    ORDERS,
    SMALL,
    SMALL_DEPEG,
    SMALL_FUTURE,
    SMALL_GLITCH,
    SMALL_ORDERS,
)

CONTRACTS = compile_contracts()


def made(folder: Path, *overrides: str, evm: str = "none", **options) -> Result:
    """A small run."""
    prepared = prepare(CRASH, [*SMALL, *overrides])
    return run_scenario(
        prepared.scenario,
        prepared.series,
        CONTRACTS,
        folder / "trace.jsonl",
        evm=evm,
        **options,
    )


def summarized(result: Result) -> dict:
    """The summary of a small run."""
    return summary_of(load_scenario(CRASH, SMALL), result, [])


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """A small run on the model alone, and its trace."""
    folder = tmp_path_factory.mktemp("alone")
    return made(folder), folder / "trace.jsonl"


def test_a_crash_liquidates_and_costs_the_insurance_and_the_vault(alone) -> None:
    summary = summarized(alone[0])
    assert summary["liquidations"] > summary["partial_liquidations"] > 0
    assert summary["insurance_drawn"] == 50
    assert summary["bad_debt"] > 0
    assert summary["providers_left"] == 2
    assert summary["conservation_violations"] == 0
    assert summary["refusals"].keys() >= {
        "LimitExceeded",
        "NotOperator",
        "NoPosition",
        "PositionTooLarge",
    }


def test_every_call_is_counted_once(alone) -> None:
    result, trace = alone
    summary = summarized(result)
    ended = summary["by_entry_point"].values()
    counted = sum(each["ok"] + sum(each["refused"].values()) for each in ended)
    assert counted == summary["calls"]
    assert sum(summary["refusals"].values()) == summary["refused"]
    written = read_trace(trace)
    assert written.is_complete
    assert len(written.actions) + summary["setup_calls"] == summary["calls"]


def test_a_seed_makes_the_same_run_again(alone, tmp_path) -> None:
    assert made(tmp_path).ending == alone[0].ending
    assert (tmp_path / "trace.jsonl").read_bytes() == alone[1].read_bytes()
    assert made(tmp_path, "run.seed=8").ending != alone[0].ending


def test_its_trace_replays_to_the_same_digest(alone) -> None:
    result, trace = alone
    replayed = replay(trace)
    assert replayed.is_faithful
    assert (replayed.calls, replayed.digest) == (
        result.tally.calls,
        result.ending.digest,
    )


def test_model_and_revm_agree(alone, tmp_path) -> None:
    result = made(tmp_path, evm="revm")
    assert result.difference is None
    assert result.ending == alone[0].ending
    assert summarized(result)["storage_roots"] == "not available"


def test_so_many_calls_are_made_and_roots_compared(tmp_path) -> None:
    result = made(tmp_path, evm="eth-tester", max_calls=60)
    summary = summarized(result)
    assert summary["calls"] == 60
    assert summary["storage_roots"] == "equal"
    assert summary["gas"]["Exchange.deposit"] > 21_000
    assert "storage roots equal" in lockstep_verdict(summary)
    assert len(read_trace(tmp_path / "trace.jsonl").actions) == 60 - 9


def test_what_was_interrupted_keeps_what_ran(tmp_path) -> None:
    looks = iter([False] * 200)
    result = made(tmp_path, is_stopped=lambda: next(looks, True))
    assert result.is_interrupted
    assert result.tally.calls == 200
    trace = read_trace(tmp_path / "trace.jsonl")
    assert not trace.is_complete
    assert len(trace.actions) + result.setup_calls == 200
    summary = summarized(result)
    assert not summary["complete"]
    assert verdict(summary, "USDC").startswith("No verdict: interrupted after")


def test_a_difference_ends_the_run_and_is_kept(tmp_path, monkeypatch) -> None:
    """A model that forgets a log is found out at that call."""

    class Forgetful(Lockstep):
        def __init__(self, model, chain, **options) -> None:
            super().__init__(model, chain, **options)
            self.apply = self.forgetting

        def forgetting(self, action) -> Outcome:
            outcome = self.model.apply(action)
            if action.function == "trade":
                outcome.logs.clear()
            return outcome

    monkeypatch.setattr("simulation.stage.Lockstep", Forgetful)
    result = made(tmp_path, evm="revm", shown_trace="there.jsonl")
    assert result.difference is not None
    assert result.difference.layer == "logs"
    assert "perpspec replay there.jsonl --evm revm" in str(result.difference)
    trace = read_trace(tmp_path / "trace.jsonl")
    assert trace.actions[-1].function == "trade"
    summary = summarized(result)
    assert (summary["differences"], summary["digest"]) == (1, None)
    assert verdict(summary, "USDC").startswith("Model and chain differ")


def test_a_book_that_does_not_add_up_is_counted(tmp_path, monkeypatch) -> None:
    make = ModelStage.make

    def losing(self, action):
        """An atom less is held after each settlement, as nobody wrote."""
        done = make(self, action)
        if action.function == "settle":
            holdings = self.model.state.holdings
            kept = holdings[()]
            dict.__setitem__(holdings, (), type(kept)(kept.held_atoms - 1, kept.debt))
        return done

    monkeypatch.setattr(ModelStage, "make", losing)
    result = made(tmp_path)
    assert result.violations > 0
    assert "did not add up" in verdict(summarized(result), "USDC")


@pytest.fixture(scope="module")
def backed(tmp_path_factory: pytest.TempPathFactory):
    """A small run with accounts that a token backs, on revm."""
    prepared = prepare(DEPEG, SMALL_DEPEG)
    trace = tmp_path_factory.mktemp("backed") / "trace.jsonl"
    result = run_scenario(
        prepared.scenario, prepared.series, CONTRACTS, trace, evm="revm"
    )
    return prepared.scenario, result, trace


def test_who_is_backed_by_a_token_answers_in_quote(backed, tmp_path) -> None:
    """His savings are half of his capital again, whatever that is in."""
    grace = ["variant=[]", "run.answer=crash", "protocol.margin_call.grace=2m"]
    saved = ["agents.0.savings=0.5", "agents.0.reaction=['30s', '1m']"]
    prepared = prepare(DEPEG, [*SMALL_DEPEG, *grace, *saved])
    result = run_scenario(
        prepared.scenario, prepared.series, CONTRACTS, tmp_path / "t", evm="none"
    )
    brought = [each.groups[0].brought for each in (backed[1], result)]
    assert brought[1] == pytest.approx(brought[0] * 3 / 2, rel=1e-6)
    without, answered = (
        each.tally.outcomes["Exchange.deposit"]["ok"] for each in (backed[1], result)
    )
    assert answered > without
    assert result.violations == 0


def test_who_is_backed_by_a_token_brings_it_and_takes_it_back(backed) -> None:
    scenario, result, _ = backed
    summary = summary_of(scenario, result, [])
    ended = summary["by_entry_point"]
    assert ended["Exchange.deposit_collateral"]["ok"] == 12
    assert ended["Exchange.deposit"]["ok"] == 2
    assert ended["Exchange.withdraw_collateral"]["ok"] > 0
    assert ended["Exchange.buy_collateral"]["ok"] > 0
    (token,) = summary["tokens"]
    assert 0.5 < token["price_lowest"] < token["price_start"] == 1
    assert token["sold"] > token["sold_for"] > 0
    assert summary["bad_debt"] > 0
    assert (result.difference, result.violations) == (None, 0)


def test_a_run_with_tokens_replays_to_the_same_digest(backed) -> None:
    _, result, trace = backed
    replayed = replay(trace)
    assert replayed.is_faithful
    assert replayed.digest == result.ending.digest


def test_what_everybody_ends_with_is_what_was_brought(backed) -> None:
    """All have left, so that nothing but the price of the token is new or gone."""
    scenario, result, _ = backed
    assert result.samples[-1].accounts == 0
    assert all(group.count for group in result.groups)
    (token,), last = result.tokens, result.samples[-1].tokens[0].mark
    brought = sum(group.brought for group in result.groups[:2])
    risen = brought * last // token.prices.first - brought
    treasury = sum(
        action.arguments[-1]
        for action in read_trace(backed[2]).actions
        if action.function == "collect_treasury"
    )
    gained = [group.worth - group.brought for group in result.groups]
    gained += [
        result.keeper_gain,
        result.nav_end - result.nav_start,
        result.insurance_end - result.insurance_start,
        treasury * 10 ** (18 - scenario.decimals),
        token.seized * last // WAD,
    ]
    # What is less than an atom of quote is left.
    assert sum(gained) == pytest.approx(risen, abs=100 * 10**12)


def test_a_token_that_is_not_held_is_counted(tmp_path, monkeypatch) -> None:
    make = ModelStage.make

    def losing(self, action):
        """After each deposit of a token an atom less is held, as nobody wrote."""
        done = make(self, action)
        if action.function == "deposit_collateral":
            totals = self.model.state.totals
            dict.__setitem__(totals, 0, totals[0] - 1)
        return done

    monkeypatch.setattr(ModelStage, "make", losing)
    prepared = prepare(DEPEG, SMALL_DEPEG)
    trace = tmp_path / "trace.jsonl"
    result = run_scenario(
        prepared.scenario, prepared.series, CONTRACTS, trace, evm="none"
    )
    assert result.violations > 0


def test_recorded_prices_leave_a_token_its_own(tmp_path) -> None:
    prices = tmp_path / "prices.csv"
    rows = "".join(f"{1_000_000 + 60 * step},{50 - step / 100}\n" for step in range(81))
    prices.write_text(f"time,price\n{rows}")
    prepared = prepare(DEPEG, SMALL_DEPEG, prices)
    (token,) = prepared.scenario.tokens
    assert token.prices.shocks[0].at == 4 * 6 * 60
    assert token.params.cap == 2_000_000 * WAD
    assert prepared.series[1].ticks[0].price == WAD


def test_who_takes_profit_closes_at_the_target(tmp_path) -> None:
    """Shorts whose price falls by a twentieth at once, which is more than they ask."""
    prepared = prepare(
        GLITCH,
        [
            *SMALL_GLITCH,
            "variant=[]",
            "run.answer=crash",
            "market.ETH.feed.glitches=[{at='10m', move='-0.05', lasts='1h'}]",
        ],
    )
    trace = tmp_path / "trace.jsonl"
    result = run_scenario(
        prepared.scenario, prepared.series, CONTRACTS, trace, evm="none"
    )
    takers = {
        holder for holder, name in result.names.items() if name.startswith("take-prof")
    }
    closed = [
        action.now - prepared.scenario.run.start
        for action in read_trace(trace).actions
        if action.function == "trade"
        and action.arguments[0] in takers
        and action.arguments[2] > 0
    ]
    assert closed == [600] * 3
    taker = result.groups[3]
    assert taker.worth > taker.brought


def test_nobody_reports_in_a_gap(tmp_path) -> None:
    began = 1_000_000
    times = [began + each for each in (*range(0, 600, 30), 1_800, 1_830)]
    prices = tmp_path / "prices.csv"
    prices.write_text("time,price\n" + "".join(f"{time},3000\n" for time in times))
    prepared = prepare(CRASH, SMALL, prices)
    assert prepared.series[0].gaps
    run_scenario(
        prepared.scenario,
        prepared.series,
        CONTRACTS,
        tmp_path / "trace.jsonl",
        evm="none",
    )
    times = [
        action.now - began
        for action in read_trace(tmp_path / "trace.jsonl").actions
        if action.function == "report" and action.arguments[0] == 0
    ]
    assert 570 in times
    assert 1_800 in times
    assert not [time for time in times if 570 < time < 1_800]


def test_prices_that_begin_before_a_chain_can_are_refused(tmp_path) -> None:
    prices = tmp_path / "prices.csv"
    rows = "".join(f"{time},3000\n" for time in range(0, 1_800, 30))
    prices.write_text(f"time,price\n{rows}")
    with pytest.raises(PriceFileError, match="begins 0 s after 1970, a run 32 s or"):
        prepare(CRASH, SMALL, prices)


@pytest.mark.parametrize("price", ["0.05", "61.5", "3000", "98765.4"])
def test_recorded_prices_of_any_height_run(price, tmp_path) -> None:
    """Limits in base follow, so that the run does the same at any price."""
    prices = tmp_path / "prices.csv"
    rows = "".join(
        f"{1_000_000 + 30 * step},{price}e{-1 if step > 60 else 0}\n"
        for step in range(121)
    )
    prices.write_text(f"time,price\n{rows}")
    prepared = prepare(CRASH, SMALL, prices)
    assert prepared.scenario.run.duration == 3_600
    assert prepared.scenario.run.start == 1_000_000
    market = prepared.scenario.markets[0]
    value = market.params.limits.max_size * prepared.series[0].ticks[0].price // WAD
    assert value == pytest.approx(300_000 * WAD, rel=1e-6)
    assert any("limits in base are times" in note for note in prepared.notes)
    result = run_scenario(
        prepared.scenario,
        prepared.series,
        CONTRACTS,
        tmp_path / "trace.jsonl",
        evm="none",
    )
    assert result.violations == 0
    assert result.tally.liquidations > 0


@pytest.mark.parametrize(
    "name",
    [
        "bitmex_XBTUSD_1m_2020-03_black_thursday",
        "binance_spot_ETHUSDT_1m_2021-05-10_20",
        "drift_pyth_oracle_lunaCrash",
    ],
)
def test_recorded_crashes_run_in_lockstep(name, price_files, tmp_path) -> None:
    prepared = prepare(CRASH, SMALL, price_files / f"{name}.csv.gz")
    result = run_scenario(
        prepared.scenario,
        prepared.series,
        CONTRACTS,
        tmp_path / "trace.jsonl",
        evm="revm",
        max_calls=2_000,
    )
    assert (result.difference, result.violations) == (None, 0)
    assert result.tally.logs["Traded"] > 0


def test_a_price_too_low_for_the_protocol_is_told(tmp_path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("time,price\n0,0.000012\n60,0.000012\n")
    with pytest.raises(InputError, match=r"prices\.csv: .* times 2\.5e\+08, .*skew_sc"):
        prepare(CRASH, SMALL, prices)


def test_a_price_that_the_feed_does_not_admit_is_told(tmp_path) -> None:
    with pytest.raises(InputError, match=r"the first price, 3000, does not lie"):
        prepare(CRASH, ["market.ETH.feed.floor_price=3_000 USDC"])
    notes = prepare(CRASH, ["market.ETH.feed.floor_price=2_500 USDC"]).notes
    assert "prices lie outside its floor and ceiling" in notes[0]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, Path]:
    """A small run on revm and its directory."""
    prepared = prepare(CRASH, SMALL)
    place = tmp_path_factory.mktemp("runs") / "there" / "small"
    run(prepared, place, evm="revm")
    return prepared, place


def test_a_run_leaves_a_directory(written) -> None:
    _, place = written
    assert {path.name for path in place.iterdir()} >= {
        "manifest.json",
        "overview.png",
        "report.html",
        "scenario.toml",
        "summary.json",
        "trace.jsonl.gz",
    }
    manifest = json.loads((place / "manifest.json").read_text())
    assert manifest["seed"] == 7
    assert len(manifest["bytecode"]["Exchange"]) == 64
    assert len(manifest["code"]["protocol"]) == 64
    summary = json.loads((place / "summary.json").read_text())
    assert read_trace(place / "trace.jsonl.gz").digest == summary["digest"]
    assert not [path for path in place.parent.iterdir() if path != place]


def test_the_scenario_it_leaves_is_the_one_that_ran(written) -> None:
    prepared, place = written
    again = load_scenario(place / "scenario.toml")
    assert again.document == prepared.scenario.document
    assert toml_text(again.document) == (place / "scenario.toml").read_text()


def price_file(folder: Path, start: int = 1_000_000, steps: int = 80) -> Path:
    """Prices a minute, which fall slowly."""
    path = folder / "prices.csv"
    rows = "".join(f"{start + 60 * i},{50 - i / 100}\n" for i in range(steps + 1))
    path.write_text(f"time,price\n{rows}")
    return path


@pytest.mark.parametrize(
    ("path", "overrides"),
    [
        (CRASH, [*SMALL, "market.BTC.feed.glitches=[{at='7m', move='0.1'}]"]),
        (DEPEG, [*SMALL_DEPEG, "collateral.sUSD.haircut=0.1"]),
        (GLITCH, SMALL_GLITCH),
        (FUTURE, SMALL_FUTURE),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_the_scenario_of_recorded_prices_is_that_run(path, overrides, tmp_path):
    """Also under its overrides, and where each of its variants is run alone."""
    variants = ["variant.0.set={keepers.every='5m', agents.0.entry=['1m', '3m']}"]
    if path == CRASH:
        variants = []
    prices = price_file(tmp_path)
    done = run(prepare(path, [*overrides, *variants], prices), tmp_path / "first")
    again = run(prepare(done.directory / "scenario.toml"), tmp_path / "again")
    assert again.summary["start"] == "1970-01-12T13:46:40Z"
    for first, second in zip(done.played, again.played, strict=True):
        assert second.name == first.name
        assert second.summary["digest"] == first.summary["digest"] is not None
        assert second.play.series == first.play.series
        if first.name:
            place = done.directory / "variants" / first.name
            alone = run(prepare(place / "scenario.toml"), tmp_path / "alone")
            assert alone.summary["digest"] == first.summary["digest"]


def test_a_future_expires_as_much_later_as_its_prices_last(tmp_path) -> None:
    scenario = prepare(FUTURE, SMALL_FUTURE, price_file(tmp_path)).scenario
    assert scenario.run.duration == 80 * 60
    expires_at = int(scenario.markets[0].feed.expiry.expires_at)
    assert expires_at - scenario.run.start == 2 * 30 * 60


def test_foresight_that_sees_no_recorded_price_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match=r"foresight: '30s' is before the next price"):
        prepare(ORDERS, SMALL_ORDERS, price_file(tmp_path))


def test_a_price_file_is_found_from_where_a_run_is_written(tmp_path) -> None:
    price_file(tmp_path)
    scenario = tmp_path / "small.toml"
    settings = ["market.ETH.prices={source='file', path='prices.csv'}"]
    settings += ["run.start=1000000", "run.duration=1h", "run.step=1m"]
    settings += ["keepers.every=1m"]
    document = load_scenario(CRASH, [*SMALL, *settings]).document
    scenario.write_text(toml_text(document))
    done = run(prepare(scenario), tmp_path / "far" / "away", max_calls=20)
    (play,) = prepare(done.directory / "scenario.toml").plays
    assert play.series == prepare(scenario).series


def test_only_a_run_makes_room_for_another(tmp_path) -> None:
    place = tmp_path / "a" / "b"
    with writing(place) as draft:
        (draft.folder / "manifest.json").write_text('{"format": "perpspec run"}')
        (draft.folder / "old").touch()
    with writing(place) as draft:
        (draft.folder / "new").touch()
    assert [path.name for path in place.iterdir()] == ["new"]
    with pytest.raises(OutputError, match="holds something that is no run"):
        writing(place).__enter__()
    with pytest.raises(OutputError, match="is a file"):
        writing(place / "new").__enter__()


def test_what_fails_leaves_nothing(tmp_path) -> None:
    place = tmp_path / "a" / "b"

    def fail() -> None:
        with writing(place) as draft:
            (draft.folder / "half").touch()
            raise Revert("anything")

    with pytest.raises(Revert):
        fail()
    assert not list(tmp_path.iterdir())


def test_an_interrupted_run_does_not_replace_a_complete_one(tmp_path) -> None:
    place = tmp_path / "run"

    def stopped(calls: int):
        looks = iter([False] * calls)
        return run(prepare(CRASH, SMALL), place, is_stopped=lambda: next(looks, True))

    first = stopped(100)
    assert (first.directory, first.kept) == (place, None)
    whole = run(prepare(CRASH, SMALL), place)
    assert (whole.directory, whole.kept) == (place, None)
    for calls in (200, 300):
        done = stopped(calls)
        assert done.directory == tmp_path / "run.interrupted"
        assert done.kept == place
        kept, left = (
            json.loads((each / "summary.json").read_text())
            for each in (place, done.directory)
        )
        assert kept == whole.summary
        assert (left["complete"], left["calls"]) == (False, calls)
    assert {each.name for each in tmp_path.iterdir()} == {"run", "run.interrupted"}
    again = run(prepare(CRASH, SMALL), place, max_calls=50)
    assert (again.directory, again.kept) == (place, None)


@pytest.mark.parametrize("calls", [1, 5, 9, 10])
def test_a_run_may_be_cut_anywhere(calls, tmp_path) -> None:
    result = made(tmp_path, max_calls=calls)
    assert (result.tally.calls, result.violations) == (calls, 0)
    assert summarized(result)["differences"] == 0
