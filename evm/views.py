"""
The views that show what a call wrote, to be compared after it.

A view can be wrong over words that are right, so each is asked on both sides: those of
the entries that a call wrote, or all of them for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from protocol.state import TOKENS
from protocol.trace import Action, words_of

if TYPE_CHECKING:
    from protocol.model import Model, Outcome

# A view, and its arguments from the key and the record of an entry.
Shown = tuple[str, str, Callable[[Any, Any], tuple[int, ...]]]


def nothing(key: Any, record: Any) -> tuple[int, ...]:  # noqa: ARG001
    """A view that takes no arguments."""
    return ()


def whole(key: Any, record: Any) -> tuple[int, ...]:  # noqa: ARG001
    """A view that takes the key."""
    return tuple(map(int, key)) if isinstance(key, tuple) else (int(key),)


def first(key: Any, record: Any) -> tuple[int, ...]:  # noqa: ARG001
    """A view that takes the first part of the key."""
    return (int(key[0]),)


def kept(key: Any, record: Any) -> tuple[int, ...]:  # noqa: ARG001
    """A view that takes what is kept."""
    return (int(record),)


def asked(key: Any, record: Any) -> tuple[int, ...]:  # noqa: ARG001
    """A view that takes what a request is for."""
    return (int(record.amount),)


def controlled(key: Any, record: Any) -> tuple[int, ...]:
    """A view that takes the number of a request, and who controls it."""
    return int(key), int(record.controller)


def first_alone(key: Any, record: Any) -> tuple[int, ...]:  # noqa: ARG001
    """A view that takes a list: the first part of the key alone."""
    return tuple(words_of([int(key[0])]))


def beside(key: Any, record: Any) -> tuple[int, ...]:  # noqa: ARG001
    """An owner, and a few of its accounts from this one on."""
    owner, sub = divmod(int(key), 2**96)
    return owner, sub, 3


def first_of_owner(key: Any, record: Any) -> tuple[int, ...]:  # noqa: ARG001
    """The owner of an account, and that account of it alone."""
    owner, sub = divmod(int(key[0]), 2**96)
    return owner, sub, 1


def nobody(key: Any, record: Any) -> tuple[int, ...]:  # noqa: ARG001
    """A view that takes somebody, whoever it is."""
    return (0,)


def newest(key: Any, record: Any) -> tuple[int, ...]:
    """A feed, and the number of its newest round, which may be missing."""
    return int(key), max(record.rounds - 1, 0)


def next_to_newest(key: Any, record: Any) -> tuple[int, ...]:
    """A feed, and the number of a round that is not there yet."""
    return int(key), record.rounds


OF_ACCOUNT = (("Exchange", "standing_of"), ("Lens", "statement_of"))
# It looks at every market, so it is asked where it says what a statement does not show.
OF_BACKING: tuple[Shown, ...] = (
    ("Lens", "state_batch", first_alone),
    ("Lens", "health_batch", first_alone),
)
OF_MARKET: tuple[Shown, ...] = (
    ("Exchange", "market_of", whole),
    ("Vault", "nav", nothing),
)
OF_PROTOCOL: tuple[Shown, ...] = (
    ("Exchange", "books", nothing),
    ("Vault", "nav", nothing),
)
# By the table that a call wrote: what shows the entry.
VIEWS: dict[str, tuple[Shown, ...]] = {
    "Exchange.accounts": (
        ("Exchange", "account_of", whole),
        ("Lens", "accounts_page", beside),
        *((to, function, whole) for to, function in OF_ACCOUNT),
    ),
    "Exchange.positions": (
        ("Exchange", "position_of", whole),
        ("Lens", "state_batch", first_alone),
        *((to, function, first) for to, function in OF_ACCOUNT),
    ),
    "Exchange.claims": (
        ("Exchange", "claim_of", whole),
        *OF_BACKING,
        *((to, function, first) for to, function in OF_ACCOUNT),
    ),
    "Exchange.collaterals": (
        ("Exchange", "collateral_of", whole),
        *OF_BACKING,
        *((to, function, first) for to, function in OF_ACCOUNT),
    ),
    "Exchange.openings": (("Exchange", "opening_of", whole),),
    "Exchange.totals": (("Exchange", "total_of", whole),),
    "Exchange.collateral_params": (("Exchange", "collateral_params_of", whole),),
    "Exchange.books": OF_MARKET,
    "Exchange.fundings": OF_MARKET,
    "Exchange.open_claims": OF_MARKET,
    "Exchange.buckets": OF_MARKET,
    "Exchange.side_quotes": (("Exchange", "market_of", first),),
    "Exchange.side_fundings": (("Exchange", "market_of", first),),
    "Exchange.market_params": (("Exchange", "params_of", whole), *OF_MARKET),
    "Exchange.market_count": OF_PROTOCOL,
    "Exchange.risk_params": (("Exchange", "risk_params", nothing), *OF_PROTOCOL),
    "Exchange.funds": OF_PROTOCOL,
    "Exchange.escrow": OF_PROTOCOL,
    "Exchange.holdings": OF_PROTOCOL,
    "Exchange.insurance_window": OF_PROTOCOL,
    "Exchange.lines": (("Exchange", "line_of", whole),),
    "Exchange.lenders": (("Exchange", "lender_of", whole),),
    "Exchange.keeper_rewards": (("Exchange", "reward_of", whole),),
    "Aggregator.latest": (
        ("Aggregator", "latestRoundData", nothing),
        ("Aggregator", "decimals", nothing),
    ),
    "Oracle.feed_params": (("Oracle", "params_of", whole), ("Oracle", "price", whole)),
    "Oracle.reports": (("Oracle", "price", first),),
    "Oracle.heads": (
        ("Oracle", "price", whole),
        ("Oracle", "round_of", newest),
        ("Oracle", "round_of", next_to_newest),
        *OF_MARKET,
    ),
    "Vault.shares": (
        ("Vault", "balanceOf", whole),
        ("Vault", "maxRedeem", whole),
        ("Vault", "maxWithdraw", whole),
        ("Vault", "convertToAssets", kept),
        ("Vault", "previewRedeem", kept),
    ),
    "Vault.share_allowances": (("Vault", "allowance", whole),),
    "Vault.supply": (
        ("Vault", "totalSupply", nothing),
        ("Vault", "totalAssets", nothing),
        ("Vault", "maxDeposit", nobody),
        ("Vault", "maxMint", nobody),
        ("Vault", "nav", nothing),
    ),
    "Vault.requests": (
        ("Vault", "request_of", whole),
        ("Vault", "convertToShares", asked),
        ("Vault", "previewDeposit", asked),
        ("Vault", "previewMint", asked),
        ("Vault", "previewWithdraw", asked),
        ("Vault", "pendingDepositRequest", controlled),
        ("Vault", "pendingRedeemRequest", controlled),
        ("Vault", "claimableDepositRequest", controlled),
        ("Vault", "claimableRedeemRequest", controlled),
    ),
    "Vault.request_operators": (("Vault", "isOperator", whole),),
    "Vault.request_count": (("Vault", "request_count", nothing),),
    "TopUps.top_ups": (("TopUps", "order_of", whole),),
    "Orders.orders": (
        ("Orders", "order_of", whole),
        ("Lens", "orders_page", first_of_owner),
    ),
    "Governor.owner": (("Governor", "owner", nothing),),
    "Governor.council": (("Governor", "council", nothing),),
    "Governor.guardian": (("Governor", "guardian", nothing),),
} | {
    f"{token}.{table}": ((token, view, arguments),)
    for token in TOKENS
    for table, view, arguments in (
        ("balances", "balanceOf", whole),
        ("allowances", "allowance", whole),
        ("total_supply", "totalSupply", nothing),
    )
}


def views_of(name: str, key: Any, record: Any, now: int) -> Iterator[Action]:
    """The views of one entry, asked by nobody in particular."""
    for to, function, arguments in VIEWS.get(name, ()):
        yield Action(to, function, 0, now, arguments(key, record))


def touched_views(action: Action, outcome: Outcome) -> Iterator[Action]:
    """The views of what a call wrote, each once."""
    seen: set[Action] = set()
    for (table, key), record in outcome.writes.items():
        name = f"{table.contract}.{table.name}"
        for view in views_of(name, key, record, action.now):
            if view not in seen:
                seen.add(view)
                yield view


def every_view(model: Model, now: int) -> Iterator[Action]:
    """The views of everything that the model keeps, each once."""
    seen: set[Action] = set()
    for table in model.state.tables():
        name = f"{table.contract}.{table.name}"
        for key, record in list(table.items()):
            for view in views_of(name, key, record, now):
                if view not in seen:
                    seen.add(view)
                    yield view
