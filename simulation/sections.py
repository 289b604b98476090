"""
The tables of a scenario: their keys, and what each of them may hold.

The tables of parameters come from `protocol/`, see `simulation.parameters`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, StrictBool

from protocol.fixed_point import WAD
from protocol.quorum import MAX_REPORTERS
from simulation.parameters import (
    DAILY,
    DURATION,
    QUOTE,
    RATIO,
    Range,
    RangeReader,
    Reader,
    Section,
    as_amount,
    as_count,
    as_duration,
    as_ratio,
)
from simulation.prices import Bar
from simulation.quantities import format_duration, parse_moment

MAX_AGENTS = 1_000_000


def whole(lowest: int, highest: int) -> Reader:
    return Reader(
        as_count,
        f"a whole number from {lowest} to {highest}",
        holds=lambda value: lowest <= value <= highest,
    )


def ratio(allowed: str, holds: Callable[[int], bool] | None = None) -> Reader:
    return Reader(as_ratio, allowed, holds=holds)


def positive(value: int) -> bool:
    return value > 0


def positive_range(ends: Range) -> bool:
    return ends.low > 0


RANGE = "or the ends of a range, two in a list"

Seed = Annotated[int, whole(0, 2**63 - 1)]
Decimals = Annotated[int, whole(0, 18)]
Reporters = Annotated[int, whole(1, MAX_REPORTERS)]
Count = Annotated[int, whole(1, MAX_AGENTS)]

Moment = Annotated[
    int, Reader(parse_moment, "a time such as '2026-01-31T12:00:00Z', or unix seconds")
]
Duration = Annotated[int, DURATION]
Span = Annotated[
    int,
    Reader(as_duration, "a time span above zero such as '30s', '8h'", holds=positive),
]
Window = Annotated[
    Range, RangeReader(as_duration, f"a time span such as '10m', {RANGE}")
]

Ratio = Annotated[int, RATIO]
SignedRatio = Annotated[int, ratio("a ratio such as '-0.02'")]
Fraction = Annotated[int, ratio("a ratio above 0, at most 1", lambda x: 0 < x <= WAD)]
Distance = Annotated[int, ratio("a ratio above 0, below 1", lambda x: 0 < x < WAD)]
Gain = Annotated[int, ratio("a ratio above 0 such as '0.1'", positive)]
Move = Annotated[int, ratio("a ratio above -1 such as '-0.35'", lambda x: x > -WAD)]
Leverage = Annotated[
    Range,
    RangeReader(
        as_ratio, f"a number above zero such as '5', {RANGE}", holds=positive_range
    ),
]
Daily = Annotated[int, DAILY]
SignedDaily = Annotated[int, Reader(as_amount, "such as '-0.01 / day'", "/ day")]

Quote = Annotated[int, QUOTE]
Price = Annotated[
    int,
    Reader(
        as_amount, "a price above zero such as '2_000 {quote}'", "{quote}", positive
    ),
]
Capital = Annotated[
    Range,
    RangeReader(
        as_amount,
        f"an amount above zero such as '1_000 {{quote}}', {RANGE}",
        "{quote}",
        positive_range,
    ),
]
AT_ONCE = Range(0, 0)


def folder_name(name: str) -> str:
    """A name that can be a folder's, since a run is written to one."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) is None:
        raise ValueError("allowed: letters, digits, '.', '_' and '-'")
    return name


class Run(Section):
    """
    `start` in unix seconds; `step` is the time between two looks at the market.
    `answer` names the kind of sentence that answers the question.
    """

    name: Annotated[str, AfterValidator(folder_name)]
    question: str = ""
    answer: str | None = None
    seed: Seed
    start: Moment
    duration: Span
    step: Span

    @property
    def end(self) -> int:
        return self.start + self.duration


class ProtocolKeys(Section):
    """What `[protocol]` holds beside the risk parameters."""

    decimals: Decimals
    quote: str = "USDC"


class GlitchKeys(Section):
    """
    From `at` on, for a look where `lasts` is left out, all reporters say a price that
    is off by `move`, and then the right one again.
    """

    at: Duration
    move: Move
    lasts: Span | None = None


class FeedKeys(Section):
    """
    What `[market.*.feed]` and `[collateral.*.feed]` hold beside the feed's parameters:
    how many report, the confidence each states, as a part of its price, and when what
    they read is wrong.
    """

    reporters: Reporters
    confidence: Ratio = 0
    glitches: tuple[GlitchKeys, ...] = ()


class CollateralKeys(Section):
    """What `[collateral.*]` holds in its own way."""

    decimals: Decimals
    # Where a token's contract is, the genesis finds out.
    token: ClassVar[int] = 0


class Deposit(Section):
    deposit: Quote


class ShockKeys(Section):
    """A move laid over drawn prices, as `simulation.paths.Shock`."""

    at: Duration
    move: Move
    over: Duration = 0


class DrawnPrices(Section):
    """
    As `simulation.paths.JumpDiffusion`: volatility over the square root of a day, the
    mean and the deviation of a jump those of its logarithm.
    """

    source: Literal["jump-diffusion"]
    start_price: Price
    drift: SignedDaily = 0
    volatility: Ratio
    jump_rate: Daily = 0
    jump_mean: SignedRatio = 0
    jump_deviation: Ratio = 0
    shocks: tuple[ShockKeys, ...] = ()


class RecordedPrices(Section):
    """As `simulation.prices.read_prices`; `path` starts at the scenario's folder."""

    source: Literal["file"]
    path: str
    column: str | None = None
    bar: Bar = "close"
    longest_wait: Span | None = None


Prices = DrawnPrices | RecordedPrices


class Agents(Section):
    """
    So many of a kind: each draws its capital and when it enters from the ranges.
    `leaves_at` counts from the start of the run; without it they stay. Groups of one
    `party` act for one purse.
    """

    party: str = ""
    count: Count = 1
    capital: Capital
    entry: Window = AT_ONCE
    leaves_at: Duration | None = None

    @property
    def label(self) -> str:
        """What they are called."""
        return f"{self.work} of {self.party}" if self.party else self.work

    @property
    def work(self) -> str:
        """What they do."""
        raise NotImplementedError


class WithPosition(Agents):
    """
    They hold `leverage` times their capital. Where they are `backed_by` a token they
    bring so much of it as their capital buys at its first price.

    `savings` are so much quote for each of their capital, beside it. Out of them they
    answer a margin call when it has stood for their `reaction`; or, for `order_fee` to
    the keeper each time, an order tops them up out of a second account.

    A lender grants them a `line` of so much quote for each of their capital, at an
    `interest` a day.
    """

    market: str
    leverage: Leverage
    backed_by: str | None = None
    savings: Ratio = 0
    reaction: Window | None = None
    order_fee: Quote | None = None
    line: Ratio = 0
    interest: Daily = 0

    @property
    def work(self) -> str:
        """What they do."""
        backed = f", backed by {self.backed_by}" if self.backed_by else ""
        backed += ", on credit" if self.line else ""
        answer = ", answering calls" if self.reaction is not None else ""
        return f"{self.position} {self.market}{backed}{answer}"

    @property
    def position(self) -> str:
        """What kind of position they hold."""
        raise NotImplementedError


class Traders(WithPosition):
    kind: Literal["long", "short"]

    @property
    def position(self) -> str:
        """What kind of position they hold."""
        return self.kind


class StopLossTraders(WithPosition):
    """They close when the price is worse by `stop` than the one they entered at."""

    kind: Literal["stop-loss"]
    side: Literal["long", "short"]
    stop: Distance

    @property
    def position(self) -> str:
        """What kind of position they hold."""
        return f"stop-loss {self.side}"


class TakeProfitTraders(WithPosition):
    """They close when the price is better by `target` than the one they entered at."""

    kind: Literal["take-profit"]
    side: Literal["long", "short"]
    target: Gain

    @property
    def position(self) -> str:
        """What kind of position they hold."""
        return f"take-profit {self.side}"


class CarelessTraders(WithPosition):
    """
    They ask for too much first: a size and a price out of bounds, another's account,
    then more of their money back than their margin allows.
    """

    kind: Literal["careless"]
    side: Literal["long", "short"]

    @property
    def position(self) -> str:
        """What kind of position they hold."""
        return f"careless {self.side}"


class Hedgers(WithPosition):
    """
    They are long in one market and short by the same value in another, `against` which
    they hedge, or `short` in the first; as much as `leverage` asks for on each side,
    or as much as their margin `mode` allows.
    """

    kind: Literal["hedge"]
    side: Literal["long", "short"]
    against: str
    mode: Literal["cross", "portfolio"] = "cross"

    @property
    def position(self) -> str:
        """What kind of position they hold."""
        return f"{self.side}, against {self.against}, in"


class InformedTraders(WithPosition):
    """
    They know a price `foresight` before it is reported: they open where closing at it
    would win, and close where it is no better than the last.
    """

    kind: Literal["informed"]
    foresight: Span

    @property
    def position(self) -> str:
        """What kind of position they hold."""
        return "informed in"


class Providers(Agents):
    """They leave with `fraction` of their shares."""

    kind: Literal["provider"]
    fraction: Fraction = WAD

    @property
    def work(self) -> str:
        """What they do."""
        if self.leaves_at is None:
            return "lending to the vault"
        return f"lending to the vault until {format_duration(self.leaves_at)}"


AnyTraders = (
    Traders
    | StopLossTraders
    | TakeProfitTraders
    | CarelessTraders
    | Hedgers
    | InformedTraders
)
AnyAgents = AnyTraders | Providers


class Keepers(Section):
    """
    Which work is done, and how often; each step where `every` is left out. A buyer pays
    for tokens with `capital`.
    """

    filler: StrictBool = True
    caller: StrictBool = True
    topper: StrictBool = True
    liquidator: StrictBool = True
    deleverager: StrictBool = False
    settler: StrictBool = False
    executor: StrictBool = True
    buyer: StrictBool = False
    capital: Quote = 0
    every: Span | None = None


class VariantKeys(Section):
    """
    A way to play the scenario, by the values that it sets: `set` holds dotted keys, as
    an override does.
    """

    name: Annotated[str, AfterValidator(folder_name)]
    set: dict[str, Any] = Field(default_factory=dict)


PRICES: dict[str, type[Prices]] = {
    "jump-diffusion": DrawnPrices,
    "file": RecordedPrices,
}
AGENTS: dict[str, type[AnyAgents]] = {
    "long": Traders,
    "short": Traders,
    "stop-loss": StopLossTraders,
    "take-profit": TakeProfitTraders,
    "careless": CarelessTraders,
    "hedge": Hedgers,
    "informed": InformedTraders,
    "provider": Providers,
}
