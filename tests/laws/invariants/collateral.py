"""
K: tokens that back accounts.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import health, market
from protocol.backing import Standing
from protocol.collateral import CollateralSeized
from protocol.fixed_point import WAD
from protocol.insurance import InsuranceDrawn
from protocol.resolution import CollateralBought
from protocol.settlement import BadDebt
from protocol.unwinding import Liquidated
from tests.laws.invariants.call import Call
from tests.laws.invariants.measures import put_back, up
from tests.laws.invariants.registry import law, trial


@law
def fair_sale(call: Call) -> None:
    """
    K1: a token is sold to pay a debt and for no more than it, at the mark less the
    discount or dearer; what the buyer pays is the account's cash.
    """
    state = call.world.state
    for event in call.events(CollateralBought):
        holder, number = event.holder, event.token_id
        was, now = call.row("accounts", holder), state.accounts[holder]
        allowed = market.load_risk(state).debt.floor if was.positions else 0
        assert was.cash < -allowed, was
        token = state.codes[state.collateral_params[number]]
        sold = event.atoms * 10 ** (18 - token.decimals)
        mark = market.price_of(state, 16 + number).mark
        cost = up(up(sold, mark), WAD - token.discount)
        paid = event.paid * state.scale
        assert cost <= -was.cash, (cost, was)
        assert cost <= paid < cost + state.scale, (cost, paid)
        assert event.cash == was.cash + paid, (event, was)
        assert now.cash >= event.cash, (event, now)


@law
def seized_dust(call: Call) -> None:
    """
    K2: tokens are seized only where each is worth less than anybody would buy, of who
    had no position and owed; the debt is gone with them.
    """
    state = call.world.state
    for event in call.events(CollateralSeized):
        token = state.codes[state.collateral_params[event.token_id]]
        mark = market.price_of(state, 16 + event.token_id).mark
        assert event.amount * mark // WAD < token.least_value, event
        account = state.accounts[event.holder]
        assert (account.cash, account.positions, account.tokens) == (0, 0, 0), account


def is_saleable(call: Call, holder: int) -> bool:
    """Whether an account has a token that somebody may be expected to buy."""
    state = call.world.state
    for number in range(4):
        if state.accounts[holder].tokens >> number & 1:
            token = state.codes[state.collateral_params[number]]
            mark = market.price_of(state, 16 + number).mark
            if state.collaterals[holder, number] * mark // WAD >= token.least_value:
                return True
    return False


@law
def sold_before_others_pay(call: Call) -> None:
    """
    K3: for who has a token that somebody may buy, neither insurance nor vault pays a
    debt; insurance may pay its keeper.
    """
    for event in call.events(InsuranceDrawn):
        rewards = sum(each.reward for each in call.events(Liquidated))
        assert event.amount <= rewards or not is_saleable(call, event.holder), event
    for event in call.events(BadDebt):
        assert not is_saleable(call, event.holder), event


@law
def debt_limit(call: Call) -> None:
    """K4: nobody takes more risk with a debt above the limit."""
    if call.trade is None:
        return
    state = call.world.state
    key = call.trade.holder, call.trade.market_id
    was = call.row("positions", key).size
    size = state.positions[key].size
    if abs(size) < abs(was) and size * was >= 0:
        return
    most = market.load_risk(state).debt.most
    assert state.accounts[key[0]].cash >= -most, state.accounts[key[0]]


@trial
def gift(call: Call) -> None:
    """
    B6: whatever of a token is brought to an account makes it strictly worth no less,
    and changes nobody else's equity.
    """
    if not call.ok or call.action.function != "deposit_collateral":
        return
    world, state, now = call.world, call.world.state, call.action.now
    holder, number, atoms = call.action.arguments
    others = [each for each in state.accounts if each != holder]

    def worth(each: int) -> Standing:
        return health.standing_of(state, each, False, now)

    then, was = worth(holder), [worth(each).equity for each in others]
    try:
        # As much again, and all that there is room for.
        token = state.codes[state.collateral_params[number]]
        room = (token.cap - state.totals[number]) // 10 ** (18 - token.decimals)
        for more in (atoms, room - atoms):
            again = replace(call.action, arguments=(holder, number, more))
            if world.model.apply(again).error is not None:
                continue
            # Each of its tokens is rounded down once more.
            assert worth(holder).certain >= then.certain - 4, (then, more)
            assert [worth(each).equity for each in others] == was, more
    finally:
        put_back(state, call.after.tables)
