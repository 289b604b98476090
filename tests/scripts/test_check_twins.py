"""
Twins that agree pass; every way in which one can drift is planted and is caught.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.check_twins import PYTHON_ONLY, VYPER_ONLY, main, read_tree
from scripts.twin_source import Side

ERRORS_VY = '''\
# pragma version 0.4.3
"""
@title Errors
@notice Every error with which a call is refused.
"""

NOT_OWNER: constant(bytes4) = 0x30cd7471
TOO_MUCH: constant(bytes4) = 0xd887771b


@internal
@pure
def require(ok: bool, error: bytes4):
    """
    @notice Refuse the call with `error` unless it is `ok`.
    """
    if not ok:
        raw_revert(concat(error, b""))
'''
ERRORS_PY = '''\
"""
Every error with which a call is refused, as its name.
"""

NOT_OWNER = "NotOwner"
TOO_MUCH = "TooMuch"


def require(ok: bool, error: str) -> None:
    """Refuse the call with `error` unless it is `ok`."""
    if not ok:
        raise ValueError(error)
'''
PURSE_VY = '''\
# pragma version 0.4.3
"""
@title Purse
@notice What an owner keeps.

        More of it.
"""

from . import errors
from . import taker

initializes: taker

LARGEST: constant(int256) = 2**95 - 1
LEAST: constant(int256) = -LARGEST


struct Coin:
    worth: int256
    weight: int256


event Kept:
    owner: indexed(address)
    coin: int256


purses: public(HashMap[address, int256])
coins: HashMap[uint256, HashMap[uint256, int256]]
LENDER: immutable(address)


interface Purse:
    def kept_by(owner: address) -> int256: view


@deploy
def __init__(lender: address):
    LENDER = lender


@internal
@pure
def is_coin(worth: int256, weight: int256) -> bool:
    """
    @notice Whether this much of this weight
            is a coin. It may be worth nothing.
    @dev Only for those who read Vyper.
    """
    return worth >= 0 and weight > 0


@internal
@view
def kept(owner: address) -> int256:
    """
    @notice What `owner` keeps.
    """
    return self.purses[owner]


@internal
@view
def elsewhere(lender: address) -> int256:
    """
    @notice What `lender` keeps in another purse.
    """
    return staticcall Purse(LENDER).kept_by(lender)


@internal
@view
def is_late() -> bool:
    """
    @notice Whether it is too late to keep anything.
    """
    return block.timestamp > 2**32


@external
def keep(owner: address, worth: int256):
    """
    @notice Add `worth` to what the owner keeps.
    """
    errors.require(msg.sender == owner, errors.NOT_OWNER)
    errors.require(worth <= LARGEST, errors.TOO_MUCH)
    self.purses[owner] += worth
    log Kept(owner=owner, coin=worth)


@external
@pure
def decimals() -> uint256:
    """
    @notice How many decimals a coin has.
    """
    return 2
'''
COIN_PY = """\
class Coin(Struct, frozen=True):
    worth: int
    weight: int


"""
KEPT_EVENT_PY = """\
class Kept(Struct, frozen=True):
    owner: int
    coin: int


"""
IS_COIN_PY = '''\
def is_coin(worth, weight):
    """Whether this much of this weight is a coin. Here it may be worth nothing."""
    return worth >= 0 and weight > 0


'''
KEPT_PY = '''\
def kept(state, owner):
    """What `owner` keeps."""
    return state.purses[owner]


'''
PURSE_PY = f'''\
"""
What an owner keeps.

More of it.
"""

from msgspec import Struct

from protocol import errors
from protocol.errors import require
from protocol.units import BOUND, Worth

LARGEST = Worth(BOUND - 1)
LEAST: Worth = -LARGEST


{COIN_PY}{KEPT_EVENT_PY}{IS_COIN_PY}{KEPT_PY}def elsewhere(state, lender, now):
    """What `lender` keeps in another purse."""
    return kept(state, lender) if now else 0


def is_late(state, now):
    """Whether it is too late to keep anything."""
    return now > 2**32


def keep(state, call, owner, worth):
    """Add `worth` to what the owner keeps."""
    require(call.sender == owner, errors.NOT_OWNER)
    require(worth <= LARGEST, errors.TOO_MUCH)
    state.purses[owner] += worth
    state.log(Kept(owner=owner, coin=worth))


def decimals(state, call):
    """How many decimals a coin has."""
    return 2
'''
STATE_PY = '''\
"""Tables."""


class State:
    def __init__(self):
        self.purses: Table[int, int] = table("purses", "Purse", 0)
        self.coins: Table[int, int] = table("coins", "Purse", 0)
        self.takers: Table[int, int] = table("takers", "Purse", 0)
        self.codes: Table[int, int] = Table("codes", "Purse", 0, is_code=True)
'''
TAKER_VY = '''\
# pragma version 0.4.3
"""
@title Taker
@notice Who takes.
"""

takers: HashMap[address, bool]


@internal
@view
def is_taker(other: address) -> bool:
    """
    @notice Whether `other` says that it takes.
    """
    return staticcall Taker(other).takes()
'''
TAKER_PY = '''\
"""Who takes."""


def is_taker(state, other):
    """Whether `other` says that it takes."""
    return state.others[other]
'''
TREE = {
    "contracts/errors.vy": ERRORS_VY,
    "contracts/Purse.vy": PURSE_VY,
    "protocol/errors.py": ERRORS_PY,
    "protocol/purse.py": PURSE_PY,
    "contracts/taker.vy": TAKER_VY,
    "protocol/taker.py": TAKER_PY,
    "protocol/state.py": STATE_PY,
    "protocol/units.py": '"""Units."""\n\nBOUND = 1 << 95\nWorth = int\n',
}
# A drift: the file that drifts, a text that stands there once, another instead, and
# what is said of it.
DRIFTS = {
    "sentence of a module": (
        "protocol/purse.py",
        '"""\nWhat an owner keeps.',
        '"""\nWhat an owner has.',
        "purse.py:1: says 'What an owner has.', not 'What an owner keeps.'",
    ),
    "value of a constant": (
        "contracts/Purse.vy",
        "2**95 - 1",
        "2**95",
        "purse.py:13: LARGEST is ",
    ),
    "value of another constant": (
        "protocol/units.py",
        "1 << 95",
        "1 << 94",
        "purse.py:14: LEAST is ",
    ),
    "value that cannot be read": (
        "protocol/purse.py",
        "Worth(BOUND - 1)",
        "largest()",
        "purse.py:13: LARGEST: the value of `largest()` cannot be read",
    ),
    "constant of nobody": (
        "protocol/units.py",
        "BOUND",
        "BOUNDS",
        "purse.py:13: LARGEST: units has no constant BOUND",
    ),
    "constant missing in Python": (
        "protocol/purse.py",
        "LEAST: Worth = -LARGEST\n",
        "",
        "Purse.vy:15: constant LEAST is missing in purse.py",
    ),
    "constant missing in Vyper": (
        "contracts/Purse.vy",
        "LEAST: constant(int256) = -LARGEST\n",
        "",
        "purse.py:14: constant LEAST is missing in Purse.vy",
    ),
    "order of constants": (
        "protocol/errors.py",
        'NOT_OWNER = "NotOwner"\nTOO_MUCH = "TooMuch"\n',
        'TOO_MUCH = "TooMuch"\nNOT_OWNER = "NotOwner"\n',
        "errors.py:5: constant TOO_MUCH stands where errors.vy has NOT_OWNER",
    ),
    "name of an error": (
        "protocol/errors.py",
        '"NotOwner"',
        '"NotAnOwner"',
        "errors.py:5: NOT_OWNER is NotAnOwner, not NotOwner",
    ),
    "selector of an error": (
        "contracts/errors.vy",
        "0x30cd7471",
        "0x30cd7472",
        "errors.vy:7: NOT_OWNER is 0x30cd7472, not 0x30cd7471",
    ),
    "field of a struct": (
        "protocol/purse.py",
        "    weight: int",
        "    height: int",
        "purse.py:17: Coin has (worth, height), not (worth, weight)",
    ),
    "order of the fields of an event": (
        "contracts/Purse.vy",
        "    owner: indexed(address)\n    coin: int256\n",
        "    coin: int256\n    owner: indexed(address)\n",
        "purse.py:22: Kept has (owner, coin), not (coin, owner)",
    ),
    "order of structs": (
        "protocol/purse.py",
        COIN_PY + KEPT_EVENT_PY,
        KEPT_EVENT_PY + COIN_PY,
        "purse.py:17: struct Kept stands where Purse.vy has Coin",
    ),
    "event missing in Vyper": (
        "contracts/Purse.vy",
        "event Kept",
        "event Held",
        "purse.py:22: struct Kept is missing in Purse.vy",
    ),
    "storage that is no table": (
        "protocol/state.py",
        'self.coins: Table[int, int] = table("coins"',
        'self.coin: Table[int, int] = table("coin"',
        "Purse.vy:29: storage coins is no table of the state",
    ),
    "table that is no storage": (
        "contracts/Purse.vy",
        "coins: HashMap[uint256, HashMap[uint256, int256]]\n",
        "",
        "state.py:7: table coins is no storage of a contract",
    ),
    "table under another name": (
        "protocol/state.py",
        "self.coins",
        "self.coin",
        "state.py:7: table coins stands at coin",
    ),
    "table of another contract": (
        "protocol/state.py",
        '"coins", "Purse"',
        '"coins", "Pocket"',
        "state.py:7: table coins lies in Pocket, not in Purse",
    ),
    "table of a module of another contract": (
        "contracts/Purse.vy",
        "initializes: taker\n",
        "",
        "state.py:8: table takers lies in Purse, not in no contract",
    ),
    "one name for two storages": (
        "contracts/taker.vy",
        "takers: HashMap",
        "coins: HashMap[address, bool]\ntakers: HashMap",
        "taker.vy:7: another storage is called coins",
    ),
    "function missing in Python": (
        "protocol/purse.py",
        KEPT_PY,
        "",
        "Purse.vy:55: function kept is missing in purse.py",
    ),
    "function missing in Vyper": (
        "protocol/purse.py",
        "def kept(state",
        "def spare(state):\n    return 0\n\n\ndef kept(state",
        "purse.py:32: function spare is missing in Purse.vy",
    ),
    "order of functions": (
        "protocol/purse.py",
        IS_COIN_PY + KEPT_PY,
        KEPT_PY + IS_COIN_PY,
        "purse.py:27: function kept stands where Purse.vy has is_coin",
    ),
    "name of a parameter": (
        "protocol/purse.py",
        "def is_coin(worth, weight)",
        "def is_coin(value, weight)",
        "purse.py:27: is_coin takes (value, weight), not (worth, weight)",
    ),
    "order of parameters": (
        "protocol/purse.py",
        "call, owner, worth)",
        "call, worth, owner)",
        "keep takes (state, call, worth, owner), not (state, call, owner, worth)",
    ),
    "state of a pure function": (
        "protocol/purse.py",
        "is_coin(worth",
        "is_coin(state, worth",
        "is_coin takes (state, worth, weight), not (worth, weight)",
    ),
    "no state of a view": (
        "protocol/purse.py",
        "kept(state, owner)",
        "kept(owner)",
        "kept takes (owner), not (state, owner)",
    ),
    "no call of an entry point that needs none": (
        "protocol/purse.py",
        "decimals(state, call)",
        "decimals()",
        "decimals takes (), not (state, call)",
    ),
    "time of a module": (
        "protocol/taker.py",
        "is_taker(state, other)",
        "is_taker(state, other, now)",
        "is_taker takes (state, other, now), not (state, other)",
    ),
    "no call of an entry point": (
        "protocol/purse.py",
        "keep(state, call, ",
        "keep(state, ",
        "keep takes (state, owner, worth), not (state, call, owner, worth)",
    ),
    "no time of one who calls another contract": (
        "protocol/purse.py",
        "elsewhere(state, lender, now)",
        "elsewhere(state, lender)",
        "elsewhere takes (state, lender), not (state, lender, now)",
    ),
    "no time of one who asks for it": (
        "protocol/purse.py",
        "is_late(state, now)",
        "is_late(state)",
        "is_late takes (state), not (state, now)",
    ),
    "time of one who does not ask": (
        "protocol/purse.py",
        "kept(state, owner):",
        "kept(state, owner, now):",
        "kept takes (state, owner, now), not (state, owner)",
    ),
    "parameter by keyword": (
        "protocol/purse.py",
        "kept(state, owner)",
        "kept(state, owner, *, fast)",
        "kept takes (state, owner, fast by keyword), not (state, owner)",
    ),
    "any parameters": (
        "protocol/purse.py",
        "kept(state, owner)",
        "kept(state, owner, *others)",
        "kept takes (state, owner, any others), not (state, owner)",
    ),
    "default": (
        "protocol/purse.py",
        "kept(state, owner)",
        "kept(state, owner=0)",
        "kept takes (state, owner, a default of 0), not (state, owner)",
    ),
    "sentence of a function": (
        "contracts/Purse.vy",
        "is a coin.",
        "is money.",
        "is_coin says 'Whether this much of this weight is a coin.', not",
    ),
    "another reason": (
        "protocol/purse.py",
        "errors.TOO_MUCH",
        "errors.NOT_OWNER",
        "keep refuses for (NOT_OWNER, NOT_OWNER), not (NOT_OWNER, TOO_MUCH)",
    ),
    "order of reasons": (
        "contracts/Purse.vy",
        "    errors.require(msg.sender == owner, errors.NOT_OWNER)\n"
        "    errors.require(worth <= LARGEST, errors.TOO_MUCH)\n",
        "    errors.require(worth <= LARGEST, errors.TOO_MUCH)\n"
        "    errors.require(msg.sender == owner, errors.NOT_OWNER)\n",
        "keep refuses for (NOT_OWNER, TOO_MUCH), not (TOO_MUCH, NOT_OWNER)",
    ),
    "broken Vyper": (
        "contracts/Purse.vy",
        "@external\ndef",
        "@external\n@\ndef",
        "Purse.vy:81: does not parse: ",
    ),
    "broken Python": (
        "protocol/purse.py",
        "def keep(",
        "def keep",
        "purse.py:47: does not parse: ",
    ),
}
README = "# Purse\n\n<!-- twins -->\nold\n<!-- /twins -->\n\nThe end.\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree whose twins agree."""
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_twins_that_agree_pass(root, capsys) -> None:
    assert main(["--root", str(root)]) == 0
    assert capsys.readouterr().out == (
        "purse: Purse.vy and purse.py agree\n"
        "errors: errors.vy and errors.py agree\n"
        "taker: taker.vy and taker.py agree\n"
        "All 3 pairs agree.\n"
    )


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_drift_is_caught(drift, root, capsys) -> None:
    name, original, drifted, message = DRIFTS[drift]
    text = (root / name).read_text()
    assert text.count(original) == 1
    (root / name).write_text(text.replace(original, drifted))

    assert main(["--root", str(root)]) == 1
    assert message in capsys.readouterr().out


def test_a_contract_without_a_twin_is_caught(root, capsys) -> None:
    (root / "protocol/purse.py").unlink()
    assert main(["--root", str(root)]) == 1
    assert "Purse.vy:1: protocol/purse.py is missing" in capsys.readouterr().out


def test_a_module_without_a_contract_is_caught(root, capsys) -> None:
    (root / "protocol/wallet.py").write_text('"""What holds a purse."""\n')
    assert main(["--root", str(root)]) == 1
    assert "wallet.py:1: has no twin in contracts/" in capsys.readouterr().out


def test_the_table_counts_what_each_pair_declares(root, capsys) -> None:
    assert main(["--root", str(root), "--table"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "| purse | `contracts/Purse.vy` | `protocol/purse.py` | 6 | 2 | 2 |",
        "| errors | `contracts/errors.vy` | `protocol/errors.py` | 1 | 2 | 0 |",
        "| taker | `contracts/taker.vy` | `protocol/taker.py` | 1 | 0 | 0 |",
    ]


def test_an_old_table_in_the_readme_is_caught_and_can_be_written(root, capsys) -> None:
    readme = root / "README.md"
    readme.write_text(README)
    check = ["--root", str(root), "--check-readme", str(readme)]
    assert main(check) == 1
    assert "README.md:1: the table of twins is old" in capsys.readouterr().out

    assert main(["--root", str(root), "--write-readme", str(readme)]) == 0
    said = f"All 3 pairs agree, and {os.path.relpath(readme)} lists them.\n"
    assert capsys.readouterr().out.endswith(said)
    assert main(check) == 0
    assert capsys.readouterr().out.endswith(said)
    text = readme.read_text()
    assert text.startswith("# Purse\n\n<!-- twins -->\n| noun |")
    assert text.endswith("|\n<!-- /twins -->\n\nThe end.\n")


def test_a_readme_without_markers_is_refused(root) -> None:
    readme = root / "README.md"
    readme.write_text(README.replace("<!-- /twins -->", ""))
    with pytest.raises(SystemExit, match=r"README\.md: has no <!-- twins -->"):
        main(["--root", str(root), "--check-readme", str(readme)])


def test_every_excuse_is_needed() -> None:
    vyper, python, _ = read_tree(Path(__file__).parents[2])
    for excused, sides, others in [
        (PYTHON_ONLY, python, vyper),
        (VYPER_ONLY, vyper, python),
    ]:
        for excuse in excused:
            noun, name = excuse.split(".")
            assert name in names_of(sides[noun])
            assert name not in names_of(others[noun])


def names_of(side: Side) -> set[str]:
    """What a file declares that may stand on one side only."""
    return {*side.constants, *side.records, *side.functions}
