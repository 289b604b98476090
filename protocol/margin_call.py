"""
A warning before liquidation: an account that has come near it may be called, by anyone,
and is left alone for its grace. A call ends when the account is healthy again, or when
its window has passed after the grace.

With no grace nobody waits for a call.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.fixed_point import WAD, mul_div_up
from protocol.units import Holder, Quote, Ratio, Seconds


class MarginCallParams(Struct, frozen=True):
    ratio: Ratio
    grace: Seconds
    window: Seconds


class MarginCalled(Struct, frozen=True):
    holder: Holder
    market_id: int
    equity: Quote
    required: Quote


class MarginCallEnded(Struct, frozen=True):
    holder: Holder


def required(maintenance: Quote, reserve: Quote, params: MarginCallParams) -> Quote:
    """
    The equity below which an account may be called: what it must hold to be left alone,
    the margin of it times the ratio.
    """
    return mul_div_up(maintenance, int(params.ratio), WAD) + reserve


def is_open(called_at: Seconds, params: MarginCallParams, now: Seconds) -> bool:
    """Whether a call stands: there was one, and its window has not passed."""
    return called_at != Seconds(0) and now <= called_at + params.grace + params.window


def is_grace_over(called_at: Seconds, params: MarginCallParams, now: Seconds) -> bool:
    """Whether an account has been left alone for as long as it is owed."""
    if params.grace == Seconds(0):
        return True
    return is_open(called_at, params, now) and now >= called_at + params.grace
