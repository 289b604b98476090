"""
The report: one page that needs nothing else and says what happened.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evm.compile import compile_contracts
from simulation.answers import digits, percent
from simulation.comparison import summary_of_all
from simulation.drawing import COLOURS, grouped
from simulation.engine import run_scenario
from simulation.figures import Charts
from simulation.measures import quantiles
from simulation.report import priced, tone_of, write_report
from simulation.run import Played, prepare, run
from simulation.scenario import load_scenario
from simulation.summary import labels_of, summary_of, verdict
from tests.simulation.small import (
    CALLS,
    CRASH,
    DEPEG,
    FLIGHT,
    SAFETIES,
    SMALL,
    SMALL_CALLS,
    SMALL_DEPEG,
    SMALL_FLIGHT,
    SMALL_SAFETIES,
    SMALL_THIN,
    STORM,
    THIN,
)

VOID = {"meta", "br", "link", "input", "img", "wbr"}


class Page(HTMLParser):
    """Reads a page, and minds that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href"):
                self.links.append(value)
            if name == "id":
                self.ids.append(value)

    def handle_startendtag(self, tag, attrs) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory):
    """A small run and the folder with its report."""
    folder = tmp_path_factory.mktemp("report")
    prepared, played, summary = report_of(CRASH, SMALL, folder)
    return prepared, played.result, summary, folder


def report_of(path: Path, overrides: list[str], folder: Path):
    """The report of a small run, and what it was made from."""
    prepared = prepare(path, overrides)
    play = prepared.plays[0]
    result = run_scenario(
        play.scenario,
        play.series,
        compile_contracts(),
        folder / "trace.jsonl",
        evm="none",
    )
    played = Played(
        play, result, summary_of(play.scenario, result, ["a note with <b> in it"])
    )
    summary = summary_of_all(prepared.scenario, [played])
    write_report(folder, [played], summary, "perpspec replay X")
    return prepared, played, summary


@pytest.fixture(scope="module")
def page(written) -> Page:
    """The report as a browser reads it."""
    read = Page()
    read.feed((written[3] / "report.html").read_text())
    return read


def test_it_is_one_whole_page_that_asks_for_nothing(written, page) -> None:
    assert page.open == []
    assert all(link.startswith("#") for link in page.links)
    text = (written[3] / "report.html").read_text()
    assert "<script" not in text
    assert not re.search(r"url\((?!#)", text)
    assert "@import" not in text


def test_no_id_is_used_twice(page) -> None:
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_the_answer_comes_first_and_then_the_verdict(written, page) -> None:
    said = verdict(written[2], "USDC")
    assert said.startswith("Solvent; the vault bore a loss:")
    question, answer = written[2]["question"], written[2]["answer"]
    assert answer.startswith("Yes, a share of it ends at 1.")
    places = [page.text.index(each) for each in (question, answer, said, "Liquidation")]
    assert places == sorted(places)


def test_variants_stand_side_by_side(tmp_path) -> None:
    done = run(prepare(DEPEG, SMALL_DEPEG), tmp_path / "run")
    read = Page()
    read.feed((tmp_path / "run" / "report.html").read_text())
    assert read.open == []
    assert len(read.ids) == len(set(read.ids))
    table = read.text.index("Variants side by side")
    for words in ("haircut-0.05", "collateral.sUSD.haircut = 0.20", "Paid by insura"):
        assert table < read.text.index(words, table) < read.text.index("How the varia")
    assert read.text.index(done.summary["answer"]) < table
    assert "All of haircut-0.05" in read.text
    assert "variants/haircut-0.05/trace.jsonl.gz" in read.text
    assert (tmp_path / "run" / "variants.png").is_file()


def test_without_variants_nothing_stands_side_by_side(page) -> None:
    assert "side by side" not in page.text


@pytest.mark.parametrize(
    "words",
    [
        "USDC per ETH",
        "minutes since the start of the run",
        "open interest and skew",
        "Insurance fund",
        "Net asset value of the vault",
        "Equity against the money brought",
        "NotOperator 1",
        "perpspec replay X",
        "long-0-",
        "a note with <b> in it",
    ],
)
def test_it_says_what_happened_in_words_with_units(words, page) -> None:
    assert words in page.text


@pytest.mark.parametrize("words", ["long ETH", "lending to the vault", "keeper"])
def test_it_says_who_won_and_who_lost(words, page) -> None:
    _, _, table = page.text.partition("Who won, who lost")
    assert words in table


def test_it_says_where_a_token_went(tmp_path) -> None:
    report_of(DEPEG, [*SMALL_DEPEG, "variant=[]"], tmp_path)
    read = Page()
    read.feed((tmp_path / "report.html").read_text())
    assert read.open == []
    for words in (
        "Tokens that back accounts",
        "long ETH, backed by sUSD",
        "sUSD: price and sales",
        "USDC per sUSD",
        "sUSD in all accounts",
    ):
        assert words in read.text
    assert (tmp_path / "token-sUSD.png").is_file()


def test_it_says_what_winners_were_not_paid(tmp_path) -> None:
    capped = ["variant=[]", "market.JELLY.payout.factor=0.05"]
    _, _, summary = report_of(THIN, [*SMALL_THIN, *capped], tmp_path)
    read = Page()
    read.feed((tmp_path / "report.html").read_text())
    assert read.open == []
    _, _, table = read.text.partition("What markets paid their winners")
    assert f"{summary['payout_cut']:,.0f}" in table
    for words in (
        "winners were paid in part, 7 times",
        "Cut from the gains of winners, added up",
        "long JELLY of the attacker",
    ):
        assert words in read.text
    for words in (
        "Bad debt borne by the vault",
        "Deleveraging opened",
        "deleveraged (",
    ):
        assert words not in read.text
    # Sizes of a million, and prices of a hundredth.
    assert not re.search(r"\de[+-]\d", table)


def test_it_says_who_was_deleveraged(tmp_path) -> None:
    _, _, summary = report_of(SAFETIES, [*SMALL_SAFETIES, "variant=[]"], tmp_path)
    read = Page()
    read.feed((tmp_path / "report.html").read_text())
    assert read.open == []
    _, _, table = read.text.partition("What markets paid their winners")
    assert f"{summary['deleveraged_value']:,.0f}" in table
    for words in (
        f"deleveraged ({summary['deleveraged']})",
        "Closed by deleveraging",
        "Closed of winners' positions for their market's sake, added up",
        "Deleveraging opened",
    ):
        assert words in read.text


def test_it_says_who_was_called_and_topped_up(page, tmp_path) -> None:
    orders = [f"agents.{place}.order_fee=1 USDC" for place in range(2)]
    alone = [*SMALL_CALLS, "variant=[]", "run.answer=crash", *orders]
    _, played, summary = report_of(CALLS, alone, tmp_path)
    read = Page()
    read.feed((tmp_path / "report.html").read_text())
    assert read.open == []
    calls = [each for each in played.result.events if each.kind == "called"]
    assert summary["margin_calls"] == len(calls)
    in_sol = sum(each.market_id for each in calls)
    for words in (
        f"called ({in_sol})",
        f"{summary['margin_calls_answered']} of them answered",
        f"by orders of the owners, {summary['top_ups']} times",
        "long SOL, answering calls",
    ):
        assert words in read.text
    assert "Margin calls" not in page.text
    assert "Topped up" not in page.text


def test_it_says_what_became_of_orders(page, tmp_path) -> None:
    waiting = [*SMALL, "protocol.order.delay=30s"]
    _, _, summary = report_of(CRASH, waiting, tmp_path)
    read = Page()
    read.feed((tmp_path / "report.html").read_text())
    assert read.open == []
    ends = (f"{summary[f'orders_{end}']} {end}" for end in ("refused", "expired"))
    for words in (
        "Orders filled",
        f"{', '.join(ends)}; keepers were paid {summary['order_fees']:.0f} USDC",
        "Paid for orders",
    ):
        assert words in read.text
        assert words not in page.text


def test_it_says_what_providers_wait_for(tmp_path) -> None:
    run(prepare(FLIGHT, SMALL_FLIGHT), tmp_path / "run")
    read = Page()
    read.feed((tmp_path / "run" / "report.html").read_text())
    for words in (
        "Asked back by providers and not paid out yet",
        "lending to the vault until 12m",
        "Of it out",
    ):
        assert words in read.text
    assert "What markets paid their winners" not in read.text


def test_charts_take_the_colours_of_the_page(written) -> None:
    text = (written[3] / "report.html").read_text()
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) >= 5
    for drawing in drawings:
        assert "var(--ink)" in drawing
        assert not any(colour in drawing for colour in COLOURS.values())


def test_figures_are_pictures_too(written) -> None:
    pictures = list(written[3].glob("*.png"))
    assert {path.stem for path in pictures} >= {"overview", "price-ETH", "solvency"}
    for path in pictures:
        assert path.read_bytes().startswith(b"\x89PNG")


def test_the_chart_that_is_shown_first_is_the_same_each_time(written, tmp_path) -> None:
    prepared, result, _, folder = written
    charts = Charts(prepared.scenario, prepared.series, result)
    path: Path = tmp_path / "again.png"
    charts.png(charts.main(), path)
    assert path.read_bytes() == (folder / "overview.png").read_bytes()


def test_quantiles_are_by_the_nearest_rank() -> None:
    assert quantiles([]) == ()
    assert quantiles([7]) == (7,) * 5
    assert quantiles(list(range(101))) == (5, 25, 50, 75, 95)


def test_a_verdict_fits_what_happened(written) -> None:
    summary = dict(written[2])
    cases = [
        (
            {"solvent": False, "vault_nav_end": -12.6},
            "Insolvent: the vault is worth -13 USDC.",
        ),
        (
            {"solvent": False, "vault_nav_end": -0.22},
            "Insolvent: the vault is worth less than nothing.",
        ),
        (
            {"bad_debt": 0.0},
            "Solvent: of what accounts could not pay, the insurance fund paid 50 USDC, "
            "the vault nothing. A share",
        ),
        (
            {"bad_debt": 0.0, "insurance_drawn": 0.0},
            "Solvent: no account left a debt. A share",
        ),
        ({"conservation_violations": 2}, "The books did not add up after 2"),
    ]
    for change, said in cases:
        told = verdict(summary | change, "USDC")
        assert told.startswith(said)
        assert ("A share ends at 1.0" in told) == ("Solvent" in said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "lost 76 %; the vault bore a loss: "),
        ({"bad_debt": 0.0}, "lost 76 %: of what accounts could not pay, the insurance"),
        (
            {"bad_debt": 0.0, "insurance_drawn": 0.0},
            "lost 76 %, though no account left a debt. A share ends at 0.2359.",
        ),
        ({"share_value_end": 0.9988}, "lost 0.12 %; the vault"),
    ],
)
def test_a_verdict_says_first_what_a_share_lost(change, said, written) -> None:
    told = verdict(written[2] | {"share_value_end": 0.2359} | change, "USDC")
    assert told.startswith(f"Solvent, but a share of the vault {said}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "interrupted after 20m. Until then solvent; the vault bore a loss: "),
        (
            {"cut": True, "scenario_time": "0s", "bad_debt": 0.0},
            "cut off after 0s. Until then solvent: of what accounts could not pay,",
        ),
        (
            {"solvent": False, "vault_nav_end": -1.0},
            "interrupted after 20m. Until then insolvent: ",
        ),
    ],
)
def test_a_run_that_was_not_ended_has_no_verdict(change, said, written) -> None:
    summary = written[2] | {"complete": False} | change
    told = verdict(summary, "USDC")
    assert told.startswith(f"No verdict: {said}")
    assert ("A share stood at 1.0" in told) == ("insolvent" not in told)
    assert "ends at" not in told
    in_variants = verdict(summary | {"variants": [summary | {"name": "wide"}]}, "USDC")
    assert "Until then with wide: " in in_variants


@pytest.mark.parametrize(
    ("change", "tone"),
    [
        ({}, "warn"),
        ({"bad_debt": 0.0}, "good"),
        ({"bad_debt": 0.0, "share_value_end": 0.89}, "warn"),
        ({"bad_debt": 0.0, "complete": False}, "warn"),
        ({"solvent": False}, "bad"),
        ({"differences": 1}, "bad"),
    ],
)
def test_its_colour_says_whether_it_is_good_news(change, tone, written) -> None:
    assert tone_of(written[2] | change) == tone


def test_a_size_has_four_digits_or_no_decimals() -> None:
    sizes = [digits(size) for size in (0.012345, -12.3456, 999.96, -1_234_567.8)]
    assert sizes == ["0.01235", "-12.35", "1,000", "-1,234,568"]
    small = [digits(size) for size in (0.0, 0.0000123456, 60_000.0, 54_900.4)]
    assert small == ["0", "0.00001235", "60,000", "54,900"]
    assert [digits(1_234_567.8, 6), digits(2_999.556, 6)] == ["1,234,568", "2,999.56"]
    prices = [priced(price) for price in (0.0000123456, 1.0, 2_999.999)]
    assert prices == ["0.00001235", "1.00", "3,000.00"]


def test_a_part_is_nothing_only_where_it_is() -> None:
    parts = [percent(part) for part in (0, 0.36, 0.0036, 0.0001, 0.00002, 1)]
    assert parts == ["0 %", "36 %", "0.36 %", "0.01 %", "less than 0.01 %", "100 %"]


def test_groups_of_one_name_are_told_apart() -> None:
    groups = list(load_scenario(STORM).agents)
    early = "long ETH, entering 10m to 50m"
    assert labels_of(groups) == [early, "long ETH, entering 1h 5m to 1h 50m"]
    assert labels_of([*groups, groups[0]]) == [
        f"{early}, agents.0",
        "long ETH, entering 1h 5m to 1h 50m",
        f"{early}, agents.2",
    ]
    assert labels_of(load_scenario(THIN).agents)[:2] == [
        "take-profit long JELLY",
        "short JELLY",
    ]


def test_numbers_on_an_axis_are_short() -> None:
    assert grouped(1_234_567.0, None) == "1,234,567"
    assert grouped(0.1 + 0.2, None) == "0.3"
