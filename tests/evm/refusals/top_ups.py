"""
Scenes in which an order to top up an account is refused, or its use.
"""

from __future__ import annotations

from collections.abc import Callable

from protocol.fixed_point import WAD
from tests.evm.refusals.scene import ETH, FIRST, Scene, opened
from tests.evm.story import ATOMS
from tests.genesis import ACTORS

SAVINGS = FIRST | 1
ORDER = (1_000 * ATOMS, 10 * ATOMS, ATOMS, 60, 0)


def one_top_up(source: int) -> Callable[[], Scene]:
    """An order of the first trader out of an account."""

    def scene() -> Scene:
        made = opened()
        made.call("trader_1", "TopUps", "set_order", FIRST, source, *ORDER)
        return made

    return scene


def top_up_too_early() -> Scene:
    """The account has been topped up, and falls again at once."""
    scene = opened()
    top_ups = scene.pair.chain.addresses["TopUps"]
    scene.must("trader_1", "Exchange", "set_operator", top_ups, 1)
    scene.must("trader_1", "Exchange", "deposit", SAVINGS, 5_000 * ATOMS)
    scene.must("trader_1", "TopUps", "set_order", FIRST, SAVINGS, *ORDER)
    for _ in range(2):
        whole = scene.pair.model.view("Lens", "statement_of", scene.now, FIRST)
        scene.price(ETH, whole.lines[ETH].liquidation_price + WAD)
        scene.call("keeper", "TopUps", "execute", FIRST)
    return scene


OF_ANOTHER = ACTORS["trader_2"] << 96
