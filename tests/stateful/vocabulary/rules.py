"""
Somebody asks the rules what the book asks them, or something like it.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from protocol import market
from protocol.backing import NO_WORTH, Worth
from protocol.collateral import FIRST_FEED, MAX_TOKENS
from protocol.fixed_point import WAD
from protocol.lens import together
from protocol.liquidation import NO_WHOLE
from protocol.rules import Portfolio, Terms
from protocol.trace import words_of
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_INT,
    MOST_UINT,
    SIDES,
    amount,
    any_market,
    any_sender,
    held_or_any,
)
from tests.stateful.vocabulary.collateral import any_token
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World

SOME_TERMS = Terms(2_000 * WAD, WAD, 0, 0)


@rule(4)
def ask(world: World, choose: Choices) -> Calls:
    """A question about a market as it is, or of one that is none."""
    state = world.state
    holder, market_id = held_or_any(world, choose)
    if choose.chance(40):
        market_id = any_market(world, choose)
    held = state.positions[holder, market_id]
    code = state.market_params[market_id]
    price = market.price_of(state, market_id)
    last = market.load_funding(state, market_id)
    book = market.load_book(state, market_id)
    delta = choose.pick(SIDES) * choose.integer(1, 10**21)
    if held.size != 0 and choose.chance(50):
        delta = -held.size * choose.integer(1, 100) // 100
    limit = choose.pick((MOST_INT, 0, price.index))
    questions: dict[str, tuple[Any, ...]] = {
        "accrued": (last, book, price, world.now),
        "lent": (last, book, price.index, state.funds[()].vault),
        "refunded": (last, book, price.mark),
        "final_price": (price, world.now),
        "is_valid": (price, world.now),
        "exposure": (held, last, book, price, choose.integer(0, 1), world.now),
        "terms": (
            book,
            price,
            held.size,
            delta,
            limit,
            choose.integer(0, 1),
            world.now,
        ),
        "extended": (held, last, book, price, delta, SOME_TERMS, world.now),
        "result": (held, last.long_index, price, world.now),
        "settled": (
            market.state_of(state, market_id),
            price,
            state.funds[()].vault,
            amount(choose, state.claims[holder, market_id], 10**24),
            amount(choose, 10**21, 10**24),
            world.now,
        ),
    }
    questions["deleveraged"] = (
        market.state_of(state, market_id),
        held,
        amount(choose, 10**21, 10**24),
        price,
        state.funds[()].vault,
        market.load_opening(state, market_id),
        choose.integer(0, 10**21),
        world.now,
    )
    held_together = together(state, holder, state.accounts[holder], world.now)
    others = Portfolio(NO_WORTH, held_together.sums)
    questions["joined"] = (
        held,
        last,
        book,
        price,
        choose.integer(0, 1),
        world.now,
        others,
    )
    if held.size != 0:
        standing = world.standing(holder)
        questions["closing"] = (
            held.size,
            standing,
            market.load_risk(state),
            state.accounts[holder],
            book,
            price,
            market.load_bucket(state, market_id),
            choose.pick((0, 0, WAD // 3)),
            world.now,
        )
        questions["gathered"] = (
            held.size,
            book,
            price,
            market.load_bucket(state, market_id),
            NO_WHOLE,
            world.now,
        )
        questions["called"] = (
            held.size,
            standing,
            market.load_risk(state),
            state.accounts[holder],
            price,
            world.now,
        )
    name = choose.pick(sorted(questions))
    sender = any_sender(world, choose)
    yield world.by(sender, "Rules", name, *words_of((code, *questions[name])))


@rule(1)
def ask_of_portfolio(world: World, choose: Choices) -> Calls:
    """What the positions of an account come to together, and how much is closed."""
    state = world.state
    holder, _ = held_or_any(world, choose)
    joined = together(state, holder, state.accounts[holder], world.now)
    standing = world.standing(holder)
    worth = Worth(standing.equity, standing.certain, standing.gains)
    whole = Portfolio(worth, joined.sums)
    code = choose.pick((state.risk_params[()],) * 9 + (0,))
    sender = any_sender(world, choose)
    yield world.by(sender, "Rules", "margined", *words_of((code, whole, joined.legs)))
    whole = replace(
        NO_WHOLE,
        notional=joined.sums.maintenance_value,
        cost=standing.maintenance * choose.integer(0, 120) // 100,
        held_back=WAD * choose.integer(0, 10) // 10,
        least_value=choose.pick((1, 50 * WAD)),
        target_ratio=WAD * choose.integer(10, 20) // 10,
        critical_fraction=WAD * choose.integer(1, 10) // 10,
    )
    risk, current = market.load_risk(state), state.accounts[holder]
    arguments = (whole, standing, risk, current, world.now)
    yield world.by(sender, "Rules", "closing_part", *words_of(arguments))


@rule(2)
def ask_of_token(world: World, choose: Choices) -> Calls:
    """A question about a token as it is, or of one that is none."""
    state = world.state
    token_id = any_token(world, choose)
    code = state.collateral_params[token_id]
    price = market.price_of(state, FIRST_FEED + min(token_id, MAX_TOKENS))
    some = choose.integer(0, 10**21)
    name, arguments = choose.pick(
        (
            ("asset", (amount(choose, some, MOST_UINT),)),
            (
                "worth",
                (
                    some,
                    state.totals[token_id],
                    price,
                    choose.integer(0, 1),
                    world.now,
                ),
            ),
            ("is_sure", (price, world.now)),
            ("is_saleable", (some, price.mark)),
            ("sale_price", (some, price, world.now)),
        )
    )
    sender = any_sender(world, choose)
    yield world.by(sender, "Rules", name, *words_of((code, *arguments)))
