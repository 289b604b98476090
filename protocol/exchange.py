"""
Every book of the protocol and the only contract that holds money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from protocol import (
    account,
    collateral,
    credit,
    errors,
    health,
    insurance,
    ledger,
    market,
    obligations,
    position,
    resolution,
    settlement,
    trading,
)
from protocol.account import Account
from protocol.backing import Standing
from protocol.credit import CreditLine, Lender
from protocol.deleveraging import Opening
from protocol.errors import require
from protocol.feed import NO_ROUND
from protocol.market import Books
from protocol.order import OrderParams
from protocol.position import Position
from protocol.sides import MarketState
from protocol.trading import Fill
from protocol.units import (
    Address,
    Atoms,
    Call,
    Holder,
    Price,
    Quote,
    Rate,
    Seconds,
    Size,
)

if TYPE_CHECKING:
    from protocol.state import State

NOTHING = Quote(0)


class Deposited(Struct, frozen=True):
    holder: Holder
    atoms: Atoms
    cash: Quote


class Withdrawn(Struct, frozen=True):
    holder: Holder
    receiver: Address
    atoms: Atoms
    cash: Quote


class CollateralDeposited(Struct, frozen=True):
    holder: Holder
    token_id: int
    atoms: Atoms
    amount: Size


class CollateralWithdrawn(Struct, frozen=True):
    holder: Holder
    token_id: int
    receiver: Address
    atoms: Atoms
    amount: Size


class InsuranceFunded(Struct, frozen=True):
    payer: Address
    atoms: Atoms
    insurance: Quote


class RewardClaimed(Struct, frozen=True):
    keeper: Address
    receiver: Address
    atoms: Atoms


class Lent(Struct, frozen=True):
    lender: Address
    atoms: Atoms
    money: Quote


class LentWithdrawn(Struct, frozen=True):
    lender: Address
    receiver: Address
    atoms: Atoms
    money: Quote


def set_operator(state: State, call: Call, operator: Address, is_allowed: bool) -> None:
    """Let `operator` act on all accounts of the sender, or no longer."""
    account.set_operator(state, call.sender, operator, is_allowed)


def set_margin_mode(state: State, call: Call, holder: Holder, mode: int) -> None:
    """
    Choose how the positions of an account back each other, while it has none.
    """
    account.require_operator(state, holder, call.sender)
    account.set_margin_mode(state, holder, mode)


def deposit(state: State, call: Call, holder: Holder, atoms: Atoms) -> None:
    """Add collateral to an account."""
    account.require_operator(state, holder, call.sender)
    cash = settlement.add_cash(state, holder, ledger.book_in(state, atoms))
    health.recover(state, holder, call.now)
    state.log(Deposited(holder=holder, atoms=atoms, cash=cash))
    ledger.pull(state, state.addresses.token, call.sender, atoms)


def withdraw(
    state: State, call: Call, holder: Holder, atoms: Atoms, receiver: Address
) -> None:
    """Take collateral out of an account, as far as its margin allows."""
    account.require_operator(state, holder, call.sender)
    cash = settlement.add_cash(state, holder, -ledger.book_out(state, atoms))
    health.require_withdrawable(state, holder, market.load_risk(state), call.now)
    state.log(Withdrawn(holder=holder, receiver=receiver, atoms=atoms, cash=cash))
    ledger.push(state, state.addresses.token, receiver, atoms)


def deposit_collateral(
    state: State, call: Call, holder: Holder, token_id: int, atoms: Atoms
) -> None:
    """Add a token to what backs an account."""
    account.require_operator(state, holder, call.sender)
    added = market.asset(state, state.collateral_params[token_id], atoms)
    amount = collateral.put_in(state, holder, token_id, added)
    health.recover(state, holder, call.now)
    state.log(
        CollateralDeposited(
            holder=holder, token_id=token_id, atoms=atoms, amount=amount
        )
    )
    ledger.pull(state, added.token, call.sender, atoms)


def withdraw_collateral(
    state: State,
    call: Call,
    holder: Holder,
    token_id: int,
    atoms: Atoms,
    receiver: Address,
) -> None:
    """Take a token out of an account, as far as its margin allows."""
    account.require_operator(state, holder, call.sender)
    taken = market.asset(state, state.collateral_params[token_id], atoms)
    amount = collateral.take_out(state, holder, token_id, taken)
    health.require_withdrawable(state, holder, market.load_risk(state), call.now)
    state.log(
        CollateralWithdrawn(
            holder=holder,
            token_id=token_id,
            receiver=receiver,
            atoms=atoms,
            amount=amount,
        )
    )
    ledger.push(state, taken.token, receiver, atoms)


def buy_collateral(
    state: State, call: Call, holder: Holder, token_id: int, atoms: Atoms
) -> Atoms:
    """
    Buy a token of an account in debt at a discount; give the atoms of the quote token
    that it costs.
    """
    return resolution.buy_collateral(state, call, holder, token_id, atoms)


def cover_shortfall(state: State, call: Call, holder: Holder) -> None:
    """Make an account whole that owes and has nothing left."""
    resolution.cover_shortfall(state, call, holder)


def trade(
    state: State,
    call: Call,
    holder: Holder,
    market_id: int,
    size_delta: Size,
    limit: Price,
) -> Fill:
    """Trade `size_delta` for an account at `limit` or better."""
    account.require_operator(state, holder, call.sender)
    return trading.trade(
        state, holder, market_id, size_delta, limit, NO_ROUND, call.now
    )


def settle(state: State, call: Call, holder: Holder, market_id: int) -> Quote:
    """
    Settle the loss of an account in a market, by anyone; or its gain and its claim, by
    those who operate the account, as far as the market pays. Give what its cash changed
    by.
    """
    return resolution.settle(state, call, holder, market_id)


def call_margin(state: State, call: Call, holder: Holder, market_id: int) -> None:
    """
    Call the margin of an account that has come near its liquidation, by anyone: its
    grace begins.
    """
    resolution.call_margin(state, call, holder, market_id)


def liquidate(state: State, call: Call, holder: Holder, market_id: int) -> Size:
    """
    Close what is needed of a position whose account is at risk, for a reward; give the
    size closed.
    """
    return resolution.liquidate(state, call, holder, market_id)


def deleverage(
    state: State, call: Call, holder: Holder, market_id: int, size: Size
) -> Size:
    """
    Close up to `size` of a winning position of a market that owes too much, by anyone;
    or open or end that. Give the size closed.
    """
    return resolution.deleverage(state, call, holder, market_id, size)


def close_settled(state: State, call: Call, holder: Holder, market_id: int) -> Size:
    """
    Close a position of a settled market at its last price, by anyone; give the size
    closed.
    """
    return resolution.close_settled(state, call, holder, market_id)


def accrue(state: State, call: Call, market_id: int) -> None:
    """
    Bring the funding of a market up to now; nothing where there is no market.
    """
    if state.market_params[market_id] != 0:
        market.accrue(state, market_id, market.price_of(state, market_id), call.now)


def fund_insurance(state: State, call: Call, atoms: Atoms) -> None:
    """Give to the insurance fund."""
    amount = ledger.book_in(state, atoms)
    funds = ledger.add_funds(state, NOTHING, amount, NOTHING, NOTHING)
    state.log(
        InsuranceFunded(payer=call.sender, atoms=atoms, insurance=funds.insurance)
    )
    ledger.pull(state, state.addresses.token, call.sender, atoms)


def claim_reward(state: State, call: Call, atoms: Atoms, receiver: Address) -> None:
    """Take what the sender has earned as a keeper."""
    amount = ledger.book_out(state, atoms)
    earned = state.keeper_rewards[call.sender]
    require(amount <= earned, errors.REWARD_TOO_SMALL)
    state.keeper_rewards[call.sender] = earned - amount
    ledger.add_funds(state, NOTHING, NOTHING, NOTHING, -amount)
    state.log(RewardClaimed(keeper=call.sender, receiver=receiver, atoms=atoms))
    ledger.push(state, state.addresses.token, receiver, atoms)


def lend(state: State, call: Call, atoms: Atoms) -> None:
    """Bring what the sender may grant lines out of."""
    amount = ledger.book_in(state, atoms)
    has = credit.add_to_lender(state, call.sender, amount, NOTHING)
    state.log(Lent(lender=call.sender, atoms=atoms, money=has.money))
    ledger.pull(state, state.addresses.token, call.sender, atoms)


def withdraw_lent(state: State, call: Call, atoms: Atoms, receiver: Address) -> None:
    """Take what no line holds of what the sender has lent and earned by it."""
    amount = ledger.book_out(state, atoms)
    money = credit.take_free(state, call.sender, amount)
    state.log(
        LentWithdrawn(lender=call.sender, receiver=receiver, atoms=atoms, money=money)
    )
    ledger.push(state, state.addresses.token, receiver, atoms)


def ask_line(
    state: State,
    call: Call,
    holder: Holder,
    lender: Address,
    rate: Rate,
    notice: Seconds,
) -> None:
    """
    Name who may grant an account a line, at which rate a day and notice; the line that
    it has ends.
    """
    obligations.ask_line(state, call, holder, lender, rate, notice)


def grant_line(
    state: State,
    call: Call,
    holder: Holder,
    limit: Quote,
    rate: Rate,
    notice: Seconds,
) -> None:
    """
    Grant an account the line that it has asked for, or a higher one, out of what the
    sender has lent.
    """
    obligations.grant_line(state, call, holder, limit, rate, notice)


def recall_line(state: State, call: Call, holder: Holder) -> None:
    """Let a line of the sender fall evenly to nothing over its notice."""
    obligations.recall_line(state, call, holder)


def settle_line(state: State, call: Call, holder: Holder) -> Quote:
    """
    Pay the lender of an account what it is owed, as far as that brings nobody near
    liquidation, by anyone; give what was paid.
    """
    return obligations.settle_line(state, call, holder)


def escrow_deposit(state: State, call: Call, provider: Address, atoms: Atoms) -> None:
    """
    Take `atoms` from a provider, to wait until they are let into the vault.
    """
    require(call.sender == state.addresses.vault, errors.NOT_VAULT)
    ledger.add_escrow(state, ledger.book_in(state, atoms))
    ledger.pull(state, state.addresses.token, provider, atoms)


def return_deposit(state: State, call: Call, provider: Address, atoms: Atoms) -> None:
    """Give `atoms` back that waited."""
    require(call.sender == state.addresses.vault, errors.NOT_VAULT)
    ledger.add_escrow(state, -ledger.book_out(state, atoms))
    ledger.push(state, state.addresses.token, provider, atoms)


def enter_vault(state: State, call: Call, atoms: Atoms) -> None:
    """Let `atoms` that waited into the vault."""
    require(call.sender == state.addresses.vault, errors.NOT_VAULT)
    amount = ledger.value_of(state, atoms)
    ledger.add_escrow(state, -amount)
    ledger.add_funds(state, amount, NOTHING, NOTHING, NOTHING)


def leave_vault(state: State, call: Call, provider: Address, atoms: Atoms) -> None:
    """
    Pay `atoms` out of the vault, which must go on covering what accounts owe.
    """
    require(call.sender == state.addresses.vault, errors.NOT_VAULT)
    ledger.take_from_vault(state, ledger.value_of(state, atoms))
    ledger.book_out(state, atoms)
    ledger.push(state, state.addresses.token, provider, atoms)


def hold_order(
    state: State,
    call: Call,
    holder: Holder,
    number: int,
    market_id: int,
    size_delta: Size,
    is_reduce_only: bool,
    fee: Quote,
    sender: Address,
    armer: Address,
) -> OrderParams:
    """
    Let an account commit to an order, hold its fee, and pay who has armed it; give how
    long it waits.
    """
    require(call.sender == state.addresses.orders, errors.NOT_ORDERS)
    return obligations.hold_order(
        state,
        call,
        holder,
        number,
        market_id,
        size_delta,
        is_reduce_only,
        fee,
        sender,
        armer,
    )


def release_order(
    state: State,
    call: Call,
    holder: Holder,
    number: int,
    fee: Quote,
    sender: Address,
    is_returned: bool,
) -> bool:
    """
    Give the fee of an order to a keeper, or back; tell whether the order was pending
    still.
    """
    require(call.sender == state.addresses.orders, errors.NOT_ORDERS)
    return obligations.release_order(
        state, call, holder, number, fee, sender, is_returned
    )


def fill_order(
    state: State,
    call: Call,
    holder: Holder,
    market_id: int,
    size_delta: Size,
    limit: Price,
    is_reduce_only: bool,
    round_number: int,
) -> Fill:
    """Trade what an account has committed to, at the price of a round."""
    require(call.sender == state.addresses.orders, errors.NOT_ORDERS)
    return trading.fill_order(
        state,
        holder,
        market_id,
        size_delta,
        limit,
        is_reduce_only,
        round_number,
        call.now,
    )


def set_market(state: State, call: Call, market_id: int, code: Address) -> None:
    """
    Start a market, or change its parameters from now on to those in the code.
    """
    require(call.sender == state.addresses.governor, errors.NOT_GOVERNOR)
    market.set_market(state, market_id, code, call.now)


def settle_market(state: State, call: Call, market_id: int, code: Address) -> None:
    """
    Let a market trade no more, from now on, as the parameters in the code say.
    """
    resolution.settle_market(state, call, market_id, code)


def set_risk(state: State, call: Call, code: Address) -> None:
    """Change the parameters of all accounts to those in the code."""
    require(call.sender == state.addresses.governor, errors.NOT_GOVERNOR)
    market.set_risk(state, code)


def set_collateral(state: State, call: Call, token_id: int, code: Address) -> None:
    """
    Let a token be collateral, or change its parameters to those in the code.
    """
    require(call.sender == state.addresses.governor, errors.NOT_GOVERNOR)
    collateral.set_collateral(state, token_id, code)


def collect_treasury(state: State, call: Call, atoms: Atoms) -> None:
    """
    Let the governor claim `atoms` of the treasury, as if he had earned them.
    """
    require(call.sender == state.addresses.governor, errors.NOT_GOVERNOR)
    amount = ledger.value_of(state, atoms)
    funds = ledger.add_funds(state, NOTHING, NOTHING, -amount, amount)
    require(funds.treasury >= 0, errors.TREASURY_TOO_SMALL)
    state.keeper_rewards[call.sender] += amount


def account_of(state: State, call: Call, holder: Holder) -> Account:
    """The account of `holder`."""
    return account.load_account(state, holder)


def position_of(state: State, call: Call, holder: Holder, market_id: int) -> Position:
    """The position of an account in a market."""
    return position.load_position(state, holder, market_id)


def claim_of(state: State, call: Call, holder: Holder, market_id: int) -> Quote:
    """What an account may claim in a market."""
    return state.claims[holder, market_id]


def opening_of(state: State, call: Call, market_id: int) -> Opening:
    """What may be deleveraged of a market, and since when."""
    return market.load_opening(state, market_id)


def collateral_of(state: State, call: Call, holder: Holder, token_id: int) -> Size:
    """What an account has of a token."""
    return state.collaterals[holder, token_id]


def total_of(state: State, call: Call, token_id: int) -> Size:
    """What all accounts have of a token."""
    return state.totals[token_id]


def collateral_params_of(state: State, call: Call, token_id: int) -> Address:
    """The address in whose code the parameters of a token lie."""
    return state.collateral_params[token_id]


def standing_of(state: State, call: Call, holder: Holder) -> Standing:
    """What an account is worth and what it must hold."""
    return health.standing_of(state, holder, False, call.now)


def market_of(state: State, call: Call, market_id: int) -> MarketState:
    """The sums of a market, with its funding as it stood at its last accrual."""
    return market.state_of(state, market_id)


def books(state: State, call: Call) -> Books:
    """
    What belongs to no account and to no market, and where the parameters are.
    """
    return Books(
        funds=ledger.load_funds(state),
        escrow=state.escrow[()],
        holdings=ledger.load_holdings(state),
        bad_debt_at=insurance.load_window(state).bad_debt_at,
        market_count=state.market_count[()],
        risk_params=state.risk_params[()],
    )


def params_of(state: State, call: Call, market_id: int) -> Address:
    """The address in whose code the parameters of a market lie."""
    return state.market_params[market_id]


def risk_params(state: State, call: Call) -> Address:
    """The address in whose code the parameters of all accounts lie."""
    return state.risk_params[()]


def reward_of(state: State, call: Call, keeper: Address) -> Quote:
    """What a keeper has earned and not taken yet."""
    return state.keeper_rewards[keeper]


def line_of(state: State, call: Call, holder: Holder) -> CreditLine:
    """The line of an account, as it was left."""
    return credit.load_line(state, holder)


def lender_of(state: State, call: Call, lender: Address) -> Lender:
    """What a lender has, and what of it its lines hold."""
    return credit.load_lender(state, lender)
