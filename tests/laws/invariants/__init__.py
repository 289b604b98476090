"""
What must hold whatever anybody calls, written apart from the functions that could break
it.

A law looks at a call: the state before it, what it did, the state after. Its docstring
is the law and begins with its code; `LAWS` and `TRIALS` list them all. `Laws` asks them
after each call of a run. Amounts are exact: where a law allows a wei, it says whose.
"""

from importlib import import_module
from pkgutil import iter_modules

from tests.laws.invariants.registry import LAWS, TRIALS, Broken, Laws

__all__ = ["LAWS", "TRIALS", "Broken", "Laws"]

# Each file adds its laws to the registry.
for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
