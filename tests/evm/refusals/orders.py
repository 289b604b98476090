"""
Scenes in which an order is refused, or what somebody would do with one.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from protocol.fixed_point import WAD
from protocol.parameters import HALTED
from protocol.trace import words_of
from tests.evm.refusals.scene import ETH, FIRST, Scene, opened, ready
from tests.genesis import ACTORS, RISK

DELAY = 12
FEE = RISK.order.least_fee
BUY = (ETH, WAD, 3_000 * WAD, 0, FEE)
SELL = (ETH, -WAD, 0, 1, FEE)
STOP_AT = 1_990 * WAD
STOP = (*SELL, STOP_AT + WAD, 0)


def waiting(scene: Scene) -> Scene:
    """Whoever trades has to wait."""
    risk = replace(RISK, order=replace(RISK.order, delay=DELAY))
    scene.must("owner", "Governor", "set_risk", *words_of(risk))
    return scene


def committed() -> Scene:
    """The first trader has a position, and will sell one of it."""
    scene = waiting(opened())
    scene.must("trader_1", "Orders", "commit", FIRST, 0, *SELL)
    return scene


def due() -> Scene:
    """A round has been published since that is due, the fourth of its market."""
    scene = committed()
    scene.now += DELAY
    scene.price(ETH, 2_000 * WAD)
    return scene


def last_round(scene: Scene) -> int:
    """The number of the newest round."""
    return scene.pair.model.state.heads[ETH].rounds - 1


def lapsed() -> Scene:
    """Nobody has settled it in time."""
    scene = due()
    scene.now += RISK.order.window + DELAY
    return scene


def one_order(*words: int) -> Callable[[], Scene]:
    """An order of who has no position."""

    def scene() -> Scene:
        made = ready()
        made.call("trader_1", "Orders", "commit", FIRST, 0, *words)
        return made

    return scene


def settled(start: Callable[[], Scene], later: int = 0) -> Callable[[], Scene]:
    """A keeper settles an order by the newest round, or by one after or before it."""

    def scene() -> Scene:
        made = start()
        number = last_round(made) + later
        made.call("keeper", "Orders", "settle", FIRST, 0, number)
        return made

    return scene


def placed() -> Scene:
    """The first trader sells one once the price is lower."""
    scene = opened()
    scene.must("trader_1", "Orders", "place", FIRST, 0, *STOP)
    return scene


def crossed() -> Scene:
    """And it is."""
    scene = placed()
    scene.price(ETH, STOP_AT)
    return scene


def armed() -> Scene:
    """And a keeper has seen it."""
    scene = crossed()
    scene.must("keeper", "Orders", "arm", FIRST, 0)
    return scene


def two_rounds() -> Scene:
    """And another round after it."""
    scene = due()
    scene.price(ETH, 2_000 * WAD)
    return scene


def dead() -> Scene:
    """The account was liquidated meanwhile."""
    scene = committed()
    scene.now += DELAY
    scene.price(ETH, 1_750 * WAD)
    scene.must("keeper", "Exchange", "liquidate", FIRST, ETH)
    return scene


def called(
    start: Callable[[], Scene], name: str, function: str, *words: int
) -> Callable[[], Scene]:
    """What somebody does with the order of the first trader."""

    def scene() -> Scene:
        made = start()
        made.call(name, "Orders", function, FIRST, 0, *words)
        return made

    return scene


def order_pending() -> Scene:
    """Something is taken out."""
    scene = committed()
    scene.call("trader_1", "Exchange", "withdraw", FIRST, 1, ACTORS["trader_1"])
    return scene


def only_by_order() -> Scene:
    """Somebody trades at once."""
    scene = waiting(ready())
    scene.trade(FIRST, ETH, WAD)
    return scene


def through_zero() -> Scene:
    """An order would turn a position over."""
    scene = opened()
    scene.call("trader_1", "Orders", "commit", FIRST, 0, ETH, -31 * WAD, 0, 0, FEE)
    return scene


def order_in_halted_market() -> Scene:
    """Nothing is committed where nothing is traded."""
    scene = opened()
    scene.set_market(limits={"mode": HALTED})
    scene.call("trader_1", "Orders", "commit", FIRST, 0, *SELL)
    return scene
