"""
Providers come and go.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol.trace import Action
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    LEAST_INT,
    MOST_INT,
    MOST_UINT,
    amount,
    any_sender,
)
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World


@rule(
    4,
    {
        "Vault.enter": (
            "ok BalanceTooSmall OutOfBounds PriceInvalid PriceStale PriceTripped "
            "TooFewShares VaultUnderwater ZeroShares"
        )
    },
)
def enter(world: World, choose: Choices) -> Calls:
    """A provider comes, and asks for at least so many shares."""
    sender = any_sender(world, choose)
    if choose.chance(70):
        sender = world.actors[choose.pick(("provider", "provider_2"))]
    unit = 10**world.genesis.decimals
    atoms = choose.integer(1, 50_000 * unit)
    if choose.chance(30):
        more = world.state.quote.balances[sender] + 1
        atoms = choose.pick((0, 1, more, more, more, 2**120 - 1, 2**120, MOST_UINT))
    call = world.by(sender, "Vault", "enter", atoms, 0)
    yield with_minimum(world, choose, call)


@rule(
    4,
    {
        "Vault.leave": (
            "ok OutOfBounds PriceInvalid PriceStale PriceTripped ReserveTooSmall "
            "TooFewAtoms TooFewShares ZeroAmount ZeroShares"
        )
    },
)
def leave(world: World, choose: Choices) -> Calls:
    """A provider goes, with at least so many atoms."""
    sender = any_sender(world, choose)
    providers = [each for each, shares in world.state.shares.items() if shares]
    if providers and choose.chance(90):
        sender = choose.pick(providers)
    shares = world.state.shares[sender]
    if choose.chance(60):
        shares = choose.integer(shares // 50, shares // 5 + 1)
    elif choose.chance(15):

        def left(some: int) -> Action:
            return world.by(sender, "Vault", "leave", some, 0)

        shares = world.largest(left, 1, max(shares, 1)) + choose.integer(0, 1)
    else:
        shares = amount(choose, shares, MOST_INT)
        if choose.chance(10):
            shares = choose.pick((-1, LEAST_INT, MOST_INT))
    yield with_minimum(world, choose, world.by(sender, "Vault", "leave", shares, 0))


def with_minimum(world: World, choose: Choices, call: Action) -> Action:
    """The call with what it gives as the least that it may give, or a wei around."""
    if choose.chance(80):
        return call
    error, given = world.tried(call)
    if error is not None:
        return call
    least = given + choose.integer(-1, 1)
    if choose.chance(10):
        least = MOST_INT
    return replace(call, arguments=(call.arguments[0], max(0, least)))
