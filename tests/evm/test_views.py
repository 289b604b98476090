"""
Every view of every contract is compared somewhere.
"""

from __future__ import annotations

from evm.chain import connect
from evm.compile import compile_contracts
from evm.lockstep import Lockstep
from evm.replay import every_action, model_at
from evm.views import VIEWS, every_view
from protocol.state import TOKENS
from protocol.trace import Action
from tests.evm.story import story
from tests.genesis import GENESIS

# They never change.
CONSTANT = {(token, "decimals") for token in TOKENS} | {
    ("Vault", "asset"),
    ("Vault", "decimals"),
    ("Vault", "name"),
    ("Vault", "symbol"),
}
# They keep nothing: the vocabulary asks them, and so does the book in every call.
KEEPS_NOTHING = {"Rules"}


def test_no_view_is_forgotten() -> None:
    declared = {
        (name, entry["name"])
        for name, contract in compile_contracts().items()
        if name not in KEEPS_NOTHING
        for entry in contract.abi
        if entry.get("stateMutability") in ("view", "pure")
    }
    shown = {(to, function) for each in VIEWS.values() for to, function, _ in each}
    assert declared == shown | CONSTANT


def test_everything_that_is_kept_looks_the_same_on_both_sides() -> None:
    chain = connect("revm", compile_contracts())
    chain.deploy(GENESIS)
    pair = Lockstep(model_at(GENESIS, chain.addresses), chain)
    for action in every_action(GENESIS, story(), chain.addresses):
        pair.step(action)
    now = action.now + 100
    views = list(every_view(pair.model, now))
    assert len(views) > 50
    pair.check_views(views)
    # A day later every price is stale, and what needs one is refused on both sides.
    pair.check_views(every_view(pair.model, now + 86_400))
    pair.check_views(Action(to, name, 0, now, ()) for to, name in sorted(CONSTANT))
