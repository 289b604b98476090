"""
Tokens move, into the exchange, out of it, and past it.
"""

from __future__ import annotations

from evm.compile import TOKENS
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_UINT,
    amount,
    any_holder,
    any_sender,
    held_or_any,
    sender_for,
)
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World


@rule(
    5,
    {
        "Exchange.deposit": (
            "ok AllowanceTooSmall BalanceTooSmall NotOperator OutOfBounds ZeroAmount"
        )
    },
)
def deposit(world: World, choose: Choices) -> Calls:
    """Collateral comes in."""
    holder = any_holder(world, choose)
    sender = sender_for(world, choose, holder)
    balance = world.state.quote.balances[sender]
    unit = 10**world.genesis.decimals
    ordinary = choose.integer(1, 20_000 * unit)
    atoms = ordinary if choose.chance(60) else amount(choose, balance, MOST_UINT)
    if atoms == balance and choose.chance(80):
        # All that somebody has: it would not be there for anything else.
        atoms = balance + 1
    yield world.by(sender, "Exchange", "deposit", holder, atoms)


@rule(
    6,
    {
        "Exchange.withdraw": (
            "ok BelowInitialMargin NotOperator OutOfBounds PriceInvalid PriceStale "
            "PriceTripped TooLittleCash ZeroAmount"
        )
    },
)
def withdraw(world: World, choose: Choices) -> Calls:
    """Collateral goes out, up to what the account's statement allows."""
    holder, _ = held_or_any(world, choose)
    if choose.chance(50):
        holder = any_holder(world, choose)
    free = world.statement(holder).free_collateral // world.state.scale
    atoms = amount(choose, free, MOST_UINT)
    receiver = any_sender(world, choose)
    sender = sender_for(world, choose, holder)
    yield world.by(sender, "Exchange", "withdraw", holder, atoms, receiver)


def taken_out(world: World, holder: int) -> Calls:
    """An owner takes out all that the margin of an account leaves free."""
    free = world.statement(holder).free_collateral // world.state.scale
    if free > 0:
        owner = holder >> 96
        yield world.by(owner, "Exchange", "withdraw", holder, free, owner)


@rule(
    3,
    {
        "Token.mint": "ok OutOfBounds",
        "Token.approve": "ok",
        "Token.transfer": "ok BalanceTooSmall",
        "Token.transferFrom": "ok AllowanceTooSmall",
    },
)
def tokens(world: World, choose: Choices) -> Calls:
    """Tokens move outside the protocol, some of them into it for nothing."""
    name = choose.pick(TOKENS)
    token = world.token_of(TOKENS.index(name) - 1)
    sender = any_sender(world, choose)
    places = (*world.senders, world.addresses["Exchange"], world.addresses["Vault"])
    receiver = choose.pick(places)
    unit = 10**world.genesis.decimals
    function = choose.pick(("mint", "approve", "transfer", "transferFrom"))
    most = token.balances[sender]
    some = choose.integer(1, 1_000 * unit)
    if function == "mint":
        room = 2**128 - token.total_supply[()]
        atoms = choose.pick((some, some, 0, room, 2**128, MOST_UINT))
        yield world.by(sender, name, "mint", receiver, atoms)
    elif function == "approve":
        spender = choose.pick(world.senders)
        atoms = choose.pick((0, some, MOST_UINT, 1))
        yield world.by(sender, name, "approve", spender, atoms)
    elif function == "transfer":
        atoms = choose.pick((some, 0, most + 1, MOST_UINT, some))
        yield world.by(sender, name, "transfer", receiver, atoms)
    else:
        allowed = [
            pair
            for pair, atoms in token.allowances.items()
            if atoms and pair[1] in world.names
        ]
        owner, spender = any_sender(world, choose), sender
        if allowed and choose.chance(80):
            owner, spender = choose.pick(allowed)
        boundary = min(token.allowances[owner, spender], token.balances[owner])
        atoms = min(some, boundary) if choose.chance(50) else boundary + 1
        yield world.by(spender, name, "transferFrom", owner, receiver, atoms)
