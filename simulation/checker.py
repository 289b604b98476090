"""
Reading tables of a document: everything that is wrong with them, named by its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from simulation.document import Document, suggestion
from simulation.errors import Problem, ScenarioError
from simulation.parameters import Reader, Section, Units

Model = TypeVar("Model", bound=Section)


class Checker:
    """Reads the tables of a document and gathers what is wrong with them."""

    def __init__(self, path: Path, overridden: frozenset[str]) -> None:
        self.path = path
        self.overridden = overridden
        self.problems: list[Problem] = []

    def fault(self, key: str, message: str) -> None:
        if key in self.overridden:
            message += " (set by an override)"
        problem = Problem(key, message)
        # What markets share is read for each of them.
        if problem not in self.problems:
            self.problems.append(problem)

    def error(self) -> ScenarioError:
        return ScenarioError(self.path, self.problems)

    def is_table(self, key: str, value: object) -> bool:
        if not isinstance(value, dict):
            self.fault(key, f"{value!r} is no table")
        return isinstance(value, dict)

    def known_keys(self, table: Document, known: Iterable[str], key: str) -> None:
        names = list(known)
        for name in table:
            if name not in names:
                place = f"{key}.{name}" if key else name
                self.fault(place, f"unknown key; {suggestion(name, names)}")

    def section(
        self, model: type[Model], key: str, value: object, units: Units
    ) -> Model | None:
        """The table at `key` as its model, `None` if something is wrong with it."""
        if not self.is_table(key, value):
            return None
        try:
            return model.model_validate(value, context=units)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                place = ".".join([key, *map(str, fault["loc"])])
                self.fault(place, explained(fault, model, units))
        return None

    def choice(
        self, choices: Mapping[str, type[Any]], by: str, key: str, table: object
    ) -> type[Any] | None:
        """Which model the table's key `by` asks for."""
        if not isinstance(table, dict):
            self.fault(key, f"{table!r} is no table")
            return None
        wanted = table.get(by)
        if isinstance(wanted, str) and wanted in choices:
            return choices[wanted]
        if wanted is None:
            self.fault(f"{key}.{by}", f"is missing; allowed: {', '.join(choices)}")
        else:
            self.fault(
                f"{key}.{by}", f"unknown {wanted!r}; {suggestion(str(wanted), choices)}"
            )
        return None


def explained(fault: Any, model: type[BaseModel], units: Units) -> str:
    """What pydantic says of a value, in the words of the other errors."""
    *parents, name = fault["loc"]
    match fault["type"]:
        case "extra_forbidden":
            return f"unknown key; {suggestion(str(name), fields_at(model, parents))}"
        case "missing":
            field = fields_at(model, parents)[name]
            readers = (part for part in field.metadata if isinstance(part, Reader))
            allowed = [f"; allowed: {reader.allowed_in(units)}" for reader in readers]
            return "".join(["is missing", *allowed])
        case "value_error":
            return str(fault["ctx"]["error"])
        case "literal_error":
            return f"unknown {fault['input']!r}; allowed: {fault['ctx']['expected']}"
        case "model_type" | "dict_type":
            return f"{fault['input']!r} is no table"
        case "tuple_type":
            return f"{fault['input']!r} is no list"
        case "bool_type":
            return f"{fault['input']!r} is neither true nor false"
        case "string_type":
            return f"{fault['input']!r} is no text"
        case _:
            return f"{fault['input']!r} is refused: {fault['msg']}"


def fields_at(
    model: type[BaseModel], place: Iterable[str | int]
) -> dict[str, FieldInfo]:
    """The keys of the table at `place` in a section."""
    for part in place:
        if isinstance(part, str):
            hint = model.model_fields[part].annotation
            # A table, or the tables of a list.
            model = next(
                one
                for one in (hint, *getattr(hint, "__args__", ()))
                if isinstance(one, type) and issubclass(one, BaseModel)
            )
    return model.model_fields
