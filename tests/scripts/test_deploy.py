"""
The steps of the page on deployment work as they stand, in their order.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.node import running_anvil

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "deploy.md"
NODE = 'Web3.HTTPProvider("http://127.0.0.1:8545")'
# Longer than the delay of the scenario, and shorter than its feeds may be silent.
LATER = 61


@contextmanager
def provider(kind: str) -> Iterator[str]:
    """What stands on the page for a node, for a fresh one of this kind."""
    if kind == "anvil":
        with running_anvil() as url:
            yield NODE.replace("http://127.0.0.1:8545", url)
    else:
        yield "__import__('web3').EthereumTesterProvider()"


def pass_time(w3: Any, seconds: int = LATER) -> None:
    """Let the next block be later, on anvil as the page says."""
    now = w3.eth.get_block("latest")["timestamp"]
    if tester := getattr(w3.provider, "ethereum_tester", None):
        tester.time_travel(now + seconds)
    else:
        (wait,) = re.findall(r"^```\n(w3\..*?)^```", PAGE.read_text(), re.M | re.S)
        assert str(LATER) in wait
        exec(wait.replace(str(LATER), str(seconds)), {"w3": w3})


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where the commands of the page have been run."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    command = [str(Path(sys.executable).parent / "perpspec"), "artifacts"]
    assert "perpspec artifacts --out artifacts\n" in PAGE.read_text()
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", ["eth-tester", "anvil"])
def test_the_steps_of_the_page_deploy_a_protocol_that_is_ready(folder, kind) -> None:
    text = PAGE.read_text()
    steps = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    said = re.findall(r"^```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert text.count(NODE) == 1
    printed, scope = StringIO(), dict[str, Any]()
    with provider(kind) as node, redirect_stdout(printed):
        for number, step in enumerate(steps, 1):
            exec(compile(step.replace(NODE, node), f"step {number}", "exec"), scope)
            pass_time(scope["w3"])
        trade_and_lend(scope)
    assert printed.getvalue() == "".join(said)


def trade_and_lend(scope: dict[str, Any]) -> None:
    """
    Who was never heard of trades on what was deployed, where the next answer comes
    after a whole heartbeat; then somebody lends, and has shares after another.
    """
    send, exchange, vault = (scope[name] for name in ("send", "exchange", "vault"))
    orders = scope["contracts"]["Orders"].functions
    token, known, wad = scope["token"], scope["known"], scope["WAD"]
    newcomer, keeper = scope["w3"].eth.accounts[7:9]
    number = len(scope["scenario"].markets)
    holder, atoms = int(newcomer, 16) << 96, 1_000 * 10**6
    send(token.functions.mint(newcomer, 2 * atoms), newcomer)
    send(token.functions.approve(known["exchange"], 2 * atoms), newcomer)
    send(exchange.deposit(holder, atoms), newcomer)

    words = (holder, 0, number, wad, 6_000 * wad, False, wad)
    send(orders.commit(*words), newcomer)
    answer_next(scope, number)
    send(orders.settle(holder, 0, 1), keeper)
    assert exchange.position_of(holder, number).call()[0] == wad
    assert exchange.reward_of(keeper).call() == wad

    send(vault.request_deposit(atoms, 1), newcomer)
    answer_next(scope, number)
    send(vault.execute(2), keeper)
    assert vault.balanceOf(newcomer).call() > 0


def answer_next(scope: dict[str, Any], number: int) -> None:
    """Let the aggregator answer a heartbeat later, and be relayed late."""
    w3, send, anybody = scope["w3"], scope["send"], scope["founder"]
    pass_time(w3, scope["heartbeat"])
    answered_at = w3.eth.get_block("latest")["timestamp"]
    pass_time(w3, scope["late"])
    answer = (300_000_000_000, 8, answered_at)
    send(scope["aggregator"].functions.say(*answer), anybody)
    send(scope["oracle"].relay(number, 0), anybody)
