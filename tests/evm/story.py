"""
A short trace that touches every contract, with calls that are refused among them.
"""

from __future__ import annotations

from collections.abc import Iterator

from protocol.fixed_point import WAD
from protocol.trace import Action
from tests.genesis import ACTORS, REPORTERS, START

ATOMS = 10**6


def holder(name: str, sub: int = 0) -> int:
    """An account of an actor."""
    return ACTORS[name] << 96 | sub


def by(name: str, to: str, function: str, now: int, *arguments: int) -> Action:
    """A call of an actor."""
    return Action(to, function, ACTORS[name], now, arguments)


def reports(now: int, market_id: int, price: int) -> Iterator[Action]:
    """A round: all three reporters, a little apart."""
    for number, reporter in enumerate(REPORTERS):
        yield by(
            reporter,
            "Oracle",
            "report",
            now,
            market_id,
            number,
            price + number * WAD // 100,
            WAD // 1_000,
            now,
        )


def story() -> Iterator[Action]:
    """Money in, trades, a crash, a liquidation, money out."""
    now = START
    first, second = holder("trader_1"), holder("trader_2")
    yield by("provider", "Vault", "request_deposit", now, 10**6 * ATOMS, 1)
    yield by("keeper", "Vault", "execute", now, 1)
    now += 31
    yield from reports(now, 0, 2_000 * WAD)
    yield from reports(now, 1, 30_000 * WAD)
    yield by("keeper", "Vault", "execute", now, 1)
    yield by("owner", "Exchange", "fund_insurance", now, 10**4 * ATOMS)
    yield by("trader_1", "Exchange", "deposit", now, first, 10_000 * ATOMS)
    yield by("trader_2", "Exchange", "deposit", now, second, 50_000 * ATOMS)
    now += 12
    yield by("trader_1", "Exchange", "trade", now, first, 0, 30 * WAD, 3_000 * WAD)
    yield by("trader_2", "Exchange", "trade", now, second, 0, -10 * WAD, WAD)
    yield by("trader_2", "Exchange", "trade", now, second, 1, WAD, 40_000 * WAD)
    other = holder("trader_2", 1)
    order = (1_000 * ATOMS, 0, 0, 60, 0)
    yield by("trader_2", "TopUps", "set_order", now, second, other, *order)
    stop = (0, -WAD, WAD, 1, WAD, 1_900 * WAD, 0)
    yield by("trader_2", "Orders", "place", now, second, 3, *stop)
    # Nobody may trade for another, nor at a price that he did not agree to.
    yield by("trader_2", "Exchange", "trade", now, first, 0, WAD, 3_000 * WAD)
    yield by("trader_1", "Exchange", "trade", now, first, 0, WAD, WAD)
    yield by("stranger", "Governor", "offer_ownership", now, ACTORS["stranger"])
    yield by("trader_1", "Exchange", "set_operator", now, ACTORS["keeper"], 1)
    yield by("keeper", "Exchange", "liquidate", now, first, 0)
    yield by("stranger", "Exchange", "accrue", now, 0)
    now += 3_600
    yield from reports(now, 0, 1_750 * WAD)
    yield from reports(now, 1, 30_500 * WAD)
    yield by("keeper", "Exchange", "liquidate", now, first, 0)
    yield by("stranger", "Exchange", "settle", now, first, 0)
    yield by("trader_2", "Exchange", "settle", now, second, 1)
    yield by("trader_2", "Exchange", "trade", now, second, 1, -WAD, WAD)
    yield by(
        "trader_2",
        "Exchange",
        "withdraw",
        now,
        second,
        1_000 * ATOMS,
        ACTORS["trader_2"],
    )
    yield by("provider", "Vault", "request_redeem", now, 10**22, 1)
    yield by("stranger", "Vault", "request_deposit", now, ATOMS, 10**30)
    now += 31
    yield from reports(now, 0, 1_750 * WAD)
    yield from reports(now, 1, 30_500 * WAD)
    yield by("stranger", "Vault", "execute", now, 2)
    # It asked for more than its atoms are worth, and gets them back.
    yield by("keeper", "Vault", "execute", now, 3)
    yield by("provider", "Vault", "approve", now, ACTORS["trader_1"], 10**22)
    yield by("provider", "Vault", "transfer", now, ACTORS["stranger"], 10**21)
    yield by("owner", "Governor", "offer_ownership", now, ACTORS["stranger"])
    yield by("stranger", "Governor", "take_ownership", now)
    yield by("trader_3", "Token", "transfer", now, ACTORS["trader_1"], ATOMS)
    # Reporters speak for themselves, whatever an aggregator says.
    yield by("stranger", "Aggregator", "say", now, 175_000_000_000, 8, now)
    yield by("stranger", "Oracle", "relay", now, 0, 0)
