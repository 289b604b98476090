"""
E: there and back at the price of execution, eight ways, and nobody gains.

They are those of an ERC-4626 vault: where one buys so many shares, or takes so many
atoms, the least is asked for that gives as much. No rate moves the value meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from evm.chain import predicted_addresses
from evm.compile import compile_contracts
from evm.replay import model_at
from protocol.errors import Revert
from protocol.fixed_point import WAD
from protocol.ledger import Funds
from protocol.model import Outcome
from protocol.share import VIRTUAL_SHARES
from protocol.trace import Action, genesis_actions
from tests.evm.story import holder
from tests.genesis import ACTORS, GENESIS, MARKET, REPORTERS, RISK, START
from tests.laws.faults import Mutant, faulty_model
from tests.laws.vault_mutants import VAULT_MUTANTS

PRICE = 2_000 * WAD
# Nothing grows with time, and whatever is there may leave.
STILL = replace(
    MARKET,
    funding=replace(MARKET.funding, max_velocity=0, max_rate=0),
    borrowing=replace(
        MARKET.borrowing, reserve_factor=0, base_rate=0, slope_1=0, slope_2=0
    ),
)
MOST = 10**12
NAMES = ("provider", "stranger", "trader_1", "trader_2")


class Bench:
    """A vault on the model, and one who goes there and back."""

    def __init__(self, decimals: int, founded: int) -> None:
        addresses = predicted_addresses(compile_contracts())
        genesis = replace(
            GENESIS,
            decimals=decimals,
            risk=replace(RISK, vault=replace(RISK.vault, quarantine=0)),
            markets=(replace(GENESIS.markets[0], params=STILL),),
            balances=dict.fromkeys((*NAMES, *REPORTERS), 2**120 // 16),
        )
        self.model = model_at(genesis, addresses)
        self.state = self.model.state
        self.now, self.price = START, 0
        for action in genesis_actions(genesis, addresses):
            assert self.model.apply(action).error is None
        self.give("provider", founded)

    def call(self, name: str, to: str, function: str, *words: int) -> Outcome:
        """A call of an actor, now."""
        return self.model.apply(Action(to, function, ACTORS[name], self.now, words))

    def quote(self, price: int) -> None:
        """A round at a price, and the average at it too."""
        self.price = price
        for _ in range(3):
            self.now += 900
            for number, name in enumerate(REPORTERS):
                words = (0, number, price, 0, self.now)
                assert self.call(name, "Oracle", "report", *words).error is None

    def carried_out(self, name: str, function: str, amount: int) -> int:
        """What a request gives, once it is executed at the same price."""
        asked = self.call(name, "Vault", function, amount, 0)
        if asked.error is not None:
            return 0
        self.now += RISK.vault.delay + 1
        if self.price:
            self.quote(self.price)
        done = self.call("keeper", "Vault", "execute", asked.returned)
        return done.returned or 0

    def give(self, name: str, atoms: int) -> int:
        """The shares that atoms buy."""
        return self.carried_out(name, "request_deposit", atoms)

    def take(self, name: str, shares: int) -> int:
        """The atoms that shares redeem."""
        return self.carried_out(name, "request_redeem", shares)

    def deposit(self, atoms: int) -> int:
        return self.give("stranger", atoms)

    def redeem(self, shares: int) -> int:
        return self.take("stranger", shares)

    def mint(self, shares: int) -> int:
        """The least atoms that buy so many shares, having been given."""
        atoms = least(lambda some: self.said("convertToShares", some) >= shares)
        return atoms if self.deposit(atoms) >= shares else 0

    def withdraw(self, atoms: int) -> int:
        """The least shares that redeem so many atoms, having been redeemed."""
        shares = least(lambda some: self.said("convertToAssets", some) >= atoms)
        return shares if self.redeem(shares) >= atoms else 0

    def said(self, view: str, amount: int) -> int:
        """What an amount is worth, as the vault says; more than all, where too much."""
        try:
            return int(self.model.view("Vault", view, self.now, amount))
        except Revert:
            return 2**120


def least(is_enough: Callable[[int], bool]) -> int:
    """The least amount that is enough; the largest there is, where none is."""
    low, high = 0, 2**100
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


@st.composite
def benches(draw: st.DrawFn) -> Bench:
    """A vault whose lower value is below its higher one mostly, and shares of it."""
    decimals = draw(st.sampled_from([6, 18, 0]))
    unit = 10**decimals
    bench = Bench(decimals, draw(st.integers(10**5, 10**7)) * unit)
    size = draw(st.sampled_from([0, 30 * WAD, -30 * WAD]))
    bench.deposit(draw(st.integers(10**3, 10**5)) * unit)
    if size:
        bench.quote(PRICE)
        for name, part in (("trader_1", size), ("trader_2", -size // 3)):
            account = holder(name)
            bench.call(name, "Exchange", "deposit", account, 10**5 * unit)
            limit = 2**120 if part > 0 else 0
            traded = bench.call(name, "Exchange", "trade", account, 0, part, limit)
            assert traded.error is None, traded.error
        bench.quote(PRICE * draw(st.integers(80, 120)) // 100)
    return bench


def deposit_redeem(bench: Bench, atoms: int, shares: int) -> None:
    assert bench.redeem(bench.deposit(atoms)) <= atoms


def deposit_withdraw(bench: Bench, atoms: int, shares: int) -> None:
    bought = bench.deposit(atoms)
    burned = bench.withdraw(atoms)
    assert not bought or not burned or burned >= bought


def redeem_deposit(bench: Bench, atoms: int, shares: int) -> None:
    assert bench.deposit(bench.redeem(shares)) <= shares


def redeem_mint(bench: Bench, atoms: int, shares: int) -> None:
    taken = bench.redeem(shares)
    assert not taken or bench.mint(shares) >= taken


def mint_withdraw(bench: Bench, atoms: int, shares: int) -> None:
    paid = bench.mint(shares)
    burned = bench.withdraw(paid) if paid else 0
    assert not burned or burned >= shares


def mint_redeem(bench: Bench, atoms: int, shares: int) -> None:
    paid = bench.mint(shares)
    assert not paid or bench.redeem(shares) <= paid


def withdraw_mint(bench: Bench, atoms: int, shares: int) -> None:
    burned = bench.withdraw(atoms)
    assert not burned or bench.mint(burned) >= atoms


def withdraw_deposit(bench: Bench, atoms: int, shares: int) -> None:
    burned = bench.withdraw(atoms)
    assert not burned or bench.deposit(atoms) <= burned


ROUND_TRIPS = (
    deposit_redeem,
    deposit_withdraw,
    redeem_deposit,
    redeem_mint,
    mint_withdraw,
    mint_redeem,
    withdraw_mint,
    withdraw_deposit,
)


@pytest.mark.parametrize("round_trip", ROUND_TRIPS)
@settings(max_examples=40)
@given(
    bench=benches(),
    atoms=st.integers(1, MOST) | st.integers(1, 100),
    shares=st.integers(1, MOST * WAD) | st.integers(1, 10**7),
)
def test_nobody_gains_by_going_there_and_back(round_trip, bench, atoms, shares):
    held = int(bench.state.shares[ACTORS["stranger"]])
    round_trip(bench, atoms, min(shares, held))


def broken_by(mutant: Mutant) -> set[str]:
    """The round trips that gain with a fault in the model, tried on a few vaults."""
    found = set()
    for round_trip in ROUND_TRIPS:
        for amount in (1, 7, 10**3, 10**6 + 1, 10**9 - 1, 10**15 + 3):
            with faulty_model(mutant):
                bench = Bench(6, 10**12 + 77)
                bench.deposit(10**11 + 1)
                try:
                    round_trip(bench, amount, amount * 10**18 // 7)
                except AssertionError:
                    found.add(round_trip.__name__)
    return found


def named(name: str) -> Mutant:
    """A fault by its name."""
    return next(each for each in VAULT_MUTANTS if each.name == name)


def test_a_fault_in_rounding_lets_somebody_gain() -> None:
    assert broken_by(named("what a redemption gives is rounded up")) >= {
        "deposit_redeem",
        "redeem_deposit",
    }


@st.composite
def attacks(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """A first deposit, a gift to the vault, a victim's deposit, in atoms; decimals."""
    decimals = draw(st.sampled_from([18, 6]))
    amounts = st.integers(1, 10**4) | st.integers(1, 10**9 * 10**decimals)
    return draw(amounts), draw(amounts | st.just(0)), draw(amounts), decimals


@settings(max_examples=150)
@given(attack=attacks())
def test_who_comes_first_cannot_make_others_pay(attack) -> None:
    """
    E13: whoever deposits a little and gives the vault more than he takes out gains
    nothing of the next one, who loses no more than a millionth of what the vault is
    worth, and an atom.
    """
    little, gift, deposit, decimals = attack
    bench = Bench(decimals, little)
    attacker, scale = int(bench.state.shares[ACTORS["provider"]]), bench.state.scale
    # As losses and fees of his trades would come to it.
    funds, held = bench.state.funds[()], bench.state.holdings[()]
    vault = funds.vault + gift * scale
    bench.state.funds[()] = Funds(vault, funds.insurance, funds.treasury, funds.rewards)
    bench.state.holdings[()] = replace(held, held_atoms=held.held_atoms + gift)
    bench.state.quote.balances[bench.state.addresses.exchange] += gift
    bench.state.quote.total_supply[()] += gift

    shares = bench.deposit(deposit)
    worth = bench.state.funds[()].vault
    taken = bench.take("provider", attacker) if attacker else 0
    assert taken <= little + gift
    if shares:
        lost = deposit - bench.redeem(shares)
        assert (lost - 1) * scale * VIRTUAL_SHARES <= worth, (lost, worth)
    else:
        assert deposit * scale * VIRTUAL_SHARES <= worth + VIRTUAL_SHARES
