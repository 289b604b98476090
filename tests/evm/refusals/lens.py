"""
What the lens does not answer.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol.trace import words_of
from tests.evm.refusals.scene import FIRST, Scene
from tests.genesis import GENESIS


def batch_too_large() -> Scene:
    """Ten markets are 53 words an account, and 23,040 are 434 accounts and 38 words."""
    scene = Scene(genesis=replace(GENESIS, markets=GENESIS.markets * 5))
    scene.must("stranger", "Lens", "state_batch", *words_of([FIRST] * 434))
    scene.call("stranger", "Lens", "state_batch", *words_of([FIRST] * 435))
    return scene
