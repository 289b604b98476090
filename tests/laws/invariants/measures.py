"""
What the laws know of the mechanism, in numbers and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from protocol import funding, market
from protocol.account import PORTFOLIO
from protocol.feed import cumulative_price
from protocol.fixed_point import WAD
from protocol.margin import MarginParams
from protocol.state import TOKENS, Table
from tests.laws.invariants.call import Call, Seen, Tables, Worth

if TYPE_CHECKING:
    from protocol.state import State
    from tests.stateful.world import World

# What is above it no number of the protocol holds.
MOST_PAID = 2**126 - 1
# The mode of a market whose last price is known.
SETTLED = 3


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
    params = market.load_params(state, market_id, now)
    book = state.books[market_id]
    current = funding.accrued(
        state.fundings[market_id],
        book.long_size + book.short_size,
        params.pricing.skew_scale,
        cumulative_price(price, now),
        params.funding,
        now,
    )
    return current.long_index, current.short_index


def profit(held: Any, price: int, index: int) -> int:
    """What a position is worth, rounded down."""
    return (held.size * (price - index) + held.funding) // WAD + held.quote


def is_valid(price: Any, limits: Any, now: int) -> bool:
    """Whether a price is fresh, sure, and inside its band, in a market that goes on."""
    is_sure = sure(price, limits.trade_age, limits.max_confidence, now)
    return is_sure and bool(limits.mode != 2)


def sure(price: Any, max_age: int, max_confidence: int, now: int) -> bool:
    """Whether a price is fresh, sure, and inside its band."""
    fresh = now <= price.valid_until and now <= price.published_at + max_age
    narrow = price.confidence <= price.index * max_confidence // WAD
    return fresh and narrow and bool(price.mark == price.index)


def side_gain(
    state: State, positions: dict[Any, Any], market_id: int, is_long: bool, now: int
) -> int:
    """What all positions of a side have gained together, rounded up."""
    price = market.price_of(state, market_id).mark
    index = indices(state, market_id, now)[not is_long]
    owed = quote = 0
    for (_, where), held in positions.items():
        if where == market_id and (held.size > 0) == is_long:
            owed += held.size * (price - index) + held.funding
            quote += held.quote
    return up(owed, 1) + quote


def market_owes(state: State, tables: Tables, market_id: int, now: int) -> int:
    """What a market owes if no side that has lost pays, by the positions it had."""
    positions = tables["positions"]
    gains = [
        side_gain(state, positions, market_id, is_long, now)
        for is_long in (True, False)
    ]
    claims = [
        claim for (_, where), claim in tables["claims"].items() if where == market_id
    ]
    return sum(max(0, gain) for gain in gains) + sum(claims)


def still_spent(spent: Any, now: int) -> int:
    """What counts still of what a market has paid, rounded up."""
    left = spent.ends_at - now
    return up(spent.amount, left, spent.ends_at - spent.spent_at) if left > 0 else 0


def payout_cap(vault: int, spent: int, factor: int) -> int:
    """The most that a market pays now, which is no more than can be counted."""
    return min(max(0, factor * (vault + spent) // WAD - spent), MOST_PAID)


def worth(
    state: State, holder: int, now: int, found: dict[int, tuple[int, int]]
) -> Worth:
    """What an account is worth; `found` keeps the indices of markets."""
    account = state.accounts[holder]
    weight = market.load_risk(state).profit_weight
    gains = sum(state.claims[holder, number] for number in bits(account.claims))
    equity = account.cash + gains
    certain, initial, maintenance = account.cash, 0, 0
    for number in bits(account.tokens):
        had = state.collaterals[holder, number]
        price = market.price_of(state, 16 + number)
        token = state.codes[state.collateral_params[number]]
        grown = up(token.haircut_slope, state.totals[number], token.cap)
        equity += had * price.mark // WAD * (WAD - token.haircut) // WAD
        kept = WAD - min(WAD, token.haircut + grown)
        certain += had * min(price.index, price.average) // WAD * kept // WAD
    assets = certain
    for number in bits(account.positions):
        held = state.positions[holder, number]
        price = market.price_of(state, number)
        params = market.load_params(state, number, now)
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
        opened = min(WAD, up(max(ratio, crowded), price.initial_multiplier))
        initial += up(up(size, max(two)), opened)
        ratio = min(WAD, up(ratio, price.maintenance_multiplier))
        kept = up(up(size, price.mark), ratio)
        maintenance += up(kept, asked.maintenance_fraction)
    strict = certain + gains * weight // WAD
    if account.mode == PORTFOLIO and account.positions:
        initial, maintenance = together(state, holder, now)
    return Worth(equity, strict, initial, maintenance, assets)


class Leg(NamedTuple):
    """One position of a portfolio, at the price at which it is looked at."""

    exposure: int
    value: int
    added: int
    multiplier: int
    shocks: list[int]


def shocks_of(state: State, number: int, asked: MarginParams) -> list[int]:
    """The shocks of a market, one for each stress; none where its price is known."""
    record = state.codes[state.market_params[number]]
    is_known = record.params.limits.mode == SETTLED
    places = bytes(32) if is_known else asked.shocks.to_bytes(32, "little")
    pairs = [places[start : start + 2] for start in range(0, 32, 2)]
    return [int.from_bytes(pair, "little", signed=True) for pair in pairs]


def asked_together(legs: list[Leg], floor: int) -> int:
    """What positions ask for together, the fraction of maintenance left out."""
    stresses = zip(*(each.shocks for each in legs), strict=True)
    losses = [
        -sum(leg.exposure * moved for leg, moved in zip(legs, stress, strict=True))
        for stress in stresses
    ]
    worst = -(-max(0, *losses) // (WAD * 10_000))
    least = up(sum(each.value for each in legs), floor)
    grown = max(each.multiplier for each in legs)
    return up(max(worst, least), grown) + sum(each.added for each in legs)


def together(state: State, holder: int, now: int) -> tuple[int, int]:
    """What a portfolio must hold to be opened, and to be left alone."""
    opened, left = [], []
    fraction = 0
    for number in bits(state.accounts[holder].positions):
        size = state.positions[holder, number].size
        price = market.price_of(state, number)
        params = market.load_params(state, number, now)
        book, asked = state.books[number], params.margin
        own = min(WAD, up(asked.im_slope, abs(size), params.pricing.skew_scale))
        span = asked.oi_upper - asked.oi_lower
        heavier = max(book.long_size, -book.short_size)
        above = max(0, min(heavier - asked.oi_lower, span))
        crowded = up(WAD - asked.im_base, above, span)
        fraction = max(fraction, asked.maintenance_fraction)
        for legs, at, ratio, multiplier in (
            (
                opened,
                max(price.index, price.average),
                max(own, crowded),
                price.initial_multiplier,
            ),
            (left, price.mark, own, price.maintenance_multiplier),
        ):
            worth_at = up(abs(size), at)
            added = up(worth_at, ratio)
            moved = shocks_of(state, number, asked)
            legs.append(Leg(size * at, worth_at, added, multiplier, moved))
    floor = market.load_risk(state).portfolio.floor
    marked = asked_together(left, floor)
    return max(asked_together(opened, floor), marked), up(marked, fraction)


def is_near(worth: Worth, risk: Any) -> bool:
    """Whether an account has less than what spares it a call."""
    needed = up(worth.maintenance, risk.margin_call.ratio) + risk.reserve
    return worth.equity < needed


@lru_cache(maxsize=2)
def named(state: State) -> tuple[tuple[str, Table[Any, Any]], ...]:
    """Every table by its name; tokens that are collateral say whose it is."""
    return tuple(
        (
            f"{each.contract}.{each.name}"
            if each.contract in TOKENS[1:]
            else each.name,
            each,
        )
        for each in state.tables()
    )


def tables_of(state: State) -> Tables:
    """A copy of every table; records never change, so it is a shallow one."""
    return {name: dict(table) for name, table in named(state)}


def seen(world: World, now: int) -> Seen:
    """The state now, and every account at `now`."""
    state = world.state
    found: dict[int, tuple[int, int]] = {}
    worths = {holder: worth(state, holder, now, found) for holder in state.accounts}
    return Seen(tables_of(state), worths)


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
    for name, table in named(state):
        dict.clear(table)
        dict.update(table, tables[name])


def mode_of(call: Call, market_id: int) -> int:
    """The mode that a market was in before the call."""
    mode: int = call.params_before(market_id).limits.mode
    return mode
