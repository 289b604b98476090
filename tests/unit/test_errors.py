"""
The errors have the same names on both sides, and each is somebody's.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from eth_utils import keccak

from protocol import errors

ROOT = Path(__file__).parents[2]
DECLARED = re.compile(r"^(\w+): constant\(uint256\) = (\d+)$", re.MULTILINE)


@cache
def selectors() -> dict[str, int]:
    """Every error of the contracts and its number."""
    source = (ROOT / "contracts" / "errors.vy").read_text()
    return {name: int(number) for name, number in DECLARED.findall(source)}


def test_every_error_is_the_selector_of_its_name() -> None:
    named = {name: error for name, error in vars(errors).items() if name.isupper()}
    assert named.keys() == selectors().keys()
    for name, error in named.items():
        assert error == name.title().replace("_", "")
        selector = keccak(text=f"{error}()")[:4]
        assert selectors()[name] == int.from_bytes(selector, "big"), name


def test_every_error_is_used_on_both_sides() -> None:
    for folder, kind in (("contracts", "vy"), ("protocol", "py")):
        sources = [
            path.read_text()
            for path in (ROOT / folder).glob(f"*.{kind}")
            if path.stem != "errors"
        ]
        text = "\n".join(sources)
        unused = {name for name in selectors() if f"errors.{name}" not in text}
        assert unused == set(), f"{folder} refuses nothing by {unused}"
