"""
C: liquidation, and who bears what it leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from protocol import market
from protocol.account import PORTFOLIO
from protocol.fixed_point import WAD
from protocol.insurance import InsuranceDrawn
from protocol.settlement import BadDebt
from protocol.share import Withdraw
from protocol.unwinding import Liquidated
from tests.laws.invariants.call import Call, Worth
from tests.laws.invariants.measures import SETTLED, bits, up
from tests.laws.invariants.registry import law


def liquidated(call: Call) -> tuple[Any, Any, Any, Worth, Worth] | None:
    """
    The event of a liquidation, the market's price and parameters, then and now. Of a
    portfolio it is the event of the market that was named, which tells what was paid.
    """
    events = call.events(Liquidated)
    if not events:
        return None
    event = events[-1]
    state = call.world.state
    price = market.price_of(state, event.market_id)
    params = market.load_params(state, event.market_id, call.action.now)
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


def params_together(call: Call, holder: int, number: int) -> Iterator[tuple[int, Any]]:
    """The parameters of the markets in which one liquidation closes something."""
    state = call.world.state
    account = call.before.tables["accounts"][holder]
    others = account.positions if account.mode == PORTFOLIO else 0
    for each in bits(others | 1 << number):
        yield each, market.load_params(state, each, call.action.now)


def is_old(call: Call, market_id: int, params: Any) -> bool:
    """Whether the price of a market is too old to be liquidated at."""
    price, now = market.price_of(call.world.state, market_id), call.action.now
    too_late = now > price.valid_until
    return bool(now - price.published_at > params.limits.risk_age or too_late)


@law
def always_at_risk(call: Call) -> None:
    """
    C2: a position of an account at risk is liquidated whenever somebody asks for it,
    unless its market, or one of its portfolio, has no price; or is settled, where
    anybody closes it; or a bucket is empty, or its grace not over, and the account not
    critical.
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
    params = dict(params_together(call, holder, number))
    if error == "MarketSettled":
        assert any(asked.limits.mode == SETTLED for asked in params.values()), params
        return
    if error in ("PriceStale", "PriceInvalid"):
        assert any(is_old(call, each, asked) for each, asked in params.items())
        return
    critical = up(
        then.maintenance,
        max(asked.liquidation.critical_fraction for asked in params.values()),
    )
    assert error in ("BucketEmpty", "GraceNotOver"), error
    assert then.equity >= critical, (then, critical)


@law
def never_grows(call: Call) -> None:
    """
    C3: a liquidation makes a position smaller and never turns it over, closes no more
    than the bucket holds unless the account is critical, and no position beside those
    of a portfolio.
    """
    events = call.events(Liquidated)
    if not events:
        return
    state, holder = call.world.state, events[0].holder
    then = call.before.worths[holder]
    params = dict(params_together(call, holder, events[-1].market_id))
    assert sorted(each.market_id for each in events) == sorted(params)
    most = max(asked.liquidation.critical_fraction for asked in params.values())
    for event in events:
        key = (holder, event.market_id)
        was, size = call.before.tables["positions"][key].size, state.positions[key].size
        assert size * was >= 0, (was, size)
        assert abs(size) < abs(was), (was, size)
        assert size == event.size == was + event.size_delta
        terms = params[event.market_id].liquidation
        if then.equity >= up(then.maintenance, most):
            bucket = call.before.tables["buckets"].get(
                event.market_id, state.buckets.empty
            )
            waited = call.action.now - bucket.filled_at
            filled = bucket.level + terms.bucket_rate * waited
            level = min(terms.bucket_capacity, filled)
            mark = market.price_of(state, event.market_id).mark
            assert up(abs(event.size_delta), mark) <= level, (event, level)
    closed = {(holder, event.market_id) for event in events}
    for other, held in call.before.tables["positions"].items():
        assert other in closed or state.positions[other] == held, other


@law
def closes_one_part(call: Call) -> None:
    """
    C7: a liquidation of a portfolio closes the same part of each position, to a wei of
    each: it stays the hedge that it was.
    """
    events = call.events(Liquidated)
    holder = events[0].holder if events else 0
    closed = [
        (abs(each.size_delta), abs(each.size_delta) + abs(each.size)) for each in events
    ]
    if events:
        assert len(closed) == len(
            dict(params_together(call, holder, events[-1].market_id))
        )
    for one, whole in closed:
        for other, all_of_it in closed:
            apart = abs(one * all_of_it - other * whole)
            assert apart <= max(whole, all_of_it), (events, apart)


def is_spent(call: Call, market_id: int) -> bool:
    """
    Whether a bucket has been emptied but for what roundings may come to: what a
    liquidation of a portfolio sets aside for them, and a wad's part of the value.
    """
    closed = [each for each in call.events(Liquidated) if each.market_id == market_id]
    whole = sum(abs(each.size_delta) + abs(each.size) for each in closed)
    mark = market.price_of(call.world.state, market_id).mark
    left = int(call.world.state.buckets[market_id].level)
    return left <= up(whole, 1) + up(up(whole, mark), 1) + up(33, mark) + 33


@law
def restores(call: Call) -> None:
    """
    C4: what a liquidation leaves open has its target and the reserve behind it, unless
    a bucket was the limit.
    """
    found = liquidated(call)
    if found is None or call.name != "Exchange.liquidate":
        return
    event, price, _, _, now = found
    if event.size == 0:
        return
    state = call.world.state
    if state.buckets[event.market_id].level * WAD < 2 * price.mark:
        return
    params = dict(params_together(call, event.holder, event.market_id))
    is_portfolio = call.before.tables["accounts"][event.holder].mode == PORTFOLIO
    if is_portfolio and any(is_spent(call, each) for each in params):
        return
    most = max(asked.liquidation.target_ratio for asked in params.values())
    target = up(now.maintenance, most)
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
    event, _, _, then, now = found
    lost = 0
    for each in call.events(Liquidated):
        mark = market.price_of(call.world.state, each.market_id).mark
        cost = up(abs(each.size_delta), abs(mark - each.price))
        # What closing rounds is a wei, at whatever price.
        lost += 1 + (cost if (each.price < mark) == (each.size_delta < 0) else 0)
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


@law
def claims_are_paid(call: Call) -> None:
    """
    C14: settling pays a claim as far as the vault goes on covering what accounts owe;
    any other call takes from a claim only what its account, without positions, is
    short of, which leaves no cash; and there is no bad debt of who has a claim left.
    """
    state = call.world.state
    for (holder, number), then in call.before.tables["claims"].items():
        if state.claims[holder, number] >= then:
            continue
        if call.name == "Exchange.settle":
            assert call.action.arguments == (holder, number), (holder, number)
            continue
        account = state.accounts[holder]
        assert (account.positions, account.cash) == (0, 0), (account, number, then)
    for event in call.events(BadDebt):
        assert state.accounts[event.holder].claims == 0, event
    if call.ok and (
        call.events(Withdraw)
        or (call.name == "Exchange.settle" and call.outcome.returned > 0)
    ):
        vault, debt = state.funds[()].vault, state.holdings[()].debt
        assert vault >= debt, (vault, debt)
