"""
What a run cannot use of what it was given: each error says where, what and why.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct


class InputError(Exception):
    """A file, key or value that its author has to change."""


class ArgumentError(InputError):
    """What is wrong with an argument, which the command line has as an option."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")


class PriceFileError(InputError):
    """What is wrong with a price file; `line` counts from 1, `None` for all of it."""

    def __init__(self, path: Path, line: int | None, message: str) -> None:
        where = f"{path}" if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {message}")
        self.path = path
        self.line = line
        self.message = message


class PricePathError(InputError):
    """A generated path that leaves the prices the protocol can carry."""


class Problem(Struct, frozen=True):
    """A key of a scenario, as `market.ETH.margin.im_base`, and what is wrong there."""

    key: str
    message: str


class ScenarioError(InputError):
    """
    Everything that is wrong with a scenario, found in one pass.

    `line` is known where the file is no TOML at all.
    """

    def __init__(
        self, path: Path, problems: list[Problem], line: int | None = None
    ) -> None:
        where = f"{path}" if line is None else f"{path}:{line}"
        super().__init__(
            "\n".join(
                f"{where}: {problem.key}: {problem.message}"
                if problem.key
                else f"{where}: {problem.message}"
                for problem in problems
            )
        )
        self.path = path
        self.line = line
        self.problems = problems
