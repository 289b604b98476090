"""
Faults in one world: each layer of the comparison finds the one that it is there for.

And without its layer the fault is missed, so no layer is there for nothing. The calls
are those of the story, on the real contracts.
"""

from __future__ import annotations

import pytest

from evm.chain import connect
from evm.compile import compile_contracts
from evm.lockstep import LAYERS, Difference, Lockstep
from evm.replay import every_action, model_at
from protocol.trace import Action
from tests.evm.story import by, holder, story
from tests.genesis import ACTORS, GENESIS, START
from tests.laws.faults import Edit, Mutant, faulty_contracts, faulty_model
from tests.stateful.vocabulary.views import every_view
from tests.stateful.world import ForwardingChain, World, contracts


def in_contract(file: str, old: str, new: str) -> Mutant:
    """A fault of the contracts alone."""
    return Mutant("", "", "", file, (), (Edit(old, new),))


def in_model(file: str, old: str, new: str) -> Mutant:
    """A fault of the model alone."""
    return Mutant("", "", file, "", (Edit(old, new),), ())


# What is wrong, and the layers that see it, the one that comes first in front.
FAULTS = {
    "another error": (
        in_contract("account", "errors.NOT_OPERATOR", "errors.NOT_OWNER"),
        ("outcome",),
    ),
    "no error": (
        in_contract(
            "Rules",
            "errors.require(\n        fill <= limit if size_delta > 0 else fill >= "
            "limit, errors.LIMIT_EXCEEDED\n    )",
            "assert fill <= limit if size_delta > 0 else fill >= limit",
        ),
        ("outcome",),
    ),
    "another error in the model": (
        in_model("account", "errors.NOT_OPERATOR", "errors.NOT_OWNER"),
        ("outcome",),
    ),
    "another return value": (
        in_contract("trading", "fee=agreed.fee)", "fee=agreed.fee + 1)"),
        ("returned",),
    ),
    "another rounding": (
        in_contract(
            "fee", "fixed_point.mul_wad_up(amount", "fixed_point.mul_wad_down(amount"
        ),
        ("returned", "logs", "slots", "views"),
    ),
    "another rounding in the model": (
        in_model(
            "fee",
            "return mul_wad_up(amount, rate)",
            "return -mul_wad_up(-amount, rate)",
        ),
        ("returned", "logs", "slots", "views"),
    ),
    "no log": (
        in_contract(
            "account",
            "log OperatorSet(owner=owner, operator=operator, is_allowed=is_allowed)",
            "if not is_allowed:\n        log OperatorSet("
            "owner=owner, operator=operator, is_allowed=is_allowed)",
        ),
        ("logs",),
    ),
    "another field in a log": (
        in_contract(
            "Exchange", "log Deposited(holder=holder", "log Deposited(holder=1"
        ),
        ("logs",),
    ),
    "another word kept": (
        in_contract(
            "market",
            "liquidation.packed_bucket(bucket)",
            "liquidation.packed_bucket(bucket) - 1",
        ),
        ("slots",),
    ),
    "another view": (
        in_contract(
            "Exchange",
            "return ledger.keeper_rewards[keeper]",
            "return ledger.keeper_rewards[keeper] + 1",
        ),
        ("views",),
    ),
}
STRAY = in_contract(
    "Exchange",
    "account.set_operator(msg.sender, operator, is_allowed)",
    "account.set_operator(msg.sender, operator, is_allowed)\n"
    "    ledger.keeper_rewards[operator] = 7",
)
ORIGIN = in_contract(
    "Exchange",
    "cash: int256 = settlement.add_cash(holder, ledger.book_in(atoms))",
    "account.require_operator(holder, tx.origin)\n"
    "    cash: int256 = settlement.add_cash(holder, ledger.book_in(atoms))",
)


def calls():
    """The story, and a trade whose fee is no whole number of wei."""
    for action in story():
        yield action
    now, third = action.now, holder("trader_3")
    yield by("trader_3", "Exchange", "deposit", now, third, 10**9)
    yield by("trader_3", "Exchange", "trade", now, third, 0, 10**17 + 7, 10**25)


def views(action, outcome):
    """Every view about one account after each call of the exchange."""
    if action.to == "Exchange":
        one = ACTORS["keeper"]
        first = holder("trader_1")
        for to, function, arguments in every_view(first, 0, one, one, 0):
            yield Action(to, function, one, action.now, arguments)


def difference(chain, actions, layers):
    """What the comparison says of these calls: a difference, or None."""
    chain.deploy(GENESIS)
    pair = Lockstep(
        model_at(GENESIS, chain.addresses), chain, views=views, layers=layers
    )
    try:
        for action in every_action(GENESIS, actions, chain.addresses):
            pair.step(action)
        pair.check_roots()
    except Difference as found:
        return found
    return None


@pytest.mark.parametrize("name", FAULTS)
def test_a_layer_finds_what_it_is_for(name, tmp_path) -> None:
    fault, seen_by = FAULTS[name]
    made = compile_contracts(faulty_contracts(fault, tmp_path))
    with faulty_model(fault):
        found = difference(connect("revm", made), calls(), LAYERS)
        assert found is not None
        assert found.layer == seen_by[0]
        for count in range(1, len(seen_by)):
            left = LAYERS - set(seen_by[:count])
            assert (
                difference(connect("revm", made), calls(), left).layer
                == (seen_by[count])
            )
        blind = LAYERS - set(seen_by)
        assert difference(connect("revm", made), calls(), blind) is None


def test_a_stray_word_is_seen_by_the_roots_alone(tmp_path) -> None:
    made = compile_contracts(faulty_contracts(STRAY, tmp_path))
    actions = [by("trader_1", "Exchange", "set_operator", START, ACTORS["stranger"], 1)]
    found = difference(connect("eth-tester", made), actions, LAYERS)
    assert found is not None
    assert found.layer == "roots"
    assert difference(connect("eth-tester", made), actions, LAYERS - {"roots"}) is None
    # revm has no roots to ask for.
    assert difference(connect("revm", made), actions, LAYERS) is None


def test_the_origin_of_a_transaction_is_not_its_sender(tmp_path) -> None:
    made = contracts(faulty_contracts(ORIGIN, tmp_path))

    def deposited(name):
        chain = ForwardingChain(made)
        world = World(GENESIS, chain.addresses)
        sender = world.actors[name]
        yield world.by(sender, "Token", "mint", sender, 9)
        yield world.by(sender, "Token", "approve", world.addresses["Exchange"], 9)
        yield world.by(sender, "Exchange", "deposit", sender << 96, 9)

    found = difference(ForwardingChain(made), deposited("forwarder"), LAYERS)
    assert found is not None
    assert found.layer == "outcome"
    assert difference(ForwardingChain(made), deposited("trader_1"), LAYERS) is None


def test_without_a_fault_no_layer_finds_any() -> None:
    for kind in ("revm", "eth-tester"):
        assert difference(connect(kind, compile_contracts()), calls(), LAYERS) is None
