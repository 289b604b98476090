"""
Somebody asks the rules what the book asks them, or something like it.
"""

from __future__ import annotations

from typing import Any

from protocol import market
from protocol.trace import words_of
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import (
    MOST_INT,
    SIDES,
    any_market,
    any_sender,
    held_or_any,
)
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.world import World


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
        "exposure": (held, last, book, price, choose.integer(0, 1), world.now),
        "terms": (book, price, held.size, delta, limit, world.now),
        "result": (held, last.long_index, price, world.now),
    }
    if held.size != 0:
        standing = world.standing(holder)
        questions["closing"] = (
            held.size,
            standing,
            market.load_risk(state),
            choose.integer(0, 1),
            book,
            price,
            market.load_bucket(state, market_id),
            world.now,
        )
    name = choose.pick(sorted(questions))
    sender = any_sender(world, choose)
    yield world.by(sender, "Rules", name, *words_of((code, *questions[name])))
