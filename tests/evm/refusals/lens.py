"""
What the lens does not answer.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol.trace import words_of
from tests.evm.refusals.scene import FIRST, Scene
from tests.genesis import GENESIS


def batch_too_large() -> Scene:
    """Ten markets are 52 words an account, and 22,528 are 433 accounts and 12 words."""
    scene = Scene(genesis=replace(GENESIS, markets=GENESIS.markets * 5))
    scene.must("stranger", "Lens", "state_batch", *words_of([FIRST] * 433))
    scene.call("stranger", "Lens", "state_batch", *words_of([FIRST] * 434))
    return scene
