"""
Faults in who may call, in what a refusal is, and in how it is undone.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from evm.chain import Observed
from evm.lockstep import Lockstep
from evm.words import selector
from tests.laws.faults import Edit, Mutant, both


def keep_what_the_model_keeps(pair: Lockstep) -> None:
    """Let the chain have in its storage what the model has, after a refusal too."""
    call = pair.call

    def kept(*arguments: Any) -> Observed:
        observed = call(*arguments)
        if not observed.succeeded:
            pair.rebuild()
        return observed

    pair.call = kept


NO_NAME = ""
REFUSAL_MUTANTS = (
    Mutant(
        "anybody sets what holds for all accounts",
        "G1",
        "governor",
        "Governor",
        (
            Edit(
                "access.require_owner(state, call.sender)\n"
                "    governance.require_lawful_risk",
                "governance.require_lawful_risk",
            ),
        ),
        (
            Edit(
                "access.require_owner(msg.sender)\n    governance.require_lawful_risk",
                "governance.require_lawful_risk",
            ),
        ),
    ),
    Mutant(
        "a refusal has a name that is none of the protocol's",
        "I5",
        "rules",
        "Rules",
        (Edit("errors.MARKET_NOT_SETTLED", repr(NO_NAME)),),
        (
            Edit(
                "errors.MARKET_NOT_SETTLED",
                str(int.from_bytes(selector(f"{NO_NAME}()"))),
            ),
        ),
    ),
    # Python's integers have no bounds to run over.
    replace(
        both(
            "a size is not bounded",
            "I5",
            "trading",
            ("require_fits(size_delta, 95)", "require_fits(size_delta, 255)"),
        ),
        seen_by=frozenset({"outcome"}),
    ),
    Mutant(
        "a size of zero burns all gas",
        "I5",
        "trading",
        "trading",
        (),
        (
            Edit(
                "errors.require(size_delta != 0, errors.ZERO_SIZE)",
                "assert size_delta != 0, UNREACHABLE",
            ),
        ),
        seen_by=frozenset({"outcome"}),
    ),
    # The EVM undoes whatever it refuses, so the chain's part is no contract's.
    Mutant(
        "the first word that a refused call wrote stays",
        "J7",
        "state",
        "",
        (Edit("(self.journal[writes:])", "(self.journal[writes + 1 :])"),),
        (),
        in_chain=keep_what_the_model_keeps,
    ),
    Mutant(
        "a refused call is undone from its beginning on",
        "J7",
        "state",
        "",
        (Edit("reversed(self.journal[writes:])", "self.journal[writes:]"),),
        (),
        in_chain=keep_what_the_model_keeps,
    ),
    Mutant(
        "the next call tells what a refused one would have",
        "J7",
        "state",
        "",
        (Edit("del self.logs[logs:]", "pass"),),
        (),
        seen_by=frozenset({"logs"}),
    ),
)
