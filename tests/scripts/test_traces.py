"""
What commands say of a trace, or of a node, and what they refuse.
"""

from __future__ import annotations

import gzip
import json
import re
import signal
from collections.abc import Callable
from functools import partial

import pytest

from evm import shrink as shrinking
from evm.chain import DEPLOY_ORDER, predicted_addresses
from evm.replay import every_action, model_at
from protocol.trace import read_trace, write_trace
from tests.node import running_anvil
from tests.scripts.command import nothing_is_left


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
