"""
Every entry point in the situations that decide what it costs.

A case is given a stage in use, brings about its situation and measures one call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from benchmarks.genesis import (
    COLLATERAL,
    MARKET,
    PRICE,
    REPORTERS,
    RISK,
    TOKEN,
    feed_params,
    holder,
)
from benchmarks.stage import (
    BLOCK_TIME,
    MARKETS,
    SOLO,
    VIRGIN,
    Stage,
    report_of,
    trade_of,
)
from evm.actors import actor_address
from protocol.account import ISOLATED, MAX_MARKETS
from protocol.collateral import FIRST_FEED
from protocol.deleveraging import DeleveragingParams
from protocol.feed import MAX_REPORTERS, RING
from protocol.fixed_point import WAD
from protocol.units import Ratio, Seconds, Size

Measure = Callable[[Stage], int]
TRADER = holder("trader")
WETH = 10**COLLATERAL.decimals
# Worth 1.2 where the token is worth 2,000.
CRUMB = 6 * WETH // 10_000
SOMEBODY = actor_address("stranger")


class Case(NamedTuple):
    """A situation, the call in it, and the most gas that it should take."""

    name: str
    measure: Measure
    goal: int | None


CASES: list[Case] = []


def case(name: str, goal: int | None = None) -> Callable[[Measure], Measure]:
    """List a function as a case."""

    def listed(measure: Measure) -> Measure:
        CASES.append(Case(name, measure, goal))
        return measure

    return listed


@case("trade: first of a market ever")
def trade_in_virgin_market(stage: Stage) -> int:
    stage.deposit("trader")
    return stage.measure(*trade_of("trader", VIRGIN, 10))


@case("trade: first open", 240_000)
def trade_first_open(stage: Stage) -> int:
    stage.deposit("trader")
    return stage.measure(*trade_of("trader", 0, 10))


@case("trade: first open, isolated", 240_000)
def trade_first_open_isolated(stage: Stage) -> int:
    stage.call("trader", "Exchange", "set_margin_mode", TRADER, ISOLATED)
    return trade_first_open(stage)


@case("trade: increase", 175_000)
def trade_increase(stage: Stage) -> int:
    stage.trader()
    return stage.measure(*trade_of("trader", 0, 5))


@case("trade: reduce", 185_000)
def trade_reduce(stage: Stage) -> int:
    stage.trader()
    return stage.measure(*trade_of("trader", 0, -5))


@case("trade: close, gain becomes a claim")
def trade_close_with_gain(stage: Stage) -> int:
    stage.trader()
    stage.round(0, PRICE * 11 // 10)
    return stage.measure(*trade_of("trader", 0, -10))


@case("trade: close, loss is paid")
def trade_close_with_loss(stage: Stage) -> int:
    stage.trader()
    stage.round(0, PRICE * 9 // 10)
    return stage.measure(*trade_of("trader", 0, -10))


@case("trade: through zero")
def trade_through_zero(stage: Stage) -> int:
    stage.trader()
    return stage.measure(*trade_of("trader", 0, -20))


def increase_with(markets: int) -> Measure:
    """An increase in the first market by who has so many open."""

    def measure(stage: Stage) -> int:
        stage.trader()
        for market_id in range(1, markets):
            stage.trade("trader", market_id, 10)
        return stage.measure(*trade_of("trader", 0, 5))

    return measure


for markets in range(2, 5):
    case(f"trade: increase with {markets} open markets")(increase_with(markets))


def every_market(stage: Stage) -> None:
    """As many markets as there may be, a trader in each, most of all in the first."""
    for market_id in range(len(MARKETS), MAX_MARKETS):
        feed = feed_params(1), alone()
        stage.call("owner", "Governor", "set_feed", market_id, *feed)
        stage.call("owner", "Governor", "set_market", market_id, MARKET)
    # So many calls take so long that every price is needed anew.
    for market_id in range(len(MARKETS)):
        stage.round(market_id)
    for market_id in range(len(MARKETS), MAX_MARKETS):
        stage.report(market_id, 0, PRICE)
    stage.trader(100)
    for market_id in range(1, MAX_MARKETS):
        stage.trade("trader", market_id, 1)


@case("trade: increase with all 16 markets open")
def trade_in_every_market(stage: Stage) -> int:
    every_market(stage)
    return stage.measure(*trade_of("trader", 0, 5))


@case("trade: refused, beyond its limit")
def trade_refused(stage: Stage) -> int:
    stage.deposit("trader")
    call = ("trader", "Exchange", "trade", TRADER, 0, 10 * WAD, WAD)
    return stage.measure(*call, error="LimitExceeded")


@case("deposit: first", 80_000)
def deposit_first(stage: Stage) -> int:
    return stage.measure("trader", "Exchange", "deposit", TRADER, 1_000 * TOKEN)


@case("deposit: again", 63_000)
def deposit_again(stage: Stage) -> int:
    stage.deposit("trader")
    return deposit_first(stage)


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


@case("trade: increase, backed by a token")
def increase_backed(stage: Stage) -> int:
    stage.bring("trader")
    stage.trade("trader", 0, 10)
    return stage.measure(*trade_of("trader", 0, 10))


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


def withdraw(stage: Stage) -> int:
    """Some of a trader's collateral goes back to its owner."""
    amount, receiver = 1_000 * TOKEN, actor_address("trader")
    return stage.measure("trader", "Exchange", "withdraw", TRADER, amount, receiver)


@case("withdraw: without positions")
def withdraw_flat(stage: Stage) -> int:
    stage.deposit("trader")
    return withdraw(stage)


@case("withdraw: with a position")
def withdraw_with_position(stage: Stage) -> int:
    stage.trader()
    return withdraw(stage)


@case("withdraw: with 4 open markets")
def withdraw_with_positions(stage: Stage) -> int:
    stage.trader()
    for market_id in range(1, 4):
        stage.trade("trader", market_id, 10)
    return withdraw(stage)


@case("settle: loss, by a stranger")
def settle_loss(stage: Stage) -> int:
    stage.trader()
    stage.round(0, PRICE * 95 // 100)
    return stage.measure("stranger", "Exchange", "settle", TRADER, 0)


@case("settle: gain")
def settle_gain(stage: Stage) -> int:
    stage.trader()
    stage.round(0, PRICE * 105 // 100)
    return stage.measure("trader", "Exchange", "settle", TRADER, 0)


@case("settle: claim of a closed position")
def settle_claim(stage: Stage) -> int:
    return stage.measure("gainer", "Exchange", "settle", holder("gainer"), 0)


def at_risk(stage: Stage, market_id: int, percent: int) -> None:
    """A trader with ten times his collateral, and a price at `percent` of his."""
    stage.trader(100, market_id)
    stage.round(market_id, PRICE * percent // 100)


def liquidate(stage: Stage, market_id: int, error: str | None = None) -> int:
    """The keeper tries to liquidate the trader."""
    call = ("keeper", "Exchange", "liquidate", TRADER, market_id)
    return stage.measure(*call, error=error)


@case("liquidate: first of a keeper and in a market, part")
def liquidate_first(stage: Stage) -> int:
    at_risk(stage, 1, 92)
    call = ("stranger", "Exchange", "liquidate", TRADER, 1)
    return stage.measure(*call)


@case("liquidate: part", 235_000)
def liquidate_part(stage: Stage) -> int:
    at_risk(stage, 0, 92)
    gas = liquidate(stage, 0)
    assert stage.state.positions[TRADER, 0].size > 0
    return gas


@case("liquidate: whole", 235_000)
def liquidate_whole(stage: Stage) -> int:
    at_risk(stage, 0, 91)
    gas = liquidate(stage, 0)
    assert stage.state.positions[TRADER, 0].size == Size(0)
    return gas


@case("liquidate: whole, insurance and vault pay")
def liquidate_bankrupt(stage: Stage) -> int:
    at_risk(stage, 0, 80)
    vault = stage.state.funds[()].vault
    gas = liquidate(stage, 0)
    assert stage.state.positions[TRADER, 0].size == Size(0)
    assert stage.state.insurance_window[()].drawn == RISK.insurance.cap
    assert stage.state.funds[()].vault != vault
    return gas


@case("liquidate: part, with 4 open markets")
def liquidate_with_markets(stage: Stage) -> int:
    stage.trader(70, 0)
    for market_id in range(1, 4):
        stage.trade("trader", market_id, 10)
    stage.round(0, PRICE * 89 // 100)
    return liquidate(stage, 0)


@case("liquidate: part, with all 16 markets open")
def liquidate_in_every_market(stage: Stage) -> int:
    every_market(stage)
    stage.round(0, PRICE * 92 // 100)
    return liquidate(stage, 0)


@case("liquidate: lost race, healthy again")
def liquidate_healthy(stage: Stage) -> int:
    at_risk(stage, 0, 92)
    stage.call("stranger", "Exchange", "liquidate", TRADER, 0)
    return liquidate(stage, 0, "Healthy")


@case("liquidate: lost race, nothing left")
def liquidate_nothing(stage: Stage) -> int:
    at_risk(stage, 0, 91)
    stage.call("stranger", "Exchange", "liquidate", TRADER, 0)
    return liquidate(stage, 0, "NoPosition")


def winning(stage: Stage) -> None:
    """A trader gains more than the market, as it is from now on, may owe."""
    stage.trader(10)
    stage.round(0, PRICE * 110 // 100)
    tight = DeleveragingParams(
        factor=Ratio(1), after_factor=Ratio(0), start=Ratio(0), duration=Seconds(600)
    )
    params = replace(MARKET, deleveraging=tight)
    stage.call("owner", "Governor", "set_market", 0, params)


def deleverage(stage: Stage, size: int = 1) -> int:
    """A stranger has so many whole units of the trader's closed."""
    call = ("stranger", "Exchange", "deleverage", TRADER, 0, Size(size * WAD))
    return stage.measure(*call)


@case("deleverage: opens")
def deleverage_opens(stage: Stage) -> int:
    winning(stage)
    return deleverage(stage)


@case("deleverage: part", 240_000)
def deleverage_part(stage: Stage) -> int:
    winning(stage)
    stage.call("stranger", "Exchange", "deleverage", TRADER, 0, Size(WAD))
    gas = deleverage(stage)
    assert stage.state.positions[TRADER, 0].size > 0
    return gas


@case("deleverage: whole", 240_000)
def deleverage_whole(stage: Stage) -> int:
    winning(stage)
    stage.call("stranger", "Exchange", "deleverage", TRADER, 0, Size(WAD))
    gas = deleverage(stage, 100)
    assert stage.state.claims[TRADER, 0] > 0
    return gas


def report(stage: Stage, market_id: int, reporter: int, moment: int = 0) -> int:
    """A reporter speaks of a moment, else of now."""
    when = moment or stage.now + BLOCK_TIME
    return stage.measure(*report_of(market_id, reporter, PRICE + WAD, when))


def full_ring(stage: Stage, market_id: int) -> None:
    """Let every place in the ring of rounds be taken."""
    while stage.state.heads[market_id].rounds < RING:
        stage.round(market_id)


@case("report: only reporter, makes a round", 105_000)
def report_alone(stage: Stage) -> int:
    return report(stage, SOLO, 0)


@case("report: only reporter, makes a round in a full ring", 75_000)
def report_alone_in_full_ring(stage: Stage) -> int:
    full_ring(stage, SOLO)
    return report(stage, SOLO, 0)


def report_of_three(reporter: int) -> Measure:
    """The report that follows those of the reporters before, of the same moment."""

    def measure(stage: Stage) -> int:
        moment = stage.now + BLOCK_TIME
        for before in range(reporter):
            stage.call(*report_of(0, before, PRICE, moment))
        return report(stage, 0, reporter, moment)

    return measure


case("report: first of three")(report_of_three(0))
case("report: second of three")(report_of_three(1))
case("report: third of three, makes a round")(report_of_three(2))


@case("report: third of three, makes a round in a full ring")
def report_of_three_in_full_ring(stage: Stage) -> int:
    full_ring(stage, 0)
    return report_of_three(2)(stage)


@case("report: of three who speak in turn, each makes a round")
def report_in_turn(stage: Stage) -> int:
    for reporter in range(3):
        stage.report(0, reporter, PRICE)
    rounds = stage.state.heads[0].rounds
    gas = report(stage, 0, 0)
    assert stage.state.heads[0].rounds == rounds + 1
    return gas


@case("accrue")
def accrue(stage: Stage) -> int:
    return stage.measure("stranger", "Exchange", "accrue", 0)


def ask_deposit(stage: Stage, name: str, min_shares: int = 0) -> None:
    """A provider asks to enter the vault."""
    stage.call(name, "Vault", "request_deposit", 10_000 * TOKEN, min_shares)


def ask_redeem(stage: Stage) -> None:
    """The provider asks to leave with a tenth of its shares."""
    shares = int(stage.state.shares[actor_address("provider")]) // 10
    stage.call("provider", "Vault", "request_redeem", shares, 0)


def execute(stage: Stage) -> int:
    """Once every price is from after its delay, the last request is executed."""
    stage.now += int(RISK.vault.delay)
    for market_id in range(SOLO + 1):
        stage.round(market_id)
    last = stage.state.request_count[()]
    return stage.measure("keeper", "Vault", "execute", last)


@case("vault: request deposit, first")
def request_deposit_first(stage: Stage) -> int:
    arguments = (10_000 * TOKEN, 0)
    return stage.measure("stranger", "Vault", "request_deposit", *arguments)


@case("vault: request deposit, while another waits")
def request_deposit(stage: Stage) -> int:
    ask_deposit(stage, "provider")
    return request_deposit_first(stage)


@case("vault: request redemption")
def request_redeem(stage: Stage) -> int:
    shares = int(stage.state.shares[actor_address("provider")]) // 10
    return stage.measure("provider", "Vault", "request_redeem", shares, 0)


@case("vault: request deposit, by an operator")
def request_deposit_for(stage: Stage) -> int:
    stage.call("stranger", "Vault", "setOperator", actor_address("keeper"), 1)
    words = (10_000 * TOKEN, SOMEBODY, SOMEBODY)
    return stage.measure("keeper", "Vault", "requestDeposit", *words)


@case("vault: request redemption, by who may take the shares")
def request_redeem_for(stage: Stage) -> int:
    stage.call("provider", "Vault", "approve", SOMEBODY, 2 * WAD)
    words = (WAD, SOMEBODY, actor_address("provider"))
    return stage.measure("stranger", "Vault", "requestRedeem", *words)


@case("vault: set operator")
def set_request_operator(stage: Stage) -> int:
    keeper = actor_address("keeper")
    return stage.measure("provider", "Vault", "setOperator", keeper, 1)


@case("vault: execute deposit of a new provider, 5 markets with positions")
def execute_deposit_first(stage: Stage) -> int:
    ask_deposit(stage, "stranger")
    return execute(stage)


@case("vault: execute deposit, 5 markets with positions")
def execute_deposit(stage: Stage) -> int:
    ask_deposit(stage, "provider")
    return execute(stage)


@case("vault: execute redemption, 5 markets with positions")
def execute_redemption(stage: Stage) -> int:
    ask_redeem(stage)
    return execute(stage)


@case("vault: execute, its minimum is not met")
def execute_returned(stage: Stage) -> int:
    ask_deposit(stage, "provider", 2**119)
    return execute(stage)


def return_last(stage: Stage) -> int:
    """The window passes, and the last request is returned."""
    stage.now += int(RISK.vault.delay + RISK.vault.window) + 1
    last = stage.state.request_count[()]
    return stage.measure("keeper", "Vault", "return_request", last)


@case("vault: return deposit")
def return_deposit(stage: Stage) -> int:
    ask_deposit(stage, "provider")
    return return_last(stage)


@case("vault: return redemption")
def return_redemption(stage: Stage) -> int:
    ask_redeem(stage)
    return return_last(stage)


@case("vault: transfer of shares")
def transfer_shares(stage: Stage) -> int:
    return stage.measure("provider", "Vault", "transfer", SOMEBODY, WAD)


@case("vault: approval of shares")
def approve_shares(stage: Stage) -> int:
    return stage.measure("provider", "Vault", "approve", SOMEBODY, WAD)


@case("vault: transfer of shares by who was allowed to")
def transfer_shares_from(stage: Stage) -> int:
    stage.call("provider", "Vault", "approve", actor_address("keeper"), 2 * WAD)
    words = (actor_address("provider"), SOMEBODY, WAD)
    return stage.measure("keeper", "Vault", "transferFrom", *words)


@case("vault: value, as a transaction")
def value(stage: Stage) -> int:
    return stage.measure("stranger", "Vault", "nav")


@case("lens: statement, as a transaction")
def statement(stage: Stage) -> int:
    return stage.measure("long", "Lens", "statement_of", holder("long"))


@case("account: set operator")
def set_operator(stage: Stage) -> int:
    keeper = actor_address("keeper")
    return stage.measure("trader", "Exchange", "set_operator", keeper, 1)


@case("account: set margin mode")
def set_margin_mode(stage: Stage) -> int:
    stage.deposit("trader")
    return stage.measure("trader", "Exchange", "set_margin_mode", TRADER, ISOLATED)


@case("fund insurance")
def fund_insurance(stage: Stage) -> int:
    return stage.measure("stranger", "Exchange", "fund_insurance", 100 * TOKEN)


@case("claim reward")
def claim_reward(stage: Stage) -> int:
    receiver = actor_address("keeper")
    return stage.measure("keeper", "Exchange", "claim_reward", 10 * TOKEN, receiver)


@case("governor: start a market")
def start_market(stage: Stage) -> int:
    fresh = len(MARKETS)
    feed = (feed_params(3), reporters())
    stage.call("owner", "Governor", "set_feed", fresh, *feed)
    return stage.measure("owner", "Governor", "set_market", fresh, MARKET)


@case("governor: change a market")
def change_market(stage: Stage) -> int:
    return stage.measure("owner", "Governor", "set_market", 0, MARKET)


@case("governor: start a feed")
def start_feed(stage: Stage) -> int:
    feed = (feed_params(3), reporters())
    return stage.measure("owner", "Governor", "set_feed", len(MARKETS), *feed)


@case("governor: change a feed")
def change_feed(stage: Stage) -> int:
    feed = (feed_params(3), reporters())
    return stage.measure("owner", "Governor", "set_feed", 0, *feed)


def reporters() -> tuple[int, ...]:
    """Three reporters, and vacant places."""
    voices = tuple(actor_address(name) for name in REPORTERS)
    return voices + (0,) * (MAX_REPORTERS - len(voices))


def alone() -> tuple[int, ...]:
    """The first of them, and more vacant places."""
    return reporters()[:1] + (0,) * (MAX_REPORTERS - 1)


@case("governor: change the risk parameters")
def change_risk(stage: Stage) -> int:
    return stage.measure("owner", "Governor", "set_risk", RISK)


@case("governor: collect treasury")
def collect_treasury(stage: Stage) -> int:
    receiver = actor_address("owner")
    return stage.measure("owner", "Governor", "collect_treasury", receiver, TOKEN)


@case("governor: offer ownership")
def offer_ownership(stage: Stage) -> int:
    pending = actor_address("stranger")
    return stage.measure("owner", "Governor", "offer_ownership", pending)


@case("governor: take ownership")
def take_ownership(stage: Stage) -> int:
    pending = actor_address("stranger")
    stage.call("owner", "Governor", "offer_ownership", pending)
    return stage.measure("stranger", "Governor", "take_ownership")


@case("token: mint")
def mint(stage: Stage) -> int:
    receiver = actor_address("stranger")
    return stage.measure("stranger", "Token", "mint", receiver, TOKEN)


@case("token: approve")
def approve(stage: Stage) -> int:
    spender = actor_address("keeper")
    return stage.measure("stranger", "Token", "approve", spender, TOKEN)


@case("token: transfer")
def transfer(stage: Stage) -> int:
    receiver = actor_address("trader")
    return stage.measure("stranger", "Token", "transfer", receiver, TOKEN)


@case("token: transfer, first to a receiver")
def transfer_first(stage: Stage) -> int:
    receiver = actor_address("nobody")
    return stage.measure("stranger", "Token", "transfer", receiver, TOKEN)


@case("token: transfer by a spender")
def transfer_from(stage: Stage) -> int:
    owner, spender = actor_address("stranger"), actor_address("keeper")
    stage.call("stranger", "Token", "approve", spender, 2 * TOKEN)
    receiver = actor_address("trader")
    return stage.measure("keeper", "Token", "transferFrom", owner, receiver, TOKEN)
