"""
What the lens tells of many accounts, asked and read by hand: no ABI library is needed.

The argument and the answer are each a flat array: two words, which are its place and
its length, and then its own, all of 32 bytes. An answer is rows of as many words as the
constants of `protocol.lens` say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from protocol.account import Account
from protocol.collateral import MAX_TOKENS
from protocol.lens import (
    HEALTH_WORDS,
    MARKET_WORDS,
    ORDER_WORDS,
    PAGE_WORDS,
    STATE_WORDS,
)
from protocol.order import Order
from protocol.position import Position
from protocol.units import Holder, Quote, Seconds, Size, SizePrice

WORD = 32
# The place and the length.
BEFORE = 2


class Health(Struct, frozen=True):
    """What an account is worth and must hold, and its status."""

    equity: Quote
    collateral: Quote
    strict_equity: Quote
    initial: Quote
    maintenance: Quote
    reserve: Quote
    required: Quote
    status: int


class Kept(Struct, frozen=True):
    """
    All that is kept of an account: its amount of each token, and its position and its
    claim in each market.
    """

    account: Account
    amounts: tuple[int, ...]
    positions: tuple[Position, ...]
    claims: tuple[int, ...]


def asked(selector: bytes, holders: Sequence[Holder]) -> bytes:
    """The call data that asks a batch view about accounts."""
    words = (WORD, len(holders), *map(int, holders))
    return selector + b"".join([word.to_bytes(WORD, "big") for word in words])


def words_in(answer: bytes) -> list[int]:
    """The numbers of an answer; negative ones stand in two's complement."""
    return [
        int.from_bytes(answer[start : start + WORD], "big", signed=True)
        for start in range(BEFORE * WORD, len(answer), WORD)
    ]


def rows_of(words: Sequence[int], width: int) -> Iterator[tuple[int, ...]]:
    """The rows that words are, each of `width`."""
    for start in range(0, len(words), width):
        yield tuple(words[start : start + width])


def healths_in(answer: bytes) -> list[Health]:
    """What `health_batch` answered, in the order of the accounts."""
    return [health_in(row) for row in rows_of(words_in(answer), HEALTH_WORDS)]


def health_in(row: tuple[int, ...]) -> Health:
    """The health of an account in its row."""
    fields: dict[str, Any] = dict(zip(Health.__struct_fields__, row, strict=True))
    return Health(**fields)


def states_in(answer: bytes, markets: int) -> list[Kept]:
    """What `state_batch` answered where there are so many markets."""
    width = STATE_WORDS + markets * MARKET_WORDS
    return [kept_in(row) for row in rows_of(words_in(answer), width)]


def kept_in(row: tuple[int, ...]) -> Kept:
    """The state of an account in its row."""
    start = STATE_WORDS - MAX_TOKENS
    held = list(rows_of(row[STATE_WORDS:], MARKET_WORDS))
    return Kept(
        account_in(row[:start]),
        row[start:STATE_WORDS],
        tuple(
            Position(Size(size), Quote(quote), SizePrice(funding))
            for size, quote, funding, _ in held
        ),
        tuple(claim for *_, claim in held),
    )


def page_in(answer: bytes) -> dict[int, Account]:
    """What `accounts_page` answered: accounts by their numbers."""
    return {
        sub: account_in(words) for sub, *words in rows_of(words_in(answer), PAGE_WORDS)
    }


def orders_in(answer: bytes) -> dict[tuple[int, int], tuple[Order, bool]]:
    """
    What `orders_page` answered: orders by the numbers of their accounts and their
    places, and whether each is pending.
    """
    found = {}
    for sub, number, *words, is_pending in rows_of(words_in(answer), ORDER_WORDS):
        fields: dict[str, Any] = dict(zip(Order.__struct_fields__, words, strict=True))
        for name in ("is_reduce_only", "is_above"):
            fields[name] = bool(fields[name])
        found[sub, number] = Order(**fields), bool(is_pending)
    return found


def account_in(words: Iterable[int]) -> Account:
    """The account that the words of a row are."""
    cash, positions, claims, tokens, mode, is_flat_paid, called_at, has_line, orders = (
        words
    )
    return Account(
        cash=Quote(cash),
        positions=positions,
        claims=claims,
        mode=mode,
        is_flat_paid=bool(is_flat_paid),
        tokens=tokens,
        called_at=Seconds(called_at),
        has_line=bool(has_line),
        orders=orders,
    )
