"""
What the protocol remembers, and what a call does to it.

State is tables of frozen records, under the names they have in Vyper. A table journals
what it overwrites, and the journal of a call is its undo log when it is refused, its
write set when it succeeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import astuple

from protocol import errors
from protocol.account import Account, packed_account
from protocol.aggregator import RoundData
from protocol.credit import (
    NO_CREDIT,
    CreditLine,
    Lender,
    packed_lender,
    packed_line,
)
from protocol.deleveraging import Opening, packed_opening
from protocol.errors import require
from protocol.expiry import NO_SAMPLING, Sampling, packed_sampling
from protocol.feed import NO_ROUND, Head, Round, packed_head, packed_round
from protocol.funding import Funding, packed_funding
from protocol.insurance import InsuranceWindow, packed_window
from protocol.ledger import Funds, Holdings, packed_funds, packed_holdings
from protocol.liquidation import Bucket, packed_bucket
from protocol.order import NO_ORDER, Order, packed_order
from protocol.payout import Spent, packed_spent
from protocol.position import Position, packed_position
from protocol.quorum import Report, packed_report
from protocol.request import NO_REQUEST, Request, packed_request
from protocol.sides import Book, packed_book
from protocol.top_up import NO_TOP_UP, TopUp, packed_top_up
from protocol.units import (
    Address,
    Atoms,
    FineRate,
    Holder,
    Price,
    PriceArea,
    PriceSeconds,
    Quote,
    Rate,
    Ratio,
    Seconds,
    Shares,
    Size,
    SizePrice,
)

Key = TypeVar("Key")
Record = TypeVar("Record")


class Table(dict[Key, Record], Generic[Key, Record]):
    """
    A dict that reads as `empty` where nothing was written, and journals.

    `contract` is the one in whose storage it lies, and `pack` gives a record's words
    there, first slot first. A key is a number, several for nested HashMaps, and `()`
    for a variable that stands alone. Where `is_code`, a key is an address and the
    record is the code there.
    """

    def __init__(
        self,
        name: str,
        contract: str,
        empty: Record,
        pack: Callable[[Record], tuple[int, ...]],
        journal: Journal,
        is_code: bool = False,
    ) -> None:
        super().__init__()
        self.name = name
        self.contract = contract
        self.empty = empty
        self.pack = pack
        self.journal = journal
        self.is_code = is_code

    def __missing__(self, key: Key) -> Record:
        return self.empty

    def __setitem__(self, key: Key, record: Record) -> None:
        self.journal.append((self, key, self.get(key)))
        dict.__setitem__(self, key, record)

    # Tables are told apart by what they are, not by what they hold.
    __hash__ = object.__hash__  # type: ignore[assignment]  # a dict has none

    def restore(self, key: Key, record: Record | None) -> None:
        """Put back what the journal says was there before, unjournaled."""
        if record is None:
            super().__delitem__(key)
        else:
            super().__setitem__(key, record)


Journal: TypeAlias = list[tuple[Table[Any, Any], Any, Any]]


class Addresses(Struct, frozen=True):
    """Where the contracts are, in the order in which they are deployed."""

    token: Address
    exchange: Address
    resolution: Address
    obligations: Address
    oracle: Address
    rules: Address
    vault: Address
    governor: Address
    lens: Address
    top_ups: Address
    orders: Address
    token_1: Address
    token_2: Address
    token_3: Address
    token_4: Address
    aggregator: Address


# Contracts that are tokens: the quote token, and those that may be collateral.
TOKENS = ("Token", "Token1", "Token2", "Token3", "Token4")


def token_addresses(addresses: Addresses) -> tuple[Address, ...]:
    """Where the tokens are, in their order."""
    return (
        addresses.token,
        addresses.token_1,
        addresses.token_2,
        addresses.token_3,
        addresses.token_4,
    )


def one_word(value: Any) -> tuple[int, ...]:
    """How a number that stands alone is kept."""
    return (value,)


Logs: TypeAlias = list[tuple[str, Struct]]


class TokenState:
    """The tables of one token: the quote token, or one that is collateral."""

    def __init__(self, name: str, decimals: int, journal: Journal, logs: Logs) -> None:
        self.name = name
        self.decimals = decimals
        self.logs = logs

        def table(
            name: str, contract: str, empty: Record, pack: Callable[[Record], Any]
        ) -> Table[Any, Record]:
            assert contract == "Token"
            return Table(name, self.name, empty, pack, journal)

        self.balances: Table[Address, Atoms] = table("balances", "Token", 0, one_word)
        self.allowances: Table[tuple[Address, Address], Atoms] = table(
            "allowances", "Token", 0, one_word
        )
        self.total_supply: Table[tuple[()], Atoms] = table(
            "total_supply", "Token", 0, one_word
        )

    def log(self, event: Struct) -> None:
        """Emit `event`, unless the call is refused later."""
        self.logs.append((self.name, event))


class State:
    """
    Every table of the protocol, and where its contracts are; `decimals` are those of
    the tokens, the quote token first.
    """

    def __init__(
        self,
        addresses: Addresses,
        decimals: tuple[int, ...],
        create_address: Callable[[Address, int], Address],
    ) -> None:
        require(decimals[0] <= 18, errors.TOO_MANY_DECIMALS)
        self.addresses = addresses
        # Wads in an atom of the quote token.
        self.scale = int(10 ** (18 - decimals[0]))
        self.create_address = create_address
        self.journal: Journal = []
        self.logs: Logs = []
        # Tokens, by their addresses.
        self.tokens = {
            address: TokenState(name, each, self.journal, self.logs)
            for name, address, each in zip(
                TOKENS, token_addresses(addresses), decimals, strict=False
            )
        }
        self.quote = self.tokens[addresses.token]

        def table(
            name: str, contract: str, empty: Record, pack: Callable[[Record], Any]
        ) -> Table[Any, Record]:
            return Table(name, contract, empty, pack, self.journal)

        # Exchange
        self.accounts: Table[Holder, Account] = table(
            "accounts",
            "Exchange",
            Account(Quote(0), 0, 0, 0, False, 0, Seconds(0), False, 0),
            lambda record: (packed_account(record),),
        )
        self.operators: Table[tuple[Address, Address], bool] = table(
            "operators", "Exchange", False, one_word
        )
        self.collateral_params: Table[int, Address] = table(
            "collateral_params", "Exchange", 0, one_word
        )
        self.collaterals: Table[tuple[Holder, int], Size] = table(
            "collaterals", "Exchange", Size(0), one_word
        )
        self.totals: Table[int, Size] = table("totals", "Exchange", Size(0), one_word)
        self.lines: Table[Holder, CreditLine] = table(
            "lines", "Exchange", NO_CREDIT, packed_line
        )
        self.lenders: Table[Address, Lender] = table(
            "lenders",
            "Exchange",
            Lender(Quote(0), Quote(0)),
            lambda record: (packed_lender(record),),
        )
        self.positions: Table[tuple[Holder, int], Position] = table(
            "positions",
            "Exchange",
            Position(Size(0), Quote(0), SizePrice(0)),
            packed_position,
        )
        self.claims: Table[tuple[Holder, int], Quote] = table(
            "claims", "Exchange", Quote(0), one_word
        )
        self.funds: Table[tuple[()], Funds] = table(
            "funds",
            "Exchange",
            Funds(Quote(0), Quote(0), Quote(0), Quote(0)),
            packed_funds,
        )
        self.escrow: Table[tuple[()], Quote] = table(
            "escrow", "Exchange", Quote(0), one_word
        )
        self.holdings: Table[tuple[()], Holdings] = table(
            "holdings",
            "Exchange",
            Holdings(0, Quote(0)),
            lambda record: (packed_holdings(record),),
        )
        self.keeper_rewards: Table[Address, Quote] = table(
            "keeper_rewards", "Exchange", Quote(0), one_word
        )
        self.insurance_window: Table[tuple[()], InsuranceWindow] = table(
            "insurance_window",
            "Exchange",
            InsuranceWindow(Quote(0), Seconds(0), Seconds(0)),
            lambda record: (packed_window(record),),
        )
        self.market_count: Table[tuple[()], int] = table(
            "market_count", "Exchange", 0, one_word
        )
        self.market_params: Table[int, Address] = table(
            "market_params", "Exchange", 0, one_word
        )
        self.risk_params: Table[tuple[()], Address] = table(
            "risk_params", "Exchange", 0, one_word
        )
        self.books: Table[int, Book] = table(
            "books",
            "Exchange",
            Book(Size(0), Size(0)),
            lambda record: (packed_book(record),),
        )
        self.side_quotes: Table[tuple[int, bool], Quote] = table(
            "side_quotes", "Exchange", Quote(0), one_word
        )
        self.side_fundings: Table[tuple[int, bool], SizePrice] = table(
            "side_fundings", "Exchange", SizePrice(0), one_word
        )
        self.open_claims: Table[int, Quote] = table(
            "open_claims", "Exchange", Quote(0), one_word
        )
        self.fundings: Table[int, Funding] = table(
            "fundings",
            "Exchange",
            Funding(
                FineRate(0),
                Seconds(0),
                PriceArea(0),
                PriceSeconds(0),
                PriceSeconds(0),
                Price(0),
                Price(0),
                Rate(0),
                Rate(0),
                PriceSeconds(0),
            ),
            packed_funding,
        )
        self.buckets: Table[int, Bucket] = table(
            "buckets",
            "Exchange",
            Bucket(Quote(0), Seconds(0)),
            lambda record: (packed_bucket(record),),
        )
        self.payouts: Table[int, Spent] = table(
            "payouts",
            "Exchange",
            Spent(Quote(0), Seconds(0), Seconds(0)),
            lambda record: (packed_spent(record),),
        )
        self.openings: Table[int, Opening] = table(
            "openings",
            "Exchange",
            Opening(Size(0), Size(0), Seconds(0)),
            lambda record: (packed_opening(record),),
        )

        # Oracle
        self.feed_params: Table[int, Address] = table(
            "feed_params", "Oracle", 0, one_word
        )
        self.reporters: Table[tuple[int, int], Address] = table(
            "reporters", "Oracle", 0, one_word
        )
        self.reports: Table[tuple[int, int], Report] = table(
            "reports",
            "Oracle",
            Report(Price(0), Price(0), Seconds(0)),
            lambda record: (packed_report(record),),
        )
        self.heads: Table[int, Head] = table(
            "heads",
            "Oracle",
            Head(0, Seconds(0), PriceSeconds(0)),
            lambda record: (packed_head(record),),
        )
        self.rounds: Table[tuple[int, int], Round] = table(
            "rounds",
            "Oracle",
            NO_ROUND,
            packed_round,
        )
        self.variances: Table[int, Ratio] = table(
            "variances", "Oracle", Ratio(0), one_word
        )
        self.samplings: Table[int, Sampling] = table(
            "samplings",
            "Oracle",
            NO_SAMPLING,
            lambda record: (packed_sampling(record),),
        )

        # Vault
        self.shares: Table[Address, Shares] = table(
            "shares", "Vault", Shares(0), one_word
        )
        self.share_allowances: Table[tuple[Address, Address], Shares] = table(
            "share_allowances", "Vault", Shares(0), one_word
        )
        self.supply: Table[tuple[()], Shares] = table(
            "supply", "Vault", Shares(0), one_word
        )

        self.requests: Table[int, Request] = table(
            "requests", "Vault", NO_REQUEST, packed_request
        )
        self.request_count: Table[tuple[()], int] = table(
            "request_count", "Vault", 0, one_word
        )
        self.request_operators: Table[tuple[Address, Address], bool] = table(
            "request_operators", "Vault", False, one_word
        )

        # TopUps
        self.top_ups: Table[Holder, TopUp] = table(
            "top_ups", "TopUps", NO_TOP_UP, packed_top_up
        )

        # Orders
        self.orders: Table[tuple[Holder, int], Order] = table(
            "orders", "Orders", NO_ORDER, packed_order
        )

        # Governor
        self.owner: Table[tuple[()], Address] = table("owner", "Governor", 0, one_word)
        self.pending_owner: Table[tuple[()], Address] = table(
            "pending_owner", "Governor", 0, one_word
        )
        self.council: Table[tuple[()], Address] = table(
            "council", "Governor", 0, one_word
        )
        self.guardian: Table[tuple[()], Address] = table(
            "guardian", "Governor", 0, one_word
        )
        # The parameters that the governor has put into code.
        self.codes: Table[Address, Any] = Table(
            "codes", "Governor", None, one_word, self.journal, is_code=True
        )

        # Aggregator
        self.latest: Table[tuple[()], RoundData] = table(
            "latest", "Aggregator", RoundData(0, 0, 0, Seconds(0)), astuple
        )

    def log(self, event: Struct) -> None:
        """Emit `event`, unless the call is refused later."""
        self.logs.append(("", event))

    def savepoint(self) -> tuple[int, int]:
        """How far the call has come: what it wrote and logged so far."""
        return len(self.journal), len(self.logs)

    def undo(self, savepoint: tuple[int, int]) -> None:
        """Undo what the call wrote and logged since then."""
        writes, logs = savepoint
        for table, key, before in reversed(self.journal[writes:]):
            table.restore(key, before)
        del self.journal[writes:]
        del self.logs[logs:]

    def create_code(self, record: Struct) -> Address:
        """Let the governor put `record` into the code of a new address."""
        code = self.create_address(self.addresses.governor, len(self.codes) + 1)
        self.codes[code] = record
        return code

    def tables(self) -> Iterator[Table[Any, Any]]:
        """All tables, in the order of their contracts."""
        for part in (self, *self.tokens.values()):
            for table in vars(part).values():
                if isinstance(table, Table):
                    yield table
