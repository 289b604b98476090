"""
Whom to deleverage: where a market owes too much, whoever has gained most for what the
account is worth.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from keepers.watch import Watch
from protocol import deleveraging, funding, ledger, market, position, rules, sides
from protocol.deleveraging import Deleverage
from protocol.errors import Revert
from protocol.fixed_point import WAD, mul_div_up
from protocol.sides import MarketState
from protocol.trace import Action
from protocol.units import Address, Holder, Seconds, Size


def deleverages(watch: Watch, keeper: Address) -> Iterator[Action]:
    """
    The calls that open deleveraging, close whoever's turn has come, and end it.

    Each is decided on the state that the one before has left.
    """
    for market_id in range(len(watch.markets)):
        if not market.load_params(
            watch.state, market_id, watch.now
        ).deleveraging.duration:
            continue
        if is_turned(watch, market_id):
            account = Holder(keeper << 96)
            yield call(watch, keeper, account, market_id, Size(0))
        for holder in winners(watch, market_id):
            size = closable(watch, holder, market_id)
            if size:
                yield call(watch, keeper, holder, market_id, size)


def call(
    watch: Watch, keeper: Address, holder: Holder, market_id: int, size: Size
) -> Action:
    """The call that closes up to `size` of a position."""
    arguments = (holder, market_id, int(size))
    return Action("Exchange", "deleverage", keeper, int(watch.now), arguments)


def accrued_sums(watch: Watch, market_id: int) -> MarketState:
    """The sums of a market, its funding as it would accrue now."""
    sums = market.state_of(watch.state, market_id)
    price = watch.markets[market_id].price
    params = market.load_params(watch.state, market_id, watch.now)
    current = sides.projected(
        sums.funding,
        sums.book,
        price,
        params.pricing.skew_scale,
        params.funding,
        watch.now,
    )
    return replace(sums, funding=current)


def outcome(
    watch: Watch, holder: Holder, market_id: int, size: Size
) -> Deleverage | None:
    """What a call would do, or nothing where it would be refused."""
    state = watch.state
    try:
        return rules.deleveraged(
            state,
            market.ANYONE,
            market.load_code(state, market_id),
            accrued_sums(watch, market_id),
            position.load_position(state, holder, market_id),
            watch.standing(holder).equity,
            watch.markets[market_id].price,
            ledger.load_funds(state).vault,
            market.load_opening(state, market_id),
            size,
            watch.now,
        )
    except Revert:
        return None


def is_turned(watch: Watch, market_id: int) -> bool:
    """Whether deleveraging opens or ends with the next call, whomever it is about."""
    found = outcome(watch, Holder(0), market_id, Size(0))
    return found is not None


def winners(watch: Watch, market_id: int) -> list[Holder]:
    """Who has gained in a market that is open, the highest score first."""
    if market.load_opening(watch.state, market_id).opened_at == Seconds(0):
        return []
    current = accrued_sums(watch, market_id).funding
    mark = watch.markets[market_id].price.mark
    found = []
    for holder in watch.with_positions():
        held = position.load_position(watch.state, holder, market_id)
        index = funding.side_index(current, held.size > 0)
        profit = position.profit(held, mark, index)
        if held.size != Size(0) and profit > 0:
            score = deleveraging.score(profit, watch.standing(holder).equity)
            found.append((-int(score), holder))
    return [holder for _, holder in sorted(found)]


def closable(watch: Watch, holder: Holder, market_id: int) -> Size:
    """
    How much of a position would be closed: all of it, else all but the least position,
    or nothing while its turn has not come.
    """
    held = abs(position.load_position(watch.state, holder, market_id).size)
    least = market.load_params(watch.state, market_id, watch.now).limits.least_value
    mark = watch.markets[market_id].price.mark
    rest = Size(int(mul_div_up(least, WAD, mark)))
    for size in (held, held - rest):
        if size <= Size(0):
            continue
        found = outcome(watch, holder, market_id, size)
        if found is not None:
            return size if found.size_delta != Size(0) else Size(0)
    return Size(0)
