"""
F: prices.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

from protocol import market
from protocol.collateral import FIRST_FEED
from protocol.feed import FOREVER, RING, FeedClosed, RoundStored
from protocol.fixed_point import WAD
from protocol.quorum import Report
from protocol.volatility import GRAIN
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import bits
from tests.laws.invariants.registry import law

PRICED = {
    "Exchange.trade",
    "Exchange.settle",
    "Exchange.withdraw",
    "Exchange.liquidate",
    "Exchange.deleverage",
}
SPOKEN = {"Oracle.report", "Oracle.relay"}
# Calls that look at the price of one market only, if the account has no other.
EXACT = {"Exchange.trade", "Exchange.liquidate", "Exchange.deleverage"}


@law
def fresh_enough(call: Call) -> None:
    """
    F4: at its age limit a price is good, a second later it is stale, for trades by the
    limit of trading, and by that of each token behind them, and for liquidations and
    losses by the limit of risk; deleveraging is a trade.
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
        limits = market.load_params(state, number, now).limits
        price = market.price_of(state, number)
        limit = limits.risk_age if for_risk else limits.trade_age
        ages.append(now - price.published_at - limit)
        valid.append(now <= price.valid_until)
    if call.ok:
        assert all(valid), valid
        assert all(over <= 0 for over in ages), ages
    elif call.outcome.error == "PriceStale" and call.name in EXACT:
        account = state.accounts[holder]
        one = call.name != "Exchange.trade" or account.positions == 0
        if call.name == "Exchange.trade":
            for number in bits(account.tokens):
                token = state.codes[state.collateral_params[number]]
                price = market.price_of(state, FIRST_FEED + number)
                ages.append(now - price.published_at - token.max_age)
        assert not one or any(over > 0 for over in ages), ages


@law
def quorum_is_fresh(call: Call) -> None:
    """
    F3: a round's index is within the fresh reports, and its quorum is fresh for as long
    as its oldest voice is: at that second, and not at the next. Where rounds are
    averaged it is their last sample that is within them, and within its band.
    """
    if call.name not in SPOKEN or not call.ok:
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
        low, high = min(prices), max(prices)
        asked = feed.expiry
        begins_at = asked.expires_at - asked.samples * asked.spacing
        if asked.expires_at and times[feed.quorum - 1] > begins_at:
            index = state.samplings[number].spot
            average = call.row("rounds", (number, (was.rounds - 1) % RING)).average
            if was.rounds:
                lowest = average * (WAD - feed.band) // WAD
                highest = average * (WAD + feed.band) // WAD
                low, high = (min(max(each, lowest), highest) for each in (low, high))
        assert low <= index <= high, (prices, index)


@law
def relayed(call: Call) -> None:
    """
    F12: what is relayed of an aggregator is what it says, in wads, as of when it said
    so, and as what is sure; of nobody else anything is.
    """
    if call.name != "Oracle.relay":
        return
    state, error = call.world.state, call.outcome.error
    place = tuple(call.action.arguments)
    reporter, aggregator = state.reporters[place], call.world.addresses["Aggregator"]
    said = state.latest[()]
    if reporter != aggregator:
        assert error == ("AggregatorSilent" if reporter else "NotReporter"), error
    elif said.decimals > 18:
        assert error == "TooManyDecimals", error
    elif call.ok:
        price = said.answer * WAD // 10**said.decimals
        report = state.reports[place]
        assert report == Report(price, 0, said.updated_at), (report, said)
    else:
        last = state.reports[place].published_at
        is_price = 0 < said.answer * WAD // 10**said.decimals < 2**95
        is_newer = last < said.updated_at <= call.action.now
        is_closed = state.heads[place[0]].valid_until == FOREVER
        assert not is_price or not is_newer or is_closed, (error, said)


@law
def ramped(call: Call) -> None:
    """
    F11: between two rounds what leaves positions alone goes toward the target of before
    at its ramp and no faster; what opens them is no less, and is asked for at once by
    the volatility that there is.
    """
    state = call.world.state
    if call.events(FeedClosed):
        # What never moves again has no volatility.
        return
    for event in call.events(RoundStored):
        params = state.codes[state.feed_params[event.feed_id]].volatility
        variance = state.variances[event.feed_id]
        place = event.feed_id, (event.number - 1) % RING
        if event.number == 0:
            assert event.initial_multiplier == event.maintenance_multiplier == WAD
            continue
        was = call.row("rounds", place)
        waited = event.published_at - was.published_at
        step = params.ramp * waited // GRAIN * GRAIN
        is_on = params.max_multiplier != WAD
        known = call.row("variances", event.feed_id) if is_on else 0
        aim, least = target(known, params), target(variance if is_on else 0, params)
        missing = aim - was.maintenance_multiplier
        moved = event.maintenance_multiplier - was.maintenance_multiplier
        assert moved == max(-step, min(step, missing)), (event, was, aim)
        expected = max(event.maintenance_multiplier, least)
        assert event.initial_multiplier == expected, (event, least)


def target(variance: int, params: Any) -> int:
    """What margins are multiplied by in the end, in whole grains."""
    volatility = isqrt(variance * WAD)
    asked = volatility * WAD // (params.reference * GRAIN) * GRAIN
    return min(max(asked, WAD), params.max_multiplier // GRAIN * GRAIN)
