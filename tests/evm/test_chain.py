"""
The same calls do the same on every kind of chain.
"""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest
from eth_utils import keccak

from evm.actors import actor_address
from evm.chain import ChainError, connect
from evm.roots import storage_root
from evm.slots import entry_slot
from evm.words import create_address, packed, selector, unpacked
from tests.evm.conftest import GENESIS, OWNER, START, TRADER
from tests.node import running_anvil

TOO_LARGE = selector("TooLarge()")
WRITTEN = bytes(keccak(text="Written(uint256,address,int256,uint256)"))


def test_a_call_returns_logs_and_writes(chain) -> None:
    observed = chain.call("Book", "write", TRADER, START, [1, 2, -5])
    address = chain.addresses["Book"]
    assert observed.succeeded
    assert observed.output == packed([-5])
    topics = (WRITTEN, packed([1]), packed([TRADER]))
    assert observed.logs == [(address, topics, packed([-5, START]))]
    assert chain.storage(address, 0) == 2**256 - 5
    slot = entry_slot(1, (0, 0), (1, 2))
    assert chain.words([(address, slot), (address, slot + 1)]) == [2**256 - 5, 5]


def test_the_constructor_is_filled_by_names(chain) -> None:
    observed = chain.view("Book", "identity", TRADER, START, [])
    assert unpacked(observed.output) == [OWNER, 6]


def test_a_refusal_is_the_selector_of_its_error(chain) -> None:
    observed = chain.call("Book", "write", TRADER, START, [1, 2, 100])
    assert observed[:3] == (False, TOO_LARGE, [])
    assert observed.halt == ""


def test_a_refusal_changes_nothing(chain) -> None:
    chain.call("Book", "write", TRADER, START, [1, 2, 3])
    root = chain.storage_root(chain.addresses["Book"])
    observed = chain.call("Book", "overflow", TRADER, START, [2**256 - 1])
    assert observed[:3] == (False, b"", [])
    assert chain.storage(chain.addresses["Book"], 0) == 3
    assert chain.storage_root(chain.addresses["Book"]) == root


def test_a_call_that_ends_without_reverting_says_so(chain) -> None:
    observed = chain.call("Book", "burn", TRADER, START, [0])
    assert observed[:3] == (False, b"", [])
    assert "invalid" in observed.halt.lower()


def test_gas_is_that_of_a_transaction_where_there_are_any(chain) -> None:
    observed = chain.call("Book", "write", TRADER, START, [1, 2, 3])
    assert observed.gas == (None if chain.name == "revm" else 179_487)


def test_many_calls_share_a_second_and_time_goes_on(chain) -> None:
    for elapsed in (0, 0, 0, 1, 1, 90):
        observed = chain.call("Book", "write", OWNER, START + elapsed, [1, 1, 1])
        assert unpacked(observed.logs[0][2])[1] == START + elapsed
    with pytest.raises(ChainError, match="time goes back"):
        chain.call("Book", "write", OWNER, START, [1, 1, 1])


def test_a_view_is_at_its_own_time_and_leaves_nothing(chain) -> None:
    chain.call("Book", "write", OWNER, START, [1, 1, 1])
    later = chain.view("Book", "time", 12_345, START + 77, [])
    assert unpacked(later.output) == [START + 77]
    written = chain.view("Book", "write", TRADER, START, [1, 1, 1])
    assert unpacked(written.output) == [2]
    assert written.logs == []
    assert chain.storage(chain.addresses["Book"], 0) == 1
    refused = chain.view("Book", "position", TRADER, START, [1, 1000])
    assert refused[:2] == (False, TOO_LARGE)


def test_a_snapshot_is_returned_to(chain) -> None:
    chain.call("Book", "write", OWNER, START + 5, [1, 1, 1])
    before = chain.snapshot()
    for elapsed in (5, 6, 7):
        chain.call("Book", "write", OWNER, START + elapsed, [2, 2, 2])
    chain.revert(before)
    assert chain.storage(chain.addresses["Book"], 0) == 1
    again = chain.call("Book", "write", OWNER, START + 5, [3, 3, 3])
    assert unpacked(again.output) == [4]


def test_code_is_the_words_that_were_put_there(chain) -> None:
    chain.call("Book", "write_code", OWNER, START, [1, 5, -6])
    address = chain.addresses["Book"]
    made = create_address(address, 1)
    assert chain.storage(address, entry_slot(9, (0,), (1,))) == made
    assert chain.code(made) == packed([5, -6])


def test_the_root_is_that_of_the_words(chain) -> None:
    """A word that became zero is none, whatever a node thinks of it."""
    chain.call("Book", "write", OWNER, START, [1, 2, -5])
    chain.call("Book", "write", OWNER, START, [1, 2, 5])
    root = chain.storage_root(chain.addresses["Book"])
    if chain.name == "revm":
        assert root is None
        return
    position, rounds = entry_slot(1, (0, 0), (1, 2)), entry_slot(2, (0, 2), (1, 2))
    words = {position: 5, position + 1: 2**256 - 5, rounds: 1, rounds + 1: START}
    assert storage_root({0: 0, 7: 5, 8: 1} | words) == root


def test_only_actors_call_where_calls_are_signed(chain) -> None:
    if chain.name == "revm":
        assert chain.call("Book", "write", 12_345, START, [1, 2, 3]).succeeded
    else:
        with pytest.raises(ChainError, match="no actor of the genesis"):
            chain.call("Book", "write", 12_345, START, [1, 2, 3])


def test_revm_begins_anew_from_words(book) -> None:
    chain = connect("revm", book)
    chain.deploy(GENESIS)
    chain.call("Book", "write", OWNER, START, [1, 2, 3])
    chain.call("Book", "write_code", OWNER, START, [1, 5, -6])
    address = chain.addresses["Book"]
    chain.rebuild({address: {0: 40}})
    assert unpacked(chain.call("Book", "write", OWNER, START, [1, 2, 2]).output) == [42]
    assert chain.code(create_address(address, 1)) == packed([5, -6])
    assert chain.call("Book", "write_code", OWNER, START, [2, 7, 8]).succeeded
    assert chain.code(create_address(address, 2)) == packed([7, 8])


def test_eth_tester_makes_real_blocks_and_receipts(book) -> None:
    chain = connect("eth-tester", book)
    chain.deploy(GENESIS)
    for _ in range(3):
        chain.call("Book", "write", OWNER, START + 1, [1, 1, 1])
    chain.seal()
    block = chain.web3.eth.get_block("latest", full_transactions=True)
    assert block["timestamp"] == START + 1
    receipts = [
        chain.web3.eth.get_transaction_receipt(each["hash"])
        for each in block["transactions"]
    ]
    assert [receipt["status"] for receipt in receipts] == [1, 1, 1]
    with pytest.raises(ChainError, match="mined already"):
        chain.call("Book", "write", OWNER, START + 1, [1, 1, 1])


def test_a_chain_on_which_the_deployer_was_active_is_refused(book) -> None:
    with running_anvil() as url:
        connect(url, book).deploy(GENESIS)
        with pytest.raises(ChainError, match="start it afresh"):
            connect(url, book).deploy(GENESIS)


def crowd(count: int) -> SimpleNamespace:
    """A genesis of so many actors."""
    actors = {
        f"actor-{number}": actor_address(f"actor-{number}") for number in range(count)
    }
    return SimpleNamespace(**vars(GENESIS) | {"actors": actors})


def test_the_first_account_of_a_node_pays_for_a_crowd(book) -> None:
    genesis = crowd(300)
    with running_anvil("--no-mining") as url:
        chain = connect(url, book)
        chain.deploy(genesis)
        for sender in genesis.actors.values():
            assert chain.call("Book", "write", sender, START, [1, 2, 0]).succeeded
        chain.close()


def test_who_pays_and_has_too_little_is_told_the_sum_and_pays_nothing(book) -> None:
    with running_anvil("--balance", "4") as url:
        chain = connect(url, book)
        payer = chain.ask("eth_accounts")[0]
        said = (
            r"3 accounts need 4\.801 ether, 50 calls of 0\.032 at most each, and "
            rf"{payer} has 4\.000: start the node with more"
        )
        with pytest.raises(ChainError, match=said):
            chain.deploy(crowd(2))
        assert int(chain.ask("eth_getBalance", payer, "latest"), 16) == 4 * 10**18
        chain.close()


@pytest.mark.parametrize("kind", ["http://127.0.0.1:1", "http://[bad", "ganache"])
def test_what_is_no_chain_is_reported(book, kind) -> None:
    with pytest.raises(ChainError, match=r"no node answers|not none, revm"):
        connect(kind, book).deploy(GENESIS)


def test_a_server_that_is_no_node_is_reported(book) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *arguments) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(ChainError, match="no node answers"):
            connect(url, book).deploy(GENESIS)
        server.shutdown()


def test_a_node_that_does_not_answer_is_reported_soon(book, monkeypatch) -> None:
    monkeypatch.setattr("evm.node.TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(ChainError, match="no node answers"):
            connect(url, book).deploy(GENESIS)
        assert time.monotonic() - began < 5
