"""
H5, C7: two who act as one gain nothing that the price does not give them.

**What is asserted.** Be `d` what a round changes the price by, `K` the size that the
two hold together, `V` that of the only other trader, and `S` the skew scale. What a
fill leaves out of the index is a function of the skew alone, so whoever closes all that
the two hold gets, at that index,

    price * (K + ((K + V)**2 - V**2) / (2 * S))

and one round changes that by `d` times the same sum. All rounds together are what the
path of the price gave them, however well they guessed it. What they take home beyond
it, in tokens, is never positive: each rounding goes against them, fees and funding go
to others, and of a reward or a discount the one pays what the other gets.

**What makes it so.** The price is fair: what is reported holds, for everybody, until
the next round. No round moves it by more than a position has left when its keeper
comes, and the keeper comes before each round, once an hour at least: losses above an
account's equity are borne by others, and no rule prevents that. He settles the orders
that are due as well: within its window, who alone settles an order waits to see whether
he likes the price that it will be filled at. The two come first, if they like. Others
hold nothing while time costs something, since what they owed would be the two's by
right; and while the price moves the two are no providers, since the vault's part in the
move would be theirs. There is no dead zone, inside of which a rate stands still. The
last tests show what the keeper and the zone are worth.

Hypothesis looks for the largest gain, and is told by `target` how far it has come.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import gettempdir

import pytest
from hypothesis import Phase, given, settings, target
from msgspec.structs import replace

from protocol.fixed_point import WAD
from tests.genesis import MARKET
from tests.laws.faults import faulty_model
from tests.laws.mutants import MUTANTS
from tests.stateful.coalition import SCRIPTS, TERMS, Step, Terms, played

# Where the last counterexample goes.
FOLDER = Path(os.environ.get("PERPSPEC_FAILURES", gettempdir()))
# Below a thousand examples `target` has nothing to begin with.
EXAMPLES = {"small": 1_500, "large": 10_000, "night": 100_000}
# In the model alone: there is no chain here.
FAULTS = (
    "a closed position keeps what it was bought for",
    "a gain is settled and stays",
    "shorts pay funding where they should receive it",
    "a new price holds for the time before it",
    "a fill is at the price before it",
    "who is deleveraged is paid the mark",
    "who enters pays the lower value, who leaves is paid the higher: E12",
    "a keeper may take an earlier round",
    "a keeper earns an order's fee twice",
    "an order may take all the cash of its account",
)


def search(examples: int, phases: tuple[Phase, ...]) -> int:
    """The largest gain that is found, in wads; a gain above zero fails."""
    best = -(10**60)

    @settings(max_examples=examples, phases=phases)
    @given(terms=TERMS, script=SCRIPTS)
    def gain(terms, script) -> None:
        nonlocal best
        made = played(terms, script)
        profit = made.profit()
        best = max(best, profit)
        target(profit / WAD, label="profit")
        if profit > 0:
            path = FOLDER / "perpspec-coalition.jsonl"
            command = made.dump(path)
            raise AssertionError(f"gained {profit / WAD}; to replay it: {command}")

    gain()
    return best


def test_two_who_act_as_one_gain_nothing() -> None:
    examples = EXAMPLES[os.environ.get("PERPSPEC_SIZE", "small")]
    best = search(examples, (Phase.generate, Phase.target, Phase.shrink))
    print(f"the largest gain of {examples} coalitions: {best / WAD}")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_lets_two_gain(name) -> None:
    (mutant,) = [each for each in MUTANTS if each.name == name]
    with faulty_model(mutant), pytest.raises(AssertionError, match="gained"):
        search(1_500, (Phase.generate, Phase.target))


def test_inside_a_dead_zone_a_rate_stands_still_and_pays() -> None:
    """
    Who winds the rate up for a day, and turns round within the dead zone, is paid by
    the vault for as long as he stays. Without one the rate turns round with him.
    """
    size = MARKET.limits.max_size
    terms = Terms(
        is_free=False,
        is_still=True,
        victim=0,
        factor=2**95 - 1,
        cash=200_000,
        weth=0,
        opened=(1_000, 0),
        keeper="keeper",
    )
    script = [
        Step("wait", 0, 240),
        Step("reduce", 0, 1_000),
        Step("sell", 0, 990),
        *[Step("wait", 0, 1_000)] * 5,
    ]
    assert played(terms, script).profit() < 0
    with_zone = replace(terms, dead_zone=size * 995 // 1_000)
    assert played(with_zone, script).profit() > 1_000 * WAD


def test_who_alone_settles_an_order_sees_the_price_first() -> None:
    """
    One buys by an order, and its round comes. Until the window closes his ally fills
    it, if the price has risen since, or lets it be, if it has fallen; the fee is his.
    Where somebody else settles what is due there is nothing to choose.
    """
    waits = Terms(
        is_free=False,
        is_still=False,
        victim=0,
        factor=2**95 - 1,
        cash=200_000,
        weth=0,
        opened=(0, 0),
        keeper="ally_2",
        delay=10,
    )
    ordered = [Step("buy", 0, 1_000), Step("wait", 0, 1)]
    rises = [*ordered, Step("move", 0, 1_000), Step("fill", 0, 1)]
    falls = [*ordered, Step("move", 0, 1), Step("expire", 0, 1)]
    for script in (rises, falls):
        assert played(waits, script).profit() < 0
    alone = replace(waits, is_alone=True)
    assert played(alone, rises).profit() > 20_000 * WAD
    assert played(alone, falls).profit() == 0
