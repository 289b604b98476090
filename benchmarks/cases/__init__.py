"""
Every entry point in the situations that decide what it costs, by noun.

A case is given a stage in use, brings about its situation and measures one call.
"""

from benchmarks.cases import (  # noqa: F401 - each lists its cases
    accounts,
    collateral,
    credit,
    deleveraging,
    governance,
    lens,
    liquidation,
    oracle,
    orders,
    settlement,
    token,
    trading,
    vault,
)
from benchmarks.cases.listing import CASES, Case

__all__ = ["CASES", "Case"]
