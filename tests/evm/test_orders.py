"""
What only a chain can do to an order: give its settlement too little gas.
"""

from __future__ import annotations

from evm import revm
from evm.encoding import ERRORS
from protocol import errors
from tests.evm.refusals.orders import due, last_round
from tests.evm.refusals.scene import FIRST
from tests.genesis import ACTORS


def test_too_little_gas_never_uses_an_order_up(monkeypatch) -> None:
    """With whatever gas a keeper comes, the order is filled, or it stays as it is."""
    scene = due()
    words = (FIRST, 0, last_round(scene))
    endings = []
    for gas in range(60_000, 420_000, 1_500):
        monkeypatch.setattr(revm, "GAS_LIMIT", gas)
        done = scene.pair.chain.view(
            "Orders", "settle", ACTORS["keeper"], scene.now, words
        )
        if done.succeeded:
            assert int.from_bytes(done.output, "big") == 1, gas
        endings.append(done.succeeded or ERRORS.get(done.output))
    assert endings == sorted(endings, key=lambda each: each is True)
    assert set(endings) == {True, None, errors.NO_ANSWER}
