"""
Compiling, once for each state of the sources.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest
from web3 import Web3
from web3.exceptions import ContractCustomError

from evm.compile import (
    OPTIMIZER_MODES,
    CompileError,
    compile_contracts,
    compiled,
    fingerprint,
    write_artifacts,
)
from evm.words import selector
from tests.evm.conftest import CONTRACTS, OWNER
from tests.node import running_anvil


def test_a_second_run_does_not_import_the_compiler(tmp_path) -> None:
    first = compile_contracts(CONTRACTS, names=["Book"], cache=tmp_path)
    program = (
        "import sys; from pathlib import Path; from evm.compile import *;"
        f"compile_contracts(Path({str(CONTRACTS)!r}), names=['Book'],"
        f" cache=Path({str(tmp_path)!r})); sys.exit('vyper' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert compile_contracts(CONTRACTS, names=["Book"], cache=tmp_path) == first


def test_a_module_that_changes_is_compiled_again(tmp_path) -> None:
    folder = copytree(CONTRACTS, tmp_path / "contracts")
    cache = tmp_path / "cache"
    before = compiled(folder, "Book", None, cache)
    module = folder / "errors.vy"
    module.write_text(module.read_text().replace("0x218e0a07", "0x218e0a08"))
    assert compiled(folder, "Book", None, cache).bytecode != before.bytecode


def test_a_module_that_is_not_imported_does_not_matter(tmp_path) -> None:
    folder = copytree(CONTRACTS, tmp_path / "contracts")
    before = fingerprint(folder, "Book", None)
    (folder / "other.vy").write_text("# pragma version 0.4.3\n")
    assert fingerprint(folder, "Book", None) == before


def test_a_damaged_cache_is_made_again(tmp_path) -> None:
    first = compiled(CONTRACTS, "Book", None, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text()[:100])
    assert compiled(CONTRACTS, "Book", None, tmp_path) == first
    assert json.loads(path.read_text())["bytecode"] == first.bytecode


def test_each_mode_of_the_optimiser_makes_other_code(tmp_path) -> None:
    codes = {
        mode: compiled(CONTRACTS, "Book", mode, tmp_path).bytecode_runtime
        for mode in OPTIMIZER_MODES
    }
    assert len(set(codes.values())) == len(OPTIMIZER_MODES)
    # The file asks for `codesize` itself.
    chosen = compiled(CONTRACTS, "Book", None, tmp_path).bytecode_runtime
    assert chosen == codes["codesize"]


def test_what_does_not_compile_is_named(tmp_path) -> None:
    (tmp_path / "Bad.vy").write_text("x: nonsense\n")
    with pytest.raises(CompileError, match=r"Bad\.vy: "):
        compile_contracts(tmp_path, cache=tmp_path)
    with pytest.raises(CompileError, match=r"Missing\.vy: no such contract"):
        compile_contracts(tmp_path, names=["Missing"], cache=tmp_path)
    with pytest.raises(CompileError, match="no contract lies here"):
        compile_contracts(tmp_path / "empty", cache=tmp_path)
    with pytest.raises(CompileError, match="not one of"):
        compile_contracts(CONTRACTS, optimize="fast", cache=tmp_path)


def test_an_artifact_serves_a_client_that_knows_only_it(book, tmp_path) -> None:
    """web3.py hands out the selector; the `error` entry of the ABI gives its name."""
    (path,) = write_artifacts(tmp_path, book, ["TooLarge"])
    artifact = json.loads(path.read_text())
    with running_anvil() as url:
        web3 = Web3(Web3.HTTPProvider(url))
        factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        owner = Web3.to_checksum_address(f"{OWNER:#042x}")
        sent = factory.constructor(owner, 6).transact({"from": web3.eth.accounts[0]})
        address = web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
        contract = web3.eth.contract(address=address, abi=artifact["abi"])
        assert contract.functions.identity().call() == [owner, 6]
        with pytest.raises(ContractCustomError) as refused:
            contract.functions.position(1, 1000).call()
    (entry,) = [each for each in artifact["abi"] if each["type"] == "error"]
    assert refused.value.data == f"0x{selector(entry['name'] + '()').hex()}"


def test_the_cache_forgets_what_is_oldest(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("evm.compile.MOST_KEPT", 2)
    for age, name in enumerate(["new", "old", "oldest"]):
        (tmp_path / f"{name}.json").touch()
        os.utime(tmp_path / f"{name}.json", (1_000 - age, 1_000 - age))
    compiled(CONTRACTS, "Book", None, tmp_path)
    names = {path.name.partition("-")[0] for path in tmp_path.iterdir()}
    assert names == {"new.json", "Book"}


def test_nothing_is_left_beside_a_file_that_was_written(tmp_path) -> None:
    compiled(CONTRACTS, "Book", None, tmp_path)
    assert [path.suffix for path in Path(tmp_path).iterdir()] == [".json"]
