"""
Keepers: what they know of accounts is what the protocol says, and what they do is due.
"""

from __future__ import annotations

import pytest

from evm.compile import compile_contracts
from evm.replay import NONE
from keepers.buyer import atoms_for_sale, in_debt, purchases
from keepers.executor import executions
from keepers.liquidator import at_risk, liquidations
from keepers.reporter import reported_price, reports
from keepers.settler import settlements
from keepers.watch import ROUNDING, Watch
from protocol.backing import Standing
from protocol.collateral import FIRST_FEED
from protocol.errors import SALE_TOO_LARGE
from protocol.fixed_point import WAD
from protocol.health import standing_of
from protocol.margin_call import required
from protocol.model import Outcome
from protocol.quorum import median
from protocol.trace import Action, genesis_actions
from simulation.stage import open_stage
from tests.genesis import ACTORS, COLLATERAL, GENESIS, REPORTERS, START

ATOMS = 10**6
KEEPER = ACTORS["keeper"]
LONG = ACTORS["trader_1"] << 96
SHORT = ACTORS["trader_2"] << 96
BOTH = ACTORS["trader_3"] << 96
PAWN = ACTORS["stranger"] << 96
TOKEN = 10 ** COLLATERAL[0].decimals
# When the first request has waited long enough.
BEGUN = START + GENESIS.risk.vault.delay + 1


class Story:
    """A model, alone or with a chain, and a watch that is told of everything."""

    def __init__(self, evm: str = NONE) -> None:
        self.stage = open_stage(evm, compile_contracts(), GENESIS, "TRACE")
        self.model = self.stage.model
        self.watch = Watch(self.model.state)
        self.now = START
        for action in genesis_actions(GENESIS, self.stage.addresses):
            self.make(action)

    def attempt(self, action: Action) -> Outcome:
        """Make a call that may be refused."""
        outcome = self.stage.make(action).outcome
        self.watch.note(outcome)
        return outcome

    def make(self, action: Action) -> Outcome:
        """Make a call that succeeds."""
        outcome = self.attempt(action)
        assert outcome.error is None, (action, outcome.error)
        return outcome

    def by(self, name: str, to: str, function: str, *arguments: int) -> None:
        """Make a call of an actor."""
        self.make(Action(to, function, ACTORS[name], self.now, arguments))

    def prices(self, now: int, ether: int, bitcoin: int, token: int = 2_000) -> None:
        """Let all reporters speak, of the first token too, and look."""
        self.now = now
        reporters = [ACTORS[name] for name in REPORTERS]
        for feed_id, price in ((0, ether), (1, bitcoin), (FIRST_FEED, token)):
            for action in reports(feed_id, reporters, price * WAD, WAD // 1_000, now):
                self.make(action)
        self.watch.look(now)


@pytest.fixture
def story() -> Story:
    """One long, one short, and one with both markets."""
    return begun()


def begun(evm: str = NONE) -> Story:
    """The story of `story`, where `evm` says."""
    story = Story(evm)
    story.by("provider", "Vault", "request_deposit", 10**6 * ATOMS, 1)
    story.prices(BEGUN, 2_000, 30_000)
    (execution,) = executions(story.watch, KEEPER)
    story.make(execution)
    story.by("owner", "Exchange", "fund_insurance", 10**4 * ATOMS)
    for name, holder in (("trader_1", LONG), ("trader_2", SHORT), ("trader_3", BOTH)):
        story.by(name, "Exchange", "deposit", holder, 5_000 * ATOMS)
    top = 10**6 * WAD
    story.by("trader_1", "Exchange", "trade", LONG, 0, 20 * WAD, top)
    story.by("trader_2", "Exchange", "trade", SHORT, 0, -10 * WAD, 1)
    story.by("trader_3", "Exchange", "trade", BOTH, 0, 6 * WAD, top)
    story.by("trader_3", "Exchange", "trade", BOTH, 1, -WAD // 4, 1)
    story.watch.look(story.now)
    return story


def uncalled(standing: Standing) -> int:
    """What an account that stands so must have not to be called."""
    risk = GENESIS.risk
    return int(required(standing.maintenance, risk.reserve, risk.margin_call))


@pytest.mark.parametrize(
    ("elapsed", "ether", "bitcoin"),
    [(30, 2_000, 30_000), (60, 1_900, 31_000), (3_600, 2_150, 28_000), (9, 1_700, 1)],
)
def test_what_it_knows_is_what_the_protocol_says(story, elapsed, ether, bitcoin):
    for holder in (LONG, SHORT, BOTH):
        story.watch.account(holder)
    story.prices(BEGUN + elapsed, ether, bitcoin)
    for holder in (LONG, SHORT, BOTH):
        said = standing_of(story.model.state, holder, False, story.now)
        spare = said.equity - uncalled(said)
        assert abs(story.watch.equity(holder) - said.equity) < ROUNDING
        assert abs(story.watch.spare(holder) - spare) < ROUNDING


def test_an_account_is_examined_again_only_when_it_changed(story) -> None:
    known = story.watch.account(LONG)
    story.prices(BEGUN + 30, 1_990, 30_000)
    assert story.watch.account(LONG) is known
    before = story.watch.equity(LONG)
    story.by("trader_1", "Exchange", "deposit", LONG, ATOMS)
    assert story.watch.account(LONG) is not known
    assert abs(story.watch.equity(LONG) - before - WAD) < ROUNDING


def test_who_is_at_risk_is_liquidated_and_nobody_else(story) -> None:
    assert at_risk(story.watch) == []
    assert list(liquidations(story.watch, KEEPER)) == []
    story.prices(BEGUN + 60, 1_840, 30_000)
    assert at_risk(story.watch) == [LONG]
    calls = []
    for action in liquidations(story.watch, KEEPER):
        calls.append(action.arguments)
        story.make(action)
    assert calls == [(LONG, 0)]


def test_the_worst_comes_first(story) -> None:
    story.prices(BEGUN + 60, 1_500, 60_000)
    found = at_risk(story.watch)
    assert found == [LONG, BOTH]
    lacking = [story.watch.spare(holder) for holder in found]
    assert lacking == sorted(lacking)


@pytest.fixture
def pawn(story) -> Story:
    """A long whose account is backed by two of a token worth 2,000, and by no cash."""
    story.by("stranger", "Exchange", "deposit_collateral", PAWN, 0, 2 * TOKEN)
    story.by("stranger", "Exchange", "trade", PAWN, 0, 8 * WAD, 10**6 * WAD)
    story.watch.look(story.now)
    return story


def bought(story) -> list[tuple[str, tuple[int, ...]]]:
    """What the buyer does now, each call made before the next is decided."""
    calls = []
    for action in purchases(story.watch, KEEPER):
        calls.append((action.function, action.arguments))
        story.make(action)
    return calls


@pytest.mark.parametrize(("ether", "token"), [(1_950, 2_100), (2_050, 1_600)])
def test_a_token_is_worth_what_the_protocol_says(pawn, ether, token) -> None:
    pawn.watch.account(PAWN)
    pawn.prices(BEGUN + 60, ether, 30_000, token)
    said = standing_of(pawn.model.state, PAWN, False, pawn.now)
    assert abs(pawn.watch.equity(PAWN) - said.equity) < ROUNDING
    spare = said.equity - uncalled(said)
    assert abs(pawn.watch.spare(PAWN) - spare) < ROUNDING
    kept_back = 2 * token * WAD // 10
    assert abs(pawn.watch.worth(PAWN) - said.equity - kept_back) < ROUNDING


def test_who_is_backed_by_a_token_is_at_risk_when_it_falls(pawn) -> None:
    pawn.by("stranger", "Exchange", "trade", PAWN, 0, 6 * WAD, 10**6 * WAD)
    pawn.prices(BEGUN + 60, 1_900, 30_000, 1_900)
    assert at_risk(pawn.watch) == []
    pawn.prices(BEGUN + 90, 1_900, 30_000, 1_550)
    assert at_risk(pawn.watch) == [PAWN]


def test_a_loss_is_settled_once_it_is_large_against_the_tokens(pawn) -> None:
    for name in ("trader_1", "trader_2", "trader_3"):
        pawn.by(name, "Exchange", "deposit", ACTORS[name] << 96, 10**5 * ATOMS)
    pawn.prices(BEGUN + 60, 1_890, 30_000)
    assert list(settlements(pawn.watch, KEEPER)) == []
    pawn.prices(BEGUN + 90, 1_870, 30_000)
    calls = [action.arguments for action in settlements(pawn.watch, KEEPER)]
    assert calls == [(PAWN, 0)]


def test_a_small_debt_is_not_bought_while_there_is_a_position(pawn) -> None:
    pawn.prices(BEGUN + 60, 1_990, 30_000)
    pawn.by("keeper", "Exchange", "settle", PAWN, 0)
    accounts = pawn.model.state.accounts
    floor = GENESIS.risk.debt.floor
    assert in_debt(pawn.watch) == [PAWN]
    missing = (-int(accounts[PAWN].cash) - int(floor)) // (WAD // ATOMS)
    pawn.by("stranger", "Exchange", "deposit", PAWN, missing)
    assert in_debt(pawn.watch) == [PAWN]
    pawn.by("stranger", "Exchange", "deposit", PAWN, 1)
    assert accounts[PAWN].cash < 0
    assert in_debt(pawn.watch) == []
    assert bought(pawn) == []


def test_a_debt_is_bought_to_the_last_atom_that_is_sold(pawn) -> None:
    pawn.prices(BEGUN + 60, 1_900, 30_000)
    pawn.by("keeper", "Exchange", "settle", PAWN, 0)
    atoms = atoms_for_sale(pawn.watch, PAWN, 0, KEEPER)
    arguments = (PAWN, 0, atoms + 1)
    too_much = Action("Exchange", "buy_collateral", KEEPER, pawn.now, arguments)
    assert pawn.model.apply(too_much).error == SALE_TOO_LARGE
    assert bought(pawn) == [("buy_collateral", (PAWN, 0, atoms))]
    assert bought(pawn) == []


def test_no_more_is_bought_than_the_buyer_can_pay(pawn) -> None:
    pawn.prices(BEGUN + 60, 1_900, 30_000)
    pawn.by("keeper", "Exchange", "settle", PAWN, 0)
    whole = atoms_for_sale(pawn.watch, PAWN, 0, KEEPER)
    pawn.by("keeper", "Token", "transfer", ACTORS["owner"], 10**7 * ATOMS - ATOMS)
    (call,) = bought(pawn)
    assert 0 < call[1][2] < whole
    assert bought(pawn) == []


def test_a_token_of_an_old_price_is_not_bought(pawn) -> None:
    pawn.prices(BEGUN + 60, 1_900, 30_000)
    pawn.by("keeper", "Exchange", "settle", PAWN, 0)
    assert atoms_for_sale(pawn.watch, PAWN, 0, KEEPER)
    pawn.watch.look(pawn.now + COLLATERAL[0].params.max_age + 1)
    assert in_debt(pawn.watch) == [PAWN]
    assert bought(pawn) == []


def test_nobody_buys_above_what_a_token_is_worth(pawn) -> None:
    """At 1,400 the mark is held at 1,500, and the discount is a twentieth."""
    pawn.prices(BEGUN + 60, 1_900, 30_000)
    pawn.by("keeper", "Exchange", "settle", PAWN, 0)
    for token, is_bought in ((1_400, False), (1_424, False), (1_450, True)):
        pawn.prices(pawn.now + 900, 1_900, 30_000)
        pawn.prices(pawn.now + 30, 1_900, 30_000, token)
        assert bool(atoms_for_sale(pawn.watch, PAWN, 0, KEEPER)) is is_bought


def test_who_owes_most_is_first(pawn) -> None:
    accounts = pawn.model.state.accounts
    pawn.prices(BEGUN + 60, 1_700, 30_000)
    pawn.by("keeper", "Exchange", "settle", PAWN, 0)
    assert in_debt(pawn.watch) == [PAWN]
    pawn.by("keeper", "Exchange", "settle", LONG, 0)
    assert accounts[PAWN].cash < accounts[LONG].cash < 0
    assert in_debt(pawn.watch) == [PAWN, LONG]
    pawn.by("stranger", "Exchange", "deposit", PAWN, 2_000 * ATOMS)
    assert accounts[LONG].cash < accounts[PAWN].cash < 0
    assert in_debt(pawn.watch) == [LONG, PAWN]


def test_a_debt_is_closed_once_nothing_is_left_to_buy(pawn) -> None:
    """What was worth a little more than the least is worth less at the next look."""
    atoms = TOKEN // 1_900
    held = pawn.model.state.collaterals[PAWN, 0]
    pawn.by("stranger", "Exchange", "deposit", PAWN, 2_000 * ATOMS)
    take = (int(held) // (10**18 // TOKEN) - atoms, ACTORS["stranger"])
    pawn.by("stranger", "Exchange", "withdraw_collateral", PAWN, 0, *take)
    pawn.prices(BEGUN + 60, 1_300, 30_000)
    for action in liquidations(pawn.watch, KEEPER):
        pawn.make(action)
    accounts = pawn.model.state.accounts
    assert accounts[PAWN].positions == 0
    assert accounts[PAWN].cash < 0
    assert atoms_for_sale(pawn.watch, PAWN, 0, KEEPER) == atoms
    pawn.prices(BEGUN + 90, 1_300, 30_000, 1_800)
    assert bought(pawn) == [("cover_shortfall", (PAWN,))]
    assert (accounts[PAWN].cash, accounts[PAWN].tokens) == (0, 0)
    assert bought(pawn) == []


def test_an_old_price_liquidates_nobody(story) -> None:
    story.prices(BEGUN + 60, 1_840, 30_000)
    story.now += 86_400
    story.watch.look(story.now)
    assert at_risk(story.watch) == [LONG]
    assert list(liquidations(story.watch, KEEPER)) == []
    assert list(settlements(story.watch, KEEPER)) == []


def test_a_loss_is_settled_once_it_is_large(story) -> None:
    assert list(settlements(story.watch, KEEPER)) == []
    story.prices(BEGUN + 60, 1_940, 30_000)
    calls = list(settlements(story.watch, KEEPER))
    assert [action.arguments for action in calls] == [(LONG, 0)]
    before = story.model.state.accounts[LONG].cash
    for action in calls:
        story.make(action)
    assert story.model.state.accounts[LONG].cash < before
    assert list(settlements(story.watch, KEEPER)) == []


def test_a_request_is_executed_once_every_price_is_newer(story) -> None:
    story.by("provider", "Vault", "request_deposit", ATOMS, 1)
    asked_at = story.now
    assert list(executions(story.watch, KEEPER)) == []
    story.prices(asked_at + GENESIS.risk.vault.delay, 2_000, 30_000)
    assert list(executions(story.watch, KEEPER)) == []
    story.prices(story.now + 1, 2_000, 30_000)
    (action,) = executions(story.watch, KEEPER)
    assert (action.function, action.arguments) == ("execute", (2,))
    story.make(action)
    assert list(executions(story.watch, KEEPER)) == []


def test_a_request_that_cannot_be_executed_keeps_no_other_waiting(story) -> None:
    """The vault cannot spare all shares, but some; what is too late is returned."""
    provider = ACTORS["provider"]
    shares = story.model.state.shares[provider]
    story.by("provider", "Vault", "request_redeem", shares - 1, 1)
    story.by("trader_3", "Vault", "request_deposit", ATOMS, 1)
    asked_at, params = story.now, GENESIS.risk.vault
    story.prices(asked_at + params.delay + 1, 2_000, 30_000)
    (action,) = executions(story.watch, KEEPER)
    assert (action.function, action.arguments) == ("execute", (3,))
    story.make(action)
    story.prices(asked_at + params.delay + params.window, 2_000, 30_000)
    assert list(executions(story.watch, KEEPER)) == []
    story.prices(story.now + 1, 2_000, 30_000)
    (action,) = executions(story.watch, KEEPER)
    assert (action.function, action.arguments) == ("return_request", (2,))
    story.make(action)
    assert story.model.state.shares[provider] == shares


@pytest.mark.parametrize("count", [1, 3, 5, 7])
def test_reporters_lie_around_the_price(count) -> None:
    price, confidence = 2_000 * WAD, WAD // 1_000
    said = [reported_price(price, confidence, each, count) for each in range(count)]
    assert median(said) == price
    assert len(set(said)) == count
    assert all(abs(each - price) * 2_000 <= price for each in said)
