"""
Every refusal is reached, in both worlds: a short way to each error there is.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from evm.chain import connect
from evm.compile import compile_contracts
from evm.lockstep import Lockstep
from evm.replay import model_at
from protocol import errors, market
from protocol.collateral import FIRST_FEED, DebtParams
from protocol.fixed_point import WAD
from protocol.trace import Genesis, genesis_actions, words_of
from tests.evm.story import ATOMS, by, holder, reports
from tests.genesis import (
    ACTORS,
    COLLATERAL,
    FEED,
    GENESIS,
    MARKET,
    REPORTERS,
    RISK,
    START,
)

FIRST, SECOND, THIRD = holder("trader_1"), holder("trader_2"), holder("trader_3")
ETH, BTC = 0, 1
HIGH, LOW = 10**30, 0
VAULT = RISK.vault
# A reason for each error that no call can be refused with.
UNREACHABLE = {
    "DenominatorNotPositive": "every denominator is a parameter or a sum above zero",
    "EscrowTooSmall": "the vault lets in, or gives back, only what it has taken",
    "TransferFailed": "the token here reports what it does and does what it reports",
}


class Scene:
    """Both worlds after a genesis, and a time at which the next calls are made."""

    def __init__(self, is_set_up: bool = True, genesis: Genesis = GENESIS) -> None:
        chain = connect("revm", compile_contracts())
        chain.deploy(genesis)
        self.pair = Lockstep(model_at(genesis, chain.addresses), chain)
        self.now = START
        self.error: str | None = None
        if is_set_up:
            for action in genesis_actions(genesis, chain.addresses):
                self.error = self.pair.step(action).outcome.error or self.error

    def call(self, name: str, to: str, function: str, *arguments: int) -> None:
        """A call of an actor; how it was refused, if it was."""
        action = by(name, to, function, self.now, *arguments)
        self.error = self.pair.step(action).outcome.error

    def must(self, name: str, to: str, function: str, *arguments: int) -> None:
        """A call that has to succeed."""
        self.call(name, to, function, *arguments)
        assert self.error is None, self.error

    def price(self, market_id: int, price: int) -> None:
        """A round a second later."""
        self.now += 1
        for action in reports(self.now, market_id, price):
            self.pair.step(action)

    def trade(self, account: int, market_id: int, size: int) -> None:
        """A trade at any price."""
        name = next(each for each in ACTORS if ACTORS[each] == account >> 96)
        limit = HIGH if size > 0 else LOW
        self.call(name, "Exchange", "trade", account, market_id, size, limit)

    def traded(self, account: int, market_id: int, size: int) -> None:
        """A trade that has to succeed."""
        self.trade(account, market_id, size)
        assert self.error is None, self.error

    def execute(self, request_id: int) -> None:
        """A request, once there are prices that it may be executed at."""
        self.now += VAULT.delay
        index = market.price_of(self.pair.model.state, ETH).index
        self.price(ETH, index)
        self.call("keeper", "Vault", "execute", request_id)

    def set_market(self, **changes: object) -> None:
        """The owner changes the parameters of the first market."""
        words = words_of(changed(MARKET, changes))
        self.call("owner", "Governor", "set_market", ETH, *words)


def changed(record, changes):
    """The record with some fields of its groups replaced: `limits={"max_skew": 1}`."""
    groups = {
        name: replace(getattr(record, name), **fields)
        for name, fields in changes.items()
    }
    return replace(record, **groups)


def ready(provided: int = 10**6) -> Scene:
    """Prices, a vault, an insurance fund, and three traders with collateral."""
    scene = Scene()
    if provided:
        scene.must("provider", "Vault", "request_deposit", provided * ATOMS, 1)
        scene.now += VAULT.delay + 1
        scene.must("keeper", "Vault", "execute", 1)
    scene.price(ETH, 2_000 * WAD)
    scene.price(BTC, 30_000 * WAD)
    scene.must("owner", "Exchange", "fund_insurance", 10**4 * ATOMS)
    for name, account, cash in (
        ("trader_1", FIRST, 10_000),
        ("trader_2", SECOND, 50_000),
        ("trader_3", THIRD, 50_000),
    ):
        scene.must(name, "Exchange", "deposit", account, cash * ATOMS)
    return scene


def opened() -> Scene:
    """The first trader is long by thirty."""
    scene = ready()
    scene.traded(FIRST, ETH, 30 * WAD)
    return scene


def one_call(name: str, to: str, function: str, *arguments: int) -> Callable[[], Scene]:
    """A refusal that is one call away."""

    def reached() -> Scene:
        scene = ready()
        scene.call(name, to, function, *arguments)
        return scene

    return reached


def one_trade(size: int, market_id: int = ETH) -> Callable[[], Scene]:
    """A refusal that is one trade of the first trader away."""

    def reached() -> Scene:
        scene = ready()
        scene.trade(FIRST, market_id, size)
        return scene

    return reached


def one_market(**changes: object) -> Callable[[], Scene]:
    """A refusal of a market's parameters."""

    def reached() -> Scene:
        scene = opened()
        scene.set_market(**changes)
        return scene

    return reached


def one_token(
    change: Callable[[Scene], dict[str, object]], token_id: int = 0
) -> Callable[[], Scene]:
    """A refusal of a token's parameters; the first trader has brought one of it."""

    def reached() -> Scene:
        scene = ready()
        scene.must("trader_1", "Exchange", "deposit_collateral", FIRST, 0, 10**8)
        own = scene.pair.chain.addresses["Token1"]
        params = replace(COLLATERAL[0].params, **{"token": own, **change(scene)})
        scene.call("owner", "Governor", "set_collateral", token_id, *words_of(params))
        return scene

    return reached


def without_bound(scene: Scene) -> dict[str, object]:
    """A cap that at the highest price of its feed is worth too much."""
    places = [ACTORS[name] for name in REPORTERS] + [0] * (7 - len(REPORTERS))
    words = words_of(replace(FEED, ceiling_price=10**9 * WAD))
    scene.must("owner", "Governor", "set_feed", FIRST_FEED, *words, *places)
    return {"cap": 2**95 - 1}


def too_many_decimals() -> Scene:
    """The genesis would let a token of 19 decimals be collateral."""
    token = replace(COLLATERAL[0], decimals=19)
    return Scene(genesis=replace(GENESIS, collateral=(token,)))


def in_debt(tokens: int = 10**8) -> Scene:
    """The first trader has a token, lost what was settled, and has no cash."""
    scene = ready()
    scene.price(FIRST_FEED, 2_000 * WAD)
    for token_id, atoms in ((0, tokens), (1, 10**22)):
        scene.price(FIRST_FEED + 1, WAD)
        scene.must("trader_1", "Exchange", "deposit_collateral", FIRST, token_id, atoms)
    scene.must("trader_1", "Exchange", "withdraw", FIRST, 10_000 * ATOMS, SOME)
    scene.traded(FIRST, ETH, 30 * WAD)
    scene.price(ETH, 1_900 * WAD)
    scene.must("keeper", "Exchange", "settle", FIRST, ETH)
    return scene


def sale_too_large() -> Scene:
    """Ten thousand of a token worth one, for a debt of three."""
    scene = in_debt()
    scene.call("keeper", "Exchange", "buy_collateral", FIRST, 1, 10**22)
    return scene


def debt_too_large() -> Scene:
    """The limit is lowered to nothing, and more is bought."""
    scene = in_debt()
    risk = replace(RISK, debt=DebtParams(floor=0, most=0))
    scene.must("owner", "Governor", "set_risk", *words_of(risk))
    scene.trade(FIRST, ETH, WAD)
    return scene


def one_feed(reporters: tuple[str, ...] = REPORTERS, **changes: object):
    """A refusal of a feed's parameters."""
    places = [ACTORS[name] for name in reporters] + [0] * (7 - len(reporters))
    words = (ETH, *words_of(replace(FEED, **changes)), *places)
    return one_call("owner", "Governor", "set_feed", *words)


def later(seconds: int) -> Callable[[], Scene]:
    """A trade so long after the last round."""

    def reached() -> Scene:
        scene = ready()
        scene.price(ETH, 2_000 * WAD)
        scene.now += seconds
        scene.trade(FIRST, ETH, WAD)
        return scene

    return reached


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


def price_tripped() -> Scene:
    """The price has left its band."""
    scene = ready()
    scene.price(ETH, 2_600 * WAD)
    scene.trade(FIRST, ETH, WAD)
    return scene


def price_uncertain() -> Scene:
    """The reporters are not sure."""
    scene = ready()
    scene.now += 1
    for number, name in enumerate(REPORTERS):
        words = (ETH, number, 2_000 * WAD, 50 * WAD, scene.now)
        scene.must(name, "Oracle", "report", *words)
    scene.trade(FIRST, ETH, WAD)
    return scene


def report_not_newer() -> Scene:
    """A reporter says something about a time it has spoken of."""
    scene = ready()
    words = (BTC, 0, 30_000 * WAD, 0, scene.now)
    scene.call(REPORTERS[0], "Oracle", "report", *words)
    return scene


def redeeming(scene: Scene) -> Scene:
    """The provider asks for all that it has given."""
    shares = scene.pair.model.state.shares[ACTORS["provider"]]
    scene.must("provider", "Vault", "request_redeem", shares, 0)
    return scene


def reserve_too_small() -> Scene:
    """The vault must cover what is open."""
    scene = redeeming(opened())
    scene.execute(2)
    return scene


def request_too_early() -> Scene:
    """A second more, and it could be executed, had there been a price in it."""
    scene = redeeming(opened())
    scene.now += VAULT.delay - 1
    scene.price(ETH, 2_000 * WAD)
    scene.call("keeper", "Vault", "execute", 2)
    return scene


def request_still_open() -> Scene:
    """In the last second of its window it is not given back yet."""
    scene = redeeming(ready())
    scene.now += VAULT.delay + VAULT.window
    scene.call("keeper", "Vault", "return_request", 2)
    return scene


def request_too_late() -> Scene:
    """A second later it is not executed any more."""
    scene = redeeming(ready())
    scene.now += VAULT.delay + VAULT.window + 1
    scene.call("keeper", "Vault", "execute", 2)
    return scene


def request_unknown() -> Scene:
    """What was executed is not executed again."""
    scene = redeeming(ready())
    scene.now += VAULT.delay + 1
    scene.must("keeper", "Vault", "execute", 2)
    scene.call("keeper", "Vault", "execute", 2)
    return scene


def vault_quarantined() -> Scene:
    """The vault has just paid for an account that could not."""
    scene = Scene()
    scene.must("provider", "Vault", "request_deposit", 10**6 * ATOMS, 1)
    scene.now += VAULT.delay + 1
    scene.must("keeper", "Vault", "execute", 1)
    scene.price(ETH, 2_000 * WAD)
    scene.must("trader_1", "Exchange", "deposit", FIRST, 10_000 * ATOMS)
    scene.traded(FIRST, ETH, 30 * WAD)
    scene.price(ETH, 1_550 * WAD)
    scene.must("keeper", "Exchange", "liquidate", FIRST, ETH)
    redeeming(scene).execute(2)
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


def deleveraged(size: int = WAD, **changes: int) -> Scene:
    """A winner of ten is deleveraged by somebody, of a vault that has little."""
    scene = ready(provided=0)
    usual = {"factor": WAD, "after_factor": WAD // 2, "start": 0}
    scene.traded(SECOND, ETH, 10 * WAD)
    scene.price(ETH, 2_200 * WAD)
    scene.set_market(deleveraging=usual | changes)
    scene.must("stranger", "Exchange", "deleverage", SECOND, ETH, size)
    scene.call("stranger", "Exchange", "deleverage", SECOND, ETH, size)
    return scene


def deleveraging_not_open() -> Scene:
    """Nothing is owed."""
    scene = ready()
    scene.call("stranger", "Exchange", "deleverage", SECOND, ETH, WAD)
    return scene


def score_too_low() -> Scene:
    """The clock has just begun to run."""
    return deleveraged(start=10 * WAD)


def nothing_left_to_close() -> Scene:
    """All that may be closed was."""
    scene = deleveraged(size=8 * WAD)
    left = market.load_opening(scene.pair.model.state, ETH).long_left
    scene.must("stranger", "Exchange", "deleverage", SECOND, ETH, left)
    scene.call("stranger", "Exchange", "deleverage", SECOND, ETH, 1)
    return scene


def nothing_gained() -> Scene:
    """Who was sold to has lost what the buyer has gained."""
    scene = deleveraged()
    assert scene.error is None
    scene.traded(FIRST, ETH, -WAD)
    scene.price(ETH, 2_250 * WAD)
    scene.call("stranger", "Exchange", "deleverage", FIRST, ETH, WAD)
    return scene


def owed_would_rise() -> Scene:
    """
    Another long has lost more than half of what this one has gained: as a claim that
    would count in full.
    """
    scene = ready(provided=0)
    scene.traded(SECOND, ETH, WAD)
    scene.price(ETH, 2_200 * WAD)
    scene.traded(FIRST, ETH, 4 * WAD)
    scene.price(ETH, 2_180 * WAD)
    changes = {"factor": 1, "after_factor": 0, "start": 0}
    scene.set_market(deleveraging=changes)
    scene.must("stranger", "Exchange", "deleverage", SECOND, ETH, WAD)
    scene.call("stranger", "Exchange", "deleverage", SECOND, ETH, WAD)
    return scene


def vault_too_small() -> Scene:
    """There is nothing from which a gain could be paid, though no cap stops it."""
    scene = ready(provided=0)
    scene.set_market(payout={"factor": 2**95 - 1})
    scene.traded(SECOND, ETH, WAD)
    scene.price(ETH, 2_200 * WAD)
    # A gain counts at the average too, which follows.
    scene.now += FEED.averaging_time
    scene.price(ETH, 2_200 * WAD)
    scene.call("trader_2", "Exchange", "settle", SECOND, ETH)
    return scene


def vault_shut() -> Scene:
    """Traders have gained more than the market would pay them."""
    scene = ready(provided=0)
    scene.traded(SECOND, ETH, WAD)
    scene.price(ETH, 2_200 * WAD)
    scene.must("provider", "Vault", "request_deposit", 10**6, 0)
    scene.execute(1)
    return scene


def vault_underwater() -> Scene:
    """
    The gains of traders are more than the vault has, and no cap shuts it, so a share is
    worth nothing.
    """
    scene = ready(provided=0)
    scene.set_market(payout={"factor": 2**95 - 1})
    scene.traded(SECOND, ETH, WAD)
    scene.price(ETH, 2_200 * WAD)
    scene.must("provider", "Vault", "request_deposit", 10**6, 0)
    scene.execute(1)
    return scene


SOME = ACTORS["stranger"]
REACHED: dict[str, Callable[[], Scene]] = {
    errors.ALLOWANCE_TOO_SMALL: one_call(
        "stranger", "Token", "transferFrom", ACTORS["owner"], SOME, 1
    ),
    errors.BAD_QUORUM: one_feed(quorum=2),
    errors.BAD_REPORTERS: one_feed(REPORTERS[:2]),
    errors.BALANCE_TOO_SMALL: one_call("stranger", "Token", "transfer", SOME, 10**30),
    errors.BELOW_INITIAL_MARGIN: one_trade(60 * WAD),
    errors.ALREADY_CALLED: already_called,
    errors.BUCKET_EMPTY: bucket_empty,
    errors.CALL_ABOVE_INITIAL: one_market(
        margin={"maintenance_fraction": 9 * WAD // 10}
    ),
    errors.GRACE_NOT_OVER: grace_not_over,
    errors.CAP_BELOW_TOTAL: one_token(lambda scene: {"cap": WAD - 1}),
    errors.CAP_EXCEEDED: one_call(
        "trader_1", "Exchange", "deposit_collateral", FIRST, 0, 1_000 * 10**8 + 1
    ),
    errors.CLOSING_COSTS_TOO_MUCH: one_market(liquidation={"keeper_share": WAD // 10}),
    errors.COLLATERAL_ABOVE_VALUE: one_token(without_bound),
    errors.DEBT_TOO_LARGE: debt_too_large,
    errors.EQUITY_NEGATIVE: equity_negative,
    errors.FEED_UNKNOWN: one_call("stranger", "Oracle", "params_of", 9),
    errors.HAS_POSITIONS: has_positions,
    errors.HEALTHY: healthy,
    errors.ISOLATED_ACCOUNT: isolated_account,
    errors.LIMIT_EXCEEDED: one_call(
        "trader_1", "Exchange", "trade", FIRST, ETH, WAD, 2_000 * WAD
    ),
    errors.MARKET_UNKNOWN: one_trade(WAD, market_id=9),
    errors.MODE_UNKNOWN: one_call("trader_1", "Exchange", "set_margin_mode", FIRST, 2),
    errors.NOTHING_GAINED: nothing_gained,
    errors.NOTHING_LEFT_TO_CLOSE: nothing_left_to_close,
    errors.OWED_WOULD_RISE: owed_would_rise,
    errors.SCORE_TOO_LOW: score_too_low,
    errors.DELEVERAGING_NOT_OPEN: deleveraging_not_open,
    errors.NOTHING_TO_SETTLE: one_call("trader_1", "Exchange", "settle", FIRST, ETH),
    errors.NOT_A_TOKEN: one_token(lambda scene: {"token": SOME}),
    errors.NOT_GOVERNOR: one_call("owner", "Exchange", "set_risk", 0),
    errors.NOT_IN_DEBT: one_call("keeper", "Exchange", "buy_collateral", FIRST, 0, 1),
    errors.NOT_OPERATOR: one_call("stranger", "Exchange", "deposit", FIRST, 1),
    errors.NOT_OWNER: one_call("stranger", "Governor", "offer_ownership", SOME),
    errors.NOT_REPORTER: one_call(
        "stranger", "Oracle", "report", ETH, 0, WAD, 0, START
    ),
    errors.NOT_VAULT: one_call("owner", "Exchange", "leave_vault", SOME, 1),
    errors.NO_POSITION: one_call("keeper", "Exchange", "liquidate", FIRST, ETH),
    errors.NO_PREVIEW: one_call("stranger", "Vault", "previewRedeem", WAD),
    errors.OPEN_INTEREST_ABOVE_SCALE: one_market(
        limits={"max_open_interest": 10_001 * WAD}
    ),
    errors.OPEN_INTEREST_ABOVE_VALUE: open_interest_above_value,
    errors.OPEN_INTEREST_TOO_LARGE: open_interest_too_large,
    errors.OUT_OF_BOUNDS: one_call("trader_1", "Exchange", "deposit", FIRST, 2**120),
    errors.PARAMETER_OUT_OF_BOUNDS: one_call(
        "owner",
        "Governor",
        "set_risk",
        *words_of(replace(RISK, profit_weight=WAD + 1)),
    ),
    errors.POSITION_TOO_LARGE: one_trade(101 * WAD),
    errors.POSITION_TOO_SMALL: one_trade(1),
    errors.PRICE_INVALID: later(601),
    errors.PRICE_STALE: later(61),
    errors.PRICE_TRIPPED: price_tripped,
    errors.PRICE_UNCERTAIN: price_uncertain,
    errors.REPORT_FROM_FUTURE: one_call(
        REPORTERS[0], "Oracle", "report", ETH, 0, WAD, 0, START + 99
    ),
    errors.REPORT_NOT_NEWER: report_not_newer,
    errors.REQUEST_STILL_OPEN: request_still_open,
    errors.REQUEST_TOO_EARLY: request_too_early,
    errors.REQUEST_TOO_LATE: request_too_late,
    errors.REQUEST_UNKNOWN: request_unknown,
    errors.RESERVE_TOO_SMALL: reserve_too_small,
    errors.REWARD_TOO_SMALL: one_call("keeper", "Exchange", "claim_reward", 1, SOME),
    errors.RISK_NOT_REDUCED: risk_not_reduced,
    errors.RISK_UNKNOWN: risk_unknown,
    errors.ROUND_UNKNOWN: one_call("stranger", "Oracle", "round_of", ETH, 99),
    errors.SALE_TOO_LARGE: sale_too_large,
    errors.SKEW_SCALE_TOO_SMALL: one_market(pricing={"skew_scale": 59 * WAD}),
    errors.SKEW_TOO_LARGE: skew_too_large,
    errors.TOKEN_CHANGED: one_token(
        lambda scene: {"token": scene.pair.chain.addresses["Token2"], "decimals": 18}
    ),
    errors.TOKEN_UNKNOWN: one_call(
        "trader_1", "Exchange", "deposit_collateral", FIRST, 2, 1
    ),
    errors.TOO_LITTLE_CASH: one_call(
        "trader_1", "Exchange", "withdraw", FIRST, 10_001 * ATOMS, SOME
    ),
    errors.TOO_LITTLE_COLLATERAL: one_call(
        "trader_1", "Exchange", "withdraw_collateral", FIRST, 0, 1, SOME
    ),
    errors.TOO_LITTLE_HELD: one_call(
        "trader_1", "Exchange", "withdraw", FIRST, 10**18, SOME
    ),
    errors.TOO_MANY_DECIMALS: too_many_decimals,
    errors.TREASURY_TOO_SMALL: one_call(
        "owner", "Governor", "collect_treasury", SOME, 1
    ),
    errors.VAULT_QUARANTINED: vault_quarantined,
    errors.VAULT_SHUT: vault_shut,
    errors.VAULT_TOO_SMALL: vault_too_small,
    errors.VAULT_UNDERWATER: vault_underwater,
    errors.ZERO_AMOUNT: one_call("trader_1", "Exchange", "deposit", FIRST, 0),
    errors.ZERO_RECEIVER: one_call("provider", "Vault", "transfer", 0, 1),
    errors.ZERO_SIZE: one_trade(0),
}


@pytest.mark.parametrize("error", REACHED)
def test_a_refusal_is_reached_in_both_worlds(error) -> None:
    assert REACHED[error]().error == error


def test_every_error_is_reached_or_has_a_reason() -> None:
    known = {value for name, value in vars(errors).items() if name.isupper()}
    assert known == REACHED.keys() | UNREACHABLE.keys()
    assert not REACHED.keys() & UNREACHABLE.keys()
