"""
C: who is deleveraged, when, and by how much.
"""

from __future__ import annotations

from protocol import market
from protocol.deleveraging import Deleveraged, Opening
from protocol.fixed_point import WAD
from protocol.payout import PayoutCut
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import (
    SETTLED,
    indices,
    is_valid,
    market_owes,
    profit,
    side_gain,
    up,
)
from tests.laws.invariants.registry import law


def share_of_vault(call: Call, factor: int) -> int:
    """Such a part of the vault as it was before the call."""
    vault: int = call.row("funds", ()).vault
    return max(0, vault) * factor // WAD


def owed_before(call: Call, number: int) -> int:
    """What a market owed before the call, at the prices and the time of it."""
    return market_owes(call.world.state, call.before.tables, number, call.action.now)


def fill_of(call: Call, number: int, size_delta: int) -> int:
    """The price of such a trade at the mark, by the skew before the call."""
    mark = market.price_of(call.world.state, number).mark
    book = call.row("books", number)
    scale = 2 * call.params_before(number).pricing.skew_scale
    middle = scale + 2 * (book.long_size + book.short_size) + size_delta
    return up(mark, middle, scale) if size_delta > 0 else mark * middle // scale


@law
def opens_and_ends(call: Call) -> None:
    """
    C11: deleveraging opens when a market owes more than its part of the vault, for as
    much of each side as is owed too much; it ends when little enough is owed, or its
    clock has run twice; until then what may be closed falls by what is closed.
    """
    state, now = call.world.state, call.action.now
    for number in range(state.market_count[()]):
        was: Opening = call.row("openings", number)
        found = state.openings[number]
        asked = call.params_before(number).deleveraging
        if call.name != "Exchange.deleverage" or call.action.arguments[1] != number:
            assert found == was, (number, was, found)
            continue
        owed = owed_before(call, number)
        if not call.ok:
            is_due = owed > share_of_vault(call, asked.factor) and asked.duration
            refused = call.outcome.error == "DeleveragingNotOpen"
            assert not refused or not (was.opened_at or is_due), (was, owed)
            continue
        few = share_of_vault(call, asked.after_factor)
        if not was.opened_at:
            assert asked.duration
            assert owed > share_of_vault(call, asked.factor), owed
            book = call.row("books", number)
            longs = book.long_size * (owed - few) // owed
            shorts = -book.short_size * (owed - few) // owed
            assert found == Opening(longs, shorts, now), (found, longs, shorts)
        elif call.outcome.returned == 0:
            assert owed <= few or now > was.opened_at + 2 * asked.duration, was
            assert found == Opening(0, 0, 0), found
        else:
            assert owed > few, (was, owed, few)
            assert now <= was.opened_at + 2 * asked.duration, was
            held = call.row("positions", (call.action.arguments[0], number))
            closed = call.outcome.returned
            longs, shorts = (closed, 0) if held.size > 0 else (0, closed)
            left = Opening(
                was.long_left - longs, was.short_left - shorts, was.opened_at
            )
            assert found == left, (found, left)
            assert min(found.long_left, found.short_left) >= 0, found


@law
def highest_first(call: Call) -> None:
    """
    C12: only who has gained is deleveraged, and only once the clock has come down to
    what the position has gained for what its account is worth; at a valid price, that
    of a trade, for no fee, and no more than was asked for. It costs nobody more than he
    has, and takes no claim.
    """
    for event in call.events(Deleveraged):
        holder, number = event.holder, event.market_id
        state, now = call.world.state, call.action.now
        held = call.row("positions", (holder, number))
        price = market.price_of(state, number)
        gained = profit(held, price.mark, indices(state, number, now)[held.size < 0])
        assert gained > 0, (event, gained)
        asked = call.params_before(number).deleveraging
        left = call.row("openings", number).opened_at + asked.duration - now
        floor = up(asked.start, left, asked.duration) if left > 0 else 0
        worth = max(1, call.before.worths[holder].equity)
        assert gained * WAD // worth >= floor, (event, gained, worth, floor)
        assert 0 < -event.size_delta * (1 if held.size > 0 else -1) <= abs(held.size)
        assert abs(event.size_delta) <= call.action.arguments[2]
        assert is_valid(price, call.params_before(number).limits, now), price
        fill = fill_of(call, number, event.size_delta)
        assert event.price == fill, (event, fill)
        assert profit(held, fill, indices(state, number, now)[held.size < 0]) > 0
        # A fill is rounded against the position, and so is what is left of it.
        then, after = (
            call.before.worths[holder].equity,
            call.after.worths[holder].equity,
        )
        cost = up(event.size_delta, fill - price.mark)
        assert then - after <= 2 + max(0, cost), (event, then, after)
        assert after >= min(then, 0) - 2, (event, then, after)
        assert call.after.tables["claims"].get((holder, number), 0) >= call.row(
            "claims", (holder, number)
        )
        assert not call.events(PayoutCut), event


@law
def owed_does_not_rise(call: Call) -> None:
    """
    C13: deleveraging lets nothing more be owed than its market saves in premium, nor
    all that is owed, losses and premium counted: what the position gains or loses by
    its fill is what the skew would have been paid, and a whole position that leaves its
    side leaves no loss of others behind.
    """
    for event in call.events(Deleveraged):
        number, state, now = event.market_id, call.world.state, call.action.now
        mark = market.price_of(state, number).mark
        owed = owed_before(call, number)
        after = market_owes(state, call.after.tables, number, now)
        scale = call.params_before(number).pricing.skew_scale
        then, book = call.row("books", number), state.books[number]
        skews = then.long_size + then.short_size, book.long_size + book.short_size
        premium, saved = (up(up(skew, skew, 2 * scale), mark) for skew in skews)
        gains = max(0, premium - saved)
        # A premium is rounded to a wei of size, and a fill to a wei of price.
        wei = 4 + (mark + abs(event.size_delta)) // WAD
        assert after <= owed + gains + wei, (event, owed, after, premium, saved)
        net, net_after = (
            sum(
                side_gain(state, tables["positions"], number, is_long, now)
                for is_long in (True, False)
            )
            + sum(claim for (_, at), claim in tables["claims"].items() if at == number)
            for tables in (call.before.tables, call.after.tables)
        )
        assert state.funds[()] == call.row("funds", ()), event
        assert net_after + saved <= net + premium + wei, (event, net, net_after)


def keeps_from_closing(call: Call, error: str) -> bool:
    """Whether the reason for which deleveraging was refused is there."""
    holder, number, size = call.action.arguments
    state, now = call.world.state, call.action.now
    if error == "MarketUnknown":
        return bool(number >= state.market_count[()])
    price = market.price_of(state, number)
    params = market.load_params(state, number, now)
    if error == "MarketHalted":
        return bool(params.limits.mode == 2)
    if error == "MarketSettled":
        return bool(params.limits.mode == SETTLED)
    if error.startswith("Price"):
        return not is_valid(price, params.limits, now)
    held, opening = state.positions[holder, number], state.openings[number]
    if error == "NoPosition":
        return bool(held.size == 0)
    if error == "ZeroSize":
        return bool(size <= 0)
    index = indices(state, number, now)[held.size < 0]
    gained = profit(held, price.mark, index)
    equity = call.before.worths[holder].equity
    asked = params.deleveraging
    waits = opening.opened_at + asked.duration - now
    floor = up(asked.start, waits, asked.duration) if waits > 0 else 0
    whole = abs(held.size)
    left = opening.long_left if held.size > 0 else opening.short_left
    rest = whole - min(size, whole, left)
    side = side_gain(state, call.before.tables["positions"], number, held.size > 0, now)
    closed = (rest - whole) * (1 if held.size > 0 else -1)
    fill = fill_of(call, number, closed)
    cost = up(closed, fill - price.mark)
    return {
        "NothingGained": min(gained, profit(held, fill, index)) <= 0,
        "ScoreTooLow": gained * WAD // max(1, equity) < floor,
        "NothingLeftToClose": left == 0,
        "OwedWouldRise": rest == 0 and gained > side,
        "PositionTooSmall": rest > 0
        and up(rest, price.mark) < params.limits.least_value,
        "EquityNegative": cost > max(0, equity),
        "DebtTooLarge": rest == 0 and state.accounts[holder].cash < 0,
    }[error]


@law
def no_other_reason(call: Call) -> None:
    """
    C19: a winner whose turn has come is deleveraged whenever somebody asks for it: each
    refusal has its reason.
    """
    error = call.outcome.error
    if call.name != "Exchange.deleverage" or call.ok or error == "DeleveragingNotOpen":
        return
    assert keeps_from_closing(call, error), (call.action.arguments, error)
