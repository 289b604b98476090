"""
Shares of the vault behave as an ERC-20 token should, in both worlds.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evm.chain import connect
from evm.compile import compile_contracts
from evm.lockstep import Lockstep
from evm.replay import model_at
from protocol import errors
from protocol.model import Outcome
from protocol.share import Approval, Transfer
from protocol.trace import Action, genesis_actions
from tests.genesis import ACTORS, GENESIS, RISK, START

# Three who may own shares; the address of nobody owns none.
OWNERS = ("provider", "stranger", "keeper")
ALL = 2**256 - 1
UNIT = 10**6
names = st.sampled_from(OWNERS)
parts = st.integers(0, 10**6) | st.integers(0, 10**25) | st.sampled_from([0, ALL])


class Shares:
    """Everybody has some shares, and whatever is called is called on both sides."""

    def __init__(self) -> None:
        chain = connect("revm", compile_contracts())
        chain.deploy(GENESIS)
        self.pair = Lockstep(model_at(GENESIS, chain.addresses), chain)
        self.vault = chain.addresses["Vault"]
        self.now = START
        for action in genesis_actions(GENESIS, chain.addresses):
            self.pair.step(action)
        for atoms, name in enumerate(OWNERS, start=1):
            self.must(name, "request_deposit", atoms * UNIT, 0)
        self.now += RISK.vault.delay + 1
        for number in range(1, len(OWNERS) + 1):
            self.must("keeper", "execute", number)

    def call(self, name: str, function: str, *words: int) -> Outcome:
        """A call of an actor's to the vault."""
        action = Action("Vault", function, ACTORS[name], self.now, words)
        return self.pair.step(action).outcome

    def must(self, name: str, function: str, *words: int) -> Any:
        """A call that has to succeed, and what it returns."""
        outcome = self.call(name, function, *words)
        assert outcome.error is None, outcome.error
        return outcome.returned

    def shares(self, name: str) -> int:
        """What an actor has."""
        return self.must("owner", "balanceOf", ACTORS[name])

    def allowed(self, owner: str, spender: str) -> int:
        """What an actor may take from another."""
        return self.must("owner", "allowance", ACTORS[owner], ACTORS[spender])

    def balances(self) -> dict[str, int]:
        """What everybody has, which together is all there is."""
        found = {name: self.shares(name) for name in OWNERS}
        assert sum(found.values()) == self.must("owner", "totalSupply")
        assert self.must("owner", "balanceOf", 0) == 0
        return found


@pytest.fixture(scope="module")
def shares() -> Shares:
    return Shares()


def moved(before: dict[str, int], sender: str, receiver: str, amount: int):
    """What everybody has after so many went from one to another."""
    after = dict(before)
    after[sender] -= amount
    after[receiver] += amount
    return after


@settings(max_examples=60)
@given(sender=names, receiver=names, amount=parts)
def test_a_transfer_moves_what_it_says_or_nothing(shares, sender, receiver, amount):
    before = shares.balances()
    outcome = shares.call(sender, "transfer", ACTORS[receiver], amount)
    if amount > before[sender]:
        assert outcome.error == errors.BALANCE_TOO_SMALL
        assert shares.balances() == before
    else:
        assert outcome.returned is True
        event = Transfer(ACTORS[sender], ACTORS[receiver], amount)
        assert outcome.logs == [("Vault", event)]
        assert shares.balances() == moved(before, sender, receiver, amount)


@settings(max_examples=80)
@given(owner=names, spender=names, receiver=names, allowance=parts, amount=parts)
def test_nobody_takes_more_than_he_was_allowed(
    shares, owner, spender, receiver, allowance, amount
):
    assert shares.must(owner, "approve", ACTORS[spender], allowance) is True
    assert shares.allowed(owner, spender) == allowance
    before = shares.balances()
    words = (ACTORS[owner], ACTORS[receiver], amount)
    outcome = shares.call(spender, "transferFrom", *words)
    if amount > allowance:
        assert outcome.error == errors.ALLOWANCE_TOO_SMALL
    elif amount > before[owner]:
        assert outcome.error == errors.BALANCE_TOO_SMALL
    else:
        assert outcome.returned is True
        assert shares.balances() == moved(before, owner, receiver, amount)
        left = ALL if allowance == ALL else allowance - amount
        assert shares.allowed(owner, spender) == left
        return
    assert shares.balances() == before
    assert shares.allowed(owner, spender) == allowance


@settings(max_examples=20)
@given(owner=names, spender=names, first=parts, second=parts)
def test_an_approval_takes_the_place_of_the_one_before(
    shares, owner, spender, first, second
):
    for amount in (first, second):
        outcome = shares.call(owner, "approve", ACTORS[spender], amount)
        event = Approval(ACTORS[owner], ACTORS[spender], amount)
        assert outcome.logs == [("Vault", event)]
        assert shares.allowed(owner, spender) == amount


def test_nothing_is_sent_to_the_address_of_nobody(shares) -> None:
    shares.must("provider", "approve", ACTORS["keeper"], ALL)
    for name, function, words in (
        ("provider", "transfer", (0, 1)),
        ("keeper", "transferFrom", (ACTORS["provider"], 0, 1)),
        ("provider", "transfer", (0, 0)),
    ):
        assert shares.call(name, function, *words).error == errors.ZERO_RECEIVER


def test_shares_come_from_nobody_and_go_back_there() -> None:
    shares = Shares()
    provider, vault = ACTORS["provider"], shares.vault
    supply = shares.must("owner", "totalSupply")
    shares.must("provider", "request_deposit", UNIT, 0)
    shares.now += RISK.vault.delay + 1
    outcome = shares.call("keeper", "execute", 4)
    bought = outcome.returned
    assert outcome.logs[0] == ("Vault", Transfer(0, provider, bought))
    assert shares.must("owner", "totalSupply") == supply + bought

    asked = shares.call("provider", "request_redeem", bought, 0)
    assert asked.logs[1] == ("Vault", Transfer(provider, vault, bought))
    assert shares.must("owner", "totalSupply") == supply + bought
    shares.now += RISK.vault.delay + 1
    outcome = shares.call("keeper", "execute", 5)
    assert outcome.logs[0] == ("Vault", Transfer(vault, 0, bought))
    assert shares.must("owner", "totalSupply") == supply


def test_it_says_what_it_is(shares) -> None:
    assert shares.must("owner", "name") == "Share of the vault"
    assert shares.must("owner", "symbol") == "SHARE"
    assert shares.must("owner", "decimals") == 18
    assert shares.must("owner", "asset") == shares.pair.model.state.addresses.token
