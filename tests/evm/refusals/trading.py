"""
Trades, accounts and liquidations that are refused.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol.fixed_point import WAD
from protocol.trace import words_of
from tests.evm.refusals.scene import (
    BTC,
    ETH,
    FIRST,
    SECOND,
    THIRD,
    Scene,
    opened,
    ready,
)
from tests.genesis import ACTORS, FEED, MARKET, REPORTERS, RISK


def bucket_empty() -> Scene:
    """The bucket was used in the same second, and the account is not critical."""
    scene = opened()
    scene.set_market(
        liquidation={
            "bucket_capacity": MARKET.limits.least_value,
            "bucket_rate": WAD,
            "critical_fraction": 6 * WAD // 10,
        }
    )
    whole = scene.pair.model.view("Lens", "statement_of", scene.now, FIRST)
    scene.price(ETH, whole.lines[ETH].liquidation_price - WAD)
    scene.must("keeper", "Exchange", "liquidate", FIRST, ETH)
    scene.call("keeper", "Exchange", "liquidate", FIRST, ETH)
    return scene


def graced() -> Scene:
    """Who may be liquidated once called, and once that has been some time ago."""
    scene = opened()
    warned = replace(RISK.margin_call, grace=600)
    words = words_of(replace(RISK, margin_call=warned))
    scene.must("owner", "Governor", "set_risk", *words)
    scene.set_market(liquidation={"critical_fraction": 6 * WAD // 10})
    whole = scene.pair.model.view("Lens", "statement_of", scene.now, FIRST)
    scene.price(ETH, whole.lines[ETH].liquidation_price - WAD)
    return scene


def grace_not_over() -> Scene:
    """Nobody has called."""
    scene = graced()
    scene.call("keeper", "Exchange", "liquidate", FIRST, ETH)
    return scene


def already_called() -> Scene:
    """One call is enough."""
    scene = graced()
    scene.must("stranger", "Exchange", "call_margin", FIRST, ETH)
    scene.call("keeper", "Exchange", "call_margin", FIRST, ETH)
    return scene


def equity_negative() -> Scene:
    """Who has lost everything may not reduce, but must be liquidated."""
    scene = opened()
    scene.price(ETH, 1_600 * WAD)
    scene.trade(FIRST, ETH, -WAD)
    return scene


def risk_not_reduced() -> Scene:
    """A reduction at a wide spread costs more than it frees."""
    scene = opened()
    scene.now += 1
    for number, name in enumerate(REPORTERS):
        price, width = 1_675 * WAD, 16 * WAD
        words = (ETH, number, price, width, scene.now)
        scene.must(name, "Oracle", "report", *words)
    scene.trade(FIRST, ETH, -3 * WAD)
    return scene


def has_positions() -> Scene:
    """A mode is for an account without positions to choose."""
    scene = opened()
    scene.call("trader_1", "Exchange", "set_margin_mode", FIRST, 1)
    return scene


def healthy() -> Scene:
    """Nobody may liquidate a healthy account."""
    scene = opened()
    scene.call("keeper", "Exchange", "liquidate", FIRST, ETH)
    return scene


def isolated_account() -> Scene:
    """An isolated account has one market."""
    scene = ready()
    scene.must("trader_2", "Exchange", "set_margin_mode", SECOND, 1)
    scene.traded(SECOND, ETH, WAD)
    scene.trade(SECOND, BTC, WAD // 10)
    return scene


def open_interest_too_large() -> Scene:
    """One side is full, though the skew is small."""
    scene = ready()
    ten = 10 * WAD
    limits = {"max_skew": ten, "max_open_interest": ten, "max_size": ten}
    scene.set_market(limits=limits)
    scene.traded(SECOND, ETH, 6 * WAD)
    scene.traded(THIRD, ETH, -6 * WAD)
    scene.trade(FIRST, ETH, 6 * WAD)
    return scene


def open_interest_above_value() -> Scene:
    """At the highest price the open interest would be worth too much."""
    scene = ready()
    places = (*[ACTORS[name] for name in REPORTERS], 0, 0, 0, 0)
    words = (*words_of(replace(FEED, ceiling_price=2**95 - 1)), *places)
    scene.must("owner", "Governor", "set_feed", ETH, *words)
    scene.set_market(
        pricing={"skew_scale": 2**95 - 1}, limits={"max_open_interest": 2**93}
    )
    return scene


def risk_unknown() -> Scene:
    """Nothing was set yet."""
    scene = Scene(is_set_up=False)
    scene.call("stranger", "Lens", "statement_of", FIRST)
    return scene


def skew_too_large() -> Scene:
    """The market takes no more of this direction."""
    scene = ready()
    scene.set_market(limits={"max_skew": 10 * WAD})
    scene.trade(SECOND, ETH, 11 * WAD)
    return scene
