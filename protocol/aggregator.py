"""
A price feed that anyone may let answer: for tests, demonstrations and devnets.

Of Chainlink's AggregatorV3 it has the two calls that are asked for, in words as wide as
the EVM's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol.units import Call, Seconds

if TYPE_CHECKING:
    from protocol.state import State


class RoundData(Struct, frozen=True):
    round_id: int
    answer: int
    decimals: int
    updated_at: Seconds


class AnswerUpdated(Struct, frozen=True):
    current: int
    round_id: int
    updated_at: Seconds


def say(
    state: State, call: Call, answer: int, decimals: int, updated_at: Seconds
) -> None:
    """
    Let the next round be this answer, of so many decimals, as of `updated_at`.
    """
    round_id = state.latest[()].round_id + 1
    state.latest[()] = RoundData(
        round_id=round_id, answer=answer, decimals=decimals, updated_at=updated_at
    )
    state.log(AnswerUpdated(current=answer, round_id=round_id, updated_at=updated_at))


def latestRoundData(state: State, call: Call) -> tuple[int, int, Seconds, Seconds, int]:
    """
    The latest round: its number, its answer, when it began and when it was answered,
    and in which round.
    """
    latest = state.latest[()]
    return (
        latest.round_id,
        latest.answer,
        latest.updated_at,
        latest.updated_at,
        latest.round_id,
    )


def decimals(state: State, call: Call) -> int:
    """How many decimals an answer has."""
    return state.latest[()].decimals
