"""
P: a market that is settled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from protocol import market
from protocol.deleveraging import Deleveraged, DeleveragingOpened
from protocol.feed import RING, FeedSet, RoundStored
from protocol.fixed_point import WAD
from protocol.funding import DAY, FundingAccrued
from protocol.insurance import InsuranceDrawn
from protocol.payout import PayoutCut
from protocol.settlement import BadDebt
from protocol.trading import Traded
from protocol.unwinding import Liquidated, PositionSettled
from tests.laws.invariants.call import Call, Tables
from tests.laws.invariants.measures import SETTLED, indices, mode_of, profit, up
from tests.laws.invariants.registry import law

WEEK = 7 * DAY
TRADES = (Traded, Liquidated, Deleveraged, DeleveragingOpened)


def settled(call: Call) -> Iterator[int]:
    """The markets that were settled before the call."""
    for number in range(call.world.state.market_count[()]):
        if mode_of(call, number) == SETTLED:
            yield number


def feed_of(call: Call, number: int) -> Any:
    """The parameters of a feed before the call."""
    return call.world.state.codes[call.row("feed_params", number)]


def price_before(call: Call, number: int) -> tuple[int, int]:
    """The last mark of a feed before the call, and when its round was published."""
    head = call.row("heads", number)
    last = call.row("rounds", (number, (head.rounds - 1) % RING))
    return last.mark, last.published_at


@law
def settled_for_good(call: Call) -> None:
    """
    P1: a settled market stays as it is: no report, no parameter and no time changes its
    price or what funding and borrowing have come to there, and nobody trades in it, is
    liquidated or deleveraged; a position ends whole.
    """
    state = call.world.state
    for number in settled(call):
        for table in ("market_params", "heads"):
            was, now = call.row(table, number), getattr(state, table)[number]
            assert now == was, (number, was, now)
        mark, _ = price_before(call, number)
        price = market.price_of(state, number)
        assert price.index == price.mark == price.average == mark, (price, mark)
        then = call.row("fundings", number)
        kept = then.long_index, then.short_index
        later = indices(state, number, call.action.now + DAY)
        assert later == kept, (number, later, kept)
        for kind in TRADES:
            for event in call.events(kind):
                assert event.market_id != number, event
        for key, held in state.positions.items():
            was = call.row("positions", key).size
            assert key[1] != number or held.size in (0, was), (key, was, held)


@law
def closed_at_the_last_price(call: Call) -> None:
    """
    P2: who is closed in a settled market is closed there at its last price, and has as
    much more in cash and claims as the position was worth, less a wei at most, which
    rounding takes from it, unless others had to pay for it.
    """
    state = call.world.state
    for event in call.events(PositionSettled):
        number, holder = event.market_id, event.holder
        assert mode_of(call, number) == SETTLED, event
        mark, _ = price_before(call, number)
        assert event.price == mark, (event, mark)
        was = call.row("positions", (holder, number))
        now = state.positions[holder, number].size
        assert event.size_delta == -was.size != 0 == now, (event, was, now)
        then = call.row("fundings", number)
        index = then.long_index if was.size > 0 else then.short_index
        worth = profit(was, mark, index)
        if any(map(call.events, (InsuranceDrawn, BadDebt, PayoutCut))):
            continue
        had = call.row("accounts", holder).cash + claims(call.before.tables, holder)
        has = state.accounts[holder].cash + claims(call.after.tables, holder)
        assert worth - 1 <= has - had <= worth, (event, had, has, worth)


def claims(tables: Tables, holder: int) -> int:
    """What an account may claim in all markets."""
    found = tables["claims"].items()
    return sum(claim for (who, _), claim in found if who == holder)


@law
def nobody_settles_what_has_prices(call: Call) -> None:
    """
    P3: a market is settled once, by its owner, or by anybody when for a week there was
    neither a round nor a quorum, or when it has expired and no report from before would
    count any more; and at the mark that it had.
    """
    if call.name != "Governor.settle_market" or not call.ok:
        return
    number, now = call.action.arguments[0], call.action.now
    assert mode_of(call, number) != SETTLED
    mark, published_at = price_before(call, number)
    price = market.price_of(call.world.state, number)
    assert price.index == price.mark == price.average == mark, (price, mark)
    if call.action.sender != call.row("owner", ()):
        heard_at = max(published_at, call.row("heads", number).valid_until)
        feed = feed_of(call, number)
        ends = feed.expiry.expires_at
        is_over = published_at >= ends or now - ends > feed.max_age
        assert now - heard_at > WEEK or (ends and is_over), (now, heard_at)


@law
def premium_is_given_back(call: Call) -> None:
    """
    P4: as a market is settled, those on its heavier side are given what it kept of
    their premium, each by the size of the position, and nobody else anything: in all no
    more than was owed, and less by roundings only.
    """
    if call.name != "Governor.settle_market" or not call.ok:
        return
    state, number = call.world.state, call.action.arguments[0]
    book = state.books[number]
    skew = book.long_size + book.short_size
    heavier = max(book.long_size, -book.short_size)
    scale = call.params_before(number).pricing.skew_scale
    mark, _ = price_before(call, number)
    given = 0
    for holder, then in call.before.worths.items():
        size = state.positions[holder, number].size
        gained = call.after.worths[holder].equity - then.equity
        assert gained >= 0, (holder, gained)
        share = up(up(up(skew, skew, 2 * scale), mark), abs(size), max(1, heavier))
        assert gained <= share, (holder, size, gained, share)
        assert gained == 0 or size * skew > 0, (holder, size, skew)
        given += gained
    owed = up(up(skew, skew, 2 * scale), mark)
    # A wei of each position, of each unit, and of the base that the premium is of.
    lost = len(call.before.worths) + heavier // WAD + mark // WAD + 3
    assert owed - lost <= given <= owed, (given, owed, lost)


@law
def averaged(call: Call) -> None:
    """
    P5: in its window the price of a dated future is the average of its samples: those
    whose time has passed are kept, each like the round that stood then, and those to
    come are like the last, which is held in its band. So no round moves where it ends
    by more than that band's part of the samples at which it stands. Samples are of one
    end: a feed that gets another keeps none.
    """
    state = call.world.state
    for event in call.events(FeedSet):
        number, used = event.feed_id, call.row("feed_params", event.feed_id)
        is_same = used and state.codes[used].expiry == state.codes[event.code].expiry
        kept = call.row("samplings", number) if is_same else state.samplings.empty
        assert state.samplings[number] == kept, (event, kept)
    for event in call.events(RoundStored):
        number, feed = event.feed_id, feed_of(call, event.feed_id)
        asked = feed.expiry
        times = [
            asked.expires_at - piece * asked.spacing
            for piece in reversed(range(asked.samples))
        ]
        was, now = call.row("samplings", number), state.samplings[number]
        is_in_window = times and event.published_at > times[0] - asked.spacing
        if not is_in_window or call.action.to == "Governor":
            assert now == was, (event, was, now)
            continue
        last = call.row("rounds", (number, (event.number - 1) % RING))
        reach = last.average * feed.band // WAD + 1
        if event.number:
            assert abs(now.spot - last.average) <= reach, (event, now, last)
        stood = was.spot or (last.mark if event.number else now.spot)
        past = [each for each in times if each < event.published_at]
        assert now.taken == len(past), (event, now)
        assert now.total == was.total + stood * (len(past) - was.taken), (was, now)
        left = asked.samples - len(past)
        price = (now.total + now.spot * left) // asked.samples
        assert event.index == event.mark == price, (event, price)


@law
def dated_futures(call: Call) -> None:
    """
    P6: a dated future has no funding, and from its window on no position in it grows.
    """
    state = call.world.state
    for event in call.events(FundingAccrued):
        if feed_of(call, event.market_id).expiry.expires_at:
            assert event.fine_rate == 0, event
    for event in call.events(Traded):
        asked = feed_of(call, event.market_id).expiry
        begins_at = asked.expires_at - asked.samples * asked.spacing
        if asked.expires_at and call.action.now >= begins_at:
            key = event.holder, event.market_id
            was, size = call.row("positions", key).size, state.positions[key].size
            assert 0 <= size * was <= was * was, (event, was, size)
