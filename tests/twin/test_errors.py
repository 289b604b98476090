"""
The twins of `errors`: refused with every error there is, and not refused.
"""

from __future__ import annotations

import pytest

from protocol import errors
from protocol.errors import Revert, require
from tests.twin.facade import Answer, facade
from tests.unit.test_errors import selectors

FUNCTIONS = ("require",)


@pytest.mark.parametrize("name", selectors())
def test_both_sides_refuse_by_the_same_error(name: str) -> None:
    number, error = selectors()[name], getattr(errors, name)
    with pytest.raises(Revert, match=f"^{error}$"):
        require(False, error)
    assert facade("errors").call("require", (False, number)) == Answer(error, b"")
    require(True, error)
    assert facade("errors").call("require", (True, number)) == Answer(None, b"")
