"""
Explanations: the words of a call, and the rule behind a refusal.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from evm.chain import DEPLOY_ORDER, predicted_addresses
from evm.explain import explain, moment_text, number_text, recording
from protocol.state import Table
from protocol.trace import LAST_MOMENT, Trace, TraceError, genesis_actions, write_trace
from simulation.quantities import format_moment
from tests.evm.story import story
from tests.genesis import GENESIS

STORY = Trace(GENESIS, list(story()), None, True)
ADDRESSES = predicted_addresses(DEPLOY_ORDER)


def number_of(function: str, error: str | None = None) -> int:
    """The number of the first call of a function that ends so."""
    first = len(list(genesis_actions(GENESIS, ADDRESSES))) + 1
    for number, action in enumerate(STORY.actions, start=first):
        is_function = action.function == function
        if is_function and explain(STORY, number).outcome.error == error:
            return number
    raise LookupError(function)


def test_a_trade_is_told_with_names_and_points() -> None:
    text = explain(STORY, number_of("trade")).text()
    assert "Exchange.trade\n  Trade `size_delta` for an account" in text
    assert "(trader_1) at 1700000043 (2023-11-14T22:14:03Z)" in text
    assert "  size_delta  30\n  limit       3000\n" in text
    assert "  size     0 -> 30\n" in text
    assert "read Oracle.rounds[0][0]\n  index                   2000.01\n" in text
    assert "logged Exchange.Traded\n" in text
    assert "(MarketRecord)]\n" in text


def test_a_refusal_is_told_with_the_rule_and_where_it_stands() -> None:
    explanation = explain(STORY, number_of("trade", "NotOperator"))
    rule = explanation.rule
    assert rule is not None
    assert rule.function == "account.require_operator"
    assert rule.says.startswith("Refuse the call unless `sender` owns the account")
    assert rule.source.startswith("require(sender == owner")
    source = Path(rule.file).read_text().splitlines()
    assert source[rule.line - 1].strip().startswith("require(")
    assert "refused: NotOperator\n  by account.require_operator: " in explanation.text()
    assert explanation.writes == []
    assert any(
        each.entry.startswith("Exchange.operators") for each in explanation.reads
    )


def test_a_refusal_of_another_s_rule_is_the_last_one_raised() -> None:
    explanation = explain(STORY, number_of("offer_ownership", "NotOwner"))
    assert explanation.rule is not None
    assert explanation.rule.file == "protocol/access.py"


def test_records_and_lists_are_spread(tmp_path) -> None:
    write_trace(tmp_path / "story.jsonl", GENESIS, STORY.actions, None)
    text = explain(tmp_path / "story.jsonl", 2).text()
    assert "call 2: Governor.set_feed" in text
    assert "  params.ceiling_price              1000000\n" in text
    assert "(reporter_1)\n" in text
    assert "wrote Governor.codes" in text


def test_what_is_no_limit_is_no_string_of_digits() -> None:
    text = explain(STORY, 11).text()
    assert "  atoms    2**256 - 1\n" in text
    assert "nothing" not in text
    assert "0 -> 2**256 - 1\n" in text
    assert number_text(2**255 - 1, {}, "Price") == "2**255 - 1"


def test_a_time_is_written_as_everywhere_and_what_is_none_is_a_number() -> None:
    for seconds in (0, 1_700_000_043, LAST_MOMENT):
        assert moment_text(seconds) == format_moment(seconds)
    assert (
        number_text(LAST_MOMENT, {}, "Seconds") == "4294967295 (2106-02-07T06:28:15Z)"
    )
    assert number_text(10**32, {}, "Seconds") == str(10**32)


def test_watching_a_call_leaves_the_tables_as_they_were() -> None:
    table = Table("shares", "Vault", 0, lambda shares: (shares,), [])
    seen = []
    with recording([table], lambda *each: seen.append(each[1:])):
        table[1] = table[2] + 5
    assert seen == [(2, 0), (1, 0)]
    assert type(table) is Table
    assert dict(table) == {1: 5}


@pytest.mark.parametrize("number", [1_000, -1_000])
def test_a_call_that_is_not_there_is_named(number) -> None:
    with pytest.raises(TraceError, match=f"there is no call {number}"):
        explain(STORY, number)
