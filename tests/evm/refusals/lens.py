"""
What the lens does not answer.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol.trace import words_of
from tests.evm.refusals.scene import FIRST, Scene
from tests.genesis import GENESIS


def batch_too_large() -> Scene:
    """Ten markets are 51 words an account, and 22,016 are 431 accounts and 35 words."""
    scene = Scene(genesis=replace(GENESIS, markets=GENESIS.markets * 5))
    scene.must("stranger", "Lens", "state_batch", *words_of([FIRST] * 431))
    scene.call("stranger", "Lens", "state_batch", *words_of([FIRST] * 432))
    return scene
