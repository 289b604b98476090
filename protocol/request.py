"""
What a provider asks of the vault, and how long that waits.

A request is executed at prices from after its delay, so that nobody knows them who
asks, and within its window; what was not executed by then is given back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import errors
from protocol.errors import require
from protocol.units import Address, Atoms, Seconds, Shares
from protocol.word import unsigned

if TYPE_CHECKING:
    from protocol.state import State


class VaultParams(Struct, frozen=True):
    delay: Seconds
    window: Seconds
    quarantine: Seconds


class Request(Struct, frozen=True):
    """A deposit has atoms as its amount and shares as its minimum; else vice versa."""

    controller: Address
    is_deposit: bool
    amount: int
    minimum: int
    requested_at: Seconds


class DepositRequest(Struct, frozen=True):
    controller: Address
    owner: Address
    request_id: int
    sender: Address
    assets: Atoms


class RedeemRequest(Struct, frozen=True):
    controller: Address
    owner: Address
    request_id: int
    sender: Address
    shares: Shares


class RequestReturned(Struct, frozen=True):
    request_id: int
    controller: Address
    amount: int


class OperatorSet(Struct, frozen=True):
    controller: Address
    operator: Address
    approved: bool


NO_REQUEST = Request(0, False, 0, 0, Seconds(0))


def packed_request(pending: Request) -> tuple[int, int]:
    """The words of a request."""
    return (
        pending.amount | (pending.minimum << 128),
        pending.controller
        | (int(pending.requested_at) << 160)
        | (int(pending.is_deposit) << 200),
    )


def unpacked_request(packed: tuple[int, int]) -> Request:
    """The request that `packed_request` packed."""
    return Request(
        controller=unsigned(packed[1], 0, 160),
        is_deposit=(packed[1] >> 200) & 1 == 1,
        amount=unsigned(packed[0], 0, 128),
        minimum=packed[0] >> 128,
        requested_at=Seconds(unsigned(packed[1], 160, 40)),
    )


def waits_until(pending: Request, params: VaultParams) -> Seconds:
    """The last second whose prices a request is not executed at."""
    return pending.requested_at + params.delay


def closes_at(pending: Request, params: VaultParams) -> Seconds:
    """The last second in which a request may be executed."""
    return pending.requested_at + params.delay + params.window


def load_request(state: State, request_id: int) -> Request:
    """The request of that number, empty where none waits."""
    return state.requests[request_id]


def add_request(state: State, pending: Request) -> int:
    """
    Let a request wait, and give its number. Whatever minimum it names, it must give
    something.
    """
    require(pending.amount > 0, errors.ZERO_AMOUNT)
    require((pending.amount | pending.minimum) >> 120 == 0, errors.OUT_OF_BOUNDS)
    require(pending.controller != 0, errors.ZERO_RECEIVER)
    state.request_count[()] += 1
    request_id = state.request_count[()]
    state.requests[request_id] = replace(pending, minimum=max(pending.minimum, 1))
    return request_id


def take_request(state: State, request_id: int) -> Request:
    """The request of that number, which waits no longer; there must be one."""
    pending = load_request(state, request_id)
    require(pending.amount > 0, errors.REQUEST_UNKNOWN)
    state.requests[request_id] = NO_REQUEST
    return pending


def set_operator(
    state: State, controller: Address, operator: Address, approved: bool
) -> None:
    """Let `operator` ask on behalf of who names it, or no longer."""
    state.request_operators[controller, operator] = approved
    state.log(OperatorSet(controller=controller, operator=operator, approved=approved))


def may_ask(state: State, owner: Address, sender: Address) -> bool:
    """Whether `sender` is the owner, or asks on its behalf."""
    return sender == owner or state.request_operators[owner, sender]
