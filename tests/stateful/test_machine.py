"""
The machine runs, and it has seen enough: a test that never met a case is no test of it.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful.machine import OUTCOMES, Machine

# Examples and steps of each: small for every run, large for a night.
SIZES = {"small": (100, 30), "large": (3_000, 60), "night": (20_000, 100)}


@pytest.fixture(scope="module")
def outcomes():
    """How every call ended in one run of the machine."""
    examples, steps = SIZES[os.environ.get("PERPSPEC_SIZE", "small")]
    OUTCOMES.clear()
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return dict(OUTCOMES)


def test_seen(outcomes):
    print(outcomes)
