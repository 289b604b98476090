"""
Two accounts that act as one, in a market whose price is fair.

They trade against the vault and against each other, at once or by orders, pay in and
take out, wait, settle, liquidate and deleverage each other, are the keepers of each
other's orders, buy each other's tokens, and come and go as providers. What they end
with is what they hold once everything of theirs is closed and taken out: tokens, and
nothing that is only worth something on paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from evm.chain import predicted_addresses
from protocol.collateral import FIRST_FEED
from protocol.deleveraging import DeleveragingParams
from protocol.feed import RING
from protocol.fixed_point import WAD
from protocol.model import Outcome
from protocol.order import MAX_ORDERS, Order, OrderParams
from protocol.payout import PayoutParams
from protocol.trace import Action, Genesis, genesis_actions, write_trace
from tests.genesis import FEED, FORTUNE, GENESIS, MARKET, RISK
from tests.stateful.configuration import ACTORS
from tests.stateful.vocabulary.orders import HIGHEST, first_round
from tests.stateful.world import World, contracts

PRICE = 2_000 * WAD
UNIT = 10**GENESIS.decimals
# Atoms of the token that is collateral, and the wads in each.
WETH = 10**8
WETH_SCALE = 10**10
ALLIES = ("ally_1", "ally_2")
HOUR, DAY = 3_600, 86_400
# How long an order may be settled, and what that costs at least.
WINDOW, LEAST_FEE = RISK.order.window, RISK.order.least_fee
# A round moves the price by so many ten thousandths at most: less than what a position
# has left above what its closing costs, when its keeper comes.
MOST_MOVE = 50
# How many calls of each are within reach of a search.
STEPS = 14


class Terms(Struct, frozen=True):
    """
    What is decided before the first step: whether trades are free, whether the price
    stands still, the size of somebody else's position, how much of the vault a market
    pays, what each of them brings and opens, who is the first keeper to come, how long
    a trade has to wait, if at all, and whether nobody else settles what is due.

    Where somebody else has a position, nothing is paid for time: what he owes for it
    would be theirs by right. Where the price moves, they are no providers: the vault's
    part in the move would be.
    """

    is_free: bool
    is_still: bool
    victim: int
    factor: int
    cash: int
    weth: int
    opened: tuple[int, int]
    keeper: str
    dead_zone: int = 0
    delay: int = 0
    is_alone: bool = False


class Step(Struct, frozen=True):
    """One step: what is done, by which of them, and how much, in thousandths."""

    kind: str
    who: int
    part: int


def genesis_of(terms: Terms) -> Genesis:
    """The usual market with one reporter, and what the terms change of it."""
    feed, reporters = replace(FEED, reporters=1, quorum=1), (ACTORS["reporter_1"],)
    # A rate that follows within hours.
    rates = replace(MARKET.funding, max_velocity=2**60, dead_zone=terms.dead_zone)
    payout = PayoutParams(terms.factor, DAY)
    # Whoever has gained anything may be deleveraged.
    always = DeleveragingParams(factor=1, after_factor=0, start=0, duration=30 * DAY)
    changed = replace(MARKET, payout=payout, funding=rates, deleveraging=always)
    if terms.is_free:
        changed = replace(changed, fee=replace(MARKET.fee, taker=0, maker=0))
    if terms.victim:
        changed = replace(
            changed,
            funding=replace(rates, max_velocity=0, max_rate=0),
            borrowing=replace(
                MARKET.borrowing, base_rate=0, slope_1=0, slope_2=0, reserve_factor=0
            ),
        )
    first, token = GENESIS.markets[0], GENESIS.collateral[0]
    return replace(
        GENESIS,
        owner=ACTORS["owner"],
        risk=replace(
            RISK,
            vault=replace(RISK.vault, quarantine=0),
            order=OrderParams(terms.delay, WINDOW, LEAST_FEE),
        ),
        markets=(replace(first, feed=feed, reporters=reporters, params=changed),),
        collateral=(
            replace(
                token,
                feed=feed,
                reporters=reporters,
                balances=dict.fromkeys(ALLIES, 1_000 * WETH),
            ),
        ),
        actors=ACTORS,
        balances=dict.fromkeys(ACTORS, FORTUNE),
    )


class Coalition:
    """Two accounts, what they did, and what the path of the price gave them."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.genesis = genesis_of(terms)
        addresses = predicted_addresses(contracts())
        self.world = World(self.genesis, addresses)
        self.state = self.world.state
        self.holders = [self.world.holder(name) for name in ALLIES]
        self.actions: list[Action] = []
        self.price = PRICE
        # In wads of the quote token, times twice the skew scale.
        self.path_gain = 0
        self.asked: list[int] = []
        for action in genesis_actions(self.genesis, addresses):
            assert self.world.model.apply(action).error is None
        self.began_with = self.tokens()
        self.open()

    def open(self) -> None:
        """Others take their places, and the two bring what they have."""
        self.call("provider", "Vault", "request_deposit", 10**6 * UNIT, 0)
        self.call("provider", "Exchange", "fund_insurance", 10**5 * UNIT)
        self.wait(RISK.vault.delay + 1)
        self.call("keeper", "Vault", "execute", 1)
        if self.terms.victim:
            holder, size = self.world.holder("trader_3"), self.terms.victim
            self.call("trader_3", "Exchange", "deposit", holder, 10**6 * UNIT)
            assert self.made(self.trade(holder, size)).error is None
            if self.terms.delay:
                self.wait(self.terms.delay)
                chosen = self.state.heads[0].rounds - 1
                self.call("keeper", "Orders", "settle", holder, 0, chosen)
            assert self.state.positions[holder, 0].size == size
        for who, holder in enumerate(self.holders):
            self.act(who, "deposit", holder, self.terms.cash * UNIT)
            self.act(who, "deposit_collateral", holder, 0, self.terms.weth * WETH)
            part = self.terms.opened[who]
            if part:
                self.open_more(who, 1 if part > 0 else -1, abs(part))
        for who in range(len(ALLIES)):
            self.fill(who)

    def call(self, name: str, to: str, function: str, *words: int) -> Outcome:
        """A call of anybody."""
        return self.made(self.world.by(name, to, function, *words))

    def made(self, action: Action) -> Outcome:
        """Make a call."""
        self.actions.append(action)
        return self.world.model.apply(action)

    def act(self, who: int, function: str, *words: int) -> Outcome:
        """A call of one of them to the exchange."""
        return self.call(ALLIES[who], "Exchange", function, *words)

    def size(self, who: int) -> int:
        """The position of one of them."""
        return int(self.state.positions[self.holders[who], 0].size)

    def trade(self, holder: int, size: int) -> Action:
        """A trade at whatever price: at once, or by an order where it has to wait."""
        if self.terms.delay:
            return self.order(holder, size, LEAST_FEE)
        words = (holder, 0, size, HIGHEST if size > 0 else 0)
        return self.world.by(holder >> 96, "Exchange", "trade", *words)

    def order(self, holder: int, size: int, fee: int, *trigger: int) -> Action:
        """An order to trade at whatever price, at once or from a trigger on."""
        is_reduction = size * self.state.positions[holder, 0].size < 0
        limit = HIGHEST if size > 0 else 0
        words = (holder, self.free_place(holder), 0, size, limit, int(is_reduction))
        function = "place" if trigger else "commit"
        return self.world.by(holder >> 96, "Orders", function, *words, fee, *trigger)

    def orders(self, holder: int) -> list[tuple[int, Order]]:
        """The orders of an account, and where they are."""
        return [
            (number, each)
            for (owner, number), each in self.state.orders.items()
            if owner == holder and each.size_delta != 0
        ]

    def free_place(self, holder: int) -> int:
        """The first place at which an account has no order."""
        taken = dict(self.orders(holder))
        return min(set(range(MAX_ORDERS + 1)) - taken.keys())

    def wait(self, seconds: int) -> None:
        """
        Time passes, and every hour somebody looks after them, or when an order is due:
        what nobody liquidates in time is a loss to others that no rule prevents.
        """
        while seconds > 0:
            soonest = [
                each.due_at - self.world.now
                for holder in self.holders
                for _, each in self.orders(holder)
                if each.due_at > self.world.now
            ]
            passed = min(seconds, HOUR, *soonest)
            seconds -= passed
            self.round(self.price, passed)

    def look_after(self) -> None:
        """
        Keepers come and settle what is due and liquidate who is at risk, at the last
        price; the two have been there before them, if they liked.
        """
        for holder in self.holders:
            for number, each in self.orders(holder):
                is_open = 0 < each.due_at <= self.world.now <= each.expires_at
                if is_open and not self.terms.is_alone:
                    chosen = first_round(self.world, 0, each.due_at)
                    words = (holder, number, chosen)
                    self.call(self.terms.keeper, "Orders", "settle", *words)
        for key in self.world.at_risk():
            for keeper in (self.terms.keeper, "keeper"):
                self.call(keeper, "Exchange", "liquidate", *key)

    def round(self, price: int, passed: int = 1) -> None:
        """Keepers come; time passes; and prices are reported that nobody doubts."""
        self.look_after()
        sizes = [self.size(who) for who in range(len(ALLIES))]
        skew, scale = sum(sizes) + self.terms.victim, MARKET.pricing.skew_scale
        held = 2 * scale * sum(sizes) + skew**2 - self.terms.victim**2
        self.path_gain += (price - self.price) * held
        self.price = price
        self.world.now += passed
        for feed_id, said in ((0, price), (FIRST_FEED, PRICE)):
            words = (feed_id, 0, said, 0, self.world.now)
            assert self.call("reporter_1", "Oracle", "report", *words).error is None

    def step(self, step: Step) -> None:
        """Do what a step says; what is refused changes nothing."""
        who, part, holder = step.who, step.part, self.holders[step.who]
        if step.kind in ("buy", "sell"):
            self.open_more(who, 1 if step.kind == "buy" else -1, part)
        elif step.kind == "reduce":
            self.made(self.trade(holder, -self.size(who) * part // 1_000))
        elif step.kind == "deposit":
            self.act(who, "deposit", holder, 20 * part * UNIT)
        elif step.kind == "withdraw":
            self.withdraw(who, part)
        elif step.kind == "settle":
            self.act(1 - who, "settle", holder, 0)
            self.act(who, "settle", holder, 0)
        elif step.kind == "liquidate":
            self.act(1 - who, "liquidate", holder, 0)
        elif step.kind == "deleverage":
            most = abs(self.size(who)) * part // 1_000
            for _ in range(2):
                # The first call may be the one that opens or ends it.
                self.act(1 - who, "deleverage", holder, 0, most)
        elif step.kind == "bring":
            self.act(who, "deposit_collateral", holder, 0, WETH * part // 100)
        elif step.kind == "buy token":
            self.buy_token(who, part)
        elif step.kind == "give" and self.terms.is_still:
            self.ask(who, "request_deposit", 1_000 * part * UNIT)
        elif step.kind == "take" and self.terms.is_still:
            shares = int(self.state.shares[ACTORS[ALLIES[who]]])
            self.ask(who, "request_redeem", shares * part // 1_000)
        elif step.kind == "execute":
            self.execute_all()
        elif step.kind == "wait":
            self.wait(HOUR * part // 10)
        elif step.kind == "move" and not self.terms.is_still:
            self.move(part)
        elif step.kind == "offer":
            self.made(self.order(holder, *self.offered(who, part)))
        elif step.kind == "place":
            self.place(who, part)
        elif step.kind == "arm":
            if all(each.due_at for _, each in self.orders(holder)):
                self.place(who, part)
            self.arm(who)
        elif step.kind == "fill":
            self.fill(who)
        elif step.kind == "cancel":
            self.cancel(who)
        elif step.kind == "expire":
            self.let_expire(who)

    def open_more(self, who: int, side: int, part: int) -> None:
        """Trade a part of the largest size, or as much as the margin allows of it."""
        most = MARKET.limits.max_size * part // 1_000

        def traded(size: int) -> Action:
            return self.trade(self.holders[who], side * size)

        if self.world.would(traded(most)):
            self.made(traded(most))
        else:
            self.made(traded(self.world.largest(traded, WAD // 10, most)))

    def withdraw(self, who: int, part: int) -> None:
        """Take out a part of what the margin allows."""
        holder, receiver = self.holders[who], ACTORS[ALLIES[who]]
        cash = max(1, int(self.state.accounts[holder].cash) // self.state.scale)

        def taken(atoms: int) -> Action:
            words = (holder, atoms, receiver)
            return self.world.by(ALLIES[who], "Exchange", "withdraw", *words)

        atoms = self.world.largest(taken, 1, cash)
        self.made(taken(max(1, atoms * part // 1_000)))

    def buy_token(self, who: int, part: int) -> None:
        """One buys a part of what may be bought of the other's token."""
        holder = self.holders[who]
        had = max(1, int(self.state.collaterals[holder, 0]) // WETH_SCALE)

        def bought(atoms: int) -> Action:
            words = (holder, 0, atoms)
            return self.world.by(ALLIES[1 - who], "Exchange", "buy_collateral", *words)

        atoms = self.world.largest(bought, 1, had)
        self.made(bought(max(1, atoms * part // 1_000)))

    def move(self, part: int) -> None:
        """The price goes up or down for some rounds, as fast as it may."""
        moved = MOST_MOVE if part > 500 else -MOST_MOVE
        for _ in range(abs(part - 500) // 25):
            self.round(self.price * (10_000 + moved) // 10_000)

    def offered(self, who: int, part: int) -> tuple[int, int]:
        """
        The size of an order that one could commit to, which closes what he has or next
        to nothing of it, and what he offers: a part of his cash, or all of it.
        """
        holder, is_whole = self.holders[who], part % 2 == 1
        size = -self.size(who) // (1 if is_whole else 100)
        if size == 0:
            size = WAD if is_whole else -WAD
        cash = self.state.accounts[holder].cash // WAD * WAD
        return size, max(LEAST_FEE, cash * min(part, 500) // 500)

    def place(self, who: int, part: int) -> None:
        """One says at which price he offers as much to each of two keepers."""
        size, fee = self.offered(who, part)
        trigger = self.price * (9_500 + part) // 10_000
        fee = max(LEAST_FEE, fee // 2)
        self.made(self.order(self.holders[who], size, fee, trigger, part % 2))

    def arm(self, who: int) -> None:
        """The other one arms what waits for a price."""
        for number, each in self.orders(self.holders[who]):
            if each.due_at == 0:
                words = (self.holders[who], number)
                self.call(ALLIES[1 - who], "Orders", "arm", *words)

    def fill(self, who: int) -> None:
        """
        The other one settles what is pending, once it is due, at the best round for it
        of those that he may take.
        """
        orders = self.orders(self.holders[who])
        self.wait(max([each.due_at for _, each in orders], default=0) - self.world.now)
        for number, each in self.orders(self.holders[who]):
            if each.due_at:
                self.settle_order(who, number, 1 if each.size_delta > 0 else -1)

    def settle_order(self, who: int, number: int, side: int) -> None:
        """The other one settles an order at the best round for its side."""

        def settled(chosen: int) -> Action:
            words = (self.holders[who], number, chosen)
            return self.world.by(ALLIES[1 - who], "Orders", "settle", *words)

        last = self.state.heads[0].rounds
        chosen = [
            (side * int(self.state.rounds[0, each % RING].index), each)
            for each in range(max(0, last - RING), last)
            if self.world.would(settled(each))
        ]
        if chosen:
            self.made(settled(min(chosen)[1]))

    def cancel(self, who: int) -> None:
        """One takes back what he may of his orders."""
        holder = self.holders[who]
        for number, _ in self.orders(holder):
            self.call(ALLIES[who], "Orders", "cancel", holder, number)

    def let_expire(self, who: int) -> None:
        """Nothing is heard until orders are too old, and the other one ends them."""
        self.look_after()
        holder = self.holders[who]
        for number, each in self.orders(holder):
            self.world.now = max(self.world.now, each.expires_at + 1)
            self.call(ALLIES[1 - who], "Orders", "expire", holder, number)
        self.round(self.price)

    def ask(self, who: int, function: str, amount: int) -> None:
        """One of them asks something of the vault."""
        asked = self.call(ALLIES[who], "Vault", function, amount, 0)
        if asked.error is None:
            self.asked.append(asked.returned)

    def execute_all(self) -> None:
        """What they have asked of the vault is executed, or comes back."""
        self.wait(RISK.vault.delay + 1)
        for number in self.asked:
            self.call("keeper", "Vault", "execute", number)
            self.call("keeper", "Vault", "return_request", number)
        self.asked = [each for each in self.asked if self.state.requests[each].amount]

    def leave(self) -> None:
        """They close everything, and take out all that they get."""
        for _ in range(2):
            for who, holder in enumerate(self.holders):
                self.fill(who)
                self.cancel(who)
                self.let_expire(who)
                if self.size(who):
                    self.made(self.trade(holder, -self.size(who)))
            self.look_after()
        for who, holder in enumerate(self.holders):
            owner = ACTORS[ALLIES[who]]
            self.act(who, "settle", holder, 0)
            self.buy_token(who, 1_000)
            self.act(who, "cover_shortfall", holder)
            had = int(self.state.collaterals[holder, 0]) // WETH_SCALE
            self.act(who, "withdraw_collateral", holder, 0, had, owner)
            atoms = int(self.state.accounts[holder].cash) // self.state.scale
            self.act(who, "withdraw", holder, max(0, atoms), owner)
            atoms = int(self.state.keeper_rewards[owner]) // self.state.scale
            self.act(who, "claim_reward", atoms, owner)
        self.execute_all()
        for who, name in enumerate(ALLIES):
            self.ask(who, "request_redeem", int(self.state.shares[ACTORS[name]]))
        self.execute_all()

    def tokens(self) -> int:
        """What both hold outside, in wads of the quote token."""
        quote, other = list(self.state.tokens.values())[:2]
        owners = [ACTORS[name] for name in ALLIES]
        cash = sum(int(quote.balances[owner]) for owner in owners)
        weth = sum(int(other.balances[owner]) for owner in owners)
        return cash * self.state.scale + weth * PRICE // WETH

    def profit(self) -> int:
        """What they have more than before, and than the price gave them; rounded up."""
        given = self.path_gain // (2 * MARKET.pricing.skew_scale * WAD)
        return self.tokens() - self.began_with - given

    def dump(self, path: Path) -> str:
        """Write what they did as a trace; the command that replays it."""
        write_trace(path, self.genesis, self.actions, None)
        return f"perpspec replay {path} --evm revm"


# What is done often stands here more often.
KINDS = (
    "buy",
    "buy",
    "buy",
    "sell",
    "sell",
    "sell",
    "reduce",
    "deposit",
    "withdraw",
    "settle",
    "liquidate",
    "deleverage",
    "deleverage",
    "bring",
    "buy token",
    "give",
    "take",
    "execute",
    "wait",
    "wait",
    "move",
    "move",
    "offer",
    "offer",
    "place",
    "arm",
    "fill",
    "cancel",
    "expire",
)
PARTS = st.sampled_from([1_000, 500, 1, 400, 600]) | st.integers(1, 1_000)
SCRIPTS = st.lists(
    st.builds(Step, st.sampled_from(KINDS), st.integers(0, 1), PARTS),
    min_size=4,
    max_size=STEPS,
)
TERMS = st.builds(
    Terms,
    is_free=st.booleans(),
    is_still=st.booleans(),
    victim=st.sampled_from([0, 80 * WAD, -80 * WAD]),
    factor=st.sampled_from([2**95 - 1, WAD // 2]),
    cash=st.sampled_from([22_000, 1_000, 200_000]),
    weth=st.sampled_from([0, 15]),
    opened=st.sampled_from(
        [(1_000, -1_000), (1_000, 1_000), (-1_000, 0), (-1_000, 300), (0, 0)]
    ),
    keeper=st.sampled_from([*ALLIES, "keeper"]),
    delay=st.sampled_from([0, 0, 10]),
)


def played(terms: Terms, script: Sequence[Step]) -> Coalition:
    """What the two have come to at the end of a script."""
    made = Coalition(terms)
    for step in script:
        made.step(step)
    made.leave()
    return made
