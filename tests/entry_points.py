"""
What can be called of the contracts.
"""

from __future__ import annotations

from evm.compile import DELEGATES, compile_contracts
from protocol.state import TOKENS

# The other tokens are the same contract, and what one runs as its own is called there.
ELSEWHERE = {*TOKENS[1:], *DELEGATES}


def entry_points() -> set[str]:
    """All of them, as `Contract.function`."""
    return {
        f"{name}.{signature.partition('(')[0]}"
        for name, contract in compile_contracts().items()
        if name not in ELSEWHERE
        for signature in contract.method_identifiers
    }


def changing() -> set[str]:
    """Those that may change anything."""
    return {
        f"{name}.{entry['name']}"
        for name, contract in compile_contracts().items()
        if name not in ELSEWHERE
        for entry in contract.abi
        if entry.get("stateMutability") == "nonpayable" and "name" in entry
    }
