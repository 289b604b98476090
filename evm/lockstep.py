"""
The model and a chain make the same calls, and everything each call did is compared.

In this order: whether it succeeded and which error refused it, what it returned, its
logs, the words it wrote, the views of what it touched. At the end of a run the storage
root of every contract says that nothing else was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from evm.chain import Chain, Log, Observed
from evm.digest import Digest
from evm.encoding import ERRORS, Encoder, Predicted
from evm.roots import storage_root
from evm.slots import Slots
from evm.words import WORD, address_text, unpacked
from protocol.trace import Action, UnknownEntryPoint, named_arguments

if TYPE_CHECKING:
    from protocol.model import Model, Outcome
    from protocol.state import Table

# What is compared, in this order. Tests of the comparison switch some of it off.
LAYERS = frozenset({"outcome", "returned", "logs", "slots", "views", "roots"})
Views = Callable[[Action, "Outcome"], Iterable[Action]]


class Difference(AssertionError):
    """The model and the chain disagree: one of them has a fault."""

    def __init__(
        self,
        number: int,
        action: Action | None,
        layer: str,
        place: str,
        model: str,
        chain: str,
        command: str,
    ) -> None:
        said = "at the end" if action is None else described(action)
        super().__init__(
            f"call {number}, {said}: model and chain differ: {layer}"
            f"\n  where: {place}"
            f"\n  model: {model}"
            f"\n  chain: {chain}"
            f"\n  again: {command}"
        )
        self.number = number
        self.action = action
        self.layer = layer
        self.place = place
        self.model = model
        self.chain = chain
        self.command = command


class Step(NamedTuple):
    """What a call did on both sides, which was the same."""

    outcome: Outcome
    observed: Observed


def no_views(action: Action, outcome: Outcome) -> Iterable[Action]:  # noqa: ARG001
    """Nothing to look at."""
    return ()


class Lockstep:
    """A model and a chain that have made the same calls since genesis."""

    def __init__(
        self,
        model: Model,
        chain: Chain,
        *,
        views: Views = no_views,
        layers: Iterable[str] = LAYERS,
        trace: str = "TRACE",
    ) -> None:
        unknown = set(layers) - LAYERS
        if unknown:
            raise ValueError(f"no such layers: {', '.join(sorted(unknown))}")
        self.model = model
        self.chain = chain
        self.views = views
        self.layers = frozenset(layers)
        self.command = f"perpspec replay {trace} --evm {chain.name}"
        self.slots = Slots(chain.contracts)
        self.digest = Digest(chain.addresses)
        self.number = 0
        self.action: Action | None = None
        # What `profile` replaces by versions of them that are timed.
        self.apply = model.apply
        self.call = chain.call
        self.predicted = Encoder(chain.contracts, chain.addresses).predicted
        self.compared = self.compare

    def step(self, action: Action) -> Step:
        """Make a call on both sides; `Difference` where they do not agree."""
        self.number += 1
        self.action = action
        outcome = self.apply(action)
        observed = self.call(
            action.to, action.function, action.sender, action.now, action.arguments
        )
        predicted = self.predicted(outcome)
        self.digest.add_call(observed.succeeded, observed.output, observed.logs)
        self.compared(action, outcome, predicted, observed)
        return Step(outcome, observed)

    def compare(
        self,
        action: Action,
        outcome: Outcome,
        predicted: Predicted,
        observed: Observed,
    ) -> None:
        """Hold what the chain did against what the model says."""
        layers = self.layers
        if "outcome" in layers:
            self.compare_outcomes("outcome", "", predicted, observed)
        if "returned" in layers and predicted.succeeded and observed.succeeded:
            self.compare_returned("returned", "", predicted, observed)
        if "logs" in layers and predicted.logs != observed.logs:
            self.compare_logs(predicted.logs, observed.logs)
        if "slots" in layers:
            for (table, key), record in outcome.writes.items():
                self.compare_record(table, key, record)
        if "views" in layers:
            for view in self.views(action, outcome):
                self.compare_view(view)

    def compare_outcomes(
        self, layer: str, place: str, predicted: Predicted, observed: Observed
    ) -> None:
        """Success on both sides, or the same named refusal."""
        if predicted.succeeded == observed.succeeded and (
            predicted.succeeded or predicted.output == observed.output
        ):
            return
        raise self.difference(layer, place, ending(predicted), ending(observed))

    def compare_returned(
        self, layer: str, place: str, predicted: Predicted, observed: Observed
    ) -> None:
        """The same words were returned."""
        if predicted.output == observed.output:
            return
        model, chain = unpacked(predicted.output), unpacked(observed.output)
        if len(predicted.output) != len(observed.output):
            sizes = [f"{len(each.output)} bytes" for each in (predicted, observed)]
            raise self.difference(layer, f"{place} length".strip(), *sizes)
        index = first_difference(model, chain)
        where = f"{place} word {index} of {len(model)}".strip()
        raise self.difference(layer, where, shown(model[index]), shown(chain[index]))

    def compare_logs(self, predicted: list[Log], observed: list[Log]) -> None:
        """The same events in the same order, byte for byte."""
        index = first_difference(predicted, observed)
        both = [
            self.log_text(logs[index]) if index < len(logs) else "no log"
            for logs in (predicted, observed)
        ]
        count = max(len(predicted), len(observed))
        raise self.difference("logs", f"log {index} of {count}", *both)

    def compare_record(self, table: Table[Any, Any], key: Any, record: Any) -> None:
        """The chain keeps the record that the model wrote."""
        if table.is_code:
            self.compare_code(table, key, record)
            return
        address = self.chain.addresses[table.contract]
        slot = self.slots.first(table, key)
        for index, word in enumerate(self.slots.words(table, record)):
            kept = self.chain.storage(address, slot + index)
            if kept != word:
                place = self.slots.word_name(table, key, index)
                where = f"{place} (slot {slot + index:#x})"
                raise self.difference("slots", where, shown(word), shown(kept))

    def compare_code(self, table: Table[Any, Any], key: int, record: Any) -> None:
        """The code at an address is the record that the model keeps there."""
        expected, found = self.slots.code(record), self.chain.code(key)
        if expected != found:
            place = self.slots.name(table, key)
            raise self.difference("slots", place, expected.hex(), found.hex())

    def compare_view(self, view: Action) -> None:
        """A view says the same on both sides, or refuses for the same reason."""
        predicted = self.predicted(self.model.apply(view))
        observed = self.chain.view(
            view.to, view.function, view.sender, view.now, view.arguments
        )
        if predicted[:2] == observed[:2]:
            return
        place = described(view)
        self.compare_outcomes("views", place, predicted, observed)
        self.compare_returned("views", place, predicted, observed)

    def check_views(self, views: Iterable[Action]) -> None:
        """Compare these views, whatever the last call was."""
        for view in views:
            self.compare_view(view)

    def check_roots(self) -> str:
        """
        Hold the root of every contract's storage against the model's tables.

        Returns `equal`, or `unknown` where the chain has no roots, or `skipped`.
        """
        if "roots" not in self.layers:
            return "skipped"
        self.action = None
        for name, words in self.every_word().items():
            found = self.chain.storage_root(self.chain.addresses[name])
            if found is None:
                return "unknown"
            expected = storage_root(words)
            if expected != found:
                self.check_every_word(name)
                place = f"{name}: the chain keeps a word the model does not know"
                raise self.difference("roots", place, expected.hex(), found.hex())
        for table, key, record in records(self.model):
            if table.is_code:
                self.compare_code(table, key, record)
        return "equal"

    def check_every_word(self, name: str) -> None:
        """Find the word that makes a root differ, if the model knows its place."""
        address = self.chain.addresses[name]
        for table, key, record in records(self.model):
            if table.contract != name or table.is_code:
                continue
            slot = self.slots.first(table, key)
            for index, word in enumerate(self.slots.words(table, record)):
                kept = self.chain.storage(address, slot + index)
                if kept != word:
                    place = self.slots.word_name(table, key, index)
                    raise self.difference("roots", place, shown(word), shown(kept))

    def every_word(self) -> dict[str, dict[int, int]]:
        """All that the model keeps, by contract and slot."""
        return every_word(self.model, self.slots)

    def rebuild(self) -> None:
        """Let a chain that grows with every call begin anew from the model's tables."""
        self.chain.rebuild(
            {
                self.chain.addresses[name]: words
                for name, words in self.every_word().items()
            }
        )

    def finished(self) -> str:
        """The digest of the run, with all that the chain keeps now."""
        for name, words in self.every_word().items():
            address = self.chain.addresses[name]
            slots = sorted(words)
            kept = self.chain.words([(address, slot) for slot in slots])
            for slot, word in zip(slots, kept, strict=True):
                self.digest.add_word(name, slot, word)
        for address in sorted(codes(self.model)):
            self.digest.add_code(address, self.chain.code(address))
        return self.digest.hexdigest()

    def difference(self, layer: str, place: str, model: str, chain: str) -> Difference:
        """What to raise when the two sides disagree."""
        where = place or "the call itself"
        return Difference(
            self.number, self.action, layer, where, model, chain, self.command
        )

    def log_text(self, log: Log) -> str:
        """A log as a person reads it."""
        address, topics, payload = log
        names = {where: name for name, where in self.chain.addresses.items()}
        topics_text = ", ".join(topic.hex() for topic in topics)
        contract = names.get(address, address_text(address))
        return f"{contract} topics [{topics_text}] data {payload.hex()}"


def profile(lockstep: Lockstep, clock: Callable[[], float]) -> dict[str, float]:
    """
    Time the phases of every step from now on; the seconds of each, as they add up.

    Only a lockstep that is profiled pays for it.
    """
    spent: dict[str, float] = {}
    phases = {"model": "apply", "evm": "call", "encode": "predicted"}
    for phase, attribute in {**phases, "compare": "compared"}.items():
        spent[phase] = 0.0
        timed = timing(getattr(lockstep, attribute), phase, spent, clock)
        setattr(lockstep, attribute, timed)
    return spent


def timing(
    function: Callable[..., Any],
    phase: str,
    spent: dict[str, float],
    clock: Callable[[], float],
) -> Callable[..., Any]:
    """`function`, adding the time it takes to its phase."""

    @wraps(function)
    def timed(*arguments: Any) -> Any:
        start = clock()
        try:
            return function(*arguments)
        finally:
            spent[phase] += clock() - start

    return timed


def records(model: Model) -> Iterator[tuple[Table[Any, Any], Any, Any]]:
    """Every record of the model: its table, its key, itself."""
    for table in model.state.tables():
        for key, record in table.items():
            yield table, key, record


def codes(model: Model) -> dict[int, Any]:
    """The records that lie in code, by their addresses."""
    return {key: record for table, key, record in records(model) if table.is_code}


def every_word(model: Model, slots: Slots) -> dict[str, dict[int, int]]:
    """All that the model keeps, by contract and slot."""
    words: dict[str, dict[int, int]] = {name: {} for name in sorted(slots.layouts)}
    for table, key, record in records(model):
        if table.is_code:
            continue
        kept = words[table.contract]
        first = slots.first(table, key)
        for index, word in enumerate(slots.words(table, record)):
            kept[first + index] = word
    return words


def first_difference(one: list[Any], other: list[Any]) -> int:
    """The first place where two lists differ."""
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))


def ending(result: Predicted | Observed) -> str:
    """How a call ended, in words."""
    if result.succeeded:
        return "success"
    halt = result.halt if isinstance(result, Observed) else ""
    if halt:
        return f"halted: {halt}"
    if not result.output:
        return "refused without an error"
    known = ERRORS.get(result.output)
    return f"refused: {known or '0x' + result.output.hex()}"


def shown(word: int) -> str:
    """A word in hexadecimal and as a signed number."""
    signed = word - 2 ** (8 * WORD) if word >> (8 * WORD - 1) else word
    return f"{word:#x} ({signed})"


def described(action: Action) -> str:
    """A call as a person writes it."""
    try:
        named = named_arguments(action).items()
        arguments = ", ".join(f"{name}={value}" for name, value in named)
    except UnknownEntryPoint:
        # What the model does not know can differ all the same.
        arguments = ", ".join(map(str, action.arguments))
    sender = address_text(action.sender)
    call = f"{action.to}.{action.function}({arguments})"
    return f"{call} by {sender} at {action.now}"
