"""
How people name accounts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from evm.words import address_number, is_address

SUB_BITS = 96
# How many accounts an owner has.
SUBS = 2**SUB_BITS


class AccountError(Exception):
    """No such account, or no one place to read of it."""


def holder_named(text: str, actors: Mapping[str, int]) -> int:
    """
    The account of a text: its number, decimal or in hexadecimal, or OWNER/NUMBER, where
    the owner is an address or an actor's name. Of an owner alone it is the first one.
    """
    owner, slash, sub = text.partition("/")
    if slash and not sub.isdecimal():
        raise AccountError(f"{text}: {sub!r} is no number of an account")
    address = actors.get(owner)
    if address is None and is_address(owner):
        address = address_number(owner)
    if address is not None:
        number = int(sub or 0)
        if number >= SUBS:
            raise AccountError(f"{text}: an owner has {SUBS} accounts")
        return address << SUB_BITS | number
    if slash or not re.fullmatch(r"0x[0-9a-fA-F]+|[0-9]+", text):
        raise AccountError(f"{text}: no number of an account, and no OWNER/NUMBER")
    holder = int(text, 0) if text.startswith("0x") else int(text)
    if holder >= 2**256:
        raise AccountError(f"{text}: larger than any account's number")
    return holder
