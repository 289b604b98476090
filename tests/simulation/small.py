"""
The scenarios that come along, cut to twenty minutes and few accounts.
"""

from __future__ import annotations

from pathlib import Path

SCENARIOS = Path(__file__).parents[2] / "scenarios"
CRASH = SCENARIOS / "crash.toml"
DEPEG = SCENARIOS / "depeg.toml"
GLITCH = SCENARIOS / "oracle-glitch.toml"
THIN = SCENARIOS / "thin-market.toml"
FUTURE = SCENARIOS / "dated-future.toml"
FLIGHT = SCENARIOS / "bank-run.toml"
SAFETIES = SCENARIOS / "three-safeties.toml"
CALLS = SCENARIOS / "margin-call.toml"
CREDIT = SCENARIOS / "credit.toml"
STORM = SCENARIOS / "volatility.toml"
HEDGE = SCENARIOS / "portfolio-hedge.toml"
ORDERS = SCENARIOS / "orders.toml"

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

SMALL_DEPEG = [
    "run.name=small-depeg",
    "run.duration=20m",
    "run.step=30s",
    "keepers.every=30s",
    "protocol.insurance.cap=50 USDC",
    "market.ETH.prices.shocks=[{at='12m', move='-0.1'}]",
    "collateral.sUSD.prices.shocks=[{at='6m', move='-0.1', over='2m'}, "
    "{at='11m', move='-0.35'}]",
    *(
        f"agents.{place}.{key}"
        for place, count in ((0, 9), (1, 3), (2, 2))
        for key in (f"count={count}", "entry=['0s', '4m']", "leaves_at=15m")
    ),
]

SMALL_GLITCH = [
    "run.name=small-glitch",
    "run.duration=20m",
    "run.step=30s",
    "keepers.every=30s",
    "market.ETH.feed.glitches.0.at=10m",
    *(
        f"agents.{place}.{key}"
        for place, count in ((0, 6), (1, 3), (2, 2), (3, 3))
        for key in (f"count={count}", "entry=['0s', '4m']")
    ),
]

SMALL_THIN = [
    "run.name=small-thin",
    "run.duration=30m",
    "vault.deposit=600_000 USDC",
    "market.JELLY.feed.averaging_time=1m",
    "market.JELLY.prices.shocks=[{at='10m', move='3', over='4m'}]",
    *(
        f"agents.{place}.{key}"
        for place, count, entry in (
            (0, 3, "['0s', '2m']"),
            (1, 3, "['0s', '2m']"),
            (2, 4, "['3m', '8m']"),
            (3, 4, "['3m', '8m']"),
        )
        for key in (f"count={count}", f"entry={entry}")
    ),
    "agents.2.leaves_at=25m",
]

SMALL_FUTURE = [
    "run.name=small-future",
    "run.duration=40m",
    "vault.deposit=600_000 USDC",
    "market.JUN.feed.expiry.expires_at=30m",
    "market.JUN.feed.expiry.spacing=20s",
    "market.JUN.prices.shocks=[{at='26m', move='0.2', over='1m'}, "
    "{at='34m', move='-0.1666', over='1m'}]",
    *(
        f"agents.{place}.{key}"
        for place, count, entry in (
            (0, 3, "['0s', '2m']"),
            (1, 3, "['0s', '2m']"),
            (2, 4, "['3m', '6m']"),
        )
        for key in (f"count={count}", f"entry={entry}")
    ),
]

SMALL_FLIGHT = [
    "run.name=small-flight",
    "run.duration=1h",
    "protocol.insurance.cap=50 USDC",
    "vault.deposit=40_000 USDC",
    "market.ETH.prices.shocks=[{at='10m', move='0.2', over='30m'}, "
    "{at='22m', move='0.08'}]",
    *(
        f"agents.{place}.{key}"
        for place, leaves_at in ((0, "12m"), (1, "17m"), (2, "25m"))
        for key in ("count=2", f"leaves_at={leaves_at}", "capital=25_000 USDC")
    ),
    "agents.3.count=2",
    "agents.3.capital=25_000 USDC",
    *(
        f"agents.{place}.{key}"
        for place, count, entry in ((4, 6, "['2m', '4m']"), (5, 6, "['12m', '18m']"))
        for key in (f"count={count}", f"entry={entry}")
    ),
    "agents.4.capital=['5_000 USDC', '8_000 USDC']",
    "agents.4.leaves_at=55m",
]

SMALL_SAFETIES = [
    "run.name=small-safeties",
    "run.duration=2h",
    "vault.deposit=60_000 USDC",
    "market.ETH.prices.shocks=[{at='6m', move='0.4', over='90m'}, "
    "{at='100m', move='-0.2', over='10m'}]",
    *(
        f"agents.{place}.{key}"
        for place, count in ((0, 4), (1, 4), (2, 3))
        for key in (f"count={count}", "entry=['1m', '4m']")
    ),
    "agents.0.capital=6_000 USDC",
    "agents.1.capital=6_000 USDC",
    "agents.1.leaves_at=115m",
]

SMALL_CALLS = [
    "run.name=small-calls",
    "run.duration=1h",
    "protocol.insurance.cap=100 USDC",
    "market.ETH.prices.shocks=[{at='10m', move='-0.13', over='20m'}, "
    "{at='35m', move='0.14', over='15m'}]",
    "market.SOL.prices.shocks=[{at='10m', move='-0.13', over='20m'}, "
    "{at='30m', move='-0.3', over='3m'}]",
    *(
        f"agents.{place}.{key}"
        for place in range(4)
        for key in ("count=6", "entry=['1m', '5m']")
    ),
    *(f"agents.{place}.reaction=['1m', '6m']" for place in (0, 2)),
]

SMALL_STORM = [
    "run.name=small-volatility",
    "run.duration=40m",
    "market.ETH.prices.shocks=[{at='10m', move='-0.03', over='2m'}, "
    "{at='14m', move='0.03', over='2m'}, {at='30m', move='-0.3', over='1m'}]",
    *(
        f"agents.{place}.{key}"
        for place, entry in ((0, "['0s', '8m']"), (1, "['12m', '28m']"))
        for key in ("count=8", f"entry={entry}")
    ),
]

SMALL_HEDGE = [
    "run.name=small-hedge",
    "run.duration=30m",
    *(
        f"market.{name}.prices.shocks=[{{at='10m', move='-0.08', over='5m'}}, "
        f"{{at='20m', move='{apart}', over='1m'}}]"
        for name, apart in (("ETH", "-0.05"), ("BTC", "0.05"))
    ),
    *(
        f"agents.{place}.{key}"
        for place in range(2)
        for key in ("count=4", "entry=['1m', '3m']")
    ),
]

SMALL_CREDIT = [
    "run.name=small-credit",
    "run.duration=2h",
    "market.ETH.prices.shocks=[{at='90m', move='-0.12', over='1m'}]",
    *(
        f"agents.{place}.{key}"
        for place, count in ((0, 10), (1, 4))
        for key in (f"count={count}", "entry=['1m', '5m']")
    ),
]

SMALL_ORDERS = [
    "run.name=small-orders",
    "run.duration=20m",
    "market.ETH.prices.jump_rate=1_500 / day",
    *(
        f"agents.{place}.{key}"
        for place, count, leaves_at in ((1, 4, "15m"), (2, 3, "16m"), (3, 2, "16m"))
        for key in (f"count={count}", "entry=['0s', '4m']", f"leaves_at={leaves_at}")
    ),
    "agents.0.leaves_at=18m",
]
