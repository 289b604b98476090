"""
What an account is told: the lens's statement, the past that events tell, and the
deposits that would cure it. It is the same from a trace on the model and from a chain.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from evm.accounts import SUBS, AccountError, holder_named
from evm.chain import DEPLOY_ORDER, ChainError, is_url, predicted_addresses
from evm.compile import compile_contracts
from evm.deployment import located, read_deployment
from evm.encoding import ERRORS, Decoder
from evm.history import Past, past_of
from evm.replay import every_action, model_at
from evm.words import WORD, address_text, unhexed
from protocol.fixed_point import WAD, div_up, mul_div_down
from protocol.funding import FundingAccrued
from protocol.statement import Line, Statement
from protocol.trace import Trace, TraceError, read_trace
from protocol.units import Price, Quote, Ratio, Seconds, Size

if TYPE_CHECKING:
    from evm.node import NodeChain
    from evm.tester import TesterChain

# The names of a status, in the order of its numbers.
STATUSES = ("healthy", "called", "liquidatable", "bankrupt")
# Whom a statement from a chain has to ask.
ASKED = ("Token", "Exchange", "Lens")
# How many accounts an error tells of.
MOST_TOLD = 20


class MarketLine(Struct, frozen=True):
    """
    What an account has in a market, and what the market has been to it; `funding` is
    what of the profit funding was, `past` what is over.
    """

    market_id: int
    name: str
    size: Size
    profit: Quote
    funding: Quote
    claim: Quote
    maintenance: Quote
    liquidation_price: Price
    past: Past


class AccountStatement(Struct, frozen=True):
    """
    An account at a moment, in wads of quote.

    `required` spares it a call, and `called_at` is when it had one. `ratio` is what it
    has of maintenance margin and reserve, None where these are nothing. `to_healthy` is
    the least deposit that makes it healthy, `to_initial` the least that lets it take
    risk again, both in whole atoms.
    """

    holder: str
    owner: str
    sub: int
    name: str | None
    now: int
    status: str
    cash: Quote
    collateral: Quote
    equity: Quote
    strict_equity: Quote
    initial: Quote
    maintenance: Quote
    reserve: Quote
    required: Quote
    called_at: Seconds
    ratio: Ratio | None
    free_collateral: Quote
    to_healthy: Quote
    to_initial: Quote
    markets: tuple[MarketLine, ...]


class Source(ABC):
    """Where a statement comes from: `now` is its time, `scale` the wads of an atom."""

    now: int
    scale: int
    markets: Sequence[str]
    actors: Mapping[str, int]

    @abstractmethod
    def statement(self, holder: int) -> Statement:
        """What the lens says of an account."""

    @abstractmethod
    def events(self, holder: int) -> list[Struct]:
        """The events about an account, and among them how funding accrued."""

    @abstractmethod
    def holders(self) -> set[int]:
        """The accounts that events speak of."""


class TraceSource(Source):
    """A trace on the model, up to call `number`, or to its end."""

    def __init__(self, source: Path | Trace, number: int | None = None) -> None:
        trace = source if isinstance(source, Trace) else read_trace(source)
        genesis = trace.genesis
        addresses = predicted_addresses(DEPLOY_ORDER)
        actions = list(every_action(genesis, trace.actions, addresses))
        if number is not None and not 1 <= number <= len(actions):
            message = f"there is no call {number}: it has {len(actions)}"
            raise TraceError(str(source), None, message)
        self.model = model_at(genesis, addresses)
        self.now = genesis.start
        self.logged: list[Struct] = []
        for action in islice(actions, number):
            self.now = action.now
            logs = self.model.apply(action).logs
            self.logged += [event for to, event in logs if to == "Exchange"]
        self.scale = self.model.state.scale
        self.markets = [market.name for market in genesis.markets]
        self.actors = genesis.actors

    def statement(self, holder: int) -> Statement:
        found: Statement = self.model.view("Lens", "statement_of", self.now, holder)
        return found

    def events(self, holder: int) -> list[Struct]:
        return [
            event
            for event in self.logged
            if isinstance(event, FundingAccrued) or holder_in(event) == holder
        ]

    def holders(self) -> set[int]:
        return holders_in(self.logged)


class ChainSource(Source):
    """Contracts on a chain at its latest block; nothing is sent."""

    def __init__(
        self,
        chain: NodeChain | TesterChain,
        *,
        markets: Sequence[str] = (),
        actors: Mapping[str, int] | None = None,
        block: int = 0,
    ) -> None:
        self.chain = chain
        self.first = block
        self.decoder = Decoder(chain.contracts, chain.addresses)
        latest = self.asked("get_block", "latest")
        self.last, self.now = int(latest["number"]), int(latest["timestamp"])
        self.scale = int(10 ** (18 - self.view("Token", "decimals")[0]))
        self.markets = markets
        self.actors = actors or {}

    def asked(self, method: str, *arguments: Any) -> Any:
        """What a node answers through web3.py, whatever goes wrong on the way."""
        try:
            return getattr(self.chain.web3.eth, method)(*arguments)
        except Exception as error:
            message = f"{self.chain.name}: {method}: {error}"
            raise ChainError(message) from error

    def view(self, to: str, function: str, *arguments: int) -> list[int]:
        """The signed words that a view returns."""
        observed = self.chain.view(to, function, 0, self.now, arguments)
        output = observed.output
        if not observed.succeeded or not output:
            why = observed.halt or ERRORS.get(output) or "no answer of such a contract"
            raise ChainError(f"{self.chain.name}: {to}.{function}: {why}")
        return [
            int.from_bytes(output[start : start + WORD], "big", signed=True)
            for start in range(0, len(output), WORD)
        ]

    def statement(self, holder: int) -> Statement:
        words = self.view("Lens", "statement_of", holder)
        # The lines come last.
        fields = len(Statement.__struct_fields__) - 1
        width = len(Line.__struct_fields__)
        lines: list[Any] = [
            Line(*words[start : start + width])  # type: ignore[arg-type]
            for start in range(fields, len(words), width)
        ]
        return Statement(*words[:fields], tuple(lines))  # type: ignore[arg-type,call-arg]

    def logged(self, *topics: Any) -> list[tuple[tuple[int, ...], Struct]]:
        """The exchange's events with these first topics, and their places."""
        where = {
            "address": address_text(self.chain.addresses["Exchange"]),
            "fromBlock": self.first,
            "toBlock": self.last,
            "topics": list(topics),
        }
        found = []
        for log in self.asked("get_logs", where):
            event = self.decoder.event(
                (
                    self.chain.addresses["Exchange"],
                    tuple(bytes(topic) for topic in log["topics"]),
                    bytes(log["data"]),
                )
            )
            if event is not None:
                # Where many transactions share a block, eth-tester counts logs in each.
                parts = ("blockNumber", "transactionIndex", "logIndex")
                found.append((tuple(int(log[part]) for part in parts), event))
        return found

    def events(self, holder: int) -> list[Struct]:
        about = [
            each
            for each in self.logged(None, f"0x{holder:064x}")
            if holder_in(each[1]) == holder
        ]
        if not about:
            return []
        accrued = self.logged(self.decoder.topic(FundingAccrued))
        return [event for _, event in sorted(about + accrued, key=lambda each: each[0])]

    def holders(self) -> set[int]:
        return holders_in(event for _, event in self.logged())


def source_on(url: str, path: Path) -> ChainSource:
    """The contracts on a node that lie where a file says."""
    from evm.node import NodeChain

    deployment = read_deployment(path)
    addresses = located(path, deployment.contracts, ASKED)
    if not is_url(url):
        raise ChainError(f"{url}: not the URL of a node")
    contracts = compile_contracts()
    chain = NodeChain(url, contracts)
    chain.addresses = addresses
    found = int(chain.ask("eth_chainId"), 16)
    if found != deployment.chain_id:
        raise ChainError(f"{path}: is of chain {deployment.chain_id}, {url} is {found}")
    for name, where in addresses.items():
        code = chain.code(where)
        # What its constructor has decided lies behind the code.
        if not code.startswith(unhexed(contracts[name].bytecode_runtime)):
            what = "another contract" if code else "nothing"
            raise ChainError(
                f"{path}: {name} is not where it says: {what} lies at "
                f"{address_text(where)} on {url}"
            )
    return ChainSource(
        chain,
        markets=deployment.markets,
        actors=located(path, deployment.actors, deployment.actors),
        block=deployment.block,
    )


def statement_from(
    account: str,
    trace: Path | None,
    number: int | None,
    url: str | None,
    deployment: Path | None,
) -> AccountStatement:
    """The statement of an account from a trace, or from a node and its deployment."""
    if (trace is None) == (url is None):
        raise AccountError("a statement is from a trace or from a node: give one")
    if trace is not None:
        if deployment is not None:
            raise AccountError(f"{deployment}: a trace needs no deployment")
        return statement_for(account, TraceSource(trace, number))
    assert url is not None
    if deployment is None:
        raise AccountError(f"{url}: say in a file where its contracts lie")
    if number is not None:
        raise AccountError(f"{url}: only a trace can be stopped after a call")
    source = source_on(url, deployment)
    try:
        return statement_for(account, source)
    finally:
        source.chain.close()


def statement_for(account: str, source: Source) -> AccountStatement:
    """The statement of the account that a text names."""
    try:
        holder = holder_named(account, source.actors)
        said, events = source.statement(holder), source.events(holder)
        if holder not in holders_in(events) and not any((said.cash, said.collateral)):
            raise AccountError(f"{account}: nothing ever was in this account")
    except AccountError as error:
        raise AccountError(f"{error}; there are: {told(source)}") from None
    pasts = past_of(holder, events)
    owner, sub = divmod(holder, SUBS)
    names = {address: name for name, address in source.actors.items()}
    return AccountStatement(
        holder=f"{holder:#x}",
        owner=address_text(owner),
        sub=sub,
        name=names.get(owner),
        now=source.now,
        status=STATUSES[said.status],
        cash=said.cash,
        collateral=said.collateral,
        equity=said.equity,
        strict_equity=said.strict_equity,
        initial=said.initial,
        maintenance=said.maintenance,
        reserve=said.reserve,
        required=said.required,
        called_at=said.called_at,
        ratio=ratio_of(said.equity, said.maintenance + said.reserve),
        free_collateral=said.free_collateral,
        to_healthy=deposit(said.required - said.equity, source.scale),
        to_initial=deposit(
            said.initial + said.reserve - said.strict_equity, source.scale
        ),
        markets=tuple(lines_of(said, pasts, source.markets)),
    )


def ratio_of(equity: Quote, required: Quote) -> Ratio | None:
    """What of a requirement there is; None where nothing is required."""
    if required == Quote(0):
        return None
    return mul_div_down(equity, WAD, required)


def deposit(missing: Quote, scale: int) -> Quote:
    """The least deposit of whole atoms that brings what is missing."""
    atoms = int(div_up(missing, scale))
    return Quote(max(0, atoms * scale))


def lines_of(
    said: Statement, pasts: Mapping[int, Past], names: Sequence[str]
) -> Iterator[MarketLine]:
    """The markets in which an account has something, or had."""
    for market_id, line in enumerate(said.lines):
        if not (line.size or line.claim or market_id in pasts):
            continue
        known = market_id < len(names)
        yield MarketLine(
            market_id=market_id,
            name=names[market_id] if known else str(market_id),
            size=line.size,
            profit=line.profit,
            funding=line.funding,
            claim=line.claim,
            maintenance=line.maintenance,
            liquidation_price=line.liquidation_price,
            past=pasts.get(market_id, Past()),
        )


def holder_in(event: Struct) -> int | None:
    """The account that an event is about, if it is about one."""
    found: int | None = getattr(event, "holder", None)
    return found


def holders_in(events: Iterable[Struct]) -> set[int]:
    """The accounts that events are about."""
    return {holder for holder in map(holder_in, events) if holder is not None}


def told(source: Source) -> str:
    """The accounts that there are, as they may be asked for; not more than some."""
    names = {address: name for name, address in source.actors.items()}
    known = sorted(
        f"{names.get(holder // SUBS, address_text(holder // SUBS))}/{holder % SUBS}"
        for holder in source.holders()
    )
    if len(known) > MOST_TOLD:
        known[MOST_TOLD:] = [f"and {len(known) - MOST_TOLD} more"]
    return ", ".join(known) or "none"
