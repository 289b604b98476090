"""
Numbers and records within the bounds of the protocol, its corners drawn often.

A price, a size or an open interest is below 2**95, a rate or a ratio below 2**62, a
time below 2**32, an index of funding below 2**127, cash, equity and requirements below
2**126, the supply of shares below 2**120; whoever lets a number in checks that.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from protocol.account import CROSS, MAX_MARKETS, PORTFOLIO, Account
from protocol.backing import Standing
from protocol.collateral import MAX_TOKENS, CollateralParams, DebtParams
from protocol.credit import CreditLine, Lender
from protocol.deleveraging import DeleveragingParams
from protocol.expiry import NO_EXPIRY, ExpiryParams, Sampling
from protocol.fee import FeeParams
from protocol.feed import FOREVER, FeedParams, FeedPrice, Head, Round
from protocol.fixed_point import WAD
from protocol.funding import (
    DAY,
    TWICE_A_DAY,
    BorrowingParams,
    Funding,
    FundingParams,
)
from protocol.insurance import InsuranceParams, InsuranceWindow
from protocol.ledger import Funds, Holdings
from protocol.liquidation import Bucket, Case, LiquidationParams, RewardParams, Whole
from protocol.margin import MarginParams
from protocol.margin_call import MarginCallParams
from protocol.order import Order, OrderParams
from protocol.parameters import ACTIVE, SETTLED, LimitParams, MarketParams, RiskParams
from protocol.payout import PayoutParams, Spent
from protocol.portfolio import STRESSES, Leg, Loss, PortfolioParams, Sums, packed_shocks
from protocol.position import Position
from protocol.pricing import PricingParams
from protocol.quorum import MAX_REPORTERS, Report
from protocol.ramp import Ramp
from protocol.request import Request, VaultParams
from protocol.sides import Book, MarketState
from protocol.statement import Line, Totals
from protocol.top_up import TopUp
from protocol.volatility import GRAIN, VolatilityParams

Numbers = st.SearchStrategy[int]
WORD = 2**256 - 1
MOST = 2**255 - 1


def below(bits: int) -> Numbers:
    """Natural numbers of at most `bits` bits: corners, everyday ones, any."""
    largest = 2**bits - 1
    corners = st.sampled_from([0, 1, 2, largest - 1, largest])
    everyday = st.integers(0, min(10_000 * WAD, largest))
    return corners | everyday | st.integers(0, largest)


def positive(bits: int) -> Numbers:
    """Numbers above zero of at most `bits` bits."""
    return below(bits).filter(bool)


def signed(bits: int) -> Numbers:
    """Numbers of at most `bits` bits and either sign."""
    return st.builds(int.__mul__, below(bits), st.sampled_from([-1, 1]))


def parts() -> Numbers:
    """Ratios up to one."""
    return st.sampled_from([0, 1, WAD // 2, WAD - 1, WAD]) | st.integers(0, WAD)


def beside(*edges: int) -> Numbers:
    """Numbers at the edges, one below and one above."""
    return st.sampled_from([edge + step for edge in edges for step in (-1, 0, 1)])


PRICES = below(95)
SIZES = signed(95)
OPEN = below(95)
SCALES = positive(95)
INDICES = signed(127)
RATIOS = below(62)
PARTS = parts()
RATES = below(60)
VALUES = signed(126)
AMOUNTS = below(126)
SHARES = below(120)
TIMES = below(32) | st.sampled_from([12, 3_600, DAY - 1, DAY, DAY + 1, 30 * DAY])
# What a position's trades have added up to: sizes times indices.
PAID = signed(223)
TRUTHS = st.booleans()
WORDS = st.integers(0, WORD)
BITMAPS = st.integers(0, 2**MAX_MARKETS - 1)
ADDRESSES = st.sampled_from([0, 1, 2**160 - 1]) | st.integers(0, 2**160 - 1)

PRICING = st.builds(PricingParams, SCALES, st.integers(0, WAD // 4))
LIMITS = st.builds(
    LimitParams,
    OPEN,
    OPEN,
    below(120),
    OPEN,
    below(120),
    TIMES,
    TIMES,
    PARTS,
    st.integers(ACTIVE, SETTLED),
)
FEES = st.builds(FeeParams, PARTS, PARTS, PARTS, PARTS)
FUNDING = st.builds(FundingParams, RATES, RATES, OPEN)
BORROWING = st.builds(BorrowingParams, PARTS, RATES, RATES, PARTS, RATES)
INSURANCE = st.builds(InsuranceParams, below(120), TIMES)
VAULT = st.builds(VaultParams, TIMES, TIMES, TIMES)
REWARDS = st.builds(RewardParams, below(120), below(120), below(120))


# Sixteen shocks in a word: none, any, or small ones either way.
SHOCKS = (
    st.just(0)
    | WORDS
    | st.lists(st.integers(-4_000, 4_000), min_size=STRESSES, max_size=STRESSES).map(
        packed_shocks
    )
)
PORTFOLIOS = st.builds(PortfolioParams, PARTS)


@st.composite
def margins(draw: st.DrawFn) -> MarginParams:
    """Margin parameters whose open interest has an upper bound above its lower."""
    lower = draw(st.integers(0, 2**95 - 2) | st.integers(0, 1_000 * WAD))
    upper = lower + draw(positive(90) | st.just(1))
    return MarginParams(
        draw(PARTS), draw(RATES), lower, upper, draw(PARTS), draw(SHOCKS)
    )


MARGIN = margins()
RAMPS = st.builds(Ramp, PARTS, RATES, PARTS, SHOCKS, TIMES)
CLOSING = st.builds(
    LiquidationParams,
    st.integers(WAD, 2 * WAD),
    PARTS,
    PARTS,
    PARTS,
    below(120),
    below(120),
)
# Parts of the vault, and so much of it that there is no limit.
FACTORS = PARTS | below(95)
PAYOUTS = st.builds(PayoutParams, FACTORS, TIMES.filter(bool))
DELEVERAGINGS = st.builds(DeleveragingParams, FACTORS, FACTORS, FACTORS, TIMES)
MARKET = st.builds(
    MarketParams,
    PRICING,
    FUNDING,
    MARGIN,
    LIMITS,
    BORROWING,
    FEES,
    CLOSING,
    PAYOUTS,
    DELEVERAGINGS,
)
DEBTS = st.builds(DebtParams, below(120), below(120))
WARNED = st.builds(
    MarginCallParams, st.integers(WAD, 2 * WAD), TIMES | st.just(0), TIMES
)
WAITING = st.builds(OrderParams, TIMES | st.just(0), TIMES, below(120))
RISK = st.builds(
    RiskParams,
    PARTS,
    below(120),
    REWARDS,
    INSURANCE,
    DEBTS,
    VAULT,
    WARNED,
    PORTFOLIOS,
    WAITING,
)
COLLATERAL = st.builds(
    CollateralParams,
    ADDRESSES,
    st.integers(0, 18),
    SCALES,
    PARTS,
    PARTS,
    PARTS,
    below(120),
    TIMES,
    PARTS,
)
MULTIPLIERS = st.integers(10**9, 4 * 10**9).map(lambda grains: grains * GRAIN)
VARIANCES = st.integers(0, DAY * WAD) | below(40)
VOLATILE = st.builds(
    VolatilityParams,
    st.sampled_from([1, WAD // 20, 2**60]) | st.integers(1, 2**60),
    st.sampled_from([WAD, 2 * WAD, 4 * WAD]) | st.integers(WAD, 4 * WAD),
    st.sampled_from([0, GRAIN, WAD]) | st.integers(0, WAD),
)


@st.composite
def expiries(draw: st.DrawFn) -> ExpiryParams:
    """An average whose pieces begin after the first second."""
    samples = draw(st.sampled_from([1, 3, 1_000]) | st.integers(1, 1_000))
    spacing = draw(st.sampled_from([1, 60]) | st.integers(1, 30 * DAY // samples))
    begins_at = draw(TIMES.filter(bool))
    return ExpiryParams(begins_at + samples * spacing, samples, spacing)


EXPIRIES = expiries() | st.just(NO_EXPIRY)
FEED = st.builds(
    FeedParams,
    st.integers(0, MAX_REPORTERS),
    st.integers(0, MAX_REPORTERS),
    TIMES,
    TIMES.filter(bool),
    PRICES,
    PRICES,
    st.integers(0, WAD // 2),
    VOLATILE,
    EXPIRIES,
)

ACCOUNTS = st.builds(
    Account,
    VALUES,
    BITMAPS,
    BITMAPS,
    st.integers(CROSS, PORTFOLIO),
    TRUTHS,
    st.integers(0, 2**MAX_TOKENS - 1),
    TIMES,
    TRUTHS,
    BITMAPS,
)
POSITIONS = st.builds(Position, SIZES, VALUES, PAID)
# What a position is worth before it is divided, and what sixteen of them lose in a
# stress, in parts of a ten thousandth.
LEGS = st.builds(Leg, signed(190), signed(190), WORDS)
LOSSES = st.builds(Loss, below(210), below(210))
SUMS = st.builds(
    Sums,
    AMOUNTS,
    AMOUNTS,
    AMOUNTS,
    AMOUNTS,
    MULTIPLIERS,
    MULTIPLIERS,
    PARTS,
)
BOOKS = st.builds(Book, OPEN, OPEN.map(int.__neg__))
FUNDS = st.builds(Funds, VALUES, VALUES, VALUES, VALUES)
HOLDINGS = st.builds(Holdings, below(120), AMOUNTS)
ORDERS = st.builds(
    Order,
    st.integers(0, 15),
    SIZES,
    below(96),
    below(96),
    TIMES,
    TIMES,
    TRUTHS,
    PRICES,
    TRUTHS,
)
WINDOWS = st.builds(InsuranceWindow, below(120), TIMES, TIMES)
CREDIT_LINES = st.builds(
    CreditLine,
    lender=below(160),
    limit=below(120),
    rate=below(62),
    notice=TIMES,
    used=below(120),
    owed=below(126),
    accrued_at=TIMES,
    ends_at=TIMES,
)
LENDERS = st.builds(Lender, below(120), below(120))
SUBS = below(96)
TOP_UPS = st.builds(TopUp, SUBS, below(120), below(120), below(88), TIMES, TIMES)
# An account, and an order out of another of its owner.
TARGETED = st.tuples(ADDRESSES, SUBS, TOP_UPS).map(
    lambda drawn: (
        drawn[0] << 96 | drawn[1],
        replace(drawn[2], source=drawn[0] << 96 | drawn[2].source),
    )
)
REQUESTS = st.builds(Request, ADDRESSES, TRUTHS, below(120), below(120), TIMES)
BUCKETS = st.builds(Bucket, below(120), TIMES)
REPORTS = st.builds(Report, PRICES, PRICES, TIMES)
ROUNDS = st.builds(
    Round, PRICES, PRICES, PRICES, PRICES, TIMES, MULTIPLIERS, MULTIPLIERS
)
HEADS = st.builds(Head, below(64), below(33) | st.just(FOREVER), signed(127))
SAMPLINGS = st.builds(Sampling, PRICES, below(105), st.integers(0, 1_000))
STANDINGS = st.builds(Standing, VALUES, VALUES, VALUES, AMOUNTS, below(120), below(120))
TOTALS = st.builds(
    Totals, VALUES, VALUES, VALUES, AMOUNTS, AMOUNTS, below(120), AMOUNTS, TRUTHS
)
LINES = st.builds(Line, SIZES, VALUES, VALUES, AMOUNTS, AMOUNTS, PRICES)
FUNDINGS = st.builds(
    Funding,
    signed(79),
    TIMES,
    st.integers(0, TWICE_A_DAY - 1),
    st.integers(0, DAY - 1),
    st.integers(0, DAY - 1),
    signed(126),
    signed(126),
    below(62),
    below(62),
    below(127),
)


@st.composite
def spendings(draw: st.DrawFn) -> Spent:
    """What was spent at a time, in a window from then on, which may be over at once."""
    spent_at = draw(TIMES)
    return Spent(draw(AMOUNTS), spent_at, spent_at + draw(TIMES))


SPENT = spendings()
STATES = st.builds(
    MarketState, BOOKS, VALUES, VALUES, PAID, PAID, AMOUNTS, FUNDINGS, SPENT
)


@st.composite
def prices(draw: st.DrawFn) -> FeedPrice:
    """Prices: often equal, so that they are not always tripped."""
    index = draw(PRICES)
    mark = draw(st.just(index) | PRICES)
    average = draw(st.just(index) | PRICES)
    confidence = draw(st.sampled_from([0, index // 100]) | PRICES)
    published_at = draw(TIMES)
    valid_until = draw(st.sampled_from([2**33 - 1, FOREVER]) | below(33))
    intercept = draw(signed(127))
    return FeedPrice(
        index,
        mark,
        average,
        confidence,
        published_at,
        valid_until,
        intercept,
        draw(MULTIPLIERS),
        draw(MULTIPLIERS),
    )


FEED_PRICES = prices()


@st.composite
def skewed(draw: st.DrawFn) -> tuple[int, int]:
    """A skew and a scale of at least its size, as the law of the scale has it."""
    scale = draw(SCALES)
    return draw(st.sampled_from([-scale, 0, scale]) | st.integers(-scale, scale)), scale


def since(start: Any) -> Numbers:
    """Times that are not before `start`."""
    return st.sampled_from([start, start + 1, start + DAY]) | st.integers(
        start, start + 2**32 - 1
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Positions at risk, rarely so small that they have no value."""
    return Case(
        equity=draw(VALUES),
        maintenance=draw(AMOUNTS),
        reserve=draw(below(120)),
        size=draw(SIZES),
        value=draw(AMOUNTS),
        position_maintenance=draw(AMOUNTS),
        mark=draw(PRICES),
        skew=draw(SIZES),
        bucket=draw(below(120)),
    )


CASES = cases()


WHOLES = st.builds(
    Whole,
    AMOUNTS,
    AMOUNTS,
    below(96),
    PARTS,
    below(120),
    st.integers(WAD, 2 * WAD),
    PARTS,
)


@st.composite
def altered(draw: st.DrawFn, record: Struct, edges: tuple[int, ...]) -> Any:
    """A record with a few of its fields, however deep, at an edge or anywhere."""
    changed: Any = record
    for _ in range(draw(st.integers(0, 2))):
        changed = draw(altered_once(changed, edges))
    return changed


@st.composite
def altered_once(draw: st.DrawFn, record: Struct, edges: tuple[int, ...]) -> Any:
    """A record with one field changed, in it or in a record that it holds."""
    name = draw(st.sampled_from(record.__struct_fields__))
    value = getattr(record, name)
    if isinstance(value, Struct):
        return replace(record, **{name: draw(altered_once(value, edges))})
    least = -MOST if is_signed(record, name) else 0
    chosen = beside(*edges) | st.integers(least, MOST) | below(96)
    return replace(record, **{name: draw(chosen.filter(lambda x: x >= least))})


def is_signed(record: Struct, name: str) -> bool:
    """Whether a field is an `int256`; times and counts are not."""
    annotation = str(type(record).__annotations__[name])
    return annotation not in ("Seconds", "int")


@st.composite
def cumulative_prices(draw: st.DrawFn, last: Funding, now: int) -> int:
    """What the cumulative price can have come to since an accrual."""
    elapsed = now - last.accrued_at
    total = draw(PRICES) * elapsed
    # Of several indices the average is seldom whole.
    missing = draw(st.integers(0, min(total, max(0, elapsed - 1))))
    return int(last.cumulative_price) + total - missing


@st.composite
def later_prices(draw: st.DrawFn, last: Funding, now: int) -> FeedPrice:
    """Prices as there can be some time after an accrual."""
    price = draw(FEED_PRICES)
    total = draw(cumulative_prices(last, now))
    # What a feed that is closed has come to, it has come to.
    grown = 0 if price.valid_until == FOREVER else price.index * now
    return replace(price, intercept=total - grown)
