"""
Gas and sizes are what the snapshot and the page say, and no call grows dearer with its
neighbours.
"""

from __future__ import annotations

import re

import pytest

from benchmarks.cases import CASES
from benchmarks.cases.lens import CALL_GAS
from benchmarks.gas import (
    SIZE_LIMIT,
    SIZE_LIMITS,
    Measured,
    main,
    measure,
    measure_all,
    read_snapshot,
    too_large,
    write_snapshot,
)
from benchmarks.genesis import TOKEN, holder
from benchmarks.page import INNER, PAGE, published_table, sources_list, tables, written
from benchmarks.published import ROWS, SOURCES
from benchmarks.stage import HIGHEST, LOWEST, Stage, Unexpected, stage_in_use, trade_of
from benchmarks.where import Place, where
from benchmarks.where import main as where_main
from evm.compile import CONTRACTS
from protocol.fixed_point import WAD
from protocol.trace import Action
from tests.entry_points import changing


@pytest.fixture(scope="module")
def stage() -> Stage:
    """A protocol in use."""
    return stage_in_use()


def test_the_snapshot_is_current(stage) -> None:
    measured, calls = measure_all(stage)
    assert measured == read_snapshot(), "python -m benchmarks.gas shows more"
    assert len(measured.gas) == len(CASES) + 1
    page = PAGE.read_text()
    found = tables(measured.gas, measured.size, measured.missed, calls)
    assert written(page, found) == page
    assert changing() - set(stage.measured) == set(INNER)
    assert set().union(*INNER.values()) <= set(stage.measured)


def made_by(contract: str) -> dict[str, set[str]]:
    """What a function calls of other contracts, by itself or through another."""
    source = (CONTRACTS / f"{contract}.vy").read_text()
    bodies = dict(re.findall(r"^def (\w+)(.*?)(?=^def |\Z)", source, re.M | re.S))

    def names(function: str) -> set[str]:
        body = bodies[function]
        made = re.findall(r"extcall \w+\(\w+\)\.(\w+)\(", body)
        tried = re.findall(r"method_id\(\s*\"(\w+)\(", body)
        within = set(re.findall(r"\bself\.(\w+)\(", body))
        return {*made, *tried}.union(*map(names, within))

    return {f"{contract}.{function}": names(function) for function in bodies}


def test_the_page_names_all_who_make_an_inner_call() -> None:
    made: dict[str, set[str]] = {}
    for contract in {call.partition(".")[0] for call in changing()}:
        made |= made_by(contract)
    for call, callers in INNER.items():
        found = {each for each, names in made.items() if call.split(".")[1] in names}
        assert found & changing() == set(callers), call


def table(name: str) -> str:
    """What stands on the page between two markers."""
    found = re.search(
        rf"<!-- {name} -->\n(.*)\n<!-- /{name} -->", PAGE.read_text(), re.S
    )
    assert found
    return found[1]


def numbers(text: str) -> dict[str, int]:
    """The last two cells of the rows that end with a number."""
    rows = re.findall(r"\| ([^|]+) \| ([\d,]+) \|$", text, re.MULTILINE)
    return {name.strip("`"): int(number.replace(",", "")) for name, number in rows}


def test_the_page_says_what_the_snapshot_says() -> None:
    snapshot = read_snapshot()
    assert numbers(table("gas")) == snapshot.gas
    assert numbers(table("size")) == snapshot.size
    assert table("published") == published_table(snapshot.gas)
    assert table("sources") == sources_list()


def test_every_published_figure_has_its_source_and_every_source_a_figure() -> None:
    figures = [each for row in ROWS for found in row.others.values() for each in found]
    assert {source for _, source in figures} == set(SOURCES)
    assert all(any(letter.isdigit() for letter in text) for text, _ in figures)


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"gas\.md: has no <!-- gas -->"):
        written("<!-- gas -->", {"gas": ""})


def test_a_crowd_is_read_in_one_call() -> None:
    gas = read_snapshot().gas
    batches = [each.name for each in CASES if each.goal == CALL_GAS]
    assert len(batches) == 2
    assert all(gas[name] < CALL_GAS for name in batches)


def test_what_a_case_did_is_undone(stage) -> None:
    case = next(each for each in CASES if each.name == "liquidate: whole")
    before = stage.lockstep.every_word()
    once, again = measure(stage, [case]), measure(stage, [case])
    assert once == again
    assert stage.lockstep.every_word() == before
    assert stage.lockstep.check_roots() == "equal"


def test_what_misses_its_goal_is_taken_apart(stage) -> None:
    snapshot = read_snapshot()
    goals = {each.name: each.goal for each in CASES if each.goal is not None}
    late = {name for name, goal in goals.items() if snapshot.gas[name] > goal}
    assert snapshot.missed.keys() == late
    for name, spent in snapshot.missed.items():
        assert sum(spent.values()) == snapshot.gas[name]
    case = next(each for each in CASES if each.name == "trade: first open")
    gas, spent = where(stage, case)
    assert gas == sum(spent.values()) == snapshot.gas[case.name]
    assert spent[Place("Exchange.trade", "writes")] > 2 * 20_000
    assert spent[Place("Rules.terms", "writes")] == 0
    # Nothing is counted any more.
    stage.round(0)
    assert sum(spent.values()) == gas


def test_where_the_gas_of_no_case_goes_is_asked_in_vain(capsys) -> None:
    assert where_main(["call margn"]) == 2
    assert "did you mean 'call margin'?" in capsys.readouterr().out


def test_a_case_that_fails_is_no_measurement(stage) -> None:
    call = ("trader", "Exchange", "trade", holder("trader"), 0, 10 * WAD, WAD)
    with stage.branch():
        stage.deposit("trader")
        with pytest.raises(Unexpected, match="LimitExceeded instead of success"):
            stage.call(*call)


def test_every_contract_can_be_deployed(stage) -> None:
    assert too_large(stage.sizes) == []
    assert stage.sizes["Exchange"] < SIZE_LIMITS["Exchange"] == 23_000
    assert max(stage.sizes.values()) < SIZE_LIMIT == 24_576
    assert too_large({"Exchange": 23_000, "Oracle": 24_575, "Vault": 24_576}) == [
        "Exchange: 23,000 bytes, and not below 23,000",
        "Vault: 24,576 bytes, and not below 24,576",
    ]


def test_a_difference_from_the_snapshot_fails(tmp_path, monkeypatch, capsys) -> None:
    path = tmp_path / "gas.json"
    measured = Measured({"more": 2, "new": 3}, {"Exchange": 5}, {})
    write_snapshot(Measured({"gone": 7, "more": 1}, {"Exchange": 6}, {}), path)
    page = tmp_path / "gas.md"
    page.write_text("<!-- gas -->\n<!-- /gas -->\n")
    monkeypatch.setattr("benchmarks.gas.SNAPSHOT", path)
    monkeypatch.setattr("benchmarks.gas.PAGE", page)
    monkeypatch.setattr("benchmarks.gas.tables", lambda *measured: {"gas": "new"})
    calls = dict.fromkeys(measured.gas, "Exchange.trade")
    monkeypatch.setattr("benchmarks.gas.measure_all", lambda: (measured, calls))
    assert main([]) == 1
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("+1", "new", "gone", "-1", "gas.json is not"))
    assert main(["--write"]) == 0
    assert read_snapshot(path) == measured
    assert page.read_text() == "<!-- gas -->\nnew\n<!-- /gas -->\n"
    assert main([]) == 0
    page.write_text("<!-- gas -->\nold\n<!-- /gas -->\n")
    assert main([]) == 1
    assert "gas.md is not" in capsys.readouterr().out


def crowded(accounts: int) -> Stage:
    """A market in which so many accounts have positions, half of them short."""
    stage = Stage()
    stage.round(0)
    stage.enter("provider", 10**6)
    stage.deposit("trader")
    stage.now += 12
    sender = stage.genesis.actors["crowd"]
    for number in range(accounts):
        account = holder("crowd", number)
        size, limit = (WAD // 20, HIGHEST) if number % 2 else (-WAD // 20, LOWEST)
        for function, *words in (
            ("deposit", account, 100 * TOKEN),
            ("trade", account, 0, size, limit),
        ):
            action = Action("Exchange", function, sender, stage.now, tuple(words))
            assert stage.lockstep.model.apply(action).error is None
    follow(stage)
    return stage


def follow(stage: Stage) -> None:
    """Put every word of the model into the chain: the calls would take minutes."""
    chain = stage.chain
    chain.seal()
    vm = chain.evm.get_vm(chain.evm.header)
    for name, words in stage.lockstep.every_word().items():
        address = chain.addresses[name].to_bytes(20, "big")
        for slot, word in words.items():
            vm.state.set_storage(address, slot, word)
    vm.state.persist()
    chain.evm.header = chain.evm.header.copy(state_root=vm.state.state_root)
    del chain.pending


def test_a_trade_costs_the_same_among_ten_and_ten_thousand() -> None:
    gas = []
    for accounts in (10, 10_000):
        stage = crowded(accounts)
        opened = stage.measure(*trade_of("trader", 0, 10))
        reduced = stage.measure(*trade_of("trader", 0, -5))
        # The chain keeps what the model keeps, and nothing else.
        assert stage.lockstep.check_roots() == "equal"
        assert len(stage.state.accounts) == accounts + 1
        gas.append((opened, reduced))
    assert gas[0] == gas[1]
