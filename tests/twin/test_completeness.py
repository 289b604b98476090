"""
No function of a contract is left out, and the facade opens every kind of module.
"""

from __future__ import annotations

from importlib import import_module

import pytest
from vyper.ast import nodes

from evm.compile import CONTRACTS
from tests.twin.facade import body_of, facade

# A module is in snake case, a contract in camel case.
MODULES = sorted(path.stem for path in CONTRACTS.glob("[a-z]*.vy"))


def pure_functions(module: str) -> set[str]:
    """The internal functions of a module that look at their arguments only."""
    return {
        node.name
        for node in body_of(CONTRACTS, module)
        if isinstance(node, nodes.FunctionDef)
        and "pure" in {mark.id for mark in node.decorator_list}
    }


@pytest.mark.parametrize("module", MODULES)
def test_every_pure_function_is_compared_with_its_twin(module: str) -> None:
    functions = pure_functions(module)
    compared: set[str] = set()
    if functions:
        compared = set(import_module(f"tests.twin.test_{module}").FUNCTIONS)
    assert compared == functions


@pytest.mark.parametrize("module", MODULES)
def test_the_facade_opens_every_function(module: str) -> None:
    """Those with storage too, in modules that use others and have an `__init__`."""
    declared = {
        node.name
        for node in body_of(CONTRACTS, module)
        if isinstance(node, nodes.FunctionDef) and node.name != "__init__"
    }
    assert facade(module).selectors.keys() == declared


def test_the_contracts_themselves_hide_no_formula() -> None:
    """A pure function in a deployed contract would be out of the facades' reach."""
    contracts = [path.stem for path in CONTRACTS.glob("[A-Z]*.vy")]
    assert contracts
    assert {name for each in contracts for name in pure_functions(each)} == set()
