"""
Requests of providers, and the shares of the vault.
"""

from __future__ import annotations

from benchmarks.cases.listing import case
from benchmarks.genesis import RISK, TOKEN
from benchmarks.stage import SOLO, Stage
from evm.actors import actor_address
from protocol.fixed_point import WAD

SOMEBODY = actor_address("stranger")


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
