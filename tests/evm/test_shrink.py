"""
A trace that fails is made shorter, and goes on failing in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

from evm.compile import compile_contracts
from evm.replay import replay
from evm.shrink import kind_of, shortest, shrink
from protocol.trace import Trace
from tests.evm.story import story
from tests.genesis import GENESIS
from tests.laws.faults import Edit, Mutant, faulty_model

STORY = Trace(GENESIS, list(story()), None, True)
# Who trades pays a wei more, in the model alone.
DEARER = Mutant(
    "",
    "",
    "fee",
    "",
    (Edit("return mul_wad_up(amount, rate)", "return mul_wad_up(amount, rate) + 1"),),
    (),
)


def test_what_is_left_is_the_least_that_fails() -> None:
    tries = 0

    def fails(items: Sequence[int]) -> bool:
        nonlocal tries
        tries += 1
        return 17 in items and 411 in items

    assert shortest(range(1_000), fails) == [17, 411]
    assert tries < 60


def test_what_fails_without_anything_is_nothing() -> None:
    assert shortest(range(100), lambda items: True) == []


def test_the_shortest_so_far_is_kept_when_it_is_stopped() -> None:
    seen: list[int] = []

    def goes_on(left: int, tries: int) -> bool:
        seen.append(left)
        return tries < 4

    left = shortest(range(1_000), lambda items: 411 in items, goes_on)
    assert 411 in left
    assert 1 < len(left) < 1_000
    assert seen[0] == 1_000
    assert len(seen) == 5


def test_a_difference_needs_few_calls() -> None:
    with faulty_model(DEARER):
        whole = replay(STORY, "revm").differences[0]
        found = shrink(STORY, "revm")
        assert found is not None
        short = Trace(GENESIS, found.actions, None, True)
        again = replay(short, "revm").differences[0]
    assert kind_of(again) == kind_of(found.difference) == kind_of(whole)
    assert kind_of(again)[1] == "Exchange.trade"
    assert len(found.actions) < len(STORY.actions) // 2
    # None can be spared.
    compiled = compile_contracts()
    for place in range(len(found.actions)):
        fewer = found.actions[:place] + found.actions[place + 1 :]
        with faulty_model(DEARER):
            result = replay(
                Trace(GENESIS, fewer, None, True), "revm", contracts=compiled
            )
        assert not result.differences or kind_of(result.differences[0]) != kind_of(
            whole
        )
    assert not replay(short, "revm").differences


def test_where_nothing_differs_nothing_is_left_out() -> None:
    assert shrink(STORY, "revm") is None
