"""
Every refusal is reached, in both worlds: a short way to each error there is.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from protocol import errors
from protocol.fixed_point import WAD
from protocol.parameters import HALTED, REDUCE_ONLY
from protocol.portfolio import PortfolioParams, packed_shocks
from protocol.trace import words_of
from tests.evm.refusals.credit import (
    LENDER,
    LIMIT,
    TERMS,
    already_recalled,
    granted,
    then,
    used,
)
from tests.evm.refusals.deleveraging import (
    deleveraging_not_open,
    nothing_gained,
    nothing_left_to_close,
    owed_would_rise,
    score_too_low,
)
from tests.evm.refusals.governance import margins_rising, not_tighter, paused_lately
from tests.evm.refusals.lens import batch_too_large
from tests.evm.refusals.modes import held_up
from tests.evm.refusals.orders import (
    BUY,
    FEE,
    SELL,
    STOP,
    armed,
    called,
    committed,
    dead,
    due,
    lapsed,
    one_order,
    only_by_order,
    order_in_halted_market,
    order_pending,
    placed,
    settled,
    through_zero,
    two_rounds,
)
from tests.evm.refusals.prices import (
    later,
    one_feed,
    price_tripped,
    price_uncertain,
    report_not_newer,
)
from tests.evm.refusals.scene import (
    ETH,
    FIRST,
    SOME,
    Scene,
    one_call,
    one_market,
    one_trade,
    ready,
)
from tests.evm.refusals.settled import (
    expiry_fixed,
    feed_closed,
    future_has_funding,
    market_has_prices,
    market_not_settled,
    market_settled,
)
from tests.evm.refusals.tokens import (
    debt_too_large,
    one_token,
    sale_too_large,
    too_many_decimals,
    without_bound,
)
from tests.evm.refusals.top_ups import (
    OF_ANOTHER,
    one_top_up,
    top_up_too_early,
)
from tests.evm.refusals.trading import (
    already_called,
    bucket_empty,
    equity_negative,
    grace_not_over,
    has_positions,
    healthy,
    isolated_account,
    open_interest_above_value,
    open_interest_too_large,
    risk_not_reduced,
    risk_unknown,
    skew_too_large,
)
from tests.evm.refusals.vault import (
    request_still_open,
    request_too_early,
    request_too_late,
    request_unknown,
    reserve_too_small,
    vault_quarantined,
    vault_shut,
    vault_too_small,
    vault_underwater,
)
from tests.evm.story import ATOMS
from tests.genesis import ACTORS, MARKET, REPORTERS, RISK, START

# A reason for each error that no call can be refused with.
UNREACHABLE = {
    "DenominatorNotPositive": "every denominator is a parameter or a sum above zero",
    "EscrowTooSmall": "the vault lets in, or gives back, only what it has taken",
    "NoAnswer": "only too little gas leads to it, and a model needs none",
    "TransferFailed": "the token here reports what it does and does what it reports",
}


REACHED: dict[str, Callable[[], Scene]] = {
    errors.AGGREGATOR_SILENT: one_call("stranger", "Oracle", "relay", ETH, 0),
    errors.ALLOWANCE_TOO_SMALL: one_call(
        "stranger", "Token", "transferFrom", ACTORS["owner"], SOME, 1
    ),
    errors.BAD_QUORUM: one_feed(quorum=2),
    errors.BAD_REPORTERS: one_feed(REPORTERS[:2]),
    errors.BALANCE_TOO_SMALL: one_call("stranger", "Token", "transfer", SOME, 10**30),
    errors.BATCH_TOO_LARGE: batch_too_large,
    errors.BELOW_INITIAL_MARGIN: one_trade(60 * WAD),
    errors.ALREADY_CALLED: already_called,
    errors.ALREADY_RECALLED: already_recalled,
    errors.BUCKET_EMPTY: bucket_empty,
    errors.CALL_ABOVE_INITIAL: one_market(
        margin={"maintenance_fraction": 9 * WAD // 10}
    ),
    errors.EXPIRY_FIXED: expiry_fixed,
    errors.FUTURE_HAS_FUNDING: future_has_funding,
    errors.FEED_CLOSED: feed_closed,
    errors.MARKET_HAS_PRICES: market_has_prices,
    errors.MARKET_NOT_SETTLED: market_not_settled,
    errors.MARKET_SETTLED: market_settled,
    errors.FLOOR_TOO_LOW: one_call(
        "owner",
        "Governor",
        "set_risk",
        *words_of(replace(RISK, portfolio=PortfolioParams(WAD // 20))),
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
    errors.FEE_TOO_SMALL: one_order(*BUY[:4], FEE - 1),
    errors.FEED_UNKNOWN: one_call("stranger", "Oracle", "params_of", 9),
    errors.HAS_POSITIONS: has_positions,
    errors.HEALTHY: healthy,
    errors.HELD_BY_LINES: then(
        granted, "provider", "withdraw_lent", 2_000 * ATOMS + 1, SOME
    ),
    errors.ISOLATED_ACCOUNT: isolated_account,
    errors.LINE_IN_USE: then(used, "trader_1", "ask_line", FIRST, LENDER, *TERMS),
    errors.LINE_TOO_SMALL: then(
        granted, "provider", "grant_line", FIRST, LIMIT, *TERMS
    ),
    errors.LINE_UNKNOWN: one_call("stranger", "Exchange", "settle_line", FIRST),
    errors.LIMIT_EXCEEDED: one_call(
        "trader_1", "Exchange", "trade", FIRST, ETH, WAD, 2_000 * WAD
    ),
    errors.MARKET_HALTED: held_up(HALTED),
    errors.MARKET_ONLY_REDUCES: held_up(REDUCE_ONLY),
    errors.MARKET_UNKNOWN: one_trade(WAD, market_id=9),
    errors.MODE_UNKNOWN: one_call("trader_1", "Exchange", "set_margin_mode", FIRST, 3),
    errors.NOTHING_GAINED: nothing_gained,
    errors.NOTHING_LEFT_TO_CLOSE: nothing_left_to_close,
    errors.OWED_WOULD_RISE: owed_would_rise,
    errors.SCORE_TOO_LOW: score_too_low,
    errors.DELEVERAGING_NOT_OPEN: deleveraging_not_open,
    errors.NOTHING_TO_SETTLE: one_call("trader_1", "Exchange", "settle", FIRST, ETH),
    errors.NOT_A_TOKEN: one_token(lambda scene: {"token": SOME}),
    errors.NOT_COUNCIL: one_call(
        "owner", "Governor", "tighten_market", ETH, *words_of(MARKET)
    ),
    errors.NOT_GUARDIAN: one_call("owner", "Governor", "pause_market", ETH),
    errors.MARGINS_RISING: margins_rising,
    errors.NOT_TIGHTER: not_tighter,
    errors.PAUSED_LATELY: paused_lately,
    errors.NOT_GOVERNOR: one_call("owner", "Exchange", "set_risk", 0),
    errors.NOT_IN_DEBT: one_call("keeper", "Exchange", "buy_collateral", FIRST, 0, 1),
    errors.NOT_LENDER: then(granted, "keeper", "recall_line", FIRST),
    errors.NOT_OPERATOR: one_call("stranger", "Exchange", "deposit", FIRST, 1),
    errors.NOT_ORDERS: one_call(
        "owner", "Exchange", "release_order", FIRST, 0, 0, SOME, 0
    ),
    errors.NOT_OWNER: one_call("stranger", "Governor", "offer_ownership", SOME),
    errors.NOT_REPORTER: one_call(
        "stranger", "Oracle", "report", ETH, 0, WAD, 0, START
    ),
    errors.NOT_VAULT: one_call("owner", "Exchange", "leave_vault", SOME, 1),
    errors.NO_POSITION: one_call("keeper", "Exchange", "liquidate", FIRST, ETH),
    errors.NO_SHOCKS: one_market(margin={"shocks": 0}),
    errors.NO_PREVIEW: one_call("stranger", "Vault", "previewRedeem", WAD),
    errors.ONLY_BY_ORDER: only_by_order,
    errors.OPEN_INTEREST_ABOVE_SCALE: one_market(
        limits={"max_open_interest": 10_001 * WAD}
    ),
    errors.OPEN_INTEREST_ABOVE_VALUE: open_interest_above_value,
    errors.OPEN_INTEREST_TOO_LARGE: open_interest_too_large,
    errors.OTHER_TERMS: then(
        granted, "provider", "grant_line", FIRST, LIMIT + 1, 0, 3_600
    ),
    errors.ORDER_ARMED: called(armed, "keeper", "arm"),
    errors.ORDER_DEAD: settled(dead),
    errors.ORDER_DUE: called(due, "trader_1", "cancel"),
    errors.ORDER_EXISTS: called(committed, "trader_1", "commit", *SELL),
    errors.ORDER_NOT_ARMED: settled(placed),
    errors.ORDER_ONLY_REDUCES: one_order(*SELL),
    errors.ORDER_PENDING: order_pending,
    errors.ORDER_STILL_OPEN: called(due, "keeper", "expire"),
    errors.ORDER_THROUGH_ZERO: through_zero,
    errors.ORDER_TOO_LATE: settled(lapsed),
    errors.ORDER_UNKNOWN: one_call("keeper", "Orders", "settle", FIRST, 0, 0),
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
    errors.ROUND_TOO_EARLY: settled(due, later=-1),
    errors.ROUND_TOO_LATE: settled(two_rounds),
    errors.ROUND_UNKNOWN: one_call("stranger", "Oracle", "round_of", ETH, 99),
    errors.SALE_TOO_LARGE: sale_too_large,
    errors.SHOCKS_TOO_SMALL: one_market(
        margin={"shocks": packed_shocks([-1_000, 999])}
    ),
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
    errors.TOO_LITTLE_LENT: then(
        granted, "provider", "grant_line", FIRST, 2 * LIMIT + 1, *TERMS
    ),
    errors.TOO_MANY_DECIMALS: too_many_decimals,
    errors.SOURCE_IS_TARGET: one_top_up(FIRST),
    errors.SOURCE_OF_ANOTHER: one_top_up(OF_ANOTHER),
    errors.TOP_UP_TOO_EARLY: top_up_too_early,
    errors.TOP_UP_UNKNOWN: one_call("keeper", "TopUps", "execute", FIRST),
    errors.TRIGGER_NOT_CROSSED: called(placed, "keeper", "arm"),
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


# Other ways to a refusal that the table has one of.
BESIDE: list[tuple[str, Callable[[], Scene]]] = [
    (errors.ORDER_UNKNOWN, called(settled(due), "keeper", "settle", 3)),
    (errors.NOT_OPERATOR, called(committed, "trader_2", "cancel")),
    (errors.NOT_OPERATOR, called(ready, "trader_2", "commit", *BUY)),
    (errors.NOT_OPERATOR, called(ready, "trader_2", "place", *STOP)),
    (errors.NOT_OPERATOR, called(placed, "trader_2", "cancel")),
    (errors.MARKET_HALTED, order_in_halted_market),
    (errors.ROUND_UNKNOWN, settled(due, later=1)),
]


@pytest.mark.parametrize(("error", "scene"), BESIDE)
def test_an_order_is_refused_in_both_worlds(error, scene) -> None:
    assert scene().error == error


@pytest.mark.parametrize("error", REACHED)
def test_a_refusal_is_reached_in_both_worlds(error) -> None:
    assert REACHED[error]().error == error


def test_every_error_is_reached_or_has_a_reason() -> None:
    known = {value for name, value in vars(errors).items() if name.isupper()}
    assert known == REACHED.keys() | UNREACHABLE.keys()
    assert not REACHED.keys() & UNREACHABLE.keys()
