"""
C: liquidation, and who bears what it leaves.
"""

from __future__ import annotations

from typing import Any

from protocol import market
from protocol.fixed_point import WAD
from protocol.insurance import InsuranceDrawn
from protocol.settlement import BadDebt
from protocol.share import Withdraw
from protocol.trading import Liquidated
from tests.laws.invariants.call import Call, Worth
from tests.laws.invariants.measures import SETTLED, up
from tests.laws.invariants.registry import law


def liquidated(call: Call) -> tuple[Any, Any, Any, Worth, Worth] | None:
    """The event of a liquidation, the market's price and parameters, then and now."""
    events = call.events(Liquidated)
    if not events:
        return None
    event = events[0]
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


@law
def always_at_risk(call: Call) -> None:
    """
    C2: a position of an account at risk is liquidated whenever somebody asks for it,
    unless its market has no price; or is settled, where anybody closes it; or its
    bucket is empty, or its grace not over, and the account not critical.
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
    params = market.load_params(state, number, call.action.now)
    price = market.price_of(state, number)
    if error == "MarketSettled":
        assert params.limits.mode == SETTLED, params.limits
        return
    if error in ("PriceStale", "PriceInvalid"):
        age = call.action.now - price.published_at
        assert age > params.limits.risk_age or call.action.now > price.valid_until
        return
    critical = up(then.maintenance, params.liquidation.critical_fraction)
    assert error in ("BucketEmpty", "GraceNotOver"), error
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
    C4: what a liquidation leaves open has its target and the reserve behind it, unless
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
