"""
The glossary has each term once for each of its meanings, in order.
"""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"


def test_terms_are_sorted_and_each_row_has_one_of_its_own() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    terms = [line.split("|")[1].strip() for line in lines[2:]]
    assert len(terms) > 60
    assert len(set(terms)) == len(terms)
    # `wad` before `wei`, `cash` before `claim`: as a reader looks them up.
    words = [term.split(",")[0].split(" (")[0] for term in terms]
    assert words == sorted(words)


def test_what_is_done_with_the_protocol_has_its_words_too() -> None:
    text = PAGE.read_text()
    for term in ("digest", "genesis", "lockstep", "look", "mutant", "trace", "twin"):
        assert f"\n| {term} | " in text
