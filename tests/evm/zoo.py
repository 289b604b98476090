"""
Kinds of tokens that are not what they should be: the token of the protocol with an
edit, in both languages where the model can see what it does.
"""

from __future__ import annotations

from tests.genesis import ACTORS
from tests.laws.faults import Edit, Mutant

BLOCKED = ACTORS["trader_1"]
MOVE = "self.balances[sender] -= atoms\n    self.balances[receiver] += atoms"
MOVE_MODEL = "state.balances[sender] -= atoms\n    state.balances[receiver] += atoms"


def token(name: str, python: tuple[Edit, ...], vyper: tuple[Edit, ...]) -> Mutant:
    """A kind of token: what differs in each language."""
    return Mutant(name, "", "token", "Token", python, vyper)


SOUND = token("sound", (), ())
NO_RETURN = token(
    "returns nothing",
    (),
    (
        Edit("implements: IERC20", ""),
        Edit(
            "def transfer(receiver: address, atoms: uint256) -> bool:",
            "def transfer(receiver: address, atoms: uint256):",
        ),
        Edit(
            "self.move(msg.sender, receiver, atoms)\n    return True",
            "self.move(msg.sender, receiver, atoms)",
        ),
        Edit(
            "def transferFrom(owner: address, receiver: address, atoms: uint256) "
            "-> bool:",
            "def transferFrom(owner: address, receiver: address, atoms: uint256):",
        ),
        Edit(
            "self.move(owner, receiver, atoms)\n    return True",
            "self.move(owner, receiver, atoms)",
        ),
    ),
)
RETURNS_FALSE = token(
    "returns false and moves nothing",
    (
        Edit(
            "move(state, call.sender, receiver, atoms)\n    return True", "return False"
        ),
        Edit("move(state, owner, receiver, atoms)\n    return True", "return False"),
    ),
    (
        Edit("self.move(msg.sender, receiver, atoms)\n    return True", "return False"),
        Edit("self.move(owner, receiver, atoms)\n    return True", "return False"),
    ),
)
TAKES_A_FEE = token(
    "takes a fee on transfer",
    (Edit(MOVE_MODEL, f"{MOVE_MODEL} - min(atoms, 1 + atoms // 100)"),),
    (Edit(MOVE, f"{MOVE} - min(atoms, 1 + atoms // 100)"),),
)
BLOCKS = token(
    "blocks an address",
    (
        Edit(
            "require(atoms <= state.balances[sender], errors.BALANCE_TOO_SMALL)",
            "require(atoms <= state.balances[sender] and "
            f"{BLOCKED} not in (sender, receiver), errors.BALANCE_TOO_SMALL)",
        ),
    ),
    (
        Edit(
            "errors.require(atoms <= self.balances[sender], errors.BALANCE_TOO_SMALL)",
            "errors.require(atoms <= self.balances[sender] and "
            f"sender != convert({BLOCKED}, address) and "
            f"receiver != convert({BLOCKED}, address), errors.BALANCE_TOO_SMALL)",
        ),
    ),
)
# Whoever it is told to call, it calls in every transfer, and remembers how that ended.
CALLS_BACK = token(
    "calls back",
    (),
    (
        Edit(
            "total_supply: uint256",
            "total_supply: uint256\n"
            "target: address\n"
            "payload: Bytes[1024]\n"
            "attempts: public(uint256)\n"
            "entered: public(uint256)",
        ),
        Edit(
            "@external\ndef mint(",
            "@external\n"
            "def aim(target: address, payload: Bytes[1024]):\n"
            "    self.target = target\n"
            "    self.payload = payload\n\n\n"
            "@external\ndef mint(",
        ),
        Edit(
            MOVE,
            f"{MOVE}\n"
            "    if self.target != empty(address):\n"
            "        self.attempts += 1\n"
            "        if raw_call(self.target, self.payload, revert_on_failure=False):\n"
            "            self.entered += 1",
        ),
    ),
)
