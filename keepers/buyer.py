"""
Which debts to buy: tokens of every account that owes, who owes most first.

What is worth less than the protocol expects anybody to buy is left; where that is all
there is, the debt is closed. And nobody buys at a mark that is held in its band above
what the token is worth.
"""

from __future__ import annotations

from collections.abc import Iterator

from keepers.watch import Watch
from protocol import market, settlement
from protocol.fixed_point import WAD
from protocol.trace import Action
from protocol.units import Address, Holder


def in_debt(watch: Watch) -> list[Holder]:
    """The accounts that owe so much that the protocol sells, the worst first."""
    found = [(-debt_for_sale(watch, holder), holder) for holder in watch.holders]
    return [holder for owed, holder in sorted(found) if owed < 0]


def debt_for_sale(watch: Watch, holder: Holder) -> int:
    """What an account owes, where its tokens are sold for it."""
    held = watch.state.accounts[holder]
    floor = int(market.load_risk(watch.state).debt.floor) if held.positions else 0
    owed = -int(held.cash)
    return owed if owed > floor else 0


def purchases(watch: Watch, buyer: Address) -> Iterator[Action]:
    """
    The calls that buy what is sold now, as far as the buyer's money reaches, and those
    that close the debts for which there is nothing to buy.

    Each is decided on the state that the one before has left.
    """
    for holder in in_debt(watch):
        for token_id in range(len(watch.tokens)):
            atoms = atoms_for_sale(watch, holder, token_id, buyer)
            if atoms:
                yield Action(
                    "Exchange",
                    "buy_collateral",
                    buyer,
                    int(watch.now),
                    (holder, token_id, atoms),
                )
        if is_hopeless(watch, holder):
            yield Action(
                "Exchange", "cover_shortfall", buyer, int(watch.now), (holder,)
            )


def atoms_for_sale(watch: Watch, holder: Holder, token_id: int, buyer: Address) -> int:
    """
    The most atoms of a token that the protocol sells for the debt of an account, and
    that the buyer can pay; none where they would cost more than they are worth.
    """
    state = watch.state
    if not settlement.has_saleable(state, holder, 1 << token_id):
        return 0
    seen, params = watch.tokens[token_id], watch.token_params(token_id)
    kept = WAD - int(params.discount)
    mark = int(seen.price.mark)
    if not seen.is_fresh or mark * kept > int(seen.price.index) * WAD:
        return 0
    amount = int(state.collaterals[holder, token_id])
    scale = int(10 ** (18 - params.decimals))
    money = min(debt_for_sale(watch, holder), state.quote.balances[buyer] * state.scale)
    if kept == 0:
        return amount // scale if money else 0
    # The protocol rounds up twice. That comes to no more than the money exactly where
    # these, rounded down twice, do not.
    whole = money * WAD // kept
    return min(amount, whole * WAD // mark) // scale


def is_hopeless(watch: Watch, holder: Holder) -> bool:
    """Whether an account without positions owes, and nobody will buy what it has."""
    state = watch.state
    held = state.accounts[holder]
    if held.positions or held.cash >= 0:
        return False
    return not settlement.has_saleable(state, holder, held.tokens)
