"""
What accounts are worth, worked by hand, on both sides.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import backing, errors, trading
from protocol.backing import NO_STANDING, Standing
from protocol.position import Position
from tests.twin.twins import both
from tests.unit.worked import MARGIN, PRICE, PRICING, UNFUNDED, wad

LONG = Position(size=wad("10"), quote=-wad("20000"), funding=0)
RISEN = replace(PRICE, index=wad("2100"), mark=wad("2100"), average=wad("2050"))


def exposure(held: Position, open_interest: str = "50") -> Standing:
    return both(
        backing,
        "exposure",
        held,
        RISEN,
        UNFUNDED,
        wad(open_interest),
        PRICING.skew_scale,
        MARGIN,
    )


def standing(
    equity: str, certain: str = "0", gains: str = "0", initial: str = "0", mm: str = "0"
) -> Standing:
    return Standing(wad(equity), 0, wad(certain), wad(gains), wad(initial), wad(mm))


def test_a_gain_counts_at_the_mark_and_strictly_at_the_worse_price() -> None:
    """
    Ten bought at 2000: 1000 at the mark of 2100, 500 at the average of 2050. The
    initial margin is 11 % of 21000, 2310, and the maintenance margin half of it.
    """
    assert exposure(LONG) == standing("1000", "0", "500", "2310", "1155")


def test_a_loss_is_certain() -> None:
    """Ten sold at 2000: 1000 lost at 2100, the mark and the worse of the others."""
    short = Position(size=wad("-10"), quote=wad("20000"), funding=0)
    assert exposure(short) == standing("-1000", "-1000", "0", "2310", "1155")


def test_no_position_adds_nothing() -> None:
    assert exposure(Position(0, 0, 0)) == NO_STANDING


def test_gains_count_by_their_weight_rounded_down() -> None:
    """1000 + 0.5 * 500 = 1250, and half of a wei is none."""
    held = standing("1500", "1000", "500")
    assert both(backing, "strict_equity", held, wad("0.5")) == wad("1250")
    assert both(backing, "strict_equity", Standing(0, 0, 0, 1, 0, 0), wad("0.5")) == 0


def test_an_account_is_the_sum_of_its_parts() -> None:
    parts = standing("1", "2", "3", "4", "5"), standing("10", "20", "30", "40", "50")
    assert both(backing, "combined", *parts) == standing("11", "22", "33", "44", "55")


def test_a_trade_leaves_the_initial_margin_or_less_risk() -> None:
    """
    Asked are 2200 and the reserve of 5. An account with less may go from 900 against
    990 to 450 against 495, the same ratio, and not to a wei less, nor below zero.
    """

    def allowed(
        before: Standing, after: Standing, is_reduction: bool = True
    ) -> str | None:
        missing = after.initial + wad("5") - after.certain
        return both(trading, "require_margin", before, after, missing, is_reduction)

    enough = standing("2205", "2205", initial="2200")
    assert allowed(NO_STANDING, enough, is_reduction=False) is None
    short = replace(enough, certain=enough.certain - 1)
    refused = allowed(NO_STANDING, short, is_reduction=False)
    assert refused == errors.BELOW_INITIAL_MARGIN

    before = standing("900", mm="990", initial="1980")
    after = standing("450", mm="495", initial="990")
    assert allowed(before, after) is None
    worse = replace(after, equity=after.equity - 1)
    assert allowed(before, worse) == errors.RISK_NOT_REDUCED
    assert allowed(before, replace(after, equity=-1)) == errors.EQUITY_NEGATIVE
