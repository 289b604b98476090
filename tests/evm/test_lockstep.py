"""
Lockstep: what is the same passes, and each kind of difference is found and named.
"""

from __future__ import annotations

from itertools import count
from shutil import copytree

import pytest

from evm.chain import connect
from evm.compile import compile_contracts
from evm.digest import Digest
from evm.encoding import ERRORS
from evm.lockstep import LAYERS, Difference, Lockstep, profile
from evm.words import selector
from protocol.trace import Action
from tests.evm.book import BookModel, Position
from tests.evm.conftest import CONTRACTS, GENESIS, OWNER, START, TRADER


def call(function, *arguments, now=START, sender=TRADER) -> Action:
    """A call of the small contract."""
    return Action("Book", function, sender, now, arguments)


WRITE = call("write", 7, 5, -3)
CALLS = [
    WRITE,
    call("write", 7, 5, 100),
    call("write_code", 7, 5, -6),
    call("position", 7, 5),
    call("position", 7, 1000),
    call("write", 8, 2000, 99, now=START + 1, sender=OWNER),
    call("write_code", 7, 1, 2, now=START + 1),
    call("write", 7, 5, 0, now=START + 9),
]


def views(action, outcome):
    """The views of what a call wrote."""
    if action.function == "write":
        yield call("position", *action.arguments[:2], now=action.now)
    yield call("time", now=action.now)
    yield call("identity", now=action.now)


@pytest.fixture(autouse=True)
def known_errors(monkeypatch) -> None:
    """Lockstep knows the names of the protocol's errors; the contract has another."""
    monkeypatch.setitem(ERRORS, selector("TooLarge()"), "TooLarge")


def on(chain, **options) -> Lockstep:
    """A model beside a chain that is freshly deployed."""
    return Lockstep(BookModel(), chain, **options)


def run(pair, actions) -> None:
    """Make the calls on both sides."""
    for action in actions:
        pair.step(action)


def patched(tmp_path, original, faulty):
    """The contract with one fault, on revm."""
    source = copytree(CONTRACTS, tmp_path / "contracts") / "Book.vy"
    text = source.read_text()
    assert text.count(original) == 1
    source.write_text(text.replace(original, faulty))
    chain = connect("revm", compile_contracts(source.parent, names=["Book"]))
    chain.deploy(GENESIS)
    return chain


def test_model_and_chain_agree_to_the_root(chain) -> None:
    pair = on(chain, views=views)
    gas = [pair.step(action).observed.gas for action in CALLS]
    assert pair.check_roots() == ("unknown" if chain.name == "revm" else "equal")
    assert all(each is None for each in gas) == (chain.name == "revm")


def test_a_run_has_the_same_digest_on_every_chain(chain) -> None:
    pair = on(chain)
    run(pair, CALLS)
    expected = "d631d3f9cb070266d8611c4f60d8b9e72cb1724fe8dd99031b6be7a760269862"
    assert pair.finished() == expected


def test_no_two_runs_are_hashed_alike() -> None:
    one, other = Digest({"Book": 1}), Digest({"Book": 1})
    one.add_call(True, b"ab", [(1, (b"c",), b"")])
    other.add_call(True, b"a", [(1, (b"bc",), b"")])
    assert one.hexdigest() != other.hexdigest()


FAULTS = {
    "outcome": ("size < 100", "size <= 100", "success", r"refused: TooLarge"),
    "no error": (
        "errors.require(size < 100, errors.TOO_LARGE)",
        "assert size < 100",
        "refused without an error",
        r"refused: TooLarge",
    ),
    "returned": ("return self.total\n", "return self.total + 1\n", "-2", "-3"),
    "logs": ("writer=msg.sender", "writer=self", "Book topics", "Book topics"),
    "slots": ("size=size, quote=1", "size=size, quote=2", "0x2", "0x1"),
    "code": ("abi_encode(first, second)", "abi_encode(second, first)", "fffa", "05ff"),
    "views": ("[inner].size, self", "[inner].quote, self", "0x3 ", "0xf"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_in_its_layer(fault, tmp_path) -> None:
    original, faulty, observed, predicted = FAULTS[fault]
    layer = {"no error": "outcome", "code": "slots"}.get(fault, fault)
    chain = patched(tmp_path, original, faulty)
    pair = on(chain, views=views, trace="run.jsonl")
    with pytest.raises(Difference) as found:
        run(pair, CALLS)
    assert found.value.layer == layer
    assert observed in found.value.chain
    assert predicted in found.value.model
    assert "perpspec replay run.jsonl --evm revm" in str(found.value)

    # Without its layer the call passes, so it was that layer which found it.
    blind = on(patched(tmp_path / "again", original, faulty), layers=LAYERS - {layer})
    if layer != "outcome":
        blind.step(found.value.action)


def test_a_stray_word_is_found_by_the_root(tmp_path, book) -> None:
    stray = "    self.ring[(inner + 1) % 3].quote = 9\n    log Written"
    source = copytree(CONTRACTS, tmp_path / "contracts") / "Book.vy"
    source.write_text(source.read_text().replace("    log Written", stray))
    chain = connect("eth-tester", compile_contracts(source.parent, names=["Book"]))
    chain.deploy(GENESIS)
    pair = on(chain)
    pair.step(WRITE)
    with pytest.raises(Difference, match="does not know") as found:
        pair.check_roots()
    assert found.value.layer == "roots"


def test_a_word_that_the_model_lost_is_named_by_the_root(book) -> None:
    chain = connect("eth-tester", book)
    chain.deploy(GENESIS)
    pair = on(chain)
    pair.step(WRITE)
    pair.model.positions[7, 5] = Position(-3, 4)
    with pytest.raises(Difference) as found:
        pair.check_roots()
    assert found.value.place == "Book.positions[7][5].quote"


def test_a_difference_says_which_call_and_which_word(book) -> None:
    chain = connect("revm", book)
    chain.deploy(GENESIS)
    pair = on(chain)
    pair.model.ring.pack = lambda record: (record.size, record.quote + 1)
    with pytest.raises(Difference) as found:
        pair.step(WRITE)
    assert found.value.number == 1
    assert found.value.action == WRITE
    assert found.value.place.startswith("Book.ring[2].quote (slot ")
    assert "Book.write(7, 5, -3)" in str(found.value)


def test_a_halt_is_told_from_a_revert(book) -> None:
    chain = connect("revm", book)
    chain.deploy(GENESIS)
    pair = on(chain)
    pair.model.burn = lambda call, ok: None
    with pytest.raises(Difference, match="halted: Halt"):
        pair.step(call("burn", 0))


def test_revm_goes_on_from_the_model_s_tables(book) -> None:
    chain = connect("revm", book)
    chain.deploy(GENESIS)
    pair = on(chain, views=views)
    for action in CALLS:
        pair.step(action)
        pair.rebuild()
    assert pair.finished() == pair.digest.hexdigest()


def test_phases_are_timed_when_asked(book) -> None:
    chain = connect("revm", book)
    chain.deploy(GENESIS)
    pair = on(chain)
    ticks = count()
    spent = profile(pair, lambda: next(ticks))
    pair.step(WRITE)
    assert spent == {"model": 1, "evm": 1, "encode": 1, "compare": 1}


def test_an_unknown_layer_is_refused(book) -> None:
    chain = connect("revm", book)
    with pytest.raises(ValueError, match="no such layers: slot"):
        on(chain, layers={"slot"})
