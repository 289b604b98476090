"""
Tokens that are not what they should be: refused, or harmless, and nothing is lost.

Each kind is the token of the protocol with an edit, in both worlds where the model can
see what it does; every call is in lockstep.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from evm.compile import compile_contracts
from evm.lockstep import LAYERS, Lockstep
from evm.replay import model_at
from evm.revm import RevmChain
from evm.words import WORD, packed, unpacked
from protocol import errors
from protocol.collateral import FIRST_FEED
from protocol.fixed_point import WAD
from protocol.trace import genesis_actions, words_of
from tests.evm.story import ATOMS, by, holder, reports
from tests.evm.zoo import (
    BLOCKS,
    CALLS_BACK,
    NO_RETURN,
    RETURNS_FALSE,
    SOUND,
    TAKES_A_FEE,
)
from tests.genesis import ACTORS, GENESIS, RISK, START
from tests.laws.faults import Mutant, faulty_contracts, faulty_model

FIRST, SECOND = holder("trader_1"), holder("trader_2")
WETH = 10**8


class Scene:
    """Both worlds with a kind of token as quote and as collateral."""

    def __init__(self, compiled) -> None:
        self.chain = RevmChain(compiled)
        self.chain.deploy(GENESIS)
        self.model = model_at(GENESIS, self.chain.addresses)
        layers = LAYERS - {"returned", "roots"}
        self.pair = Lockstep(self.model, self.chain, layers=layers)
        self.now = START
        for action in genesis_actions(GENESIS, self.chain.addresses):
            assert self.pair.step(action).outcome.error is None
        for feed_id, price in ((0, 2_000), (1, 30_000), (FIRST_FEED, 2_000)):
            self.price(feed_id, price * WAD)

    def price(self, feed_id: int, price: int) -> None:
        """A round a second later."""
        self.now += 1
        for action in reports(self.now, feed_id, price):
            assert self.pair.step(action).outcome.error is None

    def call(self, name: str, to: str, function: str, *arguments: int) -> str | None:
        """Make a call on both sides; how it was refused, if it was."""
        action = by(name, to, function, self.now, *arguments)
        return self.pair.step(action).outcome.error

    def books(self) -> tuple[object, ...]:
        """What the exchange says it holds, of every token."""
        state = self.model.state
        return state.holdings[()], dict(state.totals), state.funds[()]

    def check_balances(self) -> None:
        """The exchange has what it says it holds, and no atom came from nowhere."""
        state, exchange = self.model.state, self.chain.addresses["Exchange"]
        assert state.quote.balances[exchange] >= state.holdings[()].held_atoms
        for token_id, total in state.totals.items():
            token = state.codes[state.collateral_params[token_id]]
            balance = state.tokens[token.token].balances[exchange]
            assert balance * 10 ** (18 - token.decimals) >= total


@contextmanager
def scene(kind: Mutant, folder) -> Iterator[Scene]:
    """Both worlds with that kind of token."""
    compiled = compile_contracts(faulty_contracts(kind, folder))
    with faulty_model(kind):
        yield Scene(compiled)


def pays_in(name: str, account: int) -> list[tuple[str, str, str, *tuple[int, ...]]]:
    """Every way in which tokens come in."""
    return [
        (name, "Exchange", "deposit", account, 1_000 * ATOMS),
        (name, "Exchange", "deposit_collateral", account, 0, WETH),
        (name, "Exchange", "fund_insurance", 100 * ATOMS),
        (name, "Vault", "request_deposit", 100 * ATOMS, 0),
    ]


def pays_out(name: str, account: int) -> list[tuple[str, str, str, int, int, int]]:
    """Every way in which a trader's tokens go out."""
    receiver = ACTORS[name]
    return [
        (name, "Exchange", "withdraw", account, 10 * ATOMS, receiver),
        (name, "Exchange", "withdraw_collateral", account, 0, WETH // 2, receiver),
    ]


@pytest.mark.parametrize("kind", [SOUND, NO_RETURN], ids=lambda kind: kind.name)
def test_a_token_that_only_returns_nothing_is_as_good(kind, tmp_path) -> None:
    with scene(kind, tmp_path) as made:
        for call in (*pays_in("trader_1", FIRST), *pays_out("trader_1", FIRST)):
            assert made.call(*call) is None
        assert made.model.state.accounts[FIRST].cash == 990 * WAD
        assert made.model.state.collaterals[FIRST, 0] == WAD // 2
        made.check_balances()


@pytest.mark.parametrize(
    "kind", [RETURNS_FALSE, TAKES_A_FEE], ids=lambda kind: kind.name
)
def test_what_does_not_arrive_is_not_booked(kind, tmp_path) -> None:
    with scene(kind, tmp_path) as made:
        before = made.books()
        for call in pays_in("trader_1", FIRST):
            assert made.call(*call) == errors.TRANSFER_FAILED
        assert made.books() == before
        made.check_balances()


def test_a_block_holds_back_nobody_but_the_blocked(tmp_path) -> None:
    """He cannot be paid; he is liquidated like anybody, and others are paid."""
    with scene(BLOCKS, tmp_path) as made:
        fund = ("provider", "Exchange", "fund_insurance", 10**4 * ATOMS)
        assert made.call(*fund) is None
        for call in pays_in("trader_2", SECOND):
            assert made.call(*call) is None
        for call in pays_in("trader_1", FIRST):
            assert made.call(*call) == errors.BALANCE_TOO_SMALL
        # Another operates for him, and pays.
        keeper = ACTORS["keeper"]
        assert made.call("trader_1", "Exchange", "set_operator", keeper, 1) is None
        for call in pays_in("keeper", FIRST)[:2]:
            assert made.call(*call) is None
        bought = (FIRST, 0, 10 * WAD, 10**30)
        assert made.call("trader_1", "Exchange", "trade", *bought) is None
        for call in pays_out("trader_1", FIRST):
            assert made.call(*call) in (
                errors.BALANCE_TOO_SMALL,
                errors.BELOW_INITIAL_MARGIN,
                errors.TOO_LITTLE_CASH,
            )
        for call in pays_out("trader_2", SECOND):
            assert made.call(*call) is None
        made.price(0, 1_750 * WAD)
        assert made.call("stranger", "Exchange", "settle", FIRST, 0) is None
        buy = ("stranger", "Exchange", "buy_collateral", FIRST, 0, WETH // 10)
        assert made.call(*buy) is None
        made.price(0, 1_600 * WAD)
        assert made.call("stranger", "Exchange", "liquidate", FIRST, 0) is None
        made.check_balances()


def test_a_blocked_provider_keeps_no_other_waiting(tmp_path) -> None:
    """What is to be paid to him waits, or comes back to him as shares."""
    with scene(BLOCKS, tmp_path) as made:
        blocked, state = ACTORS["trader_1"], made.model.state
        params = RISK.vault
        given = (1_000 * ATOMS, blocked, ACTORS["trader_2"])
        assert made.call("trader_2", "Vault", "requestDeposit", *given) is None
        made.now += params.delay + 1
        assert made.call("keeper", "Vault", "execute", 1) is None
        shares = state.shares[blocked]
        assert made.call("trader_1", "Vault", "request_redeem", shares, 0) is None
        assert made.call("trader_2", "Vault", "requestDeposit", *given) is None
        own = ("trader_2", "Vault", "request_deposit", 1_000 * ATOMS, 0)
        assert made.call(*own) is None
        made.now += params.delay + 1
        refused = errors.BALANCE_TOO_SMALL
        assert made.call("keeper", "Vault", "execute", 2) == refused
        assert made.call("keeper", "Vault", "execute", 4) is None
        made.now += params.window
        assert made.call("keeper", "Vault", "return_request", 2) is None
        assert state.shares[blocked] == shares
        assert made.call("keeper", "Vault", "return_request", 3) == refused
        leaving = state.shares[ACTORS["trader_2"]]
        assert made.call("trader_2", "Vault", "request_redeem", leaving, 0) is None
        made.now += params.delay + 1
        assert made.call("keeper", "Vault", "execute", 5) is None
        assert state.escrow[()] == 1_000 * WAD
        made.check_balances()


HOOKS = ("Token", "Token1")
ENTERED: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("Exchange", "set_operator", (ACTORS["stranger"], 1)),
    ("Exchange", "set_margin_mode", (SECOND, 1)),
    ("Exchange", "deposit", (SECOND, 1)),
    ("Exchange", "withdraw", (FIRST, 1, ACTORS["stranger"])),
    ("Exchange", "deposit_collateral", (SECOND, 0, 1)),
    ("Exchange", "withdraw_collateral", (FIRST, 0, 1, ACTORS["stranger"])),
    ("Exchange", "buy_collateral", (FIRST, 0, 1)),
    ("Exchange", "cover_shortfall", (FIRST,)),
    ("Exchange", "trade", (FIRST, 0, WAD, 10**30)),
    ("Exchange", "liquidate", (FIRST, 0)),
    ("Exchange", "settle", (FIRST, 0)),
    ("Exchange", "accrue", (0,)),
    ("Exchange", "fund_insurance", (1,)),
    ("Exchange", "claim_reward", (1, ACTORS["stranger"])),
    ("Exchange", "account_of", (FIRST,)),
    ("Exchange", "books", ()),
    ("Exchange", "total_of", (0,)),
    ("Exchange", "standing_of", (FIRST,)),
    ("Vault", "nav", ()),
    ("Vault", "totalAssets", ()),
    ("Vault", "maxRedeem", (ACTORS["provider"],)),
    ("Vault", "request_deposit", (1, 0)),
    ("Vault", "execute", (1,)),
    ("Vault", "return_request", (1,)),
    ("Lens", "statement_of", (FIRST,)),
    ("Lens", "accounts_page", (FIRST >> 96, 0, 1)),
    ("Lens", "orders_page", (FIRST >> 96, 0, 1)),
    ("Lens", "health_batch", tuple(words_of([FIRST]))),
    ("Lens", "state_batch", tuple(words_of([FIRST]))),
)


@pytest.mark.parametrize(
    "entered", ENTERED, ids=lambda entered: f"{entered[0]}.{entered[1]}"
)
def test_nobody_enters_from_inside_a_transfer(entered, hooked) -> None:
    """
    Not one entry point of the book, nor a view of it or of who reads it: what would be
    seen in the middle of a call is seen by nobody. The call goes on as if nothing was.
    """
    to, function, arguments = entered
    made = hooked
    made.now += 1
    target, payload = (
        made.chain.addresses[to],
        made.chain.calldata(to, function, arguments),
    )
    padded = payload + b"\0" * (-len(payload) % WORD)
    words = unpacked(packed([target, 64, len(payload)]) + padded)
    for name in HOOKS:
        stranger = ACTORS["stranger"]
        assert made.chain.call(name, "aim", stranger, made.now, words).succeeded
    before = counted(made)
    for call in (*pays_in("trader_1", FIRST), *pays_out("trader_1", FIRST)):
        assert made.call(*call) is None
    attempts, entries = (
        now - then for now, then in zip(counted(made), before, strict=True)
    )
    assert (attempts, entries) == (6, 0)
    made.check_balances()


@pytest.fixture(scope="module")
def hooked(tmp_path_factory) -> Scene:
    """Both worlds with tokens that call back whoever they are aimed at."""
    compiled = compile_contracts(
        faulty_contracts(CALLS_BACK, tmp_path_factory.mktemp("hook"))
    )
    return Scene(compiled)


def counted(made: Scene) -> tuple[int, int]:
    """How often the tokens tried to call back, and how often they came in."""
    totals = [0, 0]
    for hook in HOOKS:
        for place, name in enumerate(("attempts", "entered")):
            observed = made.chain.view(hook, name, 0, made.now, ())
            totals[place] += int.from_bytes(observed.output, "big")
    return totals[0], totals[1]
