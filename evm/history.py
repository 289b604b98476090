"""
What has happened to an account, added up from the events of the exchange.

Events tell what trades cost and what was settled. What a position paid for funding is
in none: it is the growth of its side's index, and the exchange logs each index before
the trade that uses it. The premium that a settled market gives back comes by it too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from protocol import position
from protocol.deleveraging import Deleveraged
from protocol.funding import FundingAccrued
from protocol.market import MarketSettled
from protocol.position import Position
from protocol.settlement import Settled
from protocol.trading import Traded
from protocol.units import Price, Quote, Size, SizePrice
from protocol.unwinding import Liquidated, PositionSettled

NOTHING_HELD = Position(Size(0), Quote(0), SizePrice(0))


class Past(Struct):
    """
    What a market has been to an account: the fees of its trades; what its liquidations
    gave to keepers, whoever paid that, and to the insurance fund; the funding of
    positions that are closed, negative where it paid; what settling moved to its cash.
    """

    fees: Quote = Quote(0)
    liquidation_fees: Quote = Quote(0)
    funding: Quote = Quote(0)
    settled: Quote = Quote(0)


def past_of(holder: int, events: Iterable[Struct]) -> dict[int, Past]:
    """The past of an account by market, from events in their order."""
    pasts: dict[int, Past] = defaultdict(Past)
    indices: dict[int, tuple[Price, Price]] = {}
    open_: dict[int, Position] = {}
    for event in events:
        if isinstance(event, FundingAccrued | MarketSettled):
            indices[event.market_id] = event.long_index, event.short_index
        if getattr(event, "holder", None) != holder:
            continue
        if isinstance(event, Settled):
            pasts[event.market_id].settled += event.amount
        if not isinstance(event, Traded | Liquidated | Deleveraged | PositionSettled):
            continue
        past = pasts[event.market_id]
        if isinstance(event, Traded):
            past.fees += event.fee
        if isinstance(event, Liquidated):
            past.liquidation_fees += event.reward + event.insurance_fee
        held = open_.get(event.market_id, NOTHING_HELD)
        of_sides = indices.get(event.market_id, (Price(0), Price(0)))
        for delta in moves(held.size, event.size_delta):
            is_long = held.size + delta > 0 or held.size > 0
            index = of_sides[0] if is_long else of_sides[1]
            held = position.traded(held, delta, Price(0), index)
            if held.size == Size(0):
                past.funding += position.profit(held, Price(0), Price(0))
                held = NOTHING_HELD
        open_[event.market_id] = held
    return dict(pasts)


def moves(size: Size, delta: Size) -> Iterator[Size]:
    """What a trade does to a position, one side after the other."""
    after = size + delta
    if after * size < 0:
        yield -size
        yield after
    else:
        yield delta
