"""
A small crash: the scenario that comes along, cut to twenty minutes and few accounts.
"""

from __future__ import annotations

from pathlib import Path

CRASH = Path(__file__).parents[2] / "scenarios" / "crash.toml"

SMALL = [
    "run.name=small",
    "run.duration=20m",
    "market.ETH.prices.shocks=[{at='10m', move='-0.1', over='2m'}, "
    "{at='13m', move='-0.2'}]",
    "market.BTC.prices.shocks=[]",
    "protocol.insurance.cap=50 USDC",
    "protocol.vault.delay=30s",
    "protocol.vault.window=2m",
    "protocol.vault.quarantine=1m",
    *(
        f"agents.{place}.{key}"
        for place, count, entry in (
            (0, 14, "['0s', '4m']"),
            (1, 4, "['0s', '4m']"),
            (2, 4, "'1m'"),
            (3, 1, "'1m'"),
            (4, 2, "'1m'"),
            (5, 2, "'1m'"),
        )
        for key in (f"count={count}", f"entry={entry}")
    ),
    "agents.2.leaves_at=17m",
    "agents.5.leaves_at=18m",
    "agents.7.leaves_at=15m",
    "agents.8.leaves_at=18m",
]
