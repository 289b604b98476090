"""
The decoder of the batch views, against a library and against the model.
"""

from __future__ import annotations

import eth_abi
import pytest

from evm.chain import connect
from evm.compile import compile_contracts
from evm.lockstep import Lockstep
from evm.replay import every_action, model_at
from keepers import batch
from protocol.fixed_point import WAD
from protocol.order import Order
from protocol.trace import Action, words_of
from tests.evm.story import holder, story
from tests.genesis import ACTORS, GENESIS

MARKETS = len(GENESIS.markets)
PLACED = Order(0, -WAD, 2_000 * WAD, WAD, 0, 0, True, 2_100 * WAD, True)
HOLDERS = [holder("trader_1"), holder("trader_2"), holder("trader_3"), holder("owner")]


@pytest.fixture(scope="module")
def pair() -> Lockstep:
    """Both worlds after the story, with a token brought to an account."""
    chain = connect("revm", compile_contracts())
    chain.deploy(GENESIS)
    pair = Lockstep(model_at(GENESIS, chain.addresses), chain)
    actions = list(every_action(GENESIS, story(), chain.addresses))
    brought = (HOLDERS[2], 0, 10**8)
    last = actions[-1]
    actions.append(
        Action("Exchange", "deposit_collateral", ACTORS["trader_3"], last.now, brought)
    )
    placed = (HOLDERS[0], 3, 0, -WAD, 2_000 * WAD, 1, WAD, 2_100 * WAD, 1)
    actions.append(Action("Orders", "place", ACTORS["trader_1"], last.now, placed))
    for action in actions:
        pair.step(action)
    assert pair.model.state.collaterals[HOLDERS[2], 0]
    return pair


def answered(pair: Lockstep, function: str, *arguments: int) -> bytes:
    """What the lens answers, which is the same on both sides."""
    now = pair.chain.now + 100
    view = Action("Lens", function, 0, now, arguments)
    pair.compare_view(view)
    return pair.chain.view("Lens", function, 0, now, arguments).output


def batched(pair: Lockstep, function: str) -> bytes:
    return answered(pair, function, *words_of(HOLDERS))


@pytest.mark.parametrize("function", ["health_batch", "state_batch"])
def test_a_library_reads_and_asks_the_same(pair, function) -> None:
    answer = batched(pair, function)
    assert [batch.words_in(answer)] == [
        list(words) for words in eth_abi.decode(["int256[]"], answer)
    ]
    selector = pair.chain.selectors["Lens", function]
    library = selector + eth_abi.encode(["uint256[]"], [HOLDERS])
    assert batch.asked(selector, HOLDERS) == library
    assert pair.chain.calldata("Lens", function, words_of(HOLDERS)) == library


def test_nothing_is_asked_and_answered(pair) -> None:
    for function in ("health_batch", "state_batch"):
        answer = answered(pair, function, *words_of([]))
        assert batch.words_in(answer) == []


def test_health_is_what_the_statements_say(pair) -> None:
    healths = batch.healths_in(batched(pair, "health_batch"))
    for each, health in zip(HOLDERS, healths, strict=True):
        said = pair.model.view("Lens", "statement_of", pair.chain.now + 100, each)
        fields = {name: getattr(said, name) for name in batch.Health.__struct_fields__}
        assert health == batch.Health(**fields)


def test_state_is_what_the_tables_keep(pair) -> None:
    state = pair.model.state
    kept = batch.states_in(batched(pair, "state_batch"), MARKETS)
    for each, one in zip(HOLDERS, kept, strict=True):
        markets = range(MARKETS)
        assert one == batch.Kept(
            state.accounts[each],
            tuple(int(state.collaterals[each, token]) for token in range(4)),
            tuple(state.positions[each, market] for market in markets),
            tuple(int(state.claims[each, market]) for market in markets),
        )


def test_a_page_has_the_accounts_in_use(pair) -> None:
    owner, state = ACTORS["trader_1"], pair.model.state
    first = batch.page_in(answered(pair, "accounts_page", owner, 0, 512))
    assert first == {0: state.accounts[HOLDERS[0]]}
    assert batch.page_in(answered(pair, "accounts_page", owner, 1, 512)) == {}
    most = 2**256 - 1
    assert batch.page_in(answered(pair, "accounts_page", owner, most, most)) == {}
    assert len(batch.page_in(answered(pair, "accounts_page", owner, 0, most))) == 1


def test_a_page_of_orders_tells_what_each_is(pair) -> None:
    owner, most = ACTORS["trader_1"], 2**256 - 1
    page = batch.orders_in(answered(pair, "orders_page", owner, 0, 64))
    assert page == {(0, 3): (PLACED, False)}
    assert batch.orders_in(answered(pair, "orders_page", owner, 1, most)) == {}
    assert batch.orders_in(answered(pair, "orders_page", owner, most, 1)) == {}
