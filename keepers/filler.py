"""
Which orders to arm, to settle and to end: each as soon as it pays, at the one round
that counts for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from keepers.watch import Watch
from protocol import feed, orders
from protocol.errors import Revert
from protocol.order import Order
from protocol.trace import Action
from protocol.units import Address, Call, Holder, Seconds


def order_calls(watch: Watch, keeper: Address) -> Iterator[Action]:
    """
    The calls that earn the fee of an order.

    Each is decided on the state that the one before has left: what is settled first may
    take the margin of the next.
    """
    for holder, number in list(watch.pending):
        found = next_step(watch, holder, number, keeper)
        if found is not None:
            function, rest = found
            arguments = (holder, number, *rest)
            yield Action("Orders", function, keeper, int(watch.now), arguments)


def next_step(
    watch: Watch, holder: Holder, number: int, keeper: Address
) -> tuple[str, tuple[int, ...]] | None:
    """What can be done with an order now, if anything can."""
    state, now = watch.state, watch.now
    order = state.orders[holder, number]
    if order.due_at == Seconds(0):
        return ("arm", ()) if may_arm(watch, holder, number, keeper) else None
    if not state.accounts[holder].orders >> number & 1:
        return None
    if now > order.expires_at:
        return "expire", ()
    counting = first_round(watch, order)
    return None if counting is None else ("settle", (counting,))


def first_round(watch: Watch, order: Order) -> int | None:
    """
    The first round published since an order is due; none where there is none yet, or
    where nobody can tell any more.
    """
    state = watch.state
    rounds = state.heads[order.market_id].rounds
    found = None
    for number in range(rounds - 1, max(rounds - feed.RING, 0) - 1, -1):
        published_at = feed.load_round(state, order.market_id, number).published_at
        if published_at < order.due_at:
            return found
        found = number
    return found if rounds <= feed.RING else None


def may_arm(watch: Watch, holder: Holder, number: int, keeper: Address) -> bool:
    """Whether the model would arm an order, which is tried and undone."""
    state = watch.state
    before = state.savepoint()
    try:
        orders.arm(state, Call(keeper, watch.now), holder, number)
    except Revert:
        return False
    finally:
        state.undo(before)
    return True
