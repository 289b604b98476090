"""
anvil for the tests that need a real node.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

INSTALLED = Path(__file__).parents[1] / "node_modules" / ".bin" / "anvil"
# Earlier than the start of any genesis in the tests.
EARLY = 1_600_000_000


def anvil_path() -> str:
    """Where anvil is; the test is skipped where it is not."""
    found = str(INSTALLED) if INSTALLED.exists() else shutil.which("anvil")
    if found is None:
        pytest.skip("anvil is not installed: `npm ci` puts it into node_modules")
    return found


@contextmanager
def running_anvil(*options: str) -> Iterator[str]:
    """A fresh node on a free port; its URL."""
    command = [anvil_path(), "--port", "0", "--timestamp", str(EARLY), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("Listening on "):
                    # It logs every request, and would stop at a pipe that is full.
                    Thread(target=process.stdout.read, daemon=True).start()
                    yield f"http://{line.split()[-1]}"
                    return
            pytest.fail("anvil ended before it listened")
        finally:
            process.terminate()
