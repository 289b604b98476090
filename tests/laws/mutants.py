"""
Faults in both worlds, the same in each: lockstep cannot see them, a law must. A few can
be in one world only, and say so.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from shutil import copytree
from types import ModuleType
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from evm.chain import Observed
from evm.compile import CONTRACTS
from evm.lockstep import Lockstep
from evm.words import selector
from protocol.trace import entry_point


class Edit(Struct, frozen=True):
    """What a file says, and what it says instead, in one language."""

    old: str
    new: str


class Mutant(Struct, frozen=True):
    """
    A fault: its files, one in each language, and what is changed in them.

    `law` is the code of the law that must not hold any more. `seen_by` are the layers
    of lockstep that see the fault too, because it is in one world only: with them off,
    the law has to. `in_chain` is what no contract can do, done to the chain of a run.
    """

    name: str
    law: str
    python: str
    vyper: str
    in_python: tuple[Edit, ...]
    in_vyper: tuple[Edit, ...]
    seen_by: frozenset[str] = frozenset()
    in_chain: Callable[[Lockstep], None] | None = None


def both(name: str, law: str, file: str, *edits: tuple[str, str]) -> Mutant:
    """A fault that reads the same in both languages."""
    made = tuple(Edit(*edit) for edit in edits)
    return Mutant(name, law, file, file, made, made)


def each(
    name: str, law: str, file: str, python: tuple[str, str], vyper: tuple[str, str]
) -> Mutant:
    """A fault that the two languages write differently."""
    return Mutant(name, law, file, file, (Edit(*python),), (Edit(*vyper),))


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
MUTANTS = (
    each(
        "a wei of the fee is nobody's",
        "A1",
        "trading",
        (
            "to_treasury = charged - to_vault - to_insurance",
            "to_treasury = charged - to_vault - to_insurance - min(charged, 1)",
        ),
        (
            "charged - to_vault - to_insurance, 0",
            "charged - to_vault - to_insurance - min(charged, 1), 0",
        ),
    ),
    Mutant(
        "a transfer makes a little of its own",
        "A2",
        "token",
        "Token",
        (
            Edit(
                "state.balances[sender] -= atoms\n"
                "    state.balances[receiver] += atoms",
                "state.balances[sender] -= atoms\n"
                "    state.balances[receiver] += atoms + 1",
            ),
        ),
        (
            Edit(
                "self.balances[sender] -= atoms\n    self.balances[receiver] += atoms",
                "self.balances[sender] -= atoms\n"
                "    self.balances[receiver] += atoms + 1",
            ),
        ),
    ),
    each(
        "a settled result stays in the sums of its side",
        "A3",
        "settlement",
        (
            "market.add_to_side(state, market_id, is_long, Size(0), -result,",
            "market.add_to_side(state, market_id, is_long, Size(0), Quote(0),",
        ),
        ("held.size > 0, 0, 0 - result, 0)", "held.size > 0, 0, 0, 0)"),
    ),
    each(
        "a closed position keeps what it was bought for",
        "A5",
        "trading",
        (
            "after = Position(Size(0), Quote(0), SizePrice(0))",
            "after = replace(after, funding=SizePrice(0))",
        ),
        ("after = empty(position.Position)", "after.funding = 0"),
    ),
    both(
        "claims are no liability at the vault's higher value",
        "A6",
        "share",
        ("low=longs + shorts + state.open_claims", "low=longs + shorts"),
    ),
    both(
        "the premium is no liability",
        "A7",
        "share",
        ("+ state.open_claims + refund", "+ state.open_claims"),
    ),
    each(
        "who is liquidated keeps the debt",
        "A12",
        "trading",
        (
            "settlement.cover_shortfall(state, holder, risk.insurance, now)\n"
            "    market.update_rates",
            "market.update_rates",
        ),
        (
            "settlement.cover_shortfall(holder, risk.insurance, now)\n"
            "    market.update_rates",
            "market.update_rates",
        ),
    ),
    both(
        "a withdrawal leaves the maintenance margin only",
        "B1",
        "health",
        (
            "least >= standing.initial + risk.reserve",
            "least >= standing.maintenance + risk.reserve",
        ),
    ),
    Mutant(
        "the margin of a trade is checked before its fee",
        "B1",
        "trading",
        "trading",
        (
            Edit(
                "charge_fee(state, holder, charged, params.fee)\n    opened", "opened"
            ),
            Edit(
                "reserve, risk.profit_weight)\n",
                "reserve, risk.profit_weight)\n"
                "    charge_fee(state, holder, charged, params.fee)\n",
            ),
        ),
        (
            Edit("self.charge_fee(holder, charged, params.fee)\n    opened", "opened"),
            Edit(
                "reserve, risk.profit_weight)\n",
                "reserve, risk.profit_weight)\n"
                "    self.charge_fee(holder, charged, params.fee)\n",
            ),
        ),
    ),
    both(
        "a reduction may leave more risk",
        "B2",
        "trading",
        (
            "after.equity * before.maintenance >= before.equity * after.maintenance",
            "after.equity * before.maintenance >= 0",
        ),
    ),
    each(
        "a gain is settled and stays",
        "B5",
        "settlement",
        (
            "take_result(state, holder, market_id, gain)",
            "take_result(state, holder, market_id, Quote(0))",
        ),
        (
            "self.take_result(holder, market_id, gain)",
            "self.take_result(holder, market_id, 0)",
        ),
    ),
    both(
        "a keeper may come below the initial margin",
        "C1",
        "trading",
        (
            "standing.equity < standing.maintenance + risk.reserve",
            "standing.equity < standing.initial + risk.reserve",
        ),
    ),
    each(
        "funding is not in the equity",
        "C2",
        "health",
        (
            "equity=position.profit(held, price.mark, index)",
            "equity=position.profit(Position(held.size, held.quote, 0), price.mark, 0)",
        ),
        (
            "equity=position.profit(held, price.mark, index)",
            "equity=position.profit(position.Position(size=held.size, "
            "quote=held.quote, funding=0), price.mark, 0)",
        ),
    ),
    both(
        "no bucket limits a liquidation",
        "C3",
        "liquidation",
        ("return case.equity < critical", "return case.equity < critical + critical"),
    ),
    both(
        "a liquidation forgets what its keeper takes",
        "C4",
        "liquidation",
        ("target + 2 * case.reserve", "target"),
    ),
    each(
        "the insurance fee is taken from who cannot pay it",
        "C5",
        "trading",
        (
            "insurance_fee = clamp(left, Quote(0), share)",
            "insurance_fee = share",
        ),
        (
            "insurance_fee: int256 = fixed_point.clamp(left, 0, share)",
            "insurance_fee: int256 = share",
        ),
    ),
    both(
        "the reward has no cap",
        "C6",
        "liquidation",
        (
            "rewards.flat + scaled, rewards.least, rewards.most",
            "rewards.flat + scaled, rewards.least, rewards.most + scaled",
        ),
    ),
    each(
        "the vault pays before the insurance fund",
        "C8",
        "settlement",
        (
            "drawn = insurance.draw(state, holder, shortfall, params, now)",
            "drawn = insurance.draw(state, holder, Quote(0), params, now)",
        ),
        (
            "drawn: int256 = insurance.draw(holder, shortfall, params, now)",
            "drawn: int256 = insurance.draw(holder, 0, params, now)",
        ),
    ),
    each(
        "the insurance fund has no window",
        "C9",
        "insurance",
        (
            "min(ledger.load_funds(state).insurance, left)",
            "ledger.load_funds(state).insurance",
        ),
        (
            "min(ledger.load_funds().insurance, left)",
            "ledger.load_funds().insurance",
        ),
    ),
    each(
        "who is short of a wei has whole claims paid",
        "C14",
        "settlement",
        (
            "paid = min(state.claims[holder, market_id], shortfall)\n"
            "        shortfall -= paid",
            "paid = state.claims[holder, market_id]\n"
            "        shortfall = max(Quote(0), shortfall - paid)",
        ),
        (
            "paid: int256 = min(position.claims[holder][market_id], shortfall)\n"
            "        shortfall -= paid",
            "paid: int256 = position.claims[holder][market_id]\n"
            "        shortfall = max(0, shortfall - paid)",
        ),
    ),
    both(
        "the insurance fund pays before the claims",
        "C14",
        "settlement",
        (
            "(current.claims >> market_id) & 1 == 0",
            "(current.claims >> market_id) & 1 <= 1",
        ),
    ),
    each(
        "a claim is paid out of what others owe",
        "C14",
        "ledger",
        ("vault >= load_holdings(state).debt", "vault >= 0"),
        ("vault >= self.load_holdings().debt", "vault >= 0"),
    ),
    both(
        "funding accrues again in the same second",
        "D2",
        "market",
        ("if last.accrued_at == now:", "if last.accrued_at > now:"),
    ),
    both(
        "shorts pay funding where they should receive it",
        "D4",
        "funding",
        (
            "last.short_index + growth - short_growth",
            "last.short_index - growth - short_growth",
        ),
    ),
    Mutant(
        "a new price holds for the time before it",
        "D6",
        "oracle",
        "Oracle",
        (
            Edit(
                "exchange.accrue(state, Call(state.addresses.oracle, call.now), "
                "feed_id)\n",
                "\n",
            ),
        ),
        (Edit("extcall Exchange(EXCHANGE).accrue(feed_id)", "pass"),),
    ),
    Mutant(
        "who enters pays the lower value and who leaves is paid the higher",
        "E1",
        "vault",
        "Vault",
        (
            Edit(
                "shares_for(amount, state.supply[()], nav.high)",
                "shares_for(amount, state.supply[()], nav.low)",
            ),
            Edit(
                "amount_for(shares, state.supply[()], nav.low)",
                "amount_for(shares, state.supply[()], nav.high)",
            ),
        ),
        (
            Edit(
                "share.shares_for(amount, share.supply, nav.high)",
                "share.shares_for(amount, share.supply, nav.low)",
            ),
            Edit(
                "share.amount_for(shares, share.supply, nav.low)",
                "share.amount_for(shares, share.supply, nav.high)",
            ),
        ),
    ),
    each(
        "shares are rounded up",
        "E12",
        "share",
        (
            "mul_div_down(\n        amount, supply + VIRTUAL_SHARES, "
            "max(nav_high, Quote(0)) + Quote(1)\n    )",
            "mul_div_down(\n        amount, supply + VIRTUAL_SHARES, "
            "max(nav_high, Quote(0)) + Quote(1)\n    ) + 1",
        ),
        (
            "amount, supply + VIRTUAL_SHARES, max(nav_high, 0) + 1\n    )",
            "amount, supply + VIRTUAL_SHARES, max(nav_high, 0) + 1\n    ) + 1",
        ),
    ),
    each(
        "there are no virtual shares",
        "E13",
        "share",
        ("amount, supply + VIRTUAL_SHARES,", "amount, supply,"),
        ("amount, supply + VIRTUAL_SHARES,", "amount, supply,"),
    ),
    both(
        "a report is stale at its age limit",
        "F3",
        "feed",
        (
            "report.published_at + params.max_age < now",
            "report.published_at + params.max_age <= now",
        ),
    ),
    both(
        "a price is stale at its age limit",
        "F4",
        "feed",
        (
            "now - price.published_at <= max_age",
            "now - price.published_at < max_age",
        ),
    ),
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
    both(
        "a fill is at the price before it",
        "H1",
        "pricing",
        ("twice_scale + 2 * skew + size_delta", "twice_scale + 2 * skew"),
    ),
    each(
        "the fee is rounded down",
        "H11",
        "fee",
        ("return mul_wad_up(amount, rate)", "return -mul_wad_up(-amount, rate)"),
        (
            "return fixed_point.mul_wad_up(amount, rate)",
            "return 0 - fixed_point.mul_wad_up(0 - amount, rate)",
        ),
    ),
    each(
        "a refusal has a name that is none of the protocol's",
        "I5",
        "trading",
        ("errors.LIMIT_EXCEEDED", repr(NO_NAME)),
        ("errors.LIMIT_EXCEEDED", str(int.from_bytes(selector(f"{NO_NAME}()")))),
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
        "model",
        "",
        (Edit("reversed(journal)", "reversed(journal[1:])"),),
        (),
        in_chain=keep_what_the_model_keeps,
    ),
    Mutant(
        "a refused call is undone from its beginning on",
        "J7",
        "model",
        "",
        (Edit("reversed(journal)", "journal"),),
        (),
        in_chain=keep_what_the_model_keeps,
    ),
    Mutant(
        "the next call tells what a refused one would have",
        "J7",
        "model",
        "",
        (
            Edit(
                "state.logs.clear()\n            return Outcome(str(refusal)",
                "return Outcome(str(refusal)",
            ),
        ),
        (),
        seen_by=frozenset({"logs"}),
    ),
)


def edited(text: str, edit: Edit, place: str) -> str:
    """The text with the edit, which must fit once; line breaks do not matter."""
    pattern = r"\s*".join(map(re.escape, re.findall(r"\w+|[^\w\s]", edit.old)))
    found = list(re.finditer(pattern, text))
    if len(found) != 1:
        raise ValueError(f"{place}: {len(found)} times: {edit.old}")
    start, end = found[0].span()
    new = edit.new
    if edit.old.endswith("\n") and not new.endswith("\n"):
        new += "\n"
    return text[:start] + new.rstrip("\n") + text[end:]


def faulty_contracts(mutant: Mutant, folder: Path) -> Path:
    """A copy of the contracts with the fault in them, if it is theirs."""
    copied = copytree(CONTRACTS, folder / "contracts")
    if not mutant.in_vyper:
        return copied
    path = copied / f"{mutant.vyper}.vy"
    text = path.read_text()
    for edit in mutant.in_vyper:
        text = edited(text, edit, str(path))
    path.write_text(text)
    return copied


@contextmanager
def faulty_model(mutant: Mutant) -> Iterator[None]:
    """
    The model with the fault in it, if it is the model's, wherever the function is known
    by its name.
    """
    if not mutant.in_python:
        yield
        return
    module = import_module(f"protocol.{mutant.python}")
    assert module.__file__ is not None
    source = Path(module.__file__).read_text()
    text = source
    for edit in mutant.in_python:
        text = edited(text, edit, module.__file__)
    before = functions(ast.parse(source))
    after = functions(ast.parse(text))
    changed = [
        (owner, node)
        for (owner, name), node in after.items()
        if ast.dump(node) != ast.dump(before[owner, name])
    ]
    assert changed, mutant.name
    replaced = []
    for owner, node in changed:
        home = vars(module)[owner] if owner else module
        old = vars(home)[node.name]
        new = made(node, module)
        for place in [home, *protocol_modules()]:
            if vars(place).get(node.name) is old:
                setattr(place, node.name, new)
                replaced.append((place, node.name, old))
    entry_point.cache_clear()
    try:
        yield
    finally:
        for place, name, old in replaced:
            setattr(place, name, old)
        entry_point.cache_clear()


def protocol_modules() -> list[ModuleType]:
    """The modules of the model that are loaded."""
    named = list(sys.modules.items())
    return [module for name, module in named if name.startswith("protocol.")]


def functions(tree: ast.Module) -> dict[tuple[str, str], ast.FunctionDef]:
    """The functions of a module by class, if any, and name."""
    found = {}
    for owner in [tree, *tree.body]:
        if isinstance(owner, ast.Module | ast.ClassDef):
            for node in owner.body:
                if isinstance(node, ast.FunctionDef):
                    found[getattr(owner, "name", ""), node.name] = node
    return found


def made(node: ast.FunctionDef, module: ModuleType) -> object:
    """The function, in the namespace of its module."""
    future = ast.parse("from __future__ import annotations").body
    tree = ast.Module(body=[*future, node], type_ignores=[])
    space = dict(vars(module))
    exec(compile(ast.fix_missing_locations(tree), module.__file__ or "", "exec"), space)
    namespace = vars(module)
    function = space[node.name]
    # Its globals are the module's own, so that it sees what else is replaced there.
    replaced = type(function)(
        function.__code__, namespace, function.__name__, function.__defaults__
    )
    replaced.__annotations__ = function.__annotations__
    return replaced
