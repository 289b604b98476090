# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Exchange
@notice Every book of the protocol and the only contract that holds money.
"""

from . import account
from . import backing
from . import collateral
from . import credit
from . import deleveraging
from . import errors
from . import feed
from . import health
from . import insurance
from . import ledger
from . import market
from . import order
from . import position
from . import settlement
from . import sides
from . import trading

initializes: account
initializes: collateral[account := account]
initializes: credit[account := account]
initializes: ledger
initializes: insurance[ledger := ledger]
initializes: position
initializes: market[ledger := ledger]
initializes: health[
    account := account,
    collateral := collateral,
    credit := credit,
    market := market,
    position := position,
]
initializes: settlement[
    account := account,
    collateral := collateral,
    credit := credit,
    insurance := insurance,
    ledger := ledger,
    market := market,
    position := position,
]
initializes: trading[
    account := account,
    health := health,
    ledger := ledger,
    market := market,
    position := position,
    settlement := settlement,
]

event Deposited:
    holder: indexed(uint256)
    atoms: uint256
    cash: int256


event Withdrawn:
    holder: indexed(uint256)
    receiver: indexed(address)
    atoms: uint256
    cash: int256


event CollateralDeposited:
    holder: indexed(uint256)
    token_id: indexed(uint256)
    atoms: uint256
    amount: int256


event CollateralWithdrawn:
    holder: indexed(uint256)
    token_id: indexed(uint256)
    receiver: indexed(address)
    atoms: uint256
    amount: int256


event InsuranceFunded:
    payer: indexed(address)
    atoms: uint256
    insurance: int256


event RewardClaimed:
    keeper: indexed(address)
    receiver: indexed(address)
    atoms: uint256


event Lent:
    lender: indexed(address)
    atoms: uint256
    money: int256


event LentWithdrawn:
    lender: indexed(address)
    receiver: indexed(address)
    atoms: uint256
    money: int256


VAULT: immutable(address)
ORDERS: immutable(address)


@deploy
def __init__(
    token: address,
    decimals: uint256,
    oracle: address,
    rules: address,
    vault: address,
    governor: address,
    resolution: address,
    obligations: address,
    orders: address,
):
    collateral.__init__(governor)
    ledger.__init__(token, decimals)
    market.__init__(oracle, rules)
    trading.__init__(resolution, obligations)
    VAULT = vault
    ORDERS = orders


@external
def set_operator(operator: address, is_allowed: bool):
    """
    @notice Let `operator` act on all accounts of the sender, or no longer.
    """
    account.set_operator(msg.sender, operator, is_allowed)


@external
def set_margin_mode(holder: uint256, mode: uint256):
    """
    @notice Choose how the positions of an account back each other, while it has none.
    """
    account.require_operator(holder, msg.sender)
    account.set_margin_mode(holder, mode)


@external
def deposit(holder: uint256, atoms: uint256):
    """
    @notice Add collateral to an account.
    """
    account.require_operator(holder, msg.sender)
    cash: int256 = settlement.add_cash(holder, ledger.book_in(atoms))
    health.recover(holder, block.timestamp)
    log Deposited(holder=holder, atoms=atoms, cash=cash)
    ledger.pull(ledger.TOKEN, msg.sender, atoms)


@external
def withdraw(holder: uint256, atoms: uint256, receiver: address):
    """
    @notice Take collateral out of an account, as far as its margin allows.
    """
    account.require_operator(holder, msg.sender)
    cash: int256 = settlement.add_cash(holder, 0 - ledger.book_out(atoms))
    health.require_withdrawable(holder, market.load_risk(), block.timestamp)
    log Withdrawn(holder=holder, receiver=receiver, atoms=atoms, cash=cash)
    ledger.push(ledger.TOKEN, receiver, atoms)


@external
def deposit_collateral(holder: uint256, token_id: uint256, atoms: uint256):
    """
    @notice Add a token to what backs an account.
    """
    account.require_operator(holder, msg.sender)
    added: collateral.Asset = market.asset(
        collateral.collateral_params[token_id], atoms
    )
    amount: int256 = collateral.put_in(holder, token_id, added)
    health.recover(holder, block.timestamp)
    log CollateralDeposited(
        holder=holder, token_id=token_id, atoms=atoms, amount=amount
    )
    ledger.pull(added.token, msg.sender, atoms)


@external
def withdraw_collateral(
    holder: uint256, token_id: uint256, atoms: uint256, receiver: address
):
    """
    @notice Take a token out of an account, as far as its margin allows.
    """
    account.require_operator(holder, msg.sender)
    taken: collateral.Asset = market.asset(
        collateral.collateral_params[token_id], atoms
    )
    amount: int256 = collateral.take_out(holder, token_id, taken)
    health.require_withdrawable(holder, market.load_risk(), block.timestamp)
    log CollateralWithdrawn(
        holder=holder, token_id=token_id, receiver=receiver, atoms=atoms, amount=amount
    )
    ledger.push(taken.token, receiver, atoms)


@external
def buy_collateral(holder: uint256, token_id: uint256, atoms: uint256) -> uint256:
    """
    @notice Buy a token of an account in debt at a discount; give the atoms of the quote
            token that it costs.
    """
    return convert(self.answered(trading.RESOLUTION), uint256)


@external
def cover_shortfall(holder: uint256):
    """
    @notice Make an account whole that owes and has nothing left.
    """
    raw_call(trading.RESOLUTION, msg.data, is_delegate_call=True)


@external
def trade(
    holder: uint256, market_id: uint256, size_delta: int256, limit: int256
) -> trading.Fill:
    """
    @notice Trade `size_delta` for an account at `limit` or better.
    """
    account.require_operator(holder, msg.sender)
    return trading.trade(
        holder, market_id, size_delta, limit, empty(feed.Round), block.timestamp
    )


@external
def settle(holder: uint256, market_id: uint256) -> int256:
    """
    @notice Settle the loss of an account in a market, by anyone; or its gain and its
            claim, by those who operate the account, as far as the market pays. Give
            what its cash changed by.
    """
    return self.answered(trading.RESOLUTION)


@external
def call_margin(holder: uint256, market_id: uint256):
    """
    @notice Call the margin of an account that has come near its liquidation, by anyone:
            its grace begins.
    """
    raw_call(trading.RESOLUTION, msg.data, is_delegate_call=True)


@external
def liquidate(holder: uint256, market_id: uint256) -> int256:
    """
    @notice Close what is needed of a position whose account is at risk, for a reward;
            give the size closed.
    """
    return self.answered(trading.RESOLUTION)


@external
def deleverage(holder: uint256, market_id: uint256, size: int256) -> int256:
    """
    @notice Close up to `size` of a winning position of a market that owes too much, by
            anyone; or open or end that. Give the size closed.
    """
    return self.answered(trading.RESOLUTION)


@external
def close_settled(holder: uint256, market_id: uint256) -> int256:
    """
    @notice Close a position of a settled market at its last price, by anyone; give the
            size closed.
    """
    return self.answered(trading.RESOLUTION)


@external
def accrue(market_id: uint256):
    """
    @notice Bring the funding of a market up to now; nothing where there is no market.
    """
    if market.market_params[market_id] != empty(address):
        market.accrue(market_id, market.price_of(market_id), block.timestamp)


@external
def fund_insurance(atoms: uint256):
    """
    @notice Give to the insurance fund.
    """
    funds: ledger.Funds = ledger.add_funds(0, ledger.book_in(atoms), 0, 0)
    log InsuranceFunded(payer=msg.sender, atoms=atoms, insurance=funds.insurance)
    ledger.pull(ledger.TOKEN, msg.sender, atoms)


@external
def claim_reward(atoms: uint256, receiver: address):
    """
    @notice Take what the sender has earned as a keeper.
    """
    amount: int256 = ledger.book_out(atoms)
    earned: int256 = ledger.keeper_rewards[msg.sender]
    errors.require(amount <= earned, errors.REWARD_TOO_SMALL)
    ledger.keeper_rewards[msg.sender] = earned - amount
    ledger.add_funds(0, 0, 0, 0 - amount)
    log RewardClaimed(keeper=msg.sender, receiver=receiver, atoms=atoms)
    ledger.push(ledger.TOKEN, receiver, atoms)


@external
def lend(atoms: uint256):
    """
    @notice Bring what the sender may grant lines out of.
    """
    has: credit.Lender = credit.add_to_lender(msg.sender, ledger.book_in(atoms), 0)
    log Lent(lender=msg.sender, atoms=atoms, money=has.money)
    ledger.pull(ledger.TOKEN, msg.sender, atoms)


@external
def withdraw_lent(atoms: uint256, receiver: address):
    """
    @notice Take what no line holds of what the sender has lent and earned by it.
    """
    amount: int256 = ledger.book_out(atoms)
    money: int256 = credit.take_free(msg.sender, amount)
    log LentWithdrawn(
        lender=msg.sender, receiver=receiver, atoms=atoms, money=money
    )
    ledger.push(ledger.TOKEN, receiver, atoms)


@external
def ask_line(holder: uint256, lender: address, rate: int256, notice: uint256):
    """
    @notice Name who may grant an account a line, at which rate a day and notice; the
            line that it has ends.
    """
    raw_call(trading.OBLIGATIONS, msg.data, is_delegate_call=True)


@external
def grant_line(holder: uint256, limit: int256, rate: int256, notice: uint256):
    """
    @notice Grant an account the line that it has asked for, or a higher one, out of
            what the sender has lent.
    """
    raw_call(trading.OBLIGATIONS, msg.data, is_delegate_call=True)


@external
def recall_line(holder: uint256):
    """
    @notice Let a line of the sender fall evenly to nothing over its notice.
    """
    raw_call(trading.OBLIGATIONS, msg.data, is_delegate_call=True)


@external
def settle_line(holder: uint256) -> int256:
    """
    @notice Pay the lender of an account what it is owed, as far as that brings nobody
            near liquidation, by anyone; give what was paid.
    """
    return self.answered(trading.OBLIGATIONS)


@external
def escrow_deposit(provider: address, atoms: uint256):
    """
    @notice Take `atoms` from a provider, to wait until they are let into the vault.
    """
    errors.require(msg.sender == VAULT, errors.NOT_VAULT)
    ledger.add_escrow(ledger.book_in(atoms))
    ledger.pull(ledger.TOKEN, provider, atoms)


@external
def return_deposit(provider: address, atoms: uint256):
    """
    @notice Give `atoms` back that waited.
    """
    errors.require(msg.sender == VAULT, errors.NOT_VAULT)
    ledger.add_escrow(0 - ledger.book_out(atoms))
    ledger.push(ledger.TOKEN, provider, atoms)


@external
def enter_vault(atoms: uint256):
    """
    @notice Let `atoms` that waited into the vault.
    """
    errors.require(msg.sender == VAULT, errors.NOT_VAULT)
    amount: int256 = ledger.value_of(atoms)
    ledger.add_escrow(0 - amount)
    ledger.add_funds(amount, 0, 0, 0)


@external
def leave_vault(provider: address, atoms: uint256):
    """
    @notice Pay `atoms` out of the vault, which must go on covering what accounts owe.
    """
    errors.require(msg.sender == VAULT, errors.NOT_VAULT)
    ledger.take_from_vault(ledger.value_of(atoms))
    ledger.book_out(atoms)
    ledger.push(ledger.TOKEN, provider, atoms)


@external
def hold_order(
    holder: uint256,
    number: uint256,
    market_id: uint256,
    size_delta: int256,
    is_reduce_only: bool,
    fee: int256,
    sender: address,
    armer: address,
) -> order.OrderParams:
    """
    @notice Let an account commit to an order, hold its fee, and pay who has armed it;
            give how long it waits.
    """
    errors.require(msg.sender == ORDERS, errors.NOT_ORDERS)
    return abi_decode(
        raw_call(trading.OBLIGATIONS, msg.data, max_outsize=96, is_delegate_call=True),
        order.OrderParams,
    )


@external
def release_order(
    holder: uint256, number: uint256, fee: int256, sender: address, is_returned: bool
) -> bool:
    """
    @notice Give the fee of an order to a keeper, or back; tell whether the order was
            pending still.
    """
    errors.require(msg.sender == ORDERS, errors.NOT_ORDERS)
    return self.answered(trading.OBLIGATIONS) == 1


@external
def fill_order(
    holder: uint256,
    market_id: uint256,
    size_delta: int256,
    limit: int256,
    is_reduce_only: bool,
    round_number: uint256,
) -> trading.Fill:
    """
    @notice Trade what an account has committed to, at the price of a round.
    """
    errors.require(msg.sender == ORDERS, errors.NOT_ORDERS)
    return trading.fill_order(
        holder,
        market_id,
        size_delta,
        limit,
        is_reduce_only,
        round_number,
        block.timestamp,
    )


@external
def set_market(market_id: uint256, code: address):
    """
    @notice Start a market, or change its parameters from now on to those in the code.
    """
    errors.require(msg.sender == collateral.GOVERNOR, errors.NOT_GOVERNOR)
    market.set_market(market_id, code, block.timestamp)


@external
def settle_market(market_id: uint256, code: address):
    """
    @notice Let a market trade no more, from now on, as the parameters in the code say.
    """
    raw_call(trading.RESOLUTION, msg.data, is_delegate_call=True)


@external
def set_risk(code: address):
    """
    @notice Change the parameters of all accounts to those in the code.
    """
    errors.require(msg.sender == collateral.GOVERNOR, errors.NOT_GOVERNOR)
    market.set_risk(code)


@external
def set_collateral(token_id: uint256, code: address):
    """
    @notice Let a token be collateral, or change its parameters to those in the code.
    """
    errors.require(msg.sender == collateral.GOVERNOR, errors.NOT_GOVERNOR)
    collateral.set_collateral(token_id, code)


@external
def collect_treasury(atoms: uint256):
    """
    @notice Let the governor claim `atoms` of the treasury, as if he had earned them.
    """
    errors.require(msg.sender == collateral.GOVERNOR, errors.NOT_GOVERNOR)
    amount: int256 = ledger.value_of(atoms)
    funds: ledger.Funds = ledger.add_funds(0, 0, 0 - amount, amount)
    errors.require(funds.treasury >= 0, errors.TREASURY_TOO_SMALL)
    ledger.keeper_rewards[msg.sender] += amount


@external
@view
def account_of(holder: uint256) -> account.Account:
    """
    @notice The account of `holder`.
    """
    return account.load_account(holder)


@external
@view
def position_of(holder: uint256, market_id: uint256) -> position.Position:
    """
    @notice The position of an account in a market.
    """
    return position.load_position(holder, market_id)


@external
@view
def claim_of(holder: uint256, market_id: uint256) -> int256:
    """
    @notice What an account may claim in a market.
    """
    return position.claims[holder][market_id]


@external
@view
def opening_of(market_id: uint256) -> deleveraging.Opening:
    """
    @notice What may be deleveraged of a market, and since when.
    """
    return market.load_opening(market_id)


@external
@view
def collateral_of(holder: uint256, token_id: uint256) -> int256:
    """
    @notice What an account has of a token.
    """
    return collateral.collaterals[holder][token_id]


@external
@view
def total_of(token_id: uint256) -> int256:
    """
    @notice What all accounts have of a token.
    """
    return collateral.totals[token_id]


@external
@view
def collateral_params_of(token_id: uint256) -> address:
    """
    @notice The address in whose code the parameters of a token lie.
    """
    return collateral.collateral_params[token_id]


@external
@view
def standing_of(holder: uint256) -> backing.Standing:
    """
    @notice What an account is worth and what it must hold.
    """
    return health.standing_of(holder, False, block.timestamp)


@external
@view
def market_of(market_id: uint256) -> sides.MarketState:
    """
    @notice The sums of a market, with its funding as it stood at its last accrual.
    """
    return market.state_of(market_id)


@external
@view
def books() -> market.Books:
    """
    @notice What belongs to no account and to no market, and where the parameters are.
    """
    return market.Books(
        funds=ledger.load_funds(),
        escrow=ledger.escrow,
        holdings=ledger.load_holdings(),
        bad_debt_at=insurance.load_window().bad_debt_at,
        market_count=market.market_count,
        risk_params=market.risk_params,
    )


@external
@view
def params_of(market_id: uint256) -> address:
    """
    @notice The address in whose code the parameters of a market lie.
    """
    return market.market_params[market_id]


@external
@view
def risk_params() -> address:
    """
    @notice The address in whose code the parameters of all accounts lie.
    """
    return market.risk_params


@external
@view
def reward_of(keeper: address) -> int256:
    """
    @notice What a keeper has earned and not taken yet.
    """
    return ledger.keeper_rewards[keeper]


@external
@view
def line_of(holder: uint256) -> credit.CreditLine:
    """
    @notice The line of an account, as it was left.
    """
    return credit.load_line(holder)


@external
@view
def lender_of(lender: address) -> credit.Lender:
    """
    @notice What a lender has, and what of it its lines hold.
    """
    return credit.load_lender(lender)


@internal
def answered(code: address) -> int256:
    """
    @notice What the code at an address makes of this call, in the storage of the
            exchange.
    """
    return abi_decode(
        raw_call(code, msg.data, max_outsize=32, is_delegate_call=True), int256
    )
