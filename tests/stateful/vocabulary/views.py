"""
Somebody reads, and lockstep compares what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from protocol.model import Outcome
from protocol.trace import Action, words_of
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_UINT,
    any_holder,
    any_market,
    any_sender,
    held_or_any,
)
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World


@rule(
    6,
    {
        "Lens.accounts_page": "ok",
        "Lens.health_batch": "ok",
        "Lens.state_batch": "ok",
        "Lens.statement_of": "ok",
        "Vault.convertToAssets": "ok",
        "Vault.convertToShares": "ok",
        "Vault.nav": "ok",
        "Vault.previewDeposit": "NoPreview",
        "Vault.previewMint": "NoPreview",
        "Vault.previewRedeem": "NoPreview",
        "Vault.previewWithdraw": "NoPreview",
    },
)
def look(world: World, choose: Choices) -> Calls:
    """Somebody reads."""
    holder, market_id = held_or_any(world, choose)
    if choose.chance(50):
        holder, market_id = any_holder(world, choose), any_market(world, choose)
    who, other = any_sender(world, choose), any_sender(world, choose)
    rounds = world.state.heads[market_id].rounds
    numbers = (0, rounds - 1, rounds, rounds - 64, rounds - 65, MOST_UINT)
    number = max(0, choose.pick(numbers))
    to, function, arguments = choose.pick(
        every_view(holder, market_id, who, other, number)
    )
    yield world.by(any_sender(world, choose), to, function, *arguments)


@rule(2, {"Oracle.round_of": "ok RoundUnknown"})
def look_back(world: World, choose: Choices) -> Calls:
    """Somebody reads a round, the oldest or the newest there is, or one beyond."""
    market_id = any_market(world, choose)
    rounds = world.state.heads[market_id].rounds
    number = max(0, choose.pick((rounds - 1, rounds, rounds - 64, rounds - 65)))
    yield world.by(any_sender(world, choose), "Oracle", "round_of", market_id, number)


def every_view(
    holder: int, market_id: int, who: int, other: int, number: int
) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
    """Each view there is, about these."""
    return (
        ("Exchange", "account_of", (holder,)),
        ("Exchange", "position_of", (holder, market_id)),
        ("Exchange", "claim_of", (holder, market_id)),
        ("Exchange", "opening_of", (market_id,)),
        ("Exchange", "standing_of", (holder,)),
        ("Exchange", "collateral_of", (holder, market_id)),
        ("Exchange", "total_of", (market_id,)),
        ("Exchange", "collateral_params_of", (market_id,)),
        ("Exchange", "market_of", (market_id,)),
        ("Exchange", "books", ()),
        ("Exchange", "risk_params", ()),
        ("Exchange", "line_of", (holder,)),
        ("Exchange", "lender_of", (who,)),
        ("TopUps", "order_of", (holder,)),
        ("Orders", "order_of", (holder, number % 16)),
        ("Exchange", "params_of", (market_id,)),
        ("Exchange", "reward_of", (who,)),
        ("Lens", "statement_of", (holder,)),
        ("Lens", "accounts_page", (holder >> 96, 0, number % 8)),
        ("Lens", "accounts_page", (holder >> 96, number, 2)),
        ("Lens", "orders_page", (holder >> 96, number % 8, 2)),
        ("Lens", "health_batch", tuple(words_of([holder, who << 96, holder]))),
        ("Lens", "state_batch", tuple(words_of([holder, who << 96]))),
        ("Oracle", "price", (market_id,)),
        ("Oracle", "round_of", (market_id, number)),
        ("Oracle", "params_of", (market_id,)),
        ("Vault", "asset", ()),
        ("Vault", "totalAssets", ()),
        ("Vault", "convertToShares", (number * 10**9,)),
        ("Vault", "convertToAssets", (number * 10**24,)),
        ("Vault", "maxDeposit", (who,)),
        ("Vault", "maxMint", (who,)),
        ("Vault", "maxWithdraw", (who,)),
        ("Vault", "maxRedeem", (who,)),
        ("Vault", "previewDeposit", (number,)),
        ("Vault", "previewMint", (number,)),
        ("Vault", "previewWithdraw", (number,)),
        ("Vault", "previewRedeem", (number,)),
        ("Vault", "nav", ()),
        ("Vault", "isOperator", (who, other)),
        ("Vault", "pendingDepositRequest", (number % 64, who)),
        ("Vault", "pendingRedeemRequest", (number % 64, who)),
        ("Vault", "claimableDepositRequest", (number % 64, who)),
        ("Vault", "claimableRedeemRequest", (number % 64, who)),
        ("Vault", "request_of", (number % 64,)),
        ("Vault", "request_count", ()),
        ("Vault", "name", ()),
        ("Vault", "symbol", ()),
        ("Vault", "decimals", ()),
        ("Vault", "totalSupply", ()),
        ("Vault", "balanceOf", (who,)),
        ("Vault", "allowance", (who, other)),
        ("Aggregator", "latestRoundData", ()),
        ("Aggregator", "decimals", ()),
        ("Governor", "owner", ()),
        ("Governor", "council", ()),
        ("Governor", "guardian", ()),
        ("Token", "balanceOf", (who,)),
        ("Token", "allowance", (who, other)),
        ("Token", "totalSupply", ()),
        ("Token", "decimals", ()),
        *(
            (f"Token{number}", view, arguments)
            for number in range(1, 5)
            for view, arguments in (
                ("balanceOf", (who,)),
                ("allowance", (who, other)),
                ("totalSupply", ()),
                ("decimals", ()),
            )
        ),
    )


def views_of(world: World) -> Callable[[Action, Outcome], Iterable[Action]]:
    """For lockstep: every view about the account and the market that a call was of."""

    def views(action: Action, outcome: Outcome) -> Iterator[Action]:
        numbers = [word for word in action.arguments[:2] if word >= 0]
        holder, market_id = world.holders[0], 0
        if numbers and 0 < numbers[0] >> 96 < 2**160:
            holder = numbers[0]
        if len(numbers) > 1 and numbers[1] < 16:
            market_id = numbers[1]
        elif numbers and numbers[0] < 16:
            market_id = numbers[0]
        who = action.sender
        number = max(0, world.state.heads[market_id].rounds - 1)
        for to, function, arguments in every_view(
            holder, market_id, who, world.addresses["Exchange"], number
        ):
            yield Action(to, function, who, action.now, arguments)

    return views
