"""
The fund that stands before the vault; in each window it pays so much at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import ledger
from protocol.units import Holder, Quote, Seconds
from protocol.word import placed, signed, unsigned

if TYPE_CHECKING:
    from protocol.state import State


class InsuranceParams(Struct, frozen=True):
    cap: Quote
    window: Seconds


class InsuranceWindow(Struct, frozen=True):
    drawn: Quote
    started_at: Seconds
    # When the vault last bore what this fund did not.
    bad_debt_at: Seconds


class InsuranceDrawn(Struct, frozen=True):
    holder: Holder
    amount: Quote
    insurance: Quote


def packed_window(window: InsuranceWindow) -> int:
    """The word of an insurance window."""
    return (
        placed(int(window.drawn), 0, 128)
        | (int(window.started_at) << 128)
        | (int(window.bad_debt_at) << 168)
    )


def unpacked_window(packed: int) -> InsuranceWindow:
    """The insurance window that `packed_window` packed."""
    return InsuranceWindow(
        drawn=Quote(signed(packed, 0, 128)),
        started_at=Seconds(unsigned(packed, 128, 40)),
        bad_debt_at=Seconds(unsigned(packed, 168, 40)),
    )


def current_window(
    last: InsuranceWindow, params: InsuranceParams, now: Seconds
) -> InsuranceWindow:
    """The window that runs at `now`: the last one, or a new one from `now` on."""
    if now < last.started_at + params.window:
        return last
    return InsuranceWindow(drawn=Quote(0), started_at=now, bad_debt_at=last.bad_debt_at)


def load_window(state: State) -> InsuranceWindow:
    """What the last window has paid since it started, and when it was too little."""
    return state.insurance_window[()]


def store_window(state: State, window: InsuranceWindow) -> None:
    """Keep the window."""
    state.insurance_window[()] = window


def record_bad_debt(state: State, now: Seconds) -> None:
    """Keep that the vault bears what the fund did not pay."""
    store_window(state, replace(load_window(state), bad_debt_at=now))


def draw(
    state: State, holder: Holder, amount: Quote, params: InsuranceParams, now: Seconds
) -> Quote:
    """
    Take up to `amount` from the fund for what `holder` cannot pay: as much as it has
    and as its window allows.
    """
    window = current_window(load_window(state), params, now)
    left = max(Quote(0), params.cap - window.drawn)
    drawn = min(amount, min(ledger.load_funds(state).insurance, left))
    if drawn == Quote(0):
        return Quote(0)

    store_window(state, replace(window, drawn=window.drawn + drawn))
    funds = ledger.add_funds(state, Quote(0), -drawn, Quote(0), Quote(0))
    state.log(InsuranceDrawn(holder=holder, amount=drawn, insurance=funds.insurance))
    return drawn
