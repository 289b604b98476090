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


def pass_time(w3: Any) -> None:
    """Let the next block be later."""
    now = w3.eth.get_block("latest")["timestamp"]
    if tester := getattr(w3.provider, "ethereum_tester", None):
        tester.time_travel(now + LATER)
    else:
        w3.provider.make_request("evm_increaseTime", [LATER])
        w3.provider.make_request("evm_mine", [])


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
        trade_once(scope)
    assert printed.getvalue() == "".join(said)


def trade_once(scope: dict[str, Any]) -> None:
    """Who was never heard of trades on what was deployed, once prices are fresh."""
    send, exchange, known = (scope[name] for name in ("send", "exchange", "known"))
    newcomer, token, wad = scope["w3"].eth.accounts[7], scope["token"], scope["WAD"]
    number, price = 0, 3_000 * wad
    now = scope["w3"].eth.get_block("latest")["timestamp"]
    for voice, reporter in enumerate(scope["reporters"]):
        words = (number, voice, price, price // 2_000, now)
        send(scope["oracle"].report(*words), reporter)
    holder, atoms = int(newcomer, 16) << 96, 1_000 * 10**6
    send(token.functions.mint(newcomer, atoms), newcomer)
    send(token.functions.approve(known["exchange"], atoms), newcomer)
    send(exchange.deposit(holder, atoms), newcomer)
    send(exchange.trade(holder, number, wad, 2 * price), newcomer)
    assert exchange.position_of(holder, number).call()[0] == wad
