"""
Whom to liquidate: every account at risk, the one that lacks most first.
"""

from __future__ import annotations

from collections.abc import Iterator

from keepers.watch import Watch
from protocol import market, position, rules, unwinding
from protocol.account import PORTFOLIO
from protocol.backing import Standing
from protocol.errors import Revert
from protocol.trace import Action
from protocol.units import Address, Holder, Ratio, Size


def at_risk(watch: Watch) -> list[Holder]:
    """The accounts that the protocol lets anyone liquidate now, the worst first."""
    reserve = market.load_risk(watch.state).reserve
    found = []
    for holder in watch.with_positions():
        if not watch.may_be_near(holder):
            continue
        standing = watch.standing(holder)
        spare = standing.equity - standing.maintenance - reserve
        if spare < 0:
            found.append((int(spare), holder))
    return [holder for _, holder in sorted(found)]


def liquidations(watch: Watch, keeper: Address) -> Iterator[Action]:
    """
    The calls that close what may be closed now.

    Each is decided on the state that the one before has left: what a bucket no longer
    allows is not tried.
    """
    for holder in at_risk(watch):
        for line in watch.account(holder).lines:
            if is_due(watch, holder, line.market_id):
                yield Action(
                    "Exchange",
                    "liquidate",
                    keeper,
                    int(watch.now),
                    (holder, line.market_id),
                )


def is_due(watch: Watch, holder: Holder, market_id: int) -> bool:
    """Whether a liquidation would close anything of this position."""
    state = watch.state
    size = position.load_position(state, holder, market_id).size
    risk = market.load_risk(state)
    standing = watch.standing(holder)
    if size == Size(0) or standing.equity >= standing.maintenance + risk.reserve:
        return False
    try:
        if state.accounts[holder].mode == PORTFOLIO:
            return part_due(watch, holder, standing) != Ratio(0)
        closing = rules.closing(
            state,
            market.ANYONE,
            state.market_params[market_id],
            size,
            standing,
            risk,
            state.accounts[holder],
            market.load_book(state, market_id),
            watch.markets[market_id].price,
            market.load_bucket(state, market_id),
            Ratio(0),
            watch.now,
        )
    except Revert:
        return False
    return closing.size_delta != Size(0)


def part_due(watch: Watch, holder: Holder, standing: Standing) -> Ratio:
    """The part of every position of a portfolio that a liquidation would close."""
    state, now = watch.state, watch.now
    account = state.accounts[holder]
    return rules.closing_part(
        state,
        market.ANYONE,
        unwinding.gathered(state, holder, account.positions, now),
        standing,
        market.load_risk(state),
        account,
        now,
    )
