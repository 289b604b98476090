"""
A call happens as a whole or not at all.
"""

from __future__ import annotations

from typing import Any

import pytest

from evm.chain import DEPLOY_ORDER, predicted_addresses
from evm.replay import model_at
from protocol import account, errors, exchange, token
from protocol.errors import Revert
from protocol.model import EMITTERS, Model
from protocol.trace import UNLIMITED, Action, UnknownEntryPoint, genesis_actions
from tests.unit.desk import ACTORS, GENESIS, START

PLACES = predicted_addresses(DEPLOY_ORDER)
ANN = ACTORS["ann"]
HOLDER = ANN << 96


@pytest.fixture
def model() -> Model:
    """A model after its genesis."""
    begun = model_at(GENESIS, PLACES)
    for action in genesis_actions(GENESIS, PLACES):
        assert begun.apply(action).error is None
    return begun


def by(sender: str, to: str, function: str, *arguments: int) -> Action:
    return Action(to, function, ACTORS[sender], START, arguments)


def snapshot(model: Model) -> dict[str, dict[Any, Any]]:
    """Everything that the model remembers."""
    return {table.name: dict(table) for table in model.state.tables()}


def test_a_successful_call_shows_what_it_wrote_and_logged(model: Model) -> None:
    outcome = model.apply(by("ann", "Exchange", "deposit", HOLDER, 5))
    assert outcome.error is None
    assert outcome.returned is None
    assert outcome.logs == [
        ("Exchange", exchange.Deposited(HOLDER, 5, 5 * 10**12)),
        ("Token", token.Transfer(ANN, PLACES["Exchange"], 5)),
    ]
    state = model.state
    assert outcome.writes == {
        (table, key): table[key]
        for table, key in (
            (state.accounts, HOLDER),
            (state.holdings, ()),
            (state.quote.balances, ANN),
            (state.quote.balances, PLACES["Exchange"]),
        )
    }
    assert state.accounts[HOLDER].cash == 5 * 10**12
    assert state.quote.allowances[ANN, PLACES["Exchange"]] == UNLIMITED


def test_a_refused_call_leaves_no_trace(model: Model) -> None:
    """The token refuses last, when all books are written already."""
    before = snapshot(model)
    too_much = GENESIS.balances["ann"] + 1
    outcome = model.apply(by("ann", "Exchange", "deposit", HOLDER, too_much))
    assert outcome.error == errors.BALANCE_TOO_SMALL
    assert (outcome.returned, outcome.logs, outcome.writes) == (None, [], {})
    assert snapshot(model) == before
    assert not model.state.journal
    assert not model.state.logs


def test_the_next_call_sees_nothing_of_a_refused_one(model: Model) -> None:
    model.apply(by("ann", "Exchange", "deposit", HOLDER, 2**119))
    outcome = model.apply(by("ann", "Exchange", "set_operator", ANN, 1))
    assert [event for _, event in outcome.logs] == [account.OperatorSet(ANN, ANN, True)]
    assert outcome.writes == {(model.state.operators, (ANN, ANN)): True}


def test_a_view_writes_nothing(model: Model) -> None:
    before = snapshot(model)
    outcome = model.apply(by("bob", "Lens", "statement_of", HOLDER))
    assert outcome.error is None
    assert (outcome.logs, outcome.writes) == ([], {})
    assert snapshot(model) == before
    assert outcome.returned == model.view("Lens", "statement_of", START, HOLDER)


def test_a_view_may_refuse(model: Model) -> None:
    with pytest.raises(Revert, match=errors.FEED_UNKNOWN):
        model.view("Oracle", "params_of", START, 9)


def test_what_is_no_entry_point_is_no_refusal(model: Model) -> None:
    for to, function in (("Exchange", "nothing"), ("Nothing", "trade")):
        with pytest.raises(UnknownEntryPoint):
            model.apply(by("ann", to, function))
    with pytest.raises(UnknownEntryPoint):
        model.apply(by("ann", "Exchange", "require"))


def test_the_owner_is_nobodys_write() -> None:
    begun = model_at(GENESIS, PLACES)
    assert begun.state.owner[()] == GENESIS.owner
    assert not begun.state.journal


def test_every_event_has_one_emitter() -> None:
    assert set(EMITTERS.values()) <= set(DEPLOY_ORDER)
