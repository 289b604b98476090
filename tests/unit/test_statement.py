"""
Statements, worked by hand, on both sides.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import statement
from protocol.account import Account
from protocol.backing import Standing
from protocol.position import Position
from protocol.sides import Book, MarketState
from protocol.statement import BANKRUPT, CALLED, HEALTHY, LIQUIDATABLE, Line, Totals
from tests.twin.twins import both
from tests.unit.worked import (
    MARGIN,
    MARKET,
    PRICE,
    PRICING,
    RISK,
    START,
    UNFUNDED,
    UNSPENT,
    wad,
)

SCALE = PRICING.skew_scale
OPEN = Account(
    wad("2995"),
    positions=1,
    claims=0,
    mode=0,
    is_flat_paid=False,
    tokens=0,
    called_at=0,
    has_line=False,
    orders=0,
)
FLAT = replace(OPEN, positions=0)
WHOLE = Totals(
    equity=wad("2995"),
    collateral=wad("2995"),
    strict_equity=wad("2995"),
    initial=wad("2200"),
    maintenance=wad("1100"),
    reserve=wad("5"),
    required=wad("1655"),
    is_grace_over=True,
)


def liquidation_price(size: str, whole: Totals, maintenance: str = "1100") -> int:
    return both(
        statement,
        "liquidation_price",
        wad(size),
        wad("2000"),
        wad(maintenance),
        wad("0.11"),
        MARGIN,
        whole,
    )


def test_a_long_is_liquidated_below_a_price() -> None:
    """
    At 1800 ten have lost 2000: 2995 - 2000 = 995, which is 5.5 % of 18000, 990, and the
    reserve of 5. (20000 - 2995 + 5) / (1 - 0.055) / 10 = 1800.
    """
    assert liquidation_price("10", WHOLE) == wad("1800")


def test_a_short_is_liquidated_above_a_price() -> None:
    """
    At 2200 ten sold have lost 2000: 3215 - 2000 = 1215, which is 5.5 % of 22000, 1210,
    and 5. (20000 + 3215 - 5) / (1 + 0.055) / 10 = 2200.
    """
    whole = replace(WHOLE, equity=wad("3215"))
    assert liquidation_price("-10", whole) == wad("2200")


def test_other_markets_stand_still() -> None:
    """Another market asks for 94.5: (20000 - 2995 + 5 + 94.5) / 0.945 / 10 = 1810."""
    whole = replace(WHOLE, maintenance=wad("1194.5"))
    assert liquidation_price("10", whole) == wad("1810")


def test_some_positions_have_no_such_price() -> None:
    """A long with more equity than value falls to nothing unharmed."""
    assert liquidation_price("10", replace(WHOLE, equity=wad("20005"))) == 0
    assert liquidation_price("0", WHOLE) == 0


def test_free_is_what_the_initial_margin_leaves() -> None:
    """2995 - 2200 - 5 = 790; without positions all cash is free; a debt is not."""
    assert both(statement, "free_collateral", OPEN, WHOLE, True) == wad("790")
    strict = replace(WHOLE, strict_equity=wad("2205"))
    assert both(statement, "free_collateral", OPEN, strict, True) == 0
    nothing = replace(WHOLE, initial=0, maintenance=0, reserve=0)
    assert both(statement, "free_collateral", FLAT, nothing, True) == wad("2995")
    tokens = replace(WHOLE, collateral=wad("9000"), strict_equity=wad("9000"))
    assert both(statement, "free_collateral", OPEN, tokens, True) == wad("2995")
    owing = replace(FLAT, cash=-1)
    assert both(statement, "free_collateral", owing, nothing, True) == 0


def test_nothing_is_free_while_an_order_or_a_line_holds_the_account() -> None:
    """Of 2995 of cash, with no position and nothing asked for."""
    nothing = replace(WHOLE, initial=0, maintenance=0, reserve=0)
    lent = replace(FLAT, has_line=True)
    pending = replace(FLAT, orders=1 << 3)
    assert both(statement, "free_collateral", lent, nothing, True) == wad("2995")
    assert both(statement, "free_collateral", lent, nothing, False) == 0
    assert both(statement, "free_collateral", pending, nothing, True) == 0


def test_the_status_changes_at_the_requirement_and_at_zero() -> None:
    """
    Asked are 1100 and 5, and not to be called 1655. In the grace only who is below 0.6
    of 1100, 660, may be liquidated.
    """
    for equity, over, graced in [
        (wad("1655"), HEALTHY, HEALTHY),
        (wad("1655") - 1, CALLED, CALLED),
        (wad("1105"), CALLED, CALLED),
        (wad("1105") - 1, LIQUIDATABLE, CALLED),
        (wad("660"), LIQUIDATABLE, CALLED),
        (wad("660") - 1, LIQUIDATABLE, LIQUIDATABLE),
        (0, LIQUIDATABLE, LIQUIDATABLE),
        (-1, BANKRUPT, BANKRUPT),
    ]:
        for is_grace_over, status in ((True, over), (False, graced)):
            whole = replace(WHOLE, equity=equity, is_grace_over=is_grace_over)
            assert both(statement, "status_of", whole, wad("0.6")) == status


def test_the_reserve_is_asked_of_accounts_with_positions_only() -> None:
    standing = Standing(
        wad("2995"), wad("2995"), wad("2995"), 0, wad("2200"), wad("1100")
    )
    assert both(statement, "totals", OPEN, standing, RISK, START) == WHOLE
    flat = Standing(wad("2995"), wad("2995"), wad("2995"), 0, 0, 0)
    expected = replace(WHOLE, initial=0, maintenance=0, reserve=0, required=0)
    assert both(statement, "totals", FLAT, flat, RISK, START) == expected


def test_a_line_tells_profit_and_what_of_it_funding_was() -> None:
    """
    Ten bought at 2000 when the index was 1, and it is 3 now: 20 paid. At 2100 that
    leaves 1000 - 20 = 980. The maintenance margin is 1155. With 2995 of cash the equity
    is 3975, and (21000 - 3975 + 5) / 0.945 / 10 = 1802.116402116402116402.
    """
    held = Position(wad("10"), wad("-20000"), wad("10") * wad("1"))
    state = MarketState(
        Book(wad("10"), 0),
        wad("-20000"),
        0,
        held.funding,
        0,
        0,
        replace(UNFUNDED, long_index=wad("3"), short_index=wad("3")),
        UNSPENT,
    )
    price = replace(PRICE, index=wad("2100"), mark=wad("2100"))
    whole = replace(WHOLE, equity=wad("3975"), maintenance=wad("1155"))
    line = both(statement, "line", held, 7, state, price, MARKET, whole, START)
    assert line == Line(
        size=wad("10"),
        profit=wad("980"),
        funding=wad("-20"),
        claim=7,
        maintenance=wad("1155"),
        liquidation_price=1_802_116_402_116_402_116_402,
    )
