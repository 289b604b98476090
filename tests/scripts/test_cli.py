"""
The command line: what it prints, what it refuses, and with which exit code.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import BinaryIO

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from evm import shrink as shrinking
from evm.chain import DEPLOY_ORDER, predicted_addresses
from evm.lockstep import Lockstep
from evm.replay import every_action, model_at
from protocol.fixed_point import WAD
from protocol.trace import read_trace, write_trace
from scripts import cli
from scripts.cli import ROOT, app
from scripts.tables import print_tables
from simulation import engine
from simulation.output import toml_text
from simulation.run import prepare, run
from simulation.scenario import load_scenario
from tests.node import running_anvil
from tests.scripts.command import SETTINGS, nothing_is_left
from tests.simulation.small import CRASH, DEPEG, SMALL, SMALL_DEPEG

HEAVY = {
    "eth_tester",
    "evm.chain",
    "jinja2",
    "matplotlib",
    "numpy",
    "protocol.model",
    "pydantic",
    "pyrevm",
    "scipy",
    "simulation.scenario",
    "vyper",
    "web3",
}
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


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of a small run."""
    place = tmp_path_factory.mktemp("cli") / "run"
    arguments = ["run", str(CRASH), *SETTINGS, "--out", str(place), "-q"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    return place / "trace.jsonl.gz"


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


def test_a_demo_that_fails_says_where(perpspec, short_demo, monkeypatch) -> None:
    compare = Lockstep.compare

    def wrong(self, action, outcome, predicted, observed) -> None:
        if action.function == "trade":
            observed = observed._replace(output=b"\1" * 64)
        compare(self, action, outcome, predicted, observed)

    monkeypatch.setattr(Lockstep, "compare", wrong)
    done = perpspec("demo")
    assert done.exit_code == 1
    assert "Model and chain differ" in done.stdout
    assert "model and chain differ: returned" in done.stderr


def test_a_difference_is_printed_and_fails(perpspec, tmp_path, monkeypatch) -> None:
    compare = Lockstep.compare

    def wrong(self, action, outcome, predicted, observed) -> None:
        if action.function == "trade":
            observed = observed._replace(output=b"\1" * 64)
        compare(self, action, outcome, predicted, observed)

    monkeypatch.setattr(Lockstep, "compare", wrong)
    done = perpspec("run", CRASH, *SETTINGS, "--evm", "revm", "--json")
    assert done.exit_code == 1
    assert "model and chain differ: returned" in done.stderr
    assert json.loads(done.stdout)["differences"] == 1
    again = perpspec("replay", "runs/small-7/trace.jsonl.gz", "--evm", "revm")
    assert again.exit_code == 1
    assert "differ" in again.stdout


def test_a_replay_says_the_same(perpspec, trace) -> None:
    done = perpspec("replay", trace, "--evm", "revm", "--json")
    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    summary = json.loads(trace.with_name("summary.json").read_text())
    for field in ("calls", "refused", "by_entry_point", "digest"):
        assert printed[field] == summary[field]
    assert "recorded" in perpspec("replay", trace).stdout


@pytest.fixture(scope="module")
def account(trace) -> str:
    """An account of the run that has traded, as it may be asked for."""
    found = read_trace(trace)
    traded = next(each for each in found.actions if each.function == "trade")
    names = {address: name for name, address in found.genesis.actors.items()}
    return f"{names[traded.sender]}/0"


def test_a_statement_is_one_object(perpspec, trace, account) -> None:
    asked = ("statement", "--account", account, "--trace", trace)
    done = perpspec(*asked, "--json")
    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    assert f"{printed['name']}/{printed['sub']}" == account
    assert printed["status"] in ("healthy", "called", "liquidatable", "bankrupt")
    assert int(printed["markets"][0]["past"]["fees"]) > 0
    by_number = perpspec(*asked[:2], printed["holder"], *asked[3:], "--json")
    assert json.loads(by_number.stdout) == printed


def test_a_statement_is_told_in_tables(perpspec, trace, account) -> None:
    done = perpspec("statement", "--account", account, "--trace", trace)
    assert done.exit_code == 0
    assert f"{account} at 20" in done.stdout
    for said in ("equity to requirement", "liquidated at", "funding of closed"):
        assert said in done.stdout


def test_a_statement_says_what_would_cure_an_account(perpspec, trace) -> None:
    found, addresses = read_trace(trace), predicted_addresses(DEPLOY_ORDER)
    model = model_at(found.genesis, addresses)
    actions = every_action(found.genesis, found.actions, addresses)
    before, action = next(
        (number, each)
        for number, each in enumerate(actions)
        if model.apply(each).error is None and each.function == "liquidate"
    )
    asked = ("statement", "--account", action.arguments[0], "--trace", trace)
    done = perpspec(*asked, "--call", before)
    assert done.exit_code == 0
    assert "It is liquidatable." in done.stdout
    assert "makes it healthy." in done.stdout
    assert "brings it back to its initial margin." in done.stdout


def test_a_statement_is_the_same_from_a_node(
    perpspec, tmp_path, trace, account
) -> None:
    found = read_trace(trace)
    short = tmp_path / "short.jsonl"
    write_trace(short, found.genesis, found.actions[:200], None)
    asked = ("statement", "--account", account, "--json")
    with running_anvil() as url:
        done = perpspec("replay", short, "--evm", url, "--deployment", "there.json")
        assert done.exit_code == 0, done.output
        there = perpspec(*asked, "--rpc", url, "--deployment", "there.json")
    assert there.exit_code == 0, there.output
    assert there.stdout == perpspec(*asked, "--trace", short).stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "give one"),
        (("--trace", "TRACE", "--rpc", "http://127.0.0.1:1"), "give one"),
        (("--trace", "missing.jsonl"), "error: missing.jsonl: cannot be read: No such"),
        (("--trace", "TRACE"), "nothing ever was in this account; there are: "),
        (("--trace", "TRACE", "--call", "0"), ".gz: there is no call 0"),
        (("--trace", "TRACE", "--deployment", "F"), "needs no deployment"),
        (("--rpc", "http://127.0.0.1:1"), "say in a file where"),
        (("--rpc", "http://127.0.0.1:1", "--deployment", "F"), "cannot be read"),
        (("--rpc", "http://127.0.0.1:1", "--deployment", "E"), "no address of Token"),
        (("--rpc", "http://127.0.0.1:1", "--deployment", "D"), "no node answers"),
        (("--rpc", "revm", "--deployment", "D"), "revm: not the URL of a node"),
        (("--rpc", "geth", "--deployment", "D"), "geth: not the URL of a node"),
    ],
)
def test_a_statement_that_cannot_be_is_refused(
    perpspec, tmp_path, trace, options, said
) -> None:
    for name, contracts in (("E", ()), ("D", ("Token", "Exchange", "Lens"))):
        places = dict.fromkeys(contracts, "0x" + "11" * 20)
        text = json.dumps({"chain_id": "1", "contracts": places})
        (tmp_path / name).write_text(text)
    given = [trace if each == "TRACE" else each for each in options]
    done = perpspec("statement", "--account", "7", *given)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_replay_on_what_is_no_chain_is_refused(perpspec, trace) -> None:
    done = perpspec("replay", trace, "--evm", "geth")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "geth: not none, revm, eth-tester or the URL of a node" in done.stderr


def test_only_a_node_has_a_deployment(perpspec, trace, tmp_path) -> None:
    done = perpspec("replay", trace, "--evm", "revm", "--deployment", "there.json")
    assert done.exit_code == 2
    assert "only a node keeps its contracts" in done.stderr
    assert nothing_is_left(tmp_path)


def test_another_digest_fails(perpspec, tmp_path, trace) -> None:
    text = gzip.decompress(trace.read_bytes()).decode()
    (tmp_path / "other.jsonl").write_text(text.replace('"digest":"', '"digest":"0'))
    done = perpspec("replay", "other.jsonl")
    assert done.exit_code == 1
    assert "recorded another digest" in done.stdout


def edited(name: str, value: str) -> Callable[[str], str]:
    """What gives the first field of this name another value."""
    return partial(re.sub, f'"{name}":"[0-9]+"', f'"{name}":"{value}"', count=1)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda text: text[:-90], "cut off"),
        (lambda text: text.replace('"version":"4"', '"version":"9"'), "version 9"),
        (lambda text: "{}\n", "not a trace"),
        (edited("decimals", "99"), "bad.jsonl:1: not a genesis: decimals: refused wi"),
        (edited("sender", "-7"), "bad.jsonl:2: not a call: sender: -7 is no address"),
        (edited("sender", "9" * 60), " is no address"),
        (edited("now", "9" * 32), " is no time from 1970 to 2106"),
        (edited("now", "5"), "bad.jsonl:2: not a call: time goes back from "),
    ],
)
def test_a_bad_trace_is_told(perpspec, tmp_path, trace, edit, said) -> None:
    text = gzip.decompress(trace.read_bytes()).decode()
    (tmp_path / "bad.jsonl").write_text(edit(text))
    for command in (
        ["replay"],
        ["replay", "--evm", "revm"],
        ["shrink"],
        ["explain", "--call", "1"],
        ["statement", "--account", "7", "--trace"],
    ):
        done = perpspec(*command, "bad.jsonl")
        assert done.exit_code == 2
        assert "bad.jsonl:" in done.stderr
        assert said in done.stderr


@pytest.fixture
def wrong_trades(monkeypatch) -> None:
    """The chain returns something else of a trade than the model."""
    compare = Lockstep.compare

    def wrong(self, action, outcome, predicted, observed) -> None:
        if action.function == "trade" and observed.succeeded:
            observed = observed._replace(output=b"\1" * 64)
        compare(self, action, outcome, predicted, observed)

    monkeypatch.setattr(Lockstep, "compare", wrong)


def test_a_failing_trace_is_made_short(perpspec, tmp_path, trace, wrong_trades) -> None:
    done = perpspec("shrink", trace, "--out", "short.jsonl", "--json")
    assert done.exit_code == 0, done.stderr
    printed = json.loads(done.stdout)
    before, after = read_trace(trace).actions, read_trace("short.jsonl").actions
    assert printed["calls_before"] == len(before)
    assert printed["calls"] == len(after) < 30 < len(before)
    assert "perpspec replay short.jsonl --evm revm" in printed["difference"]
    assert (printed["complete"], printed["differences"]) == (True, 1)
    assert nothing_is_left(tmp_path, "short.jsonl")
    again = perpspec("replay", "short.jsonl", "--evm", "revm")
    assert again.exit_code == 1
    assert "differ: returned" in again.stdout
    said = perpspec("shrink", "short.jsonl").stdout
    assert f"{len(after)} of {len(after)} calls are left" in said
    assert "Written to short.short.jsonl" in said


def test_ctrl_c_keeps_the_shortest_so_far(
    perpspec, tmp_path, trace, wrong_trades, monkeypatch
) -> None:
    tried = shrinking.shortest

    def pressing(items, fails, goes_on):
        def pressed(left: int, tries: int) -> bool:
            if tries == 3:
                signal.raise_signal(signal.SIGINT)
            return goes_on(left, tries)

        return tried(items, fails, pressed)

    monkeypatch.setattr(shrinking, "shortest", pressing)
    done = perpspec("shrink", trace, "--out", "short.jsonl")
    assert done.exit_code == 130
    assert "it was interrupted" in done.stdout
    assert len(read_trace("short.jsonl").actions) < len(read_trace(trace).actions)
    assert nothing_is_left(tmp_path, "short.jsonl")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "model and revm agree on all of it"),
        (["--evm", "none"], "none: a trace is tried again and again: on revm or"),
        (["--evm", "http://127.0.0.1:9"], "on revm or eth-tester"),
        (["--out", "."], ".: cannot be written: Is a directory"),
    ],
)
def test_what_cannot_be_shrunk_is_told(
    perpspec, tmp_path, trace, arguments, said
) -> None:
    done = perpspec("shrink", trace, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert nothing_is_left(tmp_path)


def test_a_trace_is_not_written_over_itself(perpspec, trace) -> None:
    before = trace.read_bytes()
    done = perpspec("shrink", trace, "--out", trace)
    assert done.exit_code == 2
    assert "is the trace itself" in done.stderr
    assert trace.read_bytes() == before


@pytest.mark.parametrize("place", ["/proc/x/y", "/dev/null/y", "."])
@pytest.mark.parametrize(
    "options",
    [("shrink", "--out"), ("replay", "--evm", "http://127.0.0.1:9", "--deployment")],
)
def test_a_place_that_takes_no_file_is_told_before_the_work(
    perpspec, tmp_path, trace, monkeypatch, options, place
) -> None:
    def work(*_: object) -> None:
        pytest.fail("the work began")

    monkeypatch.setattr("evm.shrink.shrink", work)
    monkeypatch.setattr("evm.replay.replay", work)
    command, *given = options
    done = perpspec(command, trace, *given, place)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {place}: cannot be written: ")
    assert nothing_is_left(tmp_path)


def test_a_call_is_explained(perpspec, trace) -> None:
    done = perpspec("explain", trace, "--call", "3")
    assert done.exit_code == 0
    assert done.stdout.startswith("call 3: ")
    done = perpspec("explain", trace, "--call", "99999")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {trace}: there is no call 99999")


@pytest.mark.parametrize(
    "command", [["replay"], ["shrink"], ["explain", "--call", "1"]]
)
def test_a_trace_that_is_not_there_is_told(perpspec, tmp_path, command) -> None:
    done = perpspec(*command, "nowhere.jsonl")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: nowhere.jsonl: cannot be read: No such file")
    assert nothing_is_left(tmp_path)


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


def run_into(output: BinaryIO | int, *arguments: object) -> tuple[int, str]:
    """The exit code of a program whose output goes there, and what it says of it."""
    command = [sys.executable, "-m", "scripts.cli", *map(str, arguments)]
    done = subprocess.run(
        command, stdout=output, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    return done.returncode, done.stderr


@pytest.fixture(params=["help", "lines", "tables", "object"])
def printing(request, trace) -> tuple[object, ...]:
    """A command that prints in one of the ways in which commands print."""
    return {
        "help": ("--help",),
        "lines": ("check", CRASH),
        "tables": ("replay", trace),
        "object": ("replay", trace, "--json"),
    }[request.param]


def test_a_pipe_that_nobody_reads_is_no_failure(printing) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert run_into(writing, *printing) == (141, "")
    finally:
        os.close(writing)


def test_a_full_disk_is_told(printing) -> None:
    with open("/dev/full", "wb") as full:
        said = "error: No space left on device\n"
        assert run_into(full, *printing) == (2, said)


def test_a_fault_of_the_program_is_told_as_one(monkeypatch, capsys) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(cli, "run_scenario", broken)
    monkeypatch.setattr(sys, "argv", ["perpspec", "run", str(CRASH)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 70
    *told, said = capsys.readouterr().err.splitlines()
    assert told[-1] == "ZeroDivisionError: by nothing"
    assert said == "error: a fault of perpspec, not of what it was given"


def test_help_teaches(perpspec) -> None:
    done = perpspec("--help")
    assert done.exit_code == 0
    assert "Exit codes" in done.stdout
    for command in (
        "run",
        "replay",
        "shrink",
        "explain",
        "check",
        "calibrate",
        "artifacts",
        "demo",
    ):
        assert command in done.stdout
    assert "Example" in perpspec("run", "--help").stdout


@pytest.mark.parametrize("width", [60, 80])
def test_help_fills_its_lines(perpspec, monkeypatch, width) -> None:
    """No line of a paragraph ends where the next word would still have fitted."""
    monkeypatch.setenv("COLUMNS", str(width))
    for command in ("shrink", "calibrate"):
        said, *_ = perpspec(command, "--help").stdout.partition("╭")
        _, _, _, *lines = map(str.strip, said.splitlines())
        assert len(lines) > 5
        for line, after in pairwise(lines):
            word = after.partition(" ")[0]
            assert not (line and word) or len(f" {line} {word}") > width - 2


COMMANDS = [each.callback.__name__ for each in app.registered_commands]


def test_help_asks_for_no_value_where_none_is_taken(perpspec) -> None:
    for command in COMMANDS:
        text = perpspec(command, "--help").stdout
        flags = re.findall(r"^\W+(--(?:json|quiet|help) .*)$", text, re.MULTILINE)
        assert flags
        assert not [flag for flag in flags if "<bool>" in flag]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_everything_is(perpspec, command) -> None:
    text = perpspec(command, "--help").stdout
    assert re.search(r"Examples?: perpspec ", text)
    assert not set("{}") & set(text)
    for each in get_command(app).commands[command].params:
        assert each.help, each.name


def test_it_tells_its_version(perpspec) -> None:
    done = perpspec("--version")
    assert done.exit_code == 0
    assert done.stdout == f"perpspec {version('perpspec')}\n"


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, scripts.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(done.stdout.split())
