"""
Shares of the vault change hands.
"""

from __future__ import annotations

from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import MOST_UINT, any_sender
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World


def share_owners(world: World) -> list[int]:
    """Who has shares and can act; what the vault itself holds waits."""
    shares = world.state.shares
    return [each for each in world.senders if shares[each]]


@rule(
    2,
    {
        "Vault.approve": "ok",
        "Vault.transfer": "ok BalanceTooSmall ZeroReceiver",
        "Vault.transferFrom": "ok AllowanceTooSmall BalanceTooSmall ZeroReceiver",
    },
)
def shares_move(world: World, choose: Choices) -> Calls:
    """Shares change hands, by their owner or by who was allowed to take them."""
    state = world.state
    owners = share_owners(world)
    owner = any_sender(world, choose)
    if owners and choose.chance(80):
        owner = choose.pick(owners)
    receiver = choose.pick((*world.senders, *world.senders, world.addresses["Vault"]))
    if choose.chance(8):
        receiver = 0
    most = state.shares[owner]
    some = most // choose.pick((1_000, 100, 10))
    shares = choose.pick((some, some, some, 0, most + 1, MOST_UINT))
    kind = choose.integer(0, 2)
    if kind == 0:
        yield world.by(owner, "Vault", "transfer", receiver, shares)
        return
    spender = any_sender(world, choose)
    if kind == 1 or choose.chance(60):
        allowed = choose.pick((some, some, 0, MOST_UINT))
        yield world.by(owner, "Vault", "approve", spender, allowed)
    if kind == 2:
        allowed = state.share_allowances[owner, spender]
        if choose.chance(30):
            shares = min(allowed + choose.integer(-1, 1), MOST_UINT)
        shares = max(shares, 0)
        yield world.by(spender, "Vault", "transferFrom", owner, receiver, shares)
