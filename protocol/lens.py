"""
What clients read: the statement of an account. It holds no money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import account, exchange, oracle, parameters, statement
from protocol.statement import Line, Statement
from protocol.units import Call, Holder, Price, Quote, Ratio, Size

if TYPE_CHECKING:
    from protocol.state import State

NO_LINE = Line(Size(0), Quote(0), Quote(0), Quote(0), Quote(0), Price(0))


def statement_of(state: State, call: Call, holder: Holder) -> Statement:
    """
    The statement of an account: what it is worth, what it must hold, and each of its
    positions.
    """
    lens = Call(state.addresses.lens, call.now)
    current = exchange.account_of(state, lens, holder)
    books = exchange.books(state, lens)
    whole = statement.totals(
        current,
        exchange.standing_of(state, lens, holder),
        parameters.risk_in(state, books.risk_params),
        call.now,
    )
    critical = Ratio(0)
    lines = [NO_LINE] * account.MAX_MARKETS
    for market_id in range(account.MAX_MARKETS):
        if ((current.positions | current.claims) >> market_id) & 1 == 0:
            continue
        held = exchange.position_of(state, lens, holder, market_id)
        code = exchange.params_of(state, lens, market_id)
        params = parameters.params_in(state, code, call.now)
        if held.size != Size(0):
            critical = max(critical, params.liquidation.critical_fraction)
        lines[market_id] = statement.line(
            held,
            exchange.claim_of(state, lens, holder, market_id),
            exchange.market_of(state, lens, market_id),
            oracle.price(state, lens, market_id),
            params,
            whole,
            call.now,
        )
    return statement.statement(current, whole, critical, tuple(lines))
