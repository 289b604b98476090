"""
C16: from any state, once prices are good, everybody gets out.

Accounts at risk are liquidated, all others close by themselves, gains are settled
while the vault has them, all cash is withdrawn, and the providers leave, once what they
ask for may be executed: no call is refused for a reason that somebody else controls. A
vault that owes more than it has is the exception: a claim above it stays a claim, and
no provider leaves.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from protocol import market
from protocol.fixed_point import WAD
from protocol.request import closes_at
from protocol.share import MOST_SHARES
from protocol.trace import Action
from tests.stateful import vocabulary
from tests.stateful.choices import Seeded
from tests.stateful.configuration import genesis
from tests.stateful.run import Run
from tests.stateful.vocabulary.arguments import MOST_INT
from tests.stateful.vocabulary.collateral import held_tokens, unit_of
from tests.stateful.vocabulary.prices import is_stale, round_at

CALLS = 250


def played(seed: int) -> tuple[Run, Seeded]:
    """Both worlds after random calls."""
    choose = Seeded(f"exit/{seed}")
    run = Run(genesis(choose))
    for action in vocabulary.opening(run.world, choose):
        run.step(action)
    while len(run.actions) < CALLS:
        for action in vocabulary.burst(run.world, choose):
            run.step(action)
    return run, choose


def good_prices(run: Run, choose: Seeded) -> None:
    """Rounds for all markets, until every band has followed and all are sure."""
    world, state = run.world, run.world.state
    while True:
        settled = True
        for number in world.feeds:
            price = market.price_of(state, number)
            feed = state.codes[state.feed_params[number]]
            index = min(max(price.index, feed.floor_price + 1), feed.ceiling_price - 1)
            for action in round_at(world, choose, number, index):
                sure = (*action.arguments[:3], 0, *action.arguments[4:])
                run.step(replace(action, arguments=sure))
            price = market.price_of(state, number)
            settled &= price.mark == price.index
        if settled and not is_stale(world):
            return
        world.now += 60 if not settled else 0


def close_all(run: Run, choose: Seeded) -> None:
    """Every position is closed, by its owner or by a keeper."""
    world = run.world
    for _ in range(60):
        held = world.positions()
        if not held:
            return
        good_prices(run, choose)
        for key in held:
            size = world.state.positions[key].size
            if size == 0:
                continue
            if key in world.at_risk():
                action = world.by("keeper", "Exchange", "liquidate", *key)
                # An empty bucket is the one thing that a keeper waits for.
                assert run.step(action).outcome.error in (None, "BucketEmpty")
                # Who is healthy again closes the rest, before funding takes more.
                size = world.state.positions[key].size
                if size == 0 or key in world.at_risk():
                    continue
            limit = MOST_INT if size < 0 else 0
            action = world.by(key[0] >> 96, "Exchange", "trade", *key, -size, limit)
            assert run.step(action).outcome.error is None
        world.now += 3_600
    raise AssertionError(f"still open: {world.positions()}")


def settle_all(run: Run, choose: Seeded) -> None:
    """Every claim becomes cash, as far as the vault has it."""
    world, state = run.world, run.world.state
    good_prices(run, choose)
    for key, claim in list(state.claims.items()):
        if claim:
            action = world.by(key[0] >> 96, "Exchange", "settle", *key)
            error = run.step(action).outcome.error
            assert error is None or (
                error == "VaultTooSmall" and state.funds[()].vault < claim
            )


def sell_for_debts(run: Run, choose: Seeded) -> None:
    """Who owes has tokens sold, as far as they go; what is left over is covered."""
    world, state = run.world, run.world.state
    good_prices(run, choose)
    for holder, number in held_tokens(world):
        if state.accounts[holder].cash >= 0:
            continue

        def sale(atoms: int, key: tuple[int, int] = (holder, number)) -> Action:
            return world.by("keeper", "Exchange", "buy_collateral", *key, atoms)

        most = state.collaterals[holder, number] // unit_of(world, number)
        assert run.step(sale(world.largest(sale, 1, most))).outcome.error is None
    for holder, account in list(state.accounts.items()):
        if account.cash < 0:
            # Less is owed than an atom of the token costs, or nobody buys it.
            action = world.by("keeper", "Exchange", "cover_shortfall", holder)
            assert run.step(action).outcome.error is None
            owed = -state.accounts[holder].cash
            if owed > 0:
                atoms = -(-owed // state.scale)
                owner = holder >> 96
                action = world.by(owner, "Exchange", "deposit", holder, atoms)
                assert run.step(action).outcome.error is None


@pytest.mark.parametrize("seed", range(25))
def test_everybody_gets_out(seed) -> None:
    run, choose = played(seed)
    world, state = run.world, run.world.state
    close_all(run, choose)
    settle_all(run, choose)
    sell_for_debts(run, choose)
    for (holder, number), had in list(state.collaterals.items()):
        atoms = had // unit_of(world, number)
        if atoms:
            owner = holder >> 96
            action = world.by(
                owner, "Exchange", "withdraw_collateral", holder, number, atoms, owner
            )
            assert run.step(action).outcome.error is None
    for holder, account in list(state.accounts.items()):
        atoms = account.cash // state.scale
        if atoms:
            owner = holder >> 96
            action = world.by(owner, "Exchange", "withdraw", holder, atoms, owner)
            assert run.step(action).outcome.error is None
    end_requests(run)
    for provider in world.senders:
        shares = state.shares[provider]
        if shares:
            action = world.by(provider, "Vault", "request_redeem", shares, 0)
            assert run.step(action).outcome.error is None
    end_requests(run)
    # What a vault that owes all it has cannot execute is given back in the end.
    world.now += market.load_risk(state).vault.window
    end_requests(run)
    assert state.escrow[()] == 0
    assert not any(pending.amount for pending in state.requests.values())
    assert all(account.cash < state.scale for account in state.accounts.values())
    assert not any(account.tokens for account in state.accounts.values())
    run.check_every_word()


def end_requests(run: Run) -> None:
    """Every request is executed, or returned where its window has passed."""
    world, state = run.world, run.world.state
    params = market.load_risk(state).vault
    # Nobody has a position, so that no price is needed; only time has to pass.
    quarantined = state.insurance_window[()].bad_debt_at + params.quarantine
    world.now = max(world.now + params.delay + 1, quarantined)
    for number, pending in list(state.requests.items()):
        if not pending.amount:
            continue
        if world.now > closes_at(pending, params):
            action = world.by("keeper", "Vault", "return_request", number)
            assert run.step(action).outcome.error is None
            continue
        owes = world.model.view("Vault", "nav", world.now).low < 0
        done = run.step(world.by("keeper", "Vault", "execute", number)).outcome
        if pending.is_deposit:
            assert done.error == (None if not is_worthless(run) else "VaultUnderwater")
        elif done.error is None and done.returned == 0:
            assert pending.minimum > 1 or is_dust(run, pending.amount)
        else:
            assert done.error == ("ReserveTooSmall" if owes else None)


def is_worthless(run: Run) -> bool:
    """Whether the vault owes all that it has."""
    high = run.world.model.view("Vault", "nav", run.world.now).high
    return bool(high * MOST_SHARES < run.world.state.supply[()])


def is_dust(run: Run, shares: int) -> bool:
    """Whether shares are worth less than an atom at the vault's lower value."""
    nav = run.world.model.view("Vault", "nav", run.world.now)
    worth = shares * (max(nav.low, 0) + 1)
    return worth < run.world.state.scale * (run.world.state.supply[()] + WAD // 10**12)
