"""
What an aggregator answers, and which price that is.

An aggregator is a contract that answers two calls of Chainlink's AggregatorV3. It may
be anything, so it is asked by calls that change nothing and whose failure is no more
than silence; here it is the one contract of that kind, and everybody else is silent. Of
a round its answer and `updatedAt` are looked at, neither its number nor
`answeredInRound`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol import aggregator as contract
from protocol import errors
from protocol.errors import require
from protocol.feed import PRICE_BITS
from protocol.units import Address, Call, Price, Seconds

if TYPE_CHECKING:
    from protocol.state import State


class Answer(Struct, frozen=True):
    value: int
    decimals: int
    updated_at: Seconds


def price_of(said: Answer) -> Price:
    """The price that an answer is, exactly."""
    require(said.decimals <= 18, errors.TOO_MANY_DECIMALS)
    require(said.value > 0 and said.value >> PRICE_BITS == 0, errors.OUT_OF_BOUNDS)
    return said.value * Price(10 ** (18 - said.decimals))


def asked(state: State, aggregator: Address) -> Answer:
    """
    What an aggregator says now; what is none, and what says anything else, is silent.
    """
    require(aggregator == state.addresses.aggregator, errors.AGGREGATOR_SILENT)
    oracle = Call(state.addresses.oracle, Seconds(0))
    _, value, _, updated_at, _ = contract.latestRoundData(state, oracle)
    decimals = contract.decimals(state, oracle)
    return Answer(value=value, decimals=decimals, updated_at=updated_at)
