"""
Whose losses to settle, so that the vault has in cash what it has won; and whose
interest, so that lenders have it.
"""

from __future__ import annotations

from collections.abc import Iterator

from keepers.watch import Watch
from protocol.fixed_point import WAD
from protocol.trace import Action
from protocol.units import Address, Quote, Seconds

# A loss is settled when it has eaten a quarter of the cash and the tokens: sooner would
# cost more calls than it is worth, later would leave the vault waiting for what may not
# come.
PARTS = 4
# Below this a call is not worth its gas.
LEAST_LOSS = WAD
# So long a line is left alone that is used.
HOUR = Seconds(3_600)


def settlements(watch: Watch, sender: Address) -> Iterator[Action]:
    """The calls that settle every loss that has grown large against its cash."""
    for holder in watch.with_positions():
        known = watch.account(holder)
        backing = abs(known.cash) + watch.token_worth(known)
        for line in known.lines:
            loss = -(line.profit + watch.gain(line))
            if loss < LEAST_LOSS or PARTS * loss < backing:
                continue
            if watch.markets[line.market_id].is_fresh:
                yield Action(
                    "Exchange",
                    "settle",
                    sender,
                    int(watch.now),
                    (holder, line.market_id),
                )


def interest(watch: Watch, sender: Address) -> Iterator[Action]:
    """The calls that have interest paid on lines that are used, every hour."""
    for holder, line in list(watch.state.lines.items()):
        if line.used > Quote(0) and watch.now >= line.accrued_at + HOUR:
            yield Action("Exchange", "settle_line", sender, int(watch.now), (holder,))
