"""
What must hold whatever anybody calls, written apart from the functions that could break
it.

A law looks at a call: the state before it, what it did, the state after. Its docstring
is the law and begins with its code; `LAWS` lists them all. `Laws` asks them after each
call of a run. Amounts are exact: where a law allows a wei, it says whose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from protocol import funding, market
from protocol.errors import Revert
from protocol.fixed_point import WAD
from protocol.funding import DAY, FundingAccrued
from protocol.insurance import InsuranceDrawn
from protocol.settlement import BadDebt
from protocol.trading import Liquidated

if TYPE_CHECKING:
    from evm.chain import Observed
    from protocol.model import Outcome
    from protocol.state import State
    from protocol.trace import Action
    from tests.stateful.world import World

Tables = dict[str, dict[Any, Any]]
# What stands beside the real shares of the vault.
SHARES = 10**6
# A law that tries something costs as much as some calls.
TRIALS_EVERY = 10


class Broken(AssertionError):
    """A law does not hold."""

    def __init__(self, code: str, law: str, number: int, action: Action, why: str):
        super().__init__(f"{code} after call {number}, {action}:\n  {law}\n  {why}")
        self.code = code


class Worth(Struct, frozen=True):
    """An account at one moment: what it is worth, and what it must hold."""

    equity: int
    strict: int
    initial: int
    maintenance: int


class Seen(Struct):
    """The state at one moment, and every account in it at one time."""

    tables: Tables
    worths: dict[int, Worth]


class Call(Struct):
    """One call, as the laws look at it."""

    world: World
    action: Action
    outcome: Outcome
    observed: Observed | None
    before: Seen
    after: Seen

    @property
    def name(self) -> str:
        """Contract and function."""
        return f"{self.action.to}.{self.action.function}"

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.outcome.error is None

    def row(self, table: str, key: Any) -> Any:
        """A record as it was before the call."""
        empty = getattr(self.world.state, table).empty
        return self.before.tables[table].get(key, empty)

    def index_before(self, market_id: int) -> int:
        """The index price of a market before the call."""
        rounds = self.row("heads", market_id).rounds
        index: int = self.row("rounds", (market_id, (rounds - 1) % 64)).index
        return index if rounds else 0

    def params_before(self, market_id: int) -> Any:
        """The parameters of a market before the call, or the first ones it got."""
        code = self.row("market_params", market_id)
        return self.world.state.codes[code or self.world.state.market_params[market_id]]

    def events(self, kind: type[Any]) -> list[Any]:
        """What it logged of one kind."""
        return [event for _, event in self.outcome.logs if type(event) is kind]


Law = Callable[[Call], None]
LAWS: dict[str, Law] = {}
# Laws that try something and undo it: dear, so they are asked seldom.
TRIALS: dict[str, Law] = {}


def code_of(function: Law) -> str:
    """The code with which the law's docstring begins."""
    assert function.__doc__ is not None
    return function.__doc__.split(":")[0].strip()


def law(function: Law) -> Law:
    """Add a law to those that hold after every call."""
    LAWS[code_of(function)] = function
    return function


def trial(function: Law) -> Law:
    """Add a law that is found out by trying."""
    TRIALS[code_of(function)] = function
    return function


# What the laws know of the mechanism, in numbers and nothing else.


def up(x: int, y: int, denominator: int = WAD) -> int:
    """`x * y / denominator`, rounded up."""
    return -(-x * y // denominator)


def bits(bitmap: int) -> Iterator[int]:
    """The markets of a bitmap."""
    for number in range(16):
        if bitmap >> number & 1:
            yield number


def indices(state: State, market_id: int, now: int) -> tuple[int, int]:
    """The funding index of longs and of shorts, as they stand once accrued."""
    price = market.price_of(state, market_id)
    params = market.load_params(state, market_id)
    book = state.books[market_id]
    current = funding.accrued(
        state.fundings[market_id],
        book.long_size + book.short_size,
        params.pricing.skew_scale,
        price.index,
        params.funding,
        now,
    )
    return current.long_index, current.short_index


def profit(held: Any, price: int, index: int) -> int:
    """What a position is worth, rounded down."""
    return (held.size * (price - index) + held.funding) // WAD + held.quote


def worth(
    state: State, holder: int, now: int, found: dict[int, tuple[int, int]]
) -> Worth:
    """What an account is worth; `found` keeps the indices of markets."""
    account = state.accounts[holder]
    weight = market.load_risk(state).profit_weight
    gains = sum(state.claims[holder, number] for number in bits(account.claims))
    equity = account.cash + gains
    certain, initial, maintenance = account.cash, 0, 0
    for number in bits(account.positions):
        held = state.positions[holder, number]
        price = market.price_of(state, number)
        params = market.load_params(state, number)
        book = state.books[number]
        if number not in found:
            found[number] = indices(state, number, now)
        index = found[number][held.size < 0]
        equity += profit(held, price.mark, index)
        two = (price.index, price.average)
        strict = profit(held, min(two) if held.size > 0 else max(two), index)
        certain += min(strict, 0)
        gains += max(strict, 0)
        size, asked = abs(held.size), params.margin
        grown = up(asked.im_slope, size, params.pricing.skew_scale)
        ratio = min(WAD, asked.im_base + grown)
        span = asked.oi_upper - asked.oi_lower
        heavier = max(book.long_size, -book.short_size)
        above = max(0, min(heavier - asked.oi_lower, span))
        crowded = asked.im_base + up(WAD - asked.im_base, above, span)
        initial += up(up(size, max(two)), max(ratio, crowded))
        kept = up(up(size, price.mark), ratio)
        maintenance += up(kept, asked.maintenance_fraction)
    return Worth(equity, certain + gains * weight // WAD, initial, maintenance)


def tables_of(state: State) -> Tables:
    """A copy of every table; records never change, so it is a shallow one."""
    return {table.name: dict(table) for table in state.tables()}


def seen(world: World, now: int) -> Seen:
    """The state now, and every account at `now`."""
    state = world.state
    found: dict[int, tuple[int, int]] = {}
    worths = {holder: worth(state, holder, now, found) for holder in state.accounts}
    return Seen(tables_of(state), worths)


class Laws:
    """Asks the laws, or one of them, after every call; the dear ones now and then."""

    def __init__(self, world: World, only: str | None = None) -> None:
        self.world = world
        self.number = 0
        self.only = only
        self.before_it: Seen | None = None

    def before(self, action: Action) -> None:
        """Look at the state that the call finds."""
        if not self.world.state.risk_params[()]:
            self.before_it = None
            return
        self.before_it = seen(self.world, action.now)

    def after(
        self, action: Action, outcome: Outcome, observed: Observed | None
    ) -> None:
        """Ask all laws about the call; `Broken` names the first that does not hold."""
        self.number += 1
        if self.before_it is None:
            return
        after = seen(self.world, action.now)
        call = Call(self.world, action, outcome, observed, self.before_it, after)
        laws = LAWS
        if self.only is not None:
            laws = {self.only: (LAWS | TRIALS)[self.only]}
        elif self.number % TRIALS_EVERY == 0:
            laws = LAWS | TRIALS
        for code, asked in laws.items():
            try:
                asked(call)
            except AssertionError as error:
                doc = " ".join((asked.__doc__ or "").split())
                why = str(error)
                raise Broken(code, doc, self.number, action, why) from None


# A: accounting and solvency.


@law
def conservation(call: Call) -> None:
    """
    A1: all cash, the vault, insurance, the treasury and rewards are exactly what the
    exchange holds, and its balance exceeds that by donations only.
    """
    state = call.world.state
    funds, held = state.funds[()], state.holdings[()].held_atoms
    owned = sum(account.cash for account in state.accounts.values())
    owned += funds.vault + funds.insurance + funds.treasury + funds.rewards
    assert owned == held * state.scale, (owned, held * state.scale)
    exchange = call.world.addresses["Exchange"]
    surplus = state.balances[exchange] - held
    was = call.before.tables["balances"].get(exchange, 0)
    kept = call.before.tables["holdings"].get((), state.holdings.empty)
    gift = surplus - (was - kept.held_atoms)
    assert gift == 0 or (gift > 0 and call.action.to == "Token"), gift


@law
def tokens(call: Call) -> None:
    """A2: all balances are the supply, and nothing but minting changes it."""
    state = call.world.state
    assert sum(state.balances.values()) == state.total_supply[()]
    if call.name != "Token.mint":
        assert call.before.tables["total_supply"].get((), 0) == state.total_supply[()]


@law
def aggregates(call: Call) -> None:
    """A3: the sums of sizes, quotes, funding and claims are those of the positions."""
    state = call.world.state
    sums: dict[tuple[int, bool], list[int]] = {}
    for (_, number), held in state.positions.items():
        side = sums.setdefault((number, held.size > 0), [0, 0, 0])
        side[0] += held.size
        side[1] += held.quote
        side[2] += held.funding
    for number in range(state.market_count[()]):
        book = state.books[number]
        longs, shorts = (
            [
                size,
                state.side_quotes[number, is_long],
                state.side_fundings[number, is_long],
            ]
            for is_long, size in ((True, book.long_size), (False, book.short_size))
        )
        assert longs == sums.get((number, True), [0, 0, 0]), (number, longs, sums)
        assert shorts == sums.get((number, False), [0, 0, 0]), (number, shorts, sums)
        claims = sum(
            claim for (_, where), claim in state.claims.items() if where == number
        )
        assert claims == state.open_claims[number], (number, claims)


@law
def no_residue(call: Call) -> None:
    """
    A5: without a size there is no quote and no funding, and an account's bitmaps say
    where it has positions and claims; no claim is negative.
    """
    state = call.world.state
    for (holder, number), held in state.positions.items():
        bit = state.accounts[holder].positions >> number & 1
        assert bit == (held.size != 0), (holder, number)
        assert held.size != 0 or (held.quote, held.funding) == (0, 0), held
    for (holder, number), claim in state.claims.items():
        bit = state.accounts[holder].claims >> number & 1
        assert bit == (claim != 0), (holder, number)
        assert claim >= 0, claim


def owed_to_traders(call: Call) -> tuple[int, int, int]:
    """What traders have gained, each rounded down; refunds; how many positions."""
    state, now = call.world.state, call.action.now
    owed = sum(state.claims.values())
    refunds = count = 0
    for number in range(state.market_count[()]):
        price = market.price_of(state, number)
        long_index, short_index = indices(state, number, now)
        for (_, where), held in state.positions.items():
            if where == number and held.size != 0:
                index = long_index if held.size > 0 else short_index
                owed += profit(held, price.mark, index)
                count += 1
        skew = sum(
            held.size for (_, where), held in state.positions.items() if where == number
        )
        scale = market.load_params(state, number).pricing.skew_scale
        refunds += up(up(skew, skew, 2 * scale), price.index)
    return owed, refunds, count


def nav_of(call: Call) -> Any:
    """The vault's own idea of its value, or None where it refuses to have one."""
    world = call.world
    try:
        return world.model.view("Vault", "nav", call.action.now)
    except Revert:
        return None


@law
def value_identity(call: Call) -> None:
    """
    A6: what everybody owns and the vault's higher value together are what is held,
    within a wei a position and a market, which the vault keeps.
    """
    nav = nav_of(call)
    if nav is None:
        return
    state = call.world.state
    owed, _, count = owed_to_traders(call)
    funds = state.funds[()]
    cash = sum(account.cash for account in state.accounts.values())
    others = funds.insurance + funds.treasury + funds.rewards
    gap = state.holdings[()].held_atoms * state.scale - (
        cash + owed + nav.high + others
    )
    assert 0 <= gap <= count + state.market_count[()], gap


@law
def nav_brackets(call: Call) -> None:
    """
    A7: the lower value of the vault counts every gain and every refund in full and no
    loss; the higher one counts all; and the exact value is between, a wei a position
    aside.
    """
    nav = nav_of(call)
    if nav is None:
        return
    state = call.world.state
    owed, refunds, count = owed_to_traders(call)
    exact = state.funds[()].vault - owed
    assert nav.low + refunds <= exact, (nav, exact, refunds)
    assert exact <= nav.high + count + state.market_count[()], (nav, exact)


@law
def no_hidden_debt(call: Call) -> None:
    """A12: who has no position owes nothing, and what all owe together is recorded."""
    state = call.world.state
    owed = 0
    for holder, account in state.accounts.items():
        assert account.cash >= 0 or account.positions != 0, holder
        owed += max(0, -account.cash)
    assert owed == state.holdings[()].debt, (owed, state.holdings[()])
    assert min(state.funds[()].insurance, state.funds[()].treasury) >= 0
    for earned in state.keeper_rewards.values():
        assert earned >= 0


# B: margin.


def reserve_of(call: Call, holder: int) -> int:
    """What an account with positions must hold for its keeper."""
    account = call.world.state.accounts[holder]
    return market.load_risk(call.world.state).reserve if account.positions else 0


@law
def margin_kept(call: Call) -> None:
    """
    B1: a withdrawal, and a trade that is no mere reduction, leave the strict equity at
    the initial margin and the reserve or above; a withdrawal the cash as well.
    """
    if not call.ok or call.name not in ("Exchange.withdraw", "Exchange.trade"):
        return
    holder = call.action.arguments[0]
    account, now = call.world.state.accounts[holder], call.after.worths[holder]
    needed = now.initial + reserve_of(call, holder)
    if call.name == "Exchange.withdraw":
        assert account.cash >= 0, account
        assert not account.positions or min(account.cash, now.strict) >= needed, now
        return
    key = (holder, call.action.arguments[1])
    empty = call.world.state.positions.empty
    size = call.world.state.positions[key].size
    was = call.before.tables["positions"].get(key, empty).size
    if abs(size) < abs(was) and size * was >= 0:
        return
    assert now.strict >= needed, (now, needed)


@law
def less_risk(call: Call) -> None:
    """
    B2: a reduction leaves enough initial margin, or it leaves equity of zero or more
    that is no smaller a part of the maintenance margin than before.
    """
    if not call.ok or call.name != "Exchange.trade":
        return
    holder, number = call.action.arguments[:2]
    empty = call.world.state.positions.empty
    was = call.before.tables["positions"].get((holder, number), empty).size
    size = call.world.state.positions[holder, number].size
    if not (abs(size) < abs(was) and size * was >= 0):
        return
    now, then = call.after.worths[holder], call.before.worths[holder]
    if now.strict >= now.initial + reserve_of(call, holder):
        return
    assert now.equity >= 0, now
    assert now.equity * then.maintenance >= then.equity * now.maintenance, (then, now)


# How a call may change the equity of the account it is about.
UP, DOWN, SAME, ANY = "up", "down", "same", "any"
ACTION_MATRIX = {
    "Exchange.deposit": UP,
    "Exchange.withdraw": DOWN,
    "Exchange.trade": ANY,
    "Exchange.settle": SAME,
    "Exchange.set_margin_mode": SAME,
    "Exchange.close_at_risk": ANY,
    "Exchange.liquidate": ANY,
}
# These change what every account is worth or must hold.
SWEEPING = {
    "Oracle.report",
    "Governor.set_market",
    "Governor.set_feed",
    "Governor.set_risk",
}


@law
def action_matrix(call: Call) -> None:
    """
    B5: a call changes the equity of the account it is about as the table says, and no
    other account's equity or maintenance margin at all.
    """
    if call.name in SWEEPING or not call.outcome.writes:
        return
    target = None
    direction = ACTION_MATRIX.get(call.name)
    if direction is not None:
        target = call.action.arguments[0]
        then = call.before.worths.get(target, Worth(0, 0, 0, 0)).equity
        now = call.after.worths[target].equity
        rises, falls = now > then, now < then
        assert not (rises and direction in (DOWN, SAME)), (then, now)
        assert not (falls and direction in (UP, SAME)), (then, now)
    for holder, then in call.before.worths.items():
        now = call.after.worths[holder]
        if holder != target:
            same = (now.equity, now.maintenance) == (then.equity, then.maintenance)
            assert same, (holder, then, now)


# C: liquidation.


def liquidated(call: Call) -> tuple[Any, Any, Any, Worth, Worth] | None:
    """The event of a liquidation, the market's price and parameters, then and now."""
    events = call.events(Liquidated)
    if not events:
        return None
    event = events[0]
    state = call.world.state
    price = market.price_of(state, event.market_id)
    params = market.load_params(state, event.market_id)
    then = call.before.worths[event.holder]
    return event, price, params, then, call.after.worths[event.holder]


@law
def only_at_risk(call: Call) -> None:
    """C1: who is liquidated had less equity than maintenance margin and reserve."""
    found = liquidated(call)
    if found is None:
        return
    event, _, _, then, _ = found
    reserve = market.load_risk(call.world.state).reserve
    assert then.equity < then.maintenance + reserve, (event, then)


@law
def always_at_risk(call: Call) -> None:
    """
    C2: a position of an account at risk is liquidated whenever somebody asks for it,
    unless its market has no price, or its bucket is empty and the account not critical.
    """
    if call.name != "Exchange.liquidate" or call.ok:
        return
    holder, number = call.action.arguments
    state, error = call.world.state, call.outcome.error
    if state.positions[holder, number].size == 0:
        return
    then = call.before.worths[holder]
    if then.equity >= then.maintenance + market.load_risk(state).reserve:
        return
    params = market.load_params(state, number)
    price = market.price_of(state, number)
    if error in ("PriceStale", "PriceInvalid"):
        age = call.action.now - price.published_at
        assert age > params.limits.risk_age or call.action.now > price.valid_until
        return
    critical = up(then.maintenance, params.liquidation.critical_fraction)
    assert error == "BucketEmpty", error
    assert then.equity >= critical, (then, critical)


@law
def never_grows(call: Call) -> None:
    """
    C3: a liquidation makes a position smaller and never turns it over, closes no more
    than the bucket holds unless the account is critical, and no other position.
    """
    found = liquidated(call)
    if found is None:
        return
    event, price, params, then, _ = found
    key = (event.holder, event.market_id)
    was = call.before.tables["positions"][key].size
    size = call.world.state.positions[key].size
    assert size * was >= 0, (was, size)
    assert abs(size) < abs(was), (was, size)
    assert size == event.size == was + event.size_delta
    for other, held in call.before.tables["positions"].items():
        assert other == key or call.world.state.positions[other] == held, other
    terms = params.liquidation
    if then.equity >= up(then.maintenance, terms.critical_fraction):
        empty = call.world.state.buckets.empty
        bucket = call.before.tables["buckets"].get(event.market_id, empty)
        waited = call.action.now - bucket.filled_at
        level = min(terms.bucket_capacity, bucket.level + terms.bucket_rate * waited)
        assert up(abs(event.size_delta), price.mark) <= level, (event, level)


@law
def restores(call: Call) -> None:
    """
    C4: what the liquidator leaves open has its target and the reserve behind it, unless
    the bucket was the limit.
    """
    found = liquidated(call)
    if found is None or call.name != "Exchange.liquidate":
        return
    event, price, params, _, now = found
    if event.size == 0:
        return
    state = call.world.state
    if state.buckets[event.market_id].level * WAD < 2 * price.mark:
        return
    target = up(now.maintenance, params.liquidation.target_ratio)
    reserve = market.load_risk(state).reserve
    assert now.equity >= target + reserve, (event, now, target)


@law
def penalty_is_bounded(call: Call) -> None:
    """
    C5: reward and fee never make an account insolvent: they take from its equity what
    closing has left of it at most.
    """
    found = liquidated(call)
    if found is None:
        return
    event, price, _, then, now = found
    cost = up(abs(event.size_delta), abs(price.mark - event.price)) + 1
    lost = cost if (event.price < price.mark) == (event.size_delta < 0) else 0
    assert now.equity >= min(0, then.equity - lost) or now.equity >= 0, (event, then)
    drawn = sum(each.amount for each in call.events(InsuranceDrawn))
    covered = sum(each.amount for each in call.events(BadDebt))
    if covered:
        assert event.insurance_fee == 0, event
        assert event.reward <= drawn, (event, drawn)


@law
def reward_is_bounded(call: Call) -> None:
    """C6: the keeper's reward is within zero and the most there is for one."""
    found = liquidated(call)
    if found is None:
        return
    most = market.load_risk(call.world.state).rewards.most
    assert 0 <= found[0].reward <= most, found[0]
    assert found[0].insurance_fee >= 0


@law
def order_of_losses(call: Call) -> None:
    """
    C8: the vault bears bad debt only when the insurance fund is empty or its window has
    paid its cap.
    """
    if not call.events(BadDebt):
        return
    state = call.world.state
    risk = market.load_risk(state)
    window = state.insurance_window[()]
    running = call.action.now < window.started_at + risk.insurance.window
    spent = running and window.drawn >= risk.insurance.cap
    empty = state.funds[()].insurance == 0
    assert empty or spent or risk.insurance.cap == 0, (window, state.funds[()])


@law
def insurance_window(call: Call) -> None:
    """
    C9: the insurance fund falls by what is logged as drawn and by nothing else, and no
    window pays more than its cap.
    """
    state = call.world.state
    funds = call.before.tables["funds"].get((), state.funds.empty)
    fell = funds.insurance - state.funds[()].insurance
    drawn = sum(each.amount for each in call.events(InsuranceDrawn))
    assert fell <= drawn, (fell, drawn)
    if drawn:
        risk = market.load_risk(state).insurance
        assert state.insurance_window[()].drawn <= risk.cap, state.insurance_window[()]


# D: time.


@law
def same_funding(call: Call) -> None:
    """
    D4: but for what each side borrows, both sides' indices grow by the same, so that
    what one side pays the other and the vault receive.
    """
    for event in call.events(FundingAccrued):
        number = event.market_id
        then = call.row("fundings", number)
        elapsed = call.action.now - then.accrued_at
        index = call.index_before(number)
        longs = up(index, then.long_rate) * elapsed + then.long_carry
        shorts = up(index, then.short_rate) * elapsed + then.short_carry
        long_growth = event.long_index - then.long_index - longs // DAY
        short_growth = event.short_index - then.short_index + shorts // DAY
        assert long_growth == short_growth, (event, long_growth, short_growth)
        bound = call.params_before(number).funding.max_rate * DAY
        assert abs(event.fine_rate) <= bound, (event, bound)


def tables_differ(one: Tables, other: Tables) -> list[str]:
    """The records in which two states differ."""
    found = []
    for name, rows in one.items():
        for key in rows.keys() | other[name].keys():
            if rows.get(key) != other[name].get(key):
                found.append(f"{name}[{key}]: {rows.get(key)}, {other[name].get(key)}")
    return found


def put_back(state: State, tables: Tables) -> None:
    """Let the state be what it was."""
    for table in state.tables():
        dict.clear(table)
        dict.update(table, tables[table.name])


def accrual(call: Call) -> list[Action]:
    """The calls that bring every market up to now."""
    return [
        replace(call.action, to="Exchange", function="accrue", arguments=(number,))
        for number in range(call.world.state.market_count[()])
    ]


@trial
def accrual_is_idempotent(call: Call) -> None:
    """D2: accruing twice in a second is accruing once: no word, no log."""
    model = call.world.model
    try:
        for action in accrual(call):
            model.apply(action)
            again = model.apply(action)
            assert not again.writes, again.writes
            assert not again.logs, again.logs
    finally:
        put_back(model.state, call.after.tables)


@trial
def accrual_commutes(call: Call) -> None:
    """
    D6: a call does the same whether funding accrues just before it or not; so nothing
    forgets to accrue, not even a new price or a new parameter.
    """
    model = call.world.model
    mutating = {"Exchange", "Liquidator", "Vault", "Governor", "Oracle"}
    if call.action.to not in mutating or not call.outcome.writes:
        return
    try:
        late = tables_after(model, [*accrual(call)])
        put_back(model.state, call.before.tables)
        early = tables_after(model, [*accrual(call), call.action, *accrual(call)])
    finally:
        put_back(model.state, call.after.tables)
    differences = tables_differ(late, early)
    assert not differences, differences


def tables_after(model: Any, actions: list[Action]) -> Tables:
    """The state after some calls."""
    for action in actions:
        model.apply(action)
    return tables_of(model.state)


# E: shares of the vault.


@law
def nobody_diluted(call: Call) -> None:
    """
    E12: who enters or leaves the vault does not lower what a share of the others is
    worth at the vault's lower value, virtual shares counted.
    """
    if not call.ok or call.name not in ("Vault.enter", "Vault.leave"):
        return
    state, world = call.world.state, call.world
    after, supply = world.model.view("Vault", "nav", call.action.now), state.supply[()]
    moved = (
        call.outcome.returned
        if call.name == "Vault.leave"
        else -call.action.arguments[0]
    ) * state.scale
    low, was = after.low + moved, call.row("supply", ())
    assert low <= 0 or (after.low + 1) * (was + SHARES) >= (low + 1) * (
        supply + SHARES
    ), (low, was, after, supply)


@trial
def no_free_entry(call: Call) -> None:
    """
    E1: to enter the vault and to leave it at once with the shares that came of it gives
    no more than was paid.
    """
    if call.name != "Vault.enter" or not call.ok:
        return
    model = call.world.model
    shares = call.outcome.returned
    back = replace(call.action, function="leave", arguments=(shares, 0))
    try:
        outcome = model.apply(back)
        given = outcome.returned if outcome.error is None else 0
        assert given <= call.action.arguments[0], (given, call.action.arguments[0])
    finally:
        put_back(model.state, call.after.tables)


@law
def enough_buys_shares(call: Call) -> None:
    """
    E13: an amount that is more than a millionth of the vault's higher value is not
    refused for buying no share, however few shares there are.
    """
    if call.name != "Vault.enter" or call.outcome.error != "ZeroShares":
        return
    nav = call.world.model.view("Vault", "nav", call.action.now)
    amount = call.action.arguments[0] * call.world.state.scale
    assert amount * SHARES <= max(nav.high, 0), (amount, nav)


# F: prices.

PRICED = {
    "Exchange.trade",
    "Exchange.settle",
    "Exchange.withdraw",
    "Exchange.liquidate",
}


@law
def fresh_enough(call: Call) -> None:
    """
    F4: at its age limit a price is good, a second later it is stale, for trades by the
    limit of trading and for liquidations and losses by the limit of risk.
    """
    if call.name not in PRICED:
        return
    state, now = call.world.state, call.action.now
    holder = call.action.arguments[0]
    if call.name == "Exchange.withdraw":
        if holder not in call.before.worths:
            return
        numbers = list(bits(state.accounts[holder].positions))
    else:
        numbers = [call.action.arguments[1]]
    numbers = [number for number in numbers if number < state.market_count[()]]
    for_risk = call.name == "Exchange.liquidate"
    if call.name == "Exchange.settle":
        for_risk = not call.ok or call.outcome.returned < 0
    ages, valid = [], []
    for number in numbers:
        limits = market.load_params(state, number).limits
        price = market.price_of(state, number)
        limit = limits.risk_age if for_risk else limits.trade_age
        ages.append(now - price.published_at - limit)
        valid.append(now <= price.valid_until)
    if call.ok:
        assert all(valid), valid
        assert all(over <= 0 for over in ages), ages
    elif call.outcome.error == "PriceStale" and call.name in EXACT:
        account = state.accounts[holder]
        one = call.name == "Exchange.liquidate" or account.positions == 0
        assert not one or any(over > 0 for over in ages), ages


# Calls that look at the price of one market only, if the account has no other.
EXACT = {"Exchange.trade", "Exchange.liquidate"}


@law
def quorum_is_fresh(call: Call) -> None:
    """
    F3: a round's index is within the fresh reports, and its quorum is fresh for as long
    as its oldest voice is: at that second, and not at the next.
    """
    if call.name != "Oracle.report" or not call.ok:
        return
    state, now = call.world.state, call.action.now
    number = call.action.arguments[0]
    feed = state.codes[state.feed_params[number]]
    fresh = [
        report
        for place in range(feed.reporters)
        if now - (report := state.reports[number, place]).published_at <= feed.max_age
        and feed.floor_price < report.price < feed.ceiling_price
    ]
    head = state.heads[number]
    if len(fresh) < feed.quorum:
        assert head.valid_until == 0, head
        return
    times = sorted((report.published_at for report in fresh), reverse=True)
    assert head.valid_until == times[feed.quorum - 1] + feed.max_age, (head, times)
    was = call.before.tables["heads"].get(number, state.heads.empty)
    if head.rounds > was.rounds:
        prices = [report.price for report in fresh]
        index = market.price_of(state, number).index
        assert min(prices) <= index <= max(prices), (prices, index)


# G: access.

OWNERS = {
    "Governor.set_market",
    "Governor.set_feed",
    "Governor.set_risk",
    "Governor.collect_treasury",
    "Governor.offer_ownership",
}
ONLY = {
    "Exchange.close_at_risk": ("Liquidator", "NotLiquidator"),
    "Exchange.enter_vault": ("Vault", "NotVault"),
    "Exchange.leave_vault": ("Vault", "NotVault"),
    "Exchange.set_market": ("Governor", "NotGovernor"),
    "Exchange.set_risk": ("Governor", "NotGovernor"),
    "Exchange.collect_treasury": ("Governor", "NotGovernor"),
    "Oracle.set_feed": ("Governor", "NotGovernor"),
}
OPERATED = {
    "Exchange.deposit",
    "Exchange.withdraw",
    "Exchange.trade",
    "Exchange.set_margin_mode",
}


@law
def access(call: Call) -> None:
    """
    G1: only the owner governs, only a contract's own neighbours call what is meant for
    them, only a reporter reports, and only an owner or an operator uses an account.
    """
    sender, tables = call.action.sender, call.before.tables
    error = call.outcome.error
    if call.name in OWNERS:
        if sender != tables["owner"][()]:
            assert error == "NotOwner", error
    elif call.name == "Governor.take_ownership":
        if sender != tables["pending_owner"].get((), 0):
            assert error == "NotOwner", error
    elif call.name in ONLY:
        contract, refused = ONLY[call.name]
        if sender != call.world.addresses[contract]:
            assert error == refused, error
    elif call.name == "Oracle.report":
        if sender != tables["reporters"].get(tuple(call.action.arguments[:2]), 0):
            assert error == "NotReporter", error
    elif call.name in OPERATED:
        owner = call.action.arguments[0] >> 96
        if sender != owner and not tables["operators"].get((owner, sender), False):
            assert error == "NotOperator", error
    elif call.name == "Exchange.settle" and call.ok and call.outcome.returned > 0:
        owner = call.action.arguments[0] >> 96
        assert sender == owner or tables["operators"].get((owner, sender), False)


# H: no free lunch.


@trial
def round_trip(call: Call) -> None:
    """
    H1: to open and to close again at once, at the same price, gains nobody anything,
    whatever the size and the skew.
    """
    if call.name != "Exchange.trade" or not call.ok:
        return
    world = call.world
    state, action = world.state, call.action
    number, delta = action.arguments[1], action.arguments[2]
    holder = world.holder("stranger", 99)
    stranger = replace(action, sender=holder >> 96)
    atoms = min(state.balances[stranger.sender], 10**6 * 10**state.decimals)
    if atoms == 0 or state.accounts[holder].cash:
        return

    def traded(size: int) -> Action:
        limit = 2**255 - 1 if size > 0 else 0
        return replace(stranger, arguments=(holder, number, size, limit))

    paid = replace(stranger, function="deposit", arguments=(holder, atoms))
    try:
        if world.model.apply(paid).error is not None:
            return
        before = state.accounts[holder].cash
        if world.model.apply(traded(delta)).error is not None:
            return
        assert world.model.apply(traded(-delta)).error is None
        gained = state.claims[holder, number] + state.accounts[holder].cash - before
        assert gained <= 0, gained
    finally:
        put_back(state, call.after.tables)


@law
def fees_are_shared(call: Call) -> None:
    """
    H11: whatever is traded at a price for a fee costs a wei or more, and every wei of
    it is somebody's.
    """
    if call.name != "Exchange.trade" or not call.ok:
        return
    fee, price = call.outcome.returned.fee, call.outcome.returned.price
    number, delta = call.action.arguments[1], call.action.arguments[2]
    terms = market.load_params(call.world.state, number).fee
    least = min(terms.taker, terms.maker)
    assert fee * WAD * WAD >= abs(delta) * price * least, (fee, delta, price)


# I and J: every refusal has a name, and changes nothing.


@law
def named_refusals(call: Call) -> None:
    """I5: no refusal is without a name, and no call halts."""
    if call.observed is not None and not call.observed.succeeded:
        assert not call.observed.halt, call.observed
        assert len(call.observed.output) == 4, call.observed


@law
def refusals_change_nothing(call: Call) -> None:
    """J7: a refused call changes nothing and logs nothing."""
    if call.ok:
        return
    assert not call.outcome.writes
    assert not call.outcome.logs
    differences = tables_differ(call.before.tables, call.after.tables)
    assert not differences, differences
