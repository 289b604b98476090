"""
`perpspec calibrate`: what it prints and writes, what it refuses, its exit codes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts import terminal
from tests.scripts.command import SETTINGS, nothing_is_left
from tests.simulation.small import CRASH


@pytest.fixture
def minutes(tmp_path) -> Path:
    """An hour of prices that fall by a tenth every ten minutes and come back."""
    path = tmp_path / "minutes.csv"
    prices = (90 if minute % 10 == 9 else 100 for minute in range(61))
    rows = (f"{1_600_000_020 + 60 * i},{price}" for i, price in enumerate(prices))
    path.write_text("\n".join(["time,price", *rows]) + "\n")
    return path


CALIBRATED = ("--horizon", "1m", "--level", "0.92", "--scenario", CRASH)


def test_a_calibration_is_one_object_and_a_file(perpspec, tmp_path, minutes) -> None:
    """
    In six of sixty minutes the price falls by a tenth, in six it rises by a ninth: at a
    level of 0.92 that is the value at risk, of which 0.8 may be a fraction.
    """
    asked = "calibrate", minutes, *CALIBRATED, "--market", "BTC"
    done = perpspec(*asked, "--out", "margin.toml", "--json")
    assert done.exit_code == 0, done.stderr
    printed = json.loads(done.stdout)
    longs, shorts = printed["sides"]
    assert longs["value_at_risk"] == longs["expected_shortfall"] == "0.1"
    assert shorts["value_at_risk"] == printed["worst_round"] == "0.111111111111111112"
    assert printed["lawful"] == {
        "im_base": "0.1389",
        "maintenance_fraction": "0.8",
        "band": "0.1112",
    }
    written = (tmp_path / "margin.toml").read_text()
    assert written == printed["fragment"]
    assert written.startswith("# What minutes.csv asks for: horizon 1m, level 0.92.\n")
    assert nothing_is_left(tmp_path, "minutes.csv", "margin.toml")
    done = perpspec("check", CRASH, "--set", "@margin.toml")
    assert done.exit_code == 0, done.stderr
    again = perpspec("run", CRASH, *SETTINGS, "--set", "@margin.toml", "--json", "-q")
    assert again.exit_code == 0, again.stderr


def test_a_calibration_is_told_in_tables(perpspec, minutes) -> None:
    done = perpspec("calibrate", minutes, *CALIBRATED[:4])
    assert done.exit_code == 0, done.stderr
    said = done.stdout
    assert "minutes.csv: 61 prices from 2020-09-13T12:27:00Z to" in said
    assert "60 windows of 1m, which lie apart\n" in said
    assert re.search(r"value at risk 0\.92 +expected shortfall +worst", said)
    assert re.search(r"band +0\.1112 +0\.1112", said)
    assert "no scenario was given" in said
    assert said.endswith('[market.ETH.feed]\nband = "0.1112"\n')


def test_windows_that_overlap_are_told_to(perpspec, minutes) -> None:
    asked = "calibrate", minutes, "--horizon", "2m", "--level", "0.92"
    said = perpspec(*asked).stdout
    assert "59 windows of 2m, which overlap; 30 of them lie apart\n" in said


@pytest.mark.parametrize("name", ["of[/b]these", "prices[bold]"])
def test_a_path_may_have_brackets(perpspec, tmp_path, minutes, monkeypatch, name):
    monkeypatch.setattr(terminal, "is_watched", lambda: True)
    prices = tmp_path / f"{name}.csv"
    prices.parent.mkdir(exist_ok=True)
    minutes.rename(prices)
    done = perpspec("calibrate", prices, *CALIBRATED[:4], "--out", f"{name}.toml")
    assert done.exit_code == 0, done.output
    assert f"{name}.csv: 61 prices from" in done.stdout
    assert f"Written to {name}.toml" in done.stdout


def test_a_calibration_that_fails_its_back_test_is_told(perpspec, minutes) -> None:
    """In the hour after it the price falls by more, and twenty times: exit code 1."""
    rows = minutes.read_text().splitlines()
    for i in range(60):
        rows.append(f"{1_600_003_680 + 60 * i},{85 if i % 3 == 2 else 100}")
    minutes.write_text("\n".join(rows) + "\n")
    asked = "calibrate", minutes, *CALIBRATED, "--holdout", "0.5"
    done = perpspec(*asked, "--out", "margin.toml")
    assert done.exit_code == 1
    assert "Rejected: longs lost more than the value at risk too often" in done.stdout
    assert re.search(r"longs +0\.1000 +20 +4\.9 +< 0\.0001", done.stdout)
    assert "Written to margin.toml" in done.stdout
    done = perpspec(*asked, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["backtest"]["rejected"]
    done = perpspec(*asked[:-1], "0.2")
    assert done.exit_code == 0, done.stdout
    assert "Not rejected: neither side lost more" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.csv"], "nowhere.csv: cannot be read"),
        (["minutes.csv"], "minutes.csv: is too short, 201 prices without a gap are n"),
        (["minutes.csv", "--horizon", "5"], "--horizon: '5' is not a time span"),
        (["minutes.csv", "--horizon", "10s"], "has a price each 1m: no horizon of 10s"),
        (
            ["minutes.csv", "--level", "97.5%"],
            "--level: '97.5%': ratios have one scale",
        ),
        (["minutes.csv", "--holdout", "x"], "--holdout: 'x' does not begin with"),
        (
            ["minutes.csv", "--holdout", "1"],
            "error: --holdout: '1' is not between 0 and 1",
        ),
        (
            ["minutes.csv", "--level", "0.4"],
            "error: --level: '0.4' is not between 0.5 and 1",
        ),
        (["minutes.csv", "--market", "E T"], "error: --market: 'E T' is no name: a"),
        (
            ["minutes.csv", *CALIBRATED, "--holdout", "0.99"],
            "14 prices without a gap are needed before what is held out: one in 13",
        ),
        (
            ["minutes.csv", "--column", "mid"],
            "minutes.csv:1: no column 'mid': has time, price",
        ),
        (["minutes.csv", "--set", "run.seed=7"], "--set: there is no scenario to set"),
        (["minutes.csv", "--scenario", "x.toml"], "x.toml: cannot be read"),
        (
            ["minutes.csv", *CALIBRATED, "--market", "ETC"],
            "market.ETC: no such market; did you mean 'ETH'?",
        ),
        (
            ["minutes.csv", *CALIBRATED, "--set", "market.ETH.fee.taker=2"],
            "crash.toml: market.ETH.fee.taker: refused",
        ),
        (["minutes.csv", *CALIBRATED[:2], "--level", "0.9"], "loses nothing in 0.9 of"),
        (["minutes.csv", *CALIBRATED, "--out", "."], ".: cannot be written"),
    ],
)
def test_what_cannot_be_calibrated_is_told(
    perpspec, tmp_path, minutes, arguments, said
) -> None:
    done = perpspec("calibrate", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert nothing_is_left(tmp_path, "minutes.csv")


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("minutes.csv", "minutes.csv: is the file of prices itself, which is kept"),
        ("./mine.toml", "mine.toml: is the scenario itself, which is kept"),
        ("margin.toml", "margin.toml: is what --set reads, which is kept"),
        ("link.toml", "link.toml: is the scenario itself, which is kept"),
    ],
)
def test_a_calibration_replaces_nothing_that_it_reads(
    perpspec, tmp_path, minutes, out, said
) -> None:
    scenario, margin = tmp_path / "mine.toml", tmp_path / "margin.toml"
    scenario.write_text(CRASH.read_text())
    margin.write_text("[market.ETH.margin]\nim_base = 0.06\n")
    (tmp_path / "link.toml").symlink_to(scenario)
    before = [path.read_bytes() for path in (minutes, scenario, margin)]
    asked = (*CALIBRATED[:4], "--scenario", "mine.toml", "--set", "@margin.toml")
    done = perpspec("calibrate", minutes, *asked, "--out", out)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"error: {said}" in done.stderr
    assert [path.read_bytes() for path in (minutes, scenario, margin)] == before
    done = perpspec("calibrate", minutes, *asked, "--out", "other.toml")
    assert done.exit_code == 0, done.stderr
