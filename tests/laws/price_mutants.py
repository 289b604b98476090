"""
Faults in prices and fees, in how long they count, and in what time costs.
"""

from __future__ import annotations

from tests.laws.faults import Edit, Mutant, both, each

PRICE_MUTANTS = (
    both(
        "funding accrues again in the same second",
        "D2",
        "market",
        ("if last.accrued_at == now:", "if last.accrued_at > now:"),
    ),
    both(
        "what is too little for an index is lost",
        "D3",
        "funding",
        ("carry=due - growth * TWICE_A_DAY", "carry=0"),
    ),
    both(
        "shorts pay funding where they should receive it",
        "D4",
        "funding",
        (
            "last.short_index + growth - short_growth",
            "last.short_index - growth - short_growth",
        ),
    ),
    both(
        "a new price holds for the time before it",
        "D6",
        "feed",
        ("intercept=head.intercept + bend", "intercept=head.intercept"),
    ),
    both(
        "an accrual averages over time that was accrued before",
        "D10",
        "funding",
        ("cumulative_price=cumulative_price", "cumulative_price=last.cumulative_price"),
    ),
    both(
        "a report is stale at its age limit",
        "F3",
        "feed",
        (
            "report.published_at + params.max_age < now",
            "report.published_at + params.max_age <= now",
        ),
    ),
    both(
        "a price is stale at its age limit",
        "F4",
        "feed",
        (
            "now <= price.published_at + max_age, errors.PRICE_STALE",
            "now < price.published_at + max_age, errors.PRICE_STALE",
        ),
    ),
    both(
        "a fill is at the price before it",
        "H1",
        "pricing",
        ("twice_scale + 2 * skew + size_delta", "twice_scale + 2 * skew"),
    ),
    each(
        "the fee is rounded down",
        "H11",
        "fee",
        ("return mul_wad_up(amount, rate)", "return -mul_wad_up(-amount, rate)"),
        (
            "return fixed_point.mul_wad_up(amount, rate)",
            "return 0 - fixed_point.mul_wad_up(0 - amount, rate)",
        ),
    ),
    both(
        "what leaves alone follows the volatility at once",
        "F11",
        "feed",
        (
            "volatility.target(known, params.volatility)",
            "volatility.target(variance, params.volatility)",
        ),
    ),
    both(
        "the ramp is twice as steep",
        "F11",
        "volatility",
        ("mul_div_down(params.ramp, elapsed", "mul_div_down(2 * params.ramp, elapsed"),
    ),
    both(
        "an answer is scaled by its decimals, not to a price",
        "F12",
        "answer",
        ("10**(18 - said.decimals)", "10**said.decimals"),
    ),
    Mutant(
        "a relayed report is as new as the call",
        "F12",
        "oracle",
        "Oracle",
        (Edit("said.updated_at", "call.now"),),
        (Edit("said.updated_at", "block.timestamp"),),
    ),
)
