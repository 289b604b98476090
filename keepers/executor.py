"""
Which requests of providers to execute, and which came too late and are given back.
"""

from __future__ import annotations

from collections.abc import Iterator

from keepers.watch import Watch
from protocol import market, request, vault
from protocol.errors import Revert
from protocol.request import Request
from protocol.trace import Action
from protocol.units import Address, Quote


def executions(watch: Watch, sender: Address) -> Iterator[Action]:
    """The calls that end every request that can be ended now, the oldest first."""
    for request_id in list(watch.requests):
        pending = request.load_request(watch.state, request_id)
        if is_over(watch, pending):
            function = "return_request"
        elif is_executable(watch, pending):
            function = "execute"
        else:
            continue
        yield Action("Vault", function, sender, int(watch.now), (request_id,))


def is_over(watch: Watch, pending: Request) -> bool:
    """Whether the window of a request has closed."""
    params = market.load_risk(watch.state).vault
    return watch.now > request.closes_at(pending, params)


def is_executable(watch: Watch, pending: Request) -> bool:
    """Whether a keeper's execution would give something, or return the request."""
    try:
        given = vault.given_for(watch.state, pending, True, watch.now)
    except Revert:
        return False
    if pending.is_deposit or given < pending.minimum:
        return True
    # The exchange pays nothing that accounts with negative cash still owe.
    left = watch.state.funds[()].vault - Quote(given * watch.state.scale)
    return left >= watch.state.holdings[()].debt
