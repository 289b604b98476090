"""
What runs and checks print, what they refuse, and with which exit code.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from time import monotonic

import pytest

from evm.lockstep import Lockstep
from protocol.fixed_point import WAD
from protocol.trace import read_trace
from scripts import cli
from scripts.tables import print_tables
from simulation import engine
from simulation.output import toml_text
from simulation.run import prepare, run
from simulation.scenario import load_scenario
from tests.node import running_anvil
from tests.scripts.command import SETTINGS, nothing_is_left
from tests.simulation.small import CRASH, DEPEG, SMALL, SMALL_DEPEG

DEPEG_SETTINGS = [argument for value in SMALL_DEPEG for argument in ("--set", value)]
FIELDS = {
    "accounts",
    "answer",
    "bad_debt",
    "by_entry_point",
    "calls",
    "calls_per_second",
    "chain",
    "conservation_violations",
    "differences",
    "digest",
    "gas",
    "insurance_drawn",
    "insurance_end",
    "insurance_start",
    "liquidations",
    "partial_liquidations",
    "providers_left",
    "question",
    "refusals",
    "refused",
    "rounds",
    "settlements",
    "solvent",
    "storage_roots",
    "tokens",
    "variant",
    "variants",
    "verdict",
    "vault_nav_end",
    "vault_nav_start",
    "wall_seconds",
}


def test_a_run_prints_one_object(perpspec, tmp_path) -> None:
    done = perpspec("run", CRASH, *SETTINGS, "--evm", "revm", "--json")
    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    assert printed.keys() >= FIELDS
    assert printed["variant"] is None
    assert (printed["differences"], printed["chain"]) == (0, "revm")
    assert printed["by_entry_point"]["Exchange.trade"]["ok"] > 0
    assert printed["by_entry_point"]["Exchange.trade"]["refused"]["LimitExceeded"] == 1
    assert (tmp_path / "runs" / "small-7" / "report.html").is_file()


def test_a_run_prints_tables_and_a_verdict(perpspec) -> None:
    done = perpspec("run", CRASH, *SETTINGS, "--seed", "9")
    assert done.exit_code == 0
    assert "Exchange.trade" in done.stdout
    assert "on the model alone; no chain was asked." in done.stdout
    assert "Solvent; the vault bore a loss" in done.stdout
    said = " ".join(done.stdout.split())
    assert "and providers came 3 and left 2 times since; a share 1." in said
    assert "Written to runs/small-9" in done.stdout


def test_a_run_may_be_written_where_brackets_are(perpspec) -> None:
    done = perpspec("run", CRASH, *SETTINGS, "--max-calls", "5", "--out", "a[/b]c")
    assert done.exit_code == 0, done.output
    assert "Written to a[/b]c" in done.stdout


def test_a_run_of_a_few_calls_has_no_verdict(perpspec) -> None:
    done = perpspec("run", CRASH, *SETTINGS, "--max-calls", "5")
    assert done.exit_code == 0
    assert "No verdict: cut off after 0s. Until then solvent: no account" in done.stdout
    assert "founded with 0.00; a share 1.0000" in done.stdout


def test_a_run_on_a_node_compares_roots(perpspec) -> None:
    with running_anvil() as url:
        done = perpspec(
            "run", CRASH, *SETTINGS, "--evm", url, "--max-calls", "60", "--json"
        )
    assert done.exit_code == 0, done.stderr
    printed = json.loads(done.stdout)
    assert (printed["calls"], printed["storage_roots"]) == (60, "equal")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "market.ETH.margin.im_bse=1"], "did you mean 'im_base'?"),
        (["--set", "vault.deposit=10 BTC"], "'10 BTC' is in 'BTC', not in 'USDC'"),
        (["--set", "agents.0.capital=-5 USDC"], "'-5 USDC' is out of range"),
        (["--set", "market.ETH.margin.im_base=5%"], "write '0.05'"),
        (
            ["--set", "market.ETH.fee.taker=1.5"],
            "market.ETH.fee.taker: refused with ParameterOutOfBounds, the law is "
            "0 <= taker <= 1; given: fee.taker = '1.5'",
        ),
        (["--set", "market.ETH.margin.im_base=0.001"], "ClosingCostsTooMuch"),
        (["--prices", "nowhere.csv"], "nowhere.csv: cannot be read"),
        (["--evm", "geth"], "geth: not none, revm, eth-tester or the URL of a node"),
        (["--out", "."], "holds something that is no run"),
        (["--max-calls", "0"], "max-calls"),
        (["--seed", "-1"], "run.seed: -1 is out of range"),
    ],
)
def test_bad_input_is_told_and_writes_nothing(
    perpspec, tmp_path, arguments, said
) -> None:
    (tmp_path / "mine").touch()
    done = perpspec("run", CRASH, *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not done.stdout
    assert nothing_is_left(tmp_path, "mine")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--set", "variant.0.nme=x"],
            "variant.0.nme: unknown key; did you mean 'name",
        ),
        (["--set", "run.answer=deepeg"], "unknown 'deepeg'; did you mean 'depeg'?"),
        (
            ["--set", "variant.1.set={collateral.sUSD.discount='0.5'}"],
            "depeg.toml: collateral.sUSD.discount: refused with ParameterOutOfBounds, "
            "the law is 0 <= discount <= 0.05; given: discount = '0.5' (in variant "
            "'haircut-0.20')",
        ),
        (["--set", "variant.1.set={run.seed=3}"], "variant.1.set.run.seed: 3 varies"),
        (["--set", "collateral.sUSD.haircut=2"], "collateral.sUSD.haircut: refused"),
        (["--set", "agents.0.backed_by=USD"], "unknown token 'USD'; did you mean 'sU"),
    ],
)
def test_bad_variants_and_answers_are_told(perpspec, tmp_path, arguments, said) -> None:
    for command in ("run", "check"):
        done = perpspec(command, DEPEG, *arguments)
        assert done.exit_code == 2
        assert said in done.stderr
        assert not done.stdout
    assert nothing_is_left(tmp_path)


def test_variants_stand_side_by_side_and_the_answer_is_last(perpspec) -> None:
    done = perpspec("run", DEPEG, *DEPEG_SETTINGS, "--evm", "revm")
    assert done.exit_code == 0
    assert done.stdout.startswith("All of haircut-0.05\n")
    assert "side by side" in done.stdout
    assert "haircut-0.20" in done.stdout
    assert "calls in 2 variants: 0 differences" in done.stdout
    *_, question, answer, first, second = done.stdout.splitlines()
    assert question == "Who pays when a token that backs accounts loses its peg?"
    assert answer.startswith("When sUSD fell from 1 to ")
    assert answer.endswith(" USDC:")
    assert first.startswith("  with haircut-0.05, who held it paid ")
    assert second.startswith("  with haircut-0.20, who held it paid ")
    assert second.endswith(".")


def test_a_quiet_run_prints_no_tables(perpspec) -> None:
    done = perpspec("run", DEPEG, *DEPEG_SETTINGS, "-q")
    assert done.exit_code == 0
    lockstep, said, written, _, _, *answer = done.stdout.splitlines()
    assert len(answer) == 3
    assert lockstep.endswith(
        "calls in 2 variants on the model alone; no chain was asked."
    )
    assert said.startswith("With haircut-0.05, the worst of 2 variants: ")
    assert written == "Written to runs/small-depeg-7"


@pytest.mark.parametrize("columns", [20, 60, 80])
def test_no_number_and_no_name_is_cut(columns, tmp_path, monkeypatch, capsys) -> None:
    names = ("less-reserve", "more-reserve", "quarantine", "long-window")
    listed = ", ".join(f"{{name='{name}'}}" for name in names)
    prepared = prepare(DEPEG, [*SMALL_DEPEG, f"variant=[{listed}]"])
    done = run(prepared, tmp_path / "run", max_calls=300)

    def words(width: int) -> set[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        print_tables(done)
        return set(capsys.readouterr().out.split())

    all_words = words(400)
    founded = f"{done.summary['vault_nav_start']:,.2f};"
    assert all_words > {*names, "Governor.set_market", "backed", founded}
    assert words(columns) == all_words


def test_a_difference_in_any_variant_fails(perpspec, monkeypatch) -> None:
    compare = Lockstep.compare

    def wrong(self, action, outcome, predicted, observed) -> None:
        state = self.model.state
        params = state.codes.get(state.collateral_params[0])
        if action.function == "trade" and params.haircut == WAD // 5:
            observed = observed._replace(output=b"\1" * 64)
        compare(self, action, outcome, predicted, observed)

    monkeypatch.setattr(Lockstep, "compare", wrong)
    done = perpspec("run", DEPEG, *DEPEG_SETTINGS, "--evm", "revm", "--json")
    assert done.exit_code == 1
    assert done.stderr.startswith("in variant 'haircut-0.20': call ")
    assert "model and chain differ" in done.stderr
    assert "perpspec replay runs/small-depeg-7/variants/haircut-0.20/" in done.stderr
    printed = json.loads(done.stdout)
    assert printed["differences"] == 1
    assert [each["differences"] for each in printed["variants"]] == [0, 1]
    assert printed["answer"] == "No answer: model and chain differ."


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("time,price\n0,5\n60,x\n", "prices.csv:3: price 'x' is not a number"),
        ("time,price\n60,5\n60,6\n", "prices.csv:3: time '60' repeats"),
        ("time,price\n0,5\n", "prices.csv: has one row of prices, two are needed"),
        ("time,size\n0,5\n60,6\n", "prices.csv:1: no column of prices"),
        ("", "prices.csv: is empty"),
        ("time,price\n0,5\n9,6\n", "prices.csv: is shorter than a step of the run"),
        (
            "time,price\n0,5\n30,6\n30000030,7\n30000060,7\n",
            "prices.csv: is 1,000,002 looks long, one each 30s; at most 1,000,000",
        ),
    ],
)
def test_a_bad_price_file_is_told_by_its_line(perpspec, tmp_path, rows, said) -> None:
    (tmp_path / "prices.csv").write_text(rows)
    done = perpspec("run", CRASH, "--prices", "prices.csv")
    assert done.exit_code == 2
    assert said in done.stderr
    assert nothing_is_left(tmp_path, "prices.csv")


def test_each_of_several_faults_is_told_as_one(perpspec) -> None:
    settings = ("--set", "run.seed=-1", "--set", "keepers.liquidator=5")
    done = perpspec("check", CRASH, *settings)
    first, second = done.stderr.splitlines()
    assert first.startswith(f"error: {CRASH}: run.seed: -1 is out of range")
    assert second == (
        f"error: {CRASH}: keepers.liquidator: 5 is neither true nor false "
        "(set by an override)"
    )


def test_a_scenario_that_is_not_there_is_told(perpspec, tmp_path) -> None:
    done = perpspec("run", "nowhere.toml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nowhere.toml: cannot be read" in done.stderr
    assert nothing_is_left(tmp_path)


@pytest.mark.parametrize("command", ["run", "replay"])
def test_a_dead_node_is_told_soon(perpspec, tmp_path, trace, command) -> None:
    given = CRASH if command == "run" else trace
    begun = monotonic()
    done = perpspec(command, given, "--evm", "http://127.0.0.1:9")
    assert done.exit_code == 2
    assert "no node answers" in done.stderr
    assert monotonic() - begun < 10
    assert nothing_is_left(tmp_path)


def test_ctrl_c_keeps_a_complete_run_and_says_where(
    perpspec, tmp_path, monkeypatch
) -> None:
    assert perpspec("run", CRASH, *SETTINGS).exit_code == 0
    report = engine.Run.report

    def pressing(self, now) -> None:
        report(self, now)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(engine.Run, "report", pressing)
    done = perpspec("run", CRASH, *SETTINGS)
    assert done.exit_code == 130
    assert (
        "Written to runs/small-7.interrupted, beside the complete run in "
        "runs/small-7, which is kept"
    ) in done.stdout
    assert read_trace(tmp_path / "runs" / "small-7" / "trace.jsonl.gz").is_complete


@pytest.fixture
def unheard() -> Iterator[None]:
    """That a signal for which nobody listens does not end the tests."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_what_ran(perpspec, tmp_path, monkeypatch, unheard, number):
    report = engine.Run.report

    def pressing(self, now) -> None:
        report(self, now)
        if now == self.scenario.run.start + 300:
            signal.raise_signal(number)

    monkeypatch.setattr(engine.Run, "report", pressing)
    before = signal.getsignal(number)
    done = perpspec("run", CRASH, *SETTINGS, "--json")
    assert done.exit_code == 130
    assert not json.loads(done.stdout)["complete"]
    place = tmp_path / "runs" / "small-7"
    assert not read_trace(place / "trace.jsonl.gz").is_complete
    assert "No verdict: interrupted after 5m" in (place / "report.html").read_text()
    assert signal.getsignal(number) is before
    assert [each.name for each in place.parent.iterdir()] == ["small-7"]


@pytest.fixture
def short_demo(tmp_path_factory, monkeypatch) -> None:
    """A demo of a few accounts."""
    place = tmp_path_factory.mktemp("demo") / "small.toml"
    place.write_text(toml_text(load_scenario(CRASH, SMALL).document))
    monkeypatch.setattr(cli, "DEMO", place)
    monkeypatch.setattr(cli, "DEMO_CALLS", 40)


def test_a_demo_ends_in_the_verdict_and_the_answer_of_all_of_it(
    perpspec, tmp_path, short_demo
) -> None:
    done = perpspec("demo")
    assert done.exit_code == 0
    summary = json.loads((tmp_path / "runs" / "demo" / "summary.json").read_text())
    *_, report, lockstep, said, _, written, _, _, answer = done.stdout.splitlines()
    assert report == "The report: runs/demo/report.html"
    assert f"agree on {summary['calls']:,} calls" in lockstep
    assert (said, answer) == (summary["verdict"], summary["answer"])
    assert said.startswith("Solvent")
    assert written == "Written to runs/demo"
    assert "Model and eth-tester agree on 40 calls" in done.stdout
    for unsaid in ("No verdict", "No answer"):
        assert unsaid not in done.stdout
    assert done.stdout.count("entry point") == 1


def test_a_demo_that_fails_says_where(perpspec, short_demo, wrong_trades) -> None:
    done = perpspec("demo")
    assert done.exit_code == 1
    assert "Model and chain differ" in done.stdout
    assert "model and chain differ: returned" in done.stderr


def test_a_difference_is_printed_and_fails(perpspec, wrong_trades) -> None:
    done = perpspec("run", CRASH, *SETTINGS, "--evm", "revm", "--json")
    assert done.exit_code == 1
    assert "model and chain differ: returned" in done.stderr
    assert json.loads(done.stdout)["differences"] == 1
    again = perpspec("replay", "runs/small-7/trace.jsonl.gz", "--evm", "revm")
    assert again.exit_code == 1
    assert "differ" in again.stdout


def test_a_scenario_is_checked(perpspec, tmp_path) -> None:
    done = perpspec("check", CRASH)
    assert done.exit_code == 0
    assert "ETH, BTC; 200 accounts; 12h from 2026-01-01T00:00:00Z" in done.stdout
    assert perpspec("check", CRASH, "--set", "run.step=7s").exit_code == 2
    done = perpspec("check", DEPEG)
    assert "- variant haircut-0.20: collateral.sUSD.haircut = 0.20" in done.stdout
    assert nothing_is_left(tmp_path)


def test_a_check_says_what_it_checked(perpspec, tmp_path) -> None:
    """What was set, by hand and by a file, what variants set, and that all is well."""
    (tmp_path / "margin.toml").write_text("[market.ETH]\nmargin.im_base = 0.06\n")
    settings = ("--set", "run.seed = 8", "--set", "@margin.toml")
    *_, seed, margin, end = perpspec("check", CRASH, *settings).stdout.splitlines()
    assert seed == "- set: run.seed = 8"
    assert margin == "- set: market.ETH.margin.im_base = 0.06"
    assert end == "All of it is lawful. Nothing was run."
    lines = perpspec("check", CRASH.with_name("credit.toml")).stdout.splitlines()
    assert lines[1:-1] == [
        "- variant lines: sets nothing",
        "- variant small-lines: agents.0.line = 0.1",
        "- variant no-lines: agents.0.line = 0",
    ]
    assert lines[-1] == end


def test_a_check_is_one_object(perpspec) -> None:
    settings = ("--set", "run.start=2026-02-01T00:00:00Z", "--seed", "9")
    done = perpspec("check", DEPEG, *settings, "--json")
    assert done.exit_code == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["set"] == {"run.start": "2026-02-01T00:00:00Z", "run.seed": 9}
    assert printed["start"] == "2026-02-01T00:00:00Z"
    assert printed["tokens"] == ["sUSD"]
    assert printed["variants"][0]["name"] == "haircut-0.05"
    done = perpspec("check", DEPEG, "--seed", "-1", "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "run.seed: -1 is out of range" in done.stderr


def test_artifacts_are_told_as_one_object(perpspec) -> None:
    printed = json.loads(perpspec("artifacts", "--out", "abi", "--json").stdout)
    assert printed["Exchange"] == "abi/Exchange.json"


def test_artifacts_name_the_errors(perpspec, tmp_path) -> None:
    assert perpspec("artifacts", "--out", "abi").exit_code == 0
    artifact = json.loads((tmp_path / "abi" / "Exchange.json").read_text())
    names = {each["name"] for each in artifact["abi"] if each["type"] == "error"}
    assert {"BelowInitialMargin", "LimitExceeded"} <= names
