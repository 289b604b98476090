"""
One call, as the laws look at it: the state before it, what it did, the state after.
"""

from __future__ import annotations

from bisect import bisect
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from protocol import parameters
from protocol.trading import Traded

if TYPE_CHECKING:
    from evm.chain import Observed
    from protocol.model import Outcome
    from protocol.trace import Action
    from tests.stateful.world import World

Tables = dict[str, dict[Any, Any]]
# By feed: when each index began to hold; before all rounds none did.
Rounds = dict[int, list[tuple[int, int]]]
BEFORE = (0, 0)


class Worth(Struct, frozen=True):
    """An account at one moment: what it is worth, and what it must hold."""

    equity: int
    strict: int
    initial: int
    maintenance: int
    assets: int


class Seen(Struct):
    """The state at one moment, and every account in it at one time."""

    tables: Tables
    worths: dict[int, Worth]


class Call(Struct, eq=False):
    """One call, as the laws look at it."""

    world: World
    action: Action
    outcome: Outcome
    observed: Observed | None
    before: Seen
    after: Seen
    rounds: Rounds

    @property
    def name(self) -> str:
        """Contract and function."""
        return f"{self.action.to}.{self.action.function}"

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.outcome.error is None

    def row(self, table: str, key: Any) -> Any:
        """A record as it was before the call."""
        empty = getattr(self.world.state, table).empty
        return self.before.tables[table].get(key, empty)

    def held(self, market_id: int, since: int) -> list[tuple[int, int]]:
        """The indices of a market since a time, and for how many seconds each held."""
        rounds = self.rounds.get(market_id, [BEFORE])
        first = bisect(rounds, since, key=itemgetter(0)) - 1
        return [
            (index, end - max(start, since))
            for (start, index), (end, _) in pairwise(
                [*rounds[first:], (self.action.now, 0)]
            )
        ]

    def params_before(self, market_id: int) -> Any:
        """The parameters of a market before the call, or the first ones it got."""
        state = self.world.state
        code = self.row("market_params", market_id) or state.market_params[market_id]
        return parameters.params_in(state, code, self.action.now)

    @property
    def trade(self) -> Any:
        """What an account has traded, at once or by an order; None if none has."""
        return next(iter(self.events(Traded)), None)

    def events(self, kind: type[Any]) -> list[Any]:
        """What it logged of one kind."""
        return [event for _, event in self.outcome.logs if type(event) is kind]
