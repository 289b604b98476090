"""
The vocabulary: every way in which anybody may call the contracts.

A rule is a generator of calls: each is made before the next is asked for, so that a
rule can look at what came of it. Numbers are drawn by mode, and the boundaries are
solved from the model: a fault that shows on one wei only is met on that wei.
"""

from importlib import import_module
from pkgutil import iter_modules

from tests.stateful.vocabulary.bursts import burst, opening

__all__ = ["burst", "opening"]

# Each file adds its rules to the registry.
for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
