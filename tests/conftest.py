"""
What every test shares: the Hypothesis profile and the recorded prices.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, nothing kept on disk.
settings.register_profile(
    "perpspec", derandomize=True, database=None, deadline=None, print_blob=True
)
settings.load_profile("perpspec")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that nobody waits for it in the end."""
    items.sort(key=lambda item: item.path.name != "test_machine.py")


@pytest.fixture(scope="session")
def price_files() -> Path:
    """The folder of recorded prices, which others made and the repository lacks."""
    folder = os.environ.get("PERPSPEC_DATA")
    if not folder:
        pytest.skip("PERPSPEC_DATA is not set: it names the folder of recorded prices")
    prices = Path(folder) / "prices"
    if not prices.is_dir():
        pytest.fail(f"PERPSPEC_DATA={folder}: it has no folder `prices`")
    return prices
