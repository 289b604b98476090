"""
The soak finds a planted fault, makes it short, and writes what replays it; what stops
it goes on as if nothing had.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evm import tester
from protocol.trace import read_trace
from tests.entry_points import entry_points
from tests.laws.faults import Edit, Mutant, faulty_model
from tests.stateful import roots, soak
from tests.stateful.soak import main
from tests.stateful.tally import Endings, never

# The maker's fee is rounded the other way, in the model alone.
ROUNDED = Mutant(
    "",
    "",
    "fee",
    "",
    (Edit("return mul_wad_up(amount, rate)", "return -mul_wad_up(-amount, rate)"),),
    (),
)


def tally_in(folder: Path, seed: int) -> dict:
    """What a soak has kept."""
    kept = json.loads((folder / f"soak-{seed}.json").read_text())
    del kept["seconds"]
    return kept


def test_a_short_soak_finds_nothing(tmp_path, capsys) -> None:
    options = ["--steps", "1500", "--seed", "3", "--output", str(tmp_path)]
    assert main([*options, "--laws-every", "1", "--check-every", "200"]) == 0
    said = capsys.readouterr().out
    assert "differences: 0" in said
    assert "Exchange.trade" in said
    kept = tally_in(tmp_path, 3)
    assert (kept["seed"], kept["episodes"]) == (3, 1)
    assert kept["calls"] >= 1_500
    counted = [
        each["ok"] + sum(each["refused"].values())
        for each in kept["by_entry_point"].values()
    ]
    assert kept["calls"] == sum(counted)


def test_a_fault_is_found_made_short_and_replayed(tmp_path, capsys) -> None:
    options = ["--steps", "3000", "--seed", "1", "--output", str(tmp_path)]
    with faulty_model(ROUNDED):
        assert main(options) == 1
        (path,) = tmp_path.iterdir()
        assert f"--replay {path}" in capsys.readouterr().out
        assert main(["--replay", str(path)]) == 1
    assert len(read_trace(path).actions) <= 20
    assert main(["--replay", str(path)]) == 0


def test_ctrl_c_keeps_whole_episodes_and_goes_on(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(soak, "EPISODE", 300)
    options = ["--steps", "900", "--seed", "2"]
    assert main([*options, "--output", str(tmp_path / "whole")]) == 0
    play = soak.episode

    def pressed(run, choose, steps, every, report) -> None:
        play(run, choose, steps, every, report)
        if choose.seed == "2/2":
            raise KeyboardInterrupt

    parts = [*options, "--output", str(tmp_path / "parts")]
    with monkeypatch.context() as pressing:
        pressing.setattr(soak, "episode", pressed)
        assert main(parts) == 130
    assert tally_in(tmp_path / "parts", 2)["episodes"] == 1
    said = capsys.readouterr().out
    command = said.partition("to go on:\n  python -m tests.stateful.soak ")[2]
    assert main(command.split()) == 0
    assert tally_in(tmp_path / "parts", 2) == tally_in(tmp_path / "whole", 2)
    # Without being asked to, it begins anew.
    assert main(parts) == 0
    assert tally_in(tmp_path / "parts", 2) == tally_in(tmp_path / "whole", 2)
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["soak-2.json"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not the tally of a soak"),
        ('{"seed": 1, "format": "perpspec trace"}', "another format: perpspec trace"),
        ('{"seed": 4}', "of seed 4, not of 1"),
    ],
)
def test_a_tally_that_is_none_is_told(tmp_path, capsys, text, said) -> None:
    kept = tmp_path / "soak-1.json"
    kept.write_text(text)
    options = ["--seed", "1", "--resume", "--output", str(tmp_path)]
    assert main(options) == 2
    assert said in capsys.readouterr().out
    assert kept.read_text() == text


def test_storage_roots_are_compared(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(soak, "EPISODE", 120)
    monkeypatch.setattr(soak, "SHORT", 110)
    options = ["--steps", "120", "--roots-every", "1", "--output", str(tmp_path)]
    assert main(options) == 0
    assert tally_in(tmp_path, 0)["roots"] == 1
    # One word more than the model knows, and all of the calls are kept to show it.
    monkeypatch.setattr(
        tester.TesterChain, "storage_root", lambda self, address: b"\1" * 32
    )
    assert main(options) == 1
    said = capsys.readouterr().out
    assert "model and chain differ: roots" in said
    path = tmp_path / "failure-0-1-roots.jsonl"
    assert f"--replay {path} --evm eth-tester" in said
    replay = ["--replay", str(path), "--evm", "eth-tester"]
    assert main(replay) == 1
    monkeypatch.undo()
    assert main(replay) == 0


def test_what_has_no_key_signs_nothing() -> None:
    """The forwarder has none, and calls all the same."""
    choose = soak.Seeded("forwarded")
    genesis = soak.configuration.genesis(choose)
    run = soak.Run(genesis, laws_every=0, kind=roots.ForwardingTester)
    roots.play(run, choose, 100)
    senders = {action.sender for action in run.actions}
    assert run.world.actors["forwarder"] in senders
    assert senders <= set(run.world.senders)


def test_what_was_never_met_is_listed() -> None:
    known = entry_points()
    never_ok, never_refused = never({})
    assert {"Exchange.trade", "Lens.statement_of", "Token.mint"} <= set(never_ok)
    assert {"Exchange.trade", "Exchange.set_market"} <= set(never_refused)
    # Nobody but a contract may call the one; nothing refuses the others.
    assert "Exchange.set_market" not in never_ok
    assert not {"Token.approve", "Lens.statement_of"} & set(never_refused)
    assert never({name: Endings(1, {"OutOfBounds": 1}) for name in known}) == ([], [])
    assert never({name: Endings(0, {"OutOfBounds": 1}) for name in known}) == (
        never_ok,
        [],
    )
