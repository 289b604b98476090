"""
What others have published of their gas, each figure with where it stands.

A figure is here only if somebody has read it in its source. What it counts differs from
source to source: the page says how.
"""

from __future__ import annotations

from typing import NamedTuple

GMX, SYNTHETIX, PERP, DYDX = "GMX v2", "Synthetix v3", "Perp v2", "dYdX v1"
PROTOCOLS = (GMX, SYNTHETIX, PERP, DYDX)
NONE_FOUND = "none found"


class Source(NamedTuple):
    """Where a figure stands: who wrote it, when, and what it counts."""

    title: str
    url: str
    dated: str
    counts: str


GMX_CONFIG = Source(
    "gmx-synthetics, `config/general.ts` at commit `01f49da`",
    "https://github.com/gmx-io/gmx-synthetics/blob/"
    "01f49da17c640d5bb918d5b280346e6656235203/config/general.ts",
    "no date in the file",
    "limits by which users pay keepers in advance, not measurements; two comments in "
    "it tell what was measured",
)
SYNTHETIX_BFP = Source(
    "synthetix-v3, pull request 2147",
    "https://github.com/Synthetixio/synthetix-v3/pull/2147",
    "2024-05-14",
    "each method called 200 times, after its optimisations; the entry points are those "
    "of the BFP market",
)
DYDX_CACHE = Source(
    "dydxprotocol/perpetual, pull request 88",
    "https://github.com/dydxprotocol/perpetual/pull/88",
    "2020-03-08",
    "round figures of its tests before that change, with what the change saves; before "
    "Ethereum made a first access to storage dearer",
)
SOURCES = (GMX_CONFIG, SYNTHETIX_BFP, DYDX_CACHE)


class Row(NamedTuple):
    """An action, the cases that are ours of it, and what others say of theirs."""

    action: str
    cases: tuple[str, ...]
    others: dict[str, tuple[tuple[str, Source], ...]]


ROWS = (
    Row(
        "bring collateral",
        ("deposit: first", "deposit: again"),
        {
            SYNTHETIX: (("modifyCollateral 360,254", SYNTHETIX_BFP),),
            DYDX: (("deposit 50,000 to 100,000, less 1,200", DYDX_CACHE),),
        },
    ),
    Row(
        "take collateral out",
        ("withdraw: without positions", "withdraw: with a position"),
        {
            SYNTHETIX: (("withdrawAll 368,110", SYNTHETIX_BFP),),
            DYDX: (("withdraw 50,000 to 100,000, less 2,400", DYDX_CACHE),),
        },
    ),
    Row(
        "ask for a trade, where it takes two steps",
        ("order: commit, an increase", "order: commit, a reduction"),
        {
            SYNTHETIX: (("commitOrder 322,354", SYNTHETIX_BFP),),
        },
    ),
    Row(
        "make the trade that was asked for",
        ("order: settle, first open", "order: settle, an increase"),
        {
            GMX: (
                ("limit 3,000,000 (Arbitrum), 3,500,000 (Avalanche)", GMX_CONFIG),
                ("by default 250,000 a price and 600,000 more", GMX_CONFIG),
            ),
            SYNTHETIX: (("settleOrder 730,653", SYNTHETIX_BFP),),
        },
    ),
    Row(
        "trade in one call: open or increase",
        ("trade: first open", "trade: increase"),
        {DYDX: (("trade 166,000, less 6,500", DYDX_CACHE),)},
    ),
    Row(
        "trade in one call: reduce or close",
        ("trade: reduce", "trade: close, loss is paid"),
        {DYDX: (("trade 166,000, less 6,500", DYDX_CACHE),)},
    ),
    Row(
        "a trade that is not made",
        ("trade: refused, beyond its limit", "order: settle, beyond its limit"),
        {GMX: (("cancelling an order, measured about 600,000", GMX_CONFIG),)},
    ),
    Row(
        "liquidate",
        ("liquidate: part", "liquidate: whole"),
        {
            SYNTHETIX: (
                ("flagPosition 463,553", SYNTHETIX_BFP),
                ("then liquidatePosition 345,828", SYNTHETIX_BFP),
            ),
            DYDX: (("liquidation 160,000, less 8,400", DYDX_CACHE),),
        },
    ),
    Row(
        "a provider enters",
        (
            "vault: request deposit, first",
            "vault: execute deposit, 5 markets with positions",
        ),
        {GMX: (("executing it, limit 1,800,000", GMX_CONFIG),)},
    ),
    Row(
        "a provider leaves",
        (
            "vault: request redemption",
            "vault: execute redemption, 5 markets with positions",
        ),
        {GMX: (("executing it, limit 1,500,000", GMX_CONFIG),)},
    ),
)
