"""
Tokens that back accounts: refused as collateral, or in a sale.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from protocol.collateral import FIRST_FEED, DebtParams
from protocol.fixed_point import WAD
from protocol.trace import words_of
from tests.evm.refusals.scene import ETH, FIRST, SOME, Scene, ready
from tests.evm.story import ATOMS
from tests.genesis import ACTORS, COLLATERAL, FEED, GENESIS, REPORTERS, RISK


def one_token(
    change: Callable[[Scene], dict[str, object]], token_id: int = 0
) -> Callable[[], Scene]:
    """A refusal of a token's parameters; the first trader has brought one of it."""

    def reached() -> Scene:
        scene = ready()
        scene.must("trader_1", "Exchange", "deposit_collateral", FIRST, 0, 10**8)
        own = scene.pair.chain.addresses["Token1"]
        params = replace(COLLATERAL[0].params, **{"token": own, **change(scene)})
        scene.call("owner", "Governor", "set_collateral", token_id, *words_of(params))
        return scene

    return reached


def without_bound(scene: Scene) -> dict[str, object]:
    """A cap that at the highest price of its feed is worth too much."""
    places = [ACTORS[name] for name in REPORTERS] + [0] * (7 - len(REPORTERS))
    words = words_of(replace(FEED, ceiling_price=10**9 * WAD))
    scene.must("owner", "Governor", "set_feed", FIRST_FEED, *words, *places)
    return {"cap": 2**95 - 1}


def too_many_decimals() -> Scene:
    """The genesis would let a token of 19 decimals be collateral."""
    token = replace(COLLATERAL[0], decimals=19)
    return Scene(genesis=replace(GENESIS, collateral=(token,)))


def in_debt(tokens: int = 10**8) -> Scene:
    """The first trader has a token, lost what was settled, and has no cash."""
    scene = ready()
    scene.price(FIRST_FEED, 2_000 * WAD)
    for token_id, atoms in ((0, tokens), (1, 10**22)):
        scene.price(FIRST_FEED + 1, WAD)
        scene.must("trader_1", "Exchange", "deposit_collateral", FIRST, token_id, atoms)
    scene.must("trader_1", "Exchange", "withdraw", FIRST, 10_000 * ATOMS, SOME)
    scene.traded(FIRST, ETH, 30 * WAD)
    scene.price(ETH, 1_900 * WAD)
    scene.must("keeper", "Exchange", "settle", FIRST, ETH)
    return scene


def sale_too_large() -> Scene:
    """Ten thousand of a token worth one, for a debt of three."""
    scene = in_debt()
    scene.call("keeper", "Exchange", "buy_collateral", FIRST, 1, 10**22)
    return scene


def debt_too_large() -> Scene:
    """The limit is lowered to nothing, and more is bought."""
    scene = in_debt()
    risk = replace(RISK, debt=DebtParams(floor=0, most=0))
    scene.must("owner", "Governor", "set_risk", *words_of(risk))
    scene.trade(FIRST, ETH, WAD)
    return scene
