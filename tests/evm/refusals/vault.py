"""
Requests and redemptions that are refused.
"""

from __future__ import annotations

from protocol.fixed_point import WAD
from tests.evm.refusals.scene import ETH, FIRST, SECOND, VAULT, Scene, opened, ready
from tests.evm.story import ATOMS
from tests.genesis import ACTORS, FEED


def redeeming(scene: Scene) -> Scene:
    """The provider asks for all that it has given."""
    shares = scene.pair.model.state.shares[ACTORS["provider"]]
    scene.must("provider", "Vault", "request_redeem", shares, 0)
    return scene


def reserve_too_small() -> Scene:
    """The vault must cover what is open."""
    scene = redeeming(opened())
    scene.execute(2)
    return scene


def request_too_early() -> Scene:
    """A second more, and it could be executed, had there been a price in it."""
    scene = redeeming(opened())
    scene.now += VAULT.delay - 1
    scene.price(ETH, 2_000 * WAD)
    scene.call("keeper", "Vault", "execute", 2)
    return scene


def request_still_open() -> Scene:
    """In the last second of its window it is not given back yet."""
    scene = redeeming(ready())
    scene.now += VAULT.delay + VAULT.window
    scene.call("keeper", "Vault", "return_request", 2)
    return scene


def request_too_late() -> Scene:
    """A second later it is not executed any more."""
    scene = redeeming(ready())
    scene.now += VAULT.delay + VAULT.window + 1
    scene.call("keeper", "Vault", "execute", 2)
    return scene


def request_unknown() -> Scene:
    """What was executed is not executed again."""
    scene = redeeming(ready())
    scene.now += VAULT.delay + 1
    scene.must("keeper", "Vault", "execute", 2)
    scene.call("keeper", "Vault", "execute", 2)
    return scene


def vault_quarantined() -> Scene:
    """The vault has just paid for an account that could not."""
    scene = Scene()
    scene.must("provider", "Vault", "request_deposit", 10**6 * ATOMS, 1)
    scene.now += VAULT.delay + 1
    scene.must("keeper", "Vault", "execute", 1)
    scene.price(ETH, 2_000 * WAD)
    scene.must("trader_1", "Exchange", "deposit", FIRST, 10_000 * ATOMS)
    scene.traded(FIRST, ETH, 30 * WAD)
    scene.price(ETH, 1_550 * WAD)
    scene.must("keeper", "Exchange", "liquidate", FIRST, ETH)
    redeeming(scene).execute(2)
    return scene


def vault_too_small() -> Scene:
    """There is nothing from which a gain could be paid, though no cap stops it."""
    scene = ready(provided=0)
    scene.set_market(payout={"factor": 2**95 - 1})
    scene.traded(SECOND, ETH, WAD)
    scene.price(ETH, 2_200 * WAD)
    # A gain counts at the average too, which follows.
    scene.now += FEED.averaging_time
    scene.price(ETH, 2_200 * WAD)
    scene.call("trader_2", "Exchange", "settle", SECOND, ETH)
    return scene


def vault_shut() -> Scene:
    """Traders have gained more than the market would pay them."""
    scene = ready(provided=0)
    scene.traded(SECOND, ETH, WAD)
    scene.price(ETH, 2_200 * WAD)
    scene.must("provider", "Vault", "request_deposit", 10**6, 0)
    scene.execute(1)
    return scene


def vault_underwater() -> Scene:
    """
    The gains of traders are more than the vault has, and no cap shuts it, so a share is
    worth nothing.
    """
    scene = ready(provided=0)
    scene.set_market(payout={"factor": 2**95 - 1})
    scene.traded(SECOND, ETH, WAD)
    scene.price(ETH, 2_200 * WAD)
    scene.must("provider", "Vault", "request_deposit", 10**6, 0)
    scene.execute(1)
    return scene
