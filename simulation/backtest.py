"""
How a value at risk fares on prices that it was not taken from.

The prices that are held out come after those that the margins are from. Each side has
a value at risk, and its losses exceed that in some windows. Windows that overlap share
their losses, and would be called dependent for that alone, so only windows that lie
apart are tested.

Two tests, each by a ratio of likelihoods, which for many windows is chi-squared with
one degree of freedom where nothing is wrong:

- of the frequency: is it what the level says? P. H. Kupiec, "Techniques for verifying
  the accuracy of risk measurement models", Journal of Derivatives 3 (1995), 73-84;
- of independence: is a loss beyond as likely after another as after none? P. F.
  Christoffersen, "Evaluating interval forecasts", International Economic Review 39
  (1998), 841-862. A pair of windows counts where one begins as the other ends.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import log

from msgspec import Struct
from scipy.stats import chi2

from protocol.fixed_point import WAD
from protocol.units import Ratio
from simulation.windows import SIDES, Window

# How unlikely what was seen must be for a test to reject.
SIGNIFICANCE = 0.05


class SideTest(Struct, frozen=True):
    """How often a side lost more than its value at risk, and if that can be chance."""

    side: str
    value_at_risk: Ratio
    windows: int
    exceeded: int
    expected: float
    frequency: float
    # Nothing can be told of losses that never, or always, were beyond.
    independence: float | None

    @property
    def is_too_often(self) -> bool:
        """Whether it lost more than that more often than chance explains."""
        return self.exceeded > self.expected and self.frequency < SIGNIFICANCE

    @property
    def comes_in_clusters(self) -> bool:
        """Whether one such loss tells of the next."""
        return self.independence is not None and self.independence < SIGNIFICANCE


def fared(
    side: str, value_at_risk: Ratio, apart: list[Window], level: Ratio
) -> SideTest:
    """How a side fared in windows that lie apart."""
    beyond = [SIDES[side](window) > value_at_risk for window in apart]
    pairs = Counter(
        (first, second)
        for (before, first), (after, second) in pairwise(
            zip(apart, beyond, strict=True)
        )
        if before.end.time == after.start.time
    )
    rate, exceeded = (WAD - int(level)) / WAD, sum(beyond)
    return SideTest(
        side=side,
        value_at_risk=value_at_risk,
        windows=len(apart),
        exceeded=exceeded,
        expected=len(apart) * rate,
        frequency=frequency_test(exceeded, len(apart), rate),
        independence=independence_test(pairs),
    )


def frequency_test(exceeded: int, windows: int, rate: float) -> float:
    """How likely a frequency at least so unlike the rate is, if that is the rate."""
    within = windows - exceeded
    free = likelihood(exceeded, within, exceeded / windows)
    return p_value(free - likelihood(exceeded, within, rate))


def independence_test(pairs: Counter[tuple[bool, bool]]) -> float | None:
    """How likely such pairs of windows are, if what comes first tells nothing."""
    after_none = pairs[False, True], pairs[False, False]
    after_one = pairs[True, True], pairs[True, False]
    both = after_none[0] + after_one[0], after_none[1] + after_one[1]
    if not sum(after_none) or not sum(after_one) or not all(both):
        return None
    free = sum(
        likelihood(*each, each[0] / sum(each)) for each in (after_none, after_one)
    )
    return p_value(free - likelihood(*both, both[0] / sum(both)))


def likelihood(hits: int, misses: int, rate: float) -> float:
    """The logarithm of the likelihood of hits and misses at a rate."""
    counted = ((hits, rate), (misses, 1 - rate))
    return sum(count * log(chance) for count, chance in counted if count)


def p_value(gain: float) -> float:
    """How likely such a gain in likelihood, by one parameter set free, is by chance."""
    return float(chi2.sf(2 * max(gain, 0.0), df=1))
