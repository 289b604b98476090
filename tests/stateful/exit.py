"""
C16: from any state, once prices are good, everybody gets out.

Accounts at risk are liquidated, all others close by themselves, gains are settled
while the vault has them, debts are covered, interest is paid and lines are recalled,
all cash, tokens, rewards and fees are taken out, what was lent as well, and the
providers leave once what they ask for may be executed. No call is
refused for a reason that somebody else controls, and what is left is dust.

A vault that owes more than it has is the exception: a claim above it stays a claim, and
no provider leaves, nor does any enter.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from evm.lockstep import Difference
from protocol import market, payout
from protocol.account import PORTFOLIO
from protocol.collateral import FIRST_FEED
from protocol.fixed_point import WAD
from protocol.model import Outcome
from protocol.parameters import HALTED, REDUCE_ONLY, SETTLED
from protocol.request import Request, closes_at
from protocol.share import MOST_SHARES, VIRTUAL_SHARES, Nav
from protocol.trace import Action, words_of
from tests.laws.invariants import Broken
from tests.laws.invariants.measures import up
from tests.stateful.choices import Seeded
from tests.stateful.tokens import is_blocked
from tests.stateful.vocabulary.arguments import MOST_INT
from tests.stateful.vocabulary.collateral import held_tokens, seized_atoms, unit_of
from tests.stateful.vocabulary.payout import changed_to, chosen_in, in_mode, owed
from tests.stateful.vocabulary.prices import is_stale, round_at
from tests.stateful.world import World

Make = Callable[[Action], Outcome]
HOUR, DAY = 3_600, 86_400
# So often an emptied bucket may keep a keeper waiting: for an hour first, then a day.
MOST_HOURS, MOST_DAYS = 24, 600
# So often a price that has left its band waits for it; then the mark is the price.
MOST_WAITS = 10
# Wei that a position is worth which is as good as none.
DUST = 100
# A round that everybody is sure of draws nothing.
SURE = Seeded(0)


class Exit:
    """Everybody's way out of one state; `make` makes the calls."""

    def __init__(self, world: World, make: Make) -> None:
        self.world = world
        self.state = world.state
        self.make = make
        self.calls = 0
        self.last: Action | None = None

    def outcome(
        self, sender: int | str, to: str, function: str, *words: int
    ) -> Outcome:
        """Make a call now."""
        return self.made(self.world.by(sender, to, function, *words))

    def made(self, action: Action) -> Outcome:
        """Make a call."""
        self.calls += 1
        self.last = action
        return self.make(action)

    def must(self, sender: int | str, to: str, function: str, *words: int) -> None:
        """Make a call that nothing may refuse."""
        error = self.outcome(sender, to, function, *words).error
        assert error is None, error

    def wind_down(self) -> None:
        """Let everybody out, and look at what is left."""
        self.end_orders()
        self.go_on()
        self.close_all()
        self.settle_all()
        self.sell_for_debts()
        # What a market pays no more now it pays when its window is over.
        windows = (
            market.load_params(self.state, number, self.world.now).payout.window
            for number in range(self.world.markets)
        )
        self.world.now += max(windows)
        self.settle_all(is_last=True)
        self.end_lines()
        self.withdraw_all()
        self.end_requests()
        self.redeem_all()
        self.check_rest()

    def end_orders(self) -> None:
        """
        What waits for a price is taken back, what nobody has settled expires; then
        nobody has to wait any more.
        """
        world, state = self.world, self.state
        for key, order in list(state.orders.items()):
            if order.size_delta != 0 and order.due_at == 0:
                self.must(key[0] >> 96, "Orders", "cancel", *key)
            elif order.size_delta != 0:
                world.now = max(world.now, order.expires_at + 1)
                self.must("keeper", "Orders", "expire", *key)
        risk = market.load_risk(state)
        if risk.order.delay:
            at_once = replace(risk, order=replace(risk.order, delay=0))
            words = words_of(at_once)
            self.must(state.owner[()], "Governor", "set_risk", *words)

    def go_on(self) -> None:
        """A halted market lets positions become smaller again: that is enough."""
        for number in range(self.world.markets):
            params = chosen_in(self.world, number)
            if params.limits.mode == HALTED:
                reducing = in_mode(params, REDUCE_ONLY)
                action = changed_to(self.world, number, reducing)
                assert self.made(action).error is None, action

    def good_prices(self) -> None:
        """Rounds for all feeds, until every band has followed and all are sure."""
        world, state = self.world, self.state
        waits = 0
        while True:
            wait = 0
            for number in world.feeds:
                price = market.price_of(state, number)
                feed = state.codes[state.feed_params[number]]
                index = price.index if waits < MOST_WAITS else price.mark
                index = min(max(index, feed.floor_price + 1), feed.ceiling_price - 1)
                for action in round_at(world, SURE, number, index):
                    words = action.arguments
                    if action.function == "report":
                        words = (*words[:3], 0, *words[4:])
                    error = self.made(replace(action, arguments=words)).error
                    assert error is None, error
                price = market.price_of(state, number)
                if price.mark != price.index:
                    wait = max(wait, feed.averaging_time)
            if wait == 0 and not is_stale(world):
                return
            waits += 1
            world.now += wait

    def close_all(self) -> None:
        """Every position is closed, by its owner or by a keeper."""
        for wait in (HOUR,) * MOST_HOURS + (DAY,) * MOST_DAYS:
            held = self.world.positions()
            if not held:
                return
            self.good_prices()
            # No portfolio is liquidated while a market of it is settled.
            held.sort(key=lambda position: not self.is_settled(position[1]))
            for holder, market_id in held:
                self.close(holder, market_id)
            self.world.now += wait
        raise AssertionError(f"still open: {self.world.positions()}")

    def close(self, holder: int, market_id: int) -> None:
        """One position is closed, as far as a bucket lets it."""
        world, positions = self.world, self.state.positions
        if positions[holder, market_id].size == 0:
            return
        if self.is_settled(market_id):
            self.must("keeper", "Exchange", "close_settled", holder, market_id)
            return
        if world.is_at_risk(holder):
            key = (holder, market_id)
            self.wait_for_grace(holder, market_id)
            error = self.outcome("keeper", "Exchange", "liquidate", *key).error
            if error == "Healthy":
                # The wait has brought more than it took.
                error = None
            # An empty bucket is the one thing that a keeper waits for.
            assert error in (None, "BucketEmpty"), error
        # Who is healthy again closes the rest, before funding takes more.
        size = positions[holder, market_id].size
        if size == 0 or world.is_at_risk(holder):
            return
        mark = market.price_of(self.state, market_id).mark
        account = self.state.accounts[holder]
        others = account.positions & ~(1 << market_id)
        words = (holder, market_id, -size, MOST_INT if size < 0 else 0)
        error = self.outcome(holder >> 96, "Exchange", "trade", *words).error
        is_dust, may_hedge = up(abs(size), mark) < DUST, account.mode == PORTFOLIO
        if error == "RiskNotReduced" and others and (is_dust or may_hedge):
            # It costs more to round than it needs as margin, or hedges the others: they
            # go first.
            return
        assert error is None, error

    def is_settled(self, market_id: int) -> bool:
        """Whether a market has its last price."""
        return chosen_in(self.world, market_id).limits.mode == SETTLED

    def wait_for_grace(self, holder: int, market_id: int) -> None:
        """An account at risk is called, and its grace passes."""
        world, key = self.world, (holder, market_id)
        refused, _ = world.tried(world.by("keeper", "Exchange", "liquidate", *key))
        if refused != "GraceNotOver":
            return
        error = self.outcome("keeper", "Exchange", "call_margin", *key).error
        assert error in (None, "AlreadyCalled"), error
        called_at = self.state.accounts[holder].called_at
        world.now = called_at + market.load_risk(self.state).margin_call.grace
        self.good_prices()

    def settle_all(self, *, is_last: bool = False) -> None:
        """Every claim becomes cash, as far as its market pays and the vault has it."""
        self.good_prices()
        for (holder, market_id), claim in list(self.state.claims.items()):
            if not claim:
                continue
            pays, vault = self.payment(market_id, claim), self.state.funds[()].vault
            debt = 0 if is_last else self.state.holdings[()].debt
            expected = "VaultTooSmall" if pays == 0 or vault - pays < debt else None
            words = (holder, market_id)
            error = self.outcome(holder >> 96, "Exchange", "settle", *words).error
            assert error == expected, (error, claim, pays, vault, debt)

    def payment(self, market_id: int, claim: int) -> int:
        """What a market pays of a claim."""
        state, now = self.state, self.world.now
        spent = payout.decayed(market.load_spent(state, market_id), now)
        params = market.load_params(state, market_id, now).payout
        most = payout.cap(state.funds[()].vault, spent, params)
        whole = max(owed(self.world, market_id), claim)
        return claim if whole <= most else claim * most // whole

    def sell_for_debts(self) -> None:
        """Who owes has tokens sold, as far as they go; what is left over is covered."""
        world, state = self.world, self.state
        for holder, number in held_tokens(world):
            if state.accounts[holder].cash >= 0:
                continue

            def sale(atoms: int, key: tuple[int, int] = (holder, number)) -> Action:
                return world.by("keeper", "Exchange", "buy_collateral", *key, atoms)

            most = state.collaterals[holder, number] // unit_of(world, number)
            is_too_large = self.is_below_an_atom(holder, number)
            expected = "SaleTooLarge" if is_too_large else None
            error = self.made(sale(world.largest(sale, 1, most))).error
            assert error == expected, error
        for holder, account in list(state.accounts.items()):
            if account.cash >= 0:
                continue
            self.must("keeper", "Exchange", "cover_shortfall", holder)
            # While a token is left that is worth something, its owner pays the rest.
            owes = -state.accounts[holder].cash
            if owes > 0:
                owner, atoms = holder >> 96, -(-owes // state.scale)
                self.lend(owner, atoms)
                self.must(owner, "Exchange", "deposit", holder, atoms)

    def lend(self, owner: int, atoms: int) -> None:
        """Who has spent all his money is given some by who has most of it."""
        balances = self.state.quote.balances
        if balances[owner] < atoms:
            richest = max(self.world.senders, key=lambda sender: balances[sender])
            self.must(richest, "Token", "transfer", owner, atoms)

    def is_below_an_atom(self, holder: int, token_id: int) -> bool:
        """Whether an account owes less than an atom of a token costs."""
        state = self.state
        mark = market.price_of(state, FIRST_FEED + token_id).mark
        discount = state.codes[state.collateral_params[token_id]].discount
        costs = up(up(unit_of(self.world, token_id), mark), WAD - discount)
        return -int(state.accounts[holder].cash) < costs

    def end_lines(self) -> None:
        """Interest is paid, and lines are recalled until lenders have all back."""
        state = self.state
        lined = [each for each, account in state.accounts.items() if account.has_line]
        for holder in lined:
            self.must("keeper", "Exchange", "settle_line", holder)
            owed = state.lines[holder].owed
            if owed and state.accounts[holder].tokens:
                # What it owes holds its tokens up: its owner pays the rest.
                owner, atoms = holder >> 96, -(-owed // state.scale)
                self.lend(owner, atoms)
                self.must(owner, "Exchange", "deposit", holder, atoms)
                self.must("keeper", "Exchange", "settle_line", holder)
            line = state.lines[holder]
            if line.limit and not line.ends_at:
                self.must(line.lender, "Exchange", "recall_line", holder)
        ends = [state.lines[holder].ends_at for holder in lined]
        self.world.now = max(self.world.now, *ends, 0)
        for holder in lined:
            if state.accounts[holder].has_line:
                self.must("keeper", "Exchange", "settle_line", holder)

    def withdraw_all(self) -> None:
        """Tokens and cash leave the accounts, then what keepers and owner earned."""
        world, state = self.world, self.state
        governor = world.addresses["Governor"]
        for (holder, number), had in list(state.collaterals.items()):
            if had and holder >> 96 != governor:
                owner, atoms = holder >> 96, had // unit_of(world, number)
                is_kept_out = is_blocked(state, number, owner)
                receiver = world.actors["keeper"] if is_kept_out else owner
                words = (holder, number, atoms, receiver)
                self.must(owner, "Exchange", "withdraw_collateral", *words)
        for holder, account in list(state.accounts.items()):
            atoms = account.cash // state.scale
            if atoms:
                owner = holder >> 96
                self.must(owner, "Exchange", "withdraw", holder, atoms, owner)
        for keeper, earned in list(state.keeper_rewards.items()):
            atoms = earned // state.scale
            if atoms:
                self.must(keeper, "Exchange", "claim_reward", atoms, keeper)
        for lender, has in list(state.lenders.items()):
            assert has.held == 0, (lender, has)
            atoms = has.money // state.scale
            if atoms:
                self.must(lender, "Exchange", "withdraw_lent", atoms, lender)
        owner = state.owner[()]
        atoms = state.funds[()].treasury // state.scale
        if atoms:
            self.must(owner, "Governor", "collect_treasury", owner, atoms)
        for number in list(state.totals):
            atoms = seized_atoms(world, number)
            if atoms:
                words = (number, owner, atoms)
                self.must(owner, "Governor", "collect_collateral", *words)

    def redeem_all(self) -> None:
        """Every provider leaves, and none leaves more behind than shares were worth."""
        state = self.state
        scale, vault, supply = state.scale, state.funds[()].vault, state.supply[()]
        owes = vault < 0 or any(state.claims.values())
        is_solvent = not owes and not state.escrow[()]
        for provider in self.world.senders:
            shares = state.shares[provider]
            if shares:
                self.must(provider, "Vault", "request_redeem", shares, 0)
        asked = len(self.waiting())
        self.end_requests()
        # What a vault that owes all it has cannot execute is given back in the end.
        self.world.now += market.load_risk(state).vault.window
        self.end_requests()
        assert state.escrow[()] == 0, state.escrow[()]
        assert not self.waiting(), self.waiting()
        if is_solvent:
            part = (vault + 1) * (state.supply[()] + VIRTUAL_SHARES)
            most = part // (supply + VIRTUAL_SHARES) + asked * scale
            assert 0 <= state.funds[()].vault <= most, (state.funds[()].vault, most)

    def waiting(self) -> list[tuple[int, Request]]:
        """The requests that wait."""
        return [each for each in self.state.requests.items() if each[1].amount]

    def end_requests(self) -> None:
        """Every request is executed, or returned where its window has passed."""
        world = self.world
        params = market.load_risk(self.state).vault
        # Nobody has a position, so that no price is needed; only time has to pass.
        quarantined = self.state.insurance_window[()].bad_debt_at + params.quarantine
        world.now = max(world.now + params.delay + 1, quarantined)
        for number, pending in self.waiting():
            if world.now > closes_at(pending, params):
                self.must("keeper", "Vault", "return_request", number)
                continue
            nav, supply = self.nav(), self.state.supply[()]
            done = self.outcome("keeper", "Vault", "execute", number)
            if nav.is_shut:
                assert done.error == "VaultShut", done.error
            elif pending.is_deposit:
                is_worthless = nav.high * MOST_SHARES < supply
                expected = "VaultUnderwater" if is_worthless else None
                assert done.error == expected, done.error
            elif done.error is None and done.returned == 0:
                is_dust = self.is_dust(pending.amount)
                assert pending.minimum > 1 or is_dust, pending
            else:
                expected = "ReserveTooSmall" if nav.low < 0 else None
                assert done.error == expected, done.error

    def nav(self) -> Nav:
        """What the vault is worth."""
        found: Nav = self.world.model.view("Vault", "nav", self.world.now)
        return found

    def is_dust(self, shares: int) -> bool:
        """Whether shares are worth less than an atom at the vault's lower value."""
        worth = shares * (max(self.nav().low, 0) + 1)
        return worth < self.state.scale * (self.state.supply[()] + VIRTUAL_SHARES)

    def check_rest(self) -> None:
        """Nobody has more left than an atom, and the book holds nothing for nobody."""
        state, funds = self.state, self.state.funds[()]
        owned = {
            "account": [account.cash for account in state.accounts.values()],
            "reward": list(state.keeper_rewards.values()),
            "lender": [has.money for has in state.lenders.values()],
            "treasury": [funds.treasury],
        }
        for owner, rests in owned.items():
            assert all(0 <= rest < state.scale for rest in rests), (owner, rests)
        assert not any(state.totals.values())
        known = sum(map(sum, owned.values())) + funds.vault + funds.insurance
        assert state.holdings[()].held_atoms * state.scale == known, known


def wind_down(world: World, make: Make) -> None:
    """Let everybody out of a state; `Broken` where somebody does not get out."""
    attempt = Exit(world, make)
    try:
        attempt.wind_down()
    except (Difference, Broken):
        raise
    except AssertionError as error:
        assert attempt.last is not None
        law = "C16: from any state, once prices are good, everybody gets out."
        why = str(error)
        raise Broken("C16", law, attempt.calls, attempt.last, why) from error
