"""
The commands of the README and of the how-to pages do what they say.
"""

import gzip
import random
import re
import shlex
import shutil
import subprocess
import sys
from itertools import accumulate
from pathlib import Path

import pytest

from evm.explain import explain
from protocol.fixed_point import WAD
from simulation.output import TRACE
from simulation.prices import PRICE_NAMES, TIME_NAMES, plain_name, read_prices
from simulation.run import prepare
from simulation.run import run as run_prepared

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
# Pages that explain late calls of their runs.
WHOLE = {"keeper"}
BIN = Path(sys.executable).parent


def commands(page: Path) -> list[str]:
    """The commands of a page, from its blocks and its tables."""
    text = page.read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    spans = re.findall(r"`((?:perpspec|python|pytest|make) [^`]+)`", text)
    found = [line.partition("#")[0].strip() for line in lines] + spans
    return list(dict.fromkeys(command for command in found if command))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what the commands read, where their runs may be written."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    moves = random.Random(4)
    prices = accumulate(moves.gauss(0, 4) for _ in range(1_000))
    rows = [f"{1_600_000_000 + 60 * i},{2000 + x:.2f}" for i, x in enumerate(prices)]
    with gzip.open(tmp_path / "prices.csv.gz", "wt") as file:
        file.write("\n".join(["time,price", *rows]))
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_works(page: Path, checkout: Path) -> None:
    """
    In their order, since one reads what another wrote. A run is cut short where no late
    call of it is explained, since what is shown is that it can be started as written;
    `make` and `pytest` only say what they would do, since this test is part of it.
    """
    found = commands(page)
    assert found
    for command in found:
        program, *arguments = shlex.split(command)
        folder = checkout
        if program == "perpspec":
            run = [str(BIN / "perpspec"), *arguments]
            is_cut = page.stem not in WHOLE and "--max-calls" not in arguments
            if arguments[0] == "run" and is_cut:
                run += ["--max-calls", "800"]
        elif program == "make":
            run, folder = ["make", "-n", *arguments], ROOT
        elif program == "pytest":
            run = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
            folder = ROOT
        else:
            assert program == "python", f"{page.name}: who runs {command!r}?"
            run, folder = [sys.executable, *arguments], ROOT
        done = subprocess.run(
            run, cwd=folder, capture_output=True, text=True, timeout=300
        )
        said = f"{page.name}: {command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        assert done.returncode == 0, said


def test_the_calls_that_are_explained_are_what_is_said_of_them(tmp_path) -> None:
    explains = r"explain \S+ --call (\d+)"
    keeper = (ROOT / "docs" / "how-to" / "keeper.md").read_text()
    refused, made = map(int, re.findall(explains, keeper))
    help_page = (ROOT / "scripts" / "cli.py").read_text()
    assert re.findall(explains, help_page) == [str(refused)]
    assert f"the keeper of call {made:,} " in keeper
    run_prepared(
        prepare(ROOT / "scenarios" / "crash.toml"), tmp_path / "run", max_calls=made
    )
    trace = tmp_path / "run" / TRACE
    text = explain(trace, refused).text()
    assert text.startswith(f"call {refused}: Exchange.liquidate\n")
    assert "(careless-3-0) at " in text
    assert "\nrefused: NoPosition\n" in text
    text = explain(trace, made).text()
    assert text.startswith(f"call {made}: Exchange.liquidate\n")
    assert "(keeper) at " in text
    assert "\nreturned " in text


def test_every_keeper_is_named() -> None:
    """On the page for who writes them by its file, and in the tree by what it is."""
    page = (ROOT / "docs" / "how-to" / "keeper.md").read_text()
    (branch,) = re.findall(r"^keepers/ .*$", PAGES[0].read_text(), re.MULTILINE)
    # What a keeper looks at, and how it reads answers, acts on nothing.
    helpers = {"__init__", "batch", "watch"}
    names = {path.stem for path in (ROOT / "keepers").glob("*.py")} - helpers
    assert len(names) > 5
    for name in sorted(names):
        assert f"`{name}.py`" in page
        assert re.search(rf"\b{name}s?\b", branch), name


def test_the_prices_that_are_shown_are_read_and_so_are_the_columns(tmp_path) -> None:
    text = (ROOT / "docs" / "how-to" / "designer.md").read_text()
    (shown,) = re.findall(r"^```csv\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    path = tmp_path / "prices.csv"
    path.write_text(shown)
    prices = [tick.price for tick in read_prices(path).ticks]
    assert prices == [7_200 * WAD, 71_845 * WAD // 10, 7_120 * WAD, 71_315 * WAD // 10]
    (header,) = re.findall(r"^`(open_time,.*)` above", text, re.MULTILINE)
    row = "1698364800000,34161.6,34182.5,33977.4,34024.2,9,1698368399999,1,1,1,1,0"
    later = row.replace("1698364800000", "1698368400000")
    path.write_text("\n".join([header, row, later]))
    assert len(read_prices(path).ticks) == 2
    rows = dict(re.findall(r"^\| (time|or a price) \| (.*?) \|", text, re.MULTILINE))
    for kind, names in (("time", TIME_NAMES), ("or a price", (*PRICE_NAMES, "close"))):
        named = {plain_name(name) for name in re.findall(r"`(\w+)`", rows[kind])}
        assert named == set(names)


def anchors(page: Path) -> set[str]:
    """What the headings of a page are linked by, as GitHub names them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


def test_every_link_leads_somewhere() -> None:
    pages = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
    assert ROOT / "CHANGELOG.md" in pages
    for page in pages:
        for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
            if "://" in target:
                continue
            path, _, anchor = target.partition("#")
            there = page.parent / path if path else page
            assert there.exists(), f"{page.name}: {target}"
            assert not anchor or anchor in anchors(there), f"{page.name}: {target}"
