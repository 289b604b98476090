"""
Whose margin to call: every account that has come near its liquidation, unless it is
called already.
"""

from __future__ import annotations

from collections.abc import Iterator

from keepers.watch import Watch
from protocol import margin_call, market
from protocol.trace import Action
from protocol.units import Address, Holder, Seconds


def calls(watch: Watch, keeper: Address) -> Iterator[Action]:
    """
    The calls that begin the grace of who has come near liquidation; none where nobody
    is given any.
    """
    if market.load_risk(watch.state).margin_call.grace == Seconds(0):
        return
    for holder in watch.with_positions():
        market_id = fresh_market(watch, holder)
        if market_id is not None and is_due(watch, holder):
            arguments = (holder, market_id)
            now = int(watch.now)
            yield Action("Exchange", "call_margin", keeper, now, arguments)


def is_due(watch: Watch, holder: Holder) -> bool:
    """Whether an account is to be called."""
    if not watch.may_be_near(holder):
        return False
    risk = market.load_risk(watch.state)
    called_at = watch.state.accounts[holder].called_at
    if margin_call.is_open(called_at, risk.margin_call, watch.now):
        return False
    standing = watch.standing(holder)
    return standing.equity < margin_call.required(
        standing.maintenance, risk.reserve, risk.margin_call
    )


def fresh_market(watch: Watch, holder: Holder) -> int | None:
    """A market of an account whose price is fresh enough, if there is one."""
    for line in watch.account(holder).lines:
        if watch.markets[line.market_id].is_fresh:
            return line.market_id
    return None
