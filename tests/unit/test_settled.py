"""
A market that is settled, worked by hand, in lockstep.
"""

from __future__ import annotations

from protocol import errors, pricing
from protocol.funding import DAY
from protocol.governance import SILENCE
from protocol.trace import words_of
from tests.twin.twins import both
from tests.unit.desk import REPORTERS, Desk
from tests.unit.worked import MARKET, PRICING, wad

SCALE = PRICING.skew_scale
LATER = DAY


def traded() -> Desk:
    """
    Ann has bought ten at 2001, from a skew of 0 to 10; Bob has sold four at 2001.6,
    from 10 to 6. Fees aside Ann has paid 20010, and Bob was paid 8006.4.
    """
    desk = Desk("100000")
    desk.quote("2000")
    for name in ("ann", "bob"):
        desk.deposit(name, "10000")
    assert desk.trade("ann", "10").price == wad("2001")
    assert desk.trade("bob", "-4").price == wad("2001.6")
    return desk


def settled() -> Desk:
    """And the owner has settled the market."""
    desk = traded()
    desk.make("owner", "Governor", "settle_market", 0)
    return desk


def equity(desk: Desk, name: str) -> int:
    """What an account is worth."""
    found: int = desk.view("Lens", "statement_of", desk.holder(name)).equity
    return found


def test_the_premium_falls_to_each_unit_of_the_heavier_side() -> None:
    """
    Of a skew of 6: 36 / 20000 of base, at 2000 that is 3.6; on ten that is 0.36 each.
    """

    def each(skew: str, heavier: str) -> int:
        return both(
            pricing, "refund", wad("2000"), wad(skew), wad(heavier), PRICING.skew_scale
        )

    assert each("6", "10") == each("-6", "10") == wad("0.36")
    assert each("100", "150") == 6_666_666_666_666_666_666
    assert each("0", "0") == 0


def test_what_one_side_has_lost_the_other_has_won() -> None:
    """
    Ann has lost ten times 2001 - 2000.36, which is 6.4; Bob has won four times 2001.6 -
    2000, which is 6.4. The vault keeps fees, and nothing of a premium.
    """
    desk = traded()
    before = {name: equity(desk, name) for name in ("ann", "bob")}
    desk.make("owner", "Governor", "settle_market", 0)
    assert equity(desk, "ann") - before["ann"] == wad("3.6")
    assert equity(desk, "bob") == before["bob"]
    vault = desk.model.state.funds[()].vault
    for name in ("ann", "bob"):
        had = desk.model.state.accounts[desk.holder(name)].cash
        key = (desk.holder(name), 0)
        desk.make("keeper", "Exchange", "close_settled", *key)
        change = desk.model.state.accounts[desk.holder(name)].cash - had
        assert change == (-wad("6.4") if name == "ann" else 0)
    assert desk.make("bob", "Exchange", "settle", *key) == wad("6.4")
    assert desk.model.state.funds[()].vault == vault


def test_the_order_of_closing_changes_nothing() -> None:
    ends = []
    for names in (("ann", "bob"), ("bob", "ann")):
        desk = settled()
        for name in names:
            desk.now += LATER
            desk.make("keeper", "Exchange", "close_settled", desk.holder(name), 0)
        ends.append([equity(desk, name) for name in ("ann", "bob")])
    assert ends[0] == ends[1]


def test_neither_time_nor_reports_move_a_settled_market() -> None:
    desk = settled()
    worth = equity(desk, "ann")
    desk.now += 30 * DAY
    said = desk.call(REPORTERS[0], "Oracle", "report", 0, 0, wad("3000"), 0, desk.now)
    assert said.error == errors.FEED_CLOSED
    desk.make("keeper", "Exchange", "accrue", 0)
    assert equity(desk, "ann") == worth
    assert desk.view("Oracle", "price", 0).index == wad("2000")


def test_a_settled_market_keeps_no_provider_in() -> None:
    """Nothing is owed that is not known, and its price is new at any time."""
    desk = settled()
    desk.now += 30 * DAY
    desk.make("provider", "Vault", "request_redeem", wad("1000"), 0)
    desk.now += 61
    assert desk.make("keeper", "Vault", "execute", 2) > 0


def test_anybody_settles_what_was_silent_for_a_week() -> None:
    """A quorum was fresh until ten minutes after its reports, and a week from then."""
    desk = traded()
    price = desk.view("Oracle", "price", 0)
    desk.now = price.valid_until + SILENCE
    refused = desk.call("keeper", "Governor", "settle_market", 0)
    assert refused.error == errors.MARKET_HAS_PRICES
    desk.now += 1
    desk.make("keeper", "Governor", "settle_market", 0)


def test_the_last_mark_is_the_price_where_the_index_was_beyond_its_band() -> None:
    """At 3000, a quarter above the average of 2000 is 2500."""
    desk = traded()
    desk.quote("3000")
    desk.make("owner", "Governor", "settle_market", 0)
    price = desk.view("Oracle", "price", 0)
    assert price.index == price.mark == price.average == wad("2500")


def test_what_is_settled_is_not_changed_again() -> None:
    desk = settled()
    words = words_of(MARKET)
    for function, arguments in (("set_market", words), ("settle_market", ())):
        refused = desk.call("owner", "Governor", function, 0, *arguments)
        assert refused.error == errors.MARKET_SETTLED


def test_a_market_without_any_price_is_not_settled() -> None:
    desk = Desk()
    refused = desk.call("owner", "Governor", "settle_market", 0)
    assert refused.error == errors.PRICE_INVALID


def test_only_a_settled_market_closes_positions_for_others() -> None:
    desk = traded()
    refused = desk.call("keeper", "Exchange", "close_settled", desk.holder("ann"), 0)
    assert refused.error == errors.MARKET_NOT_SETTLED
