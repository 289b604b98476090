"""
What the page of limits counts in the scenarios is what they hold.
"""

from __future__ import annotations

from pathlib import Path

from protocol.fixed_point import WAD
from protocol.parameters import MarketParams
from simulation.scenario import load_scenario

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "limits.md").read_text()


def forbids_sandwiches(params: MarketParams) -> bool:
    """Whether two fees are worth more than the premium of the largest position."""
    fee = min(params.fee.taker, params.fee.maker)
    return 2 * fee * params.pricing.skew_scale >= params.limits.max_size * WAD


def test_the_page_counts_the_markets_in_which_a_sandwich_pays() -> None:
    markets = {
        (path.stem, market.name): forbids_sandwiches(market.params)
        for path in (ROOT / "scenarios").glob("*.toml")
        for market in load_scenario(path).markets
    }
    kept = {name for name, forbids in markets.items() if forbids}
    assert {scenario for scenario, _ in kept} == {"portfolio-hedge"}
    said = f"in {len(markets) - len(kept)} of the {len(markets)} markets"
    assert said in PAGE.replace("\n", " ")
