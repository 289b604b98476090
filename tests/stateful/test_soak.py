"""
The soak finds a planted fault, makes it short, and writes what replays it.
"""

from __future__ import annotations

from protocol.trace import read_trace
from tests.laws.faults import Edit, Mutant, faulty_model
from tests.stateful.soak import main

# The maker's fee is rounded the other way, in the model alone.
ROUNDED = Mutant(
    "",
    "",
    "fee",
    "",
    (Edit("return mul_wad_up(amount, rate)", "return -mul_wad_up(-amount, rate)"),),
    (),
)


def test_a_short_soak_finds_nothing(capsys) -> None:
    assert main(["--steps", "1500", "--seed", "3", "--laws-every", "1"]) == 0
    said = capsys.readouterr().out
    assert "differences: 0" in said
    assert "Exchange.trade" in said


def test_a_fault_is_found_made_short_and_replayed(tmp_path, capsys) -> None:
    options = ["--steps", "3000", "--seed", "1", "--output", str(tmp_path)]
    with faulty_model(ROUNDED):
        assert main(options) == 1
        (path,) = tmp_path.iterdir()
        assert f"--replay {path}" in capsys.readouterr().out.replace("\n", "")
        assert main(["--replay", str(path)]) == 1
    assert len(read_trace(path).actions) <= 20
    assert main(["--replay", str(path)]) == 0
