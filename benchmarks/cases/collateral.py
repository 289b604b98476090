"""
Tokens that back accounts.
"""

from __future__ import annotations

from msgspec.structs import replace

from benchmarks.cases.listing import TRADER, case
from benchmarks.genesis import COLLATERAL, PRICE, REPORTERS, feed_params
from benchmarks.stage import Stage
from evm.actors import actor_address
from protocol.collateral import FIRST_FEED
from protocol.quorum import MAX_REPORTERS

WETH = 10**COLLATERAL.decimals
# Worth 1.2 where the token is worth 2,000.
CRUMB = 6 * WETH // 10_000


def collateral(stage: Stage, function: str, *arguments: int) -> int:
    """A trader moves a token of its own."""
    return stage.measure("trader", "Exchange", function, TRADER, 0, *arguments)


@case("collateral: first deposit")
def collateral_first(stage: Stage) -> int:
    return collateral(stage, "deposit_collateral", WETH)


@case("collateral: deposit again")
def collateral_again(stage: Stage) -> int:
    stage.bring("trader")
    return collateral_first(stage)


@case("collateral: withdraw, without positions")
def collateral_withdraw(stage: Stage) -> int:
    stage.bring("trader")
    return collateral(stage, "withdraw_collateral", WETH, actor_address("trader"))


@case("collateral: withdraw, with a position")
def collateral_withdraw_held(stage: Stage) -> int:
    stage.bring("trader")
    stage.trader()
    return collateral(stage, "withdraw_collateral", WETH, actor_address("trader"))


def indebted(stage: Stage) -> None:
    """A trader with a token and no cash has lost, and the loss is settled."""
    stage.bring("trader")
    stage.trade("trader", 0, 10)
    stage.round(0, PRICE * 95 // 100)
    stage.token_round()
    stage.call("stranger", "Exchange", "settle", TRADER, 0)


@case("collateral: sold for a debt")
def collateral_sold(stage: Stage) -> int:
    indebted(stage)
    arguments = (TRADER, 0, WETH // 4)
    return stage.measure("keeper", "Exchange", "buy_collateral", *arguments)


@case("collateral: dust is seized, insurance pays")
def collateral_seized(stage: Stage) -> int:
    """What is worth a little more than dust when its account owes falls by a fifth."""
    stage.token_round()
    stage.call("trader", "Exchange", "deposit_collateral", TRADER, 0, CRUMB)
    stage.deposit("trader", 1_500)
    stage.trade("trader", 0, 10)
    stage.round(0, PRICE * 91 // 100)
    stage.call("keeper", "Exchange", "liquidate", TRADER, 0)
    stage.token_round(PRICE * 80 // 100)
    return stage.measure("stranger", "Exchange", "cover_shortfall", TRADER)


@case("governor: collect collateral")
def collect_collateral(stage: Stage) -> int:
    collateral_seized(stage)
    owner = stage.genesis.owner
    return stage.measure("owner", "Governor", "collect_collateral", 0, owner, CRUMB)


@case("governor: let a token be collateral")
def set_collateral(stage: Stage) -> int:
    other = stage.chain.addresses["Token2"]
    params = replace(COLLATERAL, token=other, decimals=18)
    voice = stage.genesis.actors[REPORTERS[0]]
    feed = (FIRST_FEED + 1, feed_params(1), voice, *[0] * (MAX_REPORTERS - 1))
    stage.call("owner", "Governor", "set_feed", *feed)
    return stage.measure("owner", "Governor", "set_collateral", 1, params)
